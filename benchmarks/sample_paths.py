"""Bytes, CPU seconds and memory of a run's joint sample paths as Parquet, by the number of series.

104 weeks, 500 paths, values of which none comes twice: as large as paths get. Memory is what the peak grows
by while they are written, in a process of its own; the question sums all series on every path and week.
Limits: 8 bytes a value, and at most 32 MiB more memory for twenty times the series.

python benchmarks/sample_paths.py [SERIES …]
"""

import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

WEEKS, PATHS, SEED = 104, 500, 20260907
START = date(2026, 9, 7)
SIZES = (50, 1000)
QUESTION = "SELECT path, period_start, sum(value) AS chips FROM read_parquet($file) GROUP BY ALL"


def drawn(series: int) -> "pl.DataFrame":
    """FORECAST_PATHS of stocks that wander."""
    import polars as pl

    rng = np.random.default_rng(SEED)
    steps = rng.normal(0, 0.05, (series, WEEKS, PATHS)).cumsum(axis=1)
    levels = rng.lognormal(5, 1, (series, 1, 1))
    np.multiply(np.exp(steps, out=steps), levels, out=steps)
    keys = pl.DataFrame(
        {
            "channel": ["cloud"] * series,
            "segment": [f"segment-{number % 5}" for number in range(series)],
            "generation": [f"trn{number // 5 % 4}" for number in range(series)],
            "region": [f"region-{number // 20}" for number in range(series)],
            "unit": ["chips_held"] * series,
        }
    )
    starts = [START + timedelta(weeks=number) for number in range(WEEKS)]
    weeks = pl.DataFrame({"period_start": starts}).with_columns(
        pl.col("period_start").dt.offset_by("1w").alias("period_end")
    )
    values = pl.Series("path_chips", steps.reshape(-1, PATHS), dtype=pl.Array(pl.Float64, PATHS))
    return keys.join(weeks, how="cross", maintain_order="left_right").with_columns(
        values.cast(pl.List(pl.Float64))
    )


def peak_mib() -> float:
    """Return the peak since the last call, and begin anew."""
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5")
    return peak / 1024


def measure(series: int, folder: Path) -> None:
    """Write the paths of so many series into the folder and ask them; print bytes, CPU seconds and MiB."""
    import duckdb

    from pipeline.reporting import write_sample_paths

    write_sample_paths(drawn(1), folder / "warm.parquet")
    paths = drawn(series)
    peak_mib()
    before, start = peak_mib(), time.process_time()
    write_sample_paths(paths, folder / "paths.parquet")
    written, grown = time.process_time() - start, peak_mib() - before
    start = time.process_time()
    duckdb.sql(QUESTION, params={"file": str(folder / "paths.parquet")}).fetchall()
    print((folder / "paths.parquet").stat().st_size, written, grown, time.process_time() - start)


def main() -> int:
    """Measure each size in a process of its own and hold them to the limits."""
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    print(f"{'series':>8}{'MB':>10}{'B/value':>10}{'CPU s':>8}{'MiB':>8}{'question, CPU s':>18}")
    values, grown = [], []
    for series in sizes:
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, str(Path(__file__).resolve()), "--measure", str(series), folder]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
        size, written, mib, asked = map(float, done.stdout.split())
        values.append(size / (series * WEEKS * PATHS))
        grown.append(mib)
        print(f"{series:>8}{size / 1e6:>10.1f}{values[-1]:>10.2f}{written:>8.1f}{mib:>8.0f}{asked:>18.1f}")
    is_held = max(values) <= 8 and grown[-1] - grown[0] <= 32  # noqa: PLR2004 the limits above
    print("within the limits" if is_held else "BEYOND THE LIMITS")
    return 0 if is_held else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        raise SystemExit(main())
