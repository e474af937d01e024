"""The event log: append-only, each identity once, positions gapless and increasing."""

from pipeline.eventlog.appending import Conflict, Fates, append_arrivals, batch_name, last_position

__all__ = ["Conflict", "Fates", "append_arrivals", "batch_name", "last_position"]
