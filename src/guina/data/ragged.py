"""Kinds of columns whose rows are not all of one size: ragged rows, texts, several values for one example.

A column of fixed size is a plain array. The others keep their values one after the other in one long array, with
offsets that say where each row begins: that way a column of any kind is a few arrays, which can be memory-mapped.
`guina.data.arrays` gathers batches from them, `guina.data.column_files` writes and maps them.

Axes: M rows of a column, B rows asked for, T steps of the longest of those, S values that lie one after the other.
A row's values may have further axes of their own, such as the bands of a sound's frame.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

LONG = 100  # numbers in a row from which copying row by row is faster than gathering number by number (measured)


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of different lengths: row i is `flat[offset_M1[i] : offset_M1[i + 1]]`.

    Args:
        flat: the values of all rows, S×F…: F… is the shape of one value, nothing for plain numbers.
        offset_M1: where each row begins, and where the last one ends; int64, M + 1 long.

    Example:
        >>> column = Ragged.of([np.array([1, 2, 3]), np.array([4])])
        >>> values_BT, length_B = column.padded(np.array([1, 0]), fill=-1)
        >>> values_BT.tolist(), length_B.tolist()
        ([[4, -1, -1], [1, 2, 3]], [1, 3])
    """

    flat: np.ndarray
    offset_M1: np.ndarray

    def __post_init__(self) -> None:
        check_offsets(self.offset_M1, len(self.flat))

    @classmethod
    def of(cls, rows: Sequence[np.ndarray], dtype: DTypeLike | None = None, shape: tuple[int, ...] = ()) -> "Ragged":
        """A column in memory from a list of rows, each T×F….

        Args:
            dtype: of the values; None: that of the rows. Must be given where there are no rows.
            shape: F…, where there are no rows that show it.
        """
        if not rows:
            assert dtype is not None, "where there are no rows, nothing shows the type of their values"
            return cls(np.empty((0, *shape), dtype), np.zeros(1, np.int64))
        flat = np.concatenate(rows)
        return cls(flat if dtype is None else flat.astype(dtype, copy=False), offsets([len(row) for row in rows]))

    def __len__(self) -> int:
        return len(self.offset_M1) - 1

    def lengths(self, row_B: np.ndarray) -> np.ndarray:
        """How many values the rows have, int64."""
        return self.offset_M1[row_B + 1] - self.offset_M1[row_B]

    def values(self, row_B: np.ndarray) -> list[np.ndarray]:
        """The rows as they are, each T×F…, copied into memory."""
        flat = np.asarray(self.flat)  # slices of a memory map cost several times those of a plain array
        start_B, end_B = self.offset_M1[row_B].tolist(), self.offset_M1[row_B + 1].tolist()
        return [flat[start:end].copy() for start, end in zip(start_B, end_B, strict=True)]

    def padded(self, row_B: np.ndarray, fill: float = 0) -> tuple[np.ndarray, np.ndarray]:
        """The rows side by side, the shorter ones filled up at their end, and their lengths.

        Returns:
            values_BT…: B×T×F…, of the column's type, T the longest of these rows.
            length_B: int64.
        """
        flat = np.asarray(self.flat)
        start_B, length_B = self.offset_M1[row_B], self.lengths(row_B)
        T, width = int(length_B.max(initial=0)), int(np.prod(flat.shape[1:]))
        if T * width >= LONG:
            values_BT = np.full((len(row_B), T, *flat.shape[1:]), fill, flat.dtype)
            for value_T, start, length in zip(values_BT, start_B.tolist(), length_B.tolist(), strict=True):
                value_T[:length] = flat[start : start + length]
            return values_BT, length_B
        t_T = np.arange(T)
        beyond_BT = t_T >= length_B[:, None]
        values_BT = flat[np.where(beyond_BT, 0, start_B[:, None] + t_T)]
        values_BT[beyond_BT] = fill
        return values_BT, length_B


@dataclass(frozen=True, eq=False)
class Texts:
    """A text for each row, kept as UTF-8.

    Args:
        coded: the bytes of each text, uint8.

    Example:
        >>> Texts.of(["", "Grüße", "字"]).texts(np.array([2, 1]))
        ['字', 'Grüße']
    """

    coded: Ragged

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        """A column in memory from a list of texts; lone surrogates, as file names may hold, are kept too."""
        coded = [text.encode("utf-8", "surrogatepass") for text in texts]
        return cls(Ragged(np.frombuffer(b"".join(coded), np.uint8), offsets([len(code) for code in coded])))

    def __len__(self) -> int:
        return len(self.coded)

    def lengths(self, row_B: np.ndarray) -> np.ndarray:
        """How many bytes the texts have, int64."""
        return self.coded.lengths(row_B)

    def texts(self, row_B: np.ndarray) -> list[str]:
        """The texts of the rows."""
        return [code.tobytes().decode("utf-8", "surrogatepass") for code in self.coded.values(row_B)]


@dataclass(frozen=True, eq=False)
class Several:
    """Several values for one row: values `offset_M1[i]` to `offset_M1[i + 1] − 1` of another column are row i's.

    Args:
        column: the values one after the other: of fixed size, ragged, or texts.
        offset_M1: where each row's values begin, and where the last one's end; int64, M + 1 long.

    Example:
        >>> captions = Several.of([["a dog", "a brown dog"], ["two cats"]], Texts.of)
        >>> captions.places(np.array([1, 0])).tolist(), captions.places(np.array([0]), np.array([1])).tolist()
        ([2, 0, 1], [1])
    """

    column: "np.ndarray | Ragged | Texts"
    offset_M1: np.ndarray

    def __post_init__(self) -> None:
        check_offsets(self.offset_M1, len(self.column))

    @classmethod
    def of(cls, groups: Sequence[Sequence[Any]], make: "Callable[[list], np.ndarray | Ragged | Texts]") -> "Several":
        """A column in memory from a list of values for each row.

        Args:
            make: makes a column of all values: `Texts.of`, `Ragged.of`, `np.stack`.
        """
        return cls(make([value for group in groups for value in group]), offsets([len(group) for group in groups]))

    def __len__(self) -> int:
        return len(self.offset_M1) - 1

    def counts(self, row_B: np.ndarray) -> np.ndarray:
        """How many values the rows have, int64."""
        return self.offset_M1[row_B + 1] - self.offset_M1[row_B]

    def places(self, row_B: np.ndarray, which_B: np.ndarray | None = None) -> np.ndarray:
        """Where in `column` the rows' values are.

        Args:
            which_B: which one of each row, 0 … count − 1; None: all of them, one row's after the other's.
        """
        start_B, count_B = self.offset_M1[row_B], self.counts(row_B)
        if which_B is None:
            return np.arange(count_B.sum()) + np.repeat(start_B - (np.cumsum(count_B) - count_B), count_B)
        assert ((which_B >= 0) & (which_B < count_B)).all(), "a value that the example has"
        return start_B + which_B

    def lengths(self, row_B: np.ndarray) -> np.ndarray:
        """How long the longest value of each row is, int64; 0 for a row that has none."""
        assert not isinstance(self.column, np.ndarray), "values of one size have no lengths"
        count_B, length_B = self.counts(row_B), np.zeros(len(row_B), np.int64)
        length_R = self.column.lengths(self.places(row_B))
        np.maximum.at(length_B, np.repeat(np.arange(len(row_B)), count_B), length_R)
        return length_B


@dataclass(frozen=True, eq=False)
class Units:
    """Whole numbers kept in the narrowest type and given as int64, as embeddings want them: a fixed column.

    Example:
        >>> Units(np.array([7, 8, 9], np.uint8))[np.array([2, 0])]
        array([9, 7])
    """

    narrow_M: np.ndarray

    def __len__(self) -> int:
        return len(self.narrow_M)

    def __getitem__(self, where: np.ndarray | slice) -> np.ndarray:
        return np.asarray(self.narrow_M)[where].astype(np.int64)


Column: TypeAlias = np.ndarray | Units | Ragged | Texts | Several


def offsets(lengths: Sequence[int]) -> np.ndarray:
    """Where rows of these lengths begin when they lie one after the other, and where the last one ends.

    Example:
        >>> offsets([2, 0, 3]).tolist()
        [0, 2, 2, 5]
    """
    offset_M1 = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offset_M1[1:])
    return offset_M1


def check_offsets(offset_M1: np.ndarray, n: int) -> None:
    """Assert that offsets rise and stay within the n values they point into."""
    assert offset_M1.ndim == 1, "offsets are one row"
    assert offset_M1.dtype == np.int64, f"offsets are int64, not {offset_M1.dtype}"
    assert len(offset_M1) > 0, "there is one offset more than rows"
    assert 0 <= offset_M1[0] <= offset_M1[-1] <= n, "offsets stay within the values"
    assert (np.diff(offset_M1) >= 0).all(), "a row ends where the next one begins"
