"""The order book against a fold written out in Python, on random lives of an order line."""

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.event_log import Log

CHIPS = st.integers(1, 60)
GENERATIONS = ("trn1", "trn2", "trn3", "trn4")
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


@given(lives=st.lists(st.tuples(CHIPS, st.lists(STEP, max_size=8)), min_size=2, max_size=4), data=st.data())
@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_book_equals_a_fold_by_hand(
    log: Log, lives: list[tuple[int, list[Step]]], data: st.DataObject
) -> None:
    """Several lines in one log, each of a generation of its own, whose name it bears."""
    log.events.clear()
    lines = {}
    for name, (first, steps) in zip(GENERATIONS, lives, strict=False):
        line = lines[name] = Line(first)
        log.add("order.placed", "2026-01-01", {"chips": first, "generation": name}, subject=name)
        for number, (kind, chips, shipment) in enumerate(steps, start=2):
            line.apply(kind, chips, shipment)
            payload = {"chips": chips, "shipment_id": shipment}
            given_fields = {field: value for field, value in payload.items() if value is not None}
            log.add(kind, f"2026-01-{number:02}", given_fields, subject=name)
    log.events = data.draw(st.permutations(log.events))

    book = {row["order_line"]: row for row in log.rows("order_book")}
    excess = {(row["order_line"], row["kind"]): row["chips"] for row in log.project("order_excess")}
    demand = {row["generation"]: row["ordered_chips"] for row in log.project("direct_demand")}
    assert book.keys() == demand.keys() == lines.keys()
    expected = {}
    for name, line in lines.items():
        row = book[name]
        assert row["chips_ordered"] == line.ordered
        assert row["chips_cancelled"] == line.cancelled <= line.ordered
        assert row["chips_shipped"] == line.shipped
        assert row["chips_returned"] == min(line.returned, line.shipped)
        assert row["chips_open"] == line.open
        expected[name, "over_cancelled"] = line.over_cancelled
        expected[name, "over_shipped"] = max(0, line.shipped + line.cancelled - line.ordered)
        expected[name, "over_returned"] = max(0, line.returned - line.shipped)
        assert demand[name] == line.ordered - line.cancelled >= 0
    assert excess == {kind: chips for kind, chips in expected.items() if chips}
