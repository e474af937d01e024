"""From parts of chips to whole ones, so that every sum over time stays within a chip of the programme's.

Let X(i, t) be what the programme gives stream i up to week t. The rounded Z(i, t) lies between floor X(i, t)
and ceil X(i, t), never falls, and the streams' sum is floor of the sum of X(., t) exactly. Such a Z always
exists: giving each week's chips to the stream whose next whole chip is due first (earliest deadline; ties by
largest remainder) finds it. The chips that streams must get between two weeks, at most the sum of floor X(i,
t2) - ceil X(i, t1), are whole and no more than the sum's growth, hence no more than the growth of its floor
(the condition under which earliest deadline first misses none: Horn 1974, Naval Research Logistics Quarterly
21:177-185).

So the sum over one channel never exceeds whole chips supplied, and whole lower bounds on a stream or on the
sum hold.
"""

import numpy as np
from numpy.typing import NDArray

SNAP = 1e-4


def whole_chips(chips: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round flows, streams x weeks, to whole chips with the cumulative guarantees above.

    Sums within 1e-4 of a whole number count as whole: the solver's tolerance must not cost a chip.
    """
    if not chips.size:
        return np.zeros(chips.shape, dtype=np.int64)
    sums = np.maximum.accumulate(np.cumsum(chips, axis=1), axis=1)
    nearest = np.round(sums)
    sums = np.where(np.abs(sums - nearest) < SNAP, nearest, sums)
    lower, upper = np.floor(sums).astype(np.int64), np.ceil(sums).astype(np.int64)
    totals = np.floor(sums.sum(axis=0) + SNAP / 10).astype(np.int64)
    rounded = np.zeros_like(lower)
    given = np.zeros(len(chips), dtype=np.int64)
    for week, total in enumerate(totals):
        given = np.maximum(given, lower[:, week])
        for stream in _next_due(given, lower, upper[:, week], sums[:, week])[: max(total - given.sum(), 0)]:
            given[stream] += 1
        rounded[:, week] = given
    return np.diff(rounded, axis=1, prepend=0)


def _next_due(
    given: NDArray[np.int64], lower: NDArray[np.int64], upper: NDArray[np.int64], sums: NDArray[np.float64]
) -> list[int]:
    waiting = [stream for stream in range(len(given)) if upper[stream] > given[stream]]
    return sorted(
        waiting,
        key=lambda i: (int(np.searchsorted(lower[i], given[i] + 1)), float(given[i] - sums[i]), i),
    )
