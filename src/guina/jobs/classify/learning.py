"""classify: which class a picture belongs to.

A convolutional network on whitened patches (nets/convnet.py), learned with Muon, label smoothing and a rate that falls
to zero with the budget, from pictures that are mirrored, shifted and cut (after airbench, Jordan 2024,
https://arxiv.org/abs/2404.00498).

Axes: B batch, H W pixels, C channels, K classes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from guina.data import preprocess as input_layer
from guina.data.arrays import Arrays
from guina.data.gallery import range_of_numbers, shape_of
from guina.data.order import Draw
from guina.data.records import TRAIN, VAL, Records
from guina.engine.job import Job, Overview
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Terms, Turn
from guina.errors import GuinaError
from guina.jobs.classify.answering import ClassifyAnswering, ClassifyFitted
from guina.jobs.classify.panels import UNEQUAL
from guina.jobs.classify.scores import ClassifyJudge
from guina.jobs.classify.settings import ClassifySettings
from guina.jobs.pictures import gallery
from guina.jobs.pictures.changing import changed
from guina.jobs.pictures.check import brought_to, picture_overview, to_learn_from
from guina.losses import cross_entropy_sum
from guina.nets.convnet import ConvNet
from guina.nets.summary import render, summary

SAMPLE = 5000  # training pictures that statistics are taken from
FEW = 5000  # training pictures below which a large network learns them by heart
OFTEN = 8  # passes over the data that a size must be able to make to be chosen


class Classify(Job):
    """Pictures to classes."""

    name = "classify"
    Settings = ClassifySettings
    Answering = ClassifyAnswering
    Judge = ClassifyJudge
    sizes = ("tiny", "small", "medium", "large", "huge")
    mixed_precision = True
    settings: ClassifySettings
    fitted: ClassifyFitted

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        records = gallery.read(source, splits, self.settings, self.fitted and self.fitted.range)
        note_unequal(records)
        return records

    def overview(self, records: Records) -> Overview:
        learned = to_learn_from(records)
        job = self.fitted_to(self.fit(learned))
        plan = [
            brought_to(job.fitted.shape),
            f"take {job.batch_size} pictures a step, and judge by {records.count(VAL):,} pictures of the val split",
        ]
        return picture_overview(records, job.fitted.shape, plan)

    def fit(self, records: Records) -> ClassifyFitted:
        counted = Counter(records.columns["label"])
        classes = tuple(sorted(counted))
        counts = tuple(counted[name] for name in classes)
        return ClassifyFitted(classes, counts, shape_of(records, self.settings.pixels), range_of_numbers(records))

    def arrays(self, records: Records) -> Arrays:
        classes = self.fitted.classes
        unknown = sorted(set(records.columns["label"]) - set(classes))
        if unknown:
            raise GuinaError(
                f"there are pictures of {', '.join(unknown[:5])}, which the training split does not have",
                f"only the classes {', '.join(classes[:8])}{', …' if len(classes) > 8 else ''}",
                "remove these pictures, or train with some of them",
            )
        return gallery.arrays(records, self.fitted.shape, classes, missing=-1)

    def measure(self, arrays: Arrays) -> ClassifyFitted:
        some, settings = arrays.first(SAMPLE), self.settings
        pixels_NHWC = some.all("pixels")
        prepare = input_layer.fit(torch.from_numpy(pixels_NHWC), settings.preprocess, settings.components)
        return replace(self.fitted, preprocess=prepare, flip=gallery.flips(settings.flip, some))

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        for some in np.array_split(np.arange(len(arrays)), max(1, len(arrays) // 100)):
            yield from arrays.take("pixels", some)

    # --- learning ---

    def begin(self, nets: Nets, arrays: Arrays) -> None:
        net = nets["net"]
        assert isinstance(net, ConvNet), "the job built it"
        net.whiten(self.fitted.prepare(torch.from_numpy(arrays.first(SAMPLE).all("pixels"))))

    def suits(self, size: str, epochs: float) -> bool:
        if self.fitted.examples < FEW and size not in ("tiny", "small"):
            return False  # it would learn them by heart
        return epochs * self.fitted.examples >= OFTEN * max(self.fitted.examples, 20_000)

    @property
    def batch_size(self) -> int:
        return self.settings.batch or min(250, max(64, self.fitted.examples // 10))

    @property
    def augmentation(self) -> str:
        """How much pictures are changed: "none", "light", "medium", "strong". The more often, the more."""
        if self.settings.augment != "auto":
            return self.settings.augment
        passes = 1.0 if self.epochs is None else self.epochs
        return "light" if passes < 12 else "medium" if passes < 40 else "strong"

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

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        fitted = self.fitted
        assert fitted.preprocess is not None, "it was measured"
        first = not fitted.preprocess.everywhere  # a moved picture has other pixels at a place than were fitted
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        x_BCHW = changed(x_BHWC, fitted.prepare, self.augmentation, draw, rng, flip=fitted.flip, first=first)
        return {"x": x_BCHW, "target": torch.from_numpy(arrays.take("target", draw.index_B))}

    def loss(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        logits_BK = nets["net"](batch["x"]).to(batch["x"].dtype)  # out of bfloat16, where that is the precision
        if self.settings.balance:  # logit adjustment (Menon et al. 2021, https://arxiv.org/abs/2007.07314)
            logits_BK = logits_BK + self.log_prior_K.to(logits_BK)
        return {"loss": cross_entropy_sum(logits_BK, batch["target"], self.settings.smoothing)}, carry

    @cached_property
    def log_prior_K(self) -> Tensor:
        """The log of each class's share of the training split."""
        counts_K = torch.tensor(self.fitted.counts, dtype=torch.float64)
        return counts_K.clamp_min(1).log() - np.log(sum(self.fitted.counts))

    def summary(self, nets: Nets) -> str:
        height, width, channels = self.fitted.shape
        return render(summary(nets["net"], (channels, height, width)))


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
