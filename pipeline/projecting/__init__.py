"""Keep projections: bring what is kept up to the log, rebuild it from nothing, compare it with the log."""

from pipeline.projecting.comparing import Difference
from pipeline.projecting.maintaining import Maintenance, maintain, rebuild
from pipeline.projecting.state import State, has_state, read_state
from pipeline.projecting.verifying import Comparison, verify

__all__ = [
    "Comparison",
    "Difference",
    "Maintenance",
    "State",
    "has_state",
    "maintain",
    "read_state",
    "rebuild",
    "verify",
]
