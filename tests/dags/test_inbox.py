"""Dealing out the files of a day."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import TerminalError
from pipeline.orchestration.inbox import deal_files, land_each


@given(count=st.integers(0, 300), most=st.integers(1, 70))
def test_no_file_is_lost_doubled_or_moved_and_shares_are_even(count: int, most: int) -> None:
    files = [{"path": str(number)} for number in range(count)]

    shares = deal_files(files, most)

    assert [file for share in shares for file in share] == files
    assert len(shares) == min(count, most)
    assert not shares or max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_file_that_cannot_be_landed_does_not_keep_the_next_ones_out() -> None:
    landed = []

    def land(file: dict[str, Any]) -> dict[str, Any]:
        if file["path"] in {"b", "c"}:
            raise TerminalError(f"{file['path']} is no gzip")
        landed.append(file["path"])
        return file

    with pytest.raises(TerminalError, match=r"b is no gzip; c is no gzip"):
        land_each([{"path": name} for name in "abcd"], land)

    assert landed == ["a", "d"]
