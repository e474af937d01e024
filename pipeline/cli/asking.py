"""sql, explain, paths, status, dictionary: what people ask."""

import json
import sys
from argparse import Namespace
from pathlib import Path

from pipeline.cli.parsing import Commands


def add_commands(commands: Commands) -> None:
    """Declare the commands that only read."""
    sql = commands.add_parser(
        "sql",
        help="ask the published copy a question",
        description="Runs a query, or a file such as sql/adhoc/late_orders.sql, on the published copy. "
        "$as_of in the text takes the value of --as-of; sample_paths('RUN') and sample_paths() are the joint "
        "sample paths of a run and of the latest.",
    )
    sql.add_argument("question", metavar="'SELECT …'|FILE.sql")
    sql.add_argument("--as-of", help="instant with an offset, such as 2026-09-07T00:00:00Z; default: now")
    sql.add_argument("--csv", action="store_true", help="header and rows as CSV, nothing else")
    sql.set_defaults(run=_sql)

    explain = commands.add_parser(
        "explain",
        help="why a series was forecast as it was",
        description="Lays a series out as a run saw it, forecasts it again, and tells the forecast, the "
        "components with weight and how far off they were, and the model of record fitted by statsmodels.",
    )
    explain.add_argument(
        "series", metavar="SERIES", help="channel/segment/generation/region, as in forecast_models.csv"
    )
    explain.add_argument("--run", metavar="RUN", dest="run_id", help="default: the latest forecast")
    explain.add_argument("--json", action="store_true", help="print one JSON object")
    explain.set_defaults(run=_explain)

    paths = commands.add_parser(
        "paths",
        help="make a run's joint sample paths again",
        description="Makes the joint sample paths of any published run again from the log, and writes them "
        "if they give the forecast that it published. Those of the latest runs are kept in paths/.",
    )
    paths.add_argument("run_id", metavar="RUN")
    paths.add_argument("--out", type=Path, required=True, metavar="FILE.parquet")
    paths.set_defaults(run=_paths)

    commands.add_parser("status", help="the state of log, runs and publication").set_defaults(run=_status)
    commands.add_parser("dictionary", help="print the data dictionary (Markdown)").set_defaults(
        run=_dictionary
    )


def _sql(options: Namespace) -> int:
    from pipeline.runs.asking import ask

    sys.stdout.write(ask(options.question, as_of=options.as_of, csv=options.csv))
    return 0


def _explain(options: Namespace) -> int:
    from pipeline.reporting import explanation_text
    from pipeline.runs.explaining import explain

    found = explain(options.series, options.run_id)
    sys.stdout.write(f"{json.dumps(found, allow_nan=False)}\n" if options.json else explanation_text(found))
    return 0


def _paths(options: Namespace) -> int:
    from pipeline.runs.repeating import repeat_paths

    print(repeat_paths(options.run_id, options.out))
    return 0


def _status(_: Namespace) -> int:
    from pipeline.runs.asking import status

    sys.stdout.write(status())
    return 0


def _dictionary(_: Namespace) -> int:
    from pipeline.reporting import data_dictionary

    sys.stdout.write(data_dictionary())
    return 0
