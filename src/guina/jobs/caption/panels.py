"""What `guina look` shows of a captioner: where it looked, its best and worst, how it learned, what it does not say.

Axes: N pictures, H W pixels, C channels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from guina.cider import Documents
from guina.data.arrays import Arrays
from guina.data.picture_files import picture
from guina.engine.judge import Snap
from guina.jobs.caption.answering import CaptionAnswering, Captioned
from guina.jobs.caption.inside import called_for, named_probabilities, when_covered, where_it_looked
from guina.jobs.caption.mistakes import called, counts_of, never_said, said_too_often, surprise, words_it_sees
from guina.panels import Candidate, Candidates, NBest, Panel, spread

LISTED = 6  # captions of each list
GOOD = 3  # one of so many captions, the best, is good
STEPS, FOLLOWED = 6, 4  # snapshots that are shown, and pictures of each
NOTHING = "–"  # stands for a caption before any is learned


@dataclass(frozen=True, eq=False)
class Shown:
    """Pictures that were judged, up to a few hundred, with what people and the network say of them.

    Args:
        names: of their files.
        pixels_NHWC: as the network gets them, uint8.
        references: what people say of each.
        made: what the network says of each.
        each_N: CIDEr-D of each caption.
        documents: where its idf is from.
    """

    names: Sequence[str]
    pixels_NHWC: np.ndarray
    references: Sequence[Sequence[str]]
    made: Sequence[Captioned]
    each_N: np.ndarray
    documents: Documents


def caption_panels(
    answering: CaptionAnswering, shown: Shown, train: Arrays, snaps: Sequence[tuple[int, Snap]]
) -> Iterator[Panel]:
    """All panels, the most telling first.

    Args:
        shown: one picture at least.
        train: what it learned from, with the column "caption".
        snaps: of a step, with "pictures", uint8 N×H×W×C, and "captions" and "references", a line a picture.
    """
    fitted, texts = answering.fitted, [one.text for one in shown.made]
    yield where_it_looked(shown, fitted.wording)
    yield from best_and_worst(shown)
    yield from over_training(snaps)
    yield when_covered(answering, shown)
    if fitted.wording.named:
        yield called_for(shown, fitted.wording)
        right_NW = called(shown.references, fitted.wording, fitted.place_V)
        yield from words_it_sees(named_probabilities(answering, shown.pixels_NHWC), right_NW, fitted.wording)
    yield from never_said(texts, shown.references, counts_of(train))
    yield from said_too_often(texts, shown.references)


# --- the best, the most surprising, the worst ---


def best_and_worst(shown: Shown) -> Iterator[NBest]:
    """The captions that are most and least like people's, and those that are good and improbable."""
    N, mean = len(shown.names), float(shown.each_N.mean())
    order = np.argsort(-shown.each_N, kind="stable").tolist()
    best, worst = some_of(order[: -(-N // 2)], shown), some_of(least_like(shown)[: N // 2], shown)
    says = (
        f"By CIDEr-D, the words in a row that a caption shares with people's, rare ones counting more, 0 to 10: "
        f"{mean:.2f} in the mean of {N:,} pictures, {shown.each_N[best].min():.2f} or more here. What it says of "
        "several pictures stands here once."
    )
    yield listed("Best captions", says, shown, best)
    good = [n for n in order[: N // GOOD] if n not in best]
    bold = some_of(sorted(good, key=lambda n: (-surprise(shown.made[n]), n)), shown)
    if bold:
        says = (
            f"Of the best third, those whose words were least probable for the network itself: what it says of these "
            f"is not what it usually says, and good nevertheless. Beside each name, how probable its words were in the "
            f"(geometric) mean; those of all captions {exp(-np.mean([surprise(one) for one in shown.made])):.0%}."
        )
        yield listed("Most surprising captions", says, shown, bold, sure=True)
    if worst:
        says = (
            f"{int((shown.each_N < 0.05).sum()):,} of {N:,} captions have next to nothing in common with people's. "
            "These are the worst, among equals the ones it was surest of. Some may be right in other words."
        )
        yield listed("Worst captions", says, shown, worst)


def least_like(shown: Shown) -> list[int]:
    """The pictures with the worst captions first; of equally bad ones that of which it was surest."""
    return sorted(range(len(shown.names)), key=lambda n: (round(shown.each_N[n], 2), surprise(shown.made[n]), n))


def some_of(order: Sequence[int], shown: Shown) -> list[int]:
    """The first pictures of some, of those with the same caption one."""
    first = {shown.made[n].text: n for n in reversed(order)}
    return [n for n in order if first[shown.made[n].text] == n][:LISTED]


def listed(title: str, says: str, shown: Shown, chosen: Sequence[int], *, sure: bool = False) -> NBest:
    """Some pictures with their captions.

    Args:
        sure: whether to say how probable the words were.
    """
    examples = []
    for n in chosen:
        text, name = shown.made[n].text or NOTHING, shown.names[n]
        name += f" · {exp(-surprise(shown.made[n])):.0%} a word" if sure else ""
        answer = Candidate(text, float(shown.each_N[n]), True, "caption")
        examples.append(Candidates(name, picture(shown.pixels_NHWC[n]), shown.references[n], [answer]))
    return NBest(title, says, examples, score="CIDEr-D", share=False)


# --- over the training ---


def over_training(snaps: Sequence[tuple[int, Snap]]) -> Iterator[NBest]:
    """The same pictures at some steps of the training."""
    found = [(step, snap) for step, snap in snaps if {"pictures", "captions", "references"} <= set(snap)]
    if not found:
        return
    captions = {step: str(snap["captions"]).split("\n") for step, snap in found}
    silent = [step for step, texts in captions.items() if not any(texts)]
    speaking = [step for step in captions if step not in silent]
    shown = [*silent[-1:], *spread(speaking, STEPS - len(silent[-1:]))]
    last = found[-1][1]
    pixels_NHWC, references = np.asarray(last["pictures"]), str(last["references"]).split("\n")
    examples = [
        Candidates("", picture(pixels_NHWC[n]), [references[n]], [at_step(step, captions[step][n]) for step in shown])
        for n in spread(range(len(references)), FOLLOWED)
    ]
    says = (
        "What it said of some pictures at some steps of the training, by the likeliest words, the last step at the end."
        + (f" Until step {silent[-1]:,} it learned to see, and said nothing ({NOTHING})." if silent else "")
    )
    yield NBest("How it learned", says, examples, score="", share=False)


def at_step(step: int, text: str) -> Candidate:
    """A caption under the step at which it was made."""
    return Candidate(text or NOTHING, float("nan"), label=f"step {step:,}")
