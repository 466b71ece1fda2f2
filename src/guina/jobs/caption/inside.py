"""Inside a captioner: where it looked at each word, what it says when a part is covered, which words it is called for.

Axes: N pictures, H W pixels, C channels, Y X places that the writer looks at, T words, W words that name something.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from guina.data.picture_files import picture
from guina.jobs.caption.fitted import Manner
from guina.jobs.caption.wording import END, Wording
from guina.panels import Candidate, Candidates, NBest, Strip, Strips, spread

if TYPE_CHECKING:
    from guina.jobs.caption.answering import CaptionAnswering, Captioned
    from guina.jobs.caption.panels import Shown

FOLLOWED = 6  # captions that are followed word by word
READ = 2  # captions of people's beside each
FOG, FOGGY = 128, 0.1  # grey of the fog, and what is seen through it
CLEAR = 2.0  # times what it would be everywhere alike, from which on a weight makes all clear
LEAST = 112  # pixels of a side that small pictures are enlarged to, each pixel a square
OFTEN = 3  # times that a word is said, from which it is told how widely it looks
COVERED, PARTS, CHANGES = 3, 3, 5  # pictures that are covered, parts of a side, covers that are shown
CALLED, WORDS = 4, 6  # pictures whose words are listed, and words of each
GREEDY = Manner("greedy")


# --- attention ---


def where_it_looked(shown: "Shown", wording: Wording) -> Strips:
    """The picture, then for each word the picture as clear as the writer looked at each place."""
    strips = []
    order = [int(n) for n in np.argsort(-shown.each_N, kind="stable")]
    for n in spread(order, FOLLOWED):
        made, pixels_HWC = shown.made[n], shown.pixels_NHWC[n]
        tiles = [enlarged(pixels_HWC), *(in_fog(pixels_HWC, weight_YX) for weight_YX in made.attention_TYX)]
        note = "People: " + " / ".join(shown.references[n][:READ])
        strips.append(Strip(made.text or "nothing", note, tiles, ["the picture", *made.words]))
    end = wording.shown(END)
    says = (
        "The picture, then each word of the caption with the places that the writer looked at for it: clear where it "
        f"looked {CLEAR:g} times as much as if it looked everywhere alike, or more, and in fog where it did not look. "
        f"Where all is half in fog it looked everywhere alike; {end} is the end. The captions are some from the best "
        f"to the worst, by CIDEr-D. {how_widely(shown.made, end)}"
    )
    return Strips("Where it looked at each word", says.rstrip(), strips, smooth=True, large=True)


def enlarged(pixels_HWC: np.ndarray) -> np.ndarray:
    """A picture to look at; one of less than `LEAST` pixels a side is enlarged by a whole number, pixels kept square.

    Example:
        >>> enlarged(np.zeros((48, 50, 1), np.uint8)).shape
        (144, 150)
    """
    times = -(-LEAST // min(pixels_HWC.shape[:2]))
    return picture(pixels_HWC).repeat(times, 0).repeat(times, 1)


def in_fog(pixels_HWC: np.ndarray, weight_YX: np.ndarray) -> np.ndarray:
    """A picture, clear where the weight is `CLEAR` times its mean, in grey fog where it is 0, smooth between places.

    Fog, unlike the dark, is seen on dark pictures and on light ones.

    Example:
        >>> in_fog(np.full((200, 200, 1), 228, np.uint8), np.array([[0.0, 1.0, 0.0, 0.0]]))[0, [0, 75, 199]].tolist()
        [138, 228, 138]
    """
    large = enlarged(pixels_HWC)
    weight_11YX = torch.from_numpy(np.asarray(weight_YX, np.float32))[None, None]
    weight_HW = F.interpolate(weight_11YX, large.shape[:2], mode="bilinear", align_corners=False)[0, 0].numpy()
    clear_HW = (weight_HW / max(float(weight_YX.mean()), 1e-12) / CLEAR).clip(0, 1)
    part_HW = FOGGY + (1 - FOGGY) * clear_HW
    part = part_HW if large.ndim == 2 else part_HW[:, :, None]
    return np.rint(FOG + part * (large.astype(np.float32) - FOG)).astype(np.uint8)


def breadth(weight_YX: np.ndarray) -> float:
    """How much of the picture a word looks at, as a share: that of so many places looked at alike, exp(entropy) of all.

    Example:
        >>> breadth(np.full((2, 2), 0.25)), breadth(np.array([[0.5, 0.5], [0.0, 0.0]]))
        (1.0, 0.5)
    """
    weight_S = np.asarray(weight_YX, np.float64).ravel()
    weight_S = weight_S[weight_S > 0]
    return round(float(np.exp(-(weight_S * np.log(weight_S)).sum())) / np.size(weight_YX), 6)


def how_widely(made: Sequence["Captioned"], end: str) -> str:
    """Which words look at the smallest and at the largest part of the picture, in a sentence; "" if there are few."""
    found: dict[str, list[float]] = {}
    for one in made:
        for word, weight_YX in zip(one.words, one.attention_TYX, strict=True):
            found.setdefault(word, []).append(breadth(weight_YX))
    means = {word: float(np.mean(some)) for word, some in found.items() if len(some) >= OFTEN and word != end}
    if len(means) < 2:
        return ""
    order = sorted(means, key=lambda word: (means[word], word))
    k = min(3, len(order) // 2)
    narrow, wide = (
        ", ".join(f"“{word}” ({means[word]:.0%})" for word in some) for some in (order[:k], order[: -k - 1 : -1])
    )
    return f"The words that look at the smallest part of it are {narrow}; at the largest, {wide}."


# --- what is covered ---


def when_covered(answering: "CaptionAnswering", shown: "Shown") -> Strips:
    """What is said of some pictures when a ninth is covered, where that is something else."""
    order = [int(n) for n in np.argsort(-shown.each_N, kind="stable")]
    best = order[: max(COVERED, len(order) // 3)]
    strips, changed = [], 0
    for n in spread(best, COVERED):
        strip, count = under_covers(answering, shown.pixels_NHWC[n])
        strips.append(strip)
        changed += count
    says = (
        f"A ninth of the picture is covered with the picture's mean colour, one after the other. Of {len(strips)} "
        f"pictures' {len(strips) * PARTS**2} ninths {changed} change what is said (by the likeliest words, without a "
        f"search); at most {CHANGES} of each are shown. Below, how probable the first network finds the word of the "
        "caption that loses most, before and after."
    )
    return Strips("What it says when a part is covered", says, strips, smooth=True, large=True)


def under_covers(answering: "CaptionAnswering", pixels_HWC: np.ndarray) -> tuple[Strip, int]:
    """A picture, and its covers that change what is said of it; and how many do."""
    every_KHWC = np.stack([pixels_HWC, *covers(pixels_HWC)])
    made, named_KW = seen_and_said(answering, every_KHWC)
    (plain, *others), wording = made, answering.fitted.wording
    different = [k for k, one in enumerate(others, 1) if one.text != plain.text]
    said = sorted({wording.named.index(n) for n in plain.numbers if n in wording.named})
    places = said or list(range(len(wording.named)))
    fall_K = {k: float((named_KW[0] - named_KW[k])[places].max(initial=0.0)) for k in different}
    chosen = sorted(sorted(different, key=lambda k: -fall_K[k])[:CHANGES])
    tiles = [enlarged(every_KHWC[0]), *(enlarged(every_KHWC[k]) for k in chosen)]
    falls = ("", *(fallen(named_KW[0], named_KW[k], places, wording) for k in chosen))
    captions = [(made[k].text or "nothing") + fall for k, fall in zip((0, *chosen), falls, strict=True)]
    note = f"{len(different)} of {len(others)} covers change it" if different else "no cover changes it"
    return Strip(plain.text or "nothing", note, tiles, captions), len(different)


def covers(pixels_HWC: np.ndarray) -> Iterator[np.ndarray]:
    """The picture with each of its parts in turn painted in its mean colour, row by row."""
    height, width = pixels_HWC.shape[:2]
    mean_C = np.rint(pixels_HWC.mean((0, 1))).astype(np.uint8)
    for y in range(PARTS):
        for x in range(PARTS):
            covered_HWC = np.array(pixels_HWC)
            rows, columns = (
                slice(at * side // PARTS, (at + 1) * side // PARTS) for at, side in ((y, height), (x, width))
            )
            covered_HWC[rows, columns] = mean_C
            yield covered_HWC


def seen_and_said(answering: "CaptionAnswering", pixels_KHWC: np.ndarray) -> tuple[list["Captioned"], np.ndarray]:
    """The captions of some pictures by the likeliest words, and how probable each naming word is, K×W."""
    made, named = list["Captioned"](), list[np.ndarray]()
    for at in range(0, len(pixels_KHWC), answering.chunk):
        x_BCHW = answering.fitted.prepare(torch.from_numpy(pixels_KHWC[at : at + answering.chunk]))
        map_BCYX, named_BW = answering.see(x_BCHW)
        made += answering.said(map_BCYX, named_BW, GREEDY)
        named.append(named_BW.detach().float().cpu().numpy())
    return made, np.concatenate(named)[:, : len(answering.fitted.wording.named)]


def fallen(before_W: np.ndarray, after_W: np.ndarray, places: Sequence[int], wording: Wording) -> str:
    """Which of some naming words lost most, and how much; "" if none lost anything."""
    w = max(places, key=lambda w: before_W[w] - after_W[w], default=None)
    if w is None or after_W[w] >= before_W[w]:
        return ""
    return f" ({wording.shown(wording.named[w])}: {before_W[w]:.0%} → {after_W[w]:.0%})"


# --- what is called for ---


def called_for(shown: "Shown", wording: Wording) -> NBest:
    """The words that the first network finds most probable, beside the captions that say them."""
    examples = []
    for n in spread(range(len(shown.names)), CALLED):
        known = shown.references[n]
        said = [{wording.shown(int(k)) for k in wording.encode(one)} for one in known]
        answers = [
            Candidate(word, p, label=f"{sum(word in some for some in said)} of {len(known)}")
            for word, p in shown.made[n].named[:WORDS]
        ]
        examples.append(Candidates(shown.names[n], picture(shown.pixels_NHWC[n]), known, answers))
    says = (
        "Before a word is written, a first network says which words the picture calls for; it learned how many of a "
        "picture's captions say each. Before each word, how many of people's captions here say it; what it gives many "
        "per cent and nobody says is what it mistakes."
    )
    return NBest("Which words a picture calls for", says, examples)


def named_probabilities(answering: "CaptionAnswering", pixels_NHWC: np.ndarray) -> np.ndarray:
    """How probable each naming word is in some pictures, N×W."""
    found = []
    for at in range(0, len(pixels_NHWC), answering.chunk):
        x_BCHW = answering.fitted.prepare(torch.from_numpy(pixels_NHWC[at : at + answering.chunk]))
        found.append(answering.see(x_BCHW)[1].detach().float().cpu().numpy())
    return np.concatenate(found)[:, : len(answering.fitted.wording.named)]
