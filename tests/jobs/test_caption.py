"""The job caption on pictures of one colour: what each phase learns, how captions are searched for, what it answers."""

from collections.abc import Iterator
from dataclasses import replace
from math import exp
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

import guina
from guina.beam import Hypothesis
from guina.cider import Documents, cider_d
from guina.data.arrays import Arrays
from guina.data.order import Draw
from guina.data.records import TRAIN, VAL
from guina.engine.job import fit
from guina.errors import GuinaError
from guina.jobs.caption.answering import CaptionAnswering, middle_of, seen, seer, writes
from guina.jobs.caption.fitted import CaptionFitted, Manner
from guina.jobs.caption.learning import SMOOTHING, Caption
from guina.jobs.caption.settings import CaptionOptions, CaptionSettings, check_options
from guina.jobs.caption.wording import END, START, UNKNOWN
from guina.runtime import evaluating
from small_runs import trained
from some_captions import COLOURS, colour, coloured, table


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    place = tmp_path_factory.mktemp("caption")
    return trained("caption", coloured(place / "data"), place / "run", 200, size="tiny", validation=0.2)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Caption, Arrays]:
    """A job fitted to some pictures, and these."""
    data = coloured(tmp_path_factory.mktemp("ready") / "data", 8)
    job = Caption(CaptionSettings(size="tiny", dropout=0.0))
    return fit(job, job.read(str(data), (TRAIN, VAL)).only(TRAIN))


@pytest.fixture
def half(run: guina.Run) -> Iterator[CaptionAnswering]:
    answering = run.answering
    assert isinstance(answering, CaptionAnswering)
    with evaluating(*answering.nets.values()):
        yield answering


# --- learning ---


def test_it_says_the_colour_of_pictures_that_it_has_never_seen(run: guina.Run) -> None:
    answers = run.predict(*(colour(name, 1000 + n) for n, name in enumerate(COLOURS)))
    for answer, name in zip(answers, COLOURS, strict=True):
        assert answer.output in (f"A picture of {name} paper.", f"All of this is {name}.")


def plain_batch(job: Caption, train: Arrays, n: int = 4) -> dict[str, torch.Tensor]:
    return job.batch(train, Draw(np.arange(n), np.zeros(n, np.int64)), torch.Generator().manual_seed(0))


def test_a_batch_has_all_captions_of_its_pictures(ready: tuple[Caption, Arrays]) -> None:
    job, train = ready
    batch = plain_batch(job, train)
    assert batch["of"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    said = [text for known in train.several("caption", np.arange(4)) for text in known]
    for text, words_T in zip(said, batch["words"].tolist(), strict=True):
        end = words_T.index(END)
        assert job.fitted.wording.decode(words_T[:end]) == text
        assert set(words_T[end + 1 :]) <= {UNKNOWN}
    named = [job.fitted.wording.shown(n) for n in job.fitted.wording.named]
    for n, row_W in enumerate(batch["named"]):
        for word, share in zip(named, row_W.tolist(), strict=True):
            said = train.several("caption", np.array([n]))[0]
            assert share == sum(word in text.lower().strip(".").split() for text in said) / 2


def test_the_loss_of_words_is_that_of_each_caption_alone(ready: tuple[Caption, Arrays]) -> None:
    job, train = ready
    torch.manual_seed(0)
    nets = job.build()
    job.begin(nets, train)
    batch = plain_batch(job, train)
    batch["words"][3, 2] = UNKNOWN  # a word that is not known is neither asked for nor smoothed over
    with evaluating(*nets.values()):
        terms, _ = job.says(nets, batch, None, 0, torch.Generator())
        total = 0.0
        for n, words_T in enumerate(batch["words"].tolist()):
            map_1CYX, named_1W = seen(seer(nets), batch["x"][n // 2][None])
            gist_1G = torch.cat([map_1CYX.mean((2, 3)), named_1W], 1)
            state, before = writes(nets).see(map_1CYX, gist_1G), START
            for word in words_T[: words_T.index(END) + 1]:
                log_V, state = writes(nets).step(torch.tensor([before]), state)
                if word != UNKNOWN:
                    total += -(1 - SMOOTHING) * log_V[0, word].item() - SMOOTHING * log_V[0].mean().item()
                before = word
    assert terms["nats"].item() == pytest.approx(total, rel=1e-4)


def test_the_loss_of_seeing_is_each_words_own(ready: tuple[Caption, Arrays]) -> None:
    job, train = ready
    nets = job.build()
    job.begin(nets, train)
    batch = plain_batch(job, train)
    with evaluating(*nets.values()):
        terms, _ = job.sees(nets, batch, None, 0, torch.Generator())
        p_BW = torch.sigmoid(nets["eyes"](batch["x"])).double()
    expected = -(batch["named"] * p_BW.log() + (1 - batch["named"]) * (1 - p_BW).log()).sum()
    assert terms["nats"].item() == pytest.approx(expected.item(), rel=1e-4)


def test_each_phase_moves_its_own_network_alone(ready: tuple[Caption, Arrays]) -> None:
    job, train = ready
    nets = job.build()
    job.begin(nets, train)
    batch = plain_batch(job, train)
    for phase, player in zip(job.phases(), ("eyes", "writer"), strict=True):
        (turn,) = phase.turns
        assert (turn.players, list(phase.learners)) == ((player,), [player])
    kept = {name: value.clone() for name, value in nets["eyes"].state_dict().items()}
    nets["eyes"].train()
    terms, _ = job.says(nets, batch, None, 0, torch.Generator())
    terms["nats"].backward()
    assert all(torch.equal(kept[name], value) for name, value in nets["eyes"].state_dict().items()), "statistics too"
    assert nets["eyes"].training
    assert all(weight.grad is None for weight in nets["eyes"].parameters())
    assert all(weight.grad is not None for weight in nets["writer"].parameters())


@pytest.mark.parametrize(
    ("captions", "flip"), [(("a red disc", "a box"), True), (("a disc left of a box", "x"), False)]
)
def test_pictures_are_mirrored_unless_captions_speak_of_left_and_right(tmp_path, captions, flip) -> None:
    for n in range(6):
        Image.fromarray(colour("red", n)).save(tmp_path / f"{n}.png")
    table(tmp_path / "captions.csv", [(f"{n}.png", captions[n % 2]) for n in range(6)])
    job = Caption(CaptionSettings())
    records = job.read(str(tmp_path), (TRAIN, VAL)).only(TRAIN)
    assert job.fit(records).flip is flip
    assert Caption(CaptionSettings(flip="on")).fit(records).flip


def test_what_is_left_out_and_changed_goes_by_how_often_it_is_seen() -> None:
    job = Caption(CaptionSettings())
    found = [(job.planned(epochs).dropout, job.planned(epochs).augmentation) for epochs in (1, 6, 20, 60)]
    assert found == [(0.0, "light"), (0.1, "light"), (0.3, "medium"), (0.3, "strong")]
    assert Caption(CaptionSettings(dropout=0.5)).planned(60).dropout == 0.5


# --- searching and answering ---


def test_greedy_is_a_beam_of_one(half: CaptionAnswering) -> None:
    pixels_NHWC = np.stack([colour(name, 2000) for name in COLOURS])
    greedy = half.captioned(pixels_NHWC, Manner("greedy"))
    narrow = half.captioned(pixels_NHWC, Manner("beam", 1, 0.0))
    assert [one.text for one in greedy] == [one.text for one in narrow]


def test_a_caption_says_where_it_looked_and_is_as_probable_as_its_words(half: CaptionAnswering) -> None:
    pixels_NHWC = np.stack([colour(name, 2000) for name in COLOURS])
    for n, made in enumerate(half.captioned(pixels_NHWC, Manner("beam", 3, 0.0))):
        assert made.attention_TYX.shape[0] == len(made.words) == len(made.numbers) + 1
        np.testing.assert_allclose(made.attention_TYX.sum((1, 2)), 1, rtol=1e-4)
        map_1CYX, named_1W = half.see(half.fitted.prepare(torch.from_numpy(pixels_NHWC[n : n + 1])))
        state = writes(half.nets).see(map_1CYX, torch.cat([map_1CYX.mean((2, 3)), named_1W], 1))
        total, before = 0.0, START
        for word in (*made.numbers, END):
            log_1V, state = writes(half.nets).step(torch.tensor([before]), state)
            total, before = total + log_1V[0, word].item(), word
        assert made.others[0][0] == made.text
        assert made.others[0][1] >= exp(total) * 0.99, "other words may make the same text"


def test_risk_is_the_largest_expected_agreement(half: CaptionAnswering) -> None:
    wording = half.fitted.wording
    texts = ["A picture of red paper.", "A picture of blue paper.", "All of this is red.", "A picture of red."]
    logs = [-1.0, -1.3, -1.1, -2.0]
    found = [Hypothesis(tuple(wording.encode(t).tolist()[:-1]), log, log) for t, log in zip(texts, logs, strict=True)]
    assert half.fitted.documents is not None
    for sharpness in (0.0, 0.5, 2.0):
        weights = np.exp(sharpness * np.array(logs))
        gains = [
            sum(w * cider_d([a], [[b]], half.fitted.documents).score for b, w in zip(texts, weights, strict=True))
            for a in texts
        ]
        ordered = half.by_risk(found, sharpness)
        assert wording.decode(ordered[0].tokens) == texts[int(np.argmax(gains))]
        assert sorted(map(id, ordered)) == sorted(map(id, found))


def test_answers_have_others_where_they_are_asked_for(run: guina.Run) -> None:
    (one,) = run.predict(colour("red", 7), options={"best": 3})
    assert 1 < len(one.alternatives["best"]) <= 3
    assert next(iter(one.alternatives["best"])) == one.output
    assert [looked["word"] for looked in one.facts["looked"]][-1] == "∎"
    assert {"red"} <= set(list(one.facts["sees"])[:3])
    (greedy,) = run.predict(colour("red", 7), options={"search": "greedy"})
    assert greedy.alternatives == {}
    bad, good = run.predict(b"no picture", colour("blue", 1))
    assert bad.error
    assert good.output


def test_the_middle_of_where_it_looked() -> None:
    weight_YX = np.random.default_rng(0).random((3, 4))
    weight_YX /= weight_YX.sum()
    y = sum(weight_YX[r, c] * (r + 0.5) / 3 for r in range(3) for c in range(4))
    x = sum(weight_YX[r, c] * (c + 0.5) / 4 for r in range(3) for c in range(4))
    assert middle_of(weight_YX) == pytest.approx((y, x))


def test_what_was_fitted_is_stored_and_read_back(run: guina.Run) -> None:
    fitted: Any = run.answering.fitted
    again = CaptionFitted.restored(fitted.saved())
    assert replace(again, preprocess=None) == replace(fitted, preprocess=None)
    assert again.documents == Documents(fitted.documents.pictures, fitted.documents.counts)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Caption(CaptionSettings(dropout=1.0)), "--dropout 1"),
        (lambda: check_options(CaptionOptions(best=0)), "--best 0"),
        (lambda: check_options(CaptionOptions(best=21)), "--best 21"),
        (lambda: check_options(CaptionOptions(search="wide")), "--search wide"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_settings_that_are_none(make: Any, message: str) -> None:
    with pytest.raises(GuinaError, match=message):
        make()


def test_smoothing_is_as_torch_has_it() -> None:
    logits = torch.randn(3, 5, dtype=torch.float64)
    target = torch.tensor([1, 0, 4])
    whole = F.cross_entropy(logits, target, reduction="sum", label_smoothing=SMOOTHING)
    log = logits.log_softmax(-1)
    own = -(1 - SMOOTHING) * log[torch.arange(3), target].sum() - SMOOTHING * log.mean(1).sum()
    assert whole.item() == pytest.approx(own.item())
