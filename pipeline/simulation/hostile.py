"""Bad lines of many kinds, each with the reason for which landing refuses it; and odd lines that are good."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from pipeline.core.ids import canonical_json
from pipeline.simulation.files import INVALID_BYTE_MARK

Line = dict[str, Any]
_CONFLICT = "conflicting_duplicate"


def _usage(id_: str, **changes: object) -> Line:
    data = {
        "customer_id": "cust-hostile",
        "region": "us-east-1",
        "generation": "trn1",
        "period_start": "2024-03-04T00:00:00Z",
        "period_end": "2024-03-11T00:00:00Z",
        "chip_hours": 168.0,
        "purchase_option": "on_demand",
    }
    return _event(id_, "usage.metered", data | changes)


def _event(id_: str, type_: str, data: object, **changes: object) -> Line:
    line = {
        "specversion": "1.0",
        "id": id_,
        "source": "/sim/hostile",
        "type": f"trn.{type_}.v1",
        "time": "2024-03-04T00:00:00Z",
        "data": data,
    }
    return line | changes


def _order(id_: str, **changes: object) -> Line:
    data = {"chips": 16, "generation": "trn1", "region": "us-east-1", "customer_id": "cust-hostile"}
    return _event(id_, "order.placed", data | changes, subject=f"line-{id_}")


def _without(line: Line, name: str) -> Line:
    return {key: value for key, value in line.items() if key != name}


def _without_field(line: Line, name: str) -> Line:
    return line | {"data": _without(line["data"], name)}


def _denied(id_: str, **changes: object) -> Line:
    data = {
        "customer_id": "cust-hostile",
        "region": "us-east-1",
        "generation": "trn1",
        "chips_requested": 8,
        "chips_granted": 0,
        "reason": "quota",
    }
    return _event(id_, "request.denied", data | changes, subject=f"req-{id_}")


def _announced(id_: str, **changes: object) -> Line:
    data = {
        "generation": "trn1",
        "period_start": "2024-03-04",
        "period_end": "2024-04-01",
        "chips_p10": 5,
        "chips_p50": 6,
        "chips_p90": 7,
    }
    return _event(id_, "supply.scheduled", data | changes, subject=f"supply-{id_}")


def _price(id_: str, **changes: object) -> Line:
    data = {
        "channel": "cloud",
        "generation": "trn1",
        "unit": "chip_hour",
        "amount": "1.00",
        "currency": "USD",
        "valid_from": "2024-03-04T00:00:00Z",
    }
    return _event(id_, "price.published", data | changes)


def _spelled(line: Line, old: str, new: str) -> str:
    return canonical_json(line).replace(old, new)


# Kind, reason for the refusal, and the line (an object, or text where it is no proper JSON).
_BAD: tuple[tuple[str, str, Callable[[str], Line | str]], ...] = (
    ("plain_text", "invalid_json", lambda id_: f"ERROR could not export {id_}"),
    ("cut_off", "invalid_json", lambda id_: canonical_json(_usage(id_))[:120]),
    ("trailing_comma", "invalid_json", lambda id_: canonical_json(_usage(id_))[:-1] + ",}"),
    ("single_quotes", "invalid_json", lambda id_: canonical_json(_usage(id_)).replace('"', "'")),
    ("two_objects", "invalid_json", lambda id_: canonical_json(_usage(id_)) + "{}"),
    (
        "invalid_bytes",
        "invalid_utf8",
        lambda id_: _spelled(_usage(id_), "cust-hostile", f"cust-{INVALID_BYTE_MARK}"),
    ),
    (
        "deep_nesting",
        "invalid_json",
        lambda id_: _spelled(_usage(id_, note="deep"), '"deep"', "[" * 400 + "]" * 400),
    ),
    ("array", "not_an_object", lambda id_: f'["{id_}"]'),
    ("number", "not_an_object", lambda _: "42"),
    ("null", "not_an_object", lambda _: "null"),
    ("duplicate_key", "duplicate_key", lambda id_: canonical_json(_usage(id_))[:-1] + ',"id":"again"}'),
    ("nan", "not_finite", lambda id_: _spelled(_usage(id_), "168.0", "NaN")),
    ("infinity", "not_finite", lambda id_: _spelled(_usage(id_), "168.0", "Infinity")),
    ("no_id", "missing_attribute", lambda id_: _without(_usage(id_), "id")),
    ("no_source", "missing_attribute", lambda id_: _without(_usage(id_), "source")),
    ("no_type", "missing_attribute", lambda id_: _without(_usage(id_), "type")),
    ("no_time", "missing_attribute", lambda id_: _without(_usage(id_), "time")),
    ("no_specversion", "missing_attribute", lambda id_: _without(_usage(id_), "specversion")),
    ("no_data", "missing_attribute", lambda id_: _without(_usage(id_), "data")),
    ("no_subject", "missing_attribute", lambda id_: _without(_order(id_), "subject")),
    ("other_specversion", "invalid_value", lambda id_: _usage(id_) | {"specversion": "0.3"}),
    ("other_content", "invalid_value", lambda id_: _usage(id_) | {"datacontenttype": "text/xml"}),
    ("number_as_id", "wrong_type", lambda id_: _usage(id_) | {"id": 17}),
    ("data_as_array", "wrong_type", lambda id_: _event(id_, "usage.metered", [1, 2])),
    ("empty_id", "invalid_length", lambda id_: _usage(id_) | {"id": ""}),
    ("long_id", "invalid_length", lambda id_: _usage(id_ + "x" * 128)),
    ("long_region", "invalid_length", lambda id_: _usage(id_, region="r" * 65)),
    ("unknown_type", "unknown_type", lambda id_: _event(id_, "usage.guessed", {})),
    ("no_offset", "invalid_instant", lambda id_: _usage(id_) | {"time": "2024-03-04T00:00:00"}),
    ("no_such_day", "invalid_instant", lambda id_: _usage(id_) | {"time": "2023-02-29T00:00:00Z"}),
    ("year_10000", "invalid_instant", lambda id_: _usage(id_) | {"time": "10000-01-01T00:00:00Z"}),
    ("year_1999", "out_of_range", lambda id_: _usage(id_) | {"time": "1999-12-31T23:59:59Z"}),
    ("no_customer", "missing_field", lambda id_: _without_field(_usage(id_), "customer_id")),
    ("null_generation", "missing_field", lambda id_: _usage(id_, generation=None)),
    ("zero_hours", "out_of_range", lambda id_: _usage(id_, chip_hours=0)),
    ("negative_hours", "out_of_range", lambda id_: _usage(id_, chip_hours=-5.5)),
    ("endless_exponent", "out_of_range", lambda id_: _spelled(_usage(id_), "168.0", f"1e-{'9' * 20}")),
    ("hours_as_text", "wrong_type", lambda id_: _usage(id_, chip_hours="168")),
    ("fraction_of_chips", "not_whole", lambda id_: _order(id_, chips=1.7)),
    ("exponent_chips", "not_whole", lambda id_: _spelled(_order(id_), '"chips":16', '"chips":1e3')),
    ("negative_chips", "out_of_range", lambda id_: _order(id_, chips=-16)),
    ("no_chips", "out_of_range", lambda id_: _order(id_, chips=0)),
    ("end_before_start", "end_before_start", lambda id_: _usage(id_, period_end="2024-03-03T00:00:00Z")),
    ("long_period", "period_too_long", lambda id_: _usage(id_, period_end="2024-04-05T00:00:00Z")),
    ("all_granted", "granted_not_below_requested", lambda id_: _denied(id_, chips_granted=8)),
    ("crossed_quantiles", "quantiles_out_of_order", lambda id_: _announced(id_, chips_p10=9)),
    ("no_such_date", "invalid_date", lambda id_: _announced(id_, period_end="2024-02-30")),
    ("money_as_number", "wrong_type", lambda id_: _price(id_, amount=1.0)),
    ("money_with_comma", "invalid_money", lambda id_: _price(id_, amount="1,00")),
    ("negative_price", "out_of_range", lambda id_: _price(id_, amount="-1.00")),
    ("currency_name", "invalid_currency", lambda id_: _price(id_, currency="dollar")),
    ("no_currency", "currency_missing", lambda id_: _order(id_, unit_price="100.00")),
    ("nothing_changed", "nothing_changed", lambda id_: _event(id_, "order.changed", {}, subject="line-x")),
)


def _sku(id_: str, **changes: object) -> Line:
    return _event(
        id_, "sku.defined", {"generation": "trn1", "chips_per_unit": 16} | changes, subject=f"sku-{id_}"
    )


def _restriction(id_: str, **changes: object) -> Line:
    data = {"generation": "trn1", "country": "XX", "valid_from": "2024-03-04T00:00:00Z"}
    return _event(id_, "restriction.set", data | changes)


_ODD: tuple[tuple[str, Callable[[str], Line]], ...] = (
    ("chips_in_quotes", lambda id_: _sku(id_, chips_per_unit="16")),
    ("chips_with_zero_fraction", lambda id_: _sku(id_, chips_per_unit=16.0)),
    ("unknown_attribute", lambda id_: _sku(id_) | {"traceparent": "00-hostile-01"}),
    ("unknown_field", lambda id_: _sku(id_, rack_units=4)),
    ("unknown_value", lambda id_: _restriction(id_, channel="resale")),
    ("other_offset", lambda id_: _sku(id_) | {"time": "2024-03-04T02:00:00+02:00"}),
    ("carriage_return", _sku),
)


@dataclass
class HostileLines:
    """Mixes bad lines into good ones and counts them by kind.

    Attributes:
        share: bad lines over good ones.
        rng: source of chance.
        kinds: how many bad lines of each kind there are so far.
        odd_kinds: how many odd but good lines of each kind.
    """

    share: float
    rng: np.random.Generator
    kinds: Counter[str] = field(default_factory=Counter)
    odd_kinds: Counter[str] = field(default_factory=Counter)

    @property
    def reasons(self) -> dict[str, str]:
        """The reason for which each kind is refused."""
        return {kind: reason for kind, reason, _ in _BAD} | {_CONFLICT: _CONFLICT}

    def mix(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Return the lines (`key`, `line`) with bad and odd ones between them."""
        count = round(self.share * lines.height)
        if count == 0:
            return lines
        texts = [self._next_bad() for _ in range(count)]
        odd = [self._next_odd() for _ in range(max(1, count // 5))]
        rows = self.rng.integers(0, lines.height, len(texts) + len(odd))
        added = pl.DataFrame({"key": lines["key"].gather(rows), "line": [*texts, *odd]})
        conflicts = self._conflicts(lines, max(1, count // 40))
        return pl.concat([lines, added, conflicts])

    def _next_bad(self) -> str:
        number = self.kinds.total() - self.kinds[_CONFLICT]
        kind, _, build = _BAD[number % len(_BAD)]
        self.kinds[kind] += 1
        line = build(f"hostile-{number}")
        return line if isinstance(line, str) else canonical_json(line)

    def _next_odd(self) -> str:
        number = self.odd_kinds.total()
        kind, build = _ODD[number % len(_ODD)]
        self.odd_kinds[kind] += 1
        text = canonical_json(build(f"odd-{number}"))
        return text + "\r" if kind == "carriage_return" else text

    def _conflicts(self, lines: pl.DataFrame, count: int) -> pl.DataFrame:
        """Lines that repeat the identity of an earlier one and say something else."""
        rows = self.rng.choice(lines.height, size=min(count, lines.height), replace=False)
        self.kinds[_CONFLICT] += len(rows)
        chosen = lines[np.sort(rows)]
        return chosen.with_columns(
            key=pl.col("key") + pl.duration(microseconds=1),
            line=pl.col("line").str.head(-1) + ',"note":"said otherwise"}',
        )
