"""Contract schedules as the programme sees them: chips owed, until when, and what a missing one costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from pipeline.allocation.exchange import weekly_rate
from pipeline.allocation.horizon import Horizon
from pipeline.allocation.notes import Note, tell, warn

STOCK, FLOW = "stock", "flow"


@dataclass(frozen=True)
class Commitment:
    """One schedule entry inside the horizon.

    Attributes:
        region: None where any region will do.
        basis: 'stock', chips in the cloud throughout the weeks; 'flow', chips installed or released within
            them.
        first: first week of the entry; `last` is one past its last.
        penalty: money in the reporting currency for a chip short, due once per chip and entry (for a stock
            the largest shortfall of any of its weeks), in the entry's first week.
    """

    contract_id: str
    channel: str
    generation: str
    region: str | None
    basis: str
    first: int
    last: int
    chips: float
    penalty: float


def read_commitments(
    contracts: pl.DataFrame, fx: pl.DataFrame, horizon: Horizon, currency: str
) -> tuple[tuple[Commitment, ...], tuple[Note, ...]]:
    """Read the entries that touch the horizon.

    A flow entry that began before the horizon or ends after it is owed in proportion to its days inside, as
    the contract does not say what was delivered; without an end it is owed in full by the end of the horizon.
    Entries that cannot be planned (a stock in the direct channel, an unknown channel or basis) become
    warnings.
    """
    commitments: list[Commitment] = []
    notes: list[Note] = []
    for entry in contracts.sort("contract_id", "start_at").iter_rows(named=True):
        first, last = horizon.span(entry["start_at"], entry["end_at"])
        if first == last or entry["chips"] <= 0:
            continue
        kind = (entry["channel"], entry["basis"])
        if kind not in {("cloud", STOCK), ("cloud", FLOW), ("direct", FLOW)}:
            notes.append(
                warn(
                    "contract_kind",
                    f"contract {entry['contract_id']}: channel {kind[0]} with basis {kind[1]} is not "
                    "planned; allowed: cloud with stock or flow, direct with flow",
                )
            )
            continue
        penalty, remarks = _penalty(entry, fx, horizon, currency, first)
        notes += remarks
        share = _days_inside(entry["start_at"], entry["end_at"], horizon) if kind[1] == FLOW else 1.0
        if share < 1.0:
            notes.append(
                tell(
                    "contract_share",
                    f"contract {entry['contract_id']}: {share:.0%} of its entry of {entry['start_at']} lies "
                    "in the horizon and counts",
                )
            )
        commitments.append(
            Commitment(
                contract_id=entry["contract_id"],
                channel=kind[0],
                generation=entry["generation"],
                region=entry["region"],
                basis=kind[1],
                first=first,
                last=last,
                chips=entry["chips"] * share,
                penalty=penalty,
            )
        )
    return tuple(commitments), tuple(notes)


def _penalty(
    entry: dict[str, Any], fx: pl.DataFrame, horizon: Horizon, currency: str, first: int
) -> tuple[float, list[Note]]:
    amount, have = entry["penalty_per_chip"], entry["currency"]
    if amount is None:
        return 0.0, [
            tell(
                "contract_no_penalty",
                f"contract {entry['contract_id']} has no penalty: it changes no decision",
            )
        ]
    rate = float(weekly_rate(fx, have or currency, currency, horizon)[first])
    if np.isnan(rate):
        return 0.0, [
            warn(
                "contract_no_rate",
                f"contract {entry['contract_id']}: no rate from {have} to {currency}, so its penalty counts "
                "as 0; trn.fx.set.v1 would bring it",
            )
        ]
    return float(amount) * rate, []


def _days_inside(start: date, end: date | None, horizon: Horizon) -> float:
    if end is None:
        return 1.0
    inside = (min(end, horizon.end_day) - max(start, horizon.first_day)) / timedelta(days=1)
    return min(1.0, max(0.0, inside / max((end - start) / timedelta(days=1), 1.0)))
