"""The direct channel's events: opportunities, orders and what follows them, shipments, returns, contracts."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.simulation.direct import DECLINE_REASONS, LOT_CHIPS, NEVER, PLACED, Orders
from pipeline.simulation.encoding import Events, events, pick, where_known
from pipeline.simulation.market import Market
from pipeline.simulation.opportunities import opportunity_events, opportunity_ids
from pipeline.simulation.prices import direct_price
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Bools, Floats, Ints, rng_for

_HOUR_WEEKS, _DAY_WEEKS = 1 / 168, 1 / 7
_OPPORTUNITY_SHARE = 0.6
_RETURNED_SHARE = 0.05
_SLIPPING_SHARE = 0.16
_LINE = "line-"


def order_events(market: Market, orders: Orders) -> list[Events]:
    """Return all events of the direct channel but contracts, in no order."""
    rng = rng_for(market.seed, "orders", "events")
    has_opportunity = rng.random(len(orders)) < _OPPORTUNITY_SHARE
    batches = [
        *opportunity_events(market, orders, has_opportunity, rng),
        _placed(market, orders, has_opportunity),
        *_promised(market, orders, rng),
        _changed(market, orders),
        _cancelled(market, orders),
        _declined(market, orders, has_opportunity),
        *_shipped(market, orders, rng),
        *_mishaps(market, orders),
    ]
    return [batch for batch in batches if len(batch)]


def _ids(prefix: str, rows: Ints) -> pl.Series:
    return prefix + pl.Series(rows).cast(pl.String).str.zfill(6)


def _placed(market: Market, orders: Orders, has_opportunity: Bools) -> Events:
    rows = np.flatnonzero(orders.outcome == PLACED)
    subject = _ids(_LINE, rows)
    year = (orders.at[rows] / 52).astype(np.int64)
    prices = np.array(
        [[direct_price(g, y) for y in range(int(year.max(initial=0)) + 1)] for g in range(len(GENERATIONS))]
    )
    return events(
        "order.placed",
        {
            "id": subject + "-placed",
            "subject": subject,
            "time": market.timeline.instants(orders.at[rows]),
            "recordedtime": market.timeline.instants(orders.at[rows] + 2 * _HOUR_WEEKS),
            "sequence": "000",
            "chips": orders.chips[rows],
            "generation": pick(GENERATIONS, orders.generation[rows]),
            "region": pick(REGIONS, orders.region[rows]),
            "customer_id": pick(market.customers.name, orders.customer[rows]),
            "requested_date": market.timeline.dates(orders.requested[rows]),
            "unit_price": pl.Series(prices[orders.generation[rows], year].tolist(), dtype=pl.String),
            "currency": "USD",
            "lot_chips": np.array(LOT_CHIPS)[orders.generation[rows]],
            "order_id": "order-" + pl.Series(rows // 2).cast(pl.String).str.zfill(6),
            "opportunity_id": where_known(opportunity_ids(rows), has_opportunity[rows]),
        },
    )


def _follow_up(
    market: Market, rows: Ints, at: Floats, step: tuple[str, str], payload: Mapping[str, object]
) -> Events:
    subject = _ids(_LINE, rows)
    verb, number = step
    entity = "shipment" if verb in {"dispatched", "delivered"} else "order"
    return events(
        f"{entity}.{verb}",
        {
            "id": subject + f"-{verb}-{number}",
            "subject": subject,
            "time": market.timeline.instants(at),
            "recordedtime": market.timeline.instants(at + 3 * _HOUR_WEEKS),
            "sequence": number,
            **payload,
        },
    )


def _promised(market: Market, orders: Orders, rng: np.random.Generator) -> list[Events]:
    """A first promise within a week; one in six slips a fortnight before the chips ship."""
    at = orders.at + rng.uniform(2, 6, len(orders)) * _DAY_WEEKS
    slips = (rng.random(len(orders)) < _SLIPPING_SHARE) & ~orders.is_mover
    first = np.where(slips, orders.requested, orders.promised)
    rows = np.flatnonzero((orders.outcome == PLACED) & (at < market.timeline.weeks))
    promise = {"chips": orders.chips[rows], "promised_date": market.timeline.dates(first[rows])}
    again_at = np.minimum(orders.shipped_at, orders.promised - 1.2) - 2
    again = np.flatnonzero(
        (orders.net_chips > 0) & slips & (again_at > orders.at + 8) & (again_at < market.timeline.weeks)
    )
    second = {
        "chips": orders.net_chips[again],
        "promised_date": market.timeline.dates(orders.promised[again]),
    }
    return [
        _follow_up(market, rows, at[rows], ("promised", "001"), promise),
        _follow_up(market, again, again_at[again], ("promised", "004"), second),
    ]


def _changed(market: Market, orders: Orders) -> Events:
    rows = np.flatnonzero(orders.changed_at < NEVER)
    moves = orders.changed_generation[rows] != orders.generation[rows]
    payload = {
        "chips": orders.changed_chips[rows],
        "generation": where_known(pick(GENERATIONS, orders.changed_generation[rows]), moves),
    }
    return _follow_up(market, rows, orders.changed_at[rows], ("changed", "002"), payload)


def _cancelled(market: Market, orders: Orders) -> Events:
    """Chips are left out where all that remains is cancelled."""
    rows = np.flatnonzero(orders.cancelled_at < NEVER)
    is_partial = orders.cancelled_chips[rows] < orders.last_chips[rows]
    payload = {"reason": "budget", "chips": where_known(pl.Series(orders.cancelled_chips[rows]), is_partial)}
    return _follow_up(market, rows, orders.cancelled_at[rows], ("cancelled", "003"), payload)


def _declined(market: Market, orders: Orders, has_opportunity: Bools) -> Events:
    rows = np.flatnonzero(orders.outcome != PLACED)
    known = pl.Series(has_opportunity[rows])
    names = pl.DataFrame({"k": known, "o": opportunity_ids(rows), "l": _ids(_LINE, rows)})
    return events(
        "order.declined",
        {
            "id": _ids(_LINE, rows) + "-declined",
            "subject": names.select(pl.when("k").then("o").otherwise("l").alias("subject"))["subject"],
            "time": market.timeline.instants(orders.at[rows]),
            "recordedtime": market.timeline.instants(orders.at[rows] + 2 * _HOUR_WEEKS),
            "customer_id": pick(market.customers.name, orders.customer[rows]),
            "region": pick(REGIONS, orders.region[rows]),
            "generation": pick(GENERATIONS, orders.generation[rows]),
            "chips": orders.chips[rows],
            "reason": pick(DECLINE_REASONS, orders.outcome[rows]),
        },
    )


def _shipped(market: Market, orders: Orders, rng: np.random.Generator) -> list[Events]:
    """One or two shipments a line, dispatched and delivered within the history, and a few returns."""
    batches = []
    lot = np.array(LOT_CHIPS)[orders.last_generation]
    two = orders.is_split & (orders.net_chips > lot)
    first_part = np.where(two, np.maximum(orders.net_chips // 2 // lot * lot, lot), orders.net_chips)
    parts = (
        (orders.shipped_at, first_part),
        (orders.shipped_at + 1, np.where(two, orders.net_chips - first_part, 0)),
    )
    travel = rng.uniform(2, 6, len(orders)) * _DAY_WEEKS
    for number, (leaves, chips) in enumerate(parts):
        for verb, at in (("dispatched", leaves), ("delivered", leaves + travel)):
            rows = np.flatnonzero((orders.shipped_at < NEVER) & (chips > 0) & (at < market.timeline.weeks))
            shipment = _ids("ship-", rows) + f"-{number}"
            payload = {"shipment_id": shipment, "chips": chips[rows]}
            sequence = f"{10 + 2 * number + (verb == 'delivered'):03}"
            batches.append(_follow_up(market, rows, at[rows], (verb, sequence), payload))
    at = orders.shipped_at + travel + rng.uniform(1, 6, len(orders))
    returned = np.flatnonzero((rng.random(len(orders)) < _RETURNED_SHARE) & (at < market.timeline.weeks))
    what = {
        "chips": 1 + orders.net_chips[returned] // 32,
        "disposition": pick(["restock", "scrap", "rma"], returned % 3),
        "reason": "defective on arrival",
    }
    return [*batches, _follow_up(market, returned, at[returned], ("returned", "020"), what)]


def _mishaps(market: Market, orders: Orders) -> list[Events]:
    """What no book should hold: shipments of unknown lines, a line cancelled or shipped beyond its size."""
    weeks = market.timeline.weeks
    unknown = np.array([900_001, 900_002, 900_003])
    at = np.linspace(0.3, 0.7, len(unknown)) * weeks
    orphans = _follow_up(
        market,
        unknown,
        at,
        ("dispatched", "010"),
        {"shipment_id": _ids("ship-", unknown), "chips": np.array([16, 64, 8])},
    )
    never_changed = (orders.outcome == PLACED) & (orders.changed_at == NEVER) & (orders.cancelled_at == NEVER)
    shipped = np.flatnonzero(never_changed & (orders.shipped_at < weeks - 3))[:1]
    over = {"shipment_id": _ids("ship-over-", shipped), "chips": orders.chips[shipped]}
    cancelled = np.flatnonzero((orders.cancelled_at < weeks - 2) & (orders.net_chips == 0))[:1]
    too_much = {"chips": orders.last_chips[cancelled] + 32}
    return [
        orphans,
        _follow_up(market, shipped, orders.shipped_at[shipped] + 2, ("delivered", "030"), over),
        _follow_up(market, cancelled, orders.cancelled_at[cancelled] + 1, ("cancelled", "031"), too_much),
    ]
