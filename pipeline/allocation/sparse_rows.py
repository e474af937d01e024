"""Columns and rows of a linear programme, gathered block by block into one sparse matrix."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array

Index = NDArray[np.int64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Matrices:
    """minimise cost @ x where row_lower <= rows @ x <= row_upper and lower <= x <= upper."""

    cost: Matrix
    lower: Matrix
    upper: Matrix
    rows: csc_array
    row_lower: Matrix
    row_upper: Matrix


@dataclass
class Gatherer:
    """Grows while a programme is written; `matrices` closes it."""

    width: int = 0
    height: int = 0
    _bounds: list[tuple[Matrix, Matrix, Matrix]] = field(default_factory=list)
    _limits: list[tuple[Matrix, Matrix]] = field(default_factory=list)
    _entries: list[tuple[Index, Index, Matrix]] = field(default_factory=list)

    def add_columns(self, shape: tuple[int, ...], cost: ArrayLike, upper: ArrayLike = np.inf) -> Index:
        """Add a block of columns from 0 to `upper`; return their numbers in the block's shape."""
        numbers = self.width + np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
        self.width += numbers.size
        self._bounds.append((_fill(cost, shape), np.zeros(numbers.size), _fill(upper, shape)))
        return numbers

    def add_rows(self, shape: tuple[int, ...], lower: ArrayLike, upper: ArrayLike) -> Index:
        """Add a block of rows; return their numbers in the block's shape."""
        numbers = self.height + np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
        self.height += numbers.size
        self._limits.append((_fill(lower, shape), _fill(upper, shape)))
        return numbers

    def put(self, rows: ArrayLike, columns: ArrayLike, value: float) -> None:
        """Set one coefficient for each pair of a row and a column (broadcast against each other)."""
        row, column = np.broadcast_arrays(
            np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
        )
        self._entries.append((row.ravel(), column.ravel(), np.full(row.size, value)))

    def matrices(self) -> Matrices:
        """Close the programme."""
        cost, lower, upper = (np.concatenate(part) for part in zip(*self._bounds, strict=True))
        row_lower, row_upper = (np.concatenate(part) for part in zip(*self._limits, strict=True))
        rows, columns, values = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        matrix = csc_array((values, (rows, columns)), shape=(self.height, self.width))
        return Matrices(cost, lower, upper, matrix, row_lower, row_upper)


def _fill(value: ArrayLike, shape: tuple[int, ...]) -> Matrix:
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), shape)).ravel()
