"""Land the files that arrived on one day.

A partition is a UTC day. Its files lie under `TRN_HOME/inbox/<YYYY-MM-DD>/`, those that need a source mapping
in a folder named after it. Each file is landed by a task of its own (beyond 64 files, a task takes several),
one at a time. A file that cannot be read, or a folder that names no mapping, fails its task once the others
have landed. The gate reads the profile of what was landed; then people get a new published copy, and the
asset `event_log` starts `forecast_demand` for the same day. A day without files starts nothing.

A past day: `airflow backfill create --dag-id land_events --from-date DAY --to-date DAY`; one that ran before
needs `--reprocess-behavior completed`. A file that was landed before lands nothing twice.
"""

from airflow.sdk import dag, task

from pipeline.orchestration.assets import EVENT_LOG, emit
from pipeline.orchestration.defaults import DAG_DEFAULTS, WRITER_POOL
from pipeline.orchestration.inbox import deal_files
from pipeline.orchestration.partitions import daily, partition_day
from pipeline.orchestration.skipping import skip
from pipeline.runs import landing


@dag(schedule=daily(), doc_md=__doc__, tags=["events"], **DAG_DEFAULTS)
def land_events():
    @task
    def list_files(dag_run=None):
        files = landing.list_inbox(partition_day(dag_run))
        if not files:
            skip("no file arrived on that day")
        return deal_files(files)

    @task(pool=WRITER_POOL, map_index_template="{{ files[0]['path'].rpartition('/')[2] }}")
    def land_files(files):
        return landing.land_inbox_files(files)

    @task(pool=WRITER_POOL)
    def check_landing(dag_run=None):
        return landing.check_landing(partition_day(dag_run))

    @task(pool=WRITER_POOL, outlets=[EVENT_LOG])
    def refresh_published(dag_run=None, outlet_events=None):
        emit(outlet_events, EVENT_LOG, dag_run, {"published": landing.refresh_published()})

    land_files.expand(files=list_files()) >> check_landing() >> refresh_published()


land_events()
