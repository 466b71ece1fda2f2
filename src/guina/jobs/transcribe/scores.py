"""How good transcripts are: error rates of what a search hears, beside a guess and the nearest known recording.

Axes: N recordings.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from guina.answering.base import Nets
from guina.data.arrays import Arrays
from guina.engine.judge import Judge, Scores, Snap, a_line_each, digest_of
from guina.engine.metric import Metric
from guina.jobs.transcribe.answering import TranscribeAnswering
from guina.jobs.transcribe.baseline import Nearest, most_frequent, nearest
from guina.jobs.transcribe.fitted import TranscribeFitted
from guina.jobs.transcribe.inside import Paths
from guina.jobs.transcribe.panels import Heard, transcribe_panels
from guina.jobs.transcribe.settings import TranscribeOptions
from guina.jobs.transcribe.spoken import Transcribed, joined_texts
from guina.panels import Panel, spread
from guina.word_errors import align_words, by_speaker, cautions, characters_as_words, rates

FINAL = 500  # recordings that are transcribed at the end of a training
MOST = 5000  # recordings that `guina score` transcribes
WATCHED = 6  # recordings that are transcribed at moments of the training
TRIED, LEAST = 300.0, 20  # seconds of sound that searches are compared by, and recordings at least
TRIES = ((0.6, 0.6), (0.3, 0.3), (1.0, 1.0), (0.6, 0.0), (0.0, 0.0))  # of the language model's weight, and the bonus
EARLY = 0.15  # share of a training after which there should be more than blanks
GREEDY, BEAM = 0, TranscribeOptions().beam


@dataclass
class Memory:
    """What was found out last: it is asked for by scores, notes and panels alike.

    Args:
        weights: a hash of the networks, and of how they were searched.
        found: by width of the search and place of the recording, of the arrays last asked for.
        speed: seconds of sound a second.
    """

    arrays: Arrays | None = None
    weights: bytes = b""
    found: dict[tuple[int, int], Transcribed] = field(default_factory=dict)
    speed: float = 0.0
    nearest: tuple[Arrays, Arrays, Nearest | None] | None = None


class TranscribeJudge(Judge):
    """Scores and shows a recogniser.

    While it trains, the likeliest unit at every moment is taken, and "wer" is that one's. At the end "wer" is that of
    the search with the language model, as `guina predict` transcribes.
    """

    noun = "recording"
    validation_limit = 300
    final_limit = FINAL
    final_passes = 4.0
    probed = 12
    proven = 24
    leaps = True  # from blanks alone to letters
    metrics = (
        Metric("wer", "less", "share", "words that are wrong, missing or too many, as a share of those that were said"),
        Metric("cer", "less", "share", "the same of characters"),
        Metric("wer_greedy", "less", "share", "wer without a search and without a language model"),
        Metric("substitutions", "less", "share", "words heard as others, as a share of those that were said"),
        Metric("deletions", "less", "share", "words that were not heard"),
        Metric("insertions", "less", "share", "words that nobody said"),
        Metric("exact", "more", "share", "recordings that are right to the last word"),
        Metric("silent", says="recordings in which nothing was heard, as a share"),
    )

    def __init__(self, job: object) -> None:
        super().__init__(job)
        self._memory = Memory()

    @property
    def fitted(self) -> TranscribeFitted:
        return self.job.fitted

    def answering(self, nets: Nets) -> TranscribeAnswering:
        return self.job.answering(nets)

    def transcripts(self, nets: Nets, arrays: Arrays, index_N: np.ndarray, beam: int) -> list[Transcribed]:
        """What is heard in some recordings, remembered until other networks, or of other recordings, are asked."""
        memory, how = self._memory, f"{self.fitted.weight} {self.fitted.bonus}"
        weights = digest_of(nets) + how.encode()
        if memory.weights != weights or memory.arrays is not arrays:
            memory.weights, memory.arrays, memory.found = weights, arrays, {}
        new = [n for n in index_N.tolist() if (beam, n) not in memory.found]
        if new:
            waves, began = arrays.values("wave", np.array(new)), time.perf_counter()
            made = self.answering(nets).transcribed(waves, beam)
            seconds = sum(map(len, waves)) / self.fitted.rate
            memory.speed = seconds / max(1e-9, time.perf_counter() - began)
            memory.found.update({(beam, n): one for n, one in zip(new, made, strict=True)})
        return [memory.found[beam, n] for n in index_N.tolist()]

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """With a limit a quick look: no search. Without one at most `FINAL` recordings."""
        if limit is None:
            return self.searched(nets, arrays, FINAL)
        some = arrays.first(limit)
        index_N = np.arange(len(some))
        made = self.answering(nets).transcribed(some.values("wave", index_N), GREEDY)
        return scores_of([one.text for one in made], some.texts("text", index_N))

    def slow_scores(self, nets: Nets, arrays: Arrays) -> Scores:
        """The same of all recordings, at most `MOST`, where `score` had not all."""
        return self.searched(nets, arrays, MOST) if len(arrays) > FINAL else {}

    def searched(self, nets: Nets, arrays: Arrays, most: int) -> Scores:
        """The scores of the search, and the error rate without it."""
        index_N = evenly(arrays, most)
        right = arrays.texts("text", index_N)
        greedy = rates([one.text for one in self.transcripts(nets, arrays, index_N, GREEDY)], right)
        found = scores_of([one.text for one in self.transcripts(nets, arrays, index_N, BEAM)], right)
        return {**found, "wer_greedy": greedy["wer"]}

    def better(self, a: Scores, b: Scores) -> bool:
        """By wer; where that is the same, as long as no word is right, by cer."""
        return (a["wer"], a["cer"]) < (b["wer"], b["cer"])

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """The most frequent transcript; when thorough, that of the nearest training recording too, if all are short."""
        index_N = evenly(arrays, MOST if thorough else FINAL)
        right = arrays.texts("text", index_N)
        guess = most_frequent(train.texts("text", np.arange(len(train))))
        found = {"most frequent": scores_of([guess] * len(right), right)}
        if thorough and (known := self.nearest_known(train, arrays)) is not None:
            found["nearest recording"] = scores_of(known.texts, arrays.texts("text", np.arange(len(arrays))))
        return found

    def nearest_known(self, train: Arrays, arrays: Arrays) -> Nearest | None:
        """What the nearest training recordings say, remembered."""
        last = self._memory.nearest
        if last is None or last[0] is not train or last[1] is not arrays:
            self._memory.nearest = last = train, arrays, nearest(train, arrays, self.fitted.rate)
        return last[2]

    def baseline_notes(self, train: Arrays) -> str:
        last = self._memory.nearest
        known = last[2] if last is not None and last[0] is train else None
        if known is None or known.known == len(train):
            return ""
        return f"the nearest recording is sought among {known.known:,} of {len(train):,}"

    def notes(self, nets: Nets, arrays: Arrays) -> list[str]:
        """How fast it hears, who is heard worst, and why the scores are to be doubted."""
        memory = self._memory
        known = [n for width, n in memory.found if width == BEAM] if memory.arrays is arrays else []
        index_N = np.array(sorted(known), np.int64) if known else evenly(arrays, FINAL)
        made = self.transcripts(nets, arrays, index_N, BEAM)
        aligned = align_words([one.text for one in made], arrays.texts("text", index_N))
        said = [f"heard {memory.speed:.0f} times as fast as it was spoken", *characters_as_words(aligned)]
        said += cautions(aligned)
        apart = by_speaker(aligned, arrays.texts("speaker", index_N))
        if len(apart) > 1:
            worst = max(apart, key=lambda name: apart[name].rate)
            said.append(f"{len(apart)} speakers; of {worst or 'somebody unnamed'} {apart[worst].rate:.1%} are wrong")
        if len(index_N) < len(arrays):
            said.append(f"judged on {len(index_N):,} of {len(arrays):,} recordings, spread over all")
        return said

    def alarm(self, scores: Scores, done: float) -> str:
        """Blanks alone are usual at first; after a while they are not."""
        if done < EARLY or scores.get("silent", 0.0) < 1:
            return ""
        return (
            f"after {done:.0%} of the training nothing is heard but blanks. That may end late, or not at all: give it "
            "more minutes or more recordings, take --size tiny, and see with guina check whether the texts belong to "
            "the recordings"
        )

    def conclude(self, nets: Nets, val: Arrays) -> TranscribeFitted:
        """With the language model's weight and the bonus that are best on validation recordings, and the commonness of
        units.
        """
        some = val.first(max(LEAST, round(TRIED / max(self.fitted.seconds, 0.1))))
        index_N = np.arange(len(some))
        half, right = self.answering(nets), some.texts("text", index_N)
        heard = half.heard(some.values("wave", index_N))
        logs = [log_TV for stretches in heard for log_TV in stretches]
        prior_V = np.exp(np.concatenate(logs)).mean(0) if logs else np.empty(0)
        best: tuple[Scores, TranscribeFitted] | None = None
        for weight, bonus in TRIES:
            fitted = replace(self.fitted, weight=weight, bonus=bonus, prior_V=tuple(prior_V.tolist()))
            asked = self.job.fitted_to(fitted).answering(nets)
            made = iter(asked.decoded(logs, BEAM, timed=False))
            scores = scores_of([joined_texts([next(made) for _ in stretches]) for stretches in heard], right)
            if best is None or self.better(scores, best[0]):
                best = scores, fitted
        assert best is not None, "some are tried"
        return best[1]

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """Names, texts and transcripts of a few recordings, a line each: always the same few."""
        index_N = evenly(val, WATCHED)
        made = self.answering(nets).transcribed(val.values("wave", index_N), GREEDY)
        return {
            "names": a_line_each([val.names[int(n)] for n in index_N]),
            "references": a_line_each(val.texts("text", index_N)),
            "transcripts": a_line_each([one.text for one in made]),
        }

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        fitted, index_N = self.fitted, evenly(arrays, FINAL)
        made = self.transcripts(nets, arrays, index_N, BEAM)
        seconds_N = arrays.lengths("wave")[index_N] / fitted.rate
        heard = [
            Heard(arrays.names[int(n)], text, seconds, one, speaker)
            for n, text, seconds, one, speaker in zip(
                index_N.tolist(),
                arrays.texts("text", index_N),
                seconds_N.tolist(),
                made,
                arrays.texts("speaker", index_N),
                strict=True,
            )
        ]
        units = [fitted.vocabulary.shown(unit) for unit in range(fitted.vocabulary.size)]
        paths = Paths([*units, ""], fitted.blank, fitted.step)

        def wave(n: int) -> np.ndarray:
            return arrays.values("wave", index_N[n : n + 1])[0]

        yield from transcribe_panels(heard, wave, fitted.rate, paths, snaps)


def scores_of(texts: Sequence[str], references: Sequence[str]) -> Scores:
    """The error rates of some transcripts, and in how many recordings nothing was heard."""
    return {**rates(texts, references), "silent": sum(not text for text in texts) / max(1, len(texts))}


def evenly(arrays: Arrays, most: int) -> np.ndarray:
    """At most so many examples, evenly spread over all."""
    return np.array(spread(range(len(arrays)), most), np.int64)
