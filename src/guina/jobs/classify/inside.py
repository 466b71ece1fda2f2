"""What `guina look` shows of a classifier's inside: a picture through the layers, where it looked, what its filters
want, how easily its answers change, what the input layer did.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from guina.data import preprocess
from guina.data.arrays import Arrays
from guina.data.picture_files import picture
from guina.nets import insight
from guina.nets.convnet import ConvNet, at_once
from guina.nets.summary import summary
from guina.panels import Curves, Layer, Layers, Panel, Seen, Strip, Strips

MAPS = 8  # maps shown of a layer
FILTERS = 4  # filters shown of a layer
PATCHES = 8  # patches shown of a filter
ASKED = 64, 500  # pictures that answers are changed of: at least, at most
LIKED = 256, 2000  # pictures that the most exciting patches are looked for in
KNOWN = 128, 1000  # pictures that normalisations are measured on
TREATED = 1000  # pictures that input layers are fitted to
WORK = 2e11  # operations that a panel may take, with its least number of pictures aside
MOVES = 4  # pixels, at most, that pictures are moved
FACTORS = (0.5, 0.65, 0.8, 0.9, 1.1, 1.2, 1.35, 1.5)  # that they are rescaled by
HEAT = np.array(
    [[30, 20, 60], [120, 40, 120], [220, 80, 60], [250, 190, 60], [255, 250, 200]], np.float64
)  # dark to light

Prepare = Callable[[Tensor], Tensor]


def inside_panels(
    classes: Sequence[str],
    probabilities_NK: np.ndarray,
    data: tuple[Arrays, Arrays],
    net: ConvNet,
    prepare: preprocess.Preprocess,
) -> Iterator[Panel]:
    """All of them.

    Args:
        classes: their names.
        data: the training examples, and those that the probabilities are of.
        prepare: the input layer: bytes to what the network takes.
    """
    train, judged = data

    def ready(pixels_NHWC: Tensor) -> Tensor:
        return prepare(pixels_NHWC).to(next(net.parameters()).device)

    yield where_it_looked(classes, probabilities_NK, judged, net, ready)
    yield through_the_layers(classes, probabilities_NK, judged, net, ready)
    yield wanted(train, net, ready)
    yield from easily_changed(train, judged, net, ready)
    yield input_layer(train, prepare)


def affordable(net: ConvNet, bounds: tuple[int, int], times: int = 1) -> int:
    """How many pictures may go through a network so many times within `WORK`, between the bounds."""
    height, width, channels = net.architecture.shape
    operations = sum(row.flops for row in summary(net, (channels, height, width)))
    return max(bounds[0], min(bounds[1], int(WORK / (operations * times))))


def some_right_and_wrong(probabilities_NK: np.ndarray, target_N: np.ndarray, each: int) -> list[int]:
    """The surest mistakes, then the surest right answers, each of another class where there are so many."""
    answer_N, sure_N = probabilities_NK.argmax(1), probabilities_NK.max(1)
    chosen: list[int] = []
    for right in (False, True):
        at = np.flatnonzero((answer_N == target_N) == right)
        at = at[np.argsort(-sure_N[at], kind="stable")]
        firsts_F = np.sort(np.unique(target_N[at], return_index=True)[1])
        chosen += [*at[firsts_F].tolist(), *np.delete(at, firsts_F).tolist()][:each]
    return chosen


def describe(classes: Sequence[str], probabilities_K: np.ndarray, target: int) -> str:
    answer = int(probabilities_K.argmax())
    if answer == target:
        return f"{classes[target]}, rightly"
    return f"{classes[target]}, taken for {classes[answer]}"


def where_it_looked(
    classes: Sequence[str], probabilities_NK: np.ndarray, arrays: Arrays, net: ConvNet, prepare: Prepare
) -> Strips:
    """Grad-CAM of the answer and of the truth."""
    target_N = arrays.all("target")
    chosen = some_right_and_wrong(probabilities_NK, target_N, 4)
    pixels_BHWC = arrays.take("pixels", np.array(chosen, np.int64))
    x_BCHW = prepare(torch.from_numpy(pixels_BHWC))
    answers_B = probabilities_NK[chosen].argmax(1)
    heats = {
        "answer": insight.grad_cam(net, x_BCHW, torch.from_numpy(answers_B)).cpu().numpy(),
        "truth": insight.grad_cam(net, x_BCHW, torch.from_numpy(target_N[chosen])).cpu().numpy(),
    }
    strips = []
    for b, i in enumerate(chosen):
        answer, truth = int(answers_B[b]), int(target_N[i])
        shown = [picture(pixels_BHWC[b]), heated(pixels_BHWC[b], heats["answer"][b])]
        captions = ["the picture", f"for {classes[answer]}"]
        if answer != truth:
            shown.append(heated(pixels_BHWC[b], heats["truth"][b]))
            captions.append(f"for {classes[truth]}")
        sure = f"{probabilities_NK[i].max():.0%} sure"
        strips.append(Strip(describe(classes, probabilities_NK[i], truth), sure, shown, captions))
    says = (
        "Bright is where the evidence for a class was found (Grad-CAM on the last layer). "
        "If it looks at the ground instead of the thing, it has learned your backgrounds."
    )
    return Strips("Where it looked", says, strips, smooth=True)


def heated(pixels_HWC: np.ndarray, heat_HW: np.ndarray) -> np.ndarray:
    """A grey picture under a heat map, H×W×3, enlarged so that the map is smooth."""
    times = max(1, 96 // min(pixels_HWC.shape[:2]))
    grey_HW = pixels_HWC[:, :, :3].mean(2) if pixels_HWC.shape[2] >= 3 else pixels_HWC[:, :, 0].astype(np.float64)
    grey_HW = grey_HW.repeat(times, 0).repeat(times, 1)
    heat = torch.nn.functional.interpolate(
        torch.from_numpy(heat_HW)[None, None], grey_HW.shape, mode="bilinear", align_corners=False
    )[0, 0].numpy()
    at = heat * (len(HEAT) - 1)
    low = np.floor(at).astype(int).clip(0, len(HEAT) - 2)
    part = (at - low)[:, :, None]
    colour = HEAT[low] * (1 - part) + HEAT[low + 1] * part
    strength = 0.25 + 0.5 * heat[:, :, None]
    return (grey_HW[:, :, None] * (1 - strength) + colour * strength).round().astype(np.uint8)


def through_the_layers(
    classes: Sequence[str], probabilities_NK: np.ndarray, arrays: Arrays, net: ConvNet, prepare: Prepare
) -> Panel:
    """The strongest maps of every layer for a few pictures."""
    target_N = arrays.all("target")
    chosen = some_right_and_wrong(probabilities_NK, target_N, 2)
    pixels_BHWC = arrays.take("pixels", np.array(chosen, np.int64))
    found = insight.stages(net, prepare(torch.from_numpy(pixels_BHWC)))
    seen = []
    for b, i in enumerate(chosen):
        layers = []
        for stage in found:
            maps_Fhw = stage.maps_NFhw[b].float()
            order = maps_Fhw.flatten(1).amax(1).argsort(descending=True, stable=True)[:MAPS].tolist()
            maps = [brightness(maps_Fhw[f]) for f in order]
            field = stage.field
            layers.append(Layer(stage.name, maps, order, field.size, field.jump, field.start))
        seen.append(Seen(describe(classes, probabilities_NK[i], int(target_N[i])), picture(pixels_BHWC[b]), layers))
    says = (
        f"The {MAPS} maps of each layer that answered most strongly: bright is where a filter found what it looks for. "
        "The deeper the layer, the more of the picture each place sees, and the less it says where."
    )
    return Layers("A picture through the layers", says, seen)


def brightness(map_hw: Tensor) -> np.ndarray:
    """A map from its least to its largest value as 0 to 255."""
    low, high = map_hw.min(), map_hw.max()
    return ((map_hw - low) / (high - low).clamp_min(1e-9) * 255).round().to(torch.uint8).cpu().numpy()


def wanted(train: Arrays, net: ConvNet, prepare: Prepare) -> Strips:
    """The patches of training pictures that excite some filters of each layer most."""
    some = train.first(affordable(net, LIKED))
    pixels_NHWC = some.all("pixels")
    found = insight.exciting(net, prepare(torch.from_numpy(pixels_NHWC)), PATCHES, at_once(*pixels_NHWC.shape[1:3]))
    strips = []
    for name, filters in found.items():
        if name == "first":
            continue
        for f in np.linspace(0, len(filters) - 1, FILTERS).round().astype(int):
            patches = [cut(pixels_NHWC[p.picture], p) for p in filters[f]]
            strips.append(Strip(f"{name}, filter {f + 1}", f"sees {filters[f][0].side}×{filters[f][0].side}", patches))
    says = (
        f"For {FILTERS} filters of each layer, the patches of {len(some):,} training pictures that excite them most, "
        "each from another picture. If they look alike to you, you see what the filter has learned to find."
    )
    return Strips("What its filters want to see", says, strips)


def cut(pixels_HWC: np.ndarray, patch: insight.Patch) -> np.ndarray:
    """The part of a patch that lies in the picture."""
    height, width = pixels_HWC.shape[:2]
    top, left = max(0, patch.top), max(0, patch.left)
    bottom, right = min(height, patch.top + patch.side), min(width, patch.left + patch.side)
    return picture(pixels_HWC[top:bottom, left:right])


def easily_changed(train: Arrays, judged: Arrays, net: ConvNet, prepare: Prepare) -> list[Panel]:
    """The share of answers that become others when pictures are moved or rescaled, with each pooling."""
    nets = with_other_poolings(train, net, prepare)
    height, width = net.architecture.shape[:2]
    moves = [*range(1, min(MOVES, min(height, width) // 3) + 1)]
    asked = judged.first(affordable(net, ASKED, len(nets) * (1 + len(moves) + len(FACTORS))))
    x_NCHW = prepare(torch.from_numpy(asked.all("pixels")))
    changes: list[Callable[[Tensor], Tensor]] = [partial(insight.moved, by=by) for by in moves]
    changes += [partial(insight.rescaled, factor=factor) for factor in FACTORS]
    half = sum(factor < 1 for factor in FACTORS)
    moved, scaled = {}, {}
    for name, other in nets.items():
        shares = insight.changed(other, x_NCHW, changes)
        by_factor = shares[len(moves) :]
        moved[name] = np.array([0, *moves]), np.array([0.0, *shares[: len(moves)]])
        scaled[name] = (
            np.array([*FACTORS[:half], 1.0, *FACTORS[half:]]),
            np.array([*by_factor[:half], 0.0, *by_factor[half:]]),
        )
    first = next(iter(nets))
    one = moved[first][1][min(1, len(moves))]
    some = f"{len(asked):,} of " if len(asked) < len(judged) else "all "
    of = f" Asked of {some}{len(judged):,} pictures"
    note = (
        " The other poolings have the same weights, only their normalisation was measured anew: they show what the"
        " pooling itself does, not what a network would learn with it."
        if len(nets) > 1
        else ""
    )
    less, more = (dict(zip(*(values.tolist() for values in scaled[first]), strict=True))[f] for f in (0.8, 1.2))
    return [
        Curves(
            "When pictures are moved",
            f"A move by one pixel changes {one:.1%} of the answers.{of}, each moved in one of four directions.{note}",
            moved,
            "pixels moved",
            "share of answers changed",
        ),
        Curves(
            "When pictures are enlarged or reduced",
            f"At 0.8 of its size {less:.1%} of the answers change, at 1.2 {more:.1%}.{of}.",
            scaled,
            "size, as a factor",
            "share of answers changed",
        ),
    ]


def with_other_poolings(train: Arrays, net: ConvNet, prepare: Prepare) -> dict[str, ConvNet]:
    """The network as it is, then with each other pooling in its place."""
    used = next((name for name in net.architecture.poolings if name != "none"), "none")
    if used == "none":
        return {"no pooling": net}
    known_NCHW = prepare(torch.from_numpy(train.first(affordable(net, KNOWN, 8)).all("pixels")))
    others = [name for name in ("max", "average", "stride") if name != used]
    return {f"{used}, as learned": net} | {
        f"{name} instead": insight.with_pooling(net, name, known_NCHW) for name in others
    }


def input_layer(train: Arrays, used: preprocess.Preprocess) -> Strips:
    """The same training pictures through every kind of input layer."""
    sample = torch.from_numpy(train.first(TREATED).all("pixels"))
    few = sample[:: max(1, len(sample) // 8)][:8]
    strips = [Strip("as stored", "", [picture(p.numpy()) for p in few])]
    for mode in preprocess.MODES:
        made = used if mode == used.mode else preprocess.fit(sample, mode)
        x_NCHW = made(few)
        centre, spread = x_NCHW.mean(), x_NCHW.std().clamp_min(1e-6)
        shown = ((x_NCHW - centre) / spread * 50 + 128).clamp(0, 255).round().to(torch.uint8)
        low, high = float(x_NCHW.min()), float(x_NCHW.max())
        note = f"{low:.1f} to {high:.1f}".replace("-", "−") + (", used here" if mode == used.mode else "")
        strips.append(Strip(made.says(), note, [picture(p.permute(1, 2, 0).numpy()) for p in shown]))
    says = (
        f"What the network is given: {used.says()}. The other rows are what --preprocess would give it instead, fitted "
        f"to {len(sample):,} of {len(train):,} training pictures; grey is the middle of each, to be compared by."
    )
    return Strips("What the input layer does", says, strips)
