"""What binds an allocation: floors for the cloud, power by region, and where a chip may not be sold."""

import numpy as np

from pipeline.core.ids import canonical_json
from pipeline.simulation.encoding import Events, events
from pipeline.simulation.market import Market
from pipeline.simulation.timeline import GENERATIONS, REGIONS

_FLOOR_GROWTH = 1.05  # the planner wants at least this multiple of the last week's chips for the cloud
_FLOOR_FROM_WEEKS = 8  # after the end of the history
_KW_PER_CHIP = 0.5
_SPARE_POWER = 4  # times what was ever installed


def limit_events(market: Market) -> list[Events]:
    """Return floors for the cloud, power by region, and where the newest chip may not be sold."""
    timeline = market.timeline
    at = timeline.instants(timeline.weeks - 1.5)
    last = market.capacity.sellable[:, :, -1]
    cells = [(generation, place) for generation in (1, 2) for place in (0, 1) if last[generation, place] > 0]
    floors = [int(last[cell] * _FLOOR_GROWTH) for cell in cells]
    scopes = [canonical_json({"generation": GENERATIONS[g], "region": REGIONS[place]}) for g, place in cells]
    names = [f"{GENERATIONS[g]}-{REGIONS[place]}" for g, place in cells]
    batches = []
    if cells:
        batches.append(
            events(
                "policy.set",
                {
                    "id": [f"floor-{name}" for name in names],
                    "subject": ["cloud_floor_chips"] * len(cells),
                    "time": np.repeat(at, len(cells)),
                    "value": floors,
                    "scope:json": scopes,
                    "valid_from": np.repeat(
                        timeline.instants(timeline.weeks + _FLOOR_FROM_WEEKS), len(cells)
                    ),
                    "author": "planner",
                },
            )
        )
    power = np.rint(market.capacity.installed.max(axis=2).sum(axis=0) * _SPARE_POWER * _KW_PER_CHIP) + 1000
    sites = {
        "id": [f"site-{name}" for name in REGIONS],
        "time": np.repeat(timeline.instants(-2), len(REGIONS)),
        "region": list(REGIONS),
        "power_kw": power,
        "kw_per_chip": _KW_PER_CHIP,
        "valid_from": np.repeat(timeline.instants(0), len(REGIONS)),
    }
    barred = {
        "id": ["restriction-trn3"],
        "time": np.array([timeline.instants(-2)]),
        "generation": ["trn3"],
        "country": "XX",
        "channel": "direct",
        "valid_from": np.array([timeline.instants(0)]),
    }
    return [*batches, events("site.limited", sites), events("restriction.set", barred)]
