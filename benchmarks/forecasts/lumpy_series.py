"""Series of rare demand: products that a shop sold by week, and what simulated customers ordered by week."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.event_log.processes import in_a_process
from benchmarks.forecasts.series import Collection, Series

SEEDS = range(301, 325)  # of markets: the tests' and those of what was tuned are below 100
_WEEKS = 140
_FIRST_SALES, _LAST_SALES = date(2010, 12, 6), date(2011, 12, 4)
_LEAST_HISTORY, _SILENCE = 26, 26
_UNDONE = timedelta(days=1)


def sold_products(data: Path, *, share: int) -> pl.DataFrame:
    """Units of every product sold by week in `online_retail`, or of one product in `share` of each half.

    A line that stands twice counts once. Products are codes that begin with five digits, in capitals; what
    has no price is no sale. Cancelled within a day, a line was a mistake and is left out; what comes back
    later was wanted all the same and stays. The weeks, from Monday, at both ends of the file are partial and
    left out; a week in which the shop was closed is one without sales. A series starts with its first sale.
    """
    lines = pl.read_parquet(data / "online_retail" / "lines.parquet").unique()
    lines = lines.with_columns(code=pl.col("StockCode").str.to_uppercase().str.strip_chars())
    lines = lines.filter(pl.col("code").str.contains(r"^\d{5}")).with_row_index("line")
    key = ["code", "CustomerID", "Quantity"]
    sold = lines.filter(~pl.col("is_cancel"), pl.col("Quantity") > 0, pl.col("UnitPrice") > 0)
    back = lines.filter(pl.col("is_cancel")).select(
        "code", "CustomerID", -pl.col("Quantity"), cancelled=pl.col("InvoiceDate")
    )
    after = pl.col("cancelled") - pl.col("InvoiceDate")
    undone = sold.join(back, on=key).filter(after >= timedelta(), after < _UNDONE)
    weekly = (
        sold.join(undone, on="line", how="anti")
        .with_columns(ds=pl.col("InvoiceDate").dt.date().dt.truncate("1w"))
        .filter(pl.col("ds").is_between(_FIRST_SALES, _LAST_SALES))
        .group_by("ds", unique_id="code")
        .agg(y=pl.col("Quantity").sum().cast(pl.Float64))
    )
    calendar = weekly.group_by("unique_id").agg(
        ds=pl.date_ranges(pl.col("ds").min(), _LAST_SALES, "1w").first()
    )
    rows = calendar.explode("ds").join(weekly, on=["unique_id", "ds"], how="left").fill_null(0.0)
    codes = weekly["unique_id"].unique().sort()
    places = pl.DataFrame({"unique_id": codes, "place": np.arange(len(codes))})
    places = places.filter(pl.col("place") // 2 % share == 0)
    return rows.join(places, on="unique_id")


def simulated_orders(*, share: int) -> pl.DataFrame:
    """Chips that customers ordered by week, in the series that the pipeline forecasts, of many markets."""
    markets = []
    for seed in SEEDS[: max(2, len(SEEDS) // share)]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "flows.parquet")
            in_a_process(
                "direct_flows",
                module="benchmarks.forecasts.lumpy_jobs",
                seed=seed,
                weeks=_WEEKS,
                folder=folder,
                out=file,
            )
            flows = pl.read_parquet(file)
            markets.append(flows.with_columns(unique_id=pl.format("{} {}", pl.lit(seed), "unique_id")))
    return pl.concat(markets).with_columns(place=pl.lit(1))  # all odd: nothing was tuned on them


def parted(name: str, rows: pl.DataFrame, *, horizon: int) -> Series:
    """Part off the last steps; series with too little history or none sold of late are left out.

    Peers need twice the horizon and one step.
    """
    collection = Collection(f"{name}, {horizon} weeks", horizon, (52,), 1, 52, None)
    least = max(_LEAST_HISTORY, 2 * horizon + 1)
    rows = rows.sort("unique_id", "ds")
    train = rows.filter(pl.int_range(pl.len()).over("unique_id") < pl.len().over("unique_id") - horizon)
    chosen = train.group_by("unique_id", maintain_order=True).agg(
        pl.col("place").first(), known=pl.len(), of_late=pl.col("y").tail(_SILENCE).sum()
    )
    chosen = chosen.filter(pl.col("known") >= least, pl.col("of_late") > 0)
    columns = ["unique_id", "ds", "y"]
    train = train.join(chosen, on="unique_id", how="semi", maintain_order="left").select(columns)
    test = rows.join(chosen, on="unique_id", how="semi", maintain_order="left")
    test = test.group_by("unique_id", maintain_order=True).tail(horizon).select(columns)
    return Series(collection, train, test, chosen["place"].to_numpy())
