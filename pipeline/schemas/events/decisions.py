"""About the log itself, and what the pipeline and its planners decide."""

from pipeline.schemas.events.declaration import EventType, Field, Rising
from pipeline.schemas.events.fields import (
    AUTHOR,
    CHANNEL,
    GENERATION,
    NOTE,
    REASON,
    REGION,
    VALID_FROM,
    VALID_TO,
    VALIDITY_RULE,
    ZERO,
    optional,
)
from pipeline.schemas.events.kinds import ANY, INSTANT, MOMENT, NUMBER, OBJECT, TEXT, TEXTS, WHOLE
from pipeline.schemas.events.reasons import Reason

_AS_OF = Field("as_of", INSTANT, "nothing known after it was read")
_ROWS = Field("rows", WHOLE, "rows of the result", minimum=ZERO)
_HASH = Field("content_hash", TEXT, "hash of the result")

_LOG = (
    EventType(
        "trn.event.retracted.v1",
        "log",
        "id of the retracted event",
        "an event counts for nothing, from this event's own known_at on",
        (
            Field("retracted_source", TEXT, "source of the retracted event"),
            Field("replaced_by", TEXT, "id of the event that stands in its place", is_required=False),
            REASON,
        ),
    ),
    EventType(
        "trn.source.completed.v1",
        "log",
        None,
        "a source has handed over all its events of some types up to an instant",
        (
            Field("types", TEXTS, "event types that are complete"),
            Field("complete_through", INSTANT, "handed over up to then"),
        ),
    ),
)

_FORECASTS = (
    EventType(
        "trn.forecast.published.v1",
        "decision",
        "run id",
        "a forecast was published",
        (
            _AS_OF,
            Field("log_position", WHOLE, "last position of the log that was read", minimum=ZERO),
            Field("policy_hash", TEXT, "hash of the policy"),
            Field("code_version", TEXT, "version of the code"),
            Field("seed", WHOLE, "seed of the sample paths"),
            _ROWS,
            _HASH,
        ),
    ),
    EventType(
        "trn.forecast.overridden.v1",
        "decision",
        "override id",
        "a planner put a value in the place of a forecast",
        (
            CHANNEL,
            optional(GENERATION),
            optional(REGION),
            Field("period_start", MOMENT, "start of the period"),
            Field("period_end", MOMENT, "end of the period, exclusive"),
            Field("kind", TEXT, "a value of its own or a factor", values=("absolute", "factor")),
            Field("value", NUMBER, "chips, or a factor on the forecast", "chips or factor"),
            Field("reason_code", TEXT, "why"),
            AUTHOR,
            Field("run_id", TEXT, "run that was overridden", is_required=False),
            optional(NOTE),
            Field("expires_at", MOMENT, "when it ceases to count", is_required=False),
        ),
        (Rising(("period_start", "period_end"), Reason.END_BEFORE_START, is_strict=True),),
    ),
    EventType(
        "trn.override.withdrawn.v1",
        "decision",
        "override id",
        "an override counts no longer",
        (AUTHOR, optional(REASON)),
    ),
)

_POLICY = EventType(
    "trn.policy.set.v1",
    "decision",
    "constraint name",
    "a planner set a constraint",
    (
        Field("value", ANY, "value of the constraint"),
        Field("scope", OBJECT, "where it applies; absent: everywhere", is_required=False),
        VALID_FROM,
        VALID_TO,
        AUTHOR,
    ),
    (VALIDITY_RULE,),
)


def _allocation(verb: str, meaning: str) -> EventType:
    fields = (_AS_OF, _HASH, _ROWS, optional(AUTHOR), optional(NOTE))
    return EventType(f"trn.allocation.{verb}.v1", "decision", "run id", meaning, fields)


_ALLOCATIONS = (
    _allocation("proposed", "an allocation awaits approval"),
    _allocation("approved", "an allocation was approved"),
    _allocation("rejected", "an allocation was rejected"),
)

TYPES = (*_LOG, *_FORECASTS, _POLICY, *_ALLOCATIONS)
