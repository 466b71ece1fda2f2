"""How long one waits for `guina score`, `look` and `predict`: 1,000 test pictures of 64 px, and a book of 3 MB.

    python bench/waiting.py [--pictures FOLDER] [--book FILE] [--rounds 3]

Without a folder the pictures are drawn: twenty classes of textured shapes, 2,000 to learn from and 1,000 to be judged.
Without a file the book is made of invented words that keep to a grammar. `score` and `look` are timed with nothing kept
from before, and `look` after `score`. Results: bench/results/waiting.json.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from common import GUINA, save

CLASSES, SIDE, LEARNED, JUDGED, BOOK = 20, 64, 2000, 1000, 3_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--book", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="guina-waiting-"))
    os.environ["GUINA_CACHE"] = str(place / "cache")
    pictures = args.pictures or draw(place / "pictures")
    book = args.book or invent(place / "book.txt")
    found = {}
    for job, data in (("classify", pictures), ("write", book)):
        run, page = place / job, place / f"{job}.html"
        timed(["train", job, str(data), "--steps", "60", "--size", "small", "--out", str(run)])
        one = "the " if job == "write" else str(next(p for p in sorted(data.rglob("*.*")) if p.is_file()))
        times: dict[str, list[float]] = {}
        for _ in range(args.rounds):
            forget(run)
            times.setdefault("look", []).append(timed(["look", str(run), "--out", str(page)]))
            forget(run)
            times.setdefault("score", []).append(timed(["score", str(run)]))
            times.setdefault("look after score", []).append(timed(["look", str(run), "--out", str(page)]))
            times.setdefault("predict", []).append(timed(["predict", str(run), one]))
        found[job] = {name: round(statistics.median(values), 2) for name, values in times.items()}
        found[job]["page in MB"] = round(page.stat().st_size / 1e6, 2)
        print(job, found[job], flush=True)
    print(save("waiting", {"seconds": found, "rounds": args.rounds}))
    shutil.rmtree(place)


def timed(arguments: list[str]) -> float:
    """The seconds that a command takes, from start to exit."""
    start = time.perf_counter()
    subprocess.run([*GUINA, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def forget(run: Path) -> None:
    """Remove what earlier scores of a run left in it."""
    for path in run.glob("scores*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def draw(root: Path) -> Path:
    """Class folders, by split: a grating of the class's direction and colour under noise and a patch of clutter."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    for split, n in (("train", LEARNED), ("test", JUDGED)):
        for i in range(n):
            kind = i % CLASSES
            angle = np.pi * kind / CLASSES + rng.normal(0, 0.05)
            wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(20, 40) + rng.uniform(0, 6.3))
            colour = 128 + 60 * np.array([np.sin(kind), np.cos(kind), np.sin(2.1 * kind)])
            pixels = colour + 40 * wave[..., None] + rng.normal(0, 25, (SIDE, SIDE, 3))
            top, left = rng.integers(0, SIDE - 20, 2)
            pixels[top : top + 20, left : left + 20] = rng.uniform(0, 255, 3)
            folder = root / split / f"class {kind:02}"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{i}.jpg", quality=90)
    return root


def invent(path: Path) -> Path:
    """Sentences of some 8,000 invented words, each chosen by the one before it."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("aeioubdfgklmnprstvz"), rng.integers(2, 9))) for _ in range(8000)]
    follows = rng.integers(0, len(words), (len(words), 12))
    text, length, at = [], 0, 0
    while length < BOOK:
        at = int(follows[at, min(11, int(rng.exponential(2)))])
        end = rng.choice([" ", " ", " ", " ", " ", ", ", ".\n"])
        text.append(words[at] + end)
        length += len(text[-1])
    path.write_text("".join(text), "utf-8")
    return path


if __name__ == "__main__":
    main()
