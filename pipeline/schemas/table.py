"""What a table declares: its grain, its meaning, and every column's type, unit and meaning."""

from dataclasses import dataclass

import polars as pl

INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        dtype: its Polars type.
        unit: physical unit, or "" where there is none.
        is_nullable: whether it may be empty; `meaning` then says what empty means.
    """

    name: str
    dtype: pl.DataType | type[pl.DataType]
    unit: str
    meaning: str
    is_nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A table, macro or report, `grain` naming the columns that identify a row."""

    name: str
    grain: tuple[str, ...]
    meaning: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    @property
    def polars_schema(self) -> pl.Schema:
        """Column names and types in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def select(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return exactly this table's columns in order, cast to its types.

        Raises:
            polars.exceptions.ColumnNotFoundError: a column is missing.
            polars.exceptions.InvalidOperationError: a value does not fit its type.
        """
        return frame.select(pl.col(column.name).cast(column.dtype) for column in self.columns)

    def empty(self) -> pl.DataFrame:
        """Return the table without rows."""
        return pl.DataFrame(schema=self.polars_schema)
