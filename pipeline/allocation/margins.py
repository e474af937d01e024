"""What a chip earns in each week: the margin that is valid, the most specific first, in one currency."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.allocation.exchange import weekly_rate
from pipeline.allocation.horizon import Horizon
from pipeline.allocation.notes import Note, gather, tell, warn

MARGIN_UNITS = {"cloud": "chip_hour", "direct": "chip"}


class Cell(NamedTuple):
    """One stream of chips: a generation in a region (of either channel)."""

    generation: str
    region: str


class CellMargin(NamedTuple):
    """Margins of a cell by week: `valid` ends when a margin does, `begun` carries the last on. NaN: none."""

    valid: NDArray[np.float64]
    begun: NDArray[np.float64]


def reporting_currency(margins: pl.DataFrame) -> str:
    """Return the currency of most margins; among equals the first by name."""
    counts = margins.group_by("currency").len().sort(["len", "currency"], descending=[True, False])
    return str(counts["currency"][0])


def usable_margins(margins: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Keep the margins whose unit suits their channel; the others are named in a note."""
    pairs = pl.concat_str("channel", "unit", separator="/")
    suits = pairs.is_in([f"{channel}/{unit}" for channel, unit in MARGIN_UNITS.items()])
    odd = margins.filter(~suits).select(found=pairs).unique().sort("found")["found"].to_list()
    notes = [
        warn(
            "margin_unit",
            f"margin.set with channel/unit {name} counts for nothing: cloud margins are per chip_hour, "
            "direct ones per chip",
        )
        for name in odd
    ]
    return margins.filter(suits), tuple(notes)


def weekly_margins(
    margins: pl.DataFrame,
    fx: pl.DataFrame,
    *,
    channel: str,
    cells: Sequence[Cell],
    horizon: Horizon,
    currency: str,
) -> tuple[NDArray[np.float64], tuple[Note, ...]]:
    """Resolve the margin of each cell and week.

    A margin of the region goes before a general one; one without purchase option before those with (then
    their plain mean, as the mix is not known here). Of equal scope the one that became valid last counts. A
    margin that ended without a successor is carried on; before the first begins a chip earns nothing. Both
    are told.

    Returns:
        cells x weeks, in currency a chip-hour (cloud) or a chip (direct); NaN throughout a cell: no margin at
        all.
    """
    values = np.full((len(cells), len(horizon)), np.nan)
    remarks: list[tuple[str, Note]] = []
    for row, cell in enumerate(cells):
        own = margins.filter((pl.col("channel") == channel) & (pl.col("generation") == cell.generation))
        found, averaged = _cell_margin(own, fx, cell.region, horizon, currency)
        values[row] = np.where(np.isnan(found.valid), found.begun, found.valid)
        place = f"{channel} {cell.generation} in {cell.region}"
        remarks += [(place, note) for note in _remarks(found, horizon, averaged=averaged)]
        if not np.isnan(values[row]).all():
            values[row] = np.nan_to_num(values[row], nan=0.0)
    return values, gather(remarks)


def _cell_margin(
    own: pl.DataFrame, fx: pl.DataFrame, region: str, horizon: Horizon, currency: str
) -> tuple[CellMargin, bool]:
    empty = np.full(len(horizon), np.nan)
    result, averaged = CellMargin(empty, empty), False
    scopes = [
        own.filter((pl.col("region") == region) & pl.col("purchase_option").is_null()),
        own.filter((pl.col("region") == region) & pl.col("purchase_option").is_not_null()),
        own.filter(pl.col("region").is_null() & pl.col("purchase_option").is_null()),
        own.filter(pl.col("region").is_null() & pl.col("purchase_option").is_not_null()),
    ]
    for rows in scopes:
        kinds = rows.partition_by("purchase_option", "term_months", maintain_order=True)
        if not kinds:
            continue
        layers = [_layer(kind, fx, horizon, currency) for kind in kinds]
        valid, begun = (_mean([layer[part] for layer in layers]) for part in (0, 1))
        averaged |= len(kinds) > 1 and bool((np.isnan(result.valid) & ~np.isnan(valid)).any())
        result = CellMargin(
            np.where(np.isnan(result.valid), valid, result.valid),
            np.where(np.isnan(result.begun), begun, result.begun),
        )
    return result, averaged


def _layer(rows: pl.DataFrame, fx: pl.DataFrame, horizon: Horizon, currency: str) -> CellMargin:
    valid, begun = np.full(len(horizon), np.nan), np.full(len(horizon), np.nan)
    # Equal validity: the smaller amount counts, so that no order of rows decides.
    ordered = rows.sort(["valid_from", "amount"], descending=[False, True])
    for start, end, amount, have in ordered.select(
        "valid_from", "valid_to", "amount", "currency"
    ).iter_rows():
        converted = amount * weekly_rate(fx, have, currency, horizon)
        since = horizon.last_days >= np.datetime64(start)
        until = np.full(len(horizon), True) if end is None else horizon.last_days < np.datetime64(end)
        begun = np.where(since, converted, begun)
        valid = np.where(since & until, converted, valid)
    return CellMargin(valid, begun)


def _mean(layers: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    stacked = np.stack(layers)
    known = (~np.isnan(stacked)).sum(axis=0)
    total = np.nansum(stacked, axis=0)
    mean: NDArray[np.float64] = np.divide(total, known, out=np.full(total.shape, np.nan), where=known > 0)
    return mean


def _remarks(found: CellMargin, horizon: Horizon, *, averaged: bool) -> list[Note]:
    if np.isnan(found.begun).all():
        return []
    notes = []
    unpriced = int(np.isnan(found.begun).sum())
    carried = np.isnan(found.valid) & ~np.isnan(found.begun)
    if unpriced:
        notes.append(
            warn("margin_later", f"no margin in the first {unpriced} weeks; chips earn nothing then")
        )
    if carried.any():
        week = horizon.weeks[int(carried.argmax())]
        notes.append(
            warn("margin_ended", f"no margin is valid in the week of {week}; the last one is carried on")
        )
    if averaged:
        notes.append(tell("margin_mean", "plain mean of the margins by purchase option and term"))
    return notes
