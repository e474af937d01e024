"""The order book against a fold written out in Python, on random lives of an order line."""

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.event_log import Log

CHIPS = st.integers(1, 60)
STEP = st.one_of(
    st.tuples(st.just("order.changed"), CHIPS, st.none()),
    st.tuples(st.just("order.cancelled"), st.one_of(st.none(), CHIPS), st.none()),
    st.tuples(st.just("shipment.dispatched"), CHIPS, st.sampled_from("ab")),
    st.tuples(st.just("shipment.delivered"), CHIPS, st.sampled_from("ab")),
    st.tuples(st.just("order.returned"), CHIPS, st.none()),
)
Step = tuple[str, int | None, str | None]


@dataclass
class Line:
    ordered: int
    cancelled: int = 0
    returned: int = 0
    over_cancelled: int = 0
    dispatched: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    delivered: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def shipped(self) -> int:
        names = self.dispatched.keys() | self.delivered.keys()
        return sum(max(self.dispatched[name], self.delivered[name]) for name in names)

    @property
    def open(self) -> int:
        return max(0, self.ordered - self.cancelled - self.shipped)

    def apply(self, kind: str, chips: int | None, shipment: str | None) -> None:
        if kind == "order.cancelled":
            taken = self.open if chips is None else min(chips, self.open)
            self.over_cancelled += (chips or taken) - taken
            self.cancelled += taken
        assert chips is not None or kind == "order.cancelled"
        if kind == "order.changed":
            self.ordered = chips or 0
            kept = min(self.cancelled, max(0, self.ordered - self.shipped))
            self.over_cancelled += self.cancelled - kept
            self.cancelled = kept
        if kind == "order.returned":
            self.returned += chips or 0
        if shipment:
            moved = self.dispatched if kind == "shipment.dispatched" else self.delivered
            moved[shipment] += chips or 0


@given(first=CHIPS, steps=st.lists(STEP, max_size=8), data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_book_equals_a_fold_by_hand(log: Log, first: int, steps: list[Step], data: st.DataObject) -> None:
    log.events.clear()
    line = Line(first)
    log.add("order.placed", "2026-01-01", {"chips": first, "generation": "trn2"}, subject="o")
    for number, (kind, chips, shipment) in enumerate(steps, start=2):
        line.apply(kind, chips, shipment)
        payload = {"chips": chips, "shipment_id": shipment}
        given_fields = {name: value for name, value in payload.items() if value is not None}
        log.add(kind, f"2026-01-{number:02}", given_fields, subject="o")
    log.events = data.draw(st.permutations(log.events))

    row = log.row("order_book")
    assert row["chips_ordered"] == line.ordered
    assert row["chips_cancelled"] == line.cancelled <= line.ordered
    assert row["chips_shipped"] == line.shipped
    assert row["chips_returned"] == min(line.returned, line.shipped)
    assert row["chips_open"] == line.open
    excess = {row["kind"]: row["chips"] for row in log.project("order_excess")}
    over_shipped = max(0, line.shipped + line.cancelled - line.ordered)
    over_returned = max(0, line.returned - line.shipped)
    expected = {
        "over_cancelled": line.over_cancelled,
        "over_shipped": over_shipped,
        "over_returned": over_returned,
    }
    assert excess == {kind: chips for kind, chips in expected.items() if chips}
    (demand,) = log.project("direct_demand")
    assert demand["ordered_chips"] == line.ordered - line.cancelled >= 0
