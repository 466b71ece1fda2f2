"""Columns of kinds give what plain lists and loops give, in memory and mapped from files."""

import doctest
import errno
import json
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.data import arrays as arrays_module
from guina.data import column_files, ragged, stream
from guina.data.arrays import Arrays
from guina.data.cache import cached
from guina.data.column_files import RaggedFile, load, save
from guina.data.ragged import Column, Ragged, Several, Texts, Units
from guina.data.stream import Stream
from guina.errors import GuinaError

TEXTS = st.text(max_size=8)
SHAPES = st.sampled_from([(), (3,), (2, 2), (0,)])
TYPES = st.sampled_from([np.uint8, np.uint16, np.float32, np.int64])


@st.composite
def lists(draw: Callable, longest: int = 6, least: int = 0) -> list[np.ndarray]:
    """Rows of random numbers, some of them empty; all of one type and inner shape."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    lengths, shape, dtype = (
        draw(st.lists(st.integers(0, longest), min_size=least, max_size=7)),
        draw(SHAPES),
        draw(TYPES),
    )
    return [rng.integers(1, 100, (length, *shape)).astype(dtype) for length in lengths]


def some_of(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows a split has, and which of its examples are asked for, some of them twice."""
    rng = np.random.default_rng(seed)
    rows_N = rng.permutation(n)[: max(1, n * 2 // 3)]
    return rows_N, rng.integers(0, len(rows_N), 5)


def seen(column: Column, rows_N: np.ndarray) -> Arrays:
    return Arrays({"x": column}, rows_N, [f"row {row}" for row in rows_N])


@pytest.mark.parametrize("module", [arrays_module, ragged, column_files, stream])
def test_examples_in_the_docstrings_run(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@settings(deadline=None)
@given(lists(least=1), st.integers(0, 999), st.sampled_from([0, 7]), st.sampled_from([0, 1, 50]))
def test_ragged_rows_are_padded_as_a_plain_loop_does(rows: list, seed: int, fill: int, repeat: int) -> None:
    rows = [np.concatenate([row] * repeat) if repeat else row for row in rows]  # both ways of gathering
    rows_N, index_B = some_of(len(rows), seed)
    arrays = seen(Ragged.of(rows), rows_N)
    mine = [rows[rows_N[i]] for i in index_B]
    longest = max(map(len, mine))
    values_BT, length_B = arrays.padded("x", index_B, fill)
    assert (values_BT.dtype, values_BT.shape) == (rows[0].dtype, (5, longest, *rows[0].shape[1:]))
    assert (length_B.dtype, length_B.tolist()) == (np.int64, [len(row) for row in mine])
    for value_T, row in zip(values_BT, mine, strict=True):
        np.testing.assert_array_equal(value_T[: len(row)], row)
        assert (value_T[len(row) :] == fill).all()
    for value, row in zip(arrays.values("x", index_B), mine, strict=True):
        np.testing.assert_array_equal(value, row)
        assert value.dtype == row.dtype
    assert arrays.lengths("x").tolist() == [len(rows[row]) for row in rows_N]
    assert arrays.lengths("x").dtype == np.int64


@given(st.lists(TEXTS, min_size=1, max_size=7), st.integers(0, 999))
def test_texts_come_back_as_they_were(texts: list[str], seed: int) -> None:
    rows_N, index_B = some_of(len(texts), seed)
    arrays = seen(Texts.of(texts), rows_N)
    assert arrays.texts("x", index_B) == [texts[rows_N[i]] for i in index_B]
    assert arrays.lengths("x").tolist() == [len(texts[row].encode("utf-8", "surrogatepass")) for row in rows_N]


def test_texts_in_any_script_and_half_a_surrogate_are_kept() -> None:
    texts = ["", "Grüße", "字", "🙂 e\u0301", "\0", "\udce4 as file names have"]
    assert seen(Texts.of(texts), np.arange(6)).texts("x", np.arange(6)) == texts


@settings(deadline=None)
@given(st.lists(st.lists(TEXTS, max_size=4), min_size=1, max_size=6), st.integers(0, 999))
def test_several_texts_are_all_given_or_the_one_asked_for(groups: list[list[str]], seed: int) -> None:
    rows_N, index_B = some_of(len(groups), seed)
    arrays = seen(Several.of(groups, Texts.of), rows_N)
    mine = [groups[rows_N[i]] for i in index_B]
    assert arrays.several("x", index_B) == mine
    assert arrays.texts("x", index_B) == [text for group in mine for text in group]
    assert arrays.counts("x", index_B).tolist() == [len(group) for group in mine]
    longest = [max([0, *(len(text.encode()) for text in groups[row])]) for row in rows_N]
    assert arrays.lengths("x").tolist() == longest
    index_B = index_B[[len(group) > 0 for group in mine]]
    uniform_B = np.random.default_rng(seed).random(len(index_B))
    which_B = arrays.choose("x", index_B, uniform_B)
    chosen = [groups[rows_N[i]][which] for i, which in zip(index_B, which_B, strict=True)]
    assert arrays.texts("x", index_B, which_B) == chosen


@settings(deadline=None)
@given(st.data(), lists(least=1), st.integers(0, 999))
def test_several_ragged_rows_are_padded_together(data: st.DataObject, rows: list, seed: int) -> None:
    ends = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    groups = [rows[a:b] for a, b in zip([0, *ends], [*ends, len(rows)], strict=True)]
    rows_N, index_B = some_of(len(groups), seed)
    arrays = seen(Several.of(groups, Ragged.of), rows_N)
    mine = [row for i in index_B for row in groups[rows_N[i]]]
    values_RT, length_R = arrays.padded("x", index_B, 9)
    assert length_R.tolist() == [len(row) for row in mine]
    for value_T, row in zip(values_RT, mine, strict=True):
        np.testing.assert_array_equal(value_T[: len(row)], row)
        assert (value_T[len(row) :] == 9).all()
    for got, group in zip(arrays.several("x", index_B), [groups[rows_N[i]] for i in index_B], strict=True):
        assert [value.tolist() for value in got] == [row.tolist() for row in group]
    assert arrays.lengths("x").tolist() == [max([0, *map(len, groups[row])]) for row in rows_N]


def test_several_values_of_one_size() -> None:
    boxes = [[np.array([1, 2]), np.array([3, 4])], [], [np.array([5, 6])]]
    arrays = seen(Several.of(boxes, np.stack), np.array([2, 1, 0]))
    assert [box.tolist() for box in arrays.several("x", np.arange(3))] == [[[5, 6]], [], [[1, 2], [3, 4]]]
    assert arrays.take("x", np.array([2])).tolist() == [[1, 2], [3, 4]]
    assert arrays.take("x", np.array([2, 0]), np.array([1, 0])).tolist() == [[3, 4], [5, 6]]


def test_each_of_several_is_drawn_as_often_and_the_last_number_below_one_stays_within() -> None:
    arrays = seen(Several.of([["a", "b", "c"]], Texts.of), np.array([0]))
    which = arrays.choose("x", np.zeros(3000, int), np.random.default_rng(0).random(3000))
    assert np.abs(np.bincount(which) / 3000 - 1 / 3).max() < 0.03
    many = seen(Several(np.zeros(2**25), np.array([0, 2**25])), np.array([0]))
    almost = np.nextafter(np.float32(1), np.float32(0), dtype=np.float32)
    assert many.choose("x", np.array([0]), np.array([almost])) < 2**25


@given(lists(), st.lists(TEXTS, min_size=7, max_size=7), st.sampled_from([None, 0, 1, 3, 99]))
def test_fewer_examples_are_the_same_for_every_kind(rows: list, texts: list[str], limit: int | None) -> None:
    M = len(rows)
    columns: dict[str, Column] = {
        "fixed": np.arange(M) * 10,
        "ragged": Ragged.of(rows, np.float64),
        "text": Texts.of(texts[:M]),
        "several": Several.of([[text] * i for i, text in enumerate(texts[:M])], Texts.of),
    }
    all_N = np.arange(M)[::-1]
    some = Arrays(columns, all_N, [str(row) for row in all_N]).first(limit)
    assert len(some) == (M if limit is None else min(M, limit))
    at = [int(name) for name in some.names]
    assert limit is None or limit < 2 or M < 2 or (at[0], at[-1]) == (M - 1, 0)
    index_B = np.arange(len(some))
    assert some.take("fixed", index_B).tolist() == some.all("fixed").tolist() == [10 * row for row in at]
    assert some.texts("text", index_B) == [texts[row] for row in at]
    assert some.several("several", index_B) == [[texts[row]] * row for row in at]
    assert [value.tolist() for value in some.values("ragged", index_B)] == [rows[row].tolist() for row in at]


def test_no_rows_at_all() -> None:
    none = np.empty(0, np.int64)
    kinds = {
        "ragged": Ragged.of([], np.float32, (4,)),
        "text": Texts.of([]),
        "several": Several.of([], Texts.of),
        "empty": Ragged.of([np.empty((0, 2))] * 3),
    }
    arrays = Arrays(kinds, none, [])
    values_BT, length_B = arrays.padded("ragged", none)
    assert (values_BT.shape, values_BT.dtype, length_B.shape) == ((0, 0, 4), np.float32, (0,))
    assert (arrays.texts("text", none), arrays.several("several", none), arrays.values("ragged", none)) == ([], [], [])
    assert [len(arrays.lengths(name)) for name in ("ragged", "text", "several")] == [0, 0, 0]
    assert seen(kinds["empty"], np.arange(3)).padded("x", np.array([1, 2]))[0].shape == (2, 0, 2)


def test_what_is_given_is_a_copy_in_memory(tmp_path) -> None:
    columns = load(tmp_path, save(tmp_path, {"x": Ragged.of([np.arange(200), np.arange(3)]), "y": np.arange(2)}))
    arrays = Arrays(columns, np.arange(2), ["a", "b"])
    for rows in (np.array([0, 1]), np.array([1])):
        values_BT, _ = arrays.padded("x", rows)
        values_BT[:] = 0
        arrays.values("x", rows)[0][:] = 0
    arrays.take("y", np.array([1]))[:] = 0
    assert (columns["x"].flat[199], columns["x"].flat[202], columns["y"][1]) == (199, 2, 1)


# --- what a job never asks for ---


@pytest.mark.parametrize(
    "wrong",
    [
        lambda arrays: arrays.take("text", np.array([0])),
        lambda arrays: arrays.padded("fixed", np.array([0])),
        lambda arrays: arrays.texts("ragged", np.array([0])),
        lambda arrays: arrays.lengths("fixed"),
        lambda arrays: arrays.all("ragged"),
        lambda arrays: arrays.take("fixed", np.array([0]), np.array([0])),
        lambda arrays: arrays.texts("several", np.array([0]), np.array([1])),
        lambda arrays: arrays.choose("several", np.array([1]), np.array([0.5])),
        lambda arrays: Ragged(np.arange(4), np.array([0, 3, 2, 4])),
        lambda arrays: Ragged(np.arange(4), np.array([0, 5])),
        lambda arrays: Ragged(np.arange(4), np.array([0, 4], np.int32)),
        lambda arrays: Ragged.of([]),
        lambda arrays: Arrays({}, range(1, 3), ["a", "b"]),
    ],
)
def test_a_job_that_takes_one_kind_for_another_is_stopped(wrong: Callable) -> None:
    columns = {
        "fixed": np.arange(2),
        "ragged": Ragged.of([np.arange(2), np.arange(1)]),
        "text": Texts.of(["a", "b"]),
        "several": Several.of([["a"], []], Texts.of),
    }
    with pytest.raises(AssertionError):
        wrong(Arrays(columns, np.arange(2), ["a", "b"]))


# --- files ---


def same(a: Column, b: Column) -> None:
    """Whether two columns have the same values, all the way down."""
    assert type(a) is type(b) or (isinstance(a, np.ndarray) and isinstance(b, np.ndarray))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
        return
    for name, value in vars(a).items():
        same(value, getattr(b, name))


@settings(deadline=None)
@given(lists(), st.lists(TEXTS, max_size=5))
def test_saved_columns_are_mapped_as_they_were(tmp_path_factory, rows: list, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("columns")
    columns: dict[str, Column] = {
        "fixed": np.arange(12.0).reshape(3, 2, 2)[:, ::-1],
        "units": Units(np.array([1, 2], np.uint16)),
        "sound": Ragged.of(rows, np.float16, (2,)) if not rows else Ragged.of(rows),
        "text": Texts.of(texts),
        "captions": Several.of([texts, [], texts], Texts.of),
        "takes": Several.of([rows], lambda all_rows: Ragged.of(all_rows, np.uint8)),
    }
    facts = json.loads(json.dumps(save(folder, columns)))
    again = load(folder, facts)
    assert list(again) == list(columns)
    for name, column in columns.items():
        same(again[name], column)
    assert all(path.suffix == ".bin" for path in folder.iterdir())
    assert isinstance(again["fixed"], np.memmap)


@settings(deadline=None)
@given(lists(least=1))
def test_rows_written_one_by_one_are_those_of_a_list(tmp_path_factory, rows: list) -> None:
    folder = tmp_path_factory.mktemp("rows")
    with RaggedFile(folder, "x", np.float32, rows[0].shape[1:]) as file:
        for row in rows:
            file.add(row)
    same(load(folder, file.facts)["x"], Ragged.of(rows, np.float32))
    with pytest.raises(AssertionError, match="a row of"), RaggedFile(folder, "y", np.float32, (7,)) as file:
        file.add(np.zeros((2, 6)))


def test_columns_are_built_once_in_the_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path))
    built = []

    def build(folder):
        built.append(folder)
        with RaggedFile(folder, "sound", np.int16) as sound:
            sound.add(np.array([1, -2, 3]))
        return save(folder, {"text": Texts.of(["eins"]), "empty": Ragged.of([], np.uint8)}) | sound.facts

    for _ in range(2):
        columns = load(*cached("kinds", build))
        arrays = Arrays(columns, np.array([0]), ["a.wav"])
        assert arrays.texts("text", np.array([0])) == ["eins"]
        assert arrays.padded("sound", np.array([0]))[0].tolist() == [[1, -2, 3]]
        assert len(columns["empty"]) == 0
    assert len(built) == 1


def test_a_full_disk_is_said(tmp_path, monkeypatch) -> None:
    """numpy's own `tofile` says in no way that a program understands that there was no room."""
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path))
    if not (full := column_files.Path("/dev/full")).exists():
        pytest.skip("no disk that is always full")
    monkeypatch.setattr(column_files, "path_of", lambda folder, name: full)
    with pytest.raises(OSError, match="No space") as caught:
        save(tmp_path, {"x": np.zeros(100_000)})
    assert caught.value.errno == errno.ENOSPC
    with pytest.raises(GuinaError, match="the disk is full"):
        cached("full", lambda folder: save(folder, {"x": np.zeros(100_000)}))


# --- a stream ---


def count(examples: Arrays) -> tuple[int, str, int]:
    """What the engine does with examples of any sort."""
    return len(examples), examples.names[len(examples) - 1], len(examples.first(2))


def test_arrays_and_streams_are_examples() -> None:
    assert count(seen(np.arange(5), np.array([4, 2, 0]))) == (3, "row 0", 2)
    assert count(Stream.of(np.arange(5, dtype=np.uint8), "val")) == (5, "val, unit 4", 2)


def test_a_stream_overrides_nothing_of_arrays() -> None:
    own = {name for name, value in vars(Stream).items() if callable(value) or isinstance(value, classmethod | property)}
    assert own == {"of", "windows"}
