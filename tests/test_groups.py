"""How tests are shared out among workers."""

import pytest


@pytest.mark.xdist_group("one worker")
def test_a_test_bears_its_group_where_tests_are_shared_out_by_groups(request: pytest.FixtureRequest) -> None:
    """Else each worker makes the homes, markets and runs that its tests have in common."""
    is_by_groups = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@one worker") == is_by_groups
