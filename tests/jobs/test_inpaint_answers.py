"""What inpaint answers: pictures of every kind and size, all but their holes to the bit, in files of their own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import guina
from guina import cli
from guina.arguments import parse_predict
from guina.engine import features
from guina.errors import GuinaError
from guina.jobs.inpaint.answering import InpaintAnswering
from guina.jobs.inpaint.harmonic import harmonic_fill
from guina.runtime import evaluating
from small_runs import trained
from some_photos import encoded, made_by, opened, photos, pixels_of, texture


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """Of a few steps."""
    place = tmp_path_factory.mktemp("inpaint")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        return trained("inpaint", photos(place / "photos"), place / "run", 6, size="tiny")


def in_boxes(size: tuple[int, int], text: str) -> np.ndarray:
    hole_HW = np.zeros(size, bool)
    for box in text.split(";"):
        left, top, width, height = map(int, box.split(","))
        hole_HW[top : top + height, left : left + width] = True
    return hole_HW


HOLES = {
    (91, 117): "40,30,40,30; 3,3,1,1; 90,80,27,11",
    (20, 20): "5,5,8,8",
    (1, 9): "3,0,3,1",
    (33, 2001): "500,10,30,9; 1500,0,3,33",
    (400, 500): "100,100,20,20; 300,120,150,200; 0,0,5,5",
}


@pytest.mark.parametrize("size", HOLES)
@pytest.mark.parametrize(
    ("kind", "how", "back"),
    [
        ("PNG", {}, "PNG"),
        ("JPEG", {"quality": 75}, "PNG"),
        ("WEBP", {"quality": 75}, "PNG"),
        ("WEBP", {"lossless": True}, "WEBP"),
        ("TIFF", {}, "TIFF"),
    ],
)
def test_what_is_known_comes_out_to_the_bit(run: guina.Run, size: tuple[int, int], kind: str, how, back: str) -> None:
    data, hole = encoded(texture(*size, seed=5), kind, **how), in_boxes(size, HOLES[size])
    (answer,) = run.answering.answers([data], run.answering.Options(box=HOLES[size]))
    made, before = pixels_of(made_by(answer)), pixels_of(data)
    assert opened(made_by(answer)).format == back
    np.testing.assert_array_equal(made[~hole], before[~hole])
    assert (made[hole] != before[hole]).mean() > 0.5
    assert f"{max(1, round(100 * hole.mean()))}%" in answer["note"] or hole.mean() < 0.01


def test_the_original_holes_content_has_no_say(run: guina.Run) -> None:
    for size, box in HOLES.items():
        one, hole = texture(*size, seed=5), in_boxes(size, box)
        other = one.copy()
        other[hole] = 255 - other[hole]
        first, second = (run.predict(picture, options={"box": box})[0] for picture in (one, other))
        assert made_by(first) == made_by(second)


def jumps(made: np.ndarray, hole: np.ndarray) -> tuple[float, float]:
    """The mean difference of neighbours over the hole's edge, and of those that are known."""
    over, known = [], []
    for axis in (0, 1):
        size = made.shape[axis]
        first, second = (np.take(made.astype(int), range(start, size - 1 + start), axis) for start in (0, 1))
        of, to = (np.take(hole, range(start, size - 1 + start), axis) for start in (0, 1))
        apart = np.abs(first - second).mean(2)
        over.append(apart[of != to])
        known.append(apart[~of & ~to])
    return float(np.concatenate(over).mean()), float(np.concatenate(known).mean())


@pytest.mark.parametrize("size", [(200, 260), (300, 150)])
def test_what_is_scaled_meets_the_known_pixels_without_a_seam(run: guina.Run, size: tuple[int, int]) -> None:
    """Even where the network adds much: its weights are made large here."""
    half = guina.load(run.path).answering
    with torch.no_grad():
        half.nets["generator"].head.weight.normal_(0, 0.05, generator=torch.Generator().manual_seed(0))
    picture, box = texture(*size, seed=7), "50,60,60,50"
    hole = in_boxes(size, box)
    (answer,) = half.answers([picture], half.Options(box=box))
    made = pixels_of(made_by(answer))
    over, known = jumps(made, hole)
    assert over < 2 * known
    smooth = harmonic_fill(picture[None] / np.float32(255), hole[None])[0] * 255
    assert np.abs(made - smooth)[hole].max() > 20, "and it is not the harmonic fill alone"


def test_holes_of_every_kind_are_one_hole(run: guina.Run, tmp_path: Path) -> None:
    size, box = (91, 117), "40,30,40,30"
    picture, hole = texture(*size, seed=9, noise=0) // 2, in_boxes((91, 117), box)
    (tmp_path / "photos").mkdir()
    (tmp_path / "masks").mkdir()
    name = tmp_path / "photos" / "a.jpg"
    name.write_bytes(encoded(picture))
    painted = picture.copy()
    painted[hole] = (255, 0, 255)
    (tmp_path / "painted.png").write_bytes(encoded(painted))
    (tmp_path / "alpha.png").write_bytes(encoded(np.dstack([picture, np.where(hole, 0, 255).astype(np.uint8)])))
    for path in (tmp_path / "masks" / "a.png", tmp_path / "mask.png"):
        Image.fromarray(hole).save(path)
    ways = [
        (name, {"box": box}),
        (name, {"mask": str(tmp_path / "mask.png")}),
        (tmp_path / "photos", {"mask": str(tmp_path / "masks")}),
        (tmp_path / "painted.png", {"hole_color": "#ff00ff"}),
        (tmp_path / "alpha.png", {}),
    ]
    found = [run.predict(thing, options=options)[0] for thing, options in ways]
    filled = [np.asarray(opened(made_by(answer)).convert("RGB")) for answer in found]
    for made in filled:
        np.testing.assert_array_equal(made, filled[0])
    assert all("fills 11% of the picture" in answer["note"] for answer in found)
    assert np.asarray(opened(made_by(found[-1])))[..., 3].min() == 255, "what was transparent is filled, and seen"


def test_without_a_hole_the_picture_comes_back_and_it_is_said(run: guina.Run, tmp_path: Path) -> None:
    Image.new("L", (40, 30)).save(tmp_path / "black.png")
    data = encoded(texture(30, 40), "JPEG")
    (answer,) = run.answering.answers([data], run.answering.Options(mask=str(tmp_path / "black.png")))
    np.testing.assert_array_equal(pixels_of(made_by(answer)), pixels_of(data))
    assert "there is no hole" in answer["note"]


def test_masks_that_do_not_fit_are_said_with_both_sizes_and_of_a_folder_each_by_itself(run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "masks").mkdir()
    for name in "abc":
        (tmp_path / "in" / f"{name}.png").write_bytes(encoded(texture(30, 40)))
    Image.fromarray(np.eye(30, 40) > 0).save(tmp_path / "masks" / "a.png")
    Image.new("1", (50, 50), 1).save(tmp_path / "masks" / "b.png")
    (tmp_path / "in" / "large.png").write_bytes(encoded(texture(50, 50)))
    *small, large = run.predict(tmp_path / "in", options={"mask": str(tmp_path / "masks" / "a.png")})
    assert all(answer.attachments for answer in small)  # one misfit ends no album
    assert "40×30 pixels, the picture 50×50" in large.error
    (tmp_path / "in" / "large.png").unlink()
    right, other, none = run.predict(tmp_path / "in", options={"mask": str(tmp_path / "masks")})
    assert right.attachments
    assert "50×50 pixels, the picture 40×30" in other.error
    assert "no mask of c.png" in none.error


def test_masks_may_have_the_folders_of_the_pictures(run: guina.Run, tmp_path: Path) -> None:
    for n, name in enumerate(("a", "b")):
        for kind in ("album", "masks"):
            (tmp_path / kind / name).mkdir(parents=True)
        (tmp_path / "album" / name / "1.png").write_bytes(encoded(texture(30, 40)))
        mask_HW = np.zeros((30, 40), bool)
        mask_HW[: 3 * (n + 1), :10] = True
        Image.fromarray(mask_HW).save(tmp_path / "masks" / name / "1.png")
    answers = run.predict(tmp_path / "album", options={"mask": str(tmp_path / "masks")})
    assert [answer.facts["note"] for answer in answers] == ["fills 2% of the picture", "fills 5% of the picture"]


def test_an_opaque_picture_without_a_mask_is_refused_with_how_to_name_one(run, tmp_path: Path, capsys) -> None:
    (tmp_path / "a.png").write_bytes(encoded(texture(30, 40)))
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as leaving:
            cli.main(["predict", str(run.path), str(tmp_path / "a.png"), *more])
        assert leaving.value.code == 2
        said = capsys.readouterr()
        for way in ("--mask", "--box", "--hole-color", "transparent"):
            assert way in said.out + said.err


def test_boxes_are_said_again_and_again_or_at_once(run: guina.Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(texture(30, 40)))
    made = []
    for flags in (["--box", "1,2,5,5; 20,3,6,9"], ["--box", "1,2,5,5", "--box", "20,3,6,9"]):
        asked, options = parse_predict([str(run.path), str(tmp_path / "a.png"), *flags])
        (answer,) = run.predict(*asked.inputs, options=options)
        made.append(made_by(answer))
    (at_once,) = run.predict(tmp_path / "a.png", options={"box": "1,2,5,5;20,3,6,9"})
    assert made == [made_by(at_once)] * 2


def test_the_command_fills_and_says_so(run: guina.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(texture(30, 40), "JPEG"))
    given = ["predict", str(run.path), str(tmp_path / "a.jpg"), "--box", "3,4,10,10", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as leaving:
        cli.main([*given, "--json"])
    assert leaving.value.code == 0
    (found,) = json.loads(capsys.readouterr().out)["answers"]
    assert (found["file"], found["note"]) == (str(tmp_path / "out" / "a.png"), "fills 8% of the picture")
    assert opened(tmp_path / "out" / "a.png").size == (40, 30)


def test_detail_is_what_is_added_to_the_mean(run: guina.Run) -> None:
    """Twice as much moves each pixel twice as far, where nothing is cut off; none leaves the generator's own fill."""
    half = guina.load(run.path).answering
    assert isinstance(half, InpaintAnswering)
    with torch.no_grad():
        half.nets["refiner"].head.weight.normal_(0, 0.2, generator=torch.Generator().manual_seed(0))
    picture, box = texture(18, 18, 3) // 2 + 64, "5,4,8,9"
    mean, once, twice = (
        pixels_of(made_by(next(half.answers([picture], half.Options(box=box, detail=much))))).astype(int)
        for much in (0, 1, 2)
    )
    assert np.abs(once - mean).max() > 8
    assert np.abs((twice - mean) - 2 * (once - mean)).max() <= 2
    hole = torch.from_numpy(in_boxes((18, 18), box))[None]
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
    with evaluating(*half.nets.values()):
        fill = ((half.means(x, hole)[0].permute(1, 2, 0) + 1) * 127.5).numpy()
    np.testing.assert_allclose(mean, fill.clip(0, 255), atol=0.51)


@pytest.mark.parametrize("much", [-1.0, 3.5, float("nan")])
def test_how_much_detail_can_be_asked_for_is_said(run: guina.Run, much: float) -> None:
    with pytest.raises(GuinaError, match=r"--detail .*\n*.*0 to 3"):
        run.predict(texture(18, 18), options={"box": "5,4,8,9", "detail": much})
