"""The accounts of real data: what became of each line, and sums that must come out as in the raw file."""

import os
from pathlib import Path

from benchmarks.event_log.processes import Result
from benchmarks.event_log.table import note
from benchmarks.event_log.workshop import Workshop

REAL = {
    "gpu_itp": ("gpu_jobs", "gpu_itp/jobs.parquet"),
    "online_retail": ("online_retail", "online_retail/lines.parquet"),
    "focus": ("focus_1_0", "focus/focus_sample_1000.parquet"),
}
_COUNTS = {"lines": 10, "landed": 10, "duplicates": 12, "quarantined": 13}


def account_for_real_data(shop: Workshop) -> None:
    """Print the accounts of the real data sets that TRN_BENCH_DATA names."""
    if not (named := os.environ.get("TRN_BENCH_DATA")):
        print("\nReal data: skipped, TRN_BENCH_DATA names no folder", flush=True)
        return
    heads = "".join(f"{name:>{width}}" for name, width in _COUNTS.items())
    print(f"\n{'Real data':16}{heads}{'CPU-s':>8}", flush=True)
    for name, (mapping, path) in REAL.items():
        file = Path(named, path).absolute()
        result = shop.measured("land_real", path=file, mapping=mapping)
        counts = "".join(f"{result[count]:>{width},}" for count, width in _COUNTS.items())
        is_whole = result["lines"] == sum(result[count] for count in list(_COUNTS)[1:])
        verdict = "adds up" if is_whole else "DOES NOT ADD UP"
        print(f"{name:16}{counts}{result['cpu']:8.1f}   {verdict}", flush=True)
        if name == "gpu_itp":
            _compare_gpu_hours(file, result)
        if name == "online_retail":
            _compare_units(file, result)


def _compare_gpu_hours(file: Path, result: Result) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    in_file = pc.sum(pc.multiply(table["duration_s"], table["num_gpu"])).as_py() / 3600
    hours = result["gpu_hours"]
    off = abs(hours / in_file - 1)
    note(f"GPU-hours landed {hours:,.6f}, in the file {in_file:,.6f}: off by {off:.1e}")


def _compare_units(file: Path, result: Result) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    ordered, cancelled, orphaned, refused = result["units"]
    net = pc.sum(table["Quantity"]).as_py()
    lines = list(zip(*table.to_pydict().values(), strict=True))
    copies = sum(line[3] for line in lines) - sum(line[3] for line in set(lines))
    unexplained = net - (ordered - cancelled - orphaned + refused) - copies
    note(
        f"units ordered {ordered:,} - cancelled {cancelled:,} - orphaned {orphaned:,}"
        f" + refused {refused:,} + exact copies {copies:,} = {net:,}; unexplained {unexplained:,}"
    )
