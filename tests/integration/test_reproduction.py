"""An as-of instant and a log position name a result for good: it comes again after much more has landed."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Quick, Shell

pytestmark = pytest.mark.xdist_group("whole way")  # so that one worker plans the market for all


def rows_of(shell: Shell, question: str) -> list[str]:
    return shell.done("sql", question, "--csv").splitlines()[1:]


def afterthoughts(market: Path, as_of: str) -> list[dict[str, Any]]:
    """Say what a log can learn later: facts dated back, told late, taken back, put right, and news."""
    told = [
        json.loads(line)
        for file in sorted((market / "events").rglob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    told = [event for event in told if event.get("recordedtime", event["time"]) < as_of]
    again = [event | {"id": f"again-{event['id']}"} for event in told[::7]]
    late = [
        event | {"id": f"late-{event['id']}", "recordedtime": "2199-01-01T00:00:00Z"} for event in told[::5]
    ]
    retracted = [
        {
            "specversion": "1.0",
            "id": f"not-{number}",
            "source": "/desk",
            "type": "trn.event.retracted.v1",
            "subject": event["id"],
            "time": event["time"],
            "data": {"retracted_source": event["source"], "reason": "wrong"},
        }
        for number, event in enumerate(told[::3])
    ]
    return [*retracted, *again, *late]


def test_an_old_run_comes_again_to_the_byte_after_much_more_has_landed(
    planned: Shell, quick: Quick, market: Path, tmp_path: Path
) -> None:
    planned = quick(planned.home)
    run_id = (planned.home / "reports" / "latest").resolve().name
    forecasts = rows_of(planned, "SELECT run_id, as_of, log_position FROM runs WHERE kind = 'forecast'")
    ((_, as_of, position),) = [row.split(",") for row in forecasts if row.startswith(run_id)]
    later = afterthoughts(market, as_of)
    (tmp_path / "later.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in later))
    shell = quick(tmp_path / "home")
    shell.done("land", market / "events", "--no-publish")
    shell.done("land", tmp_path / "later.jsonl")
    known = f"SELECT sum(demand_observed_chips) FROM demand_history(TIMESTAMPTZ '{as_of}'"  # noqa: S608
    then, now = (rows_of(shell, f"{known}{bound})") for bound in (f", {position}", ""))
    assert then != now
    shell.done("run", "--as-of", as_of, "--position", position)
    ours, theirs = (home / "paths" / f"{run_id}.parquet" for home in (planned.home, shell.home))
    assert ours.read_bytes() == theirs.read_bytes()
    ours, theirs = (home / "reports" / run_id for home in (planned.home, shell.home))
    names = sorted(file.name for file in ours.glob("*.csv"))
    assert {"forecast.csv", "chips_needed.csv", "allocation.csv"} <= set(names)
    assert names == sorted(file.name for file in theirs.glob("*.csv"))
    assert [name for name in names if (ours / name).read_bytes() != (theirs / name).read_bytes()] == []
