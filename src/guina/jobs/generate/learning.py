"""generate: a folder of pictures to a network that makes more of them.

A generator and a critic (nets/generator.py, nets/critic.py) play the game of adversarial.py: relativistic pairing, with
both penalties on the critic's slope every few steps, whose weight holds itself (Huang et al. 2024, R3GAN,
https://arxiv.org/abs/2501.05441). What ships is the generator's average over the training's last part.

Axes: B examples, N pictures, H W pixels, C channels, K classes, Z noise.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor

from guina.answering.base import Saved
from guina.blocks.diffaug import diff_augment
from guina.data import augment
from guina.data.arrays import Arrays
from guina.data.gallery import range_of_numbers, shape_of
from guina.data.order import Draw
from guina.data.records import VAL, Records
from guina.engine.game import Game, Penalty
from guina.engine.job import Job, Overview
from guina.engine.judge import Scores
from guina.engine.turns import Batch, Learner, Nets, Phase, Remedy
from guina.errors import GuinaError
from guina.jobs.generate.answering import GenerateAnswering, GenerateFitted
from guina.jobs.generate.check import generate_overview
from guina.jobs.generate.monitor import find_remedy
from guina.jobs.generate.scores import KNOWN, GenerateJudge, too_few
from guina.jobs.generate.settings import GenerateSettings, check_settings
from guina.jobs.pictures import gallery
from guina.jobs.pictures.check import to_learn_from
from guina.jobs.pictures.house import learn_house
from guina.nets.critic import Critic
from guina.nets.generator import SIDES

FEW = 5000  # pictures below which a critic would learn them by heart
OFTEN_SEEN = 100  # passes over them from which it does
OFTEN = {"small": 1.0, "medium": 4.0, "large": 12.0}  # hundred thousands of pictures a size must see to be chosen


class Generate(Job):
    """Pictures to more pictures."""

    name = "generate"
    Settings = GenerateSettings
    Answering: type[GenerateAnswering] = GenerateAnswering  # pyright: ignore[reportIncompatibleVariableOverride]
    Judge: type[GenerateJudge] = GenerateJudge  # pyright: ignore[reportIncompatibleVariableOverride]
    sizes = ("tiny", "small", "medium", "large")
    mixed_precision = True
    settings: GenerateSettings
    fitted: GenerateFitted

    def __init__(self, settings: GenerateSettings, fitted: Any = None, epochs: float | None = None) -> None:
        super().__init__(settings, fitted, epochs)
        check_settings(settings)

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        records = gallery.read(source, splits, self.settings, self.fitted and self.fitted.range, labelled=False)
        records.report.problems += too_few(records)
        return records

    def overview(self, records: Records) -> Overview:
        learned = to_learn_from(records)
        job = self.fitted_to(self.fit(learned))
        return generate_overview(records, job.fitted.shape, job.fitted.classes, job.changes, records.count(VAL))

    def fit(self, records: Records) -> GenerateFitted:
        shape = shape_of(records, self.settings.pixels)
        if not SIDES[0] <= min(shape[:2]) <= max(shape[:2]) <= SIDES[1]:
            raise GuinaError(
                f"pictures of {shape[0]}×{shape[1]} pixels cannot be made",
                f"{SIDES[0]} to {SIDES[1]} pixels a side",
                "say --pixels 64 to have them brought to 64×64",
            )
        counted = Counter(str(label) for label in records.columns["label"])
        named = sorted(set(counted) - {""})
        if self.settings.conditional == "on" and len(named) < 2:
            raise GuinaError(
                f"--conditional on, and the pictures are of {len(named)} classes",
                "two classes at least",
                "leave it out",
            )
        labels = tuple(named) if len(named) > 1 else ()
        classes = labels if self.settings.conditional != "off" else ()
        counts, known = tuple(counted[name] for name in classes), range_of_numbers(records)
        return GenerateFitted(shape, labels, classes, counts, len(records), records.fingerprint, range=known)

    def arrays(self, records: Records) -> Arrays:
        return gallery.arrays(records, self.fitted.shape, self.fitted.labels, missing=0)

    def measure(self, arrays: Arrays) -> GenerateFitted:
        some, flip = arrays.first(KNOWN), self.settings.flip
        unknown = flip == "auto" and not self.fitted.labels  # without classes nothing says that it may be mirrored
        return replace(self.fitted, flip=not unknown and gallery.flips(flip, some))

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from range(len(arrays))

    # --- the game ---

    def build(self) -> Nets:
        shape = self.Answering.picture_shape(self.settings, self.fitted)
        critic = Critic(shape, self.Answering.recipe.critic_activation)
        critic.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
        return {"critic": critic, **self.Answering.build(self.settings, self.fitted)}

    def suits(self, size: str, epochs: float) -> bool:
        return epochs * self.fitted.examples >= OFTEN.get(size, 0.0) * 1e5

    @property
    def changes(self) -> bool:
        """Whether the critic is shown changed pictures: it would otherwise see few of them too often."""
        few = self.fitted.examples < FEW and (self.epochs is None or self.epochs > OFTEN_SEEN)
        return self.settings.augment == "on" or (self.settings.augment == "auto" and few)

    def game(self) -> Game:
        """The game, with a penalty that holds itself at a share of the loss."""
        s = self.settings

        def weight(nets: Nets, slope_B: Tensor) -> Tensor:
            return critic_of(nets).hold(slope_B.mean(), s.penalty)

        def show(batch: Batch, rng: torch.Generator) -> Batch:
            return batch | {"x": diff_augment(batch["x"], rng)} if self.changes else batch

        return Game(
            s.loss,
            self.made,
            self.judged,
            Penalty("flat", weight, s.every, joins=True) if s.penalty else None,
            self.Answering.recipe.critic_steps,
            show,
            together=True,
            told=lambda nets, loss: critic_of(nets).saw_loss(loss),
        )

    def phases(self) -> list[Phase]:
        s, recipe = self.settings, self.Answering.recipe
        learners = {
            "critic": learner(recipe.critic_optimizer, s.critic_rate or s.rate),
            "generator": learner(recipe.generator_optimizer, s.rate),
        }
        return [Phase("game", self.game().turns(), learners, self.batch_size, warmup=0.0, hold=0.3, ema=0.05)]

    @property
    def batch_size(self) -> int:
        return min(self.settings.batch, self.fitted.examples)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        if self.fitted.flip:
            x_BHWC = augment.alternating_flip(x_BHWC, draw.index_B, draw.epoch_B)
        x_BCHW = x_BHWC.permute(0, 3, 1, 2).float() / 127.5 - 1
        return {"x": x_BCHW, "class": torch.from_numpy(arrays.take("target", draw.index_B))}

    def made(self, nets: Nets, batch: Batch, rng: torch.Generator) -> Batch:
        """As many pictures as there are real ones, of the same classes."""
        x_BCHW = batch["x"]
        z_BZ = torch.randn(len(x_BCHW), 64, generator=rng).to(x_BCHW)
        return {"x": nets["generator"](z_BZ, self.asked(batch["class"])).to(x_BCHW.dtype), "class": batch["class"]}

    def judged(self, nets: Nets, batch: Batch) -> Tensor:
        return nets["critic"](batch["x"], self.asked(batch["class"])).to(batch["x"].dtype)

    def asked(self, class_B: Tensor) -> Tensor | None:
        """The classes, where the networks know any."""
        return class_B if self.fitted.classes else None

    def remedy(
        self, scores: Scores | None, best: Scores | None, terms: Mapping[str, float], tried: int
    ) -> Remedy | None:
        return find_remedy(scores, best, terms, tried)

    # --- what it hands over to ---

    def judge(self, arrays: Arrays) -> GenerateJudge:
        """House features of these pictures, and how the training pictures lie in them."""
        fitted = self.fitted
        features = learn_house(arrays, fitted.shape, len(fitted.labels), fitted.fingerprint)
        return self.Judge(self, features, features(arrays.first(KNOWN).all("pixels")).astype("float16"))

    def judge_restored(self, saved: Saved) -> GenerateJudge:
        return self.Judge.restored(self, saved)


def critic_of(nets: Nets) -> Critic:
    critic = nets["critic"]
    assert isinstance(critic, Critic), "the job built it"
    return critic


def learner(optimizer: Literal["adamw", "muon", "sgd"], rate: float) -> Learner:
    """How a player learns.

    With AdamW without momentum, as R3GAN does. Muon learns from a gradient's direction alone, so that a penalty that
    comes every few steps must linger in its momentum to be felt in between.
    """
    if optimizer == "muon":
        return Learner("muon", rate, rate / 20, betas=(0.0, 0.99), momentum=0.5, iterations=3)
    return Learner(optimizer, rate / 20, betas=(0.0, 0.99), momentum=0.0)
