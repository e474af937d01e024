"""What an entry of the catalogue says: a type's subject, fields and the rules between fields."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from pipeline.schemas.events.kinds import Kind
from pipeline.schemas.events.reasons import Reason


@dataclass(frozen=True)
class Field:
    """One field of a payload.

    Attributes:
        unit: physical unit, or "" where there is none.
        minimum: least value allowed; `above` instead where the bound itself is refused. None: no bound.
        other_than: a single value that is refused.
        values: known values of an enumeration. It may grow: another value lands and is flagged.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    is_required: bool = True
    minimum: Decimal | None = None
    above: Decimal | None = None
    maximum: Decimal | None = None
    other_than: Decimal | None = None
    values: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """Say what the field may hold, for messages and documentation."""
        bounds = [
            f"at least {self.minimum}" if self.minimum is not None else "",
            f"more than {self.above}" if self.above is not None else "",
            f"at most {self.maximum}" if self.maximum is not None else "",
            f"not {self.other_than}" if self.other_than is not None else "",
        ]
        return ", ".join([self.kind.allowed, *(bound for bound in bounds if bound)])


@dataclass(frozen=True)
class Rising:
    """The named fields, where present, rise from first to last; equal neighbours only if not `is_strict`."""

    fields: tuple[str, ...]
    reason: Reason
    is_strict: bool = False


@dataclass(frozen=True)
class AtMostDays:
    """A period is no longer than so many days."""

    start: str
    end: str
    days: int
    reason: Reason = Reason.PERIOD_TOO_LONG


@dataclass(frozen=True)
class ComesWith:
    """Where `field` is present, `companion` is too."""

    field: str
    companion: str
    reason: Reason = Reason.CURRENCY_MISSING


@dataclass(frozen=True)
class OneOf:
    """At least one of the fields is present."""

    fields: tuple[str, ...]
    reason: Reason = Reason.NOTHING_CHANGED


Rule = Rising | AtMostDays | ComesWith | OneOf


@dataclass(frozen=True)
class EventType:
    """One event type.

    Attributes:
        name: `trn.<entity>.<past-tense verb>.v<N>`.
        family: part of the contract that it stands in.
        subject: what the required subject names; None where the type needs none.
        own_fields: fields that the contract lists for the type.
        reports_until: field with the end of the period that the payload reports on, which nobody can
            know before; None where the payload reports on no period.
    """

    name: str
    family: str
    subject: str | None
    meaning: str
    own_fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    reports_until: str | None = None
    common_fields: tuple[Field, ...] = field(default=(), repr=False)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Own fields, then those that every payload may carry."""
        own = {entry.name for entry in self.own_fields}
        return (*self.own_fields, *(entry for entry in self.common_fields if entry.name not in own))
