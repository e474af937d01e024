"""Dealing out the files of a day."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.orchestration.inbox import deal_files


@given(count=st.integers(0, 300), most=st.integers(1, 70))
def test_no_file_is_lost_doubled_or_moved_and_shares_are_even(count: int, most: int) -> None:
    files = [{"path": str(number)} for number in range(count)]

    shares = deal_files(files, most)

    assert [file for share in shares for file in share] == files
    assert len(shares) == min(count, most)
    assert not shares or max(map(len, shares)) - min(map(len, shares)) <= 1
