"""What `guina check caption` says: pictures and captions, their words, what repeats itself, ten pictures and theirs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from guina.data.gallery import decode_gallery, sizes_of
from guina.data.picture_files import picture
from guina.data.records import Records
from guina.engine.job import Overview
from guina.jobs.caption.counting import SHORT, Said, count, known_share
from guina.jobs.caption.fitted import CaptionFitted
from guina.jobs.caption.wording import Wording, sides_said
from guina.jobs.pictures.check import COMMONEST, brought_to, first_split, size_line, use
from guina.panels import Candidate, Candidates, Curves, NBest, Panel, Table, spread

SHOWN, EACH = 10, 8  # pictures with their captions, and captions of one
LISTED = 40  # words that are listed
EXAMPLES = 8  # words that are named in a line
REPEATED = 5  # captions that are listed as said of several pictures


def caption_overview(records: Records, fitted: CaptionFitted) -> Overview:
    """The overview.

    Args:
        records: of `guina.data.captions.read_captions`, of any splits.
        fitted: what was learned from the training pictures; where there are none, from those of the first split.
    """
    split, said = first_split(records), count(records, fitted.wording)
    size_N3 = sizes_of(records)
    sizes, channels = Counter(f"{h}×{w}" for h, w, _ in size_N3.tolist()), Counter(size_N3[:, 2].tolist())
    plan = planned(fitted) if records.count("train") else []
    lines = [
        *(split_line(name, each_N) for name, each_N in said.each.items()),
        size_line(sizes, channels),
        length_line(said),
        words_line(said.times[split], fitted.wording, split),
        *(unknown_line(said.times[name], fitted.wording, name) for name in said.each if name != split),
        *repeated_line(said, split),
        *short_line(said),
        *plan,
    ]
    facts = counts_of(said, fitted, split) | {
        "sizes": dict(sizes.most_common(COMMONEST)),
        "different sizes": len(sizes),
        "channels": {str(c): n for c, n in sorted(channels.items())},
        "shape": list(fitted.shape),
        "plan": plan,
    }
    panels: list[Panel] = [
        to_read(records.only(split), fitted.shape, split),
        commonest(records.only(split), said.times[split], fitted.wording),
        by_frequency(said.times[split], split),
        lengths(said.length_N),
        *repeated(said),
    ]
    return Overview(facts, lines, panels)


def counts_of(said: Said, fitted: CaptionFitted, split: str) -> dict[str, Any]:
    """What was counted, as JSON prints it."""
    wording = fitted.wording
    times, length_N = said.times[split], said.length_N
    several = sum(n > 1 for n, _ in said.under.values())
    each_N = np.concatenate(list(said.each.values()))
    return {
        "pictures": {name: len(each_N) for name, each_N in said.each.items()},
        "captions": {name: int(each_N.sum()) for name, each_N in said.each.items()},
        "captions a picture": quantiles(each_N),
        "words a caption": quantiles(length_N),
        "words": times.total(),
        "different words": len(times),
        "known words": sum(word in wording.number for word in times),
        "unknown": {name: round(1 - known_share(found, wording), 4) for name, found in said.times.items()},
        "naming words": len(wording.named),
        "most named": [wording.shown(n) for n in wording.named[:LISTED]],
        "captions under several pictures": several,
        "very short captions": said.short[0],
        "mirrored": {"pictures": fitted.flip, "because": mirrored(fitted)},
    }


def quantiles(count_N: np.ndarray) -> dict[str, float]:
    """The least, the middle and the most of some counts.

    Example:
        >>> quantiles(np.array([5, 1, 2]))
        {'least': 1, 'median': 2.0, 'most': 5}
    """
    return {"least": int(count_N.min()), "median": float(np.median(count_N)), "most": int(count_N.max())}


# --- as lines ---


def several(n: int, thing: str) -> str:
    """A number of things.

    Example:
        >>> several(1, "picture"), several(2000, "picture")
        ('1 picture', '2,000 pictures')
    """
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def split_line(split: str, each_N: np.ndarray) -> str:
    """The pictures and captions of a split.

    Example:
        >>> split_line("val", np.array([5, 5, 4]))
        '3 pictures of the val split with 14 captions: 4 to 5 a picture, 5 in the middle'
    """
    counted = f"{several(len(each_N), 'picture')} {use(split)} with {several(int(each_N.sum()), 'caption')}"
    least, middle, most = quantiles(each_N).values()
    if least == most:
        return f"{counted}: {least:,} a picture"
    return f"{counted}: {least:,} to {most:,} a picture, {middle:g} in the middle"


def length_line(said: Said) -> str:
    """How long captions are."""
    least, middle, most = quantiles(said.length_N).values()
    return f"a caption has {middle:g} words in the middle, {least:,} to {most:,}"


def words_line(times: Counter[str], wording: Wording, split: str) -> str:
    """How many words there are, and how many are known."""
    known = sum(word in wording.number for word in times)
    rare = f"; those that come too seldom are not learned: {1 - known_share(times, wording):.1%} of all that is said"
    return (
        f"{several(times.total(), 'word')} {use(split)}, {len(times):,} different ones, of which {known:,} are known"
        + (rare if known < len(times) else "")
    )


def unknown_line(times: Mapping[str, int], wording: Wording, split: str) -> str:
    """How much of what another split says is unknown."""
    return f"{split}: {1 - known_share(times, wording):.1%} of the words are not known"


def repeated_line(said: Said, split: str) -> list[str]:
    """How many captions stand under several pictures; nothing where none does."""
    found = [n for n, _ in said.under.values() if n > 1]
    if not found:
        return []
    most, caption = max(said.under.values(), key=lambda one: one[0])
    return [
        f"{len(found):,} of {len(said.under):,} different captions {use(split)} stand under several pictures, "
        f"“{caption}” under {most:,}"
    ]


def short_line(said: Said) -> list[str]:
    """How many captions are very short; nothing where none is."""
    short, first = said.short
    return [f"{several(short, 'caption')} of fewer than {SHORT} words, such as “{first}”"] if short else []


def planned(fitted: CaptionFitted) -> list[str]:
    """What a training would do."""
    wording = fitted.wording
    names = ", ".join(wording.shown(n) for n in wording.named[:EXAMPLES])
    see = f"first learn which of {len(wording.named):,} words that name something a picture calls for: {names} …"
    if not wording.named:
        see = "learn from the pictures alone: no word is said of some of them and not of most, so none names anything"
    return [
        brought_to(fitted.shape),
        f"they would {'' if fitted.flip else 'not '}be mirrored left to right: {mirrored(fitted)}",
        see,
        f"then learn to say it in {several(len(wording.written), 'word')} of which captions are made",
    ]


def mirrored(fitted: CaptionFitted) -> str:
    """Why pictures would be mirrored, or not."""
    sides = ", ".join(f"“{word}”" for word in sides_said(fitted.wording))
    if fitted.flip:
        rarely = f"of a hundred captions {100 * fitted.wording.sides:.1f} say {sides}"
        return rarely if sides else "no caption speaks of left or right"
    return f"captions say {sides}" if sides else "--flip is off"


# --- as panels ---


def to_read(learned: Records, shape: tuple[int, int, int], split: str) -> NBest:
    """Pictures at equal distances, each as the network gets it, with its captions."""
    chosen = np.array(spread(range(len(learned)), SHOWN), np.int64)
    pixels_NHWC = decode_gallery(learned, shape).take("pixels", chosen)
    examples = []
    for n, pixels_HWC in zip(map(int, chosen), pixels_NHWC, strict=True):
        captions: Sequence[str] = learned.columns["captions"][n]
        label = "caption {}" if len(captions) > 1 else "caption"
        said = [Candidate(text, float("nan"), label=label.format(k)) for k, text in enumerate(captions[:EACH], 1)]
        examples.append(Candidates(learned.names[n], picture(pixels_HWC), [], said))
    says = (
        f"Pictures {use(split)} at equal distances from the first to the last, as a network gets them, "
        f"{shape[1]}×{shape[0]} pixels, with what is said of them. Does each caption belong to its picture?"
    )
    return NBest("Pictures and their captions", says, examples, score="")


def commonest(learned: Records, times: Counter[str], wording: Wording) -> Table:
    """The commonest words, and beside them the commonest of those that name something."""
    pictures = Counter(
        int(n) for some in learned.columns["captions"] for n in {int(n) for one in some for n in wording.encode(one)}
    )
    named = [(wording.shown(n), f"{pictures[n] / len(learned):.1%}") for n in wording.named[:LISTED]]
    pairs = enumerate(zip_longest(times.most_common(LISTED), named, fillvalue=("", "")), 1)
    rows: list[list[str | float]] = [[k, *one, *other] for k, (one, other) in pairs]
    says = (
        f"The commonest words of all captions; and the commonest of those by which a picture is known, "
        f"{len(wording.named):,} in all, with the share of the pictures whose captions say them. A word that is said "
        "of most pictures tells none apart, one that is said of a single one cannot be learned."
    )
    full = max((n for _, n in times.most_common(1)), default=0)
    share = max((100 * pictures[n] / len(learned) for n in wording.named), default=0.0)
    return Table("Words", says, ["", "word", "times", "names", "of pictures"], rows, {2: full, 4: share})


def by_frequency(times: Counter[str], split: str) -> Curves:
    """How often each word comes, the commonest first."""
    count_W = np.array([n for _, n in times.most_common()])
    once = float((count_W == 1).mean()) if len(count_W) else 0.0
    half = int(np.searchsorted(np.cumsum(count_W), count_W.sum() / 2)) + 1
    says = (
        f"How often each word {use(split)} comes, the commonest first: {several(half, 'word')} make half of all that "
        f"is said, and {once:.0%} of the different ones come once."
    )
    lines = {"words": (np.arange(1, len(count_W) + 1), count_W)}
    return Curves("Words by frequency", says, lines, "place of the word", "times", log_y=True)


def lengths(length_N: np.ndarray) -> Curves:
    """How many captions have how many words."""
    longest = int(np.quantile(length_N, 0.995)) + 1
    x = np.arange(longest + 1)
    lines = {"captions": (x, np.bincount(np.minimum(length_N, longest), minlength=longest + 1))}
    says = f"How many captions have how many words; those of {longest} and more are put together."
    return Curves("Lengths of captions", says, lines, "words of a caption", "captions")


def repeated(said: Said) -> list[Table]:
    """The captions that stand under most pictures, where any stands under several."""
    found = sorted((one for one in said.under.values() if one[0] > 1), key=lambda one: -one[0])
    rows: list[list[str | float]] = [[caption, n] for n, caption in found[:REPEATED]]
    says = (
        "Captions that stand under most pictures. Where they are what is to be seen, all is well; where they are what "
        "somebody wrote who had nothing to say, the network will say them too."
    )
    return [Table("The same of several pictures", says, ["caption", "pictures"], rows)] if rows else []
