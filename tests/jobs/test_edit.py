"""Editing with a run of generate: noise that comes back, classes and directions, what stays, what is refused."""

import errno
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression

import guina
from guina import commands, jobs
from guina.answering.answer import Answer
from guina.answering.base import Answering
from guina.errors import GuinaError
from guina.jobs.generate import editing, inverting
from guina.jobs.generate.answering import GenerateAnswering
from guina.jobs.generate.editing import Editor, edited
from guina.jobs.generate.edits import HIGH, LOW, EditOptions, decibels, file_names, with_rest
from guina.jobs.generate.inverting import Inverter
from guina.nets.directions import Direction, by_answers, by_weights, telling
from guina.nets.generator import NOISE, Generator, PictureShape
from guina.nets.inversion import PRIOR, Mismatch
from guina.nets.sampling import early, make, many_noises, noise_of, painted
from small_runs import hurry, trained

STEPS = 120  # of inverting


def silent(text: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module", autouse=True)
def _quickly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of its own, shorter lessons, fewer pictures."""
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        patch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(inverting, "LESSONS", 300)
        patch.setattr(inverting, "HELD_OUT", 32)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, _quickly: None) -> guina.Run:
    """Digits, 200 steps."""
    return trained("generate", "digits", tmp_path_factory.mktemp("edit") / "digits", 200, size="tiny")


@pytest.fixture(scope="module")
def editor(run: guina.Run) -> Editor:
    assert isinstance(run.answering, GenerateAnswering)
    return Editor(run, run.answering, silent)


@pytest.fixture(scope="module")
def digits(run: guina.Run) -> np.ndarray:
    """Pictures that it did not learn from."""
    job = run.judge.job
    return job.arrays(job.read("digits", ("test",))).first(12).all("pixels")


@pytest.fixture(scope="module")
def own(editor: Editor) -> tuple[np.ndarray, torch.Tensor]:
    """Pictures that the generator itself makes, and their classes."""
    class_N = torch.arange(6)
    with torch.inference_mode():
        return editor.half.make(noise_of(range(100, 106)), class_N), class_N


def picture_of(answer: Answer, what: str) -> np.ndarray:
    (found,) = (a for a in answer.attachments if a.name.endswith(what))
    return found.data


# --- inverting ---


def test_what_the_generator_makes_comes_back(editor: Editor, own: tuple[np.ndarray, torch.Tensor]) -> None:
    pixels, class_N = own
    guess, found = (editor.inverter(pixels, class_N, steps) for steps in (1, STEPS))
    assert found.error_N.mean() < 0.3 * guess.error_N.mean()
    assert np.median([decibels(error) for error in found.error_N]) > 25
    again = (found.made_NHWC.astype(float) - pixels) ** 2
    assert found.error_N == pytest.approx(again.mean((1, 2, 3)), rel=1e-5)
    with torch.inference_mode():
        assert np.array_equal(editor.half.make(found.z_NZ, found.class_N), found.made_NHWC)
    assert 0.1 < float(found.z_NZ.square().mean()) < 2  # as likely as noise is


def test_the_class_is_found_that_a_picture_comes_back_best_as(
    editor: Editor, own: tuple[np.ndarray, torch.Tensor]
) -> None:
    pixels, class_N = own
    found = editor.inverter(pixels, None, STEPS)
    assert found.class_N is not None
    assert int((found.class_N == class_N).sum()) >= 4
    assert np.median([decibels(error) for error in found.error_N]) > 22


def test_the_encoder_is_learned_once(run: guina.Run, editor: Editor) -> None:
    said: list[str] = []
    first = editor.inverter
    again = Inverter(editor.half.generator, editor.judge.features, said.append)
    assert said == []
    x = torch.zeros(2, 1, 8, 8)
    assert torch.equal(again.encoder(x, torch.tensor([0, 1])), first.encoder(x, torch.tensor([0, 1])))


def test_a_generator_without_classes_is_inverted_too(editor: Editor) -> None:
    torch.manual_seed(3)
    generator = Generator(PictureShape(8, 8, 1, size="tiny"))
    inverter = Inverter(generator, editor.judge.features, silent)
    with torch.no_grad():
        pixels = make(generator, noise_of([1, 2]))
    found = inverter(pixels, None, 40)
    assert found.class_N is None
    assert found.z_NZ.shape == (2, NOISE)
    assert all(weight.requires_grad for weight in generator.parameters())  # as it was


def test_the_mismatch_is_its_formula(editor: Editor) -> None:
    some, made, wanted = (torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(n)) for n in range(3))
    mismatch = Mismatch(lambda x: x.flatten(1)[:, :7] * 3, some)
    z = torch.full((5, NOISE), 2.0)
    pixels = ((made - wanted) ** 2).numpy().mean((1, 2, 3)) / some.numpy().var(0, ddof=1).mean()
    features = 9 * ((made - wanted) ** 2).flatten(1)[:, :7].sum(1).numpy()
    features /= 9 * some.flatten(1)[:, :7].numpy().var(0, ddof=1).sum()
    expected = pixels + 0.3 * features + PRIOR * 4
    assert mismatch(made, wanted, mismatch.features(wanted), z).numpy() == pytest.approx(expected, rel=1e-5)


# --- moving ---


def test_another_class_is_of_the_same_noise(editor: Editor, digits: np.ndarray) -> None:
    found = editor.inverted(digits, "", 20)
    made = editor.made(found, None, EditOptions(to="3"))
    with torch.inference_mode():
        assert np.array_equal(made, editor.half.make(found.z_NZ, torch.full((len(digits),), 3)))


def test_directions_of_weights_are_eigenvectors_by_another_library(editor: Editor) -> None:
    weight_FZ = editor.half.generator.first.weight.detach().numpy()[:, :NOISE].astype(np.float64)
    values, vectors = np.linalg.eigh(weight_FZ.T @ weight_FZ)
    for n, direction in enumerate(by_weights(editor.half.generator, 5), 1):
        expected = vectors[:, -n]
        assert direction.name == f"sefa {n}"
        assert abs(float(direction.step.numpy() @ expected)) == pytest.approx(1, abs=1e-5)
    assert (np.diff(values) >= 0).all()


def test_a_picture_moves_along_a_direction_of_noise_or_of_answers(editor: Editor) -> None:
    generator, z, of, by = editor.half.generator, noise_of([0, 1]), torch.tensor([4, 5]), torch.tensor([2.0, -1.0])
    with torch.no_grad():
        (sefa,) = by_weights(generator, 1)
        moved = z + by[:, None] * sefa.step
        assert torch.equal(sefa.moved(generator, z, of, by), early(generator, moved, of))
        (pca,) = by_answers(generator, many_noises(300, 1), torch.zeros(300, dtype=torch.long), 1)
        answers = early(generator, z, of)
        assert torch.allclose(pca.moved(generator, z, of, by), answers + by[:, None] * pca.step)
        many = early(generator, many_noises(300, 1), torch.zeros(300, dtype=torch.long))
        along = (many @ (pca.step / pca.step.norm())).std()
        assert float(pca.step.norm()) == pytest.approx(float(along), rel=1e-3)


@pytest.mark.parametrize("n", [4, 200])
def test_what_tells_examples_apart_is_what_another_library_finds(n: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.standard_normal((n, 16)) + 0.5, rng.standard_normal((n + 3, 16))
    direction, boundary = telling(torch.from_numpy(a).float(), torch.from_numpy(b).float())
    other = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000)
    other.fit(np.concatenate([a, b]).astype(np.float32).astype(float), np.r_[np.ones(n), np.zeros(n + 3)])
    size = np.linalg.norm(other.coef_[0])
    assert direction.numpy() == pytest.approx(other.coef_[0] / size, abs=1e-4)
    assert boundary == pytest.approx(-other.intercept_[0] / size, abs=1e-3)


# --- what stays ---


def test_what_an_edit_does_not_touch_is_the_original_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    x, made = rng.integers(0, 256, (2, 3, 64, 56, 3), np.uint8)
    moved = made.copy()
    moved[:, 20:40, 10:30] = 255 - moved[:, 20:40, 10:30]  # some of it is changed little, most of it much
    moved[:, :4] = np.clip(moved[:, :4].astype(int) + int(LOW), 0, 255)
    got, touched = with_rest(x, made, moved)
    assert np.array_equal(got[~touched], x[~touched])
    assert not touched[:, :18].any()
    assert not touched[:, 43:].any()
    much = np.abs(moved.astype(int) - made).max(3) >= HIGH
    assert np.array_equal(got[much], moved[much])
    assert touched[:, 20:40, 10:30].mean() > 0.9


def test_a_gentle_edit_keeps_all_detail() -> None:
    x = np.random.default_rng(0).integers(40, 200, (1, 16, 16, 1), np.uint8)
    made = np.full_like(x, 120)
    got, touched = with_rest(x, made, made + 15)
    assert touched.all()
    hidden = (15 - LOW) / (HIGH - LOW)
    assert np.abs(got - (x.astype(float) + 15 - hidden * (x.astype(float) - made))).max() <= 0.5


def test_real_pictures_are_edited_and_the_rest_stays(run: guina.Run, digits: np.ndarray) -> None:
    answers = run.edit(*digits, options={"to": "7", "steps": STEPS})
    kept = [(answer, x) for answer, x in zip(answers, digits, strict=True) if not answer.error]
    assert len(kept) >= 8
    for answer, x in kept:
        got, before = picture_of(answer, "-edited"), picture_of(answer, "-sheet")[:8, :8]
        assert np.array_equal(before, x)
        same = (got == x).all(2).mean()
        assert same >= 1 - answer["changed"]["pixels"] - 1e-9
        assert answer["reconstruction"]["psnr"] >= answer["reconstruction"]["least"]
        assert answer["classes"]["to"] == "7"
        assert f"{answer['classes']['of']} → 7" in answer["says"]
    told = [answer["classes"]["told"] for answer, _ in kept]
    assert told.count("7") > len(told) / 4  # of a generator that has learned for a second


def test_noise_is_refused(run: guina.Run, digits: np.ndarray) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
    wrong, *right = run.edit(noise, *digits[:6], options={"along": 1, "steps": STEPS})
    assert "beyond what this generator can make" in wrong.error
    assert "95 of 100 unseen pictures" in wrong.error
    assert not wrong.attachments
    assert sum(not answer.error for answer in right) >= 4


def test_far_from_its_data_a_run_refuses_nothing_and_says_so(
    run: guina.Run, digits: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise GuinaError("photos is not what it learned from", "the same", "put them back")

    monkeypatch.setattr(editing, "read_again", gone)
    (answer,) = run.edit(digits[0], options={"to": "1", "steps": 7})
    assert "none is refused: photos is not what it learned from" in answer["says"]
    assert "least" not in answer["reconstruction"]
    assert answer["reconstruction"]["unjudged"] == "photos is not what it learned from"


def test_a_full_disk_is_not_taken_for_data_that_are_gone(
    run: guina.Run, digits: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(editing, "read_again", full)
    with pytest.raises(GuinaError, match="the disk is full"):
        run.edit(digits[0], options={"to": "1", "steps": 6})


def test_no_two_edited_pictures_are_called_alike() -> None:
    assert file_names(["a/cat.jpg", "b/cat.jpg", "c/cat-2.jpg", "d/Cat.png"]) == ["cat", "cat-2", "cat-2-2", "Cat-3"]
    names = file_names([f"{n}/{name}" for n in range(9) for name in ("a.png", "A-2.png", "a-2-2.png", "a-3.png")])
    assert len({name.casefold() for name in names}) == len(names) == 36


# --- as a user meets it ---


def folder_of(path: Path, pixels_NHWC: np.ndarray) -> Path:
    path.mkdir(parents=True)
    for n, pixels in enumerate(pixels_NHWC):
        Image.fromarray(pixels[:, :, 0]).save(path / f"{n}.png")
    return path


def test_a_direction_from_two_folders(run: guina.Run, editor: Editor, tmp_path: Path) -> None:
    with torch.inference_mode():
        light = [editor.half.make(many_noises(40, 5), torch.full((40,), k)) for k in (0, 1)]
    some = np.concatenate(light)
    order = some.mean((1, 2, 3)).argsort()
    folders = folder_of(tmp_path / "with", some[order[-12:]]), folder_of(tmp_path / "without", some[order[:12]])
    options = {"examples": tuple(map(str, folders)), "steps": 40, "by": 4.0}
    (answer,) = run.edit(options=options, out=tmp_path / "out")
    strip = np.asarray(Image.open(tmp_path / "out" / "examples.png")).astype(float)
    assert strip[:, -9:].mean() > strip[:, :9].mean()  # lighter at the end
    assert "features move by" in answer["says"]
    with pytest.raises(GuinaError, match="3 at least"):
        run.edit(options=options | {"examples": (str(folders[0]), str(folder_of(tmp_path / "few", some[:2])))})


def test_without_a_picture_the_command_shows_the_directions(
    run: guina.Run, editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert commands.edit([str(run.path), "--seed", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"sefa {n}" for n in range(1, 7)]
    assert all("features move by" in line for line in lines)
    strip = np.asarray(Image.open(tmp_path / "edits" / "sefa-2.png"))
    assert strip.shape == (9, 7 * 9)
    step = by_weights(editor.half.generator, 2)[1].step
    with torch.inference_mode():
        z = noise_of([4]) + torch.tensor([[-3.0], [0.0], [3.0]]) * step
        made = painted(editor.half.generator, early(editor.half.generator, z, editor.half.drawn_classes([4] * 3)))
    for n, at in enumerate((0, 3, 6)):
        assert np.array_equal(strip[:8, 9 * at : 9 * at + 8], made[n][:, :, 0])
    assert commands.edit([str(run.path), "--directions", "pca", "--along", "3", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer["input"] == "pca 3"
    assert answer["features"] > 0


def test_the_command_writes_what_it_edited(
    run: guina.Run, digits: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = folder_of(tmp_path / "in", digits[:5]), tmp_path / "out"
    words = [str(run.path), str(folder), "--along", "2", "--by", "-2", "--steps", str(STEPS), "--out", str(out)]
    assert commands.edit(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all("dB" in line for line in lines)
    assert commands.edit([*words, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["answers"]
    edits = [answer for answer in answers if "error" not in answer]
    assert len(edits) >= 3
    for answer in edits:
        name = Path(answer["input"]).stem
        assert answer["file"] == str(out / f"{name}-edited.png")
        assert np.asarray(Image.open(answer["file"])).shape == (8, 8)
        assert np.asarray(Image.open(out / f"{name}-sheet.png")).shape == (9, 27)
        assert {"reconstruction", "changed", "classes"} <= set(answer)


def test_only_noise_is_an_error(run: guina.Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 1), np.uint8)
    with pytest.raises(GuinaError, match="beyond what this generator"):
        commands.edit([str(run.path), str(folder_of(tmp_path / "n", noise)), "--to", "1", "--steps", str(STEPS)])
    with pytest.raises(GuinaError, match="not there"):
        commands.edit([str(run.path), str(tmp_path / "none.png"), "--to", "1"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x.png"], "nothing to do"),
        (["x.png", "--to", "eleven"], "there is no class eleven"),
        (["x.png", "--to", "1", "--of", "two"], "there is no class two"),
        (["x.png", "--along", "65"], "from 1 to 64"),
        (["x.png", "--along", "1", "--by", "nan"], "standard deviations"),
        (["x.png", "--along", "1", "--examples", "a", "b"], "one direction"),
        (["x.png", "--to", "1", "--steps", "0"], "at least 1"),
        (["--to", "1"], "no picture"),
    ],
)
def test_what_cannot_be_asked_for_is_said(run: guina.Run, words: list[str], message: str) -> None:
    with pytest.raises(GuinaError, match=message):
        commands.edit([str(run.path), *words])


def test_a_class_where_there_are_none_is_said(run: guina.Run) -> None:
    half = object.__new__(GenerateAnswering)
    half.fitted = SimpleNamespace(classes=())  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(GuinaError, match="knows no classes"):
        edited(run, half, ["x"], EditOptions(to="a"), silent)


def test_other_jobs_edit_nothing() -> None:
    other: Any = SimpleNamespace(folder=SimpleNamespace(info={"job": "write"}))
    half: Any = None
    with pytest.raises(GuinaError, match="a run of write edits no pictures"):
        edited(other, half, [], EditOptions(), silent)


def test_a_job_that_takes_marks_answers_as_it_predicts(run: guina.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Options:
        box: str = ""

    class Half(Answering):
        pass

    Half.Options = Options
    assert {option.name for option in fields(Half.Options)} == {"box"}
    asked: list[list[str]] = []
    monkeypatch.setattr(jobs, "answering_of_run", lambda name, own: (None, Half))
    monkeypatch.setattr(commands, "predict", lambda argv: asked.append(argv) or 0)
    words = [str(run.path), "x.png", "--box", "1,1,4,4"]
    assert commands.edit(words) == 0
    assert asked == [words]


def test_a_direction_has_a_name_and_a_step() -> None:
    assert not Direction("sefa 1", torch.zeros(3)).of_answers
