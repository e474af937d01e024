"""The example that `make run` lands: a generated market and the real samples, as one day of the inbox."""

import shutil
from datetime import date, timedelta
from pathlib import Path

from pipeline.config.settings import PROJECT
from pipeline.runs.context import the_settings

START = date(2024, 1, 1)
WEEKS = 140
SEED = 1
DAY = (START + timedelta(weeks=WEEKS, days=6)).isoformat()
SAMPLES = PROJECT / "examples"


def prepare_example() -> str:
    """Fill `inbox/<DAY>` once with the generated events and the samples; return the day.

    The day is the Sunday after the last simulated week: all records of that week are known by then, and the
    midnight that ends it is the as-of instant of the weekly backtest too, so both report as one run.
    """
    from pipeline.simulation import simulate

    settings = the_settings()
    target = settings.inbox / DAY
    if target.exists():
        return DAY
    simulated = settings.home / "example"
    shutil.rmtree(simulated, ignore_errors=True)
    simulate(simulated, weeks=WEEKS, seed=SEED, start=START)
    fresh = settings.inbox / f".{DAY}"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(simulated / "events", fresh / "events")
    for folder in sorted(path for path in SAMPLES.iterdir() if path.is_dir()):
        for file in _data_files(folder):
            (fresh / folder.name).mkdir(exist_ok=True)
            shutil.copyfile(file, fresh / folder.name / file.name)
    fresh.rename(target)
    return DAY


def _data_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix in {".parquet", ".csv", ".jsonl"})
