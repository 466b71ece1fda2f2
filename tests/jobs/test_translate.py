"""translate as a user meets it: pairs of texts to a model that translates, its scores, its answers."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import log_softmax

import guina
from guina.answering.render import as_json, as_lines
from guina.data.records import TRAIN
from guina.errors import GuinaError
from guina.jobs.translate import answering, learning, origins
from guina.jobs.translate.answering import TranslateAnswering, translator
from guina.jobs.translate.learning import Translate, pieces_for
from guina.jobs.translate.settings import TranslateOptions, TranslateSettings
from guina.runtime import evaluating
from small_runs import trained
from some_pairs import lines, write

NOUNS = {"Hund": "dog", "Baum": "tree", "Stein": "stone", "Tisch": "table"}
KINDS = {"alte": "old", "kleine": "small", "rote": "red", "neue": "new"}
VERBS = {"fällt": "falls", "steht": "stands", "brennt": "burns"}
PAIRS = [
    (f"Der {kind} {noun} {verb}.", f"The {KINDS[kind]} {NOUNS[noun]} {VERBS[verb]}.")
    for kind, noun, verb in product(KINDS, NOUNS, VERBS)
]
UNEQUAL = ["Der alte Stein brennt.", "Hund", "", "Der rote Baum steht. " * 4, "neue Tisch", "Der kleine Hund 猫 fällt."]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """A run that has learned a small grammar by its words."""
    place = tmp_path_factory.mktemp("words")
    path = write(place / "pairs.tsv", "de\ten\n" + lines(PAIRS))
    return trained("translate", path, place / "run", 60, size="tiny", unit="word")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """A run of characters that has learned next to nothing, from English to Chinese."""
    place = tmp_path_factory.mktemp("letters")
    signs = dict(zip([*KINDS.values(), *NOUNS.values(), *VERBS.values()], "老小红新狗树石桌倒站烧", strict=True))
    pairs = [(en, "".join(signs[word] for word in en[4:-1].split()) + "。") for _, en in PAIRS]
    path = write(place / "pairs.tsv", "english\tchinese\n" + lines(pairs))
    return trained("translate", path, place / "run", 2, size="tiny", unit="char")


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """A run of pieces of words, of terms: no target has four words; nothing says what the sides are."""
    place = tmp_path_factory.mktemp("pieces")
    path = write(place / "pairs.tsv", lines([(de[4:-1], en[4:-1]) for de, en in PAIRS]))
    return trained("translate", path, place / "run", 2, size="tiny", unit="bpe", pieces=300)


def half(run: guina.Run) -> TranslateAnswering:
    assert isinstance(run.answering, TranslateAnswering)
    return run.answering


# --- learning and scores ---


def test_it_learns_to_translate_what_it_has_not_seen(run: guina.Run):
    result = run.score()
    assert list(result["baselines"]) == ["copy", "word table"]
    assert result["score"]["exact"] > 0.6
    assert result["score"]["bleu"] > 80 > result["baseline"]["bleu"]
    assert all(np.isfinite(list(result["score"].values())))
    (answer,) = run.predict("Der neue Hund fällt.")
    assert answer["answer"] == "The new dog falls."


def test_the_signature_of_bleu_says_what_a_word_is(run: guina.Run, letters: guina.Run):
    assert any("tok:13a" in note for note in run.score()["notes"])
    assert any("tok:zh" in note for note in letters.score()["notes"])


def test_where_no_text_has_four_words_it_is_said_and_nothing_is_nan(pieces: guina.Run):
    result = pieces.score()
    assert any("four words" in note for note in result["notes"])
    for scores in (result["score"], *result["baselines"].values()):
        assert np.isfinite(list(scores.values())).all()
    assert result["score"]["sources"] > 0


def test_the_sides_have_the_names_of_the_columns(run: guina.Run, letters: guina.Run, pieces: guina.Run):
    named = [(half(one).fitted.source, half(one).fitted.target) for one in (run, letters, pieces)]
    assert named == [("de", "en"), ("english", "chinese"), ("", "")]


def test_a_step_learns_what_the_network_says_of_the_target(run: guina.Run):
    """The loss is the smoothed cross-entropy of each pair alone, its end included."""
    job = run.judge.job
    assert isinstance(job, Translate)
    records = job.read(run.folder.info["source"], (TRAIN,))
    arrays = job.arrays(records.only(TRAIN))
    order = job.order(arrays, job.phases()[0])
    batch = job.batch(arrays, order.at(0, 0), torch.Generator())
    expected = 0.0
    with evaluating(*run.nets.values()):
        terms, _ = job.loss(run.nets, batch, None, 0, torch.Generator())
        for n, (source, target) in enumerate(zip(batch["source"], batch["target"], strict=True)):
            source, target = source[: batch["source_length"][n]], target[: batch["target_length"][n]]
            assert source[-1] == target[-1] == job.fitted.end
            state = translator(run.nets).read(source[None], torch.tensor([len(source)]))
            begun = torch.cat([torch.tensor([job.fitted.start]), target[:-1]])
            log_TK = log_softmax(translator(run.nets).write(begun[None], state)[0][0], -1)
            said_T = torch.tensor([job.fitted.spoken.index(unit) for unit in target.tolist()])
            right = float(log_TK[torch.arange(len(target)), said_T].sum())
            expected -= (1 - learning.SMOOTHING) * right + learning.SMOOTHING * float(log_TK.mean(-1).sum())
    assert float(terms["nats"]) == pytest.approx(expected, rel=1e-4)


# --- answers ---


@pytest.mark.parametrize("name", ["run", "letters", "pieces"])
def test_a_run_that_is_opened_again_answers_the_same_to_the_bit(name: str, request: pytest.FixtureRequest):
    one = request.getfixturevalue(name)
    how = {"best": 3, "alignment": True}
    again = guina.load(one.path)
    found = [[as_json(answer) for answer in some.predict(*UNEQUAL, options=how)] for some in (one, again)]
    assert found[0] == found[1]
    assert half(again).fitted.unknown("Der 猫") == half(one).fitted.unknown("Der 猫")


@pytest.mark.parametrize("name", ["run", "letters", "pieces"])
@pytest.mark.parametrize("width", [1, 3])
def test_texts_together_are_translated_as_each_alone(name: str, width: int, request: pytest.FixtureRequest):
    """However long the others are: how long a translation may be is its own source's to say."""
    ours = half(request.getfixturevalue(name))
    with evaluating(*ours.nets.values()):
        together = ours.translated(UNEQUAL, width)
        alone = [ours.translated([text], width)[0] for text in UNEQUAL]
    assert [one.text for one in together] == [one.text for one in alone]
    for one, other in zip(together, alone, strict=True):
        assert (one.source, one.target) == (other.source, other.target)
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)
        np.testing.assert_allclose(one.attention_RC, other.attention_RC, atol=1e-5)


def test_the_best_are_different_and_the_first_of_them_is_the_answer(run: guina.Run):
    (answer,) = run.predict("Der alte Stein brennt.", options={"best": 4})
    best = answer["best"]
    assert len(best) == 4
    assert next(iter(best)) == answer["answer"] == "The old stone burns."
    assert all(0 < p <= 1 for p in best.values())
    assert sum(best.values()) <= 1 + 1e-6
    (made,) = half(run).translated(["Der alte Stein brennt."], 4, 4)
    assert np.exp(made.log_probability) == pytest.approx(best["The old stone burns."], rel=1e-4)
    (alone,) = run.predict("Der alte Stein brennt.")
    assert "best" not in alone.words()


def test_an_alignment_says_what_is_lost_without_each_word(run: guina.Run):
    """Against the network asked anew for each word, its embeddings set to 0 in the table itself."""
    text = "Der alte Stein brennt."
    (answer,) = run.predict(text, options={"alignment": True})
    found = answer["alignment"]
    assert found["source"] == ["Der", "alte", "Stein", "brennt", "."]
    assert found["target"] == ["The", "old", "stone", "burns", "."]
    assert "alignment" not in run.predict(text)[0].words()
    ours = half(run)
    (made,) = ours.translated([text], 5)
    net, fitted = ours.net, ours.fitted
    said = [fitted.spoken.index(unit) for unit in made.said]
    assert (len(made.read), len(made.said)) == (6, 5), "a unit is a word here, and the source has its end"

    def log_p() -> Tensor:
        state = net.read(torch.tensor([made.read]), torch.tensor([6]))
        log_TK = net.write(torch.tensor([[fitted.start, *made.said[:-1]]]), state)[0][0].log_softmax(-1)
        return log_TK[torch.arange(5), said]

    with evaluating(*ours.nets.values()):
        whole = log_p()
        for g in range(4):
            kept = net.embed.weight[made.read[g]].clone()
            assert made.read[g] not in made.said, "the table is the writer's too"
            net.embed.weight.data[made.read[g]] = 0
            lost = (1 - (log_p() - whole).exp()).clamp_min(0)
            net.embed.weight.data[made.read[g]] = kept
            np.testing.assert_allclose([row[g] for row in found["weights"]], lost, atol=2e-3)
    assert np.argmax(found["weights"], 1).tolist()[1:4] == [1, 2, 3], "old is from alte, and so on"


@pytest.mark.parametrize("name", ["run", "letters", "pieces"])
def test_an_alignment_has_the_letters_of_what_is_one_word_and_none_of_nothing(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    ours = half(request.getfixturevalue(name))
    for text in ("Größe", ""):
        (made,) = ours.translated([text])
        found = ours.origins(text, made)
        assert found.weights_KG.shape == (len(found.rows), len(found.columns))
        assert ((found.weights_KG >= 0) & (found.weights_KG <= 1)).all()
        if name == "pieces":
            assert "".join(found.columns).removeprefix("␣") == text
    (made,) = ours.translated(["Der alte Stein brennt. " * 3])
    together = ours.origins(made.text, made).weights_KG
    monkeypatch.setattr(origins, "AT_ONCE", 1)
    np.testing.assert_allclose(ours.origins(made.text, made).weights_KG, together, atol=1e-5)


def test_characters_that_no_source_has_are_named(run: guina.Run):
    first, second = run.predict("Der 猫 Hund", " Der Hund\n")
    assert first["unknown"] == ["猫"]
    assert "unknown" not in second.words(), "white space around a text is none of it"
    assert "never seen '猫'" in "".join(as_lines(run.parts(["猫"])))
    assert "\ufffd" not in first["answer"]


@pytest.mark.parametrize("name", ["run", "letters", "pieces"])
def test_texts_are_read_as_those_of_files_are(name: str, request: pytest.FixtureRequest):
    """Letters composed; bytes that are no text are characters that nobody knows."""
    one = request.getfixturevalue(name)
    composed, apart = one.predict("Der Hund fällt.", "Der Hund fa\u0308llt.")
    assert (apart.input, apart.output) == (composed.input, composed.output)
    (broken,) = one.predict("Der \udcff Hund")
    assert "\ufffd" in broken["unknown"]
    assert broken.input == "Der \ufffd Hund"


def test_of_a_text_too_long_it_is_said_how_much_is_read(run: guina.Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answering, "LONGEST", 7)
    whole, cut = run.predict("Der alte Stein brennt.", "Der alte Stein brennt. Der Hund steht.")
    assert "read" not in whole.words()
    assert cut["read"] == 7
    assert "note: only its first 7 units are read\n" in "".join(as_lines(run.parts([cut.input])))
    (made,) = half(run).translated([cut.input])
    assert made.source == ("␣Der", "␣alte", "␣Stein", "␣brennt", ".", "␣Der", "␣Hund")
    assert made.attention_RC.sum(1).tolist() == pytest.approx([1.0] * len(made.target), abs=1e-5)


def test_a_beam_finds_what_is_at_least_as_likely_for_its_length(letters: guina.Run):
    ours = half(letters)
    with evaluating(*ours.nets.values()):
        greedy, wide = (ours.translated(UNEQUAL, width) for width in (1, 8))

    def worth(made: answering.Translated) -> float:
        return made.log_probability / ((5 + len(made.target)) / 6) ** ours.fitted.length_penalty

    assert np.mean([worth(b) - worth(a) for a, b in zip(greedy, wide, strict=True)]) > 0


# --- units ---


def test_only_what_training_targets_have_is_ever_said(run: guina.Run, letters: guina.Run):
    for one in (run, letters):
        fitted, job = half(one).fitted, one.judge.job
        targets = job.read(one.folder.info["source"], (TRAIN,)).only(TRAIN).columns["target"]
        assert set(fitted.spoken) == {unit for units in fitted.encode(targets) for unit in units.tolist()}
        (answer,) = one.predict("Der alte Stein steht.")
        assert set(answer.output) <= set("".join(targets)) | {" "}
    assert not set(half(run).fitted.encode(["Hund Stein"])[0][:-1]) & set(half(run).fitted.spoken)


def test_the_units_are_those_that_were_asked_for(run: guina.Run, letters: guina.Run, pieces: guina.Run):
    assert [half(one).fitted.vocabulary.kind for one in (run, letters, pieces)] == ["word", "char", "bpe"]
    assert half(pieces).fitted.vocabulary.size == 300
    for one in (run, letters, pieces):
        fitted = half(one).fitted
        (units,) = fitted.encode(["  Der Hund. "])
        assert units[-1] == fitted.end
        if one is not letters:
            assert fitted.decode(units[:-1]) == "Der Hund."


def test_little_text_is_cut_into_characters_and_more_into_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write(tmp_path / "pairs.tsv", lines(PAIRS))
    job = Translate(TranslateSettings())
    train = job.read(path, (TRAIN,)).only(TRAIN)
    characters = sum(len(text) + 1 for side in ("source", "target") for text in train.columns[side])
    monkeypatch.setattr(learning, "LETTERS", characters)
    assert job.fit(train).vocabulary.kind == "char"
    monkeypatch.setattr(learning, "LETTERS", characters - 1)
    assert job.fit(train).vocabulary.kind == "bpe"


def test_the_more_words_the_more_pieces_within_bounds():
    assert pieces_for(["a"]) == learning.FEWEST
    assert pieces_for(["a b c d"] * 22_500) == 90_000 // learning.WORDS_A_PIECE
    assert pieces_for([" ".join("a" * 10**6)] * 5) == learning.MOST


def test_the_more_passes_the_more_is_left_out():
    left = [Translate(TranslateSettings(), epochs=passes).dropout for passes in (1, 5, 50)]
    assert left == sorted(left)
    assert len(set(left)) == 3
    assert Translate(TranslateSettings(dropout=0.0), epochs=50).dropout == 0


# --- what a user can mend ---


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pieces": -1}, "--pieces -1"),
        ({"dropout": 1.0}, "--dropout 1"),
        ({"dropout": float("nan")}, "--dropout nan"),
        ({"validation": 1.5}, "--validation 1.5"),
        ({"unit": "letter"}, "letter"),
        ({"size": "huge"}, "huge"),
        ({"source": "fr"}, "fr"),
        ({"encoding": "utf-9"}, "utf-9"),
    ],
)
def test_settings_that_cannot_be_are_errors(settings: dict[str, object], message: str, tmp_path: Path):
    path = write(tmp_path / "pairs.tsv", "de\ten\n" + lines(PAIRS))
    with pytest.raises(GuinaError, match=message):
        guina.train("translate", path, steps=1, out=tmp_path / "run", settings=settings, quiet=True)


@pytest.mark.parametrize("options", [{"beam": 0}, {"beam": -3}, {"best": 0}, {"best": -1}])
def test_translations_that_cannot_be_asked_for_are_errors(options: dict[str, int], run: guina.Run):
    ((name, value),) = options.items()
    with pytest.raises(GuinaError, match=f"--{name} {value}"):
        run.predict("Der Hund", options=options)


def test_options_that_there_are_not_are_errors(run: guina.Run):
    with pytest.raises(GuinaError, match="translate cannot be asked for bean"):
        run.predict("Der Hund", options={"bean": 3})
    assert TranslateOptions().beam > 1
