"""What the first forecast costs, how many series a second follow, and ten thousand of them."""

import tempfile
from statistics import median

from benchmarks.event_log.processes import Result, in_a_process
from benchmarks.forecasts.table import limit, note, row, title
from benchmarks.forecasts.workshop import Workshop

COLD_LIMIT, RATE_LIMIT = 15.0, 300.0
WALL_LIMIT, MEMORY_LIMIT = 90.0, 2.0
HORIZON, WEEKS = 26, 100
LENGTHS = {50: 300, 100: 300, 300: 150, 1000: 60}
SEASONS = {"1": [1], "12": [12], "52": [52], "24+168": [24, 168]}
_MODULE = "benchmarks.forecasts.speed_jobs"


def measure(shop: Workshop) -> None:
    """Print cold start, rates and the large file."""
    _measure_cold_start()
    _measure_rates(shop)
    _measure_many(shop)


def _measure_cold_start() -> None:
    title(f"First forecast of a process: one series of {WEEKS} weeks, {HORIZON} steps, season 52")
    row("", ("CPU s", "wall s", "imports CPU s"), (9, 9, 15))
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (in_a_process("first", module=_MODULE, cache=folder, weeks=WEEKS) for _ in range(2))
    for name, result, prefix in (
        ("nothing compiled yet", cold, ""),
        ("kernels on disk", warm, ""),
        ("second of a process", warm, "next_"),
    ):
        cells = [f"{result[prefix + key]:.2f}" for key in ("cpu", "wall")]
        row(name, (*cells, "" if prefix else f"{result['imports']:.2f}"), (9, 9, 15))
    for key, name in (("cpu", "CPU"), ("wall", "wall")):
        limit(f"{name} seconds more where nothing is compiled yet", cold[key] - warm[key], most=COLD_LIMIT)


def _measure_rates(shop: Workshop) -> None:
    title(f"Series a second of CPU, compiled, {HORIZON} steps, by length and season; median of {shop.runs}")
    found: dict[tuple[int, str], float] = {}
    row("", tuple(f"season {name}" for name in SEASONS), [16] * len(SEASONS))
    for length, count in LENGTHS.items():
        for name, season in SEASONS.items():
            result = in_a_process(
                "rate",
                module=_MODULE,
                series=max(20, count // shop.share),
                length=length,
                season=season,
                runs=shop.runs,
            )
            found[length, name] = result["series"] / median(result["cpu"])
        row(
            f"{length} observations", [f"{found[length, name]:,.0f}" for name in SEASONS], [16] * len(SEASONS)
        )
    limit(f"series a second of one core at {WEEKS} weeks, season 52", found[WEEKS, "52"], least=RATE_LIMIT)


def _measure_many(shop: Workshop) -> None:
    series = 10_000 // shop.share
    title(f"{series:,} series of {WEEKS} weeks, {HORIZON} steps with 80 and 95 %, on two processors")
    result: Result = in_a_process("many", module=_MODULE, series=series, length=WEEKS)
    row("", ("CPU s", "wall s", "peak GiB"))
    row("forecast_file", [f"{result[key]:.2f}" for key in ("cpu", "wall", "together")])
    note("peak: the sum of the resident memory of all processes, pages that they share counted in each")
    if shop.share == 1:
        limit("wall seconds", result["wall"], most=WALL_LIMIT)
        limit("GiB of all processes together", result["together"], most=MEMORY_LIMIT)
