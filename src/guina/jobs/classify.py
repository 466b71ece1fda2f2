"""classify: which class a picture belongs to.

A convolutional network on whitened patches (nets/convnet.py), learned with Muon, label smoothing and a rate that falls
to zero with the budget, from pictures that are mirrored, shifted and cut (after airbench, Jordan 2024,
https://arxiv.org/abs/2404.00498). Answers are averaged over a few views of the picture, and their confidence is
calibrated on the validation split.

Axes: B batch, H W pixels, C channels, K classes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from guina import metrics
from guina.data import augment
from guina.data import preprocess as input_layer
from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, range_of_numbers, read_gallery, shape_of
from guina.data.order import Draw, Order, Shuffled
from guina.data.pictures import try_picture
from guina.data.records import TRAIN, VAL, Arrays, Records
from guina.data.values import Range
from guina.data.walking import find_inputs
from guina.engine.job import (
    Answer,
    Batch,
    Carry,
    Fitted,
    Job,
    Learner,
    Nets,
    Overview,
    Phase,
    Scores,
    Snap,
    Terms,
    Turn,
)
from guina.errors import GuinaError
from guina.jobs.classify_baseline import fit_linear, of_linear
from guina.jobs.classify_panels import UNEQUAL, classify_panels
from guina.jobs.classify_settings import METRICS, ClassifySettings
from guina.jobs.picture_check import picture_overview, to_learn_from
from guina.losses import cross_entropy_sum
from guina.nets.convnet import Architecture, ConvNet, architecture, at_once
from guina.nets.summary import render, summary
from guina.panels import Panel

SAMPLE = 5000  # training pictures that statistics are taken from
FEW = 5000  # training pictures below which a large network learns them by heart
OFTEN = 8  # passes over the data that a size must be able to make to be chosen

FEW_PIXELS = 12  # a side below which a missing square or a large turn takes too much of a picture
ENOUGH = 3000  # validation pictures that one temperature is fitted on


class Classify(Job):
    """Pictures to classes."""

    name = "classify"
    Settings = ClassifySettings
    metric = "accuracy"
    sizes = ("tiny", "small", "medium", "large", "huge")
    mixed_precision = True
    thing = "picture"
    metrics = METRICS

    def __init__(self, settings: ClassifySettings) -> None:
        super().__init__(settings)
        self.temperature = 1.0
        self.passes = 1.0
        self.range: Range | None = None  # of the numbers of an array, or of deep files, that it learns from
        self._answered: tuple[Arrays, bytes, np.ndarray] | None = None  # what it last said to a whole split

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        s = self.settings
        columns = Columns(s.path_column, s.label_column)
        records = read_gallery(source, splits, s.validation, s.max_bad, columns, known=self.range)
        note_unequal(records)
        return records

    def overview(self, records: Records) -> Overview:
        self.fit(to_learn_from(records))
        height, width, channels = self.shape
        kind = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
        plan = [
            f"a training would bring all to {height}×{width} {kind}: scaled until they cover it, the middle cut out",
            f"take {self.batch_size} pictures a step, and judge by {records.count(VAL):,} pictures of the val split",
        ]
        return picture_overview(records, self.shape, plan)

    def fit(self, records: Records) -> None:
        self.classes = sorted(set(records.columns["label"]))
        self.shape = shape_of(records, self.settings.pixels)
        self.range = range_of_numbers(records)
        self.examples = len(records)
        counted = Counter(records.columns["label"])
        self.counts = [counted[name] for name in self.classes]

    def arrays(self, records: Records) -> Arrays:
        place = {name: k for k, name in enumerate(self.classes)}
        unknown = sorted({label for label in records.columns["label"] if label not in place})
        if unknown:
            raise GuinaError(
                f"there are pictures of {', '.join(unknown[:5])}, which the training split does not have",
                f"only the classes {', '.join(self.classes[:8])}{', …' if len(self.classes) > 8 else ''}",
                "remove these pictures, or train with some of them",
            )
        decoded = decode_gallery(records, self.shape)
        target = np.full(len(decoded.columns["pixels"]), -1, np.int64)
        target[decoded.rows_N] = [place[label] for label in records.columns["label"]]
        return Arrays({**decoded.columns, "target": target}, decoded.rows_N, decoded.names)

    def measure(self, arrays: Arrays) -> None:
        some = arrays.first(SAMPLE)
        pixels_NHWC = some.all("pixels")
        settings = self.settings
        self.preprocess = input_layer.fit(torch.from_numpy(pixels_NHWC), settings.preprocess, settings.components)
        self.flip = self.settings.flip == "on" or (
            self.settings.flip == "auto" and augment.flip_keeps_class(pixels_NHWC, some.all("target"))
        )

    def fitted(self) -> Fitted:
        facts = {"classes": self.classes, "shape": list(self.shape), "examples": self.examples, "flip": self.flip}
        facts |= {"temperature": self.temperature, "counts": self.counts, "preprocess": self.preprocess.mode}
        facts |= {"range": self.range}
        return Fitted(facts, self.preprocess.tensors())

    def restore(self, fitted: Fitted) -> None:
        facts = fitted.facts
        height, width, channels = facts["shape"]
        self.classes, self.shape = list(facts["classes"]), (int(height), int(width), int(channels))
        self.examples, self.flip, self.temperature = facts["examples"], facts["flip"], facts["temperature"]
        self.counts = facts["counts"]
        self.range = Range(*facts["range"]) if facts.get("range") else None
        self.preprocess = input_layer.restore(facts["preprocess"], fitted.tensors)

    # --- learning ---

    def architecture(self) -> Architecture:
        """The network's shape, from the settings and what was fitted."""
        size = "small" if self.settings.size == "auto" else self.settings.size
        return architecture(size, self.shape, len(self.classes), self.settings.activation, self.settings.pooling)

    def build(self) -> Nets:
        net = ConvNet(self.architecture())
        net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
        return {"net": net}

    def begin(self, nets: Nets, arrays: Arrays) -> None:
        net = nets["net"]
        assert isinstance(net, ConvNet), "the job built it"
        net.whiten(self.preprocess(torch.from_numpy(arrays.first(SAMPLE).all("pixels"))))

    def worth(self, size: str, epochs: float) -> bool:
        if self.examples < FEW and size not in ("tiny", "small"):
            return False  # it would learn them by heart
        return epochs * self.examples >= OFTEN * max(self.examples, 20_000)

    def expect(self, epochs: float) -> None:
        self.passes = epochs

    @property
    def batch_size(self) -> int:
        return self.settings.batch or min(250, max(64, self.examples // 10))

    @property
    def augmentation(self) -> str:
        """How much pictures are changed: "none", "light", "medium", "strong". The more often, the more."""
        if self.settings.augment != "auto":
            return self.settings.augment
        return "light" if self.passes < 12 else "medium" if self.passes < 40 else "strong"

    def phases(self) -> list[Phase]:
        rate = 0.24 * (self.batch_size / 2000) ** 0.5
        learner = Learner(
            "muon",
            rate,
            rate_rest=0.008,
            betas=(0.85, 0.95),
            momentum=0.6,
            rest=("head",),
            sphere=True,
            iterations=3,
        )
        turn = Turn("classify", ("net",), self.loss)
        return [Phase("learn", (turn,), {"net": learner}, batch=self.batch_size, warmup=0.0, hold=0.0)]

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        return Shuffled(len(arrays), phase.batch)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        side, how = min(self.shape[:2]), self.augmentation
        first = not self.preprocess.everywhere  # a moved picture has other pixels at a place than were fitted there
        if first:
            x_BHWC = self.preprocess(x_BHWC).permute(0, 2, 3, 1).contiguous()
        if self.flip:
            x_BHWC = augment.alternating_flip(x_BHWC, draw.index_B, draw.epoch_B)
        if how != "none":
            x_BHWC = augment.translate(x_BHWC, max(1, round(side / 16)), rng)
        x_BCHW = x_BHWC.permute(0, 3, 1, 2) if first else self.preprocess(x_BHWC)
        if how == "strong":
            strength = 1.0 if side > FEW_PIXELS else 0.5
            x_BCHW = augment.bend(x_BCHW, strength, rng)
            x_BCHW = augment.tint(x_BCHW, strength, rng) if self.shape[2] > 1 else x_BCHW
        if how in ("medium", "strong") and side > FEW_PIXELS:
            x_BCHW = augment.cutout(x_BCHW, side // 4, rng)
        x_BCHW = x_BCHW.contiguous(memory_format=torch.channels_last)
        return {"x": x_BCHW, "target": torch.from_numpy(arrays.take("target", draw.index_B))}

    def loss(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        logits_BK = nets["net"](batch["x"]).to(batch["x"].dtype)  # out of bfloat16, where that is the precision
        if self.settings.balance:  # logit adjustment (Menon et al. 2021, https://arxiv.org/abs/2007.07314)
            logits_BK = logits_BK + self.log_prior_K.to(logits_BK)
        return {"loss": cross_entropy_sum(logits_BK, batch["target"], self.settings.smoothing)}, carry

    @cached_property
    def log_prior_K(self) -> Tensor:
        """The log of each class's share of the training split."""
        return torch.tensor(self.counts, dtype=torch.float64).clamp_min(1).log() - np.log(sum(self.counts))

    # --- judging and answering ---

    def log_probabilities(self, nets: Nets, pixels_BHWC: np.ndarray, views: int) -> np.ndarray:
        """The log of the mean probability over some views of each picture, B×K, before calibration."""
        net = nets["net"]
        x_BCHW = self.preprocess(torch.from_numpy(pixels_BHWC)).to(next(net.parameters()))
        shown = augment.views(x_BCHW, views, self.flip)
        logits = torch.stack([net(view).float() for view in shown])
        return (logits.log_softmax(-1).logsumexp(0) - np.log(len(shown))).cpu().numpy()

    @property
    def chunk(self) -> int:
        """Pictures a forward pass, when answering."""
        return at_once(*self.shape[:2])

    def answer_all(self, nets: Nets, arrays: Arrays, views: int) -> np.ndarray:
        """Log probabilities of a whole split, N×K."""
        chunks = np.array_split(np.arange(len(arrays)), max(1, -(-len(arrays) // self.chunk)))
        return np.concatenate([self.log_probabilities(nets, arrays.take("pixels", c), views) for c in chunks])

    def answered(self, nets: Nets, arrays: Arrays) -> np.ndarray:
        """The same with all views, remembered: scores, temperature and panels are made of the same answers."""
        digest = hashlib.blake2b()
        for tensor in nets["net"].state_dict().values():
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        if self._answered is None or self._answered[0] is not arrays or self._answered[1] != digest.digest():
            self._answered = arrays, digest.digest(), self.answer_all(nets, arrays, self.settings.views)
        return self._answered[2]

    def calibrated(self, logs_NK: np.ndarray) -> np.ndarray:
        return metrics.softmax(logs_NK / self.temperature)

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """With a limit a quick look: one view of each picture."""
        some = arrays.first(limit)
        logs_NK = self.answered(nets, some) if limit is None else self.answer_all(nets, some, 1)
        probabilities_NK, target_N = self.calibrated(logs_NK), some.all("target")
        scores = {"accuracy": metrics.accuracy(probabilities_NK, target_N)}
        if len(self.classes) > 5:
            scores["top5"] = metrics.top_k(probabilities_NK, target_N, 5)
        scores["balanced_accuracy"] = metrics.balanced_accuracy(
            metrics.per_class(probabilities_NK.argmax(1), target_N, len(self.classes))
        )
        scores["calibration_error"] = metrics.expected_calibration_error(probabilities_NK, target_N)
        scores["nats"] = metrics.negative_log_likelihood(probabilities_NK, target_N)
        return scores

    def baseline(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Scores:
        """The majority class; when thorough, a linear model on pixels too."""
        target_N = arrays.all("target")
        majority = np.bincount(train.all("target")).argmax()
        scores = {"accuracy": float((target_N == majority).mean()), "balanced_accuracy": 1 / len(self.classes)}
        if thorough:
            scores["linear/accuracy"] = fit_linear(train, len(self.classes)).accuracy(arrays)
        return scores

    def of_baseline(self, train: Arrays) -> str:
        return of_linear(len(train), self.shape, len(self.classes))

    def better(self, a: Scores, b: Scores) -> bool:
        headline = "balanced_accuracy" if self.settings.balance else "accuracy"
        return (a[headline], -a["nats"]) > (b[headline], -b["nats"])

    def conclude(self, nets: Nets, val: Arrays) -> None:
        """Fit the temperature (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
        some = val.first(ENOUGH)
        logs_NK = self.answered(nets, some)
        self.temperature = metrics.fit_temperature(logs_NK, some.all("target"))

    def predict(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[Answer]:
        """One answer an input: the class, how sure, and the runners-up; or what is wrong with the file."""
        found = find_inputs(inputs, "picture")
        while chunk := list(islice(found, self.chunk)):
            opened = [try_picture(thing, self.shape, self.range) for _, thing in chunk]
            whole = [picture for picture in opened if isinstance(picture, np.ndarray)]
            logs_NK = self.log_probabilities(nets, np.stack(whole), self.settings.views) if whole else np.empty((0, 1))
            rows = iter(self.calibrated(logs_NK))
            for (name, _), picture in zip(chunk, opened, strict=True):
                yield (
                    self.answer(name, next(rows))
                    if isinstance(picture, np.ndarray)
                    else {"input": name, "error": picture}
                )

    def answer(self, name: str, probability_K: np.ndarray) -> Answer:
        order = np.argsort(-probability_K, kind="stable")[:5]
        top = {self.classes[k]: float(probability_K[k]) for k in order}
        return {
            "input": name,
            "answer": self.classes[order[0]],
            "confidence": float(probability_K[order[0]]),
            "top": top,
        }

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        for start in range(0, len(arrays), self.chunk):
            yield from arrays.take("pixels", np.arange(start, min(start + self.chunk, len(arrays))))

    def summary(self, nets: Nets) -> str:
        height, width, channels = self.shape
        return render(summary(nets["net"], (channels, height, width)))

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """What the network thinks of 16 validation pictures."""
        return {"probabilities": metrics.softmax(self.answer_all(nets, val.first(16), 1)).astype(np.float32)}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        probabilities_NK = self.calibrated(self.answered(nets, arrays))
        net = nets["net"]
        assert isinstance(net, ConvNet), "the job built it"
        yield from classify_panels(self.classes, probabilities_NK, (train, arrays), net, self.preprocess, snaps)


def note_unequal(records: Records) -> None:
    """Say so where accuracy would mislead: a class has several times as many training pictures as another."""
    counts = Counter(records.only(TRAIN).columns["label"]).most_common()
    if not counts:  # only the test split was asked for
        return
    (most, n), (least, m) = counts[0], counts[-1]
    if n > UNEQUAL * m:
        records.report.problems.append(
            f"{most} has {n:,} pictures to learn from and {least} {m:,}: accuracy says little of the rare classes;"
            " see balanced_accuracy, and consider --balance"
        )
