"""A large market with hostile lines: memory of landing it, and the account of every line."""

import shutil
import tempfile
from pathlib import Path
from textwrap import wrap

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
    kinds = found["kinds"]
    note(f"{len(kinds)} kinds of hostile lines (at least {LEAST_KINDS}), each with its reason and lines:")
    for line in wrap("; ".join(f"{kind}: {told}" for kind, told in kinds.items()), 150):
        note("    " + line)
    for check, is_same in found["checks"].items():
        note(f"{check}: " + ("the same in an independent recount" if is_same else "DIFFER"))
    assert len(kinds) >= LEAST_KINDS, kinds
