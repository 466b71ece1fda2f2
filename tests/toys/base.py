"""What the toys share: made-up data, nothing fitted, one score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from guina.answering.base import Fitted
from guina.data.arrays import Arrays
from guina.data.records import SPLITS, Records, Report
from guina.engine.job import Job
from guina.engine.judge import Judge, Scores
from guina.engine.metric import Metric


@dataclass(frozen=True)
class ToySettings:
    """The toys' one dial."""

    width: int = 16


class ToyJudge(Judge):
    """Larger is better, and 0 is what nothing learned gives."""

    metrics = (Metric("score", "more"),)

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        return {"nothing": {"score": 0.0}}


class Toy(Job):
    """A toy whose source is a seed."""

    Settings = ToySettings
    n = 256

    def make(self, rng: np.random.Generator) -> Mapping:
        """The columns."""
        raise NotImplementedError

    def splits(self) -> np.ndarray:
        """The split of each example."""
        return (np.arange(self.n) % 8 == 0).astype(np.int64)

    def read(self, source: str, splits: Sequence[str]) -> Records:
        seed = int(source)
        names = [f"example-{i}" for i in range(self.n)]
        return Records(names, self.splits(), {}, seed, f"toy-{seed}", Report(self.n, self.n))

    def fit(self, records: Records) -> Fitted:
        assert set(records.split_N) == {SPLITS.index("train")}
        return Fitted()

    def arrays(self, records: Records) -> Arrays:
        columns = self.make(np.random.default_rng(records.source))
        return Arrays(columns, records.rows, list(records.names))
