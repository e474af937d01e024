"""Keep projections: bring what is kept up to the log, rebuild it from nothing, compare it with the log."""

from pipeline.projecting.maintaining import KEPT_TABLES, Maintenance, maintain, rebuild
from pipeline.projecting.state import State, read_state

__all__ = ["KEPT_TABLES", "Maintenance", "State", "maintain", "read_state", "rebuild"]
