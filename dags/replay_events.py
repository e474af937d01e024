"""Prove the log and what is kept of it, when somebody asks.

Started by hand. The log is compared with its chain of hashes, then everything that the projections keep with
what the log says; the run fails at the first batch, or the first row and column, that differs. A log that was
changed outside the pipeline goes no further.

With `{"rebuild": true}` what is kept is thrown away and computed anew in between; people get a new copy.
"""

from airflow.sdk import Param, dag, task

from pipeline.orchestration.defaults import DAG_DEFAULTS, WRITER_POOL
from pipeline.orchestration.skipping import skip
from pipeline.runs import replaying

REBUILD = Param(False, type="boolean", title="Rebuild", description="Compute what is kept anew")


@dag(schedule=None, doc_md=__doc__, tags=["events"], params={"rebuild": REBUILD}, **DAG_DEFAULTS)
def replay_events():
    @task(pool=WRITER_POOL)
    def verify_log():
        return replaying.require_sound_log()

    @task(pool=WRITER_POOL)
    def rebuild_projections(params=None):
        if not params["rebuild"]:
            skip("nobody asked for it")
        return replaying.replay()

    @task(pool=WRITER_POOL, trigger_rule="none_failed")
    def verify_projections():
        return replaying.require_equal()

    verify_log() >> rebuild_projections() >> verify_projections()


replay_events()
