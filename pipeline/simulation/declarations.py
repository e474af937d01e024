"""Weekly declarations by which a producer says that a week is handed over."""

import numpy as np

from pipeline.simulation.encoding import Events, Producer, events, json_list
from pipeline.simulation.scattering import DECLARED_AFTER_HOURS
from pipeline.simulation.timeline import Timeline


def completions(producer: Producer, timeline: Timeline, types: list[str] | None = None) -> Events:
    """Return one declaration a week, on the Tuesday after it, for the types of this producer."""
    week = np.arange(1, timeline.weeks + 1)
    names = sorted({f"trn.{name}.v1" for name in types or [batch.type for batch in producer.events]})
    return events(
        "source.completed",
        {
            "id": [f"complete-{number:04}" for number in week.tolist()],
            "time": timeline.instants(week + DECLARED_AFTER_HOURS / 168),
            "types:json": json_list(names),
            "complete_through": timeline.instants(week),
        },
    )
