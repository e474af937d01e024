"""Propose how to split scarce supply, and let a person decide.

Started by the asset `forecasts`, for the same day. The proposal is gated, then waits for an answer at the
task `approve` (web UI, Required Actions). *Approve* publishes it; *Reject*, or three days without an answer,
records a rejection in the event log, with author and note, and leaves the last published one in place.
Where none can be proposed (no supply, no margins), all is skipped and `propose` says what is missing.
"""

from airflow.sdk import dag, task

from pipeline.orchestration.approval import APPROVAL_TASK, Approval, decision_of
from pipeline.orchestration.assets import FORECASTS, carried_by, on_partition_of
from pipeline.orchestration.defaults import DAG_DEFAULTS, WRITER_POOL
from pipeline.orchestration.partitions import end_of_day
from pipeline.orchestration.skipping import skip
from pipeline.runs import allocating, forecasting


@dag(schedule=on_partition_of(FORECASTS), doc_md=__doc__, tags=["allocation"], **DAG_DEFAULTS)
def allocate_supply():
    @task(pool=WRITER_POOL)
    def find_run(dag_run=None, triggering_asset_events=None):
        return carried_by(triggering_asset_events, FORECASTS) or forecasting.start_run(end_of_day(dag_run))

    @task(pool=WRITER_POOL)
    def propose(run):
        proposal = allocating.propose(run)
        if not proposal["is_possible"]:
            skip(proposal["message"])
        return {**proposal, "run": run}

    @task(pool=WRITER_POOL)
    def publish_allocation(proposal, dag_run=None, ti=None):
        decision = decision_of(ti, dag_run)
        if not decision.is_approved:
            skip(f"not approved: {decision.note}")
        return allocating.approve(proposal["run"], decision.author, decision.note)

    @task(pool=WRITER_POOL, trigger_rule="none_failed_min_one_success")
    def record_rejection(proposal, dag_run=None, ti=None):
        decision = decision_of(ti, dag_run)
        if decision.is_approved:
            skip(f"approved by {decision.author}: there is no rejection to record")
        return allocating.reject(proposal["run"], decision.author, decision.note)

    approve = Approval(
        task_id=APPROVAL_TASK,
        subject="Allocation of supply as of {{ ti.xcom_pull(task_ids='propose')['run']['as_of'] }}",
        body="{{ ti.xcom_pull(task_ids='propose')['summary'] }}",
    )
    proposal = propose(find_run())
    proposal >> approve >> publish_allocation(proposal) >> record_rejection(proposal)


allocate_supply()
