"""The judge of translations, with prepared ones: what is a reference, what is remembered, what is said beside."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sacrebleu
import torch
from torch import nn

from guina.data.arrays import Arrays
from guina.data.ragged import Texts
from guina.jobs.translate import scores
from guina.jobs.translate.answering import Translated
from guina.jobs.translate.scores import TranslateJudge

WORDS = ["the", "a", "dog", "cat", "man", "sits", "runs", "on", "in", "red", "big", "old"]


@dataclass
class Fitted:
    """What the judge asks of what was fitted."""

    source: str = "de"
    target: str = "en"
    length_penalty: float = 1.0


@dataclass
class Fake:
    """A job and its answering half whose translations are prepared, by source and by width.

    Args:
        made: source → what beam search finds; greedy search finds the same without its last word.
        asked: how many texts were translated at a time, and how widely.
    """

    made: dict[str, str]
    fitted: Fitted = field(default_factory=Fitted)
    asked: list[tuple[int, int]] = field(default_factory=list)

    def answering(self, nets: Any) -> "Fake":
        return self

    def translated(self, texts: Sequence[str], width: int = 1, best: int = 1) -> list[Translated]:
        self.asked.append((len(texts), width))
        found = [self.made[text] if width > 1 else self.made[text].rpartition(" ")[0] for text in texts]
        return [Translated(text, 0.0, (), (), np.zeros((0, 0)), ((text, 0.0),)) for text in found]


def pairs(sources: Sequence[str], targets: Sequence[str]) -> Arrays:
    columns = {"source_text": Texts.of(sources), "target_text": Texts.of(targets)}
    return Arrays(columns, np.arange(len(sources)), [f"line {n + 1}" for n in range(len(sources))])


def sentences(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(4, 9))) for _ in range(n)]


def nets() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {"net": nn.Linear(2, 2)}


@pytest.fixture
def data() -> tuple[Arrays, Fake]:
    """150 sources, the first fifty of them with two translations; most translations are nearly right."""
    sources, right, second, other = (
        [f"Satz {n}" for n in range(150)],
        sentences(150),
        sentences(50, 1),
        sentences(150, 2),
    )
    made = {s: r if n % 3 else o for n, (s, r, o) in enumerate(zip(sources, right, other, strict=True))}
    return pairs(sources + sources[:50], right + second), Fake(made)


def test_all_translations_of_a_source_are_its_references(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    found = TranslateJudge(fake).score(nets(), arrays)
    sources = list(fake.made)
    texts, right = (arrays.texts(f"{side}_text", np.arange(200)) for side in ("source", "target"))
    second = dict(zip(texts[150:], right[150:], strict=True))
    streams = [right[:150], [second.get(source) for source in sources]]
    hypotheses = list(fake.made.values())
    assert found["bleu"] == pytest.approx(sacrebleu.corpus_bleu(hypotheses, streams).score)
    assert found["chrf"] == pytest.approx(sacrebleu.corpus_chrf(hypotheses, streams).score)
    shorter = [text.rpartition(" ")[0] for text in hypotheses]
    assert found["bleu_greedy"] == pytest.approx(sacrebleu.corpus_bleu(shorter, streams).score)
    assert found["chrf_greedy"] == pytest.approx(sacrebleu.corpus_chrf(shorter, streams).score)
    assert found["exact"] == pytest.approx(100 / 150)
    assert found["sources"] == 150
    assert fake.asked == [(150, 5), (150, 1)]
    assert set(found) == {metric.name for metric in TranslateJudge.metrics}


def test_while_it_trains_a_part_is_translated_greedily_against_all_references(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    judge = TranslateJudge(fake)
    found = judge.score(nets(), arrays, limit=40)
    assert fake.asked == [(40, 1)]
    assert set(found) == {"bleu", "chrf", "exact", "length_ratio"}
    assert found == judge.score(nets(), arrays, limit=40)  # always the same sources
    assert judge.score(nets(), arrays, limit=1000)["bleu"] == pytest.approx(judge.score(nets(), arrays)["bleu_greedy"])


def test_what_was_translated_is_remembered_until_the_weights_change(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    judge, net = TranslateJudge(fake), nets()
    first = judge.score(net, arrays)
    assert judge.of(fake).score(net, arrays) == first
    judge.notes(net, arrays)
    assert fake.asked == [(150, 5), (150, 1)]
    with torch.no_grad():
        for weight in net["net"].parameters():
            weight += 1
    judge.score(net, arrays)
    assert fake.asked == [(150, 5), (150, 1)] * 2


def test_of_many_sources_the_rest_is_translated_when_there_is_time(
    data: tuple[Arrays, Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays, fake = data
    judge, net = TranslateJudge(fake), nets()
    assert judge.slow_scores(net, arrays) == {}
    monkeypatch.setattr(scores, "FINAL", 60)
    assert judge.score(net, arrays)["sources"] == 60
    assert "judged on 60 of 150 different sources" in judge.notes(net, arrays)[-1]
    whole = judge.slow_scores(net, arrays)
    assert whole["sources"] == 150
    assert fake.asked == [(60, 5), (60, 1), (90, 5), (90, 1)]
    assert len(judge.notes(net, arrays)) == 1
    monkeypatch.setattr(scores, "MOST", 100)
    assert judge.slow_scores(net, arrays)["sources"] == 100


def test_the_notes_name_the_signature_and_what_is_doubtful(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    judge, net = TranslateJudge(fake), nets()
    judge.score(net, arrays)
    (said,) = judge.notes(net, arrays)
    assert "nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:" in said
    assert "chrf its nrefs:var" in said
    few = Fake({"1": "Zahl1", "2": "Zahl3"})
    judge = TranslateJudge(few)
    found = judge.score(net, pairs(["1", "2"], ["Zahl1", "Zahl2"]))
    assert found["bleu"] == 0
    assert found["chrf"] > 50
    assert all(np.isfinite(value) for value in found.values())
    _, none, too_few = judge.notes(net, pairs(["1", "2"], ["Zahl1", "Zahl2"]))
    assert "no translation here has four words" in none
    assert "2 sentences are few" in too_few


def test_chinese_translations_are_judged_as_chinese() -> None:
    right = [f"今天我们{a}去{b}看书。" for a in "再也都还" for b in ("公园", "学校", "商店")]
    made = {f"source {n}": text.replace("看", "买") for n, text in enumerate(right)}
    for target in ("zh", "answer"):
        judge = TranslateJudge(Fake(made, Fitted("en", target)))
        assert judge.score(nets(), pairs(list(made), right))["bleu"] > 50
        assert "tok:zh" in judge.notes(nets(), pairs(list(made), right))[0]


def test_copying_and_a_table_of_words_are_the_baselines() -> None:
    judge, english = TranslateJudge(Fake({})), sentences(300, 3)
    german = [" ".join(f"{word}x" for word in text.split()) for text in english]
    train, judged = pairs(german[:200], english[:200]), pairs(german[200:], english[200:])
    quick = judge.baselines(train, judged, thorough=False)
    assert list(quick) == ["copy"]
    assert quick["copy"]["bleu"] == pytest.approx(sacrebleu.corpus_bleu(german[200:], [english[200:]]).score)
    found = judge.baselines(train, judged, thorough=True)
    assert found["copy"] == quick["copy"]
    assert found["word table"]["bleu"] > 95  # each word has one translation
    assert found["word table"]["exact"] > 0.8
    assert judge.baseline_notes(train) == ""


def test_what_the_word_table_was_not_given_is_said(data: tuple[Arrays, Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "GIVEN", 50)
    arrays, fake = data
    assert TranslateJudge(fake).baseline_notes(arrays) == "the word table learned from 50 of 200 pairs"


def test_the_better_one_has_more_bleu_or_as_much_and_more_chrf() -> None:
    judge = TranslateJudge(Fake({}))
    assert judge.better({"bleu": 20.0, "chrf": 30.0}, {"bleu": 19.0, "chrf": 50.0})
    assert judge.better({"bleu": 0.0, "chrf": 30.0}, {"bleu": 0.0, "chrf": 20.0})
    assert not judge.better({"bleu": 0.0, "chrf": 20.0}, {"bleu": 0.0, "chrf": 20.0})


def test_a_snap_is_of_the_same_few_sources(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    snap = TranslateJudge(fake).snap(nets(), arrays)
    sources, references, made = (str(snap[name]).split("\n") for name in ("sources", "references", "translations"))
    assert len(sources) == len(references) == len(made) == scores.WATCHED
    assert (sources[0], sources[-1]) == ("Satz 0", "Satz 149")
    assert made == [fake.made[source].rpartition(" ")[0] for source in sources]
    assert references[0] == arrays.texts("target_text", np.array([0]))[0]


def test_a_text_of_several_lines_is_one_line_of_a_snap() -> None:
    judge = TranslateJudge(Fake({"a\nb": "c\nd e"}))
    assert judge.snap(nets(), pairs(["a\nb"], ["x\ny"])) == {
        "sources": "a b",
        "references": "x y",
        "translations": "c d",
    }


# --- what is set after the training ---


def test_the_length_penalty_is_the_one_that_translates_validation_texts_best():
    """A half that is right with a penalty of 1.5 alone, and says less with smaller and more with larger ones."""

    class Half:
        def __init__(self, fitted: Any) -> None:
            self.penalty = fitted.length_penalty

        def translated(self, sources: Sequence[str], width: int) -> list[Any]:
            extra = {0.5: -2, 1.0: -1, 1.5: 0, 2.0: 3}[self.penalty]
            words = [source.split() for source in sources]
            return [SimpleNamespace(text=" ".join((w + ["again"] * 3)[: len(w) + extra])) for w in words]

    class Fitting:
        def __init__(self, fitted: Any) -> None:
            self.fitted = fitted

        def fitted_to(self, fitted: Any) -> "Fitting":
            return Fitting(fitted)

        def answering(self, nets: Any) -> Half:
            return Half(self.fitted)

    texts = [f"the {n} dogs see {n + 1} red cats" for n in range(20)]
    columns = {"source_text": Texts.of(texts), "target_text": Texts.of(texts)}
    val = Arrays(columns, np.arange(20), texts)
    found = TranslateJudge(Fitting(Fitted())).conclude({}, val)
    assert found == replace(Fitted(), length_penalty=1.5)
