"""A run belongs to its data: others of the same name are another run's, and changed ones are not judged as its own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import guina
from guina import api, commands
from guina.bundle import read_folder, write_folder
from guina.errors import GuinaError
from guina.runfolder import RunFolder

TINY = {"size": "tiny", "batch": 16}


def draw(root: Path, kinds: dict[str, int], n: int = 10, seed: int = 0) -> Path:
    """Pictures of 12×12 pixels of one brightness a class, each with noise of its own."""
    rng = np.random.default_rng(seed)
    for kind, level in kinds.items():
        (root / kind).mkdir(parents=True)
        for i in range(n):
            pixels = np.clip(level + rng.normal(0, 12, (12, 12)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / kind / f"{i}.png")
    return root


def learn(data: str, **how) -> guina.Run:
    return guina.train("classify", data, steps=4, settings=TINY, quiet=True, **how)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of the same name with a finished run of the first."""
    root = tmp_path_factory.mktemp("place")
    draw(root / "pets/photos", {"cat": 60, "dog": 190})
    draw(root / "fruit/photos", {"ripe": 60, "unripe": 190}, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        learn("pets/photos")
    return root


@pytest.fixture
def here(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the place, which is the present folder."""
    shutil.copytree(place, tmp_path / "place")
    info = json.loads((tmp_path / "place/runs/classify/photos/run.json").read_text("utf-8"))
    info["place"] = str(tmp_path / "place/pets/photos")
    (tmp_path / "place/runs/classify/photos/run.json").write_text(json.dumps(info), "utf-8")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def test_resuming_with_other_data_of_the_same_name_is_another_run(here: Path) -> None:
    fruit = learn("fruit/photos", resume=True)
    assert fruit.path == Path("runs/classify/photos-2")
    assert fruit.judge.job.fitted.classes == ("ripe", "unripe")
    assert learn("pets/photos", resume=True).path == Path("runs/classify/photos")
    assert learn("fruit/photos", resume=True).path == Path("runs/classify/photos-2")
    assert learn(str(here / "fruit/photos"), resume=True).path == Path("runs/classify/photos-2")


def test_a_folder_of_a_run_that_is_named_outright_keeps_its_data(here: Path) -> None:
    with pytest.raises(GuinaError, match=r"learned from .*pets/photos, and .*fruit/photos holds other data"):
        learn("fruit/photos", resume=True, out="runs/classify/photos")


def test_a_finished_run_of_data_that_changed_since_is_no_answer(here: Path) -> None:
    shutil.copy("pets/photos/cat/0.png", "pets/photos/cat/new.png")
    Image.new("L", (12, 12), 77).save("pets/photos/cat/other.png")
    with pytest.raises(GuinaError, match=r"pets/photos, whose contents have changed since") as refused:
        learn("pets/photos", resume=True)
    assert "--resume" not in refused.value.mend


def test_names_keep_what_follows_a_dot_in_a_folder() -> None:
    assert api.name_of("v1.1") == "v1.1"  # nothing there: a sample's name


@pytest.mark.parametrize(
    ("name", "is_folder", "run"), [("v1.1", True, "v1.1"), ("book.txt", False, "book"), ("v1.2.csv", False, "v1.2")]
)
def test_what_a_run_is_called(name: str, is_folder: bool, run: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir() if is_folder else (tmp_path / name).write_text("x", "utf-8")
    assert api.name_of(str(tmp_path / name)) == run


def test_two_books_of_one_name_are_two_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("book.txt", "book.md"):
        words = ("".join(rng.choice(list("abcde"), 5)) for _ in range(900))
        Path(name).write_text("\n".join(words), "utf-8")
    how = {"steps": 2, "settings": {"size": "tiny", "window": 32}, "quiet": True, "resume": True}
    first, second = (guina.train("write", name, **how) for name in ("book.txt", "book.md"))
    assert (first.path.name, second.path.name) == ("book", "book-2")
    assert guina.train("write", "book.md", **how).path == second.path


def test_a_run_is_scored_on_its_own_data_wherever_one_stands(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = guina.load("runs/classify/photos").score()
    elsewhere = here / "elsewhere"
    draw(elsewhere / "pets/photos", {"cat": 190, "dog": 60}, seed=2)  # the same names, all wrong
    monkeypatch.chdir(elsewhere)
    assert guina.load("../runs/classify/photos").score() == expected
    monkeypatch.chdir(here)
    shutil.rmtree("pets")
    with pytest.raises(GuinaError, match="are gone: there is nothing at"):
        guina.load("runs/classify/photos").score()


def test_run_and_data_that_moved_together_are_found(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = guina.load("runs/classify/photos").score()
    moved = here.rename(here.with_name("moved"))
    monkeypatch.chdir(moved)
    assert guina.load("runs/classify/photos").score() == expected


@pytest.mark.parametrize("act", ["score", "look"])
def test_data_that_changed_since_are_not_judged_as_its_own(act: str, here: Path) -> None:
    report = here / "runs/classify/photos/report.html"
    report.write_text("the report of before", "utf-8")
    Image.new("L", (12, 12), 99).save("pets/photos/cat/3.png")
    with pytest.raises(GuinaError, match="is not what runs/classify/photos learned from"):
        getattr(guina.load("runs/classify/photos"), act)()
    assert report.read_text("utf-8") == "the report of before"


# --- nothing is executed ---

PAYLOAD = """
from pathlib import Path
Path(__file__).with_name("marker").touch()
"""


@pytest.mark.parametrize("where", ["run.json", "model.json"])
def test_a_run_folder_runs_nothing(where: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, evil = Path("runs/classify/photos"), here / "evil.py"
    evil.write_text(PAYLOAD, "utf-8")
    if where == "run.json":
        facts = json.loads((run / where).read_text("utf-8")) | {"job": str(evil)}
        (run / where).write_text(json.dumps(facts), "utf-8")
    else:
        files = read_folder(run / "model")
        facts = json.loads(files[where]) | {"job": str(evil)}
        write_folder(run / "model", files | {where: json.dumps(facts).encode()})
        assert "job" in json.loads(read_folder(run / "model")[where])
    for act in (
        lambda: commands.predict([str(run), "pets/photos/cat/0.png"]),
        lambda: commands.score([str(run)]),
        lambda: commands.look([str(run)]),
        lambda: guina.load(run).predict("pets/photos/cat/0.png"),
    ):
        with pytest.raises(GuinaError, match=r"evil\.py, which is none of guina's") as refused:
            act()
        assert "--job" in refused.value.mend
    assert not evil.with_name("marker").exists()


def test_a_named_file_of_another_job_does_not_open_a_run(here: Path) -> None:
    text = "from guina.jobs.classify.learning import Classify\nclass Mine(Classify):\n    name = 'mine'\n"
    Path("mine.py").write_text(text, "utf-8")
    with pytest.raises(GuinaError, match="the run is of the job classify, not of mine"):
        guina.load("runs/classify/photos", "./mine.py").predict("pets/photos/cat/0.png")
    with pytest.raises(GuinaError, match="the run is of the job classify, not of mine"):
        commands.predict(["runs/classify/photos", "pets/photos/cat/0.png", "--job=./mine.py"])


# --- a model is there when it was proven ---


def test_a_run_killed_before_its_model_was_proven_has_none(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from guina.engine import conclude

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(conclude, "prove", killed)
        with pytest.raises(Killed):
            learn("fruit/photos", out="half")
    assert not Path("half/model").exists()
    with pytest.raises(GuinaError, match="half is not finished") as refused:
        guina.load("half")
    assert "--resume" in refused.value.mend
    assert learn("fruit/photos", out="half", resume=True).predict("fruit/photos/ripe/0.png")


def test_a_run_killed_before_its_result_was_written_is_not_finished(here: Path) -> None:
    folder = RunFolder(Path("runs/classify/photos"))
    result = folder.read_status()["result"]
    folder.status(now=True, state="concluding", step=4, of=4)
    with pytest.raises(GuinaError, match="is not finished"):
        guina.load(folder.path)
    again = learn("pets/photos", resume=True)
    assert again.outcome["score"] == result["score"]


# --- a stream that is suspended changes nothing for its caller ---


def test_suspended_streams_leave_torch_as_it_was(here: Path) -> None:
    run = guina.load("runs/classify/photos")
    one = run.stream(["pets/photos/cat/0.png", "pets/photos/cat/1.png"])
    other = run.stream(["pets/photos/dog/0.png", "pets/photos/dog/1.png"])
    alone = [answer["answer"] for answer in run.predict("pets/photos/cat", "pets/photos/dog")]
    assert alone
    for stream in (one, other, one, other):
        next(stream)
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
        weight = torch.ones(2, requires_grad=True)
        weight.sum().backward()  # would fail on a tensor of inference mode
    one.close()
    assert list(other) == []
    assert not torch.is_inference_mode_enabled()
