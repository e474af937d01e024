"""What new events cost until the demand series are fresh, and what rebuilding all projections costs."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.event_log.processes import Result, in_a_process
from benchmarks.event_log.table import cost_of, figure, note, title
from benchmarks.event_log.workshop import Workshop

FRESH_LIMIT, REBUILD_LIMIT = 1.5, 1.5
_STEPS = ("landing", "maintaining", "reading", "publishing")
_DEAREST = 6


def freshen(shop: Workshop) -> None:
    """Print what new events cost against the whole log and against its last tenth."""
    title(
        f"{shop.fresh_events:,} new events to fresh demand series, publication apart: "
        f"log of {shop.log_events:,} (own), its last tenth (other)"
    )
    with _maintained(shop.log) as large, _maintained(shop.small_log) as small:
        for name, folder, limit in (
            ("the day that follows", shop.history / "new", FRESH_LIMIT),
            ("spread over all weeks of the past", shop.elsewhere, None),
        ):
            own, other = shop.repeated(
                partial(_freshen, shop, large, folder), partial(_freshen, shop, small, folder)
            )
            figure(name, cost_of(own), cost_of(other), limit=limit)
            for log, results in (("large", own), ("small", other)):
                costs = (f"{step} {cost_of(results, step).middle:.2f}" for step in _STEPS)
                note(f"{log} log: {', '.join(costs)}; rows of series {results[0]['rows']:,}")


def _freshen(shop: Workshop, log: Path, folder: Path) -> Result:
    with shop.home(log) as home:
        return in_a_process("freshen", home=home, paths=[folder], as_of=shop.as_of)


@contextmanager
def _maintained(log: Path) -> Iterator[Path]:
    """Lend a copy of a log whose maintained tables are up to it."""
    with tempfile.TemporaryDirectory(dir=log.parents[1], prefix="maintained-") as folder:
        home = Path(folder, "home")
        shutil.copytree(log, home)
        result = in_a_process("maintain", home=home)
        note(f"bringing the tables up at first: {result['cpu']:.1f} s, peak {result['peak']:.2f} GiB")
        yield home


def rebuild(shop: Workshop) -> None:
    """Print rebuilding all projections beside landing the log."""
    title(f"Rebuilding all projections from {shop.log_events:,} events (own), landing them (other)")
    own, other = shop.repeated(partial(_rebuild, shop), partial(shop.land, [shop.history / "past"], None))
    figure("kept tables", cost_of(own), cost_of(other), limit=REBUILD_LIMIT)
    figure("and reading all that runs read", cost_of(own, "read"), cost_of(other), limit=REBUILD_LIMIT)
    costs = sorted(own[0]["costs"].items(), key=lambda pair: -pair[1])[:_DEAREST]
    note("dearest to read: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in costs))


def _rebuild(shop: Workshop) -> Result:
    with shop.home(shop.log) as home:
        result = in_a_process("rebuild", home=home)
        reading = in_a_process("read_projections", home=home, as_of=shop.as_of)
    peak = max(result["peak"], reading["peak"])
    return result | {"peak": peak, "read": result["cpu"] + reading["cpu"], "costs": reading["costs"]}
