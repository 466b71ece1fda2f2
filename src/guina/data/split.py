"""A split by content: which side a picture is on depends on its bytes alone.

Adding files moves none across, and copies of a picture stay together, so nothing that is judged was learned from. The
exception is a class so small that chance leaves it one side only: it lends the other side its nearest picture, which
goes back when one comes that belongs there.
"""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from guina.data.records import SPLITS, TRAIN
from guina.errors import GuinaError

DIGEST = 16  # bytes of BLAKE2b that stand for a content


def digests(contents: Iterable[bytes]) -> np.ndarray:
    """The hash of each content, N×16, uint8.

    Example:
        >>> digests([b"one", b"two", b"one"]).shape
        (3, 16)
    """
    found = b"".join(hashlib.blake2b(content, digest_size=DIGEST).digest() for content in contents)
    return np.frombuffer(found, np.uint8).reshape(-1, DIGEST)


def fingerprint(digest_ND: np.ndarray) -> str:
    """One hash of the hashes of all contents, in their order."""
    return digests([digest_ND.tobytes()]).tobytes().hex()


def position(digests_ND: np.ndarray) -> np.ndarray:
    """Where each content stands between 0 and 1: the first 8 bytes of its hash as a fraction."""
    return digests_ND[:, :8].copy().view(">u8")[:, 0] / 2.0**64


def cut_validation(digests_ND: np.ndarray, label_N: Sequence[str], share: float, thing: str = "picture") -> np.ndarray:
    """Which examples are for validation, N booleans.

    Every class keeps at least one content on each side: the one that stands lowest, or highest, is taken where chance
    left a side empty.

    Args:
        thing: what an example is, for messages.

    Raises:
        GuinaError: a class has a single picture (or copies of one), or the share is not between 0 and 1. A class called
            "" is pictures without a label.

    Example:
        >>> digests = np.random.default_rng(0).integers(0, 256, (100, 16)).astype(np.uint8)
        >>> 5 <= cut_validation(digests, ["a"] * 100, 0.1).sum() <= 15
        np.True_
    """
    if not 0 < share < 1:
        raise GuinaError(f"--validation {share}", "a share between 0 and 1", "say --validation 0.1, or leave it out")
    at_N = position(digests_ND)
    chosen_N = at_N < share
    labels = np.asarray(label_N)
    names, class_N = np.unique(labels, return_inverse=True)
    members = np.split(np.argsort(class_N, kind="stable"), np.cumsum(np.bincount(class_N, minlength=len(names)))[:-1])
    for name, mine in zip(names, members, strict=True):
        places = at_N[mine]
        if places.min() == places.max():
            raise GuinaError(
                f"{f'class {name} has' if name else 'there is'} only one {thing}"
                f"{' (and copies of it)' if len(mine) > 1 else ''}",
                "two different ones at least: one to learn from and one to judge by",
                f"add {thing}s of it, or remove the class" if name else f"add {thing}s",
            )
        if not chosen_N[mine].any():
            chosen_N[mine[places == places.min()]] = True
        elif chosen_N[mine].all():
            chosen_N[mine[places == places.max()]] = False
    return chosen_N


def contradictions(digests_ND: np.ndarray, label_N: np.ndarray) -> list[str]:
    """What there is to say of pictures whose copies are in another class: one of the labels is wrong.

    Example:
        >>> contradictions(np.zeros((3, 16), np.uint8), np.array(["cat", "cat", "dog"]))
        ['warning: 1 picture is in more than one class, such as cat and dog: one of the labels is wrong']
    """
    content_N = digests_ND[:, :8].copy().view("u8")[:, 0]
    names, class_N = np.unique(label_N, return_inverse=True)
    order_N = np.lexsort((class_N, content_N))  # copies stand side by side
    one, other = order_N[:-1], order_N[1:]
    torn = np.flatnonzero((content_N[one] == content_N[other]) & (class_N[one] != class_N[other]))
    if not len(torn):
        return []
    count = len(np.unique(content_N[one[torn]]))
    pair = " and ".join(str(names[class_N[row[torn[0]]]]) for row in (one, other))
    said = f"{count} pictures are" if count > 1 else "1 picture is"
    return [f"warning: {said} in more than one class, such as {pair}: one of the labels is wrong"]


def strangers(label_N: np.ndarray, split_N: np.ndarray) -> list[str]:
    """What there is to say of classes to judge by that there are no pictures to learn of.

    Example:
        >>> strangers(np.array(["cat", "dog", "1.5"], object), np.array([0, 0, 2]))
        ['warning: the test split has pictures of 1.5, which the training split does not have']
    """
    of = {split: set(label_N[split_N == n]) for n, split in enumerate(SPLITS)}
    notes = []
    for split in SPLITS:
        strange = sorted(of[split] - of[TRAIN]) if of[TRAIN] else []
        if strange:
            named = ", ".join(strange[:5]) + (", …" if len(strange) > 5 else "")
            notes.append(f"warning: the {split} split has pictures of {named}, which the training split does not have")
    return notes


def duplicates(digests: dict[str, np.ndarray], things: str = "pictures") -> list[str]:
    """What there is to say of copies within and across splits.

    Args:
        digests: split → N×DIGEST.
        things: what the examples are.
    """
    different = {split: different_contents(digests_ND) for split, digests_ND in digests.items()}
    notes = []
    for split, digests_ND in digests.items():
        copies = len(digests_ND) - len(different[split])
        if copies:
            notes.append(f"{copies} of {len(digests_ND)} {split} {things} are copies of another one there")
    splits = list(digests)
    for i, one in enumerate(splits):
        for other in splits[i + 1 :]:
            both = len(np.intersect1d(different[one], different[other], assume_unique=True))
            if both:
                said = f"{both} {things} are" if both > 1 else f"1 {things.removesuffix('s')} is"
                notes.append(f"warning: {said} in {one} and in {other}: scores on {other} will flatter")
    return notes


def different_contents(digests_ND: np.ndarray) -> np.ndarray:
    """The contents as numbers, each once and in order, uint64. (Of a million, np.unique takes ten times as long.)"""
    content_N = np.sort(digests_ND[:, :8].copy().view("u8")[:, 0])
    first_N = np.ones(len(content_N), bool)
    first_N[1:] = content_N[1:] != content_N[:-1]
    return content_N[first_N]
