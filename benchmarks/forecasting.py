"""Forecasts on real series beside those of statsforecast: accuracy, intervals and cost, in one run.

    PYTHONPATH=. .venv/bin/python benchmarks/forecasting.py [--quick] [--keep FOLDER] [--only PART ...]

`TRN_BENCH_DATA` names the folder of the series: `m4/series.parquet` (frequency, series_id, t, y, is_test),
and `tourism2010/` with `series.parquet` (series_id, t, y, is_test) and `meta.parquet` (series_id, period);
for rare demand `online_retail/lines.parquet`, beside markets that are simulated then and there.
Scores as in the M4 competition (Makridakis, Spiliotis and Assimakopoulos 2020,
doi:10.1016/j.ijforecast.2019.04.014) and the tourism one (Athanasopoulos et al. 2011,
doi:10.1016/j.ijforecast.2010.04.009). The peers run in an environment of their own (`make bench-peers`):
AutoETS, AutoCES, DynamicOptimizedTheta, AutoARIMA, and the median of them, which is SCUM (Petropoulos and
Svetunkov 2020, doi:10.1016/j.ijforecast.2019.01.006); for rare demand CrostonSBA, TSB, IMAPA and ADIDA.
Whole it takes an hour, nearly all of it the peers; `--quick` takes a few minutes, with a tenth of the series
and no AutoARIMA, and proves nothing.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.event_log.processes import JobFailedError
from benchmarks.forecasts import accuracy, hierarchy, intervals, lumpy, speed
from benchmarks.forecasts.workshop import Workshop

PARTS: dict[str, Callable[[Workshop], None]] = {
    "accuracy": accuracy.compare,
    "intervals": intervals.compare,
    "hierarchy": hierarchy.compare,
    "lumpy": lumpy.compare,
    "speed": speed.measure,
}
WITHOUT_DATA = ("speed",)


def main() -> None:
    """Print the parts asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the series, no AutoARIMA, once")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the peers' forecasts, and use them")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS)
    )
    options = parser.parse_args()
    data = os.environ.get("TRN_BENCH_DATA")
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.keep or Path(scratch)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        shop = Workshop(
            folder,
            Path(data) if data else None,
            share=10 if options.quick else 1,
            has_arima=not options.quick,
            runs=1 if options.quick else 3,
        )
        started = time.monotonic()
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        if not shop.has_peers:
            print("the peers are not installed (make bench-peers): ours alone")
        failed = [name for name in options.only if not _is_printed(name, shop)]
        print(f"\nin all {(time.monotonic() - started) / 60:.0f} minutes, load now {os.getloadavg()[0]:.1f}")
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _is_printed(name: str, shop: Workshop) -> bool:
    if shop.data is None and name not in WITHOUT_DATA:
        print(f"\n{name}: skipped, TRN_BENCH_DATA names no folder with the series")
        return True
    try:
        PARTS[name](shop)
    except JobFailedError as error:
        print(f"FAILED: {error}", flush=True)
        return False
    return True


if __name__ == "__main__":
    main()
