"""forecast, allocate: stages on their own, files in, files out."""

from argparse import ArgumentTypeError, Namespace
from pathlib import Path

from pipeline.cli.parsing import Commands, positive
from pipeline.core.wording import counted

ALLOCATION_INPUTS = (
    "forecast",
    "supply",
    "margins",
    "inventory",
    "capacity",
    "fx",
    "contracts",
    "constraints",
    "order_book",
    "generations",
    "approved",
)


def add_commands(commands: Commands) -> None:
    """Declare the stages that work on files."""
    forecast = commands.add_parser(
        "forecast",
        help="forecast any series file",
        description="Reads columns unique_id, ds, y (CSV or Parquet; ds a date, timestamp or whole number; "
        "empty y is not observed) and writes unique_id, ds, mean and an interval a level. Two columns may"
        " be there: censored (1: y is the least that demand was) and draw (several histories of a series).",
    )
    forecast.add_argument("--input", type=Path, required=True, metavar="FILE")
    forecast.add_argument("--horizon", type=positive, required=True, metavar="N", help="periods ahead")
    forecast.add_argument(
        "--season",
        type=_numbers,
        default=(),
        metavar="M",
        help="periods of a season, M or M,M2; default: by frequency",
    )
    forecast.add_argument(
        "--levels",
        type=_numbers,
        default=(80, 95),
        metavar="L,…",
        help="intervals in per cent; default 80,95",
    )
    forecast.add_argument("--out", type=Path, required=True, metavar="FILE")
    forecast.add_argument(
        "--totals",
        type=Path,
        metavar="FILE",
        help="also write the sum over the horizon and its highest step, with intervals",
    )
    forecast.add_argument(
        "--models",
        type=Path,
        metavar="FILE",
        help="also write a row a series: model, reason of a fallback, observations, first and last ds",
    )
    forecast.add_argument(
        "--paths",
        type=Path,
        metavar="FILE.parquet",
        help="also write the joint sample paths: path, unique_id, ds, value",
    )
    forecast.add_argument(
        "--future",
        type=Path,
        metavar="FILE",
        help="what is known of the periods ahead: unique_id, ds, lower (no path falls below it), regressors",
    )
    forecast.add_argument(
        "--regressors",
        type=_names,
        default=(),
        metavar="NAME,…",
        help="columns of --input and --future that y depends on, such as price,is_promotion",
    )
    forecast.set_defaults(run=_forecast)

    allocate = commands.add_parser(
        "allocate",
        help="split supply between cloud and direct sales, from tables alone",
        description="Reads tables (CSV or Parquet) in the columns of the macros of the same names; "
        "docs/data-dictionary.md describes them. --forecast takes a run's forecast.csv.",
    )
    for name in ALLOCATION_INPUTS:
        is_required = name in {"forecast", "supply", "margins"}
        allocate.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar="FILE", required=is_required)
    allocate.add_argument("--out", type=Path, required=True, metavar="FILE")
    allocate.set_defaults(run=_allocate)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(positive(part.strip()) for part in text.split(","))
    except ArgumentTypeError:
        raise ArgumentTypeError(f"'{text}' is no list of whole numbers such as 24 or 24,168") from None


def _names(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    if not all(names):
        raise ArgumentTypeError(f"'{text}' is no list of columns such as price,is_promotion")
    return names


def _forecast(options: Namespace) -> int:
    from pipeline.runs.files import forecast_series_file

    written = forecast_series_file(
        options.input,
        options.out,
        totals=options.totals,
        models=options.models,
        paths=options.paths,
        future=options.future,
        regressors=options.regressors,
        horizon=options.horizon,
        season=options.season,
        levels=options.levels,
    )
    for file, rows in written.items():
        print(f"{file}: {counted(rows, 'row')}")
    return 0


def _allocate(options: Namespace) -> int:
    from pipeline.runs.files import allocate_files

    files = {name: getattr(options, name) for name in ALLOCATION_INPUTS}
    print(allocate_files({name: file for name, file in files.items() if file}, options.out))
    return 0
