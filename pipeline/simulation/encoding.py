"""Events as frames, and frames as lines of JSON.

Lines are concatenated from columns instead of being serialised one by one: about a second per million. That
is safe because every text in a simulated market consists of letters, digits, spaces and `-_./:`, which JSON
leaves as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.core.ids import canonical_json

_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_ENVELOPE = ("id", "subject", "time", "recordedtime", "sequence")


@dataclass(frozen=True)
class Events:
    """Events of one type from one producer.

    Attributes:
        type: name without `trn.` and version, such as `usage.metered`.
        frame: columns `id`, `time`, `recordedtime` (UTC without zone) and where there are any `subject` and
            `sequence`; every other column is a field of the payload, left out of a line where it is null.
            Lists and objects are JSON text in a column whose name ends in `:json`.
    """

    type: str
    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height


def events(type_: str, columns: Mapping[str, object]) -> Events:
    """Build events from arrays of one length; single values are repeated.

    `recordedtime` defaults to `time`. Fields whose value is None are left out.
    """
    given = {name: value for name, value in columns.items() if value is not None}
    given.setdefault("recordedtime", given["time"])
    arrays = {
        name: value for name, value in given.items() if isinstance(value, np.ndarray | list | pl.Series)
    }
    frame = pl.DataFrame(arrays).with_columns(
        pl.lit(value).alias(name) for name, value in given.items() if name not in arrays
    )
    return Events(type_, frame.select(list(given)))


@dataclass(frozen=True)
class Producer:
    """One producer's events.

    Attributes:
        source: URI reference in the envelope.
        stem: start of the file names.
        events: one entry a type, or several.
    """

    source: str
    stem: str
    events: list[Events] = field(default_factory=list)


def encode(source: str, batch: Events) -> pl.Series:
    """Return one line of JSON an event, in the order of the frame."""
    frame = batch.frame
    parts: list[pl.Expr] = [pl.lit('{"specversion":"1.0","id":"'), pl.col("id")]
    parts.append(pl.lit(f'","source":"{source}","type":"trn.{batch.type}.v1"'))
    for name in _ENVELOPE[1:]:
        if name in frame.columns:
            parts.extend(_field(frame, name, ","))
    parts.append(pl.lit(',"data":{'))
    payload = [name for name in frame.columns if name not in _ENVELOPE]
    first = next((name for name in payload if frame[name].null_count() == 0), None)
    if first is None:  # every field is optional: the object is put together as a whole
        parts.append(_whole_object(frame, payload))
    else:
        parts.extend(_field(frame, first, ""))
        for name in payload:
            if name != first:
                parts.extend(_field(frame, name, ","))
    parts.append(pl.lit("}}"))
    return frame.select(line=pl.concat_str(parts))["line"]


def _whole_object(frame: pl.DataFrame, payload: list[str]) -> pl.Expr:
    if not payload:
        return pl.lit("")
    fields = [pl.concat_str(_field(frame, name, ",")) for name in payload]
    return pl.concat_str(fields).str.strip_prefix(",")


def _field(frame: pl.DataFrame, name: str, comma: str) -> list[pl.Expr]:
    value, quote = _value(frame, name)
    key = name.removesuffix(":json")
    parts = (
        [pl.lit(f'{comma}"{key}":{quote}'), value, pl.lit(quote)]
        if quote
        else [pl.lit(f'{comma}"{key}":'), value]
    )
    if frame[name].null_count() == 0:
        return parts
    return [pl.when(pl.col(name).is_null()).then(pl.lit("")).otherwise(pl.concat_str(parts))]


def _value(frame: pl.DataFrame, name: str) -> tuple[pl.Expr, str]:
    dtype = frame.schema[name]
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime(_INSTANT), '"'
    if dtype == pl.Date:
        return column.dt.to_string("iso"), '"'
    if dtype.is_numeric():
        return column.cast(pl.String), ""
    return column, "" if name.endswith(":json") else '"'


def pick(names: Sequence[str], rows: npt.NDArray[np.int64]) -> pl.Series:
    """Return the names at these positions."""
    return pl.Series(names, dtype=pl.String).gather(rows)


def where_known(values: pl.Series, keep: npt.NDArray[np.bool_]) -> pl.Series:
    """Return the values, null where they are not to be kept."""
    return pl.DataFrame({"v": values, "k": keep}).select(pl.when("k").then("v"))["v"]


def json_list(items: list[str]) -> str:
    """Write names as a JSON list."""
    return canonical_json(items)
