"""A person's word on a proposal: how it is asked for, and what it was."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param

from pipeline.orchestration.assets import LOCAL_USER
from pipeline.orchestration.defaults import APPROVAL_TIMEOUT

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol, RuntimeTaskInstanceProtocol

ANSWER = "answer"
APPROVAL_TASK = "approve"

_NOTE = Param(
    "", type=["null", "string"], title="Note", description="Kept in the event log with the decision"
)


class Approval(ApprovalOperator):  # type: ignore[misc]
    """Ask a person to approve; no answer in time counts as a rejection.

    A rejection ends `ApprovalOperator` with an exception that skips the next task, and its result is lost.
    Here the answer is kept as the XCom `answer` before that.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow adds its own
        super().__init__(
            params={"note": _NOTE}, defaults=self.REJECT, response_timeout=APPROVAL_TIMEOUT, **kwargs
        )

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> Any:  # noqa: ANN401
        """Keep the answer, then go on as `ApprovalOperator` does."""
        answer = {name: event.get(name) for name in ("chosen_options", "params_input", "responded_by_user")}
        context["ti"].xcom_push(key=ANSWER, value=answer)
        return super().execute_complete(context=context, event=event)


@dataclass(frozen=True)
class Decision:
    """The end of an approval.

    Attributes:
        is_approved: False for a rejection, for a timeout, and where nobody was asked.
        author: the Airflow user who answered, `approve_as` of a local run, or "nobody".
        note: what the author wrote, or why the proposal counts as rejected.
    """

    is_approved: bool
    author: str
    note: str


def decision_of(ti: "RuntimeTaskInstanceProtocol", dag_run: "DagRunProtocol") -> Decision:
    """Read what was decided in this run, from any task after the approval."""
    return read_decision(ti.xcom_pull(task_ids=APPROVAL_TASK, key=ANSWER), dag_run)


def read_decision(answer: dict[str, Any] | None, dag_run: "DagRunProtocol") -> Decision:
    """Turn the answer into a decision.

    Args:
        answer: what `Approval` kept; None when it was marked as a success instead, as `local_run` does.
        dag_run: `conf["approve_as"]` counts only in a run of `dag.test()`. Under a scheduler, marking the
            task as a success is no approval.
    """
    if answer is None:
        conf = dag_run.conf or {}
        if dag_run.triggering_user_name == LOCAL_USER and conf.get("approve_as"):
            return Decision(
                is_approved=True, author=str(conf["approve_as"]), note=str(conf.get("note") or "")
            )
        return Decision(is_approved=False, author="nobody", note="nobody was asked")
    user = answer["responded_by_user"]
    if not user:
        return Decision(is_approved=False, author="nobody", note="nobody answered in time")
    note = str((answer["params_input"] or {}).get("note") or "")
    return Decision(answer["chosen_options"] == [Approval.APPROVE], author=str(user["name"]), note=note)
