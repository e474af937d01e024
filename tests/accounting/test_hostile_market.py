"""A simulated market with bad lines of every kind, and a hand-over that repeats another: counted anew."""

import json
from collections import Counter
from pathlib import Path

from pipeline.simulation import simulate
from tests.accounting.recount import Recount
from tests.accounting.test_every_line import require_agreement
from tests.landing_world import land, open_log, rows


def test_a_hostile_market_is_accounted_for_line_by_line_and_kind_by_kind(tmp_path: Path) -> None:
    summary = simulate(tmp_path, weeks=25, seed=11, scenario="hostile", events=9_000)
    truth = json.loads((tmp_path / "truth" / "truth.json").read_text(encoding="utf-8"))["bad_lines"]
    assert len(truth) >= 50
    expected: Counter[str] = Counter()
    for kind in truth.values():
        expected[kind["reason"]] += kind["lines"]
    recount = Recount()
    with open_log() as connection:
        report = land(connection, tmp_path / "events")
        assert report.lines == summary.events + summary.bad_lines
        assert len(report.files) > 5
        for file in report.files:
            require_agreement(connection, Path(file.file), recount.count(Path(file.file)))
        assert dict(rows(connection, "SELECT reason, count(*) FROM quarantine GROUP BY ALL")) == expected
        again = tmp_path / "again.jsonl"
        plain = [path for path in sorted((tmp_path / "events").iterdir()) if path.suffix == ".jsonl"]
        again.write_bytes(b"\n".join(path.read_bytes() for path in plain[-3:]))
        land(connection, again)
        account = recount.count(again)
        require_agreement(connection, again, account)
        assert account.counts[2] == 0 < account.counts[3]
