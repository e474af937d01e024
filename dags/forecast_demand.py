"""Forecast demand as of the end of one day.

Started by the asset `event_log`, for the same day. The demand history is built and gated, the series are
fitted in chunks side by side, sums are made coherent and gated, and the forecast is published whole; a
failure before that leaves the last good one in place. The asset `forecasts` then starts `allocate_supply`.

A run with the same as-of instant, log position, policy and seed as a published one is skipped.
"""

from airflow.sdk import dag, task

from pipeline.orchestration.assets import EVENT_LOG, FORECASTS, emit, on_partition_of
from pipeline.orchestration.defaults import DAG_DEFAULTS, WRITER_POOL
from pipeline.orchestration.partitions import end_of_day
from pipeline.orchestration.skipping import skip
from pipeline.runs import forecasting


@dag(schedule=on_partition_of(EVENT_LOG), doc_md=__doc__, tags=["forecast"], **DAG_DEFAULTS)
def forecast_demand():
    @task(pool=WRITER_POOL)
    def start_run(dag_run=None):
        run = forecasting.start_run(end_of_day(dag_run))
        if run["is_published"]:
            skip(f"run {run['run_id']} is published: nothing new since")
        return run

    @task
    def project(run):
        return forecasting.project(run)

    @task
    def list_chunks(run):
        return forecasting.list_chunks(run)

    @task
    def fit_chunk(run, chunk):
        return forecasting.fit_chunk(run, chunk)

    @task
    def reconcile(run):
        return forecasting.reconcile(run)

    @task(pool=WRITER_POOL, outlets=[FORECASTS])
    def publish_forecast(run, outlet_events=None, dag_run=None):
        published = forecasting.publish_forecast(run)
        emit(outlet_events, FORECASTS, dag_run, published)
        return published

    run = project(start_run())
    fitted = fit_chunk.partial(run=run).expand(chunk=list_chunks(run))
    reconciled = reconcile(run)
    fitted >> reconciled
    publish_forecast(reconciled)


forecast_demand()
