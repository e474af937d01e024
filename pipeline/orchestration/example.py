"""Land the example and run the DAGs over its day, in one process: what `make run` does.

The example is a generated market and the samples of `examples/`. Its allocation is approved by nobody's
judgement, and the log says so.
"""

import sys
import time

from pipeline.core.errors import PipelineError
from pipeline.orchestration.local_run import run_locally
from pipeline.runs.example import prepare_example
from pipeline.runs.summary import summarise_latest

DECISION = {"approve_as": "make run", "note": "the example's allocation, approved without review"}


def main() -> int:
    """Prepare the example where it is missing, run the DAGs, show what came out; return the exit code."""
    started = time.perf_counter()
    try:
        day = prepare_example()
        print(f"example events of {day}, run through Airflow", flush=True)  # noqa: T201
        code = run_locally({"partition": day, **DECISION})
        if code == 0:
            print(f"\n{summarise_latest()}")  # noqa: T201
    except PipelineError as error:
        print(f"failed: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(f"{time.perf_counter() - started:.0f} s in all")  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
