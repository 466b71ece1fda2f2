"""The sample morse: words in Morse code as a radio amateur hears them, generated.

Each recording has its own speed (words of PARIS a minute, that is 50 units; a dot lasts one), pitch, noise and fading;
within it the speed drifts, no two dots are quite equally long, and the pitch moves a little, as with a key and a
transmitter. Signal to noise is the power of the tone while it sounds, before it fades, over that of the noise, which is
white and fills the whole band up to half the rate: −3 to 20 dB.

The numbers that draw it come from `Dice`, so that it is always the same sample.

Axes: N samples, R runs (stretches of tone or of silence), L letters that may be said.
"""

import math
import wave as wav
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guina.data.dice import Dice

RATE = 8000
LEARNED, JUDGED = 1200, 100  # recordings
SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. ..--.. -..-. -...-"
)  # ITU-R M.1677-1
CODE = dict(zip("abcdefghijklmnopqrstuvwxyz0123456789?/=", SIGNS.split(), strict=True))
SAID = (
    "the and you that was for are with his they this have from one had word but not what all were when your can said "
    "there use each which she how their will other about out many then them these some her would make like him into "
    "time has look two more write see number way could people my than first water been call who oil its now find long "
    "down day did get come made may part over new sound take only little work know place year live me back give most "
    "very after thing our just name good sentence man think say great where help through much before line right too "
    "mean old any same tell boy follow came want show also around form three small set put end does another well large "
    "must big even such because turn here why ask went men read need land different home us move try kind hand picture "
    "again change off play spell air away animal house point page letter mother answer found study still learn should "
    "radio antenna weather signal power key paddle contest quiet jazz fox box zero quick lazy exact vox gear rig tune"
)
WORDS = SAID.split()
CALLS = ("cq", "de", "qth", "qsl", "qrz", "qrm", "qsb", "73", "88", "rst", "599", "579", "tnx", "es", "hw?", "k", "=")
EDGE = 0.005  # seconds in which a tone comes and goes, so that it does not click


@dataclass(frozen=True)
class Keying:
    """How something is keyed, and how it is received.

    Args:
        speed: words a minute.
        pitch: Hz.
        snr: of the tone over the noise, dB; infinite: no noise.
        fading: by how much the tone becomes weaker at worst, from 0 to 1.
        drift, jitter: shares by which the speed moves, and by which each run is longer or shorter.
    """

    speed: float = 20.0
    pitch: float = 600.0
    snr: float = 20.0
    fading: float = 0.0
    drift: float = 0.0
    jitter: float = 0.0


def runs_of(text: str) -> list[tuple[bool, int]]:
    """A text as stretches of tone and of silence, in units; a dash has 3, between letters there are 3, words 7.

    Raises:
        KeyError: a character that has no code.

    Example:
        >>> runs_of("et a")
        [(True, 1), (False, 3), (True, 3), (False, 7), (True, 1), (False, 1), (True, 3)]
    """
    runs: list[tuple[bool, int]] = []
    for word in text.split():
        for k, letter in enumerate(word):
            if runs:
                runs.append((False, 3 if k else 7))
            for j, sign in enumerate(CODE[letter]):
                runs += [(False, 1)] if j else []
                runs.append((True, 1 if sign == "." else 3))
    return runs


def keyed(text: str, keying: Keying, dice: Dice) -> np.ndarray:
    """A text as it is heard: float64, N samples at `RATE`, at most about 1.

    Example:
        >>> tone = keyed("e", Keying(speed=12, snr=math.inf), Dice("example"))  # a dot of 0.1 s, and 0.2 s around it
        >>> len(tone) / RATE, bool(abs(tone[: RATE // 10]).max() < 1e-6)
        (0.5, True)
    """
    runs = runs_of(text)
    on_R = np.array([on for on, _ in runs], bool)
    unit_R = np.array([units for _, units in runs], np.float64)
    place_R = np.cumsum(unit_R) / max(1.0, unit_R.sum())
    slow_R = 1 + keying.drift * np.sin(2 * math.pi * (place_R + dice.one(0, 1)))
    loose_R = 1 + keying.jitter * (2 * dice.uniform(len(runs)) - 1)
    count_R = np.rint(unit_R * 1.2 / keying.speed * slow_R * loose_R * RATE).astype(np.int64)
    around = int(0.2 * RATE)
    gate_N = np.concatenate([np.zeros(around), np.repeat(on_R.astype(np.float64), count_R), np.zeros(around)])
    edge = np.hanning(int(2 * EDGE * RATE) + 3)[1:-1]
    shape_N = np.convolve(gate_N, edge / edge.sum(), "same")
    t_N = np.arange(len(gate_N)) / RATE
    weak_N = 1 - keying.fading * (0.5 + 0.5 * np.sin(2 * math.pi * (dice.one(0.1, 0.6) * t_N + dice.one(0, 1))))
    hertz_N = keying.pitch + dice.one(0, 10) * np.sin(2 * math.pi * (dice.one(0.05, 0.3) * t_N + dice.one(0, 1)))
    tone_N = shape_N * weak_N * np.sin(2 * math.pi * np.cumsum(hertz_N) / RATE)
    if math.isinf(keying.snr):
        return 0.5 * tone_N
    noise_N = dice.normal(len(tone_N)) * math.sqrt(0.5 * 10 ** (-keying.snr / 10))  # a sine has the power 0.5
    loudest = 1 + 4 * math.sqrt(0.5 * 10 ** (-keying.snr / 10))
    return (tone_N + noise_N) * dice.one(0.3, 0.9) / loudest


def some_text(dice: Dice) -> str:
    """One or two words: of a language, of what is said on the air, numbers, and calls."""

    def word() -> str:
        kind = dice.one(0, 1)
        if kind < 0.6:
            return dice.choice(WORDS)
        if kind < 0.75:
            return dice.choice(CALLS)
        if kind < 0.88:
            return "".join(dice.choice("0123456789") for _ in range(int(dice.one(1, 5))))
        letters = "".join(dice.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(5))
        return f"{letters[:2]}{dice.choice('0123456789')}{letters[2 : 3 + int(dice.one(0, 3))]}"

    return " ".join(word() for _ in range(int(dice.one(1, 3))))


def some_keying(dice: Dice) -> Keying:
    """How one of the recordings is keyed and received."""
    return Keying(
        speed=dice.one(16, 32),
        pitch=dice.one(400, 900),
        snr=dice.one(-3, 20),
        fading=dice.one(0, 0.6),
        drift=dice.one(0, 0.1),
        jitter=dice.one(0, 0.1),
    )


def morse_texts() -> dict[str, list[str]]:
    """The texts of each split, all different: none that is judged by is learned from.

    Example:
        >>> {split: len(texts) for split, texts in morse_texts().items()}
        {'train': 1200, 'test': 100}
    """
    dice = Dice("morse texts 2")
    found: dict[str, None] = {}
    while len(found) < LEARNED + JUDGED:
        found[some_text(dice)] = None
    texts = list(found)
    return {"train": texts[:LEARNED], "test": texts[LEARNED:]}


def write_morse(folder: Path) -> None:
    """Write the sample: WAV files of 16 bits, and a table of paths and texts for each split."""
    for split, texts in morse_texts().items():
        rows = ["path\ttext"]
        for n, text in enumerate(texts):
            name = f"{split}-{n:03}.wav"
            dice = Dice(f"morse 2 {name}")
            write_wav(folder / name, keyed(text, some_keying(dice), dice))
            rows.append(f"{name}\t{text}")
        (folder / f"{split}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_wav(path: Path, samples_N: np.ndarray) -> None:
    """Samples from −1 to 1 as a WAV file of 16 bits and one channel."""
    with wav.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(np.clip(samples_N, -1, 1) * 32767).astype("<i2").tobytes())
