"""What the report of a generator shows: what it makes, how it came to, what it knows by heart, what its noise means.

Axes: N M pictures, H W pixels, C channels, F features, Z noise, D directions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from guina.data.arrays import Arrays
from guina.data.picture_files import picture, sheet
from guina.engine.features import Features, prepared
from guina.engine.judge import Snap
from guina.engine.turns import Nets
from guina.fidelity import nearest
from guina.jobs.generate.answering import GenerateAnswering
from guina.nets.directions import principal, sefa
from guina.nets.sampling import between, early, make, many_noises, noise_of, painted
from guina.panels import Curves, Frame, Frames, Panel, Pictures, Scene, Strip, Strips

SHOWN = 64  # pictures at the head of the report
COMPARED = 8  # pictures whose nearest training pictures are shown
ASKED = 1000  # pictures that the critic is asked about
DIRECTIONS = 6
REACH = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)  # along a direction, in standard deviations
ALONG = 12  # pictures from one seed to the next in the animation


@dataclass(frozen=True)
class Shown:
    """What is shown: what answers, the house features, and both networks."""

    half: GenerateAnswering
    features: Features
    nets: Nets


def generate_panels(
    shown: Shown, data: tuple[Arrays, Arrays], real_NF: np.ndarray, snaps: Sequence[tuple[int, Snap]]
) -> Iterator[Panel]:
    """All panels, the most telling first.

    Args:
        data: the training pictures, and those that it is judged by.
        real_NF: the features of the latter.
    """
    train, _ = data
    yield samples(shown)
    if shown.half.fitted.classes:
        yield by_class(shown)
    yield nearest_known(shown, train, real_NF)
    yield from over_training(snaps)
    yield walk(shown)
    yield from directions(shown)
    yield critics_view(shown, data)


def samples(shown: Shown) -> Pictures:
    """The pictures of the first seeds, none picked."""
    pixels = shown.half.sample(SHOWN)
    says = f"{SHOWN} pictures that it makes, none picked out: the first of those it is judged by."
    return Pictures("What it makes", says, [picture(p) for p in pixels], [""] * SHOWN)


def by_class(shown: Shown) -> Strips:
    """Some of each class, with the same noise in every row."""
    strips = []
    for k, name in enumerate(shown.half.fitted.classes[:24]):
        pixels = make(shown.half.generator, noise_of(range(8)), torch.full((8,), k))
        strips.append(Strip(name, f"{shown.half.fitted.counts[k]:,} learned from", [picture(p) for p in pixels]))
    says = "Each row is a class, each column the same noise: what noise decides should be alike down a column."
    return Strips("Class by class", says, strips)


def nearest_known(shown: Shown, train: Arrays, real_NF: np.ndarray) -> Strips:
    """Made pictures beside the training pictures that are most like them."""
    known_KF = shown.features(train.all("pixels"))
    made = shown.half.sample(512)
    made_NF = shown.features(made)
    apart_N = nearest(made_NF, known_KF)[0][:, 0]
    unseen = float(np.median(nearest(real_NF[:2000], known_KF)[0]))
    chosen = [
        *np.argsort(apart_N)[: COMPARED // 2],
        *range(COMPARED // 2),
    ]  # the most suspicious, and some as they come
    strips = []
    for n, i in enumerate(chosen):
        far_k, which_k = (x[0] for x in nearest(made_NF[i][None], known_KF, k=min(5, len(known_KF))))
        what = "nearest of 512" if n < COMPARED // 2 else "as it comes"
        pixels = [made[i], *train.take("pixels", which_k)]
        captions = ["made", *(f"{far:.1f}" for far in far_k)]
        strips.append(Strip(f"Picture {i}", what, [picture(p) for p in pixels], captions))
    ratio = float(np.median(apart_N)) / max(unseen, 1e-12)
    verdict = "as new as pictures it never saw" if ratio > 0.8 else "nearer than unseen ones: look for copies"
    says = (
        f"Each made picture beside the training pictures that are most like it, with their distance in house features."
        f" The median distance is {ratio:.2f} of that of unseen real pictures: {verdict}."
    )
    return Strips("What it may know by heart", says, strips)


def over_training(snaps: Sequence[tuple[int, Snap]]) -> list[Panel]:
    """The same noise at each moment that was kept."""
    kept = [(step, made) for step, snap in snaps if isinstance(made := snap.get("made"), np.ndarray)]
    if len(kept) < 2:
        return []
    strips = [Strip(f"step {step:,}", "", [picture(p) for p in made[:8]]) for step, made in kept[1:]]
    says = "Each column is the same noise, each row a moment of the training: the averaged generator, as it would ship."
    frames = [
        Frame(f"step {step:,}", [Scene("sixteen pictures", picture=picture(sheet(made, 8, gap=1)))])
        for step, made in kept
    ]
    return [
        Strips("The same noise over the training", says, strips[-9:]),
        Frames("The same, to scrub through", "From the first step to the last.", frames),
    ]


def walk(shown: Shown) -> Frames:
    """On the way between a few seeds, several walks side by side."""
    stops = [noise_of([seed, seed + 10, seed + 20, seed]) for seed in range(4)]
    classes = shown.half.drawn_classes(range(4))
    paths = []
    for n, z_NZ in enumerate(stops):
        legs = [between(a, b, ALONG + 1)[:-1] for a, b in pairwise(z_NZ)]
        path_NZ = torch.cat(legs)
        chosen = None if classes is None else classes[n].expand(len(path_NZ))
        paths.append(make(shown.half.generator, path_NZ, chosen))
    frames = [
        Frame(
            f"seed {n // ALONG * 10} to {(n // ALONG + 1) * 10 % 30}",
            [Scene(f"walk {k + 1}", picture=picture(path[n])) for k, path in enumerate(paths)],
        )
        for n in range(len(paths[0]))
    ]
    says = "Noise moved from one seed to the next: changes that are small and even say that it fills what lies between."
    return Frames("A walk", says, frames)


def directions(shown: Shown) -> list[Panel]:
    """The directions that change pictures most, by two ways of finding them, and what each changes."""
    z_1Z = noise_of([0])
    class_1 = shown.half.drawn_classes([0])
    rows_DZ = sefa(shown.half.generator, DIRECTIONS)
    by_weights = [
        strip_along(
            shown,
            f"SeFa {d + 1}",
            early(shown.half.generator, z_1Z + torch.tensor(REACH)[:, None] * row_Z, repeated(class_1)),
        )
        for d, row_Z in enumerate(rows_DZ)
    ]
    many_NF = early(shown.half.generator, many_noises(ASKED, 1), shown.half.drawn_classes(range(ASKED)))
    rows_DF, sizes_D = principal(many_NF.cpu(), DIRECTIONS)
    middle_1F = early(shown.half.generator, z_1Z, class_1)
    by_answers = [
        strip_along(shown, f"PCA {d + 1}", middle_1F + (torch.tensor(REACH)[:, None] * size * row_F).to(middle_1F))
        for d, (row_F, size) in enumerate(zip(rows_DF, sizes_D, strict=True))
    ]
    says = (
        "One picture (in the middle) moved along the directions of the noise that the first layer enlarges most, from"
        " −3 to 3 standard deviations. Beside each, what the pictures' measurements say that it changes."
    )
    also = "The same along the principal components of the first layer's answers (GANSpace)."
    return [Strips("Directions that matter", says, by_weights), Strips("Directions of the answers", also, by_answers)]


def repeated(class_1: Tensor | None) -> Tensor | None:
    return None if class_1 is None else class_1.expand(len(REACH))


def strip_along(shown: Shown, name: str, early_NF: Tensor) -> Strip:
    pixels = painted(shown.half.generator, early_NF)
    return Strip(
        name,
        what_changes(shown, pixels),
        [picture(p) for p in pixels],
        [f"{at:+g}".replace("-", "−") if at else "0" for at in REACH],
    )


def what_changes(shown: Shown, pixels_NHWC: np.ndarray) -> str:
    """What differs between the first and the last picture, in words: light, contrast, colour, class, place."""
    first, last = pixels_NHWC[0].astype(float), pixels_NHWC[-1].astype(float)
    found: list[tuple[float, str]] = []

    def note(change: float, more: str, less: str, unit: float) -> None:
        found.append((abs(change) / unit, more if change > 0 else less))

    note(last.mean() - first.mean(), "lighter", "darker", 20)
    note(last.std() - first.std(), "more contrast", "less contrast", 15)
    if last.shape[2] == 3:
        names = (("redder", "less red"), ("greener", "less green"), ("bluer", "less blue"))
        tilt = (last - last.mean(2, keepdims=True)).mean((0, 1)) - (first - first.mean(2, keepdims=True)).mean((0, 1))
        for change, (more, less) in zip(tilt, names, strict=True):
            note(change, more, less, 10)
    width = [float((np.abs(p - np.median(p)) > 40).any((0, 2)).mean()) for p in (first, last)]
    height = [float((np.abs(p - np.median(p)) > 40).any((1, 2)).mean()) for p in (first, last)]
    note(width[1] - width[0], "wider", "narrower", 0.15)
    note(height[1] - height[0], "taller", "shorter", 0.15)
    if shown.features.learned_by == "classes":
        with torch.inference_mode():
            p_2K = shown.features.net(prepared(pixels_NHWC[[0, -1]])).softmax(-1)
        change_K = p_2K[1] - p_2K[0]
        if float(change_K.abs().max()) > 0.3:
            labels = shown.half.fitted.labels
            found.append((10.0, f"from {labels[int(change_K.argmin())]} to {labels[int(change_K.argmax())]}"))
    told = [text for size, text in sorted(found, reverse=True) if size >= 1][:3]
    return ", ".join(told)


def critics_view(shown: Shown, data: tuple[Arrays, Arrays]) -> Curves:
    """How the critic's answers to learned, unseen and made pictures are spread."""
    pixels = {name: some.first(ASKED) for name, some in zip(("learned from", "unseen"), data, strict=True)}
    answers = {
        name: answers_to(shown, some.all("pixels"), torch.from_numpy(some.all("target")))
        for name, some in pixels.items()
    }
    answers["made"] = answers_to(shown, shown.half.sample(ASKED), shown.half.drawn_classes(range(ASKED)))
    every = np.concatenate(list(answers.values()))
    x_W = np.linspace(np.quantile(every, 0.002), np.quantile(every, 0.998), 160)
    lines = {name: (x_W, spread_over(a_N, x_W)) for name, a_N in answers.items()}
    apart = {name: answers[name].mean() - answers["made"].mean() for name in ("learned from", "unseen")}
    learned = (
        ""
        if apart["learned from"] < 2 * max(apart["unseen"], 1e-9)
        else (" It tells pictures it learned from apart much better than unseen ones: it knows them by heart.")
    )
    says = (
        f"The critic's answers: unseen pictures lie {apart['unseen']:.2f} above made ones on average, learned ones"
        f" {apart['learned from']:.2f}. The more the three overlap, the better the game stands.{learned}"
    )
    return Curves("What the critic thinks", says, lines, "the critic's answer", "density")


def answers_to(shown: Shown, pixels_NHWC: np.ndarray, class_N: Tensor | None) -> np.ndarray:
    weight = next(shown.nets["critic"].parameters())
    x_NCHW = (torch.from_numpy(pixels_NHWC).permute(0, 3, 1, 2).float() / 127.5 - 1).to(weight)
    chosen = class_N.to(weight.device) if shown.half.fitted.classes and class_N is not None else None
    return shown.nets["critic"](x_NCHW, chosen).float().cpu().numpy()


def spread_over(values_N: np.ndarray, x_W: np.ndarray) -> np.ndarray:
    """A smooth density (Gaussian kernels of Silverman's width)."""
    width = max(1.06 * values_N.std() * len(values_N) ** -0.2, 1e-9)
    return np.exp(-0.5 * ((x_W[:, None] - values_N) / width) ** 2).mean(1) / (width * (2 * np.pi) ** 0.5)
