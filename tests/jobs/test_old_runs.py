"""A run of before the halves: its model/ holds what judges too, and there is no judge/. It opens and says the same."""

import json
import shutil
from pathlib import Path

import pytest

import guina
from guina.answering.render import as_json
from guina.bundle import load_tensors, read_folder, save_tensors, write_folder
from guina.engine import features
from guina.jobs.generate import scores
from guina.runs import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A generator of two steps, whose features learned three."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        patch.setattr(scores, "JUDGED", 100)
        out = tmp_path_factory.mktemp("new") / "run"
        return guina.train("generate", "digits", steps=2, settings={"size": "tiny"}, out=out, quiet=True)


def as_it_was(run: Run, to: Path) -> Run:
    """The same run as an older version would have stored it."""
    shutil.copytree(run.path, to)
    model, judge = read_folder(to / "model"), read_folder(to / "judge")
    facts, known = json.loads(model["model.json"]), json.loads(judge["judge.json"])
    facts["fitted"] |= {"learned_by": known["learned_by"]}
    tensors = load_tensors(model["model.safetensors"], "model")
    for name, tensor in load_tensors(judge["judge.safetensors"], "judge").items():
        tensors[name.replace("judge/", "fitted/", 1)] = tensor
    files = {"model.json": json.dumps(facts).encode(), "model.safetensors": save_tensors(tensors)}
    write_folder(to / "model", model | files)
    shutil.rmtree(to / "judge")
    (to / "scores.json").unlink(missing_ok=True)
    return guina.load(to)


def test_it_opens_and_says_the_same(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "JUDGED", 100)
    old = as_it_was(run, tmp_path / "old")
    assert [as_json(answer) for answer in old.predict(0, 1, 2)] == [as_json(answer) for answer in run.predict(0, 1, 2)]
    assert old.score() == run.score()
    assert old.nets.keys() == run.nets.keys() == {"critic", "generator"}
    for name, tensor in run.nets["critic"].state_dict().items():
        assert (old.nets["critic"].state_dict()[name] == tensor).all()


def test_what_answers_does_not_hold_what_judges(run: Run) -> None:
    tensors = load_tensors(read_folder(run.folder.model)["model.safetensors"], "model")
    assert {name.split("/")[1] for name in tensors} == {"generator"}
    assert {p.name for p in (run.path / "judge").iterdir()} == {"judge.json", "judge.safetensors", "manifest.json"}


def test_python_writes_pictures_where_it_is_told(run: Run, tmp_path: Path) -> None:
    answers = run.predict(3, 4, out=tmp_path / "made")
    assert sorted(path.name for path in (tmp_path / "made").glob("*.png")) == ["3.png", "4.png"]
    assert [answer.attachments[0].data.shape for answer in answers] == [(8, 8, 1)] * 2
