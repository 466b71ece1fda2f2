"""What a colouriser answers: pictures of every kind and size, as bright as they were, in files of their own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import guina
from guina import commands
from guina.answering.render import as_json
from guina.data.lab import to_lab
from guina.data.originals import open_original
from guina.engine import features
from guina.errors import GuinaError
from guina.jobs.colorize.answering import CHANGED, ColorizeAnswering
from guina.jobs.colorize.hints import ALIKE, FAR, SCALE, Hint, follow_hints, hint_planes, no_hints
from guina.runtime import evaluating
from small_runs import trained
from some_photos import encoded, grey_of, made_by, opened, photos, rgb_of, texture


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """Of a few steps."""
    place = tmp_path_factory.mktemp("colorize")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        return trained("colorize", photos(place / "photos"), place / "run", 6, size="tiny")


@pytest.fixture(scope="module")
def loud(run: guina.Run) -> ColorizeAnswering:
    """The same with weights that colour strongly, and differently from place to place."""
    half = guina.load(run.path).answering
    assert isinstance(half, ColorizeAnswering)
    torch.manual_seed(0)
    with torch.no_grad():
        half.nets["generator"].head.weight.normal_(0, 2)
    return half


SIZES = [(184, 274), (1, 1), (33, 2001), (1, 7), (18, 18), (17, 300)]


def grey(size: tuple[int, int]) -> np.ndarray:
    return grey_of(texture(*size, seed=sum(size), noise=10))


@pytest.mark.parametrize("size", SIZES)
def test_brightness_is_kept_at_any_size(loud: ColorizeAnswering, size: tuple[int, int]) -> None:
    (answer,) = loud.answers([encoded(grey(size))])
    made = opened(made_by(answer))
    assert (made.size, made.mode, made.format) == (size[::-1], "RGB", "PNG")
    lab = to_lab(np.asarray(made))
    assert np.abs(lab[..., 0] - to_lab(np.repeat(grey(size)[..., None], 3, 2))[..., 0]).max() < 0.6
    assert np.abs(lab[..., 1:]).mean() > 3, "it is coloured"
    assert answer["size"] == f"{size[1]}×{size[0]}"


def variants() -> dict[str, tuple[bytes, str]]:
    """Pictures of every kind, and the format that they come back in."""
    shade, colour = Image.fromarray(grey((91, 60))), Image.fromarray(texture(91, 60, 3))
    deep = Image.fromarray(np.asarray(shade).astype(np.uint16) * 257)
    alpha = Image.fromarray(np.tile(np.arange(60, dtype=np.uint8) * 4, (91, 1)))
    see_through = colour.copy()
    see_through.putalpha(alpha)
    return {
        "LA": (encoded(Image.merge("LA", (shade, alpha))), "PNG"),
        "RGBA webp": (encoded(see_through, "WEBP", lossless=True, exact=True), "WEBP"),
        "P": (encoded(shade.convert("P")), "PNG"),
        "colour P": (encoded(colour.quantize(32)), "PNG"),
        "gif": (encoded(shade, "GIF"), "PNG"),
        "1": (encoded(shade.convert("1")), "PNG"),
        "16-bit": (encoded(deep), "PNG"),
        "16-bit tiff": (encoded(deep, "TIFF"), "TIFF"),
        "CMYK tiff": (encoded(colour.convert("CMYK"), "TIFF"), "TIFF"),
        "bmp": (encoded(shade, "BMP"), "BMP"),
        "webp": (encoded(colour, "WEBP", lossless=True), "WEBP"),
    }


@pytest.mark.parametrize("kind", variants())
def test_every_kind_keeps_its_format_size_brightness_and_transparency(loud: ColorizeAnswering, kind: str) -> None:
    data, suffix = variants()[kind]
    (answer,) = loud.answers([data])
    before, after = open_original(data), open_original(made_by(answer))
    assert opened(made_by(answer)).format == suffix
    assert after.pixels_HWC.shape == (91, 60, 3)
    assert np.abs(to_lab(rgb_of(data))[..., 0] - to_lab(after.pixels_HWC)[..., 0]).max() < 0.6
    assert (before.alpha_HW is None) == (after.alpha_HW is None)
    if before.alpha_HW is not None:
        np.testing.assert_array_equal(before.alpha_HW, after.alpha_HW)
    assert [note for note in before.said if note not in answer["note"]] == []
    assert ("its own colours were replaced" in answer.facts.get("note", "")) == (np.ptp(rgb_of(data), 2).max() > 12)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "CMYK"])
def test_lossy_files_stay_so_and_are_as_bright_up_to_their_losses(loud: ColorizeAnswering, kind: str) -> None:
    colour = Image.fromarray(texture(91, 60, 3))
    data = encoded(colour.convert("CMYK"), "JPEG", quality=95) if kind == "CMYK" else encoded(colour, kind, quality=90)
    (answer,) = loud.answers([data])
    assert opened(made_by(answer)).format == opened(data).format
    off = np.abs(to_lab(rgb_of(data))[..., 0] - to_lab(rgb_of(made_by(answer)))[..., 0])
    assert off.mean() < 1
    assert np.percentile(off, 99) < 2.5


def test_a_turned_photo_comes_out_upright_once(loud: ColorizeAnswering) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(grey((184, 274)), "JPEG", exif=exif, quality=95)
    (answer,) = loud.answers([data])
    made = opened(made_by(answer))
    assert (made.size, made.format, made.getexif().get(0x0112, 1)) == ((184, 274), "JPEG", 1)
    off = to_lab(np.asarray(made))[..., 0] - np.rot90(to_lab(np.repeat(grey((184, 274))[..., None], 3, 2))[..., 0], -1)
    assert np.abs(off).mean() < 1


@pytest.mark.parametrize("level", [0, 255])
def test_white_stays_white_and_black_black(loud: ColorizeAnswering, level: int) -> None:
    (answer,) = loud.answers([encoded(np.full((40, 50), level, np.uint8))], loud.Options(hint=("5,5,#ff0000",)))
    assert (rgb_of(made_by(answer)) == level).all()


def test_what_cannot_be_asked_for_is_said(run: guina.Run) -> None:
    for options, message in (
        ({"hint": "here,red"}, "--hint here,red"),
        ({"saturation": -1.0}, "--saturation -1"),
        ({"saturation": float("nan")}, "--saturation nan"),
    ):
        with pytest.raises(GuinaError, match=message):
            run.predict(grey((40, 60)), options=options)


def test_a_hint_outside_of_one_picture_is_that_pictures_answer(run: guina.Run, tmp_path: Path) -> None:
    for name, size in (("large", (60, 80)), ("small", (40, 60)), ("wide", (30, 70))):
        (tmp_path / f"{name}.png").write_bytes(encoded(grey(size)))
    answers = run.predict(tmp_path, options={"hint": "60,0,#ff0000"})
    large, small, wide = sorted(answers, key=lambda answer: answer.input)
    assert not large.error
    assert not wide.error
    assert "60,0 lies outside" in small.error
    assert "0,0 to 59,39" in small.error
    out = ["--out", str(tmp_path / "out")]
    with pytest.raises(GuinaError, match="60,0 lies outside"):  # as none can be answered
        commands.predict([str(run.path), str(tmp_path / "small.png"), "--hint", "60,0,#ff0000", *out])
    assert commands.predict([str(run.path), str(tmp_path), "--hint", "60,0,#ff0000", *out]) == 0
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == ["large.png", "wide.png"]


def test_hints_are_said_again_and_again_or_at_once(
    run: guina.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(grey((40, 60))))
    one, two, three = "10,10,#ff0000", "40,30,#0000ff", "50,5,#00ff00"
    digests = []
    for said in ([f"{one};{two};{three}"], [one, f"{two}; {three}"], [one, two, three], [three]):
        flags = [word for text in said for word in ("--hint", text)]
        assert commands.predict([str(run.path), str(tmp_path / "a.png"), "--json", *flags]) == 0
        digests.append(json.loads(capsys.readouterr().out)["answers"][0]["sha256"])
        for hint in (tuple(said), ";".join(said)):
            (answer,) = run.predict(tmp_path / "a.png", options={"hint": hint})
            assert as_json(answer)["sha256"] == digests[-1]
    assert len(set(digests[:3])) == 1
    assert digests[3] != digests[0]


def test_saturation_is_how_colourful_it_gets(loud: ColorizeAnswering) -> None:
    picture = encoded(grey((30, 40)))
    none, half, whole = (
        to_lab(rgb_of(made_by(next(loud.answers([picture], loud.Options(saturation=one)))))) for one in (0.0, 0.3, 0.6)
    )
    assert np.abs(none[..., 1:]).max() < 0.1
    assert 0 < np.abs(half[..., 1:]).mean() < np.abs(whole[..., 1:]).mean()


def with_contrast(half: ColorizeAnswering, contrast: float) -> ColorizeAnswering:
    return ColorizeAnswering(half.settings, half.fitted.at(half.fitted.temperature, contrast), half.nets)


def test_contrast_moves_colours_away_from_their_mean(loud: ColorizeAnswering) -> None:
    L_1HW = torch.from_numpy(to_lab(np.repeat(grey((18, 18))[..., None], 3, 2))[None, ..., 0].copy())
    with evaluating(*loud.nets.values()):
        plain, strong = (with_contrast(loud, one).colours(L_1HW, no_hints(1, 18, 18))[0].numpy() for one in (1.0, 1.6))
    for channel in (0, 1):
        mean = sum(plain[channel].ravel().tolist()) / plain[channel].size
        np.testing.assert_allclose(strong[channel], mean + 1.6 * (plain[channel] - mean), atol=1e-3)


def test_colours_are_as_hinted_at_whatever_the_contrast(loud: ColorizeAnswering) -> None:
    L_1HW = torch.from_numpy(to_lab(np.repeat(grey((18, 18))[..., None], 3, 2))[None, ..., 0].copy())
    planes = hint_planes([Hint(8, 8, (200, 40, 40))], (18, 18), 18, 18)
    asked = to_lab(np.array([200, 40, 40], np.uint8))[1:]
    known = planes[0, 2].numpy().reshape(9, 2, 9, 2).max((1, 3)) > 0
    assert 0 < known.sum() < known.size / 4
    with evaluating(*loud.nets.values()):
        for contrast in (1.0, 1.6):
            half = with_contrast(loud, contrast)
            made = half.colours(L_1HW, planes)[0].numpy()
            free = half.colours(L_1HW, no_hints(1, 18, 18))[0].numpy()
            off, was = (np.linalg.norm(one[:, known].T - asked, axis=1) for one in (made, free))
            assert off.mean() < 0.35 * was.mean()


def test_hints_reach_near_places_that_are_as_bright() -> None:
    """Beside plain loops over every place and every place that is known."""
    dice = torch.Generator().manual_seed(0)
    ab, L = torch.randn(1, 2, 8, 6, generator=dice) * 10, torch.rand(1, 16, 12, generator=dice) * 30
    planes = hint_planes([Hint(3, 5, (200, 40, 40)), Hint(10, 13, (20, 40, 240))], (16, 12), 16, 12)
    small = L[0].reshape(8, 2, 6, 2).mean((1, 3)).numpy()
    known = planes[0, 2].reshape(8, 2, 6, 2).mean((1, 3)).numpy()
    told = planes[0, :2].reshape(2, 8, 2, 6, 2).mean((2, 4)).numpy() * SCALE / np.maximum(known, 1e-6)
    expected = ab[0].numpy().copy()
    for y, x in np.ndindex(8, 6):
        moved, whole = np.zeros(2), 0.0
        for v, u in zip(*np.nonzero(known), strict=True):
            far = ((y - v) ** 2 + (x - u) ** 2) / (2 * (FAR * 6) ** 2)
            near = np.exp(-far - ((small[y, x] - small[v, u]) / ALIKE) ** 2 / 2)
            moved += near * (told[:, v, u] - ab[0, :, v, u].numpy())
            whole += near
        expected[:, y, x] += moved / max(1.0, whole)
    np.testing.assert_allclose(follow_hints(ab, L, planes)[0].numpy(), expected, rtol=1e-4, atol=1e-3)
    assert torch.equal(follow_hints(ab, L, no_hints(1, 16, 12)), ab)


def test_contrast_leaves_what_hints_changed(loud: ColorizeAnswering) -> None:
    L_1HW = torch.from_numpy(to_lab(np.repeat(grey((64, 64))[..., None], 3, 2))[None, ..., 0].copy())
    planes = hint_planes([Hint(3, 3, (200, 40, 40))], (64, 64), 64, 64)
    with evaluating(*loud.nets.values()):
        plain, strong = (with_contrast(loud, one).colours(L_1HW, planes)[0].numpy() for one in (1.0, 1.6))
        free = with_contrast(loud, 1.0).colours(L_1HW, no_hints(1, 64, 64))[0].numpy()
    far = np.ones((32, 32), bool)
    far[:24, :24] = False  # what is told of hints does not reach the rest
    moved = np.linalg.norm(strong - plain, axis=0)[far]
    apart, changed = free - free.mean((1, 2), keepdims=True), np.linalg.norm(plain - free, axis=0)[far]
    expected = 0.6 * np.exp(-changed / CHANGED) * np.linalg.norm(apart, axis=0)[far]
    np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=1e-3)


def test_what_is_no_picture_is_an_answer_that_says_so(run: guina.Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no picture")
    wrong, right = run.predict(tmp_path / "a.txt", grey((20, 20)))
    assert "no picture" in wrong.error
    assert not right.error


def test_the_original_is_never_overwritten(run: guina.Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(encoded(grey((20, 30))))
    kept = (tmp_path / "one" / "a.png").read_bytes()
    run.predict(tmp_path / "one", out=tmp_path / "one")
    run.predict(tmp_path / "two", out=tmp_path / "one")
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["a-2.png", "a-3.png", "a.png"]
    assert (tmp_path / "one" / "a.png").read_bytes() == kept
    for _ in range(2):  # what guina made it makes again, in the same place
        run.predict(tmp_path / "one" / "a.png", tmp_path / "two" / "a.png", out=tmp_path / "made")
        assert sorted(path.name for path in (tmp_path / "made").glob("*.png")) == ["a-2.png", "a.png"]
    first = (tmp_path / "made" / "a.png").read_bytes()
    run.predict(tmp_path / "made" / "a.png", out=tmp_path / "made", options={"saturation": 0.0})
    assert (tmp_path / "made" / "a.png").read_bytes() == first


def test_the_command_writes_files_or_json(run: guina.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "photo").write_bytes(encoded(grey((20, 30)), "JPEG"))  # its name does not say what it is
    given = [str(run.path), str(tmp_path / "in" / "photo"), "--out", str(tmp_path / "out")]
    assert commands.predict(given) == 0
    assert f"{tmp_path / 'out' / 'photo.jpg'}  30×20" in capsys.readouterr().out
    assert opened(tmp_path / "out" / "photo.jpg").size == (30, 20)
    assert commands.predict([*given[:2], "--json", "--hint", "3,4,#ff0000"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["answers"]
    assert {"input", "size", "sha256", "jpg"} <= set(found)
    assert as_json(run.predict(tmp_path / "in" / "photo")[0])["jpg"]
