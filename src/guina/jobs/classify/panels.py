"""What `guina look` shows of a classifier: where it fails, how sure it is, what its first layer sees."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from guina import metrics
from guina.blocks.conv import slide
from guina.data.arrays import Arrays
from guina.data.picture_files import picture
from guina.data.preprocess import Preprocess
from guina.engine.judge import Snap
from guina.jobs.classify.inside import inside_panels
from guina.nets.convnet import ConvNet
from guina.panels import Confusion, Curves, Panel, Pictures, Reliability, Sliding, Table

SHOWN = 4  # pictures in a cell of the confusion matrix
KEPT = 800  # pictures of all its cells
LISTED = 100  # classes up to which all have a row of their own in the table
HARDEST, EASIEST = 48, 12  # rows of more
UNEQUAL = 3  # times as many pictures in a class as in another, from which accuracy misleads


def classify_panels(
    classes: Sequence[str],
    probabilities_NK: np.ndarray,
    data: tuple[Arrays, Arrays],
    net: ConvNet,
    prepare: Preprocess,
    snaps: Sequence[tuple[int, Snap]],
) -> Iterator[Panel]:
    """All panels of a classifier, the most telling first.

    Args:
        data: the training examples, and those that the probabilities are of.
        prepare: the input layer.
    """
    train, arrays = data
    target_N = arrays.all("target")
    yield mistakes(classes, probabilities_NK, target_N, arrays)
    yield confusion(classes, probabilities_NK, target_N, arrays)
    yield per_class(classes, probabilities_NK, target_N, train.all("target"))
    yield reliability(probabilities_NK, target_N)
    yield from inside_panels(classes, probabilities_NK, data, net, prepare)
    yield filters(net)
    yield sliding(net, arrays)
    yield from certainty(snaps)


def mistakes(classes: Sequence[str], probabilities_NK: np.ndarray, target_N: np.ndarray, arrays: Arrays) -> Pictures:
    """The wrong answers it was surest of."""
    answer_N, sure_N = probabilities_NK.argmax(1), probabilities_NK.max(1)
    wrong = np.flatnonzero(answer_N != target_N)
    worst = wrong[np.argsort(-sure_N[wrong], kind="stable")][:24]
    captions = [
        f"{classes[int(target_N[i])]}, taken for {classes[int(answer_N[i])]} ({sure_N[i]:.0%} sure)\n{arrays.names[i]}"
        for i in worst.tolist()
    ]
    says = (
        f"{len(wrong):,} of {len(target_N):,} answers are wrong; these are the ones it was surest of. "
        "Look for wrong labels and for pictures that you could not tell apart either."
        if len(wrong)
        else f"All {len(target_N):,} answers are right."
    )
    return Pictures("The worst mistakes", says, [picture(p) for p in arrays.take("pixels", worst)], captions)


def confusion(classes: Sequence[str], probabilities_NK: np.ndarray, target_N: np.ndarray, arrays: Arrays) -> Confusion:
    """Counts by true class and answer, with the surest examples of each cell."""
    answer_N, sure_N = probabilities_NK.argmax(1), probabilities_NK.max(1)
    counts = metrics.confusion(answer_N, target_N, len(classes))
    wrong = sorted((cell for cell in counts if cell[0] != cell[1]), key=lambda cell: -counts[cell])
    right = sorted((cell for cell in counts if cell[0] == cell[1]), key=lambda cell: -counts[cell])
    surest: dict[tuple[int, int], list[int]] = {}
    for i in np.argsort(-sure_N, kind="stable").tolist():
        surest.setdefault((int(target_N[i]), int(answer_N[i])), []).append(i)
    examples: dict[tuple[int, int], list[tuple[np.ndarray, str]]] = {}
    left = KEPT
    for cell in [*wrong, *right]:
        chosen = surest[cell][: min(SHOWN, left)]
        left -= len(chosen)
        pixels_BHWC = arrays.take("pixels", np.array(chosen, np.int64))
        examples[cell] = [(picture(pixels), arrays.names[i]) for pixels, i in zip(pixels_BHWC, chosen, strict=True)]
    if not wrong:
        says = "No class is taken for another."
    else:
        (i, j), n = wrong[0], counts[wrong[0]]
        says = f"Most often {classes[i]} is taken for {classes[j]} ({'once' if n == 1 else f'{n:,} times'})."
    return Confusion("What is taken for what", says, classes, counts, examples)


def per_class(
    classes: Sequence[str], probabilities_NK: np.ndarray, target_N: np.ndarray, learned_N: np.ndarray
) -> Table:
    """Precision, recall and F1 of each class, the hardest first.

    Args:
        learned_N: the classes of the training pictures.
    """
    scores = metrics.per_class(probabilities_NK.argmax(1), target_N, len(classes))
    order: list[int] = np.argsort(scores["recall"], kind="stable").tolist()  # a class without examples comes last
    count_K = np.bincount(learned_N, minlength=len(classes))
    judged = [k for k in order if scores["support"][k]]
    shown = order if len(order) <= LISTED else [*judged[:HARDEST], *judged[HARDEST:][-EASIEST:]]

    def share(key: str, k: int) -> str:
        return "–" if np.isnan(scores[key][k]) else f"{scores[key][k]:.1%}"

    rows: list[list[str | float]] = [
        [
            classes[k],
            int(count_K[k]),
            int(scores["support"][k]),
            *(share(key, k) for key in ("recall", "precision", "f1")),
        ]
        for k in shown
    ]
    says = f"The hardest class is {classes[order[0]]}: {share('recall', order[0])} of its pictures are found."
    if len(shown) < len(order):
        says += f" Of {len(order):,} classes these are the {len(judged[:HARDEST])} hardest, then the"
        says += f" {len(shown) - len(judged[:HARDEST])} easiest; {len(order) - len(shown):,} are not listed."
    least, most = int(count_K.min()), int(count_K.max())
    if most > UNEQUAL * least:
        says += (
            f" Classes have {least:,} to {most:,} pictures to learn from, so accuracy says little of the rare ones: see"
            " balanced accuracy, the mean of these recalls, and train with --balance if they matter as much."
        )
    return Table(
        "Class by class",
        says,
        ["class", "learned from", "judged on", "found (recall)", "right when said (precision)", "F1"],
        rows,
    )


def reliability(probabilities_NK: np.ndarray, target_N: np.ndarray) -> Reliability:
    """How often it is right where it says it is p sure."""
    confidence_B, accuracy_B, count_B = metrics.reliability(probabilities_NK, target_N)
    error = metrics.expected_calibration_error(probabilities_NK, target_N)
    says = (
        f"Confidence and accuracy differ by {error:.1%} on average. "
        "On the diagonal, what it is 80% sure of is right 80% of the time."
    )
    return Reliability("Can its confidence be believed?", says, confidence_B, accuracy_B, count_B, error)


def certainty(snaps: Sequence[tuple[int, Snap]]) -> list[Panel]:
    """How sure it became of the same pictures while it learned."""
    steps = np.array([step for step, things in snaps if "probabilities" in things])
    if len(steps) < 2:
        return []
    probabilities = [things["probabilities"] for _, things in snaps if "probabilities" in things]
    sure_SN = np.stack([p.max(1) for p in probabilities if isinstance(p, np.ndarray)])
    lines = {
        "surest of 16 pictures": (steps, sure_SN.max(1)),
        "median": (steps, np.median(sure_SN, 1)),
        "least sure": (steps, sure_SN.min(1)),
    }
    says = "The probability of its own answer on the same 16 validation pictures, at steps 1, 2, 4, 8 …"
    return [Curves("Becoming sure", says, lines, "step", "probability of its answer")]


def filters(net: ConvNet) -> Pictures:
    """The whitening filters of the first layer, each scaled to its own range."""
    weight = net.filters().detach().cpu().float()
    half = weight[: len(weight) // 2]  # the second half is the first with the sign turned
    shown = []
    for kernel_CHW in half[:64]:
        scaled = kernel_CHW / kernel_CHW.abs().max().clamp_min(1e-9) * 127 + 128
        shown.append(picture(scaled.permute(1, 2, 0).round().to(torch.uint8).numpy()))
    says = (
        "The first layer is computed, not learned: the principal directions of patches, each scaled to equal variance "
        "(whitening), from the commonest pattern to the rarest. Each is used with both signs."
    )
    return Pictures("What the first layer looks for", says, shown, [""] * len(shown), smooth=False)


def sliding(net: ConvNet, arrays: Arrays) -> Sliding:
    """A filter of the first layer sliding over a corner of a picture, with the numbers."""
    kernels = net.filters().detach().cpu().float().numpy().mean(1)
    signs = np.minimum(kernels.clip(0).sum((1, 2)), (-kernels).clip(0).sum((1, 2))) / np.abs(kernels).sum((1, 2))
    kernel = kernels[int(signs.argmax())]  # of both signs: an edge tells more than a blur
    kernel = np.round(kernel / np.abs(kernel).max(), 1)
    pixels = picture(arrays.take("pixels", np.array([0]))[0])
    grey = pixels if pixels.ndim == 2 else pixels.mean(2)
    top, left = (max(0, (side - 8) // 2) for side in grey.shape)
    window = np.round(grey[top : top + 8, left : left + 8] / 255, 1)
    says = (
        "A filter is laid over a window of the picture; the numbers that lie on each other are multiplied "
        "and added up; the window moves on by the stride."
    )
    return Sliding("How a filter slides", says, window, kernel, slide(window, kernel, stride=1, padding=0), 1, 0)
