"""What is shown of a captioner: fog, covers and words beside plain loops; all panels of one that knows nothing."""

from collections.abc import Sequence
from math import exp, log

import numpy as np
import pytest
import torch

from guina.cider import Documents, cider_d
from guina.data import preprocess
from guina.data.arrays import Arrays
from guina.data.ragged import Several, Texts
from guina.engine.judge import Snap, a_line_each
from guina.jobs.caption.answering import CaptionAnswering, Captioned
from guina.jobs.caption.fitted import CaptionFitted
from guina.jobs.caption.inside import (
    CLEAR,
    FOG,
    FOGGY,
    breadth,
    called_for,
    covers,
    enlarged,
    how_widely,
    in_fog,
    named_probabilities,
    under_covers,
    when_covered,
    where_it_looked,
)
from guina.jobs.caption.mistakes import called, words_it_sees
from guina.jobs.caption.panels import Shown, best_and_worst, caption_panels, over_training
from guina.jobs.caption.settings import CaptionSettings
from guina.jobs.caption.wording import learn_wording
from guina.look.page import render
from guina.panels import NBest, Strips, Table
from guina.runtime import evaluating

KINDS, THINGS, PLACES = ("dog", "cat", "bird", "horse"), ("runs", "sleeps", "eats"), ("grass", "snow", "sand", "ice")


def captions_of(count: int) -> list[list[str]]:
    return [
        [
            f"A {KINDS[n % 4]} {THINGS[n % 3]} on {PLACES[n * 7 % 4]}.",
            f"The {KINDS[n % 4]} {THINGS[n % 3]}.",
        ]
        for n in range(count)
    ]


def pixels_of(count: int, shape: tuple[int, int, int]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *shape)).astype(np.uint8)


def captioner(captions: Sequence[Sequence[str]], shape: tuple[int, int, int] = (16, 16, 3)) -> CaptionAnswering:
    """A network that has learned nothing, whose words differ in how much it likes them."""
    torch.manual_seed(0)
    fitted = CaptionFitted(
        learn_wording(captions),
        shape,
        flip=True,
        examples=len(captions),
        preprocess=preprocess.fit(torch.from_numpy(pixels_of(20, shape)), "standardize"),
        documents=Documents.of(captions),
    )
    chosen = CaptionSettings(size="tiny")
    nets = CaptionAnswering.build(chosen, fitted)
    with torch.no_grad():
        for net in nets.values():
            for weight in net.parameters():
                weight.add_(0.3 * torch.randn_like(weight))
    return CaptionAnswering(chosen, fitted, nets)


def shown_of(half: CaptionAnswering, captions: list[list[str]]) -> Shown:
    pixels_NHWC = pixels_of(len(captions), half.fitted.shape)
    made = half.captioned(pixels_NHWC)
    among = Documents.of(captions)
    each_N = cider_d([one.text for one in made], captions, among).each_N
    return Shown([f"{n}.png" for n in range(len(captions))], pixels_NHWC, captions, made, each_N, among)


def train_of(captions: Sequence[Sequence[str]]) -> Arrays:
    names = [str(n) for n in range(len(captions))]
    return Arrays({"caption": Several.of(captions, Texts.of)}, np.arange(len(captions)), names)


def said(text: str, p: float = 0.5, weight_YX: np.ndarray | None = None) -> Captioned:
    """A caption with the same attention at each word."""
    words = (*text.split(), "∎")
    weight_YX = np.full((2, 2), 0.25) if weight_YX is None else weight_YX
    return Captioned(text, words, np.stack([weight_YX] * len(words)), ((text, p),))


def shown_as(texts: Sequence[str], references: Sequence[Sequence[str]], each: Sequence[float]) -> Shown:
    """Pictures of which some texts are said, each likelier than the one before."""
    made = [said(text, (n + 1) / (len(texts) + 1)) for n, text in enumerate(texts)]
    pixels_NHWC = pixels_of(len(texts), (8, 8, 3))
    names = [f"{n}.png" for n in range(len(texts))]
    return Shown(names, pixels_NHWC, references, made, np.array(each), Documents.of(references))


# --- where it looked ---


def test_fog_lies_where_it_did_not_look():
    pixels_HWC = pixels_of(1, (120, 120, 3))[0]
    seen = in_fog(pixels_HWC, np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(seen[:15, :15], pixels_HWC[:15, :15])
    left = FOG + FOGGY * (pixels_HWC[80:, 80:].astype(float) - FOG)
    np.testing.assert_allclose(seen[80:, 80:], left, atol=0.51)
    alike = in_fog(pixels_HWC, np.full((3, 3), 1 / 9)).astype(float)
    part = FOGGY + (1 - FOGGY) / CLEAR
    np.testing.assert_allclose(alike, FOG + part * (pixels_HWC.astype(float) - FOG), atol=0.51)


@pytest.mark.parametrize("shape", [(16, 16, 1), (16, 20, 3), (16, 16, 4), (120, 130, 2)])
def test_pictures_of_all_kinds_are_enlarged_with_square_pixels(shape):
    pixels_HWC = pixels_of(1, shape)[0]
    large, times = enlarged(pixels_HWC), 7 if shape[0] == 16 else 1
    assert large.shape == (shape[0] * times, shape[1] * times, 3)[: 3 if shape[2] > 2 else 2]
    np.testing.assert_array_equal(
        large[::times, ::times], pixels_HWC[:, :, :3] if shape[2] > 2 else pixels_HWC[:, :, 0]
    )
    assert in_fog(pixels_HWC, np.ones((2, 3)) / 6).shape == large.shape


def test_breadth_is_a_share_of_the_places():
    for k in range(1, 7):
        weight_YX = np.zeros((2, 3))
        weight_YX.flat[:k] = 1 / k
        assert breadth(weight_YX) == pytest.approx(k / 6, abs=1e-5)
    one = np.array([[1.0, 0.0], [0.0, 0.0]])
    made = [said("a a", 0.5), said("a dog dog", 0.5, one), said("dog")]
    assert how_widely([*made, made[1]], "∎") == (
        "The words that look at the smallest part of it are “dog” (40%); at the largest, “a” (62%)."
    )
    assert not how_widely(made[:1], "∎")


# --- covers ---


def test_each_cover_hides_another_ninth():
    pixels_HWC = pixels_of(1, (16, 20, 3))[0]
    hidden = np.stack(list(covers(pixels_HWC))) != pixels_HWC
    changed_9HW = hidden.any(-1)
    assert len(changed_9HW) == 9
    assert (changed_9HW.sum(0) <= 1).all()
    assert changed_9HW.any(0).mean() > 0.95
    mean_C = pixels_HWC.reshape(-1, 3).mean(0).round()
    np.testing.assert_array_equal(next(covers(pixels_HWC))[0, 0], mean_C)
    np.testing.assert_array_equal(pixels_HWC, pixels_of(1, (16, 20, 3))[0])


def test_only_covers_that_change_what_is_said_are_shown():
    captions = captions_of(24)
    half = captioner(captions)
    with evaluating(*half.nets.values()):
        pixels_HWC = pixels_of(3, half.fitted.shape)[2]
        strip, count = under_covers(half, pixels_HWC)
        every = np.stack([pixels_HWC, *covers(pixels_HWC)])
        texts = [half.captioned(one[None], half.fitted.manner.__class__("greedy"))[0].text for one in every]
        panel = when_covered(half, shown_of(half, captions))
    assert strip.name == texts[0]
    assert count == sum(text != texts[0] for text in texts[1:])
    assert len(strip.pictures) == len(strip.captions) == 1 + min(count, 5)
    for caption in strip.captions[1:]:
        assert any(caption.startswith(text) for text in texts[1:] if text != texts[0])
    assert len(panel.strips) == 3


# --- words ---


def test_the_words_that_it_sees_are_judged_on_what_people_say():
    captions = captions_of(24)
    half = captioner(captions)
    wording = half.fitted.wording
    called_NW = called(captions, wording, half.fitted.place_V)
    for n, known in enumerate(captions):
        for w, number in enumerate(wording.named):
            assert called_NW[n, w] == any(wording.shown(number) in one.rstrip(".").split() for one in known)
    (table,) = words_it_sees(called_NW.astype(float), called_NW, wording)
    assert {row[2] for row in table.rows} == {row[4] for row in table.rows} == {"100%"}
    assert {str(row[0]) for row in table.rows} == {wording.shown(n) for n in wording.named}
    assert not list(words_it_sees(np.zeros((1, 2)), np.ones((1, 2), bool), wording)), "one picture tells nothing"


def test_words_that_are_called_for_stand_beside_how_many_say_them():
    captions = captions_of(24)
    half = captioner(captions)
    with evaluating(*half.nets.values()):
        shown = shown_of(half, captions)
        p_NW = named_probabilities(half, shown.pixels_NHWC)
    panel = called_for(shown, half.fitted.wording)
    first = panel.examples[0]
    assert first.answers[0].score == pytest.approx(p_NW[0].max(), abs=1e-6)
    for answer in first.answers:
        count = sum(answer.text in one.rstrip(".").split() for one in captions[0])
        assert answer.label == f"{count} of 2"


# --- lists of captions ---


def test_best_worst_and_surprising_captions_are_told_apart():
    texts = ["b", "a", "a", "e f", "c", "d", "c", "x", "y", "z", "v", "w"]
    each = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 0.0, 0.0, 0.3, 0.2, 0.1, 1.0]
    best, surprising, worst = best_and_worst(shown_as(texts, [[text] for text in texts], each))
    names = [[one.name for one in panel.examples] for panel in (best, surprising, worst)]
    assert names[0] == ["0.png", "1.png", "3.png", "4.png", "5.png"], "the same caption stands there once"
    assert names[1] == ["2.png · 48% a word"], "of the best third, what is not among the best"
    assert names[2] == ["7.png", "6.png", "10.png", "9.png", "8.png", "11.png"], "of equally bad ones the surest first"
    assert f"{exp(log(3 / 13) / 2):.0%}" == "48%"
    assert worst.says.startswith("2 of 12 captions have next to nothing in common")
    assert [one.answers[0].score for one in best.examples] == [9.0, 8.0, 6.0, 5.0, 4.0]


def test_captions_over_the_training_begin_with_silence():
    def snap(*texts: str) -> Snap:
        return {"pictures": pixels_of(2, (8, 8, 3)), "captions": a_line_each(texts), "references": "one\ntwo"}

    snaps = [(1, snap("", "")), (2, snap("", "")), (4, snap("a", "")), (8, snap("b", "c")), (9, {"other": "x"})]
    (panel,) = over_training(snaps)
    first, second = panel.examples
    assert [(one.label, one.text) for one in first.answers] == [("step 2", "–"), ("step 4", "a"), ("step 8", "b")]
    assert [one.text for one in second.answers] == ["–", "–", "c"]
    assert first.references == ["one"]
    assert "Until step 2 it learned to see, and said nothing" in panel.says
    assert not list(over_training(snaps[-1:]))
    (mute,) = over_training(snaps[:2])
    assert [one.text for one in mute.examples[0].answers] == ["–"]


# --- all panels ---


@pytest.mark.parametrize("shape", [(16, 16, 3), (24, 20, 1)])
def test_all_panels_of_a_captioner_are_drawn(shape):
    captions = captions_of(24)
    half = captioner(captions, shape)
    snaps = [
        (step, {"pictures": pixels_of(2, shape), "captions": text, "references": "a\nb"})
        for step, text in ((1, "\n"), (9, "a\nb"))
    ]
    with evaluating(*half.nets.values()):
        shown = shown_of(half, captions)
        made = list(caption_panels(half, shown, train_of(captions), snaps))
        again = list(caption_panels(half, shown, train_of(captions), snaps))
    titles = [panel.title for panel in made]
    assert titles[:3] == ["Where it looked at each word", "Best captions", "Most surprising captions"]
    for title in (
        "How it learned",
        "What it says when a part is covered",
        "Which words a picture calls for",
        "Words that it sees",
    ):
        assert title in titles
    page = render("run", "", [], made)
    assert page == render("run", "", [], again)
    for text in ("of 2", "∎", "People: A ", "CIDEr-D"):
        assert text in page
    looked = made[0]
    assert isinstance(looked, Strips)
    assert all(len(strip.pictures) == len(strip.captions) for strip in looked.strips)


def test_one_picture_of_which_nothing_is_said_is_enough():
    captions = [["a"]]
    half = captioner([["so"], ["so"]])
    assert not half.fitted.wording.named
    shown = shown_as([""], captions, [0.0])
    with evaluating(*half.nets.values()):
        shown = Shown(shown.names, pixels_of(1, half.fitted.shape), captions, shown.made, shown.each_N, shown.documents)
        made = list(caption_panels(half, shown, train_of(captions), []))
    assert render("run", "", [], made)
    assert all(panel.rows for panel in made if isinstance(panel, Table))
    assert [panel.title for panel in made if isinstance(panel, NBest)] == ["Best captions"]
    assert where_it_looked(shown, half.fitted.wording).strips[0].name == "nothing"
