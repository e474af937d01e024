"""The scale on which a series is modelled: between linear and logarithmic, invertible at zero."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_LEAST_OFFSET = 0.005  # of the highest value: keeps zeros finite where demand has nearly gone


@dataclass(frozen=True)
class Scale:
    """z = log(y + offset), or z = y where the series takes negative values.

    Well above the offset growth and errors are relative; near zero they are linear, so zeros stay finite
    and the first small weeks of a new product do not count as explosive growth.

    Attributes:
        offset: in units of y; None for the identity.
        highest: paths are cut here, in units of y: exponents of a fitted trend must not run away.
    """

    offset: float | None
    highest: float

    def forward(self, values: Array) -> Array:
        """Bring values (NaN stays NaN) to the scale of the model."""
        return values if self.offset is None else np.log(values + self.offset)

    def backward(self, scaled: Array) -> Array:
        """Bring modelled values back, floored at zero and cut at `highest`."""
        if self.offset is None:
            return scaled
        top = np.log(self.highest + self.offset)
        return np.maximum(np.exp(np.minimum(scaled, top)) - self.offset, 0.0)


def fit_scale(values: Array, *, offset_share: float, path_ceiling: float, recent: int, latest: int) -> Scale:
    """Choose the scale: offset = `offset_share` of the mean of the `recent` or the `latest` last values.

    The smaller of both counts: after a decline the offset must be small beside what is left, or errors of
    the size that large demand had are added to small demand. It stays above a share of the highest value.
    """
    if np.nanmin(values) < 0:
        return Scale(offset=None, highest=np.inf)
    highest = float(np.nanmax(values))
    means = [np.nanmean(part) for part in (values[-recent:], values[-latest:]) if np.isfinite(part).any()]
    offset = max(offset_share * float(min(means)), _LEAST_OFFSET * highest)
    return Scale(offset=offset, highest=path_ceiling * highest)
