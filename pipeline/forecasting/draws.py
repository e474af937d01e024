"""Which past error a path meets at a step: the same past week for every series, so errors stay joint."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.core.ids import seed_for

Array = NDArray[np.float64]
_BLOCK = 64  # calendar steps drawn at once


@dataclass(frozen=True)
class Draws:
    """Joint choice of past weeks.

    Attributes:
        weeks_back: shape steps x paths; 0 is the last week of the history, 1 the week before; negative: none.
    """

    weeks_back: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int]:
        """Steps, paths."""
        steps, paths = self.weeks_back.shape
        return steps, paths

    def of(self, errors: Array, rng: np.random.Generator) -> Array:
        """Look the errors up, shape steps x paths.

        `errors` ends at the last week of the history and holds NaN where none is known. A week that the
        series has no error for is replaced by one that it has, drawn from `rng`: the series' own seed.
        """
        known = errors[np.isfinite(errors)]
        own = known[rng.integers(0, len(known), self.weeks_back.shape)]
        place = len(errors) - 1 - self.weeks_back
        is_inside = (place >= 0) & (place < len(errors))
        shared = np.where(is_inside, errors[np.clip(place, 0, len(errors) - 1)], np.nan)
        return np.where(np.isfinite(shared), shared, own)

    def from_earlier(self, weeks: int) -> "Draws":
        """Start `weeks` steps earlier, for a history that ends so much earlier; nothing is joint there."""
        unknown = np.full((weeks, self.weeks_back.shape[1]), -1)
        return Draws(np.concatenate([unknown, self.weeks_back - weeks]))

    def fading(self, half_life: float, *, weeks: int, length: int, rng: np.random.Generator) -> "Draws":
        """Choose late weeks more often: the chance of a week halves every `half_life` weeks back.

        `weeks` is out of how many these were drawn, `length` that of the history. Series of one length still
        meet nearly the same week at one path and step.
        """
        share = (self.weeks_back % weeks + rng.random(self.shape)) / weeks
        fade = np.log(2.0) / half_life
        back = -np.log1p(share * np.expm1(-fade * length)) / fade
        return Draws(np.minimum(back.astype(np.int64), length - 1))


def joint_draws(seed: int, *, steps: int, paths: int, weeks: int) -> Draws:
    """Draw weeks for `steps` x `paths` out of the last `weeks`; more steps leave the first ones as they are.

    Each step uses every week nearly equally often over the paths (balanced bootstrap: Davison, Hinkley and
    Schechtman 1986, doi:10.1093/biomet/73.3.555), which keeps simulation noise out of the mean.
    """
    rng = np.random.default_rng(seed_for(seed, "joint draws"))
    balanced = np.arange(paths) % weeks
    return Draws(np.stack([rng.permutation(balanced) for _ in range(steps)]))


def calendar_draws(seed: int, *, end: int, steps: int, paths: int, weeks: int) -> Draws:
    """Draw steps of the past for series that end anywhere: one calendar step meets one for all of them.

    `end` counts the steps from any common origin to the last one of the history. Where series end apart, what
    one of them has not lived through yet is replaced by the step `weeks` earlier. As in `joint_draws` each
    step of the past is used nearly equally often, and the draws of one series depend on no other.
    """
    coming = np.arange(end + 1, end + 1 + steps)
    blocks = range(coming[0] // _BLOCK, coming[-1] // _BLOCK + 1)
    drawn = np.concatenate([_drawn_block(seed, block, paths, weeks) for block in blocks])
    return Draws((end - drawn[coming - blocks[0] * _BLOCK]) % weeks)


@lru_cache(maxsize=64)
def _drawn_block(seed: int, block: int, paths: int, weeks: int) -> NDArray[np.int64]:
    """Return what `_BLOCK` calendar steps meet: the place of a past step in a calendar of `weeks` steps."""
    rng = np.random.default_rng(seed_for(seed, "calendar draws", str(block)))
    return rng.permuted(np.tile(np.arange(paths) % weeks, (_BLOCK, 1)), axis=1)
