"""generate: a folder of pictures to a network that makes more of them.

A generator and a critic (nets/generator.py, nets/critic.py) play the game of adversarial.py: relativistic pairing, with
both penalties on the critic's slope every few steps, whose weight holds itself (Huang et al. 2024, R3GAN,
https://arxiv.org/abs/2501.05441). What ships is the generator's average over the training's last part.

Axes: B examples, N pictures, H W pixels, C channels, F features, K classes, Z noise.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from guina.adversarial import GAMES, flat_slope
from guina.blocks.diffaug import diff_augment
from guina.data import augment
from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, range_of_numbers, read_gallery, shape_of
from guina.data.order import Draw, Order, Shuffled
from guina.data.records import VAL, Arrays, Records
from guina.data.values import Range
from guina.engine.features import Features, learn_features
from guina.engine.job import Answer, Fitted, Job, Overview, Scores, Snap
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Remedy, Terms, Turn
from guina.errors import GuinaError
from guina.jobs.generate.answering import answers_to, make_with, told
from guina.jobs.generate.check import generate_overview
from guina.jobs.generate.monitor import find_remedy
from guina.jobs.generate.panels import generate_panels
from guina.jobs.generate.scores import JUDGED, KNOWN, LOOKED, baselines, distances, novelty, too_few
from guina.jobs.generate.settings import METRICS, GenerateAsk, GenerateSettings, Recipe, check_settings
from guina.jobs.pictures.check import to_learn_from
from guina.nets.convnet import ConvNet, architecture
from guina.nets.critic import Critic
from guina.nets.generator import SIDES, Generator, PictureShape
from guina.nets.sampling import make, many_noises, noise_of
from guina.panels import Panel
from guina.runtime import derive

FEW = 5000  # pictures below which a critic would learn them by heart
OFTEN_SEEN = 100  # passes over them from which it does
OFTEN = {"small": 1.0, "medium": 4.0, "large": 12.0}  # hundred thousands of pictures a size must see to be chosen


class Generate(Job):
    """Pictures to more pictures."""

    name = "generate"
    Settings = GenerateSettings
    Ask = GenerateAsk
    metric = "fd"
    sizes = ("tiny", "small", "medium", "large")
    mixed_precision = True
    fixed_answers = True
    answers = 3.0
    reminder = "Distances are between features learned from these pictures: this fd is no Inception FID"
    wants_inputs = False
    thing = "picture"
    metrics = METRICS
    recipe: ClassVar[Recipe] = Recipe()

    def __init__(self, settings: GenerateSettings) -> None:
        super().__init__(settings)
        check_settings(settings)
        self.passes = float("inf")  # until a plan is known
        self.range: Range | None = None  # of the numbers of an array, or of deep files, that it learns from
        self._seen: tuple[Arrays, int, np.ndarray] | None = None  # the real features that were last asked for

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        s = self.settings
        columns = Columns(s.path_column, s.label_column)
        records = read_gallery(source, splits, s.validation, s.max_bad, columns, labelled=False, known=self.range)
        records.report.problems += too_few(records)
        return records

    def overview(self, records: Records) -> Overview:
        self.fit(to_learn_from(records))
        return generate_overview(records, self.shape, self.classes, self.changes, records.count(VAL))

    def fit(self, records: Records) -> None:
        self.shape = shape_of(records, self.settings.pixels)
        self.range = range_of_numbers(records)
        if not SIDES[0] <= min(self.shape[:2]) <= max(self.shape[:2]) <= SIDES[1]:
            raise GuinaError(
                f"pictures of {self.shape[0]}×{self.shape[1]} pixels cannot be made",
                f"{SIDES[0]} to {SIDES[1]} pixels a side",
                "say --pixels 64 to have them brought to 64×64",
            )
        labels = [str(label) for label in records.columns["label"]]
        named = sorted(set(labels) - {""})
        if self.settings.conditional == "on" and len(named) < 2:
            raise GuinaError(
                f"--conditional on, and the pictures are of {len(named)} classes",
                "two classes at least",
                "leave it out",
            )
        self.labels = named if len(named) > 1 else []
        self.classes = self.labels if self.settings.conditional != "off" else []
        counted = Counter(labels)
        self.counts = [counted[name] for name in self.classes]
        self.examples, self.fingerprint = len(records), records.fingerprint

    def arrays(self, records: Records) -> Arrays:
        decoded = decode_gallery(records, self.shape)
        place = {name: k for k, name in enumerate(self.labels)}
        target = np.zeros(len(decoded.columns["pixels"]), np.int64)
        target[decoded.rows_N] = [place.get(str(label), 0) for label in records.columns["label"]]
        return Arrays({**decoded.columns, "target": target}, decoded.rows_N, decoded.names)

    def measure(self, arrays: Arrays) -> None:
        some, s = arrays.first(KNOWN), self.settings
        mirrored = bool(self.labels) and augment.flip_keeps_class(some.all("pixels"), some.all("target"))
        self.flip = s.flip == "on" or (s.flip == "auto" and mirrored)
        self.features = learn_features(arrays, self._feature_net, len(self.labels), self.fingerprint)
        self.known_NF = self.features(some.all("pixels")).astype(np.float16)

    def _feature_net(self, classes: int, x_NCHW: Tensor | None = None) -> ConvNet:
        net = ConvNet(architecture("small", self.shape, classes))
        if x_NCHW is not None:
            net.whiten(x_NCHW)
        return net

    FACTS = ("shape", "labels", "classes", "counts", "examples", "fingerprint", "flip")

    def fitted(self) -> Fitted:
        facts = {name: getattr(self, name) for name in self.FACTS} | {
            "range": self.range,
            "learned_by": self.features.learned_by,
        }
        tensors = {f"features/{name}": tensor for name, tensor in self.features.tensors().items()}
        return Fitted(
            facts | {"shape": list(self.shape), "range": self.range},
            tensors | {"known": torch.from_numpy(self.known_NF)},
        )

    def restore(self, fitted: Fitted) -> None:
        for name in self.FACTS:
            setattr(self, name, fitted.facts[name])
        self.range = Range(*fitted.facts["range"]) if fitted.facts.get("range") else None
        height, width, channels = self.shape
        self.shape = (int(height), int(width), int(channels))
        net = self._feature_net(len(self.labels) if fitted.facts["learned_by"] == "classes" else 4)
        net.load_state_dict({k[9:]: v for k, v in fitted.tensors.items() if k.startswith("features/")})
        self.features = Features(net.eval(), fitted.facts["learned_by"])
        self.known_NF = fitted.tensors["known"].numpy()

    # --- the game ---

    def build(self) -> Nets:
        size = "small" if self.settings.size == "auto" else self.settings.size
        shape, r = PictureShape(*self.shape, len(self.classes), size), self.recipe
        nets = {"critic": Critic(shape, r.critic_activation), "generator": Generator(shape, r.generator_activation)}
        for net in nets.values():
            net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
        return nets

    def worth(self, size: str, epochs: float) -> bool:
        return epochs * self.examples >= OFTEN.get(size, 0.0) * 1e5

    def expect(self, epochs: float) -> None:
        self.passes = epochs

    @property
    def changes(self) -> bool:
        """Whether the critic is shown changed pictures: it would otherwise see few of them too often."""
        few = self.examples < FEW and self.passes > OFTEN_SEEN
        return self.settings.augment == "on" or (self.settings.augment == "auto" and few)

    def phases(self) -> list[Phase]:
        s, r = self.settings, self.recipe
        penalty = Turn("penalty", ("critic",), self.penalty, every=s.every, joins=True)
        game = [
            Turn(f"critic{n or ''}", ("critic",), self.critic_loss, fresh_batch=n > 0) for n in range(r.critic_steps)
        ]
        turns = (*([penalty] if s.penalty else []), *game, Turn("generator", ("generator",), self.generator_loss))
        learners = {
            "critic": learner(r.critic_optimizer, s.critic_rate or s.rate),
            "generator": learner(r.generator_optimizer, s.rate),
        }
        return [Phase("game", turns, learners, self.batch_size, warmup=0.0, hold=0.3, ema=0.05)]

    @property
    def batch_size(self) -> int:
        return min(self.settings.batch, self.examples)

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        return Shuffled(len(arrays), phase.batch)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        if self.flip:
            x_BHWC = augment.alternating_flip(x_BHWC, draw.index_B, draw.epoch_B)
        x_BCHW = x_BHWC.permute(0, 3, 1, 2).float() / 127.5 - 1
        return {"x": x_BCHW, "class": torch.from_numpy(arrays.take("target", draw.index_B))}

    def critic_loss(
        self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator
    ) -> tuple[Terms, Carry]:
        real, fake = self.shown(batch, rng), self.shown(self.made(nets, batch, rng), rng)
        both = {name: torch.cat([real[name], fake[name]]) for name in real}
        real_B, fake_B = self.judged(nets, both).chunk(2)
        loss = GAMES[self.settings.loss].critic(real_B, fake_B).sum()
        nets["critic"].saw_loss(loss.detach() / len(real_B))  # pyright: ignore[reportCallIssue]
        return {"loss": loss, "real": real_B.detach().sum(), "fake": fake_B.detach().sum()}, carry

    def penalty(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        """Both slopes, weighted so that they hold themselves at a share of the loss, and for the steps in between."""
        critic, s = nets["critic"], self.settings
        assert isinstance(critic, Critic), "the job built it"
        real, fake = self.shown(batch, rng), self.shown(self.made(nets, batch, rng), rng)
        with torch.autocast(batch["x"].device.type, enabled=False):  # a slope of a slope wants all its digits
            slope_B, other_B = (
                flat_slope(lambda x, c=p["class"]: critic(x, self.asked(c)), p["x"]) for p in (real, fake)
            )
            slope_B = slope_B + other_B
        gamma = critic.hold(slope_B.detach().mean(), s.penalty)
        return {"slope": gamma * s.every * slope_B.sum(), "gamma": gamma * len(slope_B)}, carry

    def generator_loss(
        self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator
    ) -> tuple[Terms, Carry]:
        fake_B = self.judged(nets, self.shown(self.made(nets, batch, rng, learning=True), rng))
        with torch.no_grad():  # the game is relative to real pictures
            real_B = self.judged(nets, self.shown(batch, rng))
        return {"loss": GAMES[self.settings.loss].generator(real_B, fake_B).sum()}, carry

    def made(self, nets: Nets, batch: Batch, rng: torch.Generator, learning: bool = False) -> Batch:
        """As many pictures as there are real ones, of the same classes."""
        x_BCHW = batch["x"]
        z_BZ = torch.randn(len(x_BCHW), 64, generator=rng).to(x_BCHW)
        with torch.set_grad_enabled(learning):
            return {"x": nets["generator"](z_BZ, self.asked(batch["class"])).to(x_BCHW.dtype), "class": batch["class"]}

    def shown(self, batch: Batch, rng: torch.Generator) -> Batch:
        """What the critic is shown of pictures."""
        return batch | {"x": diff_augment(batch["x"], rng)} if self.changes else batch

    def judged(self, nets: Nets, batch: Batch) -> Tensor:
        return nets["critic"](batch["x"], self.asked(batch["class"])).to(batch["x"].dtype)

    def asked(self, class_B: Tensor) -> Tensor | None:
        """The classes, where the networks know any."""
        return class_B if self.classes else None

    def remedy(
        self, scores: Scores | None, best: Scores | None, terms: Mapping[str, float], tried: int
    ) -> Remedy | None:
        return find_remedy(scores, best, terms, tried)

    # --- judging and answering ---

    def sample(self, nets: Nets, n: int) -> np.ndarray:
        """Pictures to be judged, always of the same noise, uint8 n×H×W×C; classes as frequent as in the training."""
        generator = nets["generator"]
        assert isinstance(generator, Generator), "the job built it"
        return make(generator, many_noises(n), self.drawn_classes(range(n)))

    def drawn_classes(self, seeds: Iterable[int]) -> Tensor | None:
        """The class that each seed draws, as frequent as in the training."""
        if not self.classes:
            return None
        edges = np.cumsum(self.counts) / sum(self.counts)
        drawn = np.array([derive(seed, "class") / 2**63 for seed in seeds])
        return torch.from_numpy(np.minimum(np.searchsorted(edges, drawn, side="right"), len(self.classes) - 1))

    def real_features(self, arrays: Arrays, most: int) -> np.ndarray:
        if self._seen is None or self._seen[0] is not arrays or self._seen[1] != most:
            self._seen = arrays, most, self.features(arrays.first(most).all("pixels"))
        return self._seen[2]

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        real_NF = self.real_features(arrays, JUDGED)
        fake_MF = self.features(self.sample(nets, JUDGED if limit is None else LOOKED))
        scores = distances(real_NF, fake_MF)
        if limit is None:
            scores |= novelty(fake_MF, real_NF, self.known_NF.astype(np.float32))
        return scores

    def baseline(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Scores:
        return baselines(train, arrays, self.features)

    def better(self, a: Scores, b: Scores) -> bool:
        return a["fd"] < b["fd"]

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from range(len(arrays))

    def predict(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[Answer]:
        """One picture a seed; or, with a walk, those on the way from each seed to the next."""
        yield from answers_to(self, nets, inputs, ask or GenerateAsk())

    def say(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[str]:
        """Files, and where they are."""
        yield from told(self, nets, inputs, ask or GenerateAsk())

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """The same sixteen pictures, as they are now."""
        seeds = list(range(16))
        return {"made": make_with(nets, noise_of(seeds), self.drawn_classes(seeds))}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> list[Panel]:
        return generate_panels(self, nets, (train, arrays), snaps)


def learner(optimizer: Literal["adamw", "muon", "sgd"], rate: float) -> Learner:
    """How a player learns.

    With AdamW without momentum, as R3GAN does. Muon learns from a gradient's direction alone, so that a penalty that
    comes every few steps must linger in its momentum to be felt in between.
    """
    if optimizer == "muon":
        return Learner("muon", rate, rate / 20, betas=(0.0, 0.99), momentum=0.5, iterations=3)
    return Learner(optimizer, rate / 20, betas=(0.0, 0.99), momentum=0.0)
