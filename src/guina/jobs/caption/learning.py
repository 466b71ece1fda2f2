"""caption: what a picture shows, in a sentence.

First a convolutional network learns which words a picture's captions call for; then a writer learns to say them, word
by word, from what that network sees at each place (nets/captioner.py). Both end with their rates at zero. While the
writer learns, the network that sees stays as it is, and sees each picture once for all its captions.

Axes: B pictures, N their captions, H W pixels, C channels, W words that name something, T words of a caption.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from guina.answering.base import Saved
from guina.beam import reordered
from guina.cider import Documents
from guina.data import preprocess as input_layer
from guina.data.arrays import Arrays
from guina.data.captions import Wanted, caption_arrays, read_captions
from guina.data.gallery import range_of_numbers, shape_of
from guina.data.order import Draw
from guina.data.ragged import Ragged, Several
from guina.data.records import Records
from guina.engine.job import Job, Overview
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Terms, Turn
from guina.jobs.caption.answering import CaptionAnswering, gist_of, seen, seer, writes
from guina.jobs.caption.check import caption_overview
from guina.jobs.caption.fitted import CaptionFitted
from guina.jobs.caption.scores import CaptionJudge, hashes
from guina.jobs.caption.settings import SIZES, CaptionSettings, check_settings
from guina.jobs.caption.wording import START, UNKNOWN, learn_wording, share_of_captions
from guina.jobs.pictures.changing import changed
from guina.jobs.pictures.check import to_learn_from
from guina.losses import cross_entropy_sum
from guina.nets.captioner import Captioner

SAMPLE = 5000  # training pictures that statistics are taken from
SEEING = 0.5  # share of the training in which the network that sees learns
PICTURES = 64  # a step of learning to see
SAYING = 32  # pictures a step of learning to write, with all their captions
OFTEN = {"small": 4.0, "medium": 20.0, "large": 60.0}  # passes over the pictures that a size must get to be chosen
RARE = 3  # pictures in whose captions a word must be for the search by risk to know how rare it is
SMOOTHING = 0.1
RARELY = 0.01  # share of the captions that may speak of left or right where pictures are mirrored


class Caption(Job):
    """Pictures to sentences."""

    name = "caption"
    Settings = CaptionSettings
    Answering = CaptionAnswering
    Judge = CaptionJudge
    sizes = tuple(SIZES)
    mixed_precision = True
    settings: CaptionSettings
    fitted: CaptionFitted

    def __init__(self, settings: CaptionSettings, fitted: Any = None, epochs: float | None = None) -> None:
        super().__init__(settings, fitted, epochs)
        check_settings(settings)

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        s = self.settings
        wanted = Wanted(s.path_column, s.caption_column, s.encoding)
        return read_captions(
            source, splits, wanted, s.validation, s.max_bad, known=self.fitted.range if self.fitted else None
        )

    def overview(self, records: Records) -> Overview:
        return caption_overview(records, self.fit(to_learn_from(records)))

    def fit(self, records: Records) -> CaptionFitted:
        captions = records.columns["captions"]
        wording = learn_wording(captions)
        flip = wording.sides < RARELY if self.settings.flip == "auto" else self.settings.flip == "on"
        among = Documents.of(captions)
        among = Documents(among.pictures, {gram: n for gram, n in among.counts.items() if n >= RARE})
        shape = shape_of(records, self.settings.pixels)
        return CaptionFitted(wording, shape, flip, len(records), range_of_numbers(records), documents=among)

    def arrays(self, records: Records) -> Arrays:
        arrays = caption_arrays(records, self.fitted.shape)
        texts, encode = arrays.columns["caption"], self.fitted.wording.encode
        assert isinstance(texts, Several), "several a picture"
        said = texts.column.texts(np.arange(len(texts.column)))  # pyright: ignore[reportAttributeAccessIssue]
        words = Several(Ragged.of([encode(text) for text in said], np.int32), texts.offset_M1)
        return Arrays({**arrays.columns, "words": words}, arrays.rows_N, arrays.names)

    def measure(self, arrays: Arrays) -> CaptionFitted:
        pixels_NHWC = torch.from_numpy(arrays.first(SAMPLE).all("pixels"))
        return replace(self.fitted, preprocess=input_layer.fit(pixels_NHWC, "standardize"))

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        for some in np.array_split(np.arange(len(arrays)), max(1, len(arrays) // 100)):
            yield from arrays.take("pixels", some)

    def judge(self, arrays: Arrays) -> CaptionJudge:
        texts = arrays.several("caption", np.arange(len(arrays)))
        return CaptionJudge(self, np.unique(hashes([text for some in texts for text in some])))

    def judge_restored(self, saved: Saved) -> CaptionJudge:
        return CaptionJudge(self, saved.tensors["known"].numpy())

    # --- learning ---

    @property
    def passes(self) -> float:
        """How often the pictures will be seen in a phase, the mean of both: the first takes more a step, so that
        it makes more passes. Once, where no plan is known.
        """
        return 1.0 if self.epochs is None else self.epochs / 2

    @property
    def dropout(self) -> float:
        """What the writer leaves out: the more the oftener it sees the captions."""
        if self.settings.dropout >= 0:
            return self.settings.dropout
        return 0.0 if self.passes < 2 else 0.1 if self.passes < 5 else 0.3

    @property
    def augmentation(self) -> str:
        """How much pictures are changed: the more often they are seen, the more."""
        return "light" if self.passes < 8 else "medium" if self.passes < 20 else "strong"

    def build(self) -> Nets:
        nets = CaptionAnswering.build(self.settings, self.fitted)
        nets["writer"] = Captioner(replace(writes(nets).shape, dropout=self.dropout))
        return nets

    def begin(self, nets: Nets, arrays: Arrays) -> None:
        seer(nets).whiten(self.fitted.prepare(torch.from_numpy(arrays.first(SAMPLE).all("pixels"))))

    def suits(self, size: str, epochs: float) -> bool:
        return epochs / 2 >= OFTEN.get(size, 0)

    def phases(self) -> list[Phase]:
        pictures = min(PICTURES, max(8, self.fitted.examples // 10))
        few = min(SAYING, max(4, self.fitted.examples // 20))
        rate = 0.24 * (pictures / 2000) ** 0.5
        eyes = Learner(
            "muon", rate, rate_rest=0.008, betas=(0.85, 0.95), momentum=0.6, rest=("head",), sphere=True, iterations=3
        )
        writer = Learner("adamw", 3e-3, betas=(0.9, 0.99))
        see = Turn("see", ("eyes",), self.sees)
        say = Turn("say", ("writer",), self.says, count=lambda batch: int((batch["words"] != UNKNOWN).sum()) or 1)
        return [
            Phase("see", (see,), {"eyes": eyes}, batch=pictures, share=SEEING, warmup=0.0, hold=0.0),
            Phase("say", (say,), {"writer": writer}, batch=few, share=1 - SEEING, warmup=0.05, hold=0.2, clip=1.0),
        ]

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        """Pictures, and all captions of each: `of` says which picture each belongs to."""
        fitted = self.fitted
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        x_BCHW = changed(x_BHWC, fitted.prepare, self.augmentation, draw, rng, flip=fitted.flip)
        said = arrays.several("words", draw.index_B)
        named_BW = np.stack([share_of_captions(some, fitted.place_V) for some in said])
        rows = Ragged.of([row for some in said for row in some], np.int32)
        words_NT, _ = rows.padded(np.arange(len(rows)), UNKNOWN)
        of_N = np.repeat(np.arange(len(said)), [len(some) for some in said])
        return {
            "x": x_BCHW,
            "named": torch.from_numpy(named_BW),
            "words": torch.from_numpy(words_NT).long(),
            "of": torch.from_numpy(of_N),
        }

    def sees(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        """The words that captions call for, each by itself: targets are the shares of the captions that say them."""
        eyes = seer(nets)
        logits_BW = eyes(batch["x"]).to(batch["named"].dtype)
        return {"nats": F.binary_cross_entropy_with_logits(logits_BW, batch["named"], reduction="sum")}, None

    def says(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        """The next word, from the picture and the words before it; what is not known is not asked for."""
        eyes, writer, words_NT = seer(nets), writes(nets), batch["words"]
        training = eyes.training
        with torch.no_grad():
            map_BCYX, named_BW = seen(eyes.eval(), batch["x"])
        eyes.train(training)
        state = reordered(writer.see(map_BCYX, gist_of(map_BCYX, named_BW)), batch["of"])
        start_N1 = torch.full_like(words_NT[:, :1], START)
        out_NTH, _, _ = writer.thoughts(torch.cat([start_N1, words_NT[:, :-1]], 1), state)
        asked_NT = words_NT != UNKNOWN
        logits_MV = F.linear(out_NTH[asked_NT], writer.embed.weight, writer.bias).to(writer.bias.dtype)
        return {"nats": cross_entropy_sum(logits_MV, words_NT[asked_NT], SMOOTHING)}, None
