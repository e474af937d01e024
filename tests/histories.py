"""Histories of a small company as Hypothesis draws them: events that meet on the same few subjects.

Openings come after what follows them, facts are recorded late or dated back, several producers speak of one
thing at one time, events are retracted, corrected, and their retractions retracted in turn, and versions of a
type mix. Clocks stand on a coarse grid, so that ties are common.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.sql.event_log import Event

START = datetime(2026, 1, 5, tzinfo=UTC)
HALF_DAYS = st.integers(0, 70)
CHIPS = st.sampled_from([1, 4, 7, 16, 40])
PLACE = {"region": st.sampled_from(["us", "eu"]), "generation": st.sampled_from(["trn2", "trn3"])}
WHO = {**PLACE, "customer_id": st.sampled_from(["c1", "c2"])}
MAYBE_NEED = st.sampled_from([None, None, "n1", "n2"])
HOURS = st.sampled_from([None, 0, 36, 400.5])


def at(half_days: int) -> str:
    """Name an instant of the grid."""
    return f"{START + timedelta(hours=12 * half_days):%Y-%m-%dT%H:%M:%SZ}"


MOMENT = HALF_DAYS.map(at)
DAY = st.integers(0, 60).map(lambda days: f"{START + timedelta(days=days):%Y-%m-%d}")


def _after(start: str, half_days: int) -> str:
    return f"{datetime.fromisoformat(start) + timedelta(hours=12 * half_days):%Y-%m-%dT%H:%M:%SZ}"


def _spans(start: str, end: str, longest: int = 20, least: int = 1) -> st.SearchStrategy[dict[str, Any]]:
    lengths = st.integers(least, longest)
    return st.builds(lambda from_at, length: {start: from_at, end: _after(from_at, length)}, MOMENT, lengths)


def _fields(*parts: st.SearchStrategy[dict[str, Any]], **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Put a payload together; what is None is left out."""
    fixed = st.fixed_dictionaries(
        {
            name: value if isinstance(value, st.SearchStrategy) else st.just(value)
            for name, value in fields.items()
        }
    )
    return st.tuples(fixed, *parts).map(
        lambda found: {name: value for part in found for name, value in part.items() if value is not None}
    )


_DENIED = {
    **WHO,
    "chips_requested": CHIPS,
    "chips_granted": 0,
    "reason": st.sampled_from(["insufficient_capacity", "insufficient_capacity", "quota", "price", "whim"]),
    "need_id": MAYBE_NEED,
    "retry_group_id": st.sampled_from([None, None, "g1"]),
}
_USED = _fields(
    _spans("period_start", "period_end"),
    **WHO,
    chip_hours=st.sampled_from([0.1, 24.3, 700.7]),
    purchase_option="on_demand",
    reservation_id=st.sampled_from([None, "r1"]),
    segment=st.sampled_from([None, None, "own"]),
)
_ASKED = {**WHO, "chips": CHIPS, "need_id": MAYBE_NEED}
_TERMS = _fields(
    **WHO,
    channel=st.sampled_from(["cloud", "direct"]),
    basis="stock",
    schedule=st.lists(_fields(start=DAY, chips=CHIPS), min_size=1, max_size=3),
)
_PLAN = _fields(
    st.integers(1, 9).map(lambda chips: {"chips_p10": chips, "chips_p50": chips * 2, "chips_p90": chips * 3}),
    generation=PLACE["generation"],
    period_start="2026-01-19",
    period_end=st.sampled_from(["2026-01-26", "2026-02-16"]),
)
_PRICE = _fields(
    _spans("valid_from", "valid_to"),
    channel="cloud",
    generation="trn2",
    unit="chip_hour",
    currency="USD",
    amount=st.sampled_from(["1", "2.5"]),
)
_DESCRIBED = _fields(
    segment=st.sampled_from([None, "labs", "banks"]), country=st.sampled_from([None, "US", "FR"])
)
_DECLINED = _fields(**WHO, chips=CHIPS, reason=st.sampled_from(["no_supply", "lead_time", "price"]))
_SHIPPED = _fields(shipment_id=st.sampled_from(["a", "b"]), chips=CHIPS)
_DECLARED = _fields(
    types=st.lists(
        st.sampled_from(
            [
                "trn.usage.metered.v1",
                "trn.request.denied.v1",
                "trn.request.denied.v2",
                "trn.waitlist.joined.v2",
                "trn.order.placed.v1",
                "trn.order.cancelled.v1",
            ]
        ),
        min_size=1,
        max_size=4,
    ),
    complete_through=MOMENT,
)

# type, version, names of subjects, payload
Kind = tuple[str, int, str, st.SearchStrategy[dict[str, Any]]]
_CUSTOMERS: Kind = ("customer.described", 1, "c1 c2", _DESCRIBED)
_COMPLETED: Kind = ("source.completed", 1, "", _DECLARED)
_RESERVED: tuple[Kind, ...] = (
    (
        "reservation.scheduled",
        1,
        "r1 r2",
        _fields(**_ASKED, kind="odcr", start=MOMENT, end=MOMENT | st.none()),
    ),
    ("reservation.changed", 1, "r1 r2", _fields(chips=CHIPS)),
    ("reservation.activated", 1, "r1 r2", _fields()),
    ("reservation.expired", 1, "r1 r2", _fields()),
)
_PLACED: Kind = ("order.placed", 1, "o1 o2", _fields(**_ASKED))
_CAPACITY: tuple[Kind, ...] = (
    ("capacity.installed", 1, "", _fields(**PLACE, chips=CHIPS)),
    ("capacity.retired", 1, "", _fields(**PLACE, chips=CHIPS)),
    ("capacity.stated", 1, "", _fields(**PLACE, installed=50, sellable=CHIPS)),
    ("capacity.soldout", 1, "", _fields(_spans("window_start", "window_end"), **PLACE, cap_chips=CHIPS)),
)
_RETURNED: Kind = (
    "order.returned",
    1,
    "o1 o2",
    _fields(chips=CHIPS, disposition=st.sampled_from(["restock", "scrap"])),
)
_SHIPMENTS: tuple[Kind, ...] = (
    ("shipment.dispatched", 1, "o1 o2", _SHIPPED),
    ("shipment.delivered", 1, "o1 o2", _SHIPPED),
)
_DEAL = _fields(**_ASKED, stage="open", win_probability=0.5, expected_close=DAY)
_SAID_WHEN = _spans("wanted_from", "wanted_until", 30, 0)

THEMES: dict[str, tuple[Kind, ...]] = {
    "use": (
        ("usage.metered", 1, "", _USED),
        ("usage.metered", 1, "", _USED),
        ("usage.adjusted", 1, "", _USED),
        *_RESERVED,
        *_CAPACITY,
        _CUSTOMERS,
        _COMPLETED,
    ),
    "needs": (
        ("request.denied", 1, "q1 q2", _fields(**_DENIED, wanted_hours=HOURS)),
        ("request.denied", 2, "q1 q2", _fields(_SAID_WHEN, **_DENIED)),
        ("waitlist.joined", 1, "w1 w2", _fields(**_ASKED, wanted_from=MOMENT | DAY, wanted_hours=HOURS)),
        ("waitlist.joined", 2, "w1 w2", _fields(_SAID_WHEN, **_ASKED)),
        ("waitlist.changed", 1, "w1 w2", _fields(chips=CHIPS)),
        ("waitlist.converted", 1, "w1 w2", _fields(converted_chips=CHIPS)),
        ("waitlist.withdrawn", 1, "w1 w2", _fields()),
        *_RESERVED,
        ("opportunity.changed", 1, "p1", _DEAL),
        _PLACED,
        _CUSTOMERS,
        _COMPLETED,
    ),
    "orders": (
        _PLACED,
        ("order.placed", 1, "o1 o2", _fields(generation="trn2", chips=CHIPS, requested_date=DAY)),
        ("order.changed", 1, "o1 o2", _fields(chips=CHIPS)),
        ("order.changed", 1, "o1 o2", _fields(region="eu", requested_date=DAY)),
        ("order.cancelled", 1, "o1 o2", _fields(chips=CHIPS | st.none())),
        ("order.declined", 1, "o1 o2 p1", _DECLINED),
        ("order.promised", 1, "o1 o2", _fields(chips=CHIPS, promised_date=DAY)),
        _RETURNED,
        *_SHIPMENTS,
        ("opportunity.changed", 1, "p1", _DEAL),
        _CUSTOMERS,
        _COMPLETED,
    ),
    "supply": (
        ("supply.scheduled", 1, "s1", _PLAN),
        ("supply.revised", 1, "s1", _PLAN),
        ("supply.received", 1, "s1", _fields(generation=PLACE["generation"], chips=CHIPS)),
        ("supply.cancelled", 1, "s1", _fields()),
        ("inventory.stated", 1, "", _fields(**PLACE, chips=CHIPS)),
        ("contract.committed", 1, "k1", _TERMS),
        ("contract.amended", 1, "k1", _TERMS),
        ("contract.terminated", 1, "k1", _fields()),
        *_CAPACITY,
        _PLACED,
        _RETURNED,
        *_SHIPMENTS,
    ),
    "facts": (
        ("price.published", 1, "", _PRICE),
        ("margin.set", 1, "", _PRICE),
        ("product.launched", 1, "trn2", _fields(ga_date=DAY, equivalent_chips=st.sampled_from([None, 2]))),
        ("sku.defined", 1, "box", _fields(generation="trn2", chips_per_unit=CHIPS)),
        _CUSTOMERS,
        ("region.described", 1, "us eu", _fields(country=st.sampled_from([None, "US"]))),
        (
            "restriction.set",
            1,
            "",
            _fields(_spans("valid_from", "valid_to"), generation="trn2", country="FR"),
        ),
        ("site.limited", 1, "", _fields(region="us", power_kw=CHIPS, valid_from=DAY)),
        ("fx.set", 1, "", _fields(st.just({"from": "EUR", "to": "USD"}), rate="1.1", valid_from=DAY)),
        (
            "calendar.set",
            1,
            "FY26",
            _fields(start="2026-01-01", pattern=st.sampled_from(["monthly", "4-4-5"])),
        ),
        ("policy.set", 1, "floor", _fields(value=CHIPS, author="p", valid_from=DAY)),
    ),
}


@st.composite
def _event(draw: st.DrawFn, kinds: tuple[Kind, ...], name: str) -> Event:
    kind, version, subjects, payload = draw(st.sampled_from(kinds))
    data = draw(payload)
    time = draw(HALF_DAYS)
    delay = draw(st.sampled_from([0, 0, 0, 1, 6, 40]))
    recorded = at(time + delay) if delay else None
    return Event(
        kind,
        at(time),
        data,
        draw(st.sampled_from(subjects.split())) if subjects else None,
        draw(st.sampled_from(["/a", "/b"])),
        recorded,
        draw(st.sampled_from([None, None, "1", "2"])),
        name,
        version,
    )


@st.composite
def _retraction(draw: st.DrawFn, name: str, events: list[Event]) -> Event:
    """Retract an event, a retraction, something unknown, or the retraction itself."""
    unknown = Event("sku.defined", at(0), {}, source="/a", id="nowhere")
    target = draw(
        st.sampled_from([*events, unknown, Event("event.retracted", at(0), {}, source="/a", id=name)])
    )
    data = {"retracted_source": target.source, "reason": "wrong"}
    return Event("event.retracted", at(draw(HALF_DAYS)), data, target.id, "/a", id=name)


@st.composite
def histories(
    draw: st.DrawFn, theme: str, prefix: str = "e", before: tuple[Event, ...] = (), most: int = 36
) -> list[Event]:
    """Draw events of a theme, with names of their own; retractions may name those of a history before."""
    events = [
        draw(_event(THEMES[theme], f"{prefix}{number}"))
        for number in range(draw(st.integers(most // 2, most)))
    ]
    for number in range(draw(st.integers(0, 8))):
        retraction = draw(_retraction(f"{prefix}x{number}", [*before, *events]))
        events.append(retraction)
        named = [each for each in events if each.id == retraction.subject and each.kind != "event.retracted"]
        if named and draw(st.booleans()):
            time = draw(st.sampled_from([named[0].time, retraction.time]))
            events.append(replace(named[0], id=f"{prefix}y{number}", recorded=retraction.time, time=time))
    return events
