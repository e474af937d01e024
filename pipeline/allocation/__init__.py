"""Splits scarce supply between the cloud and direct sales: a linear programme on the forecast."""

from pipeline.allocation.figures import AllocationSummary
from pipeline.allocation.notes import AllocationNotPossible, Note
from pipeline.allocation.propose import AllocationResult, allocate_frames, propose_allocation
from pipeline.allocation.report import SHADOW_PRICES

__all__ = [
    "SHADOW_PRICES",
    "AllocationNotPossible",
    "AllocationResult",
    "AllocationSummary",
    "Note",
    "allocate_frames",
    "propose_allocation",
]
