import pickle

import pytest

from pipeline.core.errors import PipelineError, TerminalError, TransientError, UsageError


@pytest.mark.parametrize("kind", [PipelineError, TerminalError, TransientError, UsageError])
def test_an_error_crosses_process_borders_with_its_message(kind: type[PipelineError]) -> None:
    assert str(pickle.loads(pickle.dumps(kind("what, where, got")))) == "what, where, got"  # noqa: S301


def test_only_wrong_usage_ends_with_2() -> None:
    assert UsageError.exit_code == 2
    assert {TerminalError.exit_code, TransientError.exit_code} == {1}
