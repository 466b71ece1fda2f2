"""Scores are computed once for a model, its data and the code, and never for others."""

from pathlib import Path

import numpy as np
import pytest

import running
from guina.data.records import Records, Report
from guina.engine import kept as module
from guina.engine.job import Job
from guina.engine.kept import NAME, kept
from guina.runfolder import RunFolder
from toys import ToyGan


def records(fingerprint: str = "a", n: int = 3) -> Records:
    return Records([""] * n, np.zeros(n, np.int64), {}, None, fingerprint, Report())


@pytest.fixture
def folder(unbroken: dict[str, Path], tmp_path: Path) -> RunFolder:
    import shutil

    shutil.copytree(unbroken["toy-gan"], tmp_path / "run")
    return RunFolder(tmp_path / "run")


class Counting:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, float]:
        self.times += 1
        return {"score": 0.1 + self.times}


def test_the_same_score_is_computed_once(folder: RunFolder) -> None:
    compute = Counting()
    first = kept(folder, ToyGan, records(), "test", compute)
    assert kept(folder, ToyGan, records(), "test", compute) == first == {"score": 1.1}
    assert compute.times == 1


@pytest.mark.parametrize("what", ["data", "split", "examples", "code", "own job", "model"])
def test_whatever_a_score_depends_on_makes_it_another(what: str, folder: RunFolder, monkeypatch, tmp_path) -> None:
    compute = Counting()
    kept(folder, ToyGan, records(), "test", compute)
    how = {"data": records("b"), "examples": records(n=4)}.get(what, records())
    kind: type[Job] = ToyGan
    if what == "own job":  # written in this file
        kind = type("OwnJob", (ToyGan,), {"__module__": __name__})
    if what == "code":
        monkeypatch.setattr(module, "code", lambda: "another version")
    if what == "model":
        running.train("toy-gan", tmp_path / "other", seed=1)
        folder.model.rename(folder.path / "before")
        (tmp_path / "other/model").rename(folder.model)
    kept(folder, kind, how, "val" if what == "split" else "test", compute)
    assert compute.times == 2


def test_a_damaged_file_of_scores_is_written_anew(folder: RunFolder) -> None:
    (folder.path / NAME).write_text("{", "utf-8")
    compute = Counting()
    kept(folder, ToyGan, records(), "test", compute)
    kept(folder, ToyGan, records(), "test", compute)
    assert compute.times == 1


def test_where_nothing_can_be_kept_scores_are_given_all_the_same(folder: RunFolder, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(module, "write_atomic", full)
    assert kept(folder, ToyGan, records(), "test", Counting()) == {"score": 1.1}


def test_the_hash_of_the_code_is_that_of_the_sources(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text("1", "utf-8")
    (tmp_path / "sub/b.py").write_text("2", "utf-8")
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    module.code.cache_clear()
    one = module.code()
    (tmp_path / "sub/b.py").write_text("3", "utf-8")
    module.code.cache_clear()
    assert module.code() != one
    module.code.cache_clear()
