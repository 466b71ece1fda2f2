"""caption's answering half: pictures in, sentences out, with where the writer looked at each word.

A caption is found greedily, by beam search, or by risk: of the captions that a wide beam finds the one that most agree
with, weighted by their probabilities (minimum Bayes risk; Kumar & Byrne 2004, https://aclanthology.org/N04-1022), where
captions agree as CIDEr-D says.

Axes: B pictures, N captions, H W pixels, C channels, S places, T words, Y X places of the picture.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp
from typing import Any

import numpy as np
import torch
from torch import Tensor

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Nets
from guina.answering.inputs import named
from guina.beam import Hypothesis, Search, beam, greedy
from guina.cider import nearness, vectors
from guina.data.pictures import try_picture
from guina.jobs.caption.fitted import CaptionFitted, Manner
from guina.jobs.caption.settings import SIZES, CaptionOptions, CaptionSettings, check_options
from guina.jobs.caption.wording import END, START, UNKNOWN
from guina.nets.captioner import Captioner, Shape, State
from guina.nets.convnet import Architecture, ConvNet, architecture, at_once

TOGETHER = 64  # pictures that are captioned at once
RISKED = 32  # hypotheses among which a search by risk chooses


@dataclass(frozen=True, eq=False)
class Captioned:
    """A caption and where it is from.

    Args:
        text: the caption.
        words: as they are written, the end last where it was reached.
        attention_TYX: where the writer looked at each word; each map adds up to 1.
        others: the best captions that were found, this one first: text, probability.
        named: the words that the picture calls for, most of all first: word, probability.
        numbers: of the words, without the end.
    """

    text: str
    words: tuple[str, ...]
    attention_TYX: np.ndarray
    others: tuple[tuple[str, float], ...]
    named: tuple[tuple[str, float], ...] = ()
    numbers: tuple[int, ...] = ()


class CaptionAnswering(Answering):
    """Pictures to sentences. Inputs are paths, bytes, open pictures and arrays."""

    Fitted = CaptionFitted
    Options = CaptionOptions
    players = ("eyes", "writer")
    reads_files = True
    settings: CaptionSettings
    fitted: CaptionFitted

    @classmethod
    def architecture(cls, settings: CaptionSettings, fitted: CaptionFitted) -> Architecture:
        """The shape of the network that sees; its classes are the words that name something."""
        scale = SIZES["small" if settings.size == "auto" else settings.size]
        return architecture(scale.eyes, fitted.shape, max(1, len(fitted.wording.named)))

    @classmethod
    def shape(cls, settings: CaptionSettings, fitted: CaptionFitted, eyes: ConvNet) -> Shape:
        """The writer's shape; what is left out while it learns is the learning half's to say."""
        scale = SIZES["small" if settings.size == "auto" else settings.size]
        a = eyes.architecture
        with torch.no_grad():
            height, width = eyes.eval().maps(torch.zeros(1, a.shape[2], *a.shape[:2])).shape[2:]
        return Shape(fitted.wording.size, (height, width), a.widths[-1], a.widths[-1] + a.classes, scale.width)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        eyes = ConvNet(cls.architecture(settings, fitted))
        eyes.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
        return {"eyes": eyes, "writer": Captioner(cls.shape(settings, fitted, eyes))}

    @property
    def chunk(self) -> int:
        """Pictures that are seen at once."""
        return min(TOGETHER, at_once(*self.fitted.shape[:2]))

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """One answer a picture; or what is wrong with the file."""
        check_options(options)
        pictures = named(inputs, "picture")
        while chunk := list(islice(pictures, self.chunk)):
            opened = [try_picture(thing, self.fitted.shape, self.fitted.range) for _, thing in chunk]
            whole = [picture for picture in opened if isinstance(picture, np.ndarray)]
            made = iter(self.captioned(np.stack(whole), self.manner(options)) if whole else [])
            for (name, _), picture in zip(chunk, opened, strict=True):
                if isinstance(picture, np.ndarray):
                    yield self.answer(name, next(made), options.best)
                else:
                    yield Answer(name, error=picture)

    def manner(self, options: CaptionOptions) -> Manner:
        """The search that is asked for."""
        ours = self.fitted.manner
        search = ours.search if options.search == "auto" else options.search
        search = "beam" if search == "greedy" and options.best > 1 else search
        return Manner(search, max(ours.width, options.best), ours.length_penalty, ours.sharpness)

    def answer(self, name: str, made: Captioned, best: int) -> Answer:
        """The caption, the others, and where it looked."""
        looked = [
            {"word": word, "y": round(y, 3), "x": round(x, 3)}
            for word, (y, x) in zip(made.words, map(middle_of, made.attention_TYX), strict=True)
        ]
        facts: dict[str, Any] = {"looked": looked, "sees": {word: round(p, 4) for word, p in made.named}}
        others = {"best": dict(made.others[:best])} if best > 1 else {}
        return Answer(name, made.text, made.others[0][1], others, facts=facts)

    def captioned(self, pixels_BHWC: np.ndarray, manner: Manner | None = None) -> list[Captioned]:
        """The captions of some pictures.

        Args:
            manner: how they are searched for; None: as fitted.
        """
        found: list[Captioned] = []
        for at in range(0, len(pixels_BHWC), self.chunk):
            x_BCHW = self.fitted.prepare(torch.from_numpy(pixels_BHWC[at : at + self.chunk]))
            found += self.said(*self.see(x_BCHW), manner or self.fitted.manner)
        return found

    def see(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """What is seen where, B×C×Y×X, and the probability that each word is called for, B×W."""
        eyes = seer(self.nets)
        x_BCHW = x_BCHW.to(next(eyes.parameters())).contiguous(memory_format=torch.channels_last)
        return seen(eyes, x_BCHW)

    def features(self, pixels_NHWC: np.ndarray) -> np.ndarray:
        """What is seen of each picture as a row of numbers: that of pictures that look alike is alike."""
        chunks = np.array_split(np.arange(len(pixels_NHWC)), max(1, len(pixels_NHWC) // self.chunk))
        rows = []
        with torch.no_grad():
            for some in chunks:
                map_BCYX, named_BW = self.see(self.fitted.prepare(torch.from_numpy(pixels_NHWC[some])))
                rows.append(gist_of(map_BCYX, named_BW).float().cpu().numpy())
        return np.concatenate(rows)

    def said(self, map_BCYX: Tensor, named_BW: Tensor, manner: Manner) -> list[Captioned]:
        """The captions of what was seen."""
        writer = writes(self.nets)
        state = writer.see(map_BCYX, gist_of(map_BCYX, named_BW))
        found = self.searched(state, len(map_BCYX), manner)
        weights = self.looked([some[0] for some in found], state, map_BCYX.shape[2:])
        return [
            self.told(some, weight_TYX, named_W)
            for some, weight_TYX, named_W in zip(found, weights, named_BW.float().cpu().numpy(), strict=True)
        ]

    def searched(self, state: State, pictures: int, manner: Manner) -> list[list[Hypothesis]]:
        """The hypotheses of each picture, the best first."""
        writer, wording = writes(self.nets), self.fitted.wording
        start_B = torch.full((pictures,), START, device=writer.bias.device)
        wide = max(manner.width, RISKED) if manner.search == "risk" else manner.width
        search = Search(
            END,
            wording.longest + 1,
            width=wide,
            length_penalty=0.0 if manner.search == "risk" else manner.length_penalty,
            forbidden=(UNKNOWN, START),
            no_repeat=3,
        )
        if manner.search == "greedy":
            return [[one] for one in greedy(writer.step, state, start_B, search)]
        found = beam(writer.step, state, start_B, search)
        return [self.by_risk(some, manner.sharpness) for some in found] if manner.search == "risk" else found

    def by_risk(self, found: Sequence[Hypothesis], sharpness: float) -> list[Hypothesis]:
        """Hypotheses ordered by how much the others, weighted by their probabilities, agree with them."""
        assert self.fitted.documents is not None, "they were counted"
        every = vectors([self.fitted.wording.decode(one.tokens) for one in found], self.fitted.documents)
        log_N = np.array([one.log_probability for one in found]) * sharpness
        weight_N = np.exp(log_N - log_N.max())
        gain_N = nearness(every, every) @ (weight_N / weight_N.sum())
        return [found[n] for n in np.argsort(-gain_N, kind="stable")]

    def looked(self, best: Sequence[Hypothesis], state: State, places: Sequence[int]) -> list[np.ndarray]:
        """Where the writer looked while it wrote each caption, T×Y×X each."""
        most = 1 + max(len(one.tokens) for one in best)
        rows = np.full((len(best), most), END, np.int64)
        for row, one in zip(rows, best, strict=True):
            row[: len(one.tokens) + 1] = [START, *one.tokens]
        writer = writes(self.nets)
        _, weight_BTS, _ = writer.thoughts(torch.from_numpy(rows).to(writer.bias.device), state)
        maps = weight_BTS.detach().float().cpu().numpy().reshape(len(best), most, *places)
        return [w_TYX[: len(one.tokens) + one.ended] for w_TYX, one in zip(maps, best, strict=True)]

    def told(self, found: Sequence[Hypothesis], weight_TYX: np.ndarray, named_W: np.ndarray) -> Captioned:
        """What was found, in words."""
        wording = self.fitted.wording
        texts: dict[str, float] = {}
        for one in found:
            text = wording.decode(one.tokens)
            texts[text] = texts.get(text, 0.0) + exp(one.log_probability)
        shown = (*map(wording.shown, found[0].tokens), *([wording.shown(END)] if found[0].ended else []))
        top = np.argsort(-named_W, kind="stable")[: min(10, len(wording.named))]
        named_words = tuple((wording.shown(wording.named[int(k)]), float(named_W[k])) for k in top)
        return Captioned(next(iter(texts)), shown, weight_TYX, tuple(texts.items()), named_words, found[0].tokens)


def middle_of(weight_YX: np.ndarray) -> tuple[float, float]:
    """The middle of where a word looked, as shares of the height and the width.

    Example:
        >>> middle_of(np.array([[0.0, 0.0], [0.0, 1.0]]))
        (0.75, 0.75)
    """
    height, width = weight_YX.shape
    y = float((weight_YX.sum(1) * (np.arange(height) + 0.5)).sum() / height)
    return y, float((weight_YX.sum(0) * (np.arange(width) + 0.5)).sum() / width)


def seen(eyes: ConvNet, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
    """What is seen where, and the probability of each word that names something."""
    map_BCYX = eyes.maps(x_BCHW)
    return map_BCYX, (eyes.head(eyes.pool(map_BCYX)) * eyes.architecture.scale).sigmoid()


def gist_of(map_BCYX: Tensor, named_BW: Tensor) -> Tensor:
    """What the writer is told at the beginning: what is seen anywhere, and the words that are called for."""
    return torch.cat([map_BCYX.mean((2, 3)), named_BW.to(map_BCYX)], 1)


def seer(nets: Nets) -> ConvNet:
    net = nets["eyes"]
    assert isinstance(net, ConvNet), "the job built it"
    return net


def writes(nets: Nets) -> Captioner:
    net = nets["writer"]
    assert isinstance(net, Captioner), "the job built it"
    return net
