"""Networks whose input and output weights are one tensor: a Chinese book, and pairs of characters (bpe), all the way.

Both are trained, killed, resumed, scored, asked and looked at; the resumed run is the unbroken one to the last digit.
"""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import guina
from guina.jobs.write.answering import language
from small_runs import hurry
from without_posix import needs_posix

STEPS = 12
SHAPE = ["--size", "tiny", "--window", "16", "--lanes", "4", "--steps", str(STEPS), "--threads", "1"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def sentences(letters: str, joint: str, n: int) -> str:
    """Invented words, some of them frequent; every letter occurs."""
    rng = np.random.default_rng(0)
    words = ["".join(letters[int(c)] for c in rng.integers(0, len(letters), rng.integers(1, 4))) for _ in range(3000)]
    chosen = rng.zipf(1.3, n) % len(words)
    return joint.join([*(words[int(w)] + (".\n" if w % 9 == 0 else "") for w in chosen), *letters, *words])


CHINESE = "".join(chr(0x4E00 + n) for n in range(1200))  # of more than 1,024 units one table is kept
BOOKS = {
    "chinese": (sentences(CHINESE, "", 3000), "auto"),
    "bpe": (sentences("abcdefghijklmnopqrstuvwxyz" * 2 + "ABCDEFGHIJ", " ", 4000), "bpe"),
}


def train(book: Path, out: Path, unit: str) -> list[str]:
    command = [sys.executable, "-m", "guina", "train", "write", str(book), "--unit", unit, "--out", str(out)]
    return [*command, *SHAPE]


def weights(run: Path) -> str:
    return hashlib.sha256((run / "model/model.safetensors").read_bytes()).hexdigest()


@needs_posix
@pytest.mark.parametrize("name", BOOKS)
def test_a_book_is_learned_through_a_kill_then_scored_asked_and_looked_at(name: str, tmp_path: Path):
    text, unit = BOOKS[name]
    book = tmp_path / "book.txt"
    book.write_text(text, "utf-8")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run(train(book, whole, unit), check=True, capture_output=True)

    child = subprocess.Popen(train(book, broken, unit), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while len(list((broken / "checkpoints").glob("step-*"))) < 2 and child.poll() is None:
        assert time.monotonic() < end, "it never came to its second checkpoint"
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (broken / "model").exists(), "the kill came too late to prove anything"
    done = subprocess.run([*train(book, broken, unit), "--resume"], check=True, capture_output=True, text=True)
    assert "resumed at step" in done.stderr
    assert weights(broken) == weights(whole)

    run = guina.load(broken)
    net = language(run.nets)
    assert net.head.weight is net.embed.weight, "one tensor is the table of both"
    result = run.score()
    assert result["score"]["nats_per_char"] < result["baseline"]["nats_per_char"] + 1.5
    (answer,) = run.predict(book.read_text("utf-8")[:20], options={"length": 30})
    assert len(answer["answer"]) == 30
    assert set(answer["answer"]) <= {*text, "\ufffd"}  # of bytes that it has hardly learned to join
    assert "What surprised it" in run.look().read_text("utf-8")
