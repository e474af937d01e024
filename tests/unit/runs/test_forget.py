"""Forget a customer, and look for the id in every byte and in every text that is left."""

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.cli.main import main
from pipeline.config import Settings
from pipeline.runs import erasing
from pipeline.runs.publishing import publish_run
from pipeline.store import writer
from tests.erasure_world import places_of
from tests.landing_world import event, usage, write_lines

CUSTOMER = "cust-zq81xv"
OTHERS = ("cust-zq81xv-emea", "cust-zq81xw")
Shown = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(home_place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TRN_HOME", str(home_place))
    yield home_place
    shutil.rmtree(home_place, ignore_errors=True)


def order(name: str, subject: str, verb: str = "placed", **data: Any) -> dict[str, Any]:
    return event(name, type=f"trn.order.{verb}.v1", subject=subject, data=data)


LINES = [
    usage("u1", data_customer_id=CUSTOMER),
    usage(f"{CUSTOMER}/2026-01-06", data_customer_id=CUSTOMER, sequence=f"{CUSTOMER}.2"),
    usage("u3", data_customer_id=OTHERS[0], data_note="beside cust-zq81xv"),
    usage("u4", data_customer_id=OTHERS[1]),
    order("o1", f"o:{CUSTOMER}:1", generation="trn2", chips=16, customer_id=CUSTOMER, order_id=CUSTOMER),
    order("o2", f"o:{CUSTOMER}:1", "cancelled", chips=4, reason="of \\ cust-zq81xv"),
    event("d1", type="trn.customer.described.v1", subject=CUSTOMER, data={"segment": "startups"}),
    event("d2", type="trn.customer.described.v1", subject=OTHERS[0], data={"parent_id": CUSTOMER}),
    event(
        "r1",
        type="trn.event.retracted.v1",
        subject=f"{CUSTOMER}/2026-01-06",
        data={"retracted_source": "/test", "reason": "wrong"},
    ),
    event("a1", traceparent=f"00-{CUSTOMER}", tracestate={"who": [CUSTOMER]}),
    usage("q1", data_customer_id=CUSTOMER, data_chip_hours=-1),
    json.dumps(usage("q2", data_customer_id=CUSTOMER, data_region="")).replace("cust", "\\u0063ust"),
    f'{{"customer_id":"{CUSTOMER}',
    usage("q3", data_customer_id=OTHERS[1], data_chip_hours=-1),
]
EVENTS, REFUSED = 9, 3


@pytest.fixture(scope="module")
def home_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test has its home: the log has the places of files."""
    return tmp_path_factory.mktemp("forget") / "home"


@pytest.fixture(scope="module")
def standing(home_place: Path) -> Path:
    """A home to put in its place, in which all lines have landed from an inbox of the day."""
    day = home_place / "inbox" / "2026-01-07"
    day.mkdir(parents=True)
    write_lines(day / "events.jsonl", LINES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRN_HOME", str(home_place))
        assert main(["land", str(home_place / "inbox")]) == 0
    return home_place.rename(home_place.with_name("standing"))


@pytest.fixture
def inbox(standing: Path, home: Path) -> Path:
    """The file of all lines, landed."""
    shutil.copytree(standing, home)
    return home / "inbox" / "2026-01-07" / "events.jsonl"


def forget(capsys: Shown, *words: str) -> str:
    assert main(["forget", CUSTOMER, "--yes", *words]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out


def rows(home: Path, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(home / "published" / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(query, parameters).fetchall()


class PowerCutError(BaseException):
    """Ends a call as SIGKILL would, at a point that a test chose."""


def forget_until(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Let `forget` die at a crash point, or where it calls a function of this name."""

    def pass_or_die(name: str) -> None:
        if name == place:
            raise PowerCutError

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "crash_point", pass_or_die)
        if hasattr(erasing, place):
            patched.setattr(erasing, place, lambda _: pass_or_die(place))
        with pytest.raises(PowerCutError):
            main(["forget", CUSTOMER, "--yes"])


def reported_run(home: Path) -> Path:
    """Store and publish a run whose figures and message name the customer; return its reports."""
    with writer(Settings(home)) as connection:
        connection.execute(
            "INSERT INTO data_quality VALUES ('r1', now(), 'events', 'c', 'warning', false, ?, '', 'why')",
            [f"['{CUSTOMER}', '{OTHERS[1]}']"],
        )
        connection.execute(
            "INSERT INTO runs VALUES ('r1', now(), 'forecast', 1, 'p', 1, '0', 'done', ?, now())",
            [f"no margin for {CUSTOMER}"],
        )
    return publish_run("r1")


def test_the_search_finds_what_it_looks_for(home: Path, inbox: Path) -> None:
    found = "\n".join(places_of(CUSTOMER, home))
    for place in ("inbox", "events.data", "events.id", "events.attributes", "quarantine.raw"):
        assert place in found
    assert "published/warehouse.duckdb: bytes" in found


def test_afterwards_the_id_is_nowhere_but_in_the_inbox(home: Path, inbox: Path, capsys: Shown) -> None:
    told = forget(capsys)
    assert f"forgotten: {EVENTS} events and {REFUSED} refused lines; 1 batch of the log sealed anew" in told
    assert f"STILL THERE, for you to delete: 1 file with this customer\n  {inbox}\n" in told
    inbox.unlink()
    assert places_of(CUSTOMER, home, apart_from=OTHERS[0]) == []
    assert main(["verify"]) == 0
    assert "1 amended by forget" in capsys.readouterr().out


def test_events_keep_their_places_and_others_their_names(home: Path, inbox: Path, capsys: Shown) -> None:
    columns = "log_position, type, time, known_at, landed_at, source, source_line, flags"
    before = rows(home, f"SELECT {columns} FROM events ORDER BY ALL")  # noqa: S608
    forget(capsys)
    assert rows(home, f"SELECT {columns} FROM events ORDER BY ALL") == before  # noqa: S608
    ((name,),) = rows(home, "SELECT pseudonym FROM erasures")
    assert rows(
        home, "SELECT id, subject FROM events WHERE id LIKE '%2026-01-06' OR id = 'r1' ORDER BY ALL"
    ) == [
        (f"{name}/2026-01-06", None),
        ("r1", f"{name}/2026-01-06"),
    ]
    texts = dict(rows(home, "SELECT id, data FROM events"))
    assert json.loads(texts["u1"])["customer_id"] == name
    assert json.loads(texts["u3"])["customer_id"] == OTHERS[0]
    assert json.loads(texts["u3"])["note"] == f"beside {name}"
    assert json.loads(texts["u4"]) == usage("u4", data_customer_id=OTHERS[1])["data"]
    assert json.loads(texts["o2"])["reason"] == f"of \\ {name}"
    assert json.loads(texts["d2"]) == {"parent_id": name}
    lines = rows(home, "SELECT source_line, raw, reason FROM quarantine ORDER BY ALL")
    assert [line for line, _, _ in lines] == [11, 12, 13, 14]
    assert json.loads(lines[0][1]) == usage("q1", data_customer_id=name, data_chip_hours=-1)
    assert json.loads(lines[1][1])["data"]["customer_id"] == name
    assert lines[2][1] == f"[{name}: a line that could not be read]"
    assert json.loads(lines[3][1]) == usage("q3", data_customer_id=OTHERS[1], data_chip_hours=-1)


def test_the_record_tells_when_and_how_much_and_never_whom(home: Path, inbox: Path, capsys: Shown) -> None:
    forget(capsys)
    ((name, events, refused, batches),) = rows(
        home, "SELECT pseudonym, events, quarantined, batches FROM erasures"
    )
    assert name.startswith("forgotten-")
    assert len(name) == len("forgotten-") + 32
    assert (events, refused, batches) == (EVENTS, REFUSED, 1)
    chain = rows(home, "SELECT kind, salt IS NULL, length(salt) FROM log_chain ORDER BY entry_number")
    assert chain == [("batch", True, None), ("erasure", False, 64)]


def test_what_comes_again_is_known(home: Path, inbox: Path, capsys: Shown) -> None:
    forget(capsys)
    before = rows(home, "FROM events ORDER BY ALL"), rows(home, "FROM quarantine ORDER BY ALL")
    assert main(["land", str(inbox), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["duplicates"] == len(LINES)
    again = write_lines(home / "inbox" / "again.jsonl", [LINES[0], {**LINES[0], "subject": "x"}, LINES[4]])
    assert main(["land", str(again), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["duplicates"] == 3
    assert (rows(home, "FROM events ORDER BY ALL"), rows(home, "FROM quarantine ORDER BY ALL")) == before


def test_an_event_that_had_the_id_in_its_own_comes_again_as_one_of_a_new_customer(
    home: Path, inbox: Path, capsys: Shown
) -> None:
    forget(capsys)
    again = write_lines(home / "inbox" / "again.jsonl", [LINES[1]])
    assert main(["land", str(again), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["landed"] == 1
    told = forget(capsys)
    assert "forgotten: 1 event and 0 refused lines; 1 batch" in told
    assert len(set(rows(home, "SELECT pseudonym FROM erasures"))) == 2


def test_a_rewritten_event_is_found_under_its_new_identity(home: Path, inbox: Path, capsys: Shown) -> None:
    forget(capsys)
    ((name,),) = rows(home, "SELECT id FROM events WHERE id LIKE '%2026-01-06'")
    again = write_lines(home / "inbox" / "again.jsonl", [usage(name)])
    assert main(["land", str(again), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["duplicates"] == 1


def test_without_yes_it_only_tells(home: Path, inbox: Path, capsys: Shown) -> None:
    before = (home / "warehouse.duckdb").read_bytes()
    assert main(["forget", CUSTOMER]) == 2
    shown = capsys.readouterr()
    assert shown.out == (
        f"{EVENTS} events and {REFUSED} refused lines with this customer\n"
        f"4 events of these with it inside an id or subject, such as {CUSTOMER}/2026-01-06; "
        "with --exact they keep it\n"
        f"these customers stay, whose ids hold it: {OTHERS[0]}\n"
    )
    assert "nothing was changed: add --yes" in shown.err
    assert (home / "warehouse.duckdb").read_bytes() == before


def test_exact_keeps_what_holds_the_id_only_within(home: Path, inbox: Path, capsys: Shown) -> None:
    forget(capsys, "--exact")
    kept = rows(
        home, "SELECT id, subject FROM events WHERE contains(concat(id, subject), ?) ORDER BY ALL", CUSTOMER
    )
    assert [name for name, _ in kept] == [f"{CUSTOMER}/2026-01-06", "d2", "o1", "o2", "r1"]
    assert rows(home, "SELECT count(*) FROM order_book(now()) WHERE customer_id = ?", CUSTOMER) == [(0,)]
    assert main(["verify"]) == 0


def test_a_customer_whom_nothing_names_changes_nothing(home: Path, inbox: Path, capsys: Shown) -> None:
    before = (home / "warehouse.duckdb").stat().st_ino
    assert main(["forget", "cust-unknown", "--yes"]) == 0
    assert capsys.readouterr().out == "nothing in the log names this customer\n"
    assert (home / "warehouse.duckdb").stat().st_ino == before
    assert rows(home, "FROM erasures") == []


@pytest.mark.parametrize("words", [["c"], ["c", "--yes"]])
def test_where_nothing_landed_there_is_nobody_to_forget(words: list[str], capsys: Shown) -> None:
    assert main(["forget", *words]) == 2
    assert "nothing has landed yet" in capsys.readouterr().err


def test_status_tells_of_a_customer_who_is_half_forgotten(home: Path, inbox: Path, capsys: Shown) -> None:
    (home / "forgetting").touch()
    assert main(["status"]) == 0
    assert "forget the customer again" in capsys.readouterr().out
    assert "an earlier forget was cut short" in forget(capsys)
    assert main(["status"]) == 0
    assert "forget the customer again" not in capsys.readouterr().out


def test_cut_short_after_its_commit_it_leaves_no_name_for_others_to_publish(
    home: Path, inbox: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.runs.erasing.rebuild", lambda *_: sys.exit(9))
        with pytest.raises(SystemExit, match="9"):
            main(["forget", CUSTOMER, "--yes"])
    assert main(["land", str(inbox)]) == 0
    found = places_of(CUSTOMER, home / "published", apart_from=OTHERS[0])
    assert [place for place in found if not place.endswith("bytes")] == []  # they go with the next forget
    assert rows(home, "SELECT count(*) FROM kept_customers") == [(2,)]


def test_an_empty_id_is_refused(capsys: Shown) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["forget", " ", "--yes"])
    assert "the customer's id is empty" in capsys.readouterr().err


def test_a_log_that_was_tampered_with_is_not_sealed_anew(home: Path, inbox: Path, capsys: Shown) -> None:
    with writer(Settings(home)) as connection:
        connection.execute("UPDATE events SET subject = 'x' WHERE id = 'u4'")
    assert main(["forget", CUSTOMER, "--yes"]) == 1
    assert "the log is not what was sealed" in capsys.readouterr().err
    assert main(["verify"]) == 1


def test_a_second_customer_of_the_same_batch_can_be_forgotten(home: Path, inbox: Path, capsys: Shown) -> None:
    forget(capsys)
    assert main(["forget", OTHERS[0], "--yes"]) == 0
    assert main(["verify"]) == 0
    inbox.unlink()
    assert places_of("zq81xv", home) == []
    salts = rows(home, "SELECT salt IS NULL FROM log_chain ORDER BY entry_number")
    assert salts == [(True,), (True,), (False,)]


def test_amendments_that_are_cut_off_are_found(home: Path, inbox: Path, capsys: Shown) -> None:
    forget(capsys)
    with writer(Settings(home)) as connection:
        connection.execute("DELETE FROM log_chain WHERE kind = 'erasure'")
    assert main(["verify"]) == 1
    assert "after an erasure is gone" in capsys.readouterr().out


def test_results_and_proposals_stay_where_the_id_is_the_name_of_something_else(
    home: Path, inbox: Path, capsys: Shown
) -> None:
    proposal = home / "proposals" / "r1" / "allocation.parquet"
    proposal.parent.mkdir(parents=True)
    pq.write_table(pa.table({"region": [CUSTOMER]}), proposal, compression="none")
    before = proposal.read_bytes()
    assert CUSTOMER.encode() in before
    run = (CUSTOMER, "now()", CUSTOMER, 1, CUSTOMER, 1, CUSTOMER, CUSTOMER, "done", "now()")
    rule = (CUSTOMER, "now()", CUSTOMER, CUSTOMER, "warning", False, "seen", CUSTOMER, CUSTOMER)
    model = (CUSTOMER, CUSTOMER, CUSTOMER, CUSTOMER, CUSTOMER, "chips", CUSTOMER, CUSTOMER, 1, None, None)
    with writer(Settings(home)) as connection:
        for table, row in {"runs": run, "data_quality": rule, "forecast_models": model}.items():
            marks = ", ".join("now()" if value == "now()" else "?" for value in row)
            values = [value for value in row if value != "now()"]
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608
        query = "FROM runs CROSS JOIN data_quality CROSS JOIN forecast_models"
        stored = connection.execute(query).fetchall()
    forget(capsys, "--exact")
    assert rows(home, query) == stored
    assert proposal.read_bytes() == before


def test_messages_and_reports_that_name_the_customer_are_written_anew(
    home: Path, inbox: Path, capsys: Shown
) -> None:
    (home / "work" / "r1").mkdir(parents=True)
    (home / "work" / "r1" / "frame.parquet").write_text(CUSTOMER)
    report = reported_run(home) / "data_quality.csv"
    assert CUSTOMER in report.read_text()
    forget(capsys)
    ((name,),) = rows(home, "SELECT pseudonym FROM erasures")
    assert f"['{name}', '{OTHERS[1]}']" in report.read_text()
    assert not (home / "work").exists()
    inbox.unlink()
    assert places_of(CUSTOMER, home, apart_from=OTHERS[0]) == []


def test_files_of_others_among_the_reports_are_told_and_never_removed(
    home: Path, inbox: Path, capsys: Shown
) -> None:
    report = reported_run(home)
    places = ("mine.csv", "mine/a.csv", ".versions/b.csv", ".versions/x/c.csv", ".versions/x/unknown/d.csv")
    others = [home / "reports" / place for place in places]
    for other in others:
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_text(CUSTOMER)
    told = forget(capsys)
    assert told.splitlines()[3:] == [f"  {file}" for file in sorted([inbox, *others])]
    assert all(other.read_text() == CUSTOMER for other in others)
    assert CUSTOMER not in (report / "data_quality.csv").read_text()


@pytest.mark.parametrize("place", ["report_run", "forgetting.after_reports"])
def test_a_run_keeps_its_reports_whenever_forgetting_is_cut_short(
    home: Path, inbox: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    report = reported_run(home) / "data_quality.csv"
    forget_until(monkeypatch, place)
    assert report.exists()
    assert "an earlier forget was cut short" in forget(capsys)
    assert "forgotten-" in report.read_text()
    inbox.unlink()
    assert places_of(CUSTOMER, home, apart_from=OTHERS[0]) == []


def test_source_files_are_told_also_where_an_earlier_call_has_renamed_them(
    home: Path, inbox: Path, tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_lines(tmp_path / f"{CUSTOMER}.jsonl", [usage("n1", data_customer_id=OTHERS[1])])
    assert main(["land", str(file)]) == 0
    forget_until(monkeypatch, "forgetting.after_commit")
    capsys.readouterr()
    still_there = forget(capsys).partition("STILL THERE")[2].partition("not found")[0]
    assert f"  {file}\n" in still_there
    assert not (home / "forgetting").exists()


def test_source_files_that_are_not_where_the_manifest_has_them_are_told(
    home: Path, tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_lines(tmp_path / "day.jsonl", [usage("n1", data_customer_id=CUSTOMER)])
    monkeypatch.chdir(tmp_path)
    assert main(["land", file.name]) == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    capsys.readouterr()
    told = forget(capsys)
    assert "STILL THERE" not in told
    assert "not found, so not searched: 1 file" in told
    assert told.endswith("\n  day.jsonl\n")
    monkeypatch.chdir(tmp_path)
    assert forget(capsys).endswith("1 file with this customer\n  day.jsonl\n")


def test_a_broken_file_in_the_inbox_is_told_and_forgetting_finishes(
    home: Path, inbox: Path, capsys: Shown
) -> None:
    broken = inbox.with_name("broken.parquet")
    broken.write_bytes(b"PAR1garbage")
    told = forget(capsys)
    assert told.endswith(f"could not be searched: 1 file, for you to look into\n  {broken}\n")
    assert not (home / "forgetting").exists()


def test_source_files_of_every_form_are_searched(home: Path, inbox: Path, capsys: Shown) -> None:
    folder = inbox.parent
    line = json.dumps(usage("z1", data_customer_id=CUSTOMER))
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    with pa.OSFile(str(folder / "b.jsonl.zst"), "wb") as raw, pa.CompressedOutputStream(raw, "zstd") as file:
        file.write(line.encode())
    pq.write_table(pa.table({"data": [{"customer_id": CUSTOMER}]}), folder / "c.parquet")
    (folder / "d.jsonl").write_text(line.replace("cust", "\\u0063ust"))
    (folder / "e.jsonl").write_text(line.replace(CUSTOMER, OTHERS[1]))
    told = forget(capsys)
    assert [Path(each).name for each in told.splitlines()[3:]] == [
        "a.jsonl.gz",
        "b.jsonl.zst",
        "c.parquet",
        "d.jsonl",
        "events.jsonl",
    ]


def test_a_file_that_is_named_after_the_customer_is_renamed_in_the_log_alone(
    home: Path, inbox: Path, capsys: Shown
) -> None:
    file = write_lines(inbox.parent / f"{CUSTOMER}.jsonl", [usage("n1", data_customer_id=OTHERS[1]), "{"])
    assert main(["land", str(file)]) == 0
    capsys.readouterr()
    told = forget(capsys)
    assert f"forgotten: {EVENTS} events and {REFUSED} refused lines; 2 batches" in told
    assert str(file) in told
    ((name, digest),) = rows(home, "SELECT source_file, content_hash FROM events WHERE id = 'n1'")
    assert name.endswith("jsonl")
    assert "forgotten-" in name
    assert not digest.startswith("forgotten-")
    ((message,),) = rows(home, "SELECT message FROM quarantine WHERE raw = '{'")
    assert message.startswith("the line is no JSON")
    for source in (file, inbox):
        source.unlink()
    assert places_of(CUSTOMER, home, apart_from=OTHERS[0]) == []
    write_lines(inbox, [usage("n1", data_customer_id=OTHERS[1], data_chip_hours=1)])
    assert main(["land", str(inbox), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["quarantined"] == 1
