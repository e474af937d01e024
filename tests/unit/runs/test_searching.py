"""Search files of every form, broken ones among them."""

import gzip
import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.eventlog import Renamer
from pipeline.runs.searching import Found, search_files

RENAMER = Renamer("c-17", "P")
COMPRESSED = gzip.compress(b"x" * 1000 + bytes(range(256)) * 4)


def test_a_file_names_the_customer_by_its_path_or_in_what_it_holds(tmp_path: Path) -> None:
    texts = {"a.csv": "x,c-17\n", "c-17.csv": "", "b.csv": "c-170", "c-170.csv": "", "d.csv": r"\u0063-17"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    found = search_files([tmp_path / name for name in texts], RENAMER)
    naming = [tmp_path / name for name in ("a.csv", "c-17.csv", "d.csv")]
    assert found == Found(tuple(naming), (), ())


@pytest.mark.parametrize(
    "content",
    [b"PAR1garbage", b"PAR1", COMPRESSED[:-20], b"\x1f\x8bgarbage", b"\x28\xb5\x2f\xfdgarbage"],
)
def test_a_broken_file_keeps_no_other_from_being_searched(tmp_path: Path, content: bytes) -> None:
    broken, sound = tmp_path / "a", tmp_path / "b"
    broken.write_bytes(content)
    sound.write_text("c-17")
    assert search_files([broken, sound], RENAMER) == Found((sound,), (broken,), ())


def test_a_table_whose_values_are_beyond_python_could_not_be_searched(tmp_path: Path) -> None:
    file = tmp_path / "far.parquet"
    beyond = (date.max - date(1970, 1, 1)).days + 1
    pq.write_table(pa.table({"day": pa.array([beyond], pa.int32()).cast(pa.date32())}), file)
    assert search_files([file], RENAMER) == Found((), (file,), ())


def test_what_is_no_file_could_not_be_searched_and_what_is_gone_is_missing(tmp_path: Path) -> None:
    folder, pipe, loop, file = (tmp_path / name for name in ("folder", "pipe", "loop", "file"))
    folder.mkdir()
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    file.touch()
    gone = (file / "below", tmp_path / "gone")
    assert search_files([folder, pipe, loop, file, *gone], RENAMER) == Found((), (folder, loop, pipe), gone)
