"""A changed picture handed over: a file like the one that came."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from guina.answering.answer import Answer, Attachment
from guina.data.originals import Original, encode_original


def handed_over(
    name: str, made_HWC: np.ndarray, original: Original, said: Sequence[str], lossless: bool = False
) -> Answer:
    """The answer with a changed picture: a file like the original's.

    Args:
        name: of the input; the file is called so.
        said: what there is to say of it.
        lossless: whether every pixel must come out as it is, whatever the original's format.
    """
    data, suffix = encode_original(made_HWC, original, lossless)
    file = Attachment("file", Path(name).stem, np.frombuffer(data, np.uint8), suffix=suffix)
    facts = {"size": f"{made_HWC.shape[1]}×{made_HWC.shape[0]}"} | ({"note": "; ".join(said)} if said else {})
    return Answer(name, attachments=(file,), facts=facts)
