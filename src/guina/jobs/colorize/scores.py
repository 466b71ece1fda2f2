"""How good a colouriser is: how near its colours are to the true ones, how many there are, and how real they look.

Brightness is the true picture's in all that is compared. Nearness alone rewards brown, and many colours alone are had
by multiplying them; so the distance of house features, which both worsen, is what weights are chosen by, together with
the nearness.

Axes: N pictures, H W pixels, F features.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import log
from typing import Any

import numpy as np
import torch

from guina.data.arrays import Arrays
from guina.data.lab import colorfulness, to_bytes, to_lab
from guina.engine.judge import Scores, Snap
from guina.engine.metric import Metric
from guina.engine.turns import Nets
from guina.jobs.colorize.answering import ColorizeAnswering
from guina.jobs.colorize.baseline import by_brightness, multiplied
from guina.jobs.colorize.panels import Coloured, colorize_panels, grey
from guina.jobs.pictures.remade import CHUNK, FINAL, SHOWN, WATCHED, RemakeJudge, worth
from guina.panels import Panel, spread

LEAST, MOST = 10, 24  # contrasts, in tenths
TRIED = 100  # pictures by which one is chosen, at least; a quarter of those that are judged in the end
VIVID = 0.75  # nats of the distance of house features that a contrast may cost for a nat of colourfulness


class ColorizeJudge(RemakeJudge):
    """Scores and shows a colouriser."""

    final_passes = 4.0
    metrics = (
        Metric("fd", "less", says="Fréchet distance of house features between coloured and true pictures"),
        Metric("psnr", "more", says="nearness to the true picture in dB, the mean over pictures"),
        Metric("colorfulness", says="how colourful pictures become, as a ratio to the true ones: 1 is right"),
        Metric("fd_multiplied", "less", says="fd of the mean colours, multiplied until they are as many as in truth"),
    )

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        pixels_NHWC = arrays.first(FINAL if limit is None else limit).all("pixels")
        return self.compared(arrays, pixels_NHWC, coloured(self.job.answering(nets), pixels_NHWC))

    def before_and_after(self, nets: Nets, true_NHWC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return grey(true_NHWC), coloured(self.job.answering(nets), true_NHWC)

    def compared(self, arrays: Arrays, true_NHWC: np.ndarray, made_NHWC: np.ndarray) -> Scores:
        """The scores of some coloured pictures; without a distance where they are too few for one."""
        mean_N = ((true_NHWC.astype(np.float32) - made_NHWC) ** 2).mean((1, 2, 3), dtype=np.float64)
        psnr = float((10 * np.log10(255**2 / np.maximum(mean_N, 1e-3))).mean())
        true, made = (float(np.mean([colorfulness(one) for one in some])) for some in (true_NHWC, made_NHWC))
        distance = self.distance(arrays, true_NHWC, made_NHWC)
        return {**distance, "psnr": psnr, "colorfulness": made / max(true, 1e-9)}

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """No colour; the mean colour; when thorough, the colours of the training picture that is as bright."""
        true_NHWC = arrays.first(FINAL).all("pixels")
        lab_NHW3 = to_lab(true_NHWC)
        L_NHW, mean_2 = lab_NHW3[..., 0], np.array(self.job.fitted.mean, np.float32)
        found = {"grey": painted(L_NHW, np.zeros(2, np.float32)), "mean colour": painted(L_NHW, mean_2)}
        if thorough:
            found["as bright"] = painted(L_NHW, by_brightness(train, L_NHW))
        return {name: self.compared(arrays, true_NHWC, made) for name, made in found.items()}

    def slow_scores(self, nets: Nets, arrays: Arrays) -> Scores:
        """The distance of the network's own mean colours, multiplied until there are as many as in truth: what a
        network from pixels alone gets with a colour knob.
        """
        pixels_NHWC = arrays.first(FINAL).all("pixels")
        made_NHWC = multiplied(self.job.answering(nets), pixels_NHWC, CHUNK)
        found = self.distance(arrays, pixels_NHWC, made_NHWC)
        return {"fd_multiplied": found["fd"]} if found else {}

    def conclude(self, nets: Nets, val: Arrays) -> Any:
        """With the contrast of colours that is best on validation pictures: from 1 up until more is worth less."""
        fitted = self.job.fitted
        if self.job.settings.adversarial == "off":
            return fitted
        pixels_NHWC = val.first(max(TRIED, min(len(val), FINAL) // 4)).all("pixels")

        @cache
        def value(tenths: int) -> float:
            half = self.job.fitted_to(fitted.at(fitted.temperature, tenths / 10)).answering(nets)
            scores = self.compared(val, pixels_NHWC, coloured(half, pixels_NHWC))
            return worth(scores) - VIVID * abs(log(max(scores["colorfulness"], 1e-9)))

        best = LEAST
        while best < MOST and value(best + 2) > value(best):
            best += 2
        best = max((best, max(LEAST, best - 1), best + 1), key=value)
        return fitted.at(fitted.temperature, best / 10)

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """The same few pictures, as they are coloured now."""
        return {"made": coloured(self.job.answering(nets), watched(val))}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        index_N = np.array(spread(range(len(arrays)), SHOWN), np.int64)
        true_NHWC = arrays.take("pixels", index_N)
        half = self.job.answering(nets)
        made_NHWC = coloured(half, true_NHWC)
        shown = [
            Coloured(arrays.names[int(n)], true, made)
            for n, true, made in zip(index_N, true_NHWC, made_NHWC, strict=True)
        ]
        yield from colorize_panels(half, shown, snaps)


def watched(val: Arrays) -> np.ndarray:
    """The pictures that are coloured at moments of the training."""
    return val.take("pixels", np.array(spread(range(len(val)), WATCHED), np.int64))


def coloured(half: ColorizeAnswering, pixels_NHWC: np.ndarray) -> np.ndarray:
    """Pictures with the network's colours instead of their own, uint8."""
    found = []
    for start in range(0, len(pixels_NHWC), CHUNK):
        L_BHW = np.ascontiguousarray(to_lab(pixels_NHWC[start : start + CHUNK])[..., 0])
        with torch.no_grad():
            ab_B2HW = half.ab(torch.from_numpy(L_BHW))
        found.append(painted(L_BHW, ab_B2HW.permute(0, 2, 3, 1).numpy()))
    return np.concatenate(found)


def painted(L_NHW: np.ndarray, ab_NHW2: np.ndarray) -> np.ndarray:
    """Brightness and colours as bytes; one colour may be that of all."""
    return to_bytes(np.concatenate([L_NHW[..., None], np.broadcast_to(ab_NHW2, (*L_NHW.shape, 2))], -1))
