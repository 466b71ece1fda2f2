"""Decoded examples: named columns of kinds, memory-mapped, seen through the rows of one split.

What a batch needs is gathered from columns by the numbers of its examples: values of fixed size as they are, ragged
ones padded and with their lengths, texts as texts, and where an example has several values, all of them or one.

Axes: M rows of a column, N examples of this split, B examples asked for, T the longest of them, R values of several.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from guina.data.ragged import Column, Ragged, Several, Texts, Units

FIXED = (np.ndarray, Units)  # kinds whose values are all of one size


@dataclass(frozen=True)
class Arrays:
    """Decoded examples of one split: columns of the whole source, seen through `rows_N`.

    Args:
        columns: each M long: an array of values of one size, `Ragged`, `Texts`, `Several` or `Units`.
        rows_N: which of the M rows belong to this split, in order; a range from 0 on where they are all of them, too
            many for their numbers to be stored.
        names: the N examples' names.

    Example:
        >>> texts = Texts.of(["one", "two", "three", "four"])
        >>> arrays = Arrays({"x": np.arange(4) * 10, "text": texts}, np.array([1, 3]), ["b", "d"])
        >>> arrays.take("x", np.array([1])), arrays.texts("text", np.array([1, 0])), len(arrays)
        (array([30]), ['four', 'two'], 2)
    """

    columns: Mapping[str, Column]
    rows_N: np.ndarray | range
    names: Sequence[str]

    def __post_init__(self) -> None:
        assert isinstance(self.rows_N, np.ndarray) or self.rows_N == range(len(self)), "a range is of all rows"

    def __len__(self) -> int:
        return len(self.rows_N)

    def take(self, column: str, index_B: np.ndarray, which_B: np.ndarray | None = None) -> np.ndarray:
        """The values of examples `index_B` (0 … N−1) of a column of fixed size, copied into memory.

        Args:
            which_B: where an example has several values, which one of each, see `choose`; None: all of them, R of them
                one example's after the other's, see `counts`.
        """
        values, row_B = self._found(column, index_B, which_B)
        assert isinstance(values, FIXED), f"{column} is not of fixed size"
        return values[row_B]

    def all(self, column: str) -> np.ndarray:
        """The whole column of this split, copied into memory."""
        values = self.columns[column]
        assert isinstance(values, FIXED), f"{column} is not of fixed size"
        return values[self.rows_N] if isinstance(self.rows_N, np.ndarray) else values[: len(self)]

    def parts(self, column: str, size: int) -> Iterator[np.ndarray]:
        """The same, so many examples at a time."""
        for start in range(0, len(self), size):
            yield self.take(column, np.arange(start, min(start + size, len(self))))

    def padded(
        self, column: str, index_B: np.ndarray, fill: float = 0, which_B: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The values of a ragged column side by side, B×T×F…, filled up at the end, and their lengths, int64.

        Args:
            fill: what stands where a row has no value.
            which_B: as in `take`.
        """
        values, row_B = self._found(column, index_B, which_B)
        assert isinstance(values, Ragged), f"{column} is not ragged"
        return values.padded(row_B, fill)

    def values(self, column: str, index_B: np.ndarray, which_B: np.ndarray | None = None) -> list[np.ndarray]:
        """The values of a ragged column without padding, each T×F…; `which_B` as in `take`."""
        values, row_B = self._found(column, index_B, which_B)
        assert isinstance(values, Ragged), f"{column} is not ragged"
        return values.values(row_B)

    def texts(self, column: str, index_B: np.ndarray, which_B: np.ndarray | None = None) -> list[str]:
        """The texts of a column of texts; `which_B` as in `take`."""
        values, row_B = self._found(column, index_B, which_B)
        assert isinstance(values, Texts), f"{column} holds no texts"
        return values.texts(row_B)

    def lengths(self, column: str) -> np.ndarray:
        """How long each example's row is, N int64: values of a ragged one, bytes of a text, of several the longest."""
        values = self.columns[column]
        assert isinstance(values, Ragged | Texts | Several), f"the rows of {column} are of one size"
        return values.lengths(self._rows(np.arange(len(self))))

    def counts(self, column: str, index_B: np.ndarray) -> np.ndarray:
        """How many values each example has in a column of several, int64."""
        return self._several(column).counts(self._rows(index_B))

    def choose(self, column: str, index_B: np.ndarray, uniform_B: np.ndarray) -> np.ndarray:
        """Which of its several values each example gives: `which_B`, drawn with numbers from 0 up to 1.

        Example:
            >>> captions = Several.of([["a dog", "a brown dog"], ["two cats"]], Texts.of)
            >>> arrays, index_B = Arrays({"caption": captions}, np.arange(2), ["1.jpg", "2.jpg"]), np.arange(2)
            >>> which_B = arrays.choose("caption", index_B, np.array([0.7, 0.3]))
            >>> arrays.texts("caption", index_B, which_B)
            ['a brown dog', 'two cats']
        """
        count_B = self.counts(column, index_B)
        assert (count_B > 0).all(), f"an example without {column} gives none"
        return np.minimum((uniform_B * count_B).astype(np.int64), count_B - 1)  # a float32 may round up to the count

    def several(self, column: str, index_B: np.ndarray) -> list[Any]:
        """All values of each example, B lists of texts or of ragged rows; of fixed size: B arrays."""
        kind = self._several(column).column
        get = self.texts if isinstance(kind, Texts) else self.values if isinstance(kind, Ragged) else self.take
        all_R, end_B = get(column, index_B), np.cumsum(self.counts(column, index_B)).tolist()
        return [all_R[start:end] for start, end in zip([0, *end_B], end_B, strict=False)]

    def first(self, limit: int | None) -> Self:
        """At most `limit` examples, always the same ones: spread evenly over the split; the first ones of a range."""
        if limit is None or limit >= len(self):
            return self
        if isinstance(self.rows_N, range):
            return replace(self, rows_N=self.rows_N[:limit], names=self.names[:limit])
        at = np.linspace(0, len(self) - 1, limit).round().astype(np.int64)
        return replace(self, rows_N=self.rows_N[at], names=[self.names[int(i)] for i in at])

    def _rows(self, index_B: np.ndarray) -> np.ndarray:
        """Where in the columns these examples are."""
        return self.rows_N[index_B] if isinstance(self.rows_N, np.ndarray) else index_B

    def _several(self, column: str) -> Several:
        values = self.columns[column]
        assert isinstance(values, Several), f"an example has one {column}"
        return values

    def _found(self, column: str, index_B: np.ndarray, which_B: np.ndarray | None) -> tuple[Column, np.ndarray]:
        """The column whose values these examples have, and at which of its rows."""
        values, row_B = self.columns[column], self._rows(index_B)
        if isinstance(values, Several):
            return values.column, values.places(row_B, which_B)
        assert which_B is None, f"an example has one {column}"
        return values, row_B
