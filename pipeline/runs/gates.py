"""Gates between stages: a critical failure stops the run before anything is published."""

from collections.abc import Mapping

import polars as pl

from pipeline.runs.context import Run


def gate(
    run: Run, suite: str, frame: pl.DataFrame, *, parameters: Mapping[str, object] | None = None
) -> pl.DataFrame:
    """Check a frame by the suite of its name; return what was seen, in the shape of DATA_QUALITY.

    Raises:
        GateFailed: a critical rule does not hold.
    """
    from pipeline.quality import check

    result = check(frame, suite, parameters=parameters)
    result.require()
    return result.to_frame(run_id=run.run_id, as_of=run.as_of)
