"""The command line: exit code 0 done, 2 wrong usage or unusable input, 1 a fault; errors are one line."""

import argparse
import os
import sys

from pipeline.cli import asking, custody, landing, planning, replaying, stages
from pipeline.core.errors import PipelineError, UsageError


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline",
        description="Demand forecasting and allocation from order and usage events.",
        epilog="State lives under TRN_HOME (default: ./var). Each command has its own --help.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for group in (landing, planning, stages, asking, custody, replaying):
        group.add_commands(commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except PipelineError as error:
        print(f"{'error' if isinstance(error, UsageError) else 'failed'}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"failed: {where}{error.strerror or error}", file=sys.stderr)
        return PipelineError.exit_code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return code
