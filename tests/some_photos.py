"""Pictures for tests of jobs that change pictures: small textures in colour, all different, and some without colours.

Axes: H W pixels.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from guina.answering.answer import Answer
from guina.data.originals import open_original


def texture(height: int, width: int, seed: int = 0, noise: float = 6.0) -> np.ndarray:
    """Coloured patches that run into each other, with a little noise, H×W×3."""
    rng = np.random.default_rng(seed)
    patches = Image.fromarray(rng.integers(20, 236, (4, 4, 3), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    return np.clip(np.asarray(patches) + rng.normal(0, noise, (height, width, 3)), 0, 255).astype(np.uint8)


def photos(folder: Path, count: int = 24) -> Path:
    """A flat folder of textures, 16 to 24 pixels a side."""
    folder.mkdir(parents=True)
    sides = np.random.default_rng(count).integers(16, 25, (count, 2))
    for n, (height, width) in enumerate(sides.tolist()):
        Image.fromarray(texture(height, width, n)).save(folder / f"{n:02}.png")
    return folder


def grey_of(pixels_HW3: np.ndarray) -> np.ndarray:
    """Its brightness, uint8 H×W."""
    return np.asarray(Image.fromarray(pixels_HW3).convert("L"))


def sepia(pixels_HW3: np.ndarray) -> np.ndarray:
    """As an old print: each level has one tint."""
    return (grey_of(pixels_HW3)[..., None] * np.array([1.0, 0.9, 0.74])).astype(np.uint8)


def without_colours(folder: Path, each: int = 3, seed: int = 500) -> int:
    """Pictures put into a folder that have no colours of their own, and how many: grey stored as RGB, one channel, and
    sepia.
    """
    for n in range(seed, seed + each):
        pixels = texture(20, 18, n)
        Image.fromarray(grey_of(pixels)).convert("RGB").save(folder / f"grey-{n}.png")
        Image.fromarray(grey_of(texture(17, 19, n + each))).save(folder / f"one-channel-{n}.png")
        Image.fromarray(sepia(texture(19, 17, n + 2 * each))).save(folder / f"sepia-{n}.png")
    return 3 * each


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **how: object) -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **how)
    return file.getvalue()


def opened(data: bytes | Path) -> Image.Image:
    """A file as Pillow has it, turned as EXIF says by nobody."""
    image = Image.open(io.BytesIO(data) if isinstance(data, bytes) else data)
    image.load()
    return image


def made_by(answer: Answer) -> bytes:
    """The file that an answer hands over."""
    (attachment,) = answer.attachments
    return attachment.data.tobytes()


def pixels_of(thing: bytes | Path) -> np.ndarray:
    """The pixels of a picture's file as a job that changes it has them, H×W×C."""
    return open_original(thing).pixels_HWC


def rgb_of(thing: bytes | Path) -> np.ndarray:
    """The same in colour, H×W×3."""
    pixels_HWC = pixels_of(thing)
    return pixels_HWC if pixels_HWC.shape[2] == 3 else pixels_HWC.repeat(3, 2)
