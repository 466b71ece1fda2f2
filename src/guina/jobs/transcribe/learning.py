"""transcribe: a network of convolutions and recurrent layers that hears recordings (nets/recogniser.py).

It learns by connectionist temporal classification from recordings and their texts, in batches of like length. The bands
are computed for each batch, so that no two looks at a recording are the same: its speed, its pitch, the noise in it and
what of it is blanked are drawn anew.

Axes: B recordings, S samples, F frames of the bands, T moments of the network, U units of a text, V units with the
blank.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from guina.blocks.mel import LogMel
from guina.blocks.sound_changes import Changes
from guina.data.arrays import Arrays
from guina.data.clip_rows import to_text
from guina.data.clips import Wanted, read_clips, wave_column
from guina.data.lines import lines_of
from guina.data.order import Buckets, Draw, Order
from guina.data.pair_columns import note
from guina.data.ragged import Ragged, Texts
from guina.data.records import SHOWN, TRAIN, Records, Report
from guina.data.vocabulary import Vocabulary, make_vocabulary
from guina.data.words import CLOSE
from guina.engine.job import Job, Overview
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Terms, Turn
from guina.jobs.transcribe.answering import TranscribeAnswering, recogniser
from guina.jobs.transcribe.check import transcribe_overview
from guina.jobs.transcribe.fitted import TranscribeFitted, spaced
from guina.jobs.transcribe.language import learn_language
from guina.jobs.transcribe.mixing import Example, mixed
from guina.jobs.transcribe.scores import TranscribeJudge
from guina.jobs.transcribe.settings import SIZES, TranscribeSettings, check_settings
from guina.jobs.transcribe.targets import least_moments, short_enough, stride_for, with_room
from guina.nets.recogniser import Recogniser

BEGUN, GROWN = 0.3, 0.7  # shares of the training from which recordings are changed, and as much as ever
MEASURED = 1000  # recordings whose bands are measured
PIECES = 500  # of words, where the user wants such
EXAMPLE = 60  # characters of a line that is shown
BATCH, LEAST = 8, 20.0  # recordings of usual length a step, and seconds of sound at least
RATE, REST = 0.04, 3e-3  # the highest learning rates: of matrices and filters, and of all else
AVERAGED = 0.12  # share of the training after which weights count half in their average, which is what ships
PASSES = {"small": 8.0, "medium": 20.0, "large": 40.0}  # over the recordings that a size must get to be chosen


class Transcribe(Job):
    """Recordings to a recogniser of what is said in them."""

    name = "transcribe"
    Settings = TranscribeSettings
    Answering = TranscribeAnswering
    Judge = TranscribeJudge
    sizes = tuple(SIZES)
    mixed_precision = True
    settings: TranscribeSettings
    fitted: TranscribeFitted

    def __init__(self, settings: TranscribeSettings, fitted: Any = None, epochs: float | None = None) -> None:
        super().__init__(settings, fitted, epochs)
        check_settings(settings)

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        s = self.settings
        rate = self.fitted.rate if self.fitted else s.rate
        wanted = Wanted(s.path, s.transcript, s.encoding)
        records = read_clips(source, splits, wanted, s.validation, s.split_by, s.max_bad, rate)
        return short_enough(with_room(records, s.max_bad, "mend the texts, or remove these recordings"), s.max_bad)

    @property
    def unit(self) -> str:
        """What texts are cut into: letters are heard again in other words, and from other voices better than words."""
        return "char" if self.settings.unit == "auto" else self.settings.unit

    def overview(self, records: Records) -> Overview:
        fitted = self.fit(records.only(TRAIN))
        how = f"cut texts into {fitted.vocabulary.kind} units and hear moments of {1000 * fitted.step:.0f} ms"
        return transcribe_overview(records, [f"a training would {how}"])

    def fit(self, records: Records) -> TranscribeFitted:
        texts, kind = [text.strip() for text in records.columns["text"]], self.unit
        before = "" if kind == "char" else " "
        spaces = not any(map(CLOSE.search, texts))  # words of one recording are parted from those of the next
        vocabulary = make_vocabulary(kind, [" " * spaces, *(f"{before}{text}" for text in texts if text)], PIECES)
        units = vocabulary.encode_all([spaced(text, vocabulary) for text in texts])
        more = self.more_units(vocabulary, records.report)
        seconds_N = np.asarray(records.columns["seconds"], np.float64)
        return TranscribeFitted(
            vocabulary,
            records.source.rate,
            stride_for(units, seconds_N, records.source.rate),
            len(records),
            float(np.median(seconds_N)),
            learn_language([*units, *more], vocabulary),
        )

    def more_units(self, vocabulary: Vocabulary, report: Report) -> list[np.ndarray]:
        """The units of the lines of the file of more sentences; those that no transcript could be are left out, and the
        report hears of them.
        """
        file = self.settings.text
        if not file:
            return []
        lines = (to_text(line, file, Report()) for line in lines_of(Path(file), Report(), self.settings.encoding))
        texts = [text for text in lines if text]
        units, never = vocabulary.encode_all([spaced(text, vocabulary) for text in texts]), set(vocabulary.never)
        known = [never.isdisjoint(one.tolist()) for one in units]
        said = f"{file}: {sum(known):,} of {len(texts):,} lines teach the language model"
        if not all(known):
            strange = texts[known.index(False)]
            which = ", ".join(f"“{character}”" for character in vocabulary.unknown(strange)[:SHOWN])
            said += f"; the others have characters that no transcript has, as {which} in “{strange[:EXAMPLE]}”"
        note(report, said)
        return [one for one, is_known in zip(units, known, strict=True) if is_known]

    def arrays(self, records: Records) -> Arrays:
        """Columns of the whole source; what is of other splits has no text here."""
        wave = wave_column(records, self.fitted.rate)
        rows = {int(row): n for n, row in enumerate(records.rows)}
        texts = records.columns["text"]
        units, nothing = self.fitted.encode(texts), np.empty(0, np.int32)
        column = [units[rows[row]] if row in rows else nothing for row in range(len(wave))]
        said = {
            name: Texts.of([records.columns[name][rows[row]] if row in rows else "" for row in range(len(wave))])
            for name in ("text", "speaker")
        }
        paths = Texts.of([str(records.columns["path"][rows[row]]) if row in rows else "" for row in range(len(wave))])
        columns = {"wave": wave, "units": Ragged.of(column, np.int32), "path": paths, **said}
        return Arrays(columns, records.rows, records.names)

    def measure(self, arrays: Arrays) -> TranscribeFitted:
        """What was fitted, with the usual mean and deviation of each band."""
        some = arrays.first(MEASURED)
        batches = (some.padded("wave", np.array([n])) for n in range(len(some)))
        recordings = ((torch.from_numpy(wave_1S), torch.from_numpy(length_1)) for wave_1S, length_1 in batches)
        return replace(self.fitted, usual_2M=LogMel(self.fitted.rate).usual(recordings))

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from arrays.texts("path", np.arange(len(arrays)))

    # --- learning ---

    @property
    def passes(self) -> float:
        """How often the recordings will be heard; once, where no plan is known."""
        return 1.0 if self.epochs is None else self.epochs

    @property
    def dropout(self) -> float:
        """What is left out: the more the oftener the recordings are heard."""
        if self.settings.dropout >= 0:
            return self.settings.dropout
        return 0.0 if self.passes < 5 else 0.1 if self.passes < 50 else 0.2

    def build(self) -> Nets:
        return {"net": Recogniser(replace(TranscribeAnswering.shape(self.settings, self.fitted), dropout=self.dropout))}

    def suits(self, size: str, epochs: float) -> bool:
        return epochs >= PASSES.get(size, 0)

    def phases(self) -> list[Phase]:
        learner = Learner("muon", RATE, REST, (0.9, 0.98), 0.6, weight_decay=0.01, rest=("head",), iterations=3)
        turn = Turn("transcribe", ("net",), self.loss, count=lambda batch: int(batch["units_length"].sum()) or 1)
        learn = Phase(
            "learn", (turn,), {"net": learner}, self.batch_size, warmup=0.05, hold=0.3, clip=1.0, ema=AVERAGED
        )
        return [learn]

    @property
    def batch_size(self) -> int:
        return max(BATCH, round(LEAST / max(self.fitted.seconds, 0.1)))

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        """By length, the shortest first; a batch costs what `phase.batch` of the usual length do. A much longer one is
        alone.
        """
        cost = round(phase.batch * self.fitted.seconds * self.fitted.rate)
        return Buckets(arrays.lengths("wave"), cost=cost, rising=True)

    @cached_property
    def ears(self) -> LogMel:
        return self.fitted.ears()

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        fitted = self.fitted
        columns = (arrays.values(name, draw.index_B) for name in ("wave", "units"))
        # who hears nothing yet learns most from what is easy to hear
        share = min(1.0, max(0.0, draw.done - BEGUN) / (GROWN - BEGUN))
        examples = mixed([Example(*one) for one in zip(*columns, strict=True)], fitted.rate, self.between, share, rng)
        all_rows = np.arange(len(examples))
        wave_BS, length_B = Ragged.of([one.wave_S for one in examples]).padded(all_rows)
        units_BU, units_B = Ragged.of([one.units for one in examples]).padded(all_rows, fitted.blank)
        least = torch.tensor([least_moments(one.units) * fitted.stride for one in examples])
        wave_BS, length_B = torch.from_numpy(wave_BS), torch.from_numpy(length_B)
        mel_BFM, frames_B = self.ears(wave_BS, length_B, Changes().times(share), rng, least)
        units_BU = torch.from_numpy(units_BU).long()
        return {"mel": mel_BFM, "frames": frames_B, "units": units_BU, "units_length": torch.from_numpy(units_B)}

    @cached_property
    def between(self) -> np.ndarray:
        """The units between two texts: a space, where it is a unit of its own."""
        vocabulary = self.fitted.vocabulary
        space = vocabulary.encode(" ") if vocabulary.kind == "char" else np.empty(0)
        return space[[unit not in vocabulary.never for unit in space]].astype(np.int32)

    def loss(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        log_BTV, moments_B = recogniser(nets).probabilities(batch["mel"], batch["frames"])
        lengths = moments_B, batch["units_length"]
        nats = F.ctc_loss(
            log_BTV.transpose(0, 1), batch["units"], *lengths, self.fitted.blank, reduction="sum", zero_infinity=True
        )
        return {"nats": nats}, None
