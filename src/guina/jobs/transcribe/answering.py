"""transcribe's answering half: recordings in, what is said in them out, with the time of each word.

A long recording is heard in windows that overlap, and its text is given from pause to pause as it comes; no more of it
is held than some windows.

Axes: B recordings, S samples, F frames of the bands, T moments of the network, V units and the blank.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import torch

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Nets
from guina.answering.inputs import apart, named
from guina.answering.subtitles import Kind, subtitle_file
from guina.blocks.mel import BANDS
from guina.data.ragged import Ragged
from guina.data.sounds import BadSound, as_int16, pieces
from guina.jobs.transcribe.decoding import decoded
from guina.jobs.transcribe.fitted import TranscribeFitted
from guina.jobs.transcribe.settings import SIZES, TranscribeOptions, TranscribeSettings, check_options
from guina.jobs.transcribe.spoken import Transcribed, joined, space_between
from guina.jobs.transcribe.windows import log_probabilities_of
from guina.nets.recogniser import Recogniser, Shape

TOGETHER = 16  # recordings that are heard at once, of like length
PADDED = 120.0  # seconds of all of them, each made as long as the longest
ASIDE = 256  # recordings that are read before they are sorted by length
WHOLE = 60.0  # seconds of a recording that is heard in one piece
LOST = ("cut off", "only its first")  # how notes begin of what could not be heard


class TranscribeAnswering(Answering):
    """Recordings to what is said in them."""

    Fitted = TranscribeFitted
    Options = TranscribeOptions
    reads_files = True
    settings: TranscribeSettings
    fitted: TranscribeFitted

    @classmethod
    def shape(cls, settings: TranscribeSettings, fitted: TranscribeFitted) -> Shape:
        """The network's shape; what is left out while it learns is the learning half's to say."""
        scale = SIZES["small" if settings.size == "auto" else settings.size]
        units = fitted.vocabulary.size + 1
        return Shape(BANDS + 1, units, fitted.stride, scale.width, scale.layers, scale.channels)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        return {"net": Recogniser(cls.shape(settings, fitted))}

    @property
    def net(self) -> Recogniser:
        return recogniser(self.nets)

    # --- whole recordings ---

    def log_probabilities(self, waves: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Of some recordings, heard together: T×V each, float32.

        Args:
            waves: samples of 16 bits at the fitted rate.
        """
        device = next(self.net.parameters()).device
        wave_BS, length_B = Ragged.of(waves, np.int16).padded(np.arange(len(waves)))
        ears = self.fitted.ears().to(device)
        mel_BFM, frames_B = ears(torch.from_numpy(wave_BS).to(device), torch.from_numpy(length_B).to(device))
        log_BTV, moments_B = self.net.probabilities(mel_BFM.to(next(self.net.parameters())), frames_B)
        return [log_TV[:T].cpu().numpy() for log_TV, T in zip(log_BTV, moments_B.tolist(), strict=True)]

    def transcribed(self, waves: Sequence[np.ndarray], beam: int = 0) -> list[Transcribed]:
        """What is said in some recordings, in their order; long ones are heard in windows.

        Args:
            beam: transcripts that are followed at once; 0: the likeliest unit at every moment.
        """
        short, long = self.by_length(waves)
        found = {n: joined(list(self.in_parts([waves[n]], beam))) for n in long}
        for now in self.together(short, waves):
            found.update(zip(now, self.decoded(self.log_probabilities([waves[n] for n in now]), beam), strict=True))
        return [found[n] for n in range(len(waves))]

    def heard(self, waves: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
        """The log probabilities of some recordings, in their order: of a short one all in one, of a long one the
        stretches between pauses.
        """
        short, long = self.by_length(waves)
        found = {n: list(log_probabilities_of([waves[n]], self.log_probabilities, self.fitted)) for n in long}
        for now in self.together(short, waves):
            logs = self.log_probabilities([waves[n] for n in now])
            found.update({n: [log_TV] for n, log_TV in zip(now, logs, strict=True)})
        return [found[n] for n in range(len(waves))]

    def by_length(self, waves: Sequence[np.ndarray]) -> tuple[list[int], list[int]]:
        """The numbers of recordings that are heard whole, the shortest first; and those of longer ones."""
        order = sorted(range(len(waves)), key=lambda n: len(waves[n]))
        short = [n for n in order if len(waves[n]) <= round(WHOLE * self.fitted.rate)]
        return short, order[len(short) :]

    def together(self, order: Sequence[int], waves: Sequence[np.ndarray]) -> Iterator[list[int]]:
        """The numbers of recordings that are heard at once, of some in the order of their lengths."""
        now: list[int] = []
        for n in order:
            if len(now) == TOGETHER or (len(now) + 1) * len(waves[n]) > PADDED * self.fitted.rate:
                if now:
                    yield now
                now = []
            now.append(n)
        if now:
            yield now

    def in_parts(self, waves: Iterable[np.ndarray], beam: int) -> Iterator[Transcribed]:
        """What is said in a long recording, from pause to pause, with the times of the whole.

        Args:
            waves: its samples, in pieces of any length, one after the other.
        """
        heard = 0
        for log_TV in log_probabilities_of(waves, self.log_probabilities, self.fitted):
            (made,) = self.decoded([log_TV], beam)
            late = heard * self.fitted.step
            heard += len(log_TV)
            words = [replace(word, start=word.start + late, end=word.end + late) for word in made.words]
            yield replace(made, words=tuple(words))

    def decoded(self, logs: Sequence[np.ndarray], beam: int, timed: bool = True) -> list[Transcribed]:
        """What log probabilities say; see `decoding.decoded`."""
        return decoded(logs, self.fitted, beam, timed)

    # --- any recordings ---

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """Short recordings some at a time, in their order; a long one alone, its text in parts as it is heard."""
        check_options(options)
        yield from apart(self.all_answers(inputs, options))

    def all_answers(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """The same, before files of recordings that are called alike are named apart."""
        things, some = named(inputs, "recording"), 1
        while chunk := list(islice(things, some)):
            short: list[tuple[str, np.ndarray | str, list[str]]] = []
            for name, thing in chunk:
                notes: list[str] = []
                parts = pieces(thing, self.fitted.rate, WHOLE, notes.append)
                try:
                    first = as_int16(next(parts, np.empty(0, np.float32)))
                    second = next(parts, None)
                except BadSound as bad:
                    short.append((name, str(bad), notes))
                    continue
                if second is None:
                    short.append((name, first, notes))
                    continue
                yield from self.of_short(short, options)
                short = []
                yield from self.of_long(name, first, second, parts, notes, options)
            yield from self.of_short(short, options)
            some = min(2 * some, ASIDE)

    def of_short(self, read: Sequence[tuple[str, np.ndarray | str, list[str]]], options: Any) -> Iterator[Answer]:
        """The answers to recordings that are heard whole, or what is wrong with them."""
        made = iter(self.transcribed([wave for _, wave, _ in read if not isinstance(wave, str)], options.beam))
        for name, wave, notes in read:
            if isinstance(wave, str):
                yield Answer(name, error=wave)
            else:
                yield self.answer(name, next(made), len(wave) / self.fitted.rate, notes, options)

    def of_long(
        self,
        name: str,
        first: np.ndarray,
        second: np.ndarray,
        rest: Iterator[np.ndarray],
        notes: list[str],
        options: Any,
    ) -> Iterator[Answer | Part]:
        """The answer to a long recording, before it its text from pause to pause."""
        made: list[Transcribed] = []
        broken: list[str] = []

        def waves() -> Iterator[np.ndarray]:
            yield from (first, as_int16(second))
            try:
                yield from map(as_int16, rest)
            except BadSound as bad:
                broken.append(str(bad))

        yield Part(f"{name}: ")
        said = ""
        for part in self.in_parts(waves(), options.beam):
            if part.text:
                yield Part(space_between(said, part.text) + part.text)
                said = part.text
            made.append(part)
        whole = joined(made)
        seconds = len(whole.path_T) * self.fitted.step
        notes += [f"only its first {seconds:.0f} s could be heard: {why}" for why in broken]
        lost = [note for note in notes if note.startswith(LOST)]
        yield from (Part(f"\nnote: {note}", note=True) for note in lost)
        yield self.answer(name, whole, seconds, notes, options)

    def answer(self, name: str, made: Transcribed, seconds: float, notes: Sequence[str], options: Any) -> Answer:
        facts: dict[str, Any] = {"seconds": round(seconds, 3), "words": [word.facts() for word in made.words]}
        if notes:
            facts["read as"] = list(notes)
        if lost := [note for note in notes if note.startswith(LOST)]:
            facts["incomplete"] = "; ".join(lost)  # a text, which is printed beside the answer
        kinds: tuple[Kind, ...] = ("srt", "vtt")
        files = tuple(subtitle_file(name, made.words, kind) for kind in kinds if getattr(options, kind))
        return Answer(name, made.text, attachments=files, facts=facts)


def recogniser(nets: Nets) -> Recogniser:
    net = nets["net"]
    assert isinstance(net, Recogniser), "the job built it"
    return net
