"""The whole way without Airflow: the same tasks as the DAGs, in one process."""

from pipeline.core.progress import stages
from pipeline.runs import allocating, forecasting
from pipeline.runs.context import the_settings
from pipeline.runs.summary import summarise
from pipeline.store import writer_lock


def run_all(as_of: str | None, position: int | None) -> str:
    """Forecast, propose an allocation and report; return a short account for a terminal.

    A run whose forecast is published, but which ended before the proposal, goes on there. Two at once wait
    for each other.

    Raises:
        GateFailed: a table breaks a critical rule; the last published run stays in place.
    """
    settings = the_settings()
    with writer_lock(settings.home / "run.lock", patience_seconds=settings.patience_seconds):
        return _run_all(as_of, position)


def _run_all(as_of: str | None, position: int | None) -> str:
    run = forecasting.start_run(as_of, position)
    if run["is_published"] and not allocating.needs_proposal(run):
        return f"run {run['run_id']} is published already: nothing new arrived\n{summarise(run['run_id'])}"
    with stages() as now:
        if not run["is_published"]:
            now("projecting demand")
            run = forecasting.project(run)
            now("fitting series")
            for chunk in forecasting.list_chunks(run):
                forecasting.fit_chunk(run, chunk)
            now("reconciling and publishing the forecast")
            run = forecasting.publish_forecast(forecasting.reconcile(run))
        now("proposing an allocation")
        proposal = allocating.propose(run, is_report=True)
    decide = f"decide: python -m pipeline approve {run['run_id']} --author NAME (or reject)\n"
    return summarise(run["run_id"]) + (decide if proposal["is_possible"] else f"{proposal['message']}\n")
