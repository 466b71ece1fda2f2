"""How well holes are filled: how near to what was there, and how real the whole picture looks.

Only holes are compared pixel by pixel. The mean of all that may have been there is nearest and blurred, so weights are
chosen by the distance of house features together with the nearness.

Axes: N pictures, H W pixels, C channels, F features.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch

from guina.data.arrays import Arrays
from guina.engine.judge import Scores, Snap
from guina.engine.metric import Metric
from guina.engine.turns import Nets
from guina.jobs.inpaint.answering import InpaintAnswering
from guina.jobs.inpaint.harmonic import harmonic_fill, quick_fill
from guina.jobs.inpaint.masks import CENTRE, KINDS, draw_masks
from guina.jobs.inpaint.panels import Filled, inpaint_panels
from guina.jobs.pictures.remade import CHUNK, FINAL, SHOWN, WATCHED, RemakeJudge
from guina.panels import Panel, spread


class InpaintJudge(RemakeJudge):
    """Scores and shows a network that fills holes."""

    final_passes = 2.0
    metrics = (
        Metric("psnr", "more", says="nearness of the fill to what was there, in dB, the mean over pictures"),
        Metric("l1", "less", "share", "absolute error in the holes, of the whole range"),
        Metric("fd", "less", says="Fréchet distance of house features between filled and true pictures"),
        *(Metric(f"psnr_{kind}", "more", says=f"psnr of {kind} holes alone") for kind in (*KINDS, CENTRE)),
    )

    def holes(self, count: int) -> tuple[np.ndarray, list[str]]:
        """The holes that are judged by, always the same, and the kind of each; N×H×W."""
        kinds = [self.job.kinds[n % len(self.job.kinds)] for n in range(count)]
        height, width, _ = self.job.fitted.shape
        return draw_masks(kinds, height, width, torch.Generator().manual_seed(0)), kinds

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        true_NHWC = arrays.first(FINAL if limit is None else limit).all("pixels")
        hole_NHW, kinds = self.holes(len(true_NHWC))
        made_NHWC = filled(self.job.answering(nets), true_NHWC, hole_NHW)
        return self.compared(arrays, true_NHWC, made_NHWC, hole_NHW, kinds)

    def before_and_after(self, nets: Nets, true_NHWC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hole_NHW, _ = self.holes(len(true_NHWC))
        white_NHWC = np.where(hole_NHW[..., None], np.uint8(255), true_NHWC)
        return white_NHWC, filled(self.job.answering(nets), true_NHWC, hole_NHW)

    def compared(
        self, arrays: Arrays, true_NHWC: np.ndarray, made_NHWC: np.ndarray, hole_NHW: np.ndarray, kinds: Sequence[str]
    ) -> Scores:
        """The scores of some filled pictures; without a distance where they are too few for one."""
        apart_NHWC = np.abs(true_NHWC.astype(np.float32) - made_NHWC) / 255
        size_N = hole_NHW.sum((1, 2)) * true_NHWC.shape[3]
        square_N = (apart_NHWC**2).sum((1, 2, 3), dtype=np.float64) / size_N
        psnr_N = -10 * np.log10(np.maximum(square_N, 1e-7))
        scores = {"psnr": float(psnr_N.mean()), "l1": float((apart_NHWC.sum((1, 2, 3)) / size_N).mean())}
        scores |= self.distance(arrays, true_NHWC, made_NHWC)
        if len(set(kinds)) > 1:
            kind_N = np.array(kinds)
            scores |= {f"psnr_{kind}": float(psnr_N[kind_N == kind].mean()) for kind in dict.fromkeys(kinds)}
        return scores

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """The mean of what is known, and the harmonic fill."""
        true_NHWC = arrays.first(FINAL).all("pixels")
        hole_NHW, kinds = self.holes(len(true_NHWC))
        known_NHW1 = ~hole_NHW[..., None]
        mean_N11C = (true_NHWC * known_NHW1).sum((1, 2), keepdims=True) / known_NHW1.sum((1, 2), keepdims=True)
        smooth_NHWC = harmonic_fill(true_NHWC.astype(np.float32) / 255, hole_NHW) * 255
        found = {"mean": np.broadcast_to(mean_N11C, true_NHWC.shape), "harmonic": smooth_NHWC}
        return {
            name: self.compared(
                arrays, true_NHWC, np.where(known_NHW1, true_NHWC, made.round().astype(np.uint8)), hole_NHW, kinds
            )
            for name, made in found.items()
        }

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """The same few holes, as they are filled now."""
        true_NHWC = val.take("pixels", np.array(spread(range(len(val)), WATCHED), np.int64))
        return {"made": filled(self.job.answering(nets), true_NHWC, self.holes(len(true_NHWC))[0])}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        index_N = np.array(spread(range(len(arrays)), SHOWN), np.int64)
        true_NHWC = arrays.take("pixels", index_N)
        hole_NHW, kinds = self.holes(len(true_NHWC))
        mean_NHWC, made_NHWC = (filled(self.job.answering(nets), true_NHWC, hole_NHW, detail) for detail in (0, 1))
        smooth_NCHW = quick_fill(unit(true_NHWC), torch.from_numpy(hole_NHW))
        smooth_NHWC = (smooth_NCHW.permute(0, 2, 3, 1) * 255).round().to(torch.uint8).numpy()
        rows = zip(index_N, true_NHWC, hole_NHW, smooth_NHWC, mean_NHWC, made_NHWC, kinds, strict=True)
        yield from inpaint_panels([Filled(arrays.names[int(n)], *row) for n, *row in rows], snaps)


def unit(pixels_NHWC: np.ndarray) -> torch.Tensor:
    """0 … 1, N×C×H×W."""
    return torch.from_numpy(np.ascontiguousarray(pixels_NHWC)).permute(0, 3, 1, 2).float() / 255


def filled(half: InpaintAnswering, pixels_NHWC: np.ndarray, hole_NHW: np.ndarray, detail: float = 1) -> np.ndarray:
    """Pictures with their holes filled by the network, uint8; see `InpaintAnswering.fills`."""
    found = []
    for start in range(0, len(pixels_NHWC), CHUNK):
        rows = slice(start, start + CHUNK)
        with torch.no_grad():
            made_BCHW = half.fills(unit(pixels_NHWC[rows]) * 2 - 1, torch.from_numpy(hole_NHW[rows]), detail)
        made_BHWC = ((made_BCHW.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        found.append(np.where(hole_NHW[rows][..., None], made_BHWC, pixels_NHWC[rows]))
    return np.concatenate(found)
