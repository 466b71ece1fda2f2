"""classify's answering half: a picture to its class, how sure the network is, and the runners-up.

Answers are averaged over a few views of the picture, and their confidence is calibrated by the temperature that was
fitted on the validation split.

Axes: B pictures, H W pixels, C channels, K classes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import torch

from guina import metrics
from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Fitted, Nets, Saved
from guina.answering.inputs import named
from guina.data import augment
from guina.data import preprocess as input_layer
from guina.data.pictures import try_picture
from guina.data.values import Range
from guina.jobs.classify.settings import ClassifySettings
from guina.nets.convnet import Architecture, ConvNet, architecture, at_once

TOP = 5  # classes that an answer lists


@dataclass(frozen=True)
class ClassifyFitted(Fitted):
    """What was learned from the training split before the training, and the temperature after it.

    Args:
        classes: their names, sorted.
        counts: training pictures of each.
        shape: H, W, C that pictures are brought to.
        range: of the numbers of an array, or of deep files, that it learned from; None: pictures as usual.
        flip: whether a mirrored picture is still of its class.
        preprocess: the input layer; None until it was measured.
        temperature: what logits are divided by, so that a confidence can be believed.
    """

    classes: tuple[str, ...]
    counts: tuple[int, ...]
    shape: tuple[int, int, int]
    range: Range | None = None
    flip: bool = False
    preprocess: input_layer.Preprocess | None = None
    temperature: float = 1.0

    @property
    def examples(self) -> int:
        """Training pictures."""
        return sum(self.counts)

    def prepare(self, pixels_NHWC: torch.Tensor) -> torch.Tensor:
        """Bytes to what the network takes, N×C×H×W."""
        assert self.preprocess is not None, "it was measured"
        return self.preprocess(pixels_NHWC)

    def saved(self) -> Saved:
        assert self.preprocess is not None, "it was measured"
        facts = {name: getattr(self, name) for name in ("range", "flip", "temperature", "examples")}
        facts |= {name: list(getattr(self, name)) for name in ("classes", "counts", "shape")}
        return Saved(facts | {"preprocess": self.preprocess.mode}, self.preprocess.tensors())

    @classmethod
    def restored(cls, saved: Saved) -> "ClassifyFitted":
        facts = saved.facts
        height, width, channels = facts["shape"]
        return cls(
            tuple(facts["classes"]),
            tuple(facts["counts"]),
            (int(height), int(width), int(channels)),
            Range(*facts["range"]) if facts.get("range") else None,
            facts["flip"],
            input_layer.restore(facts["preprocess"], dict(saved.tensors)),
            facts["temperature"],
        )

    def at(self, temperature: float) -> "ClassifyFitted":
        """The same with another temperature."""
        return replace(self, temperature=temperature)


class ClassifyAnswering(Answering):
    """Pictures to classes. Inputs are paths, bytes, open pictures and arrays."""

    Fitted = ClassifyFitted
    reads_files = True
    settings: ClassifySettings
    fitted: ClassifyFitted

    @classmethod
    def architecture(cls, settings: ClassifySettings, fitted: ClassifyFitted) -> Architecture:
        """The network's shape."""
        size = "small" if settings.size == "auto" else settings.size
        return architecture(size, fitted.shape, len(fitted.classes), settings.activation, settings.pooling)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        net = ConvNet(cls.architecture(settings, fitted))
        net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
        return {"net": net}

    @property
    def chunk(self) -> int:
        """Pictures a forward pass."""
        return at_once(*self.fitted.shape[:2])

    def log_probabilities(self, pixels_BHWC: np.ndarray, views: int) -> np.ndarray:
        """The log of the mean probability over some views of each picture, B×K, before calibration."""
        net = self.nets["net"]
        x_BCHW = self.fitted.prepare(torch.from_numpy(pixels_BHWC)).to(next(net.parameters()))
        shown = augment.views(x_BCHW, views, self.fitted.flip)
        logits = torch.stack([net(view).float() for view in shown])
        return (logits.log_softmax(-1).logsumexp(0) - np.log(len(shown))).cpu().numpy()

    def calibrated(self, logs_BK: np.ndarray) -> np.ndarray:
        """Probabilities that can be believed, B×K."""
        return metrics.softmax(logs_BK / self.fitted.temperature)

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """One answer an input: the class, how sure, and the runners-up; or what is wrong with the file."""
        pictures = named(inputs, "picture")
        while chunk := list(islice(pictures, self.chunk)):
            opened = [try_picture(thing, self.fitted.shape, self.fitted.range) for _, thing in chunk]
            whole = [picture for picture in opened if isinstance(picture, np.ndarray)]
            logs_BK = self.log_probabilities(np.stack(whole), self.settings.views) if whole else np.empty((0, 1))
            rows = iter(self.calibrated(logs_BK))
            for (name, _), picture in zip(chunk, opened, strict=True):
                if isinstance(picture, np.ndarray):
                    yield self.answer(name, next(rows))
                else:
                    yield Answer(name, error=picture)

    def answer(self, name: str, probability_K: np.ndarray) -> Answer:
        """The likeliest class, and the runners-up."""
        order = np.argsort(-probability_K, kind="stable")[:TOP]
        top = {self.fitted.classes[k]: float(probability_K[k]) for k in order}
        return Answer(name, self.fitted.classes[order[0]], float(probability_K[order[0]]), {"top": top})
