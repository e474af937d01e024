"""From a seed to event files and the truth behind them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.core.clock import format_instant, week_start
from pipeline.core.errors import UsageError
from pipeline.core.progress import progress
from pipeline.simulation.capacity_events import capacity_events
from pipeline.simulation.contracts import contract_events
from pipeline.simulation.corrections import correct_usage
from pipeline.simulation.customers import LEAST_CUSTOMERS
from pipeline.simulation.declarations import completions
from pipeline.simulation.direct import draw_orders
from pipeline.simulation.encoding import Events, Producer, encode
from pipeline.simulation.files import EventFile, Period
from pipeline.simulation.hostile import HostileLines
from pipeline.simulation.market import Market, draw_market
from pipeline.simulation.metering import as_usage, meter_months, meter_weeks, read_meters, usage_count
from pipeline.simulation.needs import draw_needs
from pipeline.simulation.order_events import order_events
from pipeline.simulation.reference import reference_events
from pipeline.simulation.reservations import draw_reservations, reservation_events
from pipeline.simulation.scattering import CLOSE_AFTER_HOURS, DUPLICATE_SHARE, delay_records, scatter
from pipeline.simulation.scenario import Scenario, scenario_named
from pipeline.simulation.supply import plan_supply, supply_events
from pipeline.simulation.timeline import Timeline, rng_for
from pipeline.simulation.truth import Truth, world_facts, write_truth
from pipeline.simulation.waiting import waiting_events

DEFAULT_EVENTS_PER_WEEK = 280
_METERING_SOURCE = "/sim/metering"
_METERED_TYPES = ["usage.metered", "usage.adjusted", "event.retracted"]
_FIRST_YEAR, _LAST_YEAR = 2002, 2190
_MOST_WEEKS = 9_000
_WINDOW_ROWS = 200_000
_ATTEMPTS = 6


@dataclass(frozen=True)
class SimulationSummary:
    """What was written.

    Attributes:
        events: good lines, repeated ones included.
        bad_lines: hostile lines beside them.
        files: names under events/, in the order of writing.
        as_of: instant by which everything is known.
        by_kind: bad lines by kind.
    """

    out: Path
    events: int
    bad_lines: int
    files: tuple[str, ...]
    as_of: datetime
    by_kind: dict[str, int]

    def describe(self) -> str:
        """Say in one line what was written where."""
        bad = f" and {self.bad_lines:,} bad lines" if self.bad_lines else ""
        known = format_instant(self.as_of)
        return (
            f"{self.events:,} events{bad} in {len(self.files)} files under {self.out}, all known by {known}"
        )


def simulate(
    out: Path,
    *,
    weeks: int,
    seed: int,
    scenario: str = "default",
    events: int | None = None,
    start: date = date(2024, 1, 1),
) -> SimulationSummary:
    """Write the events of a simulated market to `out/events` and its truth to `out/truth`.

    The same arguments give the same bytes. An earlier simulation in `out` is replaced.

    Args:
        out: folder.
        weeks: length of the history in whole weeks.
        seed: any whole number.
        scenario: name of a scenario.
        events: about how many events to write; by default 280 a week.
        start: first day; the history starts on the Monday of its week.

    Raises:
        UsageError: no such scenario, years beyond 2002 to 2190, fewer events asked for than such a market has
            at least, an `out` that cannot be made, or files in `out/events` that no simulation wrote.
    """
    chosen = scenario_named(scenario)
    timeline = _stretch(start, weeks)
    wanted = events if events is not None else DEFAULT_EVENTS_PER_WEEK * weeks
    truth, producers = _fit_market(timeline, chosen, wanted, seed, is_exact=events is not None)
    _empty(out)
    hostile = HostileLines(chosen.hostile_share, rng_for(seed, "hostile"))
    files = [_write_producer(out / "events", producer, truth.market, hostile) for producer in producers]
    files.append(_write_metering(out / "events", truth, hostile))
    bad, odd = hostile.kinds.total(), hostile.odd_kinds.total()
    summary = SimulationSummary(
        out=out,
        events=sum(file.lines for file in files) - bad,
        bad_lines=bad,
        files=tuple(name for file in files for name in file.names),
        as_of=datetime.combine(timeline.end, datetime.min.time(), UTC) + timedelta(hours=CLOSE_AFTER_HOURS),
        by_kind=dict(sorted(hostile.kinds.items())),
    )
    facts = {
        "seed": seed,
        "as_of": format_instant(summary.as_of),
        "lines": summary.events + bad,
        "good_lines": summary.events,
        "bad_lines": {
            kind: {"lines": count, "reason": hostile.reasons[kind]} for kind, count in summary.by_kind.items()
        },
        "odd_lines": odd,
    }
    write_truth(out / "truth", truth, facts | world_facts(timeline))
    return summary


def _stretch(start: date, weeks: int) -> Timeline:
    if 1 <= weeks <= _MOST_WEEKS and _FIRST_YEAR <= start.year <= _LAST_YEAR:
        timeline = Timeline(week_start(start), weeks)
        if (timeline.end + timedelta(weeks=timeline.span - weeks)).year <= _LAST_YEAR:
            return timeline
    raise UsageError(
        f"cannot simulate {weeks} weeks from {start}: it takes at least 1 week, and the history "
        f"and two years of announced supply must lie between {_FIRST_YEAR} and {_LAST_YEAR}"
    )


def _empty(out: Path) -> None:
    """Make room; only what an earlier simulation wrote is removed."""
    written, truth = out / "events", out / "truth"
    if written.is_dir() and any(written.iterdir()):
        if not truth.is_dir():
            raise UsageError(
                f"{written} holds files that no simulation wrote; name another folder, or empty it"
            )
        for file in written.glob("*.jsonl*"):
            file.unlink()
    try:
        written.mkdir(parents=True, exist_ok=True)
        truth.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}; name another folder") from None
    (truth / "truth.json").unlink(missing_ok=True)


def _fit_market(
    timeline: Timeline, scenario: Scenario, wanted: int, seed: int, *, is_exact: bool
) -> tuple[Truth, list[Producer]]:
    """Draw a market whose events can be metered to about the wanted number."""
    target = wanted / (1 + DUPLICATE_SHARE)
    # Finer metering for larger markets: from weekly for ten thousand events to mostly daily for ten million.
    fineness = float(np.clip(1.1 + 1.1 * np.log10(max(target, 1) / 1e4), 1.1, 4.6))
    lines = max(1.0, 0.55 * target / (1.05 * timeline.weeks * fineness))
    for _ in range(_ATTEMPTS):
        market = draw_market(timeline, scenario, round(lines), seed)
        truth, producers = _describe(market)
        others = sum(len(batch) for producer in producers for batch in producer.events)
        weekly = usage_count(truth.metering)
        room = target - others
        if weekly <= room <= 6.5 * weekly:
            metering = read_meters(market, truth.reservations, round(room))
            return Truth(market, truth.reservations, truth.needs, truth.orders, metering), producers
        if weekly > room and len(market.customers) <= LEAST_CUSTOMERS:
            break
        lines = max(1.0, lines * 0.85 * target / (others + weekly * fineness))
    least = weekly + others
    if is_exact and least > 1.1 * wanted:
        raise UsageError(
            f"{wanted} events are too few for {timeline.weeks} weeks: such a market makes at least {least}; "
            f"ask for more events or fewer weeks"
        )
    return truth, producers


def _describe(market: Market) -> tuple[Truth, list[Producer]]:
    """Return the parts of a market and the events of all producers but the meters."""
    reservations, needs, orders = draw_reservations(market), draw_needs(market), draw_orders(market)
    metering = read_meters(market, reservations, None)
    truth = Truth(market, reservations, needs, orders, metering)
    requests = waiting_events(market, needs) + reservation_events(market, reservations)
    partners = [meter_months(market, metering, reservations)]
    producers = [
        Producer("/sim/catalogue", "catalogue", reference_events(market)),
        Producer("/sim/supply", "supply", supply_events(market, plan_supply(market, orders))),
        Producer("/sim/capacity", "capacity", capacity_events(market)),
        Producer("/sim/requests", "requests", requests),
        Producer("/sim/sales", "sales", order_events(market, orders) + contract_events(market)),
        Producer("/sim/partners", "partners", partners),
    ]
    for producer in producers[2:]:
        producer.events.append(completions(producer, market.timeline))
    return truth, producers


def _lines(source: str, batch: Events, timeline: Timeline, rng: np.random.Generator) -> pl.DataFrame:
    """Return `key` and `line` of events, some of them recorded late."""
    late = batch if batch.type == "source.completed" else delay_records(batch, timeline, rng)
    return pl.DataFrame(
        {"key": late.frame["recordedtime"].cast(pl.Datetime("us")), "line": encode(source, late)}
    )


_PERIODS: dict[str, Period] = {"catalogue": "whole", "partners": "whole"}


def _write_producer(folder: Path, producer: Producer, market: Market, hostile: HostileLines) -> EventFile:
    file = EventFile(folder, producer.stem, _PERIODS.get(producer.stem, "year"))
    rng = rng_for(market.seed, "writing", producer.stem)
    for first, last in _windows(producer):
        recorded = pl.col("recordedtime")
        for batch in producer.events:
            part = batch.frame.filter((recorded >= pl.lit(first)) & (recorded < pl.lit(last)))
            if part.height:
                lines = _lines(producer.source, Events(batch.type, part), market.timeline, rng)
                file.add(hostile.mix(scatter(lines, rng)))
        file.flush(before=last)
    file.flush()
    return file


def _windows(producer: Producer) -> Iterator[tuple[np.datetime64, np.datetime64]]:
    """Stretches of time with about as many events each, few enough to be encoded at once."""
    recorded = np.sort(np.concatenate([batch.frame["recordedtime"].to_numpy() for batch in producer.events]))
    inner = recorded[_WINDOW_ROWS::_WINDOW_ROWS]
    edges = np.unique(np.concatenate([recorded[:1], inner, recorded[-1:] + np.timedelta64(1, "us")]))
    yield from pairwise(edges)


def _write_metering(folder: Path, truth: Truth, hostile: HostileLines) -> EventFile:
    market, metering = truth.market, truth.metering
    timeline = market.timeline
    file = EventFile(folder, "metering", "quarter")
    rng = rng_for(market.seed, "writing", "metering")
    declared = completions(Producer(_METERING_SOURCE, "metering"), timeline, _METERED_TYPES)
    file.add(_lines(_METERING_SOURCE, declared, timeline, rng))
    step = max(1, _WINDOW_ROWS * timeline.weeks // max(1, usage_count(metering)))
    for first in progress(range(0, timeline.weeks, step), "usage"):
        last = min(first + step, timeline.weeks)
        for rows in meter_weeks(market, metering, truth.reservations, first, last):
            usage = as_usage(rows, "use", rng)
            for batch in correct_usage(usage, _METERING_SOURCE, timeline, rng):
                if len(batch):
                    lines = _lines(_METERING_SOURCE, batch, timeline, rng)
                    file.add(hostile.mix(scatter(lines, rng)))
            file.flush(before=np.datetime64(timeline.start + timedelta(weeks=last), "us"))
    file.flush()
    return file
