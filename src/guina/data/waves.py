"""Recordings decoded once, into the cache: their samples at one rate, and what is known of each.

Axes: N recordings that can be used, S samples of all of them, D bytes of a content's hash.
"""

import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from guina.data.cache import cached
from guina.data.column_files import RaggedFile, load, save
from guina.data.listings import stamp
from guina.data.ragged import Ragged
from guina.data.records import Report
from guina.data.sounds import BadSound, Described, Sound, as_int16, decode, describe
from guina.data.split import DIGEST

FORMAT = "waves-2"  # change it when what is cached changes
USUAL = 16_000  # samples a second that speech needs; recordings of fewer are not stretched to it
BROKEN = "cut off or damaged"
CHUNK = 1 << 20  # bytes of a file that are hashed at a time

T = TypeVar("T")


@dataclass(frozen=True)
class Waves:
    """The recordings of a list of files that can be used, decoded.

    Args:
        rate: of the samples, in a second.
        wave: int16, memory-mapped, a row a recording.
        kept_N: which of the files these are.
        seconds_N, own_rate_N, channels_N, loudness_N, peak_N, clipped_N: of each, see `Sound`.
        digest_ND: the hash of each file.
    """

    rate: int
    wave: Ragged
    kept_N: np.ndarray
    seconds_N: np.ndarray
    own_rate_N: np.ndarray
    channels_N: np.ndarray
    loudness_N: np.ndarray
    peak_N: np.ndarray
    clipped_N: np.ndarray
    digest_ND: np.ndarray


class Heard(NamedTuple):
    """A file decoded, or what is wrong with it."""

    sound: Sound | str
    wave: np.ndarray
    digest: bytes


def common_rate(paths: Sequence[Path], usual: int = USUAL) -> int:
    """The rate to bring recordings to: the usual one, or the commonest of theirs where that is lower.

    Args:
        paths: those whose header says no rate do not count.
    """
    rates = Counter(found.rate for found in in_order(described, paths) if found is not None)
    if not rates:
        return usual
    most = max(rates.values())
    return min(usual, *(rate for rate, n in rates.items() if n == most))


def described(path: Path) -> Described | None:
    """What a recording's header says; None for what is none."""
    try:
        return describe(path)
    except BadSound:
        return None


def load_waves(paths: Sequence[Path], names: Sequence[str], rate: int, report: Report | None = None) -> Waves:
    """Recordings decoded, from the cache if they were before; the report hears of every file either way.

    Args:
        names: of the files, for the report.
    """
    said = f"{FORMAT} {rate} {stamp(paths)}"
    key = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
    folder, facts = cached(key, partial(build, paths, rate))
    report = report or Report()  # who asks a second time has heard it
    for n, why in facts["skipped"]:
        report.skip(names[int(n)], why)
    for n, how in facts["converted"]:
        report.convert(names[int(n)], how)
    columns: dict[str, Any] = load(folder, facts["columns"])
    return Waves(rate, **columns)


def build(paths: Sequence[Path], rate: int, folder: Path) -> dict[str, Any]:
    """Decode files into a cache entry."""
    skipped: list[tuple[int, str]] = []
    converted: list[tuple[int, str]] = []
    rows: list[tuple[int, Sound]] = []
    digests: list[bytes] = []
    with RaggedFile(folder, "wave", np.int16) as wave:
        for n, heard in enumerate(in_order(partial(hear, rate=rate), paths)):
            if isinstance(heard.sound, str):
                skipped.append((n, heard.sound))
                continue
            wave.add(heard.wave)
            rows.append((n, heard.sound))
            digests.append(heard.digest)
            converted += [(n, how) for how in heard.sound.notes]
    columns = {
        "kept_N": np.array([n for n, _ in rows], np.int64),
        "seconds_N": np.array([sound.seconds for _, sound in rows], np.float64),
        "own_rate_N": np.array([sound.own_rate for _, sound in rows], np.int64),
        "channels_N": np.array([sound.channels for _, sound in rows], np.int64),
        "loudness_N": np.array([sound.loudness for _, sound in rows], np.float64),
        "peak_N": np.array([sound.peak for _, sound in rows], np.float64),
        "clipped_N": np.array([sound.clipped for _, sound in rows], np.float64),
        "digest_ND": np.array([list(digest) for digest in digests], np.uint8).reshape(-1, DIGEST),
    }
    return {"skipped": skipped, "converted": converted, "columns": save(folder, columns) | wave.facts}


def hear(path: Path, rate: int) -> Heard:
    """A file decoded; one that breaks off cannot be used, since its text is of all of it."""
    nothing = np.empty(0, np.int16)
    try:
        sound = decode(path, rate)
        digest = hash_of(path)
    except BadSound as bad:
        return Heard(str(bad), nothing, b"")
    except OSError as error:
        return Heard(f"cannot be read ({error.strerror})", nothing, b"")
    if not sound.whole:
        return Heard(BROKEN, nothing, b"")
    return Heard(without_samples(sound), as_int16(sound.samples_N), digest)


def without_samples(sound: Sound) -> Sound:
    """What is known of a recording, without the recording: many are remembered while they are decoded."""
    kept = {name: value for name, value in vars(sound).items() if name != "samples_N"}
    return Sound(np.empty(0, np.float32), **kept)


def hash_of(path: Path) -> bytes:
    """The hash of a file's bytes."""
    digest = hashlib.blake2b(digest_size=DIGEST)
    with open(path, "rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.digest()


def in_order(work: Callable[[Path], T], paths: Sequence[Path]) -> Iterator[T]:
    """`work` of each file, in their order, by several threads; few are held at a time, since they may be long."""
    threads = os.cpu_count() or 1
    rest = iter(paths)
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque(pool.submit(work, path) for path in islice(rest, 2 * threads))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(work, path) for path in islice(rest, 1))
            yield done
