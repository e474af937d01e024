"""Contracts: chips committed by a schedule, with a penalty where they fail to come."""

import numpy as np

from pipeline.core.ids import canonical_json
from pipeline.simulation.customers import ANCHOR
from pipeline.simulation.encoding import Events, events
from pipeline.simulation.market import Market
from pipeline.simulation.timeline import REGIONS, Floats, Timeline, rng_for

_STEP_WEEKS = 26
_STEPS = 3


def contract_events(market: Market) -> list[Events]:
    """Return the anchor's cloud contract with steps, and hardware contracts: one amended, one terminated."""
    timeline = market.timeline
    rng = rng_for(market.seed, "contracts")
    buyers = np.flatnonzero(market.customers.is_buyer)
    holders = [ANCHOR, *rng.choice(buyers, size=min(4, len(buyers)), replace=False).tolist()]
    starts = np.array([0.3, 0.45, 0.5, 0.6, 0.7]) * timeline.weeks
    held = market.held[:, 1:, -1].sum()
    rows = []
    for number, customer in enumerate(holders):
        is_cloud = number == 0
        base = max(1, int(held * 0.2)) if is_cloud else int(rng.integers(1, 6)) * 64
        rows.append(
            {
                "name": f"contract-{number}",
                "customer_id": market.customers.name[customer],
                "channel": "cloud" if is_cloud else "direct",
                "generation": "trn2" if number < 3 else "trn3",  # noqa: PLR2004
                "region": "us-east-1" if is_cloud else REGIONS[int(market.customers.region[customer])],
                "basis": "stock" if is_cloud else "flow",
                "base": base,
                "at": float(starts[number]),
                "penalty": "900.00" if is_cloud else "2500.00",
            }
        )
    amended = {**rows[1], "base": rows[1]["base"] * 2, "at": rows[1]["at"] + 0.1 * timeline.weeks}
    ended = timeline.instants(np.array([rows[2]["at"] + 0.2 * timeline.weeks])) if len(rows) > 2 else None  # noqa: PLR2004
    batches = [_contracts(timeline, "committed", rows), _contracts(timeline, "amended", [amended])]
    if ended is not None:
        batches.append(
            events(
                "contract.terminated",
                {
                    "id": ["contract-2-terminated"],
                    "subject": ["contract-2"],
                    "time": ended,
                    "reason": "customer merged",
                },
            )
        )
    return batches


def _contracts(timeline: Timeline, verb: str, rows: list[dict[str, object]]) -> Events:
    """A schedule has three steps: half a year each from the end of the history on, growing by a quarter."""
    schedules = []
    for row in rows:
        base = int(str(row["base"]))
        steps = [
            {
                "start": _text(timeline.instants(timeline.weeks + 26 * step)),
                "end": _text(timeline.instants(timeline.weeks + 26 * (step + 1))),
                "chips": base + base * step // 4,
            }
            for step in range(3)
        ]
        schedules.append(canonical_json(steps))
    at: Floats = np.array([row["at"] for row in rows], dtype=np.float64)
    plain = ("customer_id", "channel", "generation", "region", "basis")
    return events(
        f"contract.{verb}",
        {
            "id": [f"{row['name']}-{verb}" for row in rows],
            "subject": [str(row["name"]) for row in rows],
            "time": timeline.instants(at),
            **{name: [str(row[name]) for row in rows] for name in plain},
            "schedule:json": schedules,
            "penalty_per_chip": [str(row["penalty"]) for row in rows],
            "currency": "USD",
        },
    )


def _text(instant: object) -> str:
    return f"{np.datetime_as_string(np.asarray(instant, dtype='datetime64[s]'))}Z"
