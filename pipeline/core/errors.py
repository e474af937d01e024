"""One tree of errors: retrying may help (`TransientError`) or it cannot (`TerminalError`)."""


class PipelineError(Exception):
    """A failure that is told to the user in one line: what, where, got, allowed, next step."""

    exit_code = 1


class TransientError(PipelineError):
    """Another process or a resource stood in the way; the same call may succeed later."""


class TerminalError(PipelineError):
    """The same call fails again until data, configuration or code change."""


class UsageError(TerminalError):
    """Wrong usage, or input that cannot be used at all."""

    exit_code = 2
