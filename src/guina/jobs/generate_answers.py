"""Seeds in, pictures out: what the job generate is asked with and answers with."""

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from guina.data.picture_files import save_picture
from guina.engine.job import Answer
from guina.errors import GuinaError


def read_seed(thing: Any) -> int:
    """A seed from the command line or from Python.

    Raises:
        GuinaError: it is no whole number.
    """
    try:
        return int(thing)
    except (TypeError, ValueError):
        raise GuinaError(f"{thing!r} is no seed", "whole numbers, each a picture", "such as 0 1 2, or --n 16") from None


def as_file(pixels_HWC: np.ndarray, path: Path | None) -> Answer:
    """A picture's hash, and its file, or without one the PNG itself in base64."""
    facts = {"sha256": hashlib.sha256(pixels_HWC.tobytes()).hexdigest()}
    if path is not None:
        return facts | {"file": str(save_picture(pixels_HWC, path))}
    file = io.BytesIO()
    save_picture(pixels_HWC, file)
    return facts | {"png": base64.b64encode(file.getvalue()).decode()}


def from_png(text: str) -> np.ndarray:
    """The picture that `as_file` gave as text, H×W×C."""
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
    return picture[:, :, None] if picture.ndim == 2 else picture
