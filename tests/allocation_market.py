"""Small markets in the frames that an allocation reads: a test says only what matters to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from pipeline.allocation import AllocationResult, propose_allocation
from pipeline.config import Policy, load_policy

MONDAY = date(2026, 9, 7)
AS_OF = datetime(2026, 9, 7, tzinfo=UTC)
LEVEL = "channel/generation/region"
EVERYWHERE: dict[str, Any] = {"generation": "trn2", "region": "east"}


def monday(week: int) -> date:
    return MONDAY + timedelta(weeks=week)


def forecast(cells: Mapping[tuple[str, str, str], Sequence[float]]) -> pl.DataFrame:
    """Median demand of (channel, generation, region), a value a week."""
    rows = [
        {
            "channel": channel,
            "segment": "all",
            "generation": generation,
            "region": region,
            "level": LEVEL,
            "period_start": monday(week),
            "p50": float(chips),
        }
        for (channel, generation, region), values in cells.items()
        for week, chips in enumerate(values)
    ]
    return pl.DataFrame(rows)


def supply(rows: Sequence[tuple[str, int, float]]) -> pl.DataFrame:
    """(generation, week, chips)."""
    return pl.DataFrame(
        [
            {
                "generation": generation,
                "period_start": monday(week),
                "period_end": monday(week + 1),
                "chips_p50": float(chips),
            }
            for generation, week, chips in rows
        ],
        schema={
            "generation": pl.String,
            "period_start": pl.Date,
            "period_end": pl.Date,
            "chips_p50": pl.Float64,
        },
    )


def margin(channel: str, amount: float, **changes: Any) -> dict[str, Any]:
    return {
        "channel": channel,
        "generation": "trn2",
        "region": None,
        "purchase_option": None,
        "term_months": None,
        "unit": "chip_hour" if channel == "cloud" else "chip",
        "amount": float(amount),
        "currency": "USD",
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
    } | changes


def margins(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows),
        schema={
            "channel": pl.String,
            "generation": pl.String,
            "region": pl.String,
            "purchase_option": pl.String,
            "term_months": pl.Int64,
            "unit": pl.String,
            "amount": pl.Float64,
            "currency": pl.String,
            "valid_from": pl.Date,
            "valid_to": pl.Date,
        },
    )


def installed(**chips: float) -> pl.DataFrame:
    """Capacity of trn2 by region."""
    return pl.DataFrame(
        [
            {
                "generation": "trn2",
                "region": region,
                "period_start": monday(-1),
                "installed_chips": float(amount),
                "sellable_chips": float(amount),
            }
            for region, amount in chips.items()
        ]
    )


def policy(**changes: Any) -> Policy:
    """The shipped policy with no discount, full utilisation and a life of four weeks, unless changed."""
    plain = {
        "discount_rate_year": 0.0,
        "utilisation": 1.0,
        "useful_life_weeks": 4,
        "frozen_weeks": 4,
    } | changes
    shipped = load_policy()
    return replace(shipped, allocation=replace(shipped.allocation, **plain))


def propose(**frames: Any) -> AllocationResult:
    """Propose with empty frames for all that is not named."""
    inputs: dict[str, Any] = {
        "run_id": "run-1",
        "as_of": AS_OF,
        "policy": policy(),
        **dict.fromkeys(
            (
                "supply",
                "inventory",
                "capacity",
                "margins",
                "fx",
                "contracts",
                "constraints",
                "order_book",
                "generations",
                "approved",
            )
        ),
    }
    return propose_allocation(**(inputs | frames))


def chips(
    result: AllocationResult, channel: str, region: str = "east", generation: str = "trn2"
) -> list[int]:
    """Chips a week of one stream."""
    rows = result.allocation.filter(
        (pl.col("channel") == channel) & (pl.col("region") == region) & (pl.col("generation") == generation)
    )
    return rows.sort("period_start")["chips"].to_list()


def prices(result: AllocationResult, generation: str = "trn2") -> list[float]:
    """Shadow prices a week."""
    return result.supply_balance.filter(pl.col("generation") == generation)["shadow_price"].to_list()


def codes(result: AllocationResult) -> set[str]:
    return {remark.code for remark in result.remarks}
