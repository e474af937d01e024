"""Keep projections: bring what is kept up to the log, rebuild it from nothing, compare it with the log."""

from pipeline.projecting.maintaining import Maintenance, maintain, rebuild
from pipeline.projecting.state import State, read_state

__all__ = ["Maintenance", "State", "maintain", "read_state", "rebuild"]
