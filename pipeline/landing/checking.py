"""Check one payload field, and the rules between fields, by the letter of the contract."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pipeline.landing.parsing import RefusedLineError, shown
from pipeline.schemas.events import AtMostDays, ComesWith, Field, OneOf, Reason, Rising, Rule
from pipeline.schemas.events.kinds import DAY_MICROSECONDS, decimal_value, json_type, moment_microseconds


def check_field(field: Field, value: Any, type_name: str) -> None:  # noqa: ANN401 any JSON value
    if value is None:
        if field.is_required:
            raise RefusedLineError(
                Reason.MISSING_FIELD, f"data.{field.name} is absent; {type_name} needs it: {field.allowed}"
            )
        return
    kind = field.kind
    if json_type(value) not in kind.json_types:
        _refuse_field(Reason.WRONG_TYPE, field, value)
    if not kind.accepts(value):
        _refuse_field(kind.reason, field, value)
    if kind.scale == "number" and not _is_in_range(field, decimal_value(value)):
        _refuse_field(Reason.OUT_OF_RANGE, field, value)


def _refuse_field(reason: Reason, field: Field, value: object) -> None:
    raise RefusedLineError(reason, f"data.{field.name}: got {shown(value)}; allowed: {field.allowed}")


def _is_in_range(field: Field, value: Decimal) -> bool:
    return (
        (field.minimum is None or value >= field.minimum)
        and (field.above is None or value > field.above)
        and (field.maximum is None or value <= field.maximum)
        and (field.other_than is None or value != field.other_than)
    )


def check_rule(rule: Rule, data: dict[str, Any], present: Mapping[str, Field]) -> None:
    match rule:
        case Rising(names, reason, is_strict):
            shown_order = (" < " if is_strict else " ≤ ").join(names)
            found = [name for name in names if name in present]
            for low, high in pairwise(found):
                first, second = _comparable(present[low], data[low]), _comparable(present[high], data[high])
                if first > second or (is_strict and first == second):
                    got = f"{low} {shown(data[low])}, {high} {shown(data[high])}"
                    raise RefusedLineError(reason, f"data: got {got}; allowed: {shown_order}")
        case AtMostDays(start, end, days, reason):
            span = _comparable(present[end], data[end]) - _comparable(present[start], data[start])
            if span > days * DAY_MICROSECONDS:
                got = f"{shown(data[start])} to {shown(data[end])}"
                raise RefusedLineError(reason, f"data: got a period of {got}; allowed: at most {days} days")
        case ComesWith(name, companion, reason):
            if name in present and companion not in present:
                raise RefusedLineError(
                    reason, f"data.{companion} is absent; allowed with {name}: {companion} beside it"
                )
        case OneOf(names, reason):
            if not any(name in present for name in names):
                raise RefusedLineError(
                    reason, f"data names no change; allowed: at least one of {', '.join(names)}"
                )


def _comparable(field: Field, value: Any) -> Decimal | int:  # noqa: ANN401 any JSON value
    if field.kind.scale == "moment":
        return moment_microseconds(value) or 0
    return decimal_value(value)
