"""The sample scenes: what is held out is never learned from, and what is said is what pixels show.

Axes: K colours, H W pixels, C channels.
"""

import csv
import doctest
from collections import Counter
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guina.data import dice as dice_module
from guina.data import scenes as module
from guina.data.dice import Dice
from guina.data.scenes import (
    COLOURS,
    EDGE,
    GAP,
    RELATIONS,
    SHAPES,
    SIDE,
    THINGS,
    Scene,
    drawn,
    placed,
    scenes,
    write_scenes,
)

SHOWN = scenes()
JUDGED = [*SHOWN["val"], *SHOWN["test"]]


def test_examples():
    for some in (module, dice_module):
        failed, tried = doctest.testmod(some)
        assert (failed, tried > 0) == (0, True)


def test_what_is_judged_was_never_seen_together():
    learned, pairs = {scene.caption for scene in SHOWN["train"]}, {scene.pair for scene in SHOWN["train"]}
    sizes = {(scene.small, scene.large) for scene in SHOWN["train"]}
    assert not learned & {scene.caption for scene in JUDGED}
    new = {split: {scene.pair for scene in SHOWN[split]} - pairs for split in ("val", "test")}
    assert not new["val"] & new["test"]
    counts = {split: sum(scene.pair in new[split] for scene in SHOWN[split]) for split in new}
    assert counts == {"val": 133, "test": 200}
    assert all((scene.small, scene.large) in sizes for scene in JUDGED if scene.pair in pairs)  # one relation is new


def test_captions_that_are_judged_are_all_different_and_learned_ones_equally_frequent():
    assert len({scene.caption for scene in JUDGED}) == 500
    assert set(Counter(scene.caption for scene in SHOWN["train"]).values()) == {2, 3}


def test_each_shape_of_each_colour_is_learned_small_and_large_with_each_relation():
    known = {(scene.small, scene.relation, "small") for scene in SHOWN["train"]}
    known |= {(scene.large, scene.relation, "large") for scene in SHOWN["train"]}
    assert len(THINGS) == len(COLOURS) * len(SHAPES) == 25
    assert len(known) == 25 * len(RELATIONS) * 2
    words = {word for scene in SHOWN["train"] for word in scene.caption.split()}
    assert {word for scene in JUDGED for word in scene.caption.split()} <= words


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_relation_is_plain_and_nothing_overlaps_or_leaves_the_picture(relation):
    x, y = RELATIONS[relation]
    spots = set()
    for n in range(400):
        (sx, sy, small), (lx, ly, large) = placed(relation, Dice(f"{relation} {n}"))
        forward, aside = (sx - lx) * x + (sy - ly) * y, abs((sx - lx) * y) + abs((sy - ly) * x)
        assert forward - small - large >= GAP - 1e-9
        assert aside <= forward / 4 + 1e-9
        assert 1.6 < large / small < 2.5
        for at, radius in ((sx, small), (sy, small), (lx, large), (ly, large)):
            assert EDGE - 1e-9 <= at - radius < at + radius <= SIDE - EDGE + 1e-9
        spots.add((int(sx) // 8, int(sy) // 8))
    assert len(spots) > 12  # of 36


def seen(pixels_HWC: np.ndarray) -> list[tuple[str, int, float, float]]:
    """What is there, by looking: of each colour that is found how many pixels, and where their box's centre is."""
    colours = {"paper": np.median(pixels_HWC, (0, 1)), **COLOURS}
    far_KHW = np.array([np.abs(pixels_HWC - np.array(colour, float)).sum(-1) for colour in colours.values()])
    nearest_HW = far_KHW.argmin(0)
    found = []
    for k, name in enumerate(colours):
        near_HW = (nearest_HW == k) & (far_KHW.min(0) < 60)
        if name != "paper" and near_HW.sum() > 8:
            y, x = np.nonzero(near_HW)
            found.append((name, int(near_HW.sum()), (x.min() + x.max()) / 2, (y.min() + y.max()) / 2))
    return found


def test_pixels_show_what_the_caption_says():
    tried = 0
    for n, scene in enumerate(JUDGED):
        if scene.small[0] == scene.large[0]:
            continue
        tried += 1
        found = sorted(seen(drawn(scene, Dice(f"seen {n}"))), key=lambda one: one[1])
        assert [one[0] for one in found] == [scene.small[0], scene.large[0]], scene.caption
        (*_, sx, sy), (*_, lx, ly) = found
        x, y = sx - lx, sy - ly
        said = ("right of" if x > 0 else "left of") if abs(x) > abs(y) else ("below" if y > 0 else "above")
        assert said == scene.relation, scene.caption
    assert tried > 300


@pytest.mark.parametrize(
    ("shape", "share"),
    [
        ("circle", np.pi / 4),
        ("square", 0.88**2),
        ("triangle", 0.45),
        ("cross", 0.33 * (2 - 0.33)),
        ("ring", np.pi / 4 * (1 - 0.56**2)),
    ],
)
def test_shapes_cover_their_share_of_the_box(shape, share):
    along = (np.arange(400) + 0.5) / 200 - 1
    inside_HW = SHAPES[shape](along, along[:, None]) < 0
    assert inside_HW.mean() == pytest.approx(share, abs=0.005)
    assert (inside_HW != inside_HW[:, ::-1]).mean() < 0.001  # points on the edge, to the last digit
    assert inside_HW[-40:].any() == (shape != "triangle")  # its base is at 0.8; so no shape is another upside down
    assert inside_HW[200, 200] == (shape != "ring")


@pytest.mark.parametrize("shape", SHAPES)
def test_edges_are_smooth_and_areas_what_they_should_be(shape):
    """Red on light paper darkens green and blue: by how much in sum tells the area, parts of pixels among it."""
    scene = Scene(("red", shape), "left of", ("red", shape))
    dice = Dice("area")
    pixels_HWC = drawn(scene, Dice("area"))
    dice.uniform(4)  # for the paper
    radii = [radius for *_, radius in placed("left of", dice)]
    paper, ink = np.median(pixels_HWC[:, :, 1]), pixels_HWC[:, :, 1].min() + 3.0
    along = (np.arange(400) + 0.5) / 200 - 1
    expected = (SHAPES[shape](along, along[:, None]) < 0).mean() * sum((2 * radius) ** 2 for radius in radii)
    found = (paper - pixels_HWC[:, :, 1].astype(float)).sum() / (paper - ink)
    assert found == pytest.approx(expected, rel=0.15)


def test_pixels_are_always_the_same():
    digest = blake2b(digest_size=8)
    for split, shown in SHOWN.items():
        for n, scene in enumerate(shown[:20]):
            digest.update(scene.caption.encode())
            digest.update(drawn(scene, Dice(f"scenes 1 {split} {n:04}.png")).tobytes())
    assert digest.hexdigest() == "0540555d9c7f1b9e"


def test_it_is_written_alike_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, n in (("LEARNED", 5), ("VALIDATED", 3), ("JUDGED", 4)):
        monkeypatch.setattr(module, name, n)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_scenes(tmp_path / name)
    shown, folder = scenes(), tmp_path / "a"
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    for split, n in (("train", 5), ("val", 3), ("test", 4)):
        with (folder / f"{split}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["image"] for row in rows] == [f"{split}-{k:04}.png" for k in range(n)]
        assert [row["caption"] for row in rows] == [scene.caption for scene in shown[split]]
        for k, (row, scene) in enumerate(zip(rows, shown[split], strict=True)):
            with Image.open(folder / row["image"]) as image:
                assert (image.mode, image.size) == ("RGB", (SIDE, SIDE))
                pixels_HWC = np.asarray(image)
            assert (pixels_HWC == drawn(scene, Dice(f"scenes 1 {split} {k:04}.png"))).all()


def test_dice_give_each_order_its_turn():
    orders = Counter("".join(Dice(str(n)).shuffled("abc")) for n in range(600))
    assert set(orders) == {"abc", "acb", "bac", "bca", "cab", "cba"}
    assert min(orders.values()) > 60
    assert {Dice(str(n)).choice([1, 2, 3]) for n in range(40)} == {1, 2, 3}
