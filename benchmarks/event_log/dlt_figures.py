"""dlt's best configuration for the same job, beside landing."""

from functools import partial
from pathlib import Path

from benchmarks.event_log.inputs import files_below
from benchmarks.event_log.peer_reads import columns
from benchmarks.event_log.processes import PROJECT, Result, in_a_process
from benchmarks.event_log.table import cost_of, figure, note, title
from benchmarks.event_log.workshop import Workshop

PEERS_PYTHON = PROJECT / "benchmarks" / ".venv" / "bin" / "python"
STRATEGIES = ("delete-insert", "upsert", "insert-only")
DLT_LEAST = 2.0


def merge(shop: Workshop) -> None:
    """Print dlt's merge on the events' identity beside landing, against logs of the same events."""
    title(f"dlt {shop.new_events:,} clean lines against {shop.log_events:,} (other), landing (own)")
    if not PEERS_PYTHON.exists():
        note("dlt is not installed: make bench-peers")
        return
    for payload, name in (("json", "payload as JSON text"), ("struct", "payload in typed columns")):
        log = shop.made(
            f"dlt-{payload}-{shop.log_events}",
            "run",
            to="home",
            paths=files_below(shop.history / "past"),
            strategy="append",
            **_dlt(payload),
        )
        tried = {strategy: _merge(shop, log, payload, strategy) for strategy in STRATEGIES}
        best = min(tried, key=lambda strategy: float(tried[strategy]["cpu"]))
        costs = ", ".join(f"{strategy} {result['cpu']:.1f} s" for strategy, result in tried.items())
        note(f"dlt, {name}, each once: {costs}")
        own, other = shop.repeated(
            partial(shop.land, [shop.clean], shop.log), partial(_merge, shop, log, payload, best)
        )
        figure(f"dlt, {best}, {name}", cost_of(own), cost_of(other), limit=DLT_LEAST, is_least=True)


def _dlt(payload: str) -> dict[str, object]:
    module = "benchmarks.event_log.dlt_merge"
    return {"python": str(PEERS_PYTHON), "module": module, "columns": columns(payload)}


def _merge(shop: Workshop, log: Path, payload: str, strategy: str) -> Result:
    with shop.home(log) as home:
        return in_a_process(
            "run", home=home, paths=files_below(shop.clean), strategy=strategy, **_dlt(payload)
        )
