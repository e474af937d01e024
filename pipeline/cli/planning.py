"""run, backtest, approve, reject, report: from the log to an approved allocation."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pipeline.cli.parsing import Commands, positive


def add_commands(commands: Commands) -> None:
    """Declare the commands that forecast, judge and decide."""
    run = commands.add_parser("run", help="project, forecast, propose an allocation and report")
    _add_bounds(run)
    run.set_defaults(run=_run)

    backtest = commands.add_parser("backtest", help="accuracy of what production would have said")
    _add_bounds(backtest)
    backtest.set_defaults(run=_backtest)

    for verb, what in (("approve", "publish"), ("reject", "turn down")):
        decide = commands.add_parser(verb, help=f"{what} a run's proposed allocation")
        decide.add_argument("run_id")
        decide.add_argument("--author", required=True, help="who decides")
        decide.add_argument("--note", default="", help="why")
        decide.set_defaults(run=_decide, verb=verb)

    report = commands.add_parser("report", help="write a run's reports again, by default into reports/")
    report.add_argument("run_id")
    report.add_argument("--out", type=Path, help="folder to write instead")
    report.set_defaults(run=_report)


def _add_bounds(command: ArgumentParser) -> None:
    command.add_argument("--as-of", help="instant with an offset; default: the latest that the log knows of")
    command.add_argument("--position", type=positive, help="read the log up to this position; default: all")


def _run(options: Namespace) -> int:
    from pipeline.runs.whole import run_all

    print(run_all(options.as_of, options.position), end="")
    return 0


def _backtest(options: Namespace) -> int:
    from pipeline.runs.backtesting import backtest

    result = backtest(options.as_of, options.position)
    print(result["summary"], end="")
    return 0


def _decide(options: Namespace) -> int:
    from pipeline.runs.allocating import approve, find_proposal, reject

    decide = approve if options.verb == "approve" else reject
    result = decide(find_proposal(options.run_id), options.author, options.note)
    print(result["message"])
    return 0


def _report(options: Namespace) -> int:
    from pipeline.runs.publishing import report_run

    print(report_run(options.run_id, options.out))
    return 0
