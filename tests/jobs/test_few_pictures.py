"""Odd data for the picture jobs: a dozen pictures, test data alone, folders where guina itself wrote."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import guina
from guina import cli
from guina.answering.render import as_lines
from guina.engine import features
from guina.errors import GuinaError
from guina.jobs.generate.monitor import find_remedy
from guina.jobs.generate.scores import FEW, distances, novelty


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def pictures(folder: Path, n: int, classes: int = 0, side: int = 8) -> Path:
    rng = np.random.default_rng(n)
    for i in range(n):
        path = folder / ("abc"[i % classes] if classes else "") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (side, side, 3)).astype(np.uint8)).save(path)
    return folder


def finite(values: dict[str, float]) -> bool:
    return all(np.isfinite(value) for value in values.values())


def test_four_pictures_go_all_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = pictures(tmp_path / "four", 4)
    assert any("2 val pictures are few to judge by" in p for p in guina.check("generate", source)["problems"])
    monkeypatch.setattr(features, "STEPS", 20)
    run = guina.train("generate", source, steps=2, settings={"size": "tiny"}, out=tmp_path / "run", quiet=True)
    assert any("left out (kid, density, coverage, novelty)" in p for p in run.folder.info["data"]["problems"])
    found = run.score()
    assert set(found["score"]) == {"fd", "diversity"}
    assert finite(found["score"])
    assert list(found["baselines"]) == ["Gaussian", "training pictures"]
    for scores in found["baselines"].values():
        assert set(scores) <= {"fd", "diversity"}
        assert finite(scores)
    assert len(run.predict(1, 2)) == 2
    assert "What it may know by heart" in run.look(tmp_path / "page.html").read_text()


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("act", [guina.check, guina.train])
def test_fewer_than_four_pictures_are_refused_before_training(tmp_path: Path, n: int, act) -> None:
    with pytest.raises(GuinaError, match=r"to learn from and 1 to judge by[\s\S]*four in all"):
        act("generate", pictures(tmp_path / "few", n))


@pytest.mark.parametrize(("n", "least"), [(4, 2), (12, 2), (30, 6), (40, 6)])
@pytest.mark.parametrize("classes", [0, 2])
def test_a_few_pictures_are_judged_by_as_many_as_there_may_be(tmp_path: Path, n: int, least: int, classes: int) -> None:
    found = guina.check("generate", pictures(tmp_path / "few", n, classes))
    assert found["splits"]["val"] >= least
    assert found["splits"]["train"] >= n // 2


def test_scores_of_few_pictures_are_left_out_rather_than_no_number() -> None:
    rng = np.random.default_rng(0)
    fake = rng.standard_normal((200, 4))
    for n in (2, FEW - 1):
        assert set(distances(fake[:n] + 1, fake)) == {"fd", "diversity"}
        assert novelty(fake, fake[:n] + 1, fake) == {}
    assert set(distances(fake[:FEW] + 1, fake)) == {"fd", "kid", "density", "coverage", "diversity"}
    assert set(distances(np.ones((2, 4)), fake)) == {"fd"}  # copies: nothing is as diverse
    assert novelty(fake, fake[:FEW], fake) == {}  # copies of what is known


def test_the_monitor_does_without_scores_that_few_pictures_do_not_give() -> None:
    few = {"fd": 10.0}
    assert find_remedy(few | {"fd": 1e4}, few, {}, 0) is None
    assert find_remedy(few | {"fd": 20.0}, few, {"train/critic/loss": 1e-3}, 0) is not None


# --- test data alone ---


@pytest.mark.parametrize("job", ["classify", "generate"])
@pytest.mark.parametrize("layout", ["npz", "table", "folder"])
def test_test_data_alone_are_looked_at(tmp_path: Path, job: str, layout: str) -> None:
    if layout == "npz":
        x = np.random.default_rng(0).integers(0, 256, (12, 8, 8)).astype(np.uint8)
        np.savez(tmp_path / "d.npz", x_test=x, y_test=np.arange(12) % 3)
        source = tmp_path / "d.npz"
    else:
        source = pictures(tmp_path / "d" / ("test" if layout == "folder" else ""), 12)
        rows = "".join(f"{i}.png,{'abc'[i % 3]}\n" for i in range(12))
        (source / "test.csv").write_text(f"path,label\n{rows}")
        source = tmp_path / "d" if layout == "folder" and job == "generate" else source / "test.csv"
    found = guina.check(job, source, out=tmp_path / "page.html")
    assert (found["splits"]["test"], found["splits"]["train"]) == (12, 0)
    assert any("there are test pictures only" in problem for problem in found["problems"])
    assert "pictures of the test split" in found["lines"][0]
    assert "Contact sheet" in (tmp_path / "page.html").read_text()
    with pytest.raises(GuinaError, match=r"has only a split for test|there are no"):
        guina.train(job, source, steps=1, out=tmp_path / "run", quiet=True)


# --- what guina wrote itself ---


def test_pictures_that_were_made_do_not_become_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user stands in a folder of pictures, so that runs/ and samples/ lie among them."""
    faces = pictures(tmp_path / "faces" / "2024", 40)
    monkeypatch.chdir(faces)
    monkeypatch.setattr(features, "STEPS", 5)
    run = guina.train("generate", ".", steps=1, settings={"size": "tiny"}, quiet=True)
    assert run.path.is_relative_to("runs/generate")
    list(as_lines(run.parts([], {"n": 5})))
    assert len(list((faces / "samples").glob("*.png"))) == 5
    found = guina.check("generate", tmp_path / "faces")
    assert (found["found"], found["used"], found["skipped"]) == (40, 40, {})


# --- inputs that cannot be read ---


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, pictures, a folder of texts and an empty one."""
    root = tmp_path_factory.mktemp("finished")
    source = pictures(root / "p", 12, 2)
    guina.train("classify", source, steps=1, settings={"size": "tiny"}, out=root / "run", quiet=True)
    (root / "empty").mkdir()
    (root / "texts").mkdir()
    (root / "texts" / "a.txt").write_text("hello")
    return root


@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.parametrize(
    ("inputs", "code", "said"),
    [
        (["empty"], 2, "a folder without files (empty)"),
        (["texts"], 2, "unknown content, no picture that guina reads (texts/a.txt)"),
        (["gone.jpg", "texts"], 2, "none of 2 inputs could be read"),
        (["empty", "p/a/0.png"], 0, ""),
    ],
)
def test_predicting_nothing_is_an_error_of_the_command(finished: Path, monkeypatch, capsys, inputs, code, said, flags):
    monkeypatch.chdir(finished)
    with pytest.raises(SystemExit) as leaving:
        cli.main(["predict", "run", *inputs, *flags])
    out, err = capsys.readouterr()
    assert (leaving.value.code or 0, said in err) == (code, True)
    if not flags:
        assert len(out.splitlines()) == len(inputs)  # answers are printed before it fails
    else:
        assert ("error" if code else "answers") in json.loads(out)
