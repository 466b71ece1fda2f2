"""Arrays as nobody would make them: read as the numbers that they hold, or an error in words; never much memory.

The oracle knows the pictures before they were put into a type, a range, an order of axes and a file.
"""

import tempfile
import tracemalloc
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, read_gallery, shape_of
from guina.errors import GuinaError

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
N = 24
LABELS = np.arange(N) % 3
RANGES = {  # how pictures of 0 to 255 may be stored, as they are brought to other numbers
    "bytes": lambda p: p,
    "int16": lambda p: p.astype(np.int16),
    "int64, big-endian": lambda p: p.astype(">i8"),
    "float 0 to 255": lambda p: p.astype(np.float32),
    "float 0 to 1": lambda p: p.astype(np.float32) / 255,
    "double −1 to 1": lambda p: p.astype(np.float64) / 127.5 - 1,
    "half 0 to 1": lambda p: (p / 255).astype(np.float16),
    "16 bits": lambda p: p.astype(np.uint16) * 257,
}
SPOILED = [
    "",
    "nan",
    "complex",
    "text",
    "objects",
    "fewer labels",
    "no pictures",
    "infinite",
    "beyond",
    "channels first",
]


def spoil(how: str, pixels: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What makes arrays useless, so that they must be refused."""
    if how in ("nan", "infinite"):
        pixels = pixels.astype(np.float32)
        pixels.flat[0] = np.nan if how == "nan" else np.inf
    changed = {
        "complex": lambda: pixels.astype(np.complex64),
        "text": lambda: np.full(pixels.shape, "x"),
        "objects": lambda: pixels.astype(object),
        "no pictures": lambda: pixels[:0],
        "channels first": lambda: pixels.reshape(*pixels.shape[:3], -1).transpose(0, 3, 1, 2),
        "beyond": lambda: pixels.astype(np.float64) * 1e6 - 7e5,
    }
    return changed.get(how, lambda: pixels)(), labels[:-5] if how == "fewer labels" else labels


@FUZZ
@given(
    seed=st.integers(0, 99),
    size=st.tuples(st.integers(8, 12), st.integers(13, 20)),
    channels=st.sampled_from([0, 1, 3]),
    stored=st.sampled_from(sorted(RANGES)),
    fortran=st.booleans(),
    names=st.sampled_from([("x", "y"), ("images", "labels"), ("X", "target"), ("data", "label"), ("arr_0", "arr_1")]),
    spoiled=st.sampled_from(SPOILED),
    packed=st.booleans(),
)
def test_arrays_are_read_as_what_they_hold(seed, size, channels, stored, fortran, names, spoiled, packed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (N, *size, max(1, channels)), dtype=np.uint8)
    pixels.reshape(N, -1)[:, :2] = 0, 255  # so that the range is to be seen
    array = RANGES[stored](pixels)
    array = array[..., 0] if channels == 0 else array
    array, labels = spoil(spoiled, np.asfortranarray(array) if fortran else array, LABELS)
    with tempfile.TemporaryDirectory() as place, mock.patch.dict("os.environ", GUINA_CACHE=f"{place}/cache"):
        path = Path(place, "data.npz")
        (np.savez_compressed if packed else np.savez)(path, **dict(zip(names, (array, labels), strict=True)))
        columns = Columns(*names) if names[0] == "arr_0" else Columns("", "")
        tracemalloc.start()
        refused: GuinaError | None = None
        try:
            records = read_gallery(str(path), ("train", "val"), columns=columns, labelled=True)
            train = records.only("train")
            found = decode_gallery(train, shape_of(train))
        except GuinaError as error:
            refused = error
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 100e6
    if refused is not None:
        assert spoiled, f"what is whole was refused: {refused}"
        assert refused.expected
        assert refused.mend
        return
    assert spoiled in ("", "nan", "infinite", "beyond"), f"{spoiled} was used without a word"
    rows = np.array([int(name[name.rindex("[") + 1 : -1]) for name in train.names])
    assert [str(label) for label in train.columns["label"]] == [str(label) for label in LABELS[rows]]
    got = found.all("pixels").astype(int)
    assert got.shape[1:3] == size
    if not spoiled:
        np.testing.assert_allclose(got[..., : pixels.shape[-1]], pixels[rows].astype(int), atol=1)
    elif rows.size and spoiled != "beyond":
        assert 0 not in rows, "the picture with the number that is none was used"
