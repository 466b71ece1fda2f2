"""write as a user meets it: a text to a model that continues it, its scores, its report; against plain counts."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import guina
from guina import api
from guina.answering.render import as_lines
from guina.data.vocabulary import Bytes
from guina.errors import GuinaError
from guina.jobs.write.answering import WriteAnswering, WriteFitted, cut, language
from guina.jobs.write.learning import Write
from guina.jobs.write.settings import WriteOptions, WriteSettings
from guina.runtime import evaluating
from small_runs import hurry

SETTINGS = {"size": "tiny", "window": 32, "lanes": 8}


def verses(n: int, seed: int = 0) -> str:
    """Sentences of a small grammar, so that a good model has much to know: who, does, what, rhyming with the number."""
    rng = np.random.default_rng(seed)
    who, does = ["the old man", "a small cat", "our neighbour"], ["finds", "loses", "sells"]
    what = ["one stone", "two boats", "three hats"]
    lines = [f'{who[a]} {does[b]} {what[b]} and says "{what[b]}".' for a, b in rng.integers(0, 3, (n, 2))]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "verses.txt"
    path.write_text(verses(800))
    return path


@pytest.fixture(scope="module")
def run(text: Path, tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    out = tmp_path_factory.mktemp("runs") / "verses"
    return guina.train("write", text, steps=250, out=out, settings=SETTINGS, quiet=True)


def test_it_learns_more_than_counts_do(run: guina.Run):
    result = run.score()
    score, baselines = result["score"], result["baselines"]
    assert list(baselines) == ["unigram", "5-gram"]
    assert result["baseline"] == baselines["unigram"]
    assert score["nats_per_char"] < baselines["5-gram"]["nats_per_char"] < baselines["unigram"]["nats_per_char"]
    assert score["nats_per_char"] < 0.12  # two choices of three a line of some 50 characters cost .044
    assert score["bits_per_char"] == pytest.approx(score["nats_per_char"] / math.log(2))
    assert score["perplexity"] == pytest.approx(math.exp(score["nats_per_char"]), rel=1e-3)
    assert score["nats_per_char_fresh"] > score["nats_per_char"]
    assert set(score) >= {"nats_per_char_dynamic"}


def test_the_score_is_that_of_reading_the_text_once(run: guina.Run):
    job = run.judge.job
    assert isinstance(job, Write)
    records = job.read(run.folder.info["source"], ("train", "val"))
    units = job.arrays(records.only("val")).all("unit")
    with evaluating(*run.nets.values()):
        logits, _ = language(run.nets)(torch.from_numpy(units[None, :-1]))
    nats = torch.nn.functional.cross_entropy(logits[0], torch.from_numpy(units[1:]), reduction="mean")
    assert run.score()["score"]["nats_per_char"] == pytest.approx(float(nats), rel=2e-3)


def test_it_continues_a_prompt_in_kind_and_the_same_way_for_a_seed(run: guina.Run):
    options = {"length": 200, "temperature": 0.5}
    (one,), (two,) = run.predict("the old man ", options=options), run.predict("the old man ", options=options)
    assert one == two
    assert len(one["answer"]) == 200
    known = set(verses(800).split())
    words = one["answer"].split()[1:-1]
    assert sum(word in known for word in words) > 0.9 * len(words)
    assert run.predict("the old man ", options=options | {"seed": 5})[0]["answer"] != one["answer"]
    assert "".join(as_lines(run.parts(["the old man "], options))) == "the old man " + one["answer"] + "\n"


def test_it_stops_where_it_is_told(run: guina.Run):
    (answer,) = run.predict("a small", options={"stop": "\n", "length": 500})
    assert "\n" not in answer["answer"]
    assert 0 < len(answer["answer"]) < 100


def test_the_next_unit_has_probabilities(run: guina.Run):
    (answer,) = run.predict('the old man finds one stone and says "one ston', options={"next": True})
    assert next(iter(answer["next"])) == "e"
    assert answer["next"]["e"] > 0.9
    assert sum(answer["next"].values()) <= 1 + 1e-6
    assert "e  " in "".join(as_lines(run.parts(["ston"], {"next": True})))


def test_characters_it_has_never_seen_are_named_and_do_no_harm(run: guina.Run):
    (answer,) = run.predict("the old 猫 man", options={"length": 20})
    assert answer["unknown"] == ["猫"]
    assert len(answer["answer"]) == 20
    assert "never seen '猫'" in "".join(as_lines(run.parts(["猫"], {"length": 3})))
    assert len(run.predict("", options={"length": 7})[0]["answer"]) == 7


def test_the_command_writes_streams_and_prints_json(run: guina.Run):
    command = [sys.executable, "-m", "guina", "predict", str(run.path), "the old", "--length", "30", "--seed", "3"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answers = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    assert shown == "the old" + answers["answers"][0]["answer"] + "\n"
    wrong = subprocess.run([*command, "--lenght", "3"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "--length" in wrong.stdout + wrong.stderr


def test_what_it_cannot_be_asked_for(run: guina.Run):
    with pytest.raises(GuinaError, match="write cannot be asked for temprature"):
        run.predict("a", options={"temprature": 1})


def test_the_report_shows_surprise_samples_cells_and_reach(
    run: guina.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guina.jobs.write.inside.QUICK", 10)
    html = run.look(tmp_path / "report.html").read_text()
    for title in ("What it writes", "What surprised it", "Where the cost lies", "How far back the gradient reaches"):
        assert title in html, title
    assert "Cells that can be read" in html
    assert "expected" in html
    assert "forget gate f" in html


def test_check_counts_and_summary_prints(text: Path, tmp_path: Path):
    found = api.check("write", text, out=tmp_path / "check.html")
    html = (tmp_path / "check.html").read_text()
    assert "How it begins" in html
    assert verses(800)[:50].replace('"', "&quot;") in html or verses(800)[:50].replace('"', "&#34;") in html
    spaces = verses(800)[: int(0.9 * len(verses(800)))].count(" ")
    assert f"{spaces:,}" in html
    assert found["characters"] == {
        "train": int(0.9 * len(verses(800))),
        "val": len(verses(800)) - int(0.9 * len(verses(800))),
    }
    assert found["unit"] == "char"
    assert "weights" in api.summarize("write", text, SETTINGS)


@pytest.mark.parametrize("unit", ["byte", "bpe", "word"])
def test_other_units_compare_by_the_character(
    unit: str, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    settings = {**SETTINGS, "unit": unit, "cell": "gru", "window": 16, "lanes": 4}
    run = guina.train("write", text, steps=120, out=tmp_path / "run", settings=settings, quiet=True)
    result = run.score()
    assert result["score"]["nats_per_char"] < 0.7 * result["baseline"]["nats_per_char"]
    (answer,) = run.predict("the old man", options={"length": 40})
    assert len(answer["answer"]) == 40


def test_a_text_too_short_says_how_much_is_needed(tmp_path: Path):
    path = tmp_path / "short.txt"
    path.write_text("so short\n" * 10)
    with pytest.raises(GuinaError, match="too short a text"):
        guina.train("write", path, steps=3, out=tmp_path / "run", quiet=True)


def test_pieces_end_at_the_length_or_at_a_stop_string_across_them():
    assert "".join(cut(iter("abcdef"), 4, "")) == "abcd"
    assert "".join(cut(iter("abcdef"), 9, "cd")) == "ab"
    assert "".join(cut(iter("abcdef"), 3, "ef")) == "abc"
    assert "".join(cut(["abc", "abd"], 9, "bd")) == "abca"
    assert "".join(cut(["ab"], 9, "bx")) == "ab"


def test_characters_of_several_bytes_come_whole():
    half = WriteAnswering(WriteSettings(unit="byte"), WriteFitted(Bytes(), units=0), {})
    units = iter("aé🙂b".encode())
    assert list(half.texts(units, 10)) == ["a", "é", "🙂", "b"]


def test_the_more_passes_the_more_is_left_out():
    job = Write(WriteSettings())
    left = [job.planned(passes).dropout for passes in (1, 15, 50)]
    assert left == sorted(left)
    assert left[0] == job.dropout == 0
    assert left[2] > left[1] > 0
    assert Write(WriteSettings(dropout=0.3)).dropout == 0.3


def test_options_have_defaults():
    assert WriteOptions().temperature > 0
