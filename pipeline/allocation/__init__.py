"""Splits scarce supply between the cloud and direct sales: a linear programme on the forecast."""

from pipeline.allocation.figures import AllocationSummary
from pipeline.allocation.notes import AllocationNotPossible, Note
from pipeline.allocation.propose import AllocationResult, allocate_frames, propose_allocation

__all__ = [
    "AllocationNotPossible",
    "AllocationResult",
    "AllocationSummary",
    "Note",
    "allocate_frames",
    "propose_allocation",
]
