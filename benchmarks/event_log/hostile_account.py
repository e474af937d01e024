"""A large market with hostile lines: memory of landing it, and the account of every line."""

import shutil
import tempfile
from pathlib import Path

from benchmarks.event_log.processes import in_a_process
from benchmarks.event_log.table import amount, note, title
from benchmarks.event_log.workshop import Workshop

MEMORY_LIMIT_GIB = 2.0
LEAST_KINDS = 25
_SEED = 9


def account_for_hostile_lines(shop: Workshop) -> None:
    """Print peak memory of landing a large log, and compare what became of a hostile one line by line."""
    title(f"Landing {shop.log_events:,} events into a new log: peak memory in GiB (own)")
    amount("clean", shop.landing_of_log["peak"], limit=MEMORY_LIMIT_GIB)
    with tempfile.TemporaryDirectory(dir=shop.folder, prefix="hostile-") as folder:
        market, home = Path(folder, "market"), Path(folder, "home")
        in_a_process("simulate", out=market, events=shop.log_events, seed=_SEED, scenario="hostile")
        result = in_a_process("land", home=home, paths=[market / "events"])
        amount("1 % hostile", result["peak"], limit=MEMORY_LIMIT_GIB)
        counts = ("lines", "landed", "duplicates", "quarantined")
        note(", ".join(f"{name} {result[name]:,}" for name in counts) + f"; {result['cpu']:.1f} CPU-s")
        found = in_a_process("recount", home=home, market=market)
        shutil.rmtree(home)
    kinds, differences = found["by_kind"], found["differences"]
    note(f"{len(kinds)} kinds of hostile lines (at least {LEAST_KINDS}), {len(found['by_reason'])} reasons")
    note(", ".join(f"{reason} {count:,}" for reason, count in found["by_reason"].items()))
    for check in found["checks"]:
        note(f"{check}: " + ("DIFFER" if check in differences else "the same in an independent recount"))
    assert len(kinds) >= LEAST_KINDS, kinds
