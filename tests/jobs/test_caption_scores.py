"""The judge of captions, with prepared ones: what is a reference, what stands beside, what is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sacrebleu
import torch
from torch import nn

from guina.bleu import bleu
from guina.cider import Documents, cider_d, consensus
from guina.data.arrays import Arrays
from guina.data.ragged import Ragged, Several, Texts
from guina.jobs.caption import scores
from guina.jobs.caption.answering import Captioned
from guina.jobs.caption.baseline import nearest, of_the_nearest, plain, usual_caption
from guina.jobs.caption.fitted import CaptionFitted, Manner
from guina.jobs.caption.scores import GREEDY, CaptionJudge, hashes
from guina.jobs.caption.wording import learn_wording
from guina.nets.captioner import Captioner, Shape

WORDS = ["dog", "cat", "man", "sits", "runs", "red", "big", "old", "grass", "beach", "ball", "stone"]


def sentences(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(4, 9))) for _ in range(n)]


@dataclass
class Fake:
    """A job and its answering half whose captions are prepared: a picture's first value is its number.

    Args:
        made: what is said of each picture; greedy search leaves out the last word.
        asked: how many pictures were captioned, and how.
    """

    made: list[str]
    fitted: CaptionFitted
    asked: list[tuple[int, Manner]] = field(default_factory=list)

    def answering(self, nets: Any) -> "Fake":
        return self

    def captioned(self, pixels_NHWC: np.ndarray, manner: Manner | None = None) -> list[Captioned]:
        assert manner is not None
        self.asked.append((len(pixels_NHWC), manner))
        texts = [self.made[int(p)] for p in pixels_NHWC[:, 0, 0, 0]]
        texts = [text.rpartition(" ")[0] for text in texts] if manner.search == "greedy" else texts
        named = tuple((word, 0.5) for word in WORDS[:3])
        return [Captioned(text, (), np.zeros((0, 1, 1)), ((text, 1.0),), named) for text in texts]

    def features(self, pixels_NHWC: np.ndarray) -> np.ndarray:
        angle_N = pixels_NHWC[:, 0, 0, 0] / 40
        return np.stack([np.cos(angle_N), np.sin(angle_N)], 1)


def pictures(captions: Sequence[Sequence[str]], fitted: CaptionFitted) -> Arrays:
    n = len(captions)
    pixels = np.zeros((n, 1, 1, 1), np.uint8)
    pixels[:, 0, 0, 0] = np.arange(n)
    words = [[fitted.wording.encode(text) for text in some] for some in captions]
    columns = {
        "pixels": pixels,
        "caption": Several.of(captions, Texts.of),
        "words": Several.of(words, lambda rows: Ragged.of(rows, np.int32)),
    }
    return Arrays(columns, np.arange(n), [f"{k}.png" for k in range(n)])


def nets(learned: bool = True) -> dict[str, nn.Module]:
    torch.manual_seed(0)
    writer = Captioner(Shape(words=9, places=(1, 1), channels=2, gist=2, width=8, heads=1))
    if learned:
        writer.bias.data[0] = 1.0
    return {"writer": writer}


@pytest.fixture
def data() -> tuple[Arrays, Fake]:
    """120 pictures with two captions each; of two in three a caption is nearly what is said of it."""
    captions = [[a, f"{b.capitalize()}."] for a, b in zip(sentences(120), sentences(120, 1), strict=True)]
    wording = learn_wording(captions)
    fitted = CaptionFitted(wording, (1, 1, 1), False, 120, documents=Documents.of(captions))
    other = sentences(120, 2)
    fake = Fake([known[0] if n % 3 else other[n] for n, known in enumerate(captions)], fitted)
    return pictures(captions, fitted), fake


def test_scores_are_of_small_letters_without_marks(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    found = CaptionJudge(fake).score(nets(), arrays)
    right = arrays.several("caption", np.arange(120))
    streams = [[plain(known[k]) for known in right] for k in range(2)]
    expected = sacrebleu.BLEU(tokenize="none", force=True).corpus_score(fake.made, streams)
    assert found["bleu4"] == pytest.approx(expected.score)
    assert found["cider_d"] == pytest.approx(cider_d(fake.made, right).score)
    assert found["bleu4_greedy"] < found["bleu4"]
    moved = [*fake.made[1:], fake.made[0]]
    assert found["cider_d_blind"] == pytest.approx(cider_d(moved, right).score)
    assert found["words_used"] == len({word for text in fake.made for word in text.split()})


def test_named_words_are_those_that_some_caption_has(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    expected = np.mean(
        [
            sum(any(word in plain(text).split() for text in known) for word in WORDS[:3]) / 3
            for known in arrays.several("caption", np.arange(120))
        ]
    )
    assert CaptionJudge(fake).score(nets(), arrays)["named"] == pytest.approx(expected)


def test_new_captions_are_those_that_no_training_picture_has(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    judge = CaptionJudge(fake, np.unique(hashes([text.upper() + "!" for text in fake.made[:30]])))
    expected = np.mean([text not in set(fake.made[:30]) for text in fake.made])
    assert judge.score(nets(), arrays)["new"] == pytest.approx(expected)
    assert judge.saved().tensors["known"].tolist() == judge.known_C.tolist()


def test_a_quick_look_is_greedy_and_what_was_said_is_remembered(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    judge, same = CaptionJudge(fake), nets()
    judge.score(same, arrays, 50)
    assert fake.asked == [(50, GREEDY)]
    judge.score(same, arrays)
    judge.notes(same, arrays)
    assert fake.asked[1:] == [(120, fake.fitted.manner), (70, GREEDY)]
    other = nets()
    other["writer"].bias.data[1] = 3.0
    judge.score(other, arrays, 50)
    assert fake.asked[-1] == (50, GREEDY), "other networks say something else"


def test_the_search_is_chosen_that_says_best(data: tuple[Arrays, Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    arrays, fake = data
    best = scores.MANNERS[1]
    said = fake.captioned

    def by_manner(pixels_NHWC: np.ndarray, manner: Manner | None = None) -> list[Captioned]:
        return said(pixels_NHWC, manner if manner == best else GREEDY)

    monkeypatch.setattr(fake, "captioned", by_manner)
    assert CaptionJudge(fake).conclude(nets(), arrays).manner == best


def test_better_is_what_is_better_by_both_scores() -> None:
    judge = CaptionJudge(SimpleNamespace())
    a = {"bleu4": 10.0, "cider_d": 0.3, "named": 0.1}
    assert judge.better(a, {**a, "cider_d": 0.2})
    assert judge.better(a, {**a, "bleu4": 9.0})
    assert not judge.better(a, a)
    nothing = {"bleu4": 0.0, "cider_d": 0.0}
    assert judge.better({**nothing, "named": 0.3}, {**nothing, "named": 0.2}), "while nothing is said"


def test_beside_it_stand_one_sentence_and_the_nearest_pictures(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    judge, right = CaptionJudge(fake), arrays.several("caption", np.arange(120))
    judge.score(nets(), arrays)
    quick, slow = (judge.baselines(arrays, arrays, thorough=thorough) for thorough in (False, True))
    assert list(quick) == ["one sentence"]
    assert list(slow) == ["one sentence", "nearest pictures"]
    usual = usual_caption(right, Documents.of(right))
    assert quick["one sentence"]["cider_d"] == pytest.approx(cider_d([usual] * 120, right).score)


def test_the_usual_caption_is_the_best_of_those_that_most_agree_with() -> None:
    right = [[text] for text in sentences(60)]
    flat, documents = [known[0] for known in right], Documents.of(right)
    near = consensus(flat, flat, documents)
    some = [flat[n] for n in np.argsort(-near, kind="stable")[:30]]
    best = max(some, key=lambda text: bleu([text] * 60, right, "none").score)
    assert usual_caption(right, documents) == best


def test_the_nearest_are_those_of_the_smallest_angle_and_their_consensus_is_said() -> None:
    rng = np.random.default_rng(0)
    ours, known = rng.normal(size=(5, 4)), rng.normal(size=(30, 4))
    near = nearest(ours, known, 7)
    centred = known - known.mean(0)
    for n in range(5):
        one = ours[n] - known.mean(0)
        cosines = [one @ other / np.linalg.norm(one) / np.linalg.norm(other) for other in centred]
        assert set(near[n].tolist()) == set(np.argsort(cosines)[-7:].tolist())
    right = [[a, b] for a, b in zip(sentences(30), sentences(30, 5), strict=True)]
    documents = Documents.of(right)
    for near_K, text in zip(near, of_the_nearest(near, right, documents), strict=True):
        flat = [text for m in sorted(near_K.tolist()) for text in right[m]]
        assert consensus([text], flat, documents)[0] == pytest.approx(consensus(flat, flat, documents).max())


def test_while_nothing_is_said_only_named_words_are_scored(
    data: tuple[Arrays, Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays, fake = data
    judge = CaptionJudge(fake)
    monkeypatch.setattr(judge, "named", lambda nets, arrays, some: 0.25)
    assert judge.score(nets(learned=False), arrays, 50) == {"bleu4": 0.0, "cider_d": 0.0, "named": 0.25}
    assert judge.notes(nets(learned=False), arrays) == ["the writer has learned nothing yet"]
    assert judge.snap(nets(learned=False), arrays)["captions"].split() == []
    assert fake.asked == []
    snap = judge.snap(nets(), arrays)
    assert len(snap["captions"].split("\n")) == len(snap["references"].split("\n")) == len(snap["pictures"]) == 8


def test_notes_say_how_it_was_done_and_why_to_doubt_it(data: tuple[Arrays, Fake]) -> None:
    arrays, fake = data
    said = CaptionJudge(fake).notes(nets(), arrays)
    assert said[0].startswith("bleu4 is sacreBLEU's nrefs:2|case:mixed|eff:no|tok:none|smooth:exp")
    assert said[0].endswith("captions by a beam of 5, length penalty 0.7")
    few = arrays.first(20)
    fake.fitted = replace(fake.fitted, manner=Manner("risk", sharpness=0.2))
    said = CaptionJudge(fake).notes(nets(), few)
    assert said[0].endswith("captions by least risk, sharpness 0.2")
    assert any("20 pictures are few" in line for line in said)
