"""Usage as it is metered: daily for some lines, weekly for most, by month for partners in the early years."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.simulation.customers import OPTIONS, SEGMENTS, SPOT
from pipeline.simulation.encoding import Events, pick
from pipeline.simulation.market import Market
from pipeline.simulation.reservations import Reservations
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Bools, Floats, Ints, rng_for

INSTANCE_TYPES = ("trn1.32xlarge", "trn2.48xlarge", "trn3.gen1-ultraserver")
HOURS = 168
PARTNER_SHARE = 0.06
_DAYS = 7
_CHUNK_ROWS = 150_000
# Deviation from the week's mean by weekday, mean zero, at most one in size: busy from Tuesday to Thursday.
_WEEKDAY = np.array([0.15, 0.55, 0.75, 0.55, 0.15, -1.0, -1.15]) / 1.15
_WEEKDAY_AMPLITUDE = 0.12


@dataclass(frozen=True)
class Metering:
    """What the meters say, corrections included.

    Attributes:
        hours: chip-hours by line x generation x week, two decimals.
        amplitude: largest deviation of a day from the week's mean that fits under the cap, same shape.
        is_daily: by line.
        is_partner: by line; metered by calendar month until `partner_weeks`.
        partner_weeks: weeks at the start in which partners bill by month.
    """

    hours: Floats
    amplitude: Floats
    is_daily: Bools
    is_partner: Bools
    partner_weeks: int

    @property
    def in_weeks(self) -> Bools:
        """Where usage is metered by week or day and not by month: line x 1 x week."""
        week = np.arange(self.hours.shape[2])
        monthly: Bools = self.is_partner[:, None, None] & (week < self.partner_weeks)[None, None, :]
        return ~monthly


def read_meters(market: Market, reservations: Reservations, target: int | None) -> Metering:
    """Return the chip-hours of all lines and how finely they are metered.

    Args:
        market: the truth.
        reservations: chips used inside reservations; the rest of a reservation is idle.
        target: number of usage events to come close to; None: weekly metering for all.
    """
    rng = rng_for(market.seed, "metering")
    lines = market.lines
    used = np.where(lines.is_reservation[:, None, None], reservations.used, market.held)
    # Starts and stops leave gaps of up to one percent.
    gaps = rng.uniform(0.99, 1.0, used.shape)
    hours = np.floor(used * HOURS * gaps * 100) / 100
    is_startup = np.array(SEGMENTS)[market.customers.segment[lines.customer]] == "startup"
    may_be_partner = is_startup & ~lines.is_reservation & (lines.option != SPOT)
    is_partner = may_be_partner & (rng.random(len(lines)) < PARTNER_SHARE)
    is_partner[np.argmax(may_be_partner)] = True
    partner_weeks = market.timeline.weeks // 3
    metering = Metering(
        hours=hours,
        amplitude=_amplitude(market, used),
        is_daily=np.zeros(len(lines), dtype=bool),
        is_partner=is_partner,
        partner_weeks=partner_weeks,
    )
    return metering if target is None else _refine(metering, target)


def _amplitude(market: Market, used: Ints) -> Floats:
    """No day may use more than a reservation holds, nor all lines of a cell more than is sellable."""
    lines = market.lines
    total = np.zeros((len(REGIONS), len(GENERATIONS), used.shape[2]))
    np.add.at(total, lines.region, used)
    sellable = market.capacity.sellable.transpose(1, 0, 2)
    room = np.divide(sellable, total, out=np.ones_like(total), where=total > 0) - 1
    amplitude = np.minimum(_WEEKDAY_AMPLITUDE, 0.9 * np.maximum(room, 0.0))[lines.region]
    own_room = np.divide(market.held, used, out=np.ones(used.shape), where=used > 0) - 1
    fitting: Floats = np.where(
        lines.is_reservation[:, None, None], np.minimum(amplitude, own_room), amplitude
    )
    return fitting


def _refine(metering: Metering, target: int) -> Metering:
    """Meter by day as many lines as the number of events allows, the largest first."""
    active = ((metering.hours > 0) & metering.in_weeks).sum(axis=(1, 2))
    left = target - int(active.sum()) - _month_count(metering)
    is_daily = metering.is_daily.copy()
    for line in np.argsort(-metering.hours.sum(axis=(1, 2)), kind="stable").tolist():
        extra = (_DAYS - 1) * int(active[line])
        if extra <= left:
            is_daily[line] = True
            left -= extra
    return Metering(metering.hours, metering.amplitude, is_daily, metering.is_partner, metering.partner_weeks)


def _month_count(metering: Metering) -> int:
    months = metering.partner_weeks / (365.25 / 12 / _DAYS)
    active = metering.hours[metering.is_partner, :, : metering.partner_weeks].any(axis=2).sum()
    return round(float(active) * months)


def usage_count(metering: Metering) -> int:
    """Return about how many usage events the metering makes."""
    active = ((metering.hours > 0) & metering.in_weeks).sum(axis=(1, 2))
    return int((active * np.where(metering.is_daily, _DAYS, 1)).sum()) + _month_count(metering)


def meter_weeks(
    market: Market, metering: Metering, reservations: Reservations, first: int, last: int
) -> Iterator[pl.DataFrame]:
    """Yield the usage of the weeks from `first` to before `last`, about 150 thousand periods at a time.

    Columns: those of `usage.metered` without envelope, and `line`, `part` for the id.
    """
    hours = metering.hours[:, :, first:last]
    is_metered = (hours > 0) & metering.in_weeks[:, :, first:last]
    rows_per_line = is_metered.sum(axis=(1, 2)) * np.where(metering.is_daily, _DAYS, 1)
    chunk_of_line = np.cumsum(rows_per_line) // _CHUNK_ROWS
    for chunk in np.unique(chunk_of_line).tolist():
        selected = np.flatnonzero(chunk_of_line == chunk)
        line, generation, week = np.nonzero(is_metered[selected])
        yield _periods(market, metering, reservations, (selected[line], generation, week + first))


def _periods(
    market: Market, metering: Metering, reservations: Reservations, cells: tuple[Ints, Ints, Ints]
) -> pl.DataFrame:
    """Split the weeks of daily lines into days; cells are lines, generations and weeks."""
    order = np.lexsort((cells[1], cells[0], cells[2]))
    line, generation, week = (values[order] for values in cells)
    hours = metering.hours[line, generation, week]
    is_daily = metering.is_daily[line]
    repeats = np.where(is_daily, _DAYS, 1)
    first_row = np.repeat(np.cumsum(repeats) - repeats, repeats)
    day = np.arange(len(first_row)) - first_row
    daily = np.repeat(is_daily, repeats)
    amplitude = np.repeat(metering.amplitude[line, generation, week], repeats)
    total = np.repeat(hours, repeats)
    shape = np.floor(total / _DAYS * (1 + amplitude * _WEEKDAY[day]) * 100) / 100
    rest = np.repeat(
        hours - np.add.reduceat(np.where(daily, shape, 0.0), np.cumsum(repeats) - repeats), repeats
    )
    chip_hours = np.where(daily, shape + np.where(day == _DAYS - 1, rest, 0.0), total)
    week_, line_, generation_ = (np.repeat(values, repeats) for values in (week, line, generation))
    start: Floats = week_.astype(np.float64) + np.where(daily, day / np.float64(_DAYS), 0.0)
    periods = Periods(
        line=line_,
        generation=generation_,
        week=week_,
        start=start,
        end=start + np.where(daily, 1 / _DAYS, 1.0),
        chip_hours=chip_hours,
    )
    rows = usage_rows(market, reservations, periods)
    return rows.with_columns(part=pl.Series(week_ * 8 + np.where(daily, day + 1, 0)))


@dataclass(frozen=True)
class Periods:
    """Metered periods of lines: one entry a period.

    Attributes:
        line, generation: indices.
        week: whose reservation is used.
        start, end: fractional weeks after the start of the history.
        chip_hours: used in the period.
    """

    line: Ints
    generation: Ints
    week: Ints
    start: Floats
    end: Floats
    chip_hours: Floats


def usage_rows(market: Market, reservations: Reservations, periods: Periods) -> pl.DataFrame:
    """Return the payload of usage periods, and `line` and `generation_no` for the id."""
    lines, line, generation = market.lines, periods.line, periods.generation
    number = reservations.number[line, generation, periods.week]
    names = pl.Series([*reservations.name, None], dtype=pl.String)
    return pl.DataFrame(
        {
            "line": line,
            "generation_no": generation,
            "customer_id": pick(market.customers.name, lines.customer[line]),
            "region": pick(REGIONS, lines.region[line]),
            "generation": pick(GENERATIONS, generation),
            "period_start": market.timeline.instants(periods.start),
            "period_end": market.timeline.instants(periods.end),
            "chip_hours": np.round(periods.chip_hours, 2),
            "purchase_option": pick(OPTIONS, lines.option[line]),
            "instance_type": pick(INSTANCE_TYPES, generation),
            "reservation_id": names.gather(np.where(number < 0, len(reservations), number)),
        }
    )


def meter_months(market: Market, metering: Metering, reservations: Reservations) -> Events:
    """Return what partners billed by calendar month (the first and the last month may be cut short)."""
    timeline, days = market.timeline, metering.partner_weeks * _DAYS
    months = timeline.dates(np.arange(days) / _DAYS).astype("datetime64[M]")
    first_day = (
        np.flatnonzero(np.concatenate([[True], months[1:] != months[:-1]])) if days else np.zeros(0, np.int64)
    )
    last_day = np.concatenate([first_day[1:], [days]])
    rows = np.flatnonzero(metering.is_partner)
    per_day = np.repeat(metering.hours[rows, :, : metering.partner_weeks] / _DAYS, _DAYS, axis=2)
    shape = (len(rows), len(GENERATIONS), len(first_day))
    by_month = np.round(np.add.reduceat(per_day, first_day, axis=2), 2) if days else np.zeros(shape)
    row, generation, month = np.nonzero(by_month > 0)
    periods = Periods(
        line=rows[row],
        generation=generation,
        week=np.zeros(len(row), np.int64),
        start=first_day[month] / np.float64(_DAYS),
        end=last_day[month] / np.float64(_DAYS),
        chip_hours=by_month[row, generation, month].astype(np.float64),
    )
    frame = usage_rows(market, reservations, periods).with_columns(part=pl.Series(month * 8))
    return as_usage(frame, "month", rng_for(market.seed, "metering", "months"))


def as_usage(frame: pl.DataFrame, prefix: str, rng: np.random.Generator) -> Events:
    """Put usage into the envelope: true from the period's start, recorded within six hours of its end."""
    delay = (rng.integers(600, 6 * 3600, frame.height) * 1_000_000).astype("timedelta64[us]")
    envelope = frame.select(
        id=pl.concat_str([pl.lit(prefix), "line", "generation_no", "part"], separator="-"),
        time="period_start",
        recordedtime=pl.Series(frame["period_end"].to_numpy() + delay),
    )
    return Events(
        "usage.metered", pl.concat([envelope, frame.drop("line", "generation_no", "part")], how="horizontal")
    )
