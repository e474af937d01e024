"""Prices, margins and exchange rates.

A cloud chip earns its margin every hour that it is billed, a direct one once. Over four years at 85 %
utilisation and 10 % a year, a cloud chip of trn2 in us-east-1 brings about 17 thousand USD, a direct one
15.8 thousand: by region and year, either may win.
"""

import numpy as np
import polars as pl

from pipeline.simulation.encoding import Events, events
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Timeline

_CLOUD_PRICE = (1.10, 2.30, 4.10)  # USD a chip-hour on demand in the first year
_CLOUD_MARGIN = (0.26, 0.68, 1.22)
_DIRECT_PRICE = (9_000.0, 38_000.0, 71_000.0)  # USD a chip
_DIRECT_MARGIN = (3_600.0, 15_800.0, 29_500.0)
_REGION_FACTOR = (1.00, 0.96, 1.12, 1.18)  # of cloud prices and margins
_OPTION_FACTORS = (
    ("on_demand", 1.0),
    ("spot", 0.45),
    ("reserved", 0.68),
    ("capacity_block", 0.9),
    ("committed", 0.62),
)
_YEARLY_DECLINE = 0.06
_EURO = REGIONS.index("eu-central-1")
_USD_PER_EURO = 1.08
_KEYS = ("channel", "generation", "region", "purchase_option", "unit", "amount", "currency")


def direct_price(generation: int, year: int) -> str:
    """Price of a bought chip in USD in a year of the history."""
    return f"{_DIRECT_PRICE[generation] * (1 - _YEARLY_DECLINE) ** year:.2f}"


def margin_table(timeline: Timeline) -> pl.DataFrame:
    """Margins by channel x generation x region x year, in the region's currency a chip-hour or a chip."""
    rows = []
    for year in range(timeline.weeks // 52 + 1):
        decline = (1 - _YEARLY_DECLINE) ** year
        for generation, name in enumerate(GENERATIONS):
            for place, region in enumerate(REGIONS):
                rate = _USD_PER_EURO if place == _EURO else 1.0
                cloud = _CLOUD_MARGIN[generation] * _REGION_FACTOR[place] * decline / rate
                direct = _DIRECT_MARGIN[generation] * decline / rate
                for channel, unit, amount in (("cloud", "chip_hour", cloud), ("direct", "chip", direct)):
                    currency = "EUR" if place == _EURO else "USD"
                    rows.append((channel, name, region, unit, f"{amount:.4f}", currency, 52 * year))
    columns = ["channel", "generation", "region", "unit", "amount", "currency", "week"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def price_events(timeline: Timeline) -> list[Events]:
    """Return margins and prices, renewed every 52 weeks; cloud prices differ by purchase option."""
    margins = margin_table(timeline)
    scale = {"cloud": _CLOUD_PRICE, "direct": _DIRECT_PRICE}
    base = {"cloud": _CLOUD_MARGIN, "direct": _DIRECT_MARGIN}
    ratio = {
        (channel, name): scale[channel][number] / base[channel][number]
        for channel in scale
        for number, name in enumerate(GENERATIONS)
    }
    prices = []
    for row in margins.iter_rows(named=True):
        options = _OPTION_FACTORS if row["channel"] == "cloud" else ((None, 1.0),)
        for option, factor in options:
            amount = float(row["amount"]) * ratio[row["channel"], row["generation"]] * factor
            prices.append({**row, "purchase_option": option, "amount": f"{amount:.4f}"})
    return [
        _announce(timeline, "margin.set", margins.with_columns(purchase_option=pl.lit(None, pl.String))),
        _announce(timeline, "price.published", pl.DataFrame(prices, infer_schema_length=None)),
    ]


def _announce(timeline: Timeline, type_: str, table: pl.DataFrame) -> Events:
    week = table["week"].to_numpy()
    label = pl.concat_str(
        ["channel", "generation", "region", pl.col("purchase_option").fill_null("any"), "week"], separator="-"
    )
    return events(
        type_,
        {
            "id": table.select(pl.concat_str([pl.lit(type_.replace(".", "-") + "-"), label]).alias("id"))[
                "id"
            ],
            "time": timeline.instants(np.where(week == 0, -2, week - 2)),
            **{
                name: table[name]
                for name in (
                    "channel",
                    "generation",
                    "region",
                    "purchase_option",
                    "unit",
                    "amount",
                    "currency",
                )
            },
            "valid_from": timeline.instants(week),
        },
    )


def rate_events(timeline: Timeline) -> Events:
    """The euro in dollars, every quarter."""
    quarters = np.arange(0, timeline.weeks, 13)
    return events(
        "fx.set",
        {
            "id": [f"fx-eur-{week}" for week in quarters.tolist()],
            "time": timeline.instants(quarters - 1),
            "from": "EUR",
            "to": "USD",
            "rate": [f"{_USD_PER_EURO + 0.02 * np.sin(week / 20):.4f}" for week in quarters.tolist()],
            "valid_from": timeline.instants(quarters),
        },
    )
