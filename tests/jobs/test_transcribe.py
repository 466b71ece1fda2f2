"""transcribe as a user meets it: recordings and texts to a model that transcribes, its scores, its answers."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import guina
from guina.answering.answer import Answer, Part
from guina.answering.render import as_json, as_lines
from guina.data.records import TEST, TRAIN, VAL
from guina.data.sounds import as_int16, decode
from guina.engine.metric import Metric
from guina.errors import GuinaError
from guina.jobs.transcribe import answering, learning, mixing, scores, targets, windows
from guina.jobs.transcribe.answering import TranscribeAnswering
from guina.jobs.transcribe.learning import Transcribe
from guina.jobs.transcribe.scores import TranscribeJudge
from guina.jobs.transcribe.settings import TranscribeOptions, TranscribeSettings
from guina.runtime import evaluating
from guina.word_errors import rates
from small_runs import trained
from some_sounds import put, tone

RATE = 8000
WORDS = ("ab", "cad", "dab", "bad")
TEXTS = [" ".join(pair) for pair in product(WORDS, WORDS)] + list(WORDS)


def noisy(text: str, seed: int) -> np.ndarray:
    """A text as tones in a little noise, 80 ms a letter; they are far apart, as training changes how high they are."""
    still = np.zeros(RATE // 10)
    said = [tone(0.08, RATE, 250 * 1.9 ** "abcd".index(letter), 0.3) if letter != " " else still for letter in text]
    wave = np.concatenate([still, *said, still])
    return wave + np.random.default_rng(seed).normal(0, 0.003, len(wave))


def write_clips(folder: Path, texts: list[str], split: str = "train", first: int = 0) -> None:
    lines = ["path\ttext\tspeaker"]
    for n, text in enumerate(texts, first):
        put(folder / split / f"{n}.wav", noisy(text, n), RATE)
        lines.append(f"{n}.wav\t{text}\t{'ann' if n % 3 else 'ben'}" if split == "test" else f"{n}.wav\t{text}\t")
    (folder / split / "transcripts.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_clips(folder, [*(TEXTS * 4)[:80], *[""] * 6])  # in some nobody speaks
    write_clips(folder, TEXTS[::2], "test", 100)
    return folder


@pytest.fixture(scope="module")
def run(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """A run that has learned four words by their letters."""
    place = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixing, "JOINED", 0.5)  # in so few steps too few pauses would be heard
        patch.setattr(learning, "BEGUN", 0.0)
        patch.setattr(learning, "GROWN", 0.5)
        return trained("transcribe", clips, place / "run", 200, size="tiny", unit="char")


def half(run: guina.Run) -> TranscribeAnswering:
    found = run.answering
    assert isinstance(found, TranscribeAnswering)
    return found


# --- what it learns ---


def test_it_learns_to_spell_what_it_hears(run: guina.Run):
    result = run.score()
    assert result["split"] == "test"
    assert result["score"]["wer"] <= 0.1
    assert result["score"]["cer"] <= result["score"]["wer"]
    assert result["baselines"]["most frequent"]["wer"] > 0.5
    assert "nearest recording" in result["baselines"]
    assert any(note.startswith("2 speakers; of ") for note in result["notes"])
    assert any("times as fast as it was spoken" in note for note in result["notes"])


def test_a_loss_is_that_of_each_recording_alone(run: guina.Run):
    """The CTC loss of a batch against that of each recording without padding; at first nothing is changed in them."""
    job = run.judge.job
    assert isinstance(job, Transcribe)
    arrays = job.arrays(job.read(run.folder.info["source"], (TRAIN,)).only(TRAIN))
    draw = job.order(arrays, job.phases()[0]).at(0, 0)
    batch = job.batch(arrays, draw, torch.Generator().manual_seed(0))
    expected = 0.0
    with evaluating(*run.nets.values()):
        terms, _ = job.loss(run.nets, batch, None, 0, torch.Generator())
        for n in draw.index_B.tolist():
            (log_TV,) = half(run).log_probabilities(arrays.values("wave", np.array([n])))
            (units,) = arrays.values("units", np.array([n]))
            expected += float(
                torch.nn.functional.ctc_loss(
                    torch.from_numpy(log_TV)[:, None],
                    torch.from_numpy(units.astype(np.int64))[None],
                    [len(log_TV)],
                    [len(units)],
                    blank=job.fitted.blank,
                    reduction="sum",
                )
            )
    assert float(terms["nats"]) == pytest.approx(expected, rel=1e-3)


def test_no_two_looks_at_a_recording_are_the_same_and_each_keeps_room_for_its_text(run: guina.Run):
    job = run.judge.job
    assert isinstance(job, Transcribe)
    arrays = job.arrays(job.read(run.folder.info["source"], (TRAIN,)).only(TRAIN))
    draw = replace(job.order(arrays, job.phases()[0]).at(0, 0), done=0.9)
    one, two, again = (job.batch(arrays, draw, torch.Generator().manual_seed(seed)) for seed in (0, 1, 0))
    assert one["mel"].shape != two["mel"].shape or not torch.equal(one["mel"], two["mel"])
    assert torch.equal(one["mel"], again["mel"])
    moments_B = half(run).net.moments(one["frames"])
    assert (moments_B >= one["units_length"]).all()


@pytest.mark.parametrize(("unit", "kind"), [("auto", "char"), ("word", "word"), ("bpe", "bpe")])
def test_texts_are_cut_into_characters_unless_the_user_says(clips: Path, unit: Any, kind: str):
    job = Transcribe(TranscribeSettings(unit=unit))
    assert job.fit(job.read(str(clips), (TRAIN,)).only(TRAIN)).vocabulary.kind == kind


def test_recordings_that_are_too_long_to_learn_from_are_only_judged_by(clips: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(targets, "LONGEST", 0.5)
    job = Transcribe(TranscribeSettings(max_bad=1.0))
    records = job.read(str(clips), (TRAIN, TEST))
    assert 0 < max(records.only(TRAIN).columns["seconds"]) <= 0.5 < max(records.only(TEST).columns["seconds"])
    assert records.report.as_json()["skipped"][targets.TOO_LONG]["count"] == 86 - records.count(TRAIN)
    with pytest.raises(GuinaError, match="cut them at pauses"):
        Transcribe(TranscribeSettings()).read(str(clips), (TRAIN, TEST))


def test_more_sentences_teach_the_language_model_alone(clips: Path, tmp_path: Path):
    more = tmp_path / "more.txt"
    more.write_text("dad dad\ndad dad\ndad xyz\n" * 20)
    plain, taught = (Transcribe(TranscribeSettings(unit="char", text=text)) for text in ("", str(more)))
    records = plain.read(str(clips), (TRAIN,)).only(TRAIN)
    before, after = plain.fit(records), taught.fit(records)
    told = f"{more}: 40 of 60 lines teach the language model; the others have characters that no transcript has"
    assert records.report.problems[-1] == f"{told}, as “x”, “y”, “z” in “dad xyz”"
    assert before.vocabulary.facts() == after.vocabulary.facts()
    prefix = tuple(before.vocabulary.encode("da").tolist())
    d = int(before.vocabulary.encode("d")[0])
    assert after.language([prefix])[0, d] > before.language([prefix])[0, d] + 1


def test_more_sentences_are_read_as_transcripts_are(clips: Path, tmp_path: Path):
    """White space is a space, letters are composed: none of these lines is left out."""
    texts = ["dad\u00a0dad", "dad\tdad", " dad  dad\r"]
    (tmp_path / "odd.txt").write_bytes("\n".join(texts).encode())
    (tmp_path / "plain.txt").write_text("dad dad\n" * 3)
    taught = [
        Transcribe(TranscribeSettings(unit="char", text=str(tmp_path / f"{name}.txt"))) for name in ("odd", "plain")
    ]
    records = taught[0].read(str(clips), (TRAIN,)).only(TRAIN)
    odd, plain = (job.fit(records) for job in taught)
    prefix = tuple(odd.vocabulary.encode("dad ").tolist())
    assert torch.equal(odd.language([prefix]), plain.language([prefix]))
    assert f"{tmp_path / 'odd.txt'}: 3 of 3 lines teach the language model" in records.report.problems


def test_a_file_of_sentences_that_is_not_there_is_named(clips: Path):
    job = Transcribe(TranscribeSettings(text="no-such.txt"))
    with pytest.raises(GuinaError, match=r"no-such\.txt"):
        job.fit(job.read(str(clips), (TRAIN,)).only(TRAIN))


# --- answers ---


def test_words_have_the_times_at_which_they_were_said(run: guina.Run, tmp_path: Path):
    wave = np.concatenate([noisy("ab", 1), np.zeros(RATE), noisy("cad", 2)])
    (answer,) = run.predict(put(tmp_path / "a.wav", wave, RATE))
    assert answer["answer"] == "ab cad"
    first, second = answer["words"]
    length = len(noisy("ab", 1)) / RATE
    assert (first["word"], second["word"]) == ("ab", "cad")
    assert 0 <= first["start"] < first["end"] <= length + 0.2
    assert length + 0.9 <= second["start"] < second["end"] <= answer["seconds"] + 1e-6
    assert all(0 < word["probability"] <= 1 for word in answer["words"])


@pytest.mark.parametrize("beam", [0, 8])
def test_recordings_together_are_heard_as_each_alone(run: guina.Run, beam: int):
    waves = [(32767 * noisy(text, n)).astype(np.int16) for n, text in enumerate(["ab", "cad bad", "", "dab dab ab"])]
    ours = half(run)
    with evaluating(*ours.nets.values()):
        together = ours.transcribed(waves, beam)
        alone = [ours.transcribed([wave], beam)[0] for wave in waves]
    for one, other in zip(together, alone, strict=True):
        assert (one.text, one.path_T.tolist()) == (other.text, other.path_T.tolist())
        assert [word.facts() for word in one.words] == [word.facts() for word in other.words]


def test_a_run_that_is_opened_again_answers_the_same_to_the_bit(run: guina.Run, clips: Path):
    asked = sorted(str(path) for path in (clips / "test").glob("*.wav"))
    found = [[as_json(answer) for answer in some.predict(*asked)] for some in (run, guina.load(run.path))]
    assert found[0] == found[1]


def test_a_folder_is_heard_file_by_file_and_what_is_no_sound_is_said(run: guina.Run, tmp_path: Path):
    put(tmp_path / "in" / "b.flac", noisy("bad", 3), RATE, "FLAC")
    put(tmp_path / "in" / "a.wav", noisy("", 4), RATE)
    (tmp_path / "in" / "c.wav").write_bytes(b"no sound at all")
    answers = run.predict(tmp_path / "in")
    assert [Path(answer.input).name for answer in answers] == ["a.wav", "b.flac", "c.wav"]
    assert [answer.output for answer in answers] == ["", "bad", None]
    assert answers[2].error
    shown = "".join(as_lines(iter(answers)))
    assert "a.wav: (nothing)\n" in shown
    assert "b.flac: bad\n" in shown


def test_a_long_recording_comes_from_pause_to_pause(run: guina.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As it is heard whole, in windows and in little memory."""
    said = [TEXTS[n % len(TEXTS)] for n in range(70)]
    wave = np.concatenate([np.concatenate([noisy(text, n), np.zeros(RATE // 2)]) for n, text in enumerate(said)])
    path = put(tmp_path / "long.wav", wave, RATE)
    assert len(wave) / RATE > answering.WHOLE
    items = list(run.parts([path]))
    parts, answer = [item for item in items if isinstance(item, Part)], items[-1]
    assert isinstance(answer, Answer)
    assert len(parts) > 4
    assert "".join(part.text for part in parts) == f"{path}: {answer['answer']}"
    assert rates([answer["answer"]], [" ".join(said)])["wer"] < 0.1
    assert answer["seconds"] == pytest.approx(len(wave) / RATE, abs=0.1)
    times = [(word["start"], word["end"]) for word in answer["words"]]
    assert times == sorted(times)
    assert times[-1][1] > answer["seconds"] - 2


@pytest.mark.parametrize("beam", [0, 4])
def test_a_long_recording_is_judged_as_predict_hears_it(
    run: guina.Run, beam: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """In windows, with the words and times of the parts that predict gives; and no more than a window is heard."""
    monkeypatch.setattr(answering, "WHOLE", 4.0)
    ours, seconds, hear = half(run), list[float](), TranscribeAnswering.log_probabilities
    monkeypatch.setattr(windows, "MIDDLE", 6)

    def counted(self: TranscribeAnswering, waves: Any) -> list[np.ndarray]:
        seconds.append(len(waves) * max(map(len, waves)) / RATE)
        return hear(self, waves)

    monkeypatch.setattr(TranscribeAnswering, "log_probabilities", counted)
    texts = [TEXTS[n % len(TEXTS)] for n in range(20)]
    wave = np.concatenate([np.concatenate([noisy(text, n), np.zeros(RATE // 2)]) for n, text in enumerate(texts)])
    paths = [put(tmp_path / "long.wav", wave, RATE), put(tmp_path / "short.wav", noisy("ab", 1), RATE)]
    waves = [as_int16(decode(path, RATE).samples_N) for path in paths]
    with evaluating(*ours.nets.values()):
        long, short = ours.transcribed(waves, beam)
        (logs, _) = ours.heard(waves)
        parts = [one.text for one in ours.decoded(logs, beam)]
    *_, answer = run.parts([paths[0]], options={"beam": beam})
    assert isinstance(answer, Answer)
    assert long.text == answer["answer"] == " ".join(filter(None, parts))
    assert [word.facts() for word in long.words] == answer["words"]
    assert len(logs) > 1
    assert short.text == "ab"
    assert max(seconds) <= 6 + 2 * windows.MARGIN
    assert len(long.path_T) == sum(map(len, logs)) == pytest.approx(len(wave) / RATE / ours.fitted.step, abs=1)


def test_no_more_is_heard_at_once_than_some_seconds(run: guina.Run):
    ours = half(run)
    lengths = [1, *[RATE] * 40, *[20 * RATE] * 9, 55 * RATE, 55 * RATE, 60 * RATE, 61 * RATE, 500 * RATE]
    waves = [np.zeros(length, np.int16) for length in reversed(lengths)]
    short, long = ours.by_length(waves)
    assert [len(waves[n]) / RATE for n in long] == [61, 500]
    groups = list(ours.together(short, waves))
    assert [n for now in groups for n in now] == short
    for now in groups:
        assert len(now) <= answering.TOGETHER
        assert len(now) * max(len(waves[n]) for n in now) <= answering.PADDED * RATE
    assert len(groups) == 7, "16, 16 and 9 of a second at most; 6 and 3 of twenty; then two and one of a minute"


def test_a_long_recording_that_breaks_off_says_what_could_be_heard(run: guina.Run, monkeypatch: pytest.MonkeyPatch):
    def pieces(thing, rate, seconds, note):
        yield noisy("ab", 1).astype(np.float32)
        yield noisy("ab", 1).astype(np.float32)
        raise answering.BadSound("damaged")

    monkeypatch.setattr(answering, "pieces", pieces)
    *_, note, answer = run.parts(["x.wav"])
    assert isinstance(note, Part)
    assert note.note
    assert "could be heard: damaged" in note.text
    assert isinstance(answer, Answer)
    assert "could be heard: damaged" in answer["read as"][-1]
    assert "could be heard: damaged" in answer["incomplete"]
    assert answer["answer"].startswith("ab")


def test_a_recording_of_which_a_copy_broke_off_is_incomplete(run: guina.Run, tmp_path: Path):
    path = put(tmp_path / "a.wav", noisy("ab cad", 5), RATE)
    (whole,) = run.predict(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (half_of_it,) = run.predict(path)
    assert "incomplete" not in as_json(whole)
    assert as_json(half_of_it)["incomplete"].startswith("cut off")


def test_subtitles_are_written_where_they_are_asked_for(run: guina.Run, tmp_path: Path):
    path = put(tmp_path / "clip.wav", noisy("ab cad", 5), RATE)
    (answer,) = run.predict(path, options={"srt": True, "vtt": True}, out=tmp_path / "out")
    srt = (tmp_path / "out" / "clip.srt").read_text(encoding="utf-8")
    assert srt.startswith("1\n00:00:00,")
    assert "ab cad" in srt
    assert (tmp_path / "out" / "clip.vtt").read_text(encoding="utf-8").startswith("WEBVTT\n\n")
    assert as_json(answer)["srt"] == srt
    assert as_json(answer, tmp_path / "out")["srt"] == str(tmp_path / "out" / "clip.srt")
    json.dumps(as_json(answer))
    other = put(tmp_path / "more" / "clip.wav", noisy("bad", 6), RATE)
    run.predict(path, other, options={"srt": True}, out=tmp_path / "both")
    assert "ab cad" in (tmp_path / "both" / "clip.srt").read_text(encoding="utf-8")
    assert "bad" in (tmp_path / "both" / "clip-2.srt").read_text(encoding="utf-8"), "nothing is written over"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"unit": "letter"}, "there is no unit letter"),
        ({"size": "huge"}, "there is no size huge"),
        ({"dropout": 1.0}, "--dropout 1"),
        ({"rate": 100}, "--rate 100"),
    ],
)
def test_settings_that_are_none_are_named(settings: dict, message: str):
    with pytest.raises(GuinaError, match=message):
        Transcribe(TranscribeSettings(**settings))


def test_a_beam_below_nothing_is_refused(run: guina.Run, clips: Path):
    with pytest.raises(GuinaError, match="--beam -1"):
        run.predict(clips / "test" / "100.wav", options={"beam": -1})


# --- judging ---


def test_the_alarm_is_of_blanks_alone_and_not_too_early(run: guina.Run):
    judge = run.judge
    assert judge.alarm({"wer": 1.0, "silent": 1.0}, 0.1) == ""
    assert judge.alarm({"wer": 1.0, "silent": 0.9}, 0.5) == ""
    assert judge.alarm({"wer": 1.0, "silent": 1.0}, 0.2).startswith(
        "after 20% of the training nothing is heard but blanks"
    )


def test_an_alarm_is_said_once_and_written_down(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(TranscribeJudge, "alarm", lambda self, found, done: "it burns" if done > 0.3 else "")
    monkeypatch.setattr(TranscribeJudge, "validation_limit", 4)
    run = trained("transcribe", clips, tmp_path / "run", 4, size="tiny")
    events = [json.loads(line) for line in (run.path / "events.jsonl").read_text("utf-8").splitlines()]
    assert [event["why"] for event in events if event["event"] == "alarm"] == ["it burns"]


def test_the_search_is_what_is_best_on_validation_recordings(run: guina.Run):
    """Each weight and bonus tried again by hand: none is better than the chosen one."""
    judge, fitted = run.judge, half(run).fitted
    job = judge.job
    val = job.arrays(job.read(run.folder.info["source"], (TRAIN, VAL)).only(VAL))
    index_N = np.arange(len(val))
    ours, right = half(run), val.texts("text", index_N)
    with evaluating(*ours.nets.values()):
        logs = [log_TV for (log_TV,) in ours.heard(val.values("wave", index_N))]
        np.testing.assert_allclose(fitted.prior_V, np.exp(np.concatenate(logs)).mean(0), rtol=1e-4)
        found = {}
        for weight, bonus in scores.TRIES:
            how = replace(fitted, weight=weight, bonus=bonus)
            made = job.fitted_to(how).answering(run.nets).decoded(logs, TranscribeOptions().beam, timed=False)
            one = scores.scores_of([each.text for each in made], right)
            found[weight, bonus] = (one["wer"], one["cer"])
    assert found[fitted.weight, fitted.bonus] == min(found.values())


def test_the_report_has_the_path_over_the_sound(run: guina.Run, tmp_path: Path):
    page = run.look(tmp_path / "report.html").read_text(encoding="utf-8")
    for title in ("What it heard when", "How it fails", "By speaker", "How it learned", "What it is given"):
        assert title in page
    assert "<audio" in page


def test_metrics_are_all_told(run: guina.Run):
    known = {metric.name for metric in run.judge.metrics}
    assert all(isinstance(metric, Metric) for metric in run.judge.metrics)
    assert set(run.score(split=TEST)["score"]) <= known


def test_silence_is_nothing(run: guina.Run, tmp_path: Path):
    (answer,) = run.predict(put(tmp_path / "still.wav", 0 * tone(0.5, RATE), RATE))
    assert answer["answer"] == ""
    assert answer["words"] == []
