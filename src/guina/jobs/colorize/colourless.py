"""Pictures without colours of their own: grey ones, and those in one tint, such as sepia.

A network that learns from them learns to leave pictures grey. What is grey has no a and no b; in a toned print both are
a smooth function of the brightness, in a photograph they are not. Of a few flat surfaces, as a flag has, they always
are: there it counts whether one has a strong colour, which no print has.

Axes: N pictures, P parts of each.
"""

from dataclasses import replace

import numpy as np
from PIL import Image

from guina.data.gallery import nearest_to_the_cut, pieces
from guina.data.lab import to_lab
from guina.data.records import SPLITS, TEST, TRAIN, VAL, Records
from guina.errors import GuinaError

SIDE = 8  # of the small picture that is looked at: single pixels have colours of a JPEG's making
OWN = 1.5  # of a and b: deviation from what brightness says, below which a picture has no colours of its own
STEP, RANGE = 3.0, 10.0  # of L: a larger step is between surfaces; a picture's others add up to less if all are flat
STRONG = 40.0  # of a and b: a colour that no print is toned in
TOGETHER = 4096  # pictures that are looked at at a time


def own_colours(records: Records) -> np.ndarray:
    """Whether each picture has colours that are more than one tint, N booleans."""
    found = []
    for part, rows, _ in pieces(records):
        offset_N, has_N = part.offset_N, np.zeros(len(rows), bool)
        coloured = np.flatnonzero((part.size_N3[rows, 2] >= 3) & ~part.grey_N[rows])
        for start in range(0, len(coloured), TOGETHER):
            some = coloured[start : start + TOGETHER]
            rgb_NP3 = np.stack(
                [
                    looked_at(part.flat[offset_N[row] : offset_N[row + 1]].reshape(part.size_N3[row]))
                    for row in rows[some]
                ]
            )
            lab_NP3 = to_lab(rgb_NP3)
            has_N[some] = (beyond_brightness(lab_NP3) > OWN) | flat_and_strong(lab_NP3)
        found.append(has_N)
    return np.concatenate(found) if found else np.zeros(0, bool)


def looked_at(pixels_HWC: np.ndarray) -> np.ndarray:
    """The means of so many parts of a picture, P×3; a fourth channel is transparency, and not looked at."""
    small = Image.fromarray(np.ascontiguousarray(pixels_HWC[..., :3])).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small).reshape(-1, 3)


def beyond_brightness(lab_NP3: np.ndarray) -> np.ndarray:
    """By how much a and b differ from the best quadratic function of L, in units of a and b, N.

    Example:
        >>> L_P = np.linspace(0.0, 100.0, 64)
        >>> sepia_1P3 = np.stack([L_P, 0.1 * L_P, 20 - 0.002 * (L_P - 50) ** 2], -1)[None]
        >>> bool(beyond_brightness(sepia_1P3)[0] < 1e-6)
        True
    """
    L_NP = lab_NP3[..., 0].astype(np.float64) / 50 - 1
    known_NP3 = np.stack([np.ones_like(L_NP), L_NP, L_NP**2], -1)
    ab_NP2 = lab_NP3[..., 1:].astype(np.float64)
    gram_N33 = known_NP3.mT @ known_NP3 + 1e-9 * np.eye(3)
    left_NP2 = ab_NP2 - known_NP3 @ np.linalg.solve(gram_N33, known_NP3.mT @ ab_NP2)
    return np.sqrt((left_NP2**2).sum(-1).mean(-1))


def flat_and_strong(lab_NP3: np.ndarray) -> np.ndarray:
    """Whether each picture is a few flat surfaces, one of them in a strong colour, N booleans.

    Example:
        >>> white_and_red_1P3 = np.array([[[100.0, 0.0, 0.0]] * 32 + [[53.0, 80.0, 67.0]] * 32])
        >>> flat_and_strong(white_and_red_1P3).tolist()
        [True]
    """
    step_NP = np.diff(np.sort(lab_NP3[..., 0], 1), axis=1)
    flat_N = np.where(step_NP < STEP, step_NP, 0).sum(1) < RANGE
    return flat_N & (np.hypot(lab_NP3[..., 1], lab_NP3[..., 2]).max(1) > STRONG)


def coloured_only(records: Records) -> Records:
    """The pictures with colours of their own; the report says how many are left out.

    Raises:
        GuinaError: none of a split has, or hardly any to learn from.
    """
    own_N = own_colours(records)
    if own_N.all():
        return records
    left = int((~own_N).sum())
    records.report.problems = [line for line in records.report.problems if "learned from in colour" not in line]
    records.report.problems.append(
        f"{left:,} of {len(own_N):,} pictures have no colours of their own (grey, or one tint as in sepia): left out"
    )
    kept = replace(records, split_N=recut(records, own_N)).where(own_N)
    records.report.used = len(kept)
    for split, least in ((TRAIN, 2), (VAL, 1), (TEST, 1)):
        if records.count(split) and kept.count(split) < least:
            raise GuinaError(
                f"{kept.count(split)} of {records.count(split)} {split} pictures have colours of their own",
                "colour pictures to learn from, and to judge by, at least two of each",
                "add colour pictures: grey ones are for guina predict, once it has learned",
            )
    return kept


def recut(records: Records, own_N: np.ndarray) -> np.ndarray:
    """The split of each picture: where validation was cut from training, as it would be without those left out."""
    split_N, start, val = records.split_N.copy(), 0, SPLITS.index(VAL)
    for part, rows, _ in pieces(records):
        mine = np.arange(start, start := start + len(rows))
        if len(set(split_N[mine])) > 1:
            kept, digest_ND = mine[own_N[mine]], part.digest_ND[rows[own_N[mine]]]
            split_N[kept[nearest_to_the_cut(digest_ND, split_N[kept] == val)]] = val
    return split_N
