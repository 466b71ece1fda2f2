"""How good a classifier is, beside the majority class and a linear model on pixels.

Axes: N pictures, K classes.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from guina import metrics
from guina.data.arrays import Arrays
from guina.engine.judge import Judge, Scores, Snap
from guina.engine.metric import Metric
from guina.engine.turns import Nets
from guina.jobs.classify.answering import ClassifyAnswering, ClassifyFitted
from guina.jobs.classify.baseline import fit_linear, of_linear
from guina.jobs.classify.panels import classify_panels
from guina.nets.convnet import ConvNet
from guina.panels import Panel

ENOUGH = 3000  # validation pictures that one temperature is fitted on
WATCHED = 16  # validation pictures that it is asked about at moments of the training


class ClassifyJudge(Judge):
    """Scores and shows a classifier."""

    noun = "picture"
    metrics = (
        Metric("accuracy", "more", "share", "pictures whose likeliest class is the right one"),
        Metric("top5", "more", "share", "pictures whose class is among the five likeliest"),
        Metric(
            "balanced_accuracy", "more", "share", "the mean over classes of the share of their pictures that is found"
        ),
        Metric("calibration_error", "less", "share", "how far confidence and accuracy are apart"),
        Metric("nats", "less", "number", "the mean surprise at the right class, −log p"),
    )

    def __init__(self, job: object) -> None:
        super().__init__(job)
        self._last: list[tuple[Arrays, bytes, np.ndarray]] = []  # at most one: what was last said to a whole split

    @property
    def fitted(self) -> ClassifyFitted:
        return self.job.fitted

    def answering(self, nets: Nets) -> ClassifyAnswering:
        return self.job.answering(nets)

    def answer_all(self, nets: Nets, arrays: Arrays, views: int) -> np.ndarray:
        """Log probabilities of a whole split before calibration, N×K."""
        half = self.answering(nets)
        chunks = np.array_split(np.arange(len(arrays)), max(1, -(-len(arrays) // half.chunk)))
        return np.concatenate([half.log_probabilities(arrays.take("pixels", c), views) for c in chunks])

    def answered(self, nets: Nets, arrays: Arrays) -> np.ndarray:
        """The same with all views, remembered: scores, temperature and panels are made of the same answers."""
        digest = hashlib.blake2b()
        for tensor in nets["net"].state_dict().values():
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        if not self._last or self._last[0][0] is not arrays or self._last[0][1] != digest.digest():
            found = self.answer_all(nets, arrays, self.job.settings.views)
            self._last[:] = [(arrays, digest.digest(), found)]
        return self._last[0][2]

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """With a limit a quick look: one view of each picture."""
        some = arrays.first(limit)
        logs_NK = self.answered(nets, some) if limit is None else self.answer_all(nets, some, 1)
        probabilities_NK, target_N = self.answering(nets).calibrated(logs_NK), some.all("target")
        scores = {"accuracy": metrics.accuracy(probabilities_NK, target_N)}
        if len(self.fitted.classes) > 5:
            scores["top5"] = metrics.top_k(probabilities_NK, target_N, 5)
        scores["balanced_accuracy"] = metrics.balanced_accuracy(
            metrics.per_class(probabilities_NK.argmax(1), target_N, len(self.fitted.classes))
        )
        scores["calibration_error"] = metrics.expected_calibration_error(probabilities_NK, target_N)
        scores["nats"] = metrics.negative_log_likelihood(probabilities_NK, target_N)
        return scores

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """The majority class; when thorough, a linear model on pixels too."""
        classes, target_N = len(self.fitted.classes), arrays.all("target")
        majority = np.bincount(train.all("target")).argmax()
        found = {"majority": {"accuracy": float((target_N == majority).mean()), "balanced_accuracy": 1 / classes}}
        if thorough:
            found["linear"] = {"accuracy": fit_linear(train, classes).accuracy(arrays)}
        return found

    def baseline_notes(self, train: Arrays) -> str:
        return of_linear(len(train), self.fitted.shape, len(self.fitted.classes))

    def better(self, a: Scores, b: Scores) -> bool:
        headline = "balanced_accuracy" if self.job.settings.balance else "accuracy"
        return (a[headline], -a["nats"]) > (b[headline], -b["nats"])

    def conclude(self, nets: Nets, val: Arrays) -> ClassifyFitted:
        """Fit the temperature (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
        some = val.first(ENOUGH)
        return self.fitted.at(metrics.fit_temperature(self.answered(nets, some), some.all("target")))

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """What the network thinks of a few validation pictures."""
        return {"probabilities": metrics.softmax(self.answer_all(nets, val.first(WATCHED), 1)).astype(np.float32)}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        probabilities_NK = self.answering(nets).calibrated(self.answered(nets, arrays))
        net, fitted = nets["net"], self.fitted
        assert isinstance(net, ConvNet), "the job built it"
        assert fitted.preprocess is not None, "it was measured"
        yield from classify_panels(fitted.classes, probabilities_NK, (train, arrays), net, fitted.preprocess, snaps)
