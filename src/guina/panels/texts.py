"""Texts that a job wants shown: shaded, aligned, or as lists of candidate answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Passage:
    """A piece of text under a name, each unit shaded by a number.

    Args:
        note: a few words beside the name.
        units: the text in units, as it was written.
        shade_T: −1 … 1 for each, 0 is no shade; empty: no shades.
        tips: what there is to say of each unit; empty: nothing.
    """

    name: str
    note: str
    units: Sequence[str]
    shade_T: Sequence[float] = ()
    tips: Sequence[str] = ()


@dataclass(frozen=True)
class Passages:
    """Pieces of text: what surprised a model, what one of its cells does, what it writes.

    Args:
        low, high: what shades of −1 and 1 mean; "" where there are none.
    """

    title: str
    says: str
    passages: Sequence[Passage]
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Alignment:
    """What each output token drew on: a matrix of weights, such as the attention of a translator.

    Args:
        note: a few words beside the name.
        rows: R output tokens.
        columns: C input tokens; none where the columns are frames of a recording.
        weights_RC: 0 … 1.
        step: seconds from one frame to the next, where the columns are frames; 0: they are numbered.
    """

    name: str
    note: str
    rows: Sequence[str]
    columns: Sequence[str]
    weights_RC: np.ndarray
    step: float = 0.0


@dataclass(frozen=True)
class Alignments:
    """Which parts of the input each token of the output drew on, in a few examples.

    A matrix of 40 × 40 tokens weighs at most 120 kB in the page, one of as many rows of frames a tenth of that: ten
    examples are enough. Beyond 80 input tokens the columns are numbered, as frames are.
    """

    title: str
    says: str
    alignments: Sequence[Alignment]


@dataclass(frozen=True)
class Candidate:
    """One answer that was considered.

    Args:
        score: its probability, or any number that is higher for better answers; NaN where there is none.
        chosen: whether it is the one that was given.
        label: what stands before it instead of its number, such as the step at which it was given.
    """

    text: str
    score: float
    chosen: bool = False
    label: str = ""


@dataclass(frozen=True)
class Candidates:
    """The answers that were considered for one input, the likeliest first.

    Args:
        name: of the example, in small letters; "" for none.
        source: the input: a text, or a picture (uint8, H×W×3 or H×W).
        references: answers known to be right, of which there may be none.
    """

    name: str
    source: str | np.ndarray
    references: Sequence[str]
    answers: Sequence[Candidate]


@dataclass(frozen=True)
class NBest:
    """For each of some inputs the answers that were considered, with the words that the references have too.

    Texts weigh next to nothing and a picture some 50 kB: twenty inputs of five answers each are enough for a reader.

    Args:
        score: what the numbers are, such as "probability"; "" where no answer has any.
        share: whether they are shares from 0 to 1, printed in percent over a bar.
    """

    title: str
    says: str
    examples: Sequence[Candidates]
    score: str = "probability"
    share: bool = True
