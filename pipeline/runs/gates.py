"""Gates between stages: a critical failure stops the run before anything is published."""

from collections.abc import Mapping

import polars as pl

from pipeline.runs.context import Run, run_folder
from pipeline.schemas.tables import DATA_QUALITY


def gate(
    run: Run, suite: str, frame: pl.DataFrame, *, parameters: Mapping[str, object] | None = None
) -> None:
    """Check a frame by the suite of its name and keep what was seen for the run's report.

    Raises:
        GateFailed: a critical rule does not hold.
    """
    from pipeline.quality import check

    result = check(frame, suite, parameters=parameters)
    findings = result.to_frame(run_id=run.run_id, as_of=run.as_of)
    DATA_QUALITY.select(findings).write_parquet(run_folder(run) / f"gate-{suite}.parquet")
    result.require()


def findings_of(run: Run) -> pl.DataFrame:
    """Return what the run's gates saw, in the shape of DATA_QUALITY."""
    files = sorted(run_folder(run).glob("gate-*.parquet"))
    return pl.concat([DATA_QUALITY.empty(), *(pl.read_parquet(file) for file in files)])
