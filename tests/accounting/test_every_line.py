"""Landing held to a recount that shares no code with it: every line of generated files, byte by byte."""

import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.store import Connection
from tests.accounting.letter import NoEventError, stated
from tests.accounting.recount import FileAccount, Recount
from tests.event_lines import garbled, lines
from tests.landing_world import event, land, open_log, rows, usage

LAWS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
BOM = b"\xef\xbb\xbf"
BLANK = (b"", b"   ", b"\t\x0b\x0c", b"\r")
REFUSED = (
    b"no JSON at all",
    b'{"cut": ',
    b"\xff\xfe",
    json.dumps(event("utf8")).encode().replace(b"trn2", b"tr\xe9"),
    json.dumps(event("h", data_chips=1.7)).encode(),
    json.dumps(event("h")).encode().replace(b"16", b"1e3"),
    json.dumps(event("h", data_chips="1e1")).encode(),
    json.dumps(event("h", data_chips=-1)).encode(),
    json.dumps(event("h", time="2026-02-30T00:00:00Z")).encode(),
    json.dumps(event("h", type="trn.inventory.stated.v9")).encode(),
    json.dumps(event("h", data=[1])).encode(),
    json.dumps(usage("h", data_chip_hours="24")).encode(),
    json.dumps(event("h", data_x=0)).encode().replace(b'"x": 0', b'"x": 1e' + b"5" * 5000),
    json.dumps(event("h", data_x=0)).encode().replace(b'"x": 0', b'"x": ' + b"[" * 400 + b"]" * 400),
    BOM + json.dumps(event("bom")).encode(),
)
ACCEPTED = (
    event("a", data_chips="16"),
    event("a", data_chips=16.0),
    event("a", data_chips=16),
    event("a", data_chips=17),
    event("a", data_chips=16, time="2026-01-05T01:00:00+01:00"),
    event("a", data_chips=16, data_region="é漢字🚀"),
    event("b", data_chips=16, source="/other"),
    usage("a"),
    usage("a", data_period_end="2026-01-05T19:00:00-05:00"),
    usage("c", data_customer_id="c" * 128),
)
TEXTS = st.sampled_from([json.dumps(told, ensure_ascii=False) for told in ACCEPTED])
GOOD = st.one_of(TEXTS, lines())
LINES = st.one_of(
    st.sampled_from(BLANK),
    st.sampled_from(REFUSED),
    GOOD.map(str.encode),
    garbled().map(lambda text: text.encode("utf-8", "surrogatepass")),
).map(lambda line: line.replace(b"\n", b" "))
FORMS = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")


@st.composite
def line_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """Form and bytes of a file of lines."""
    parts = draw(
        st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\n", b"\r\n"])), min_size=1, max_size=25)
    )
    text = b"".join(line + end for line, end in parts)
    if draw(st.booleans()) and not parts[-1][0].endswith(b"\r"):
        text = text.removesuffix(parts[-1][1])
    if draw(st.integers(0, 4)) == 0:
        text = BOM + text
    form = draw(st.sampled_from(FORMS[:3]))
    return form, _packed(form, text)


def _packed(form: str, text: bytes) -> bytes:
    if form == "jsonl.gz":
        half = len(text) // 2
        return gzip.compress(text[:half]) + gzip.compress(text[half:])
    if form == "jsonl.zst":
        return bytes(pa.Codec("zstd").compress(text, asbytes=True))
    return text


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, bytes]:
    """A Parquet file with the columns of the envelope, the payload as JSON text."""
    names = ("specversion", "id", "source", "type", "subject", "time", "recordedtime")
    texts = draw(st.lists(GOOD, min_size=1, max_size=15))
    told = [json.loads(text) for text in texts]
    columns: dict[str, list[Any]] = {
        name: [each.get(name) if isinstance(each.get(name), str) else None for each in told] for name in names
    }
    columns["data"] = [json.dumps(each["data"]) for each in told]
    sink = pa.BufferOutputStream()
    kinds = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    pq.write_table(pa.table(kinds), sink)
    return "parquet", sink.getvalue().to_pybytes()


def in_the_log(connection: Connection, path: Path) -> tuple[Any, dict[int, Any], dict[int, Any]]:
    """Return counts, quarantined lines and events of a file as the log has them."""
    (counts,) = connection.execute(
        "SELECT lines, blank, landed, duplicates, quarantined FROM landing_manifest WHERE source_file = ?",
        [str(path)],
    ).fetchall() or [None]
    refused = connection.execute(
        "SELECT source_line, raw, reason = 'conflicting_duplicate' FROM quarantine WHERE source_file = ?",
        [str(path)],
    ).fetchall()
    landed = connection.execute(
        "SELECT source_line, source, id, type, subject, known_at, data FROM events WHERE source_file = ?",
        [str(path)],
    ).fetchall()
    assert len({line for line, *_ in refused + landed}) == len(refused) + len(landed)
    return (
        counts,
        {line: tuple(told) for line, *told in refused},
        {line: tuple(told) for line, *told in landed},
    )


def require_agreement(connection: Connection, path: Path, account: FileAccount) -> None:
    counts, refused, landed = in_the_log(connection, path)
    if account.is_known:
        assert (counts, refused, landed) == (None, {}, {})
        return
    assert counts == account.counts
    expected = {
        fate.line: (fate.text, fate.what == "conflict")
        for fate in account.fates
        if fate.what in ("refused", "conflict")
    }
    assert refused.keys() == expected.keys()
    for line, (text, is_conflict) in expected.items():
        assert refused[line] == (refused[line][0] if text is None else text, is_conflict)
    events = {fate.line: fate.event for fate in account.fates if fate.what == "event" and fate.event}
    assert landed.keys() == events.keys()
    for line, (*told, data) in landed.items():
        event_told = events[line]
        assert told == [getattr(event_told, name) for name in ("source", "id", "type", "subject", "known_at")]
        payload = {"specversion": "1.0", "id": "x", "source": "x", "type": told[2], "subject": "x"}
        read = stated(json.dumps({**payload, "time": "2026-01-01T00:00:00Z"})[:-1] + f',"data":{data}}}')
        assert read.data == event_told.data


@LAWS
@given(
    files=st.lists(st.one_of(line_files(), tables()), min_size=1, max_size=4),
    is_one_call=st.booleans(),
    again=st.booleans(),
)
def test_every_line_has_the_fate_that_a_recount_gives_it(
    files: list[tuple[str, bytes]], *, is_one_call: bool, again: bool
) -> None:
    with TemporaryDirectory() as folder, open_log() as connection:
        paths = [Path(folder) / f"{number}.{form}" for number, (form, _) in enumerate(files)]
        for path, (_, content) in zip(paths, files, strict=True):
            path.write_bytes(content)
        for call in [paths] if is_one_call else [[path] for path in paths]:
            report = land(connection, *call)
            assert report.errors == []
        recount = Recount()
        for path in paths:
            require_agreement(connection, path, recount.count(path))
        positions = rows(connection, "SELECT log_position FROM events ORDER BY source_file, source_line")
        assert [position for (position,) in positions] == list(range(1, len(positions) + 1))
        if again:
            told = land(connection, *paths)
            assert (told.landed, told.quarantined, told.duplicates) == (0, 0, told.lines)


@pytest.mark.parametrize(
    ("content", "counts"),
    [
        (b"", (0, 0, 0, 0, 0)),
        (b"\n\r\n \t\n", (0, 3, 0, 0, 0)),
        (b"x", (1, 0, 0, 0, 1)),
        (json.dumps(event()).encode() + b"\r\n\n" + json.dumps(event()).encode(), (2, 1, 1, 1, 0)),
        (b"\n".join(json.dumps(event(data_chips=n)).encode() for n in (1, 2, 1)), (3, 0, 1, 1, 1)),
        (BOM + json.dumps(event()).encode() + b"\n" + BOM + json.dumps(event()).encode(), (2, 0, 1, 0, 1)),
    ],
)
def test_the_recount_counts_as_a_person_would(
    tmp_path: Path, content: bytes, counts: tuple[int, ...]
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(content)
    assert Recount().count(path).counts == counts


@pytest.mark.parametrize("line", [line for line in REFUSED if b"\xff" not in line and b"\xe9" not in line])
def test_the_letter_of_the_contract_refuses_what_the_tests_say_it_does(line: bytes) -> None:
    with pytest.raises(NoEventError):
        stated(line.decode())
