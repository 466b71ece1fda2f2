"""A CTC recogniser in plain PyTorch as tutorials write it, for so many minutes: what guina is compared with.

    python bench/tutorial_recogniser.py FOLDER --minutes 15 [--seed 0]

FOLDER has train/ and test/, each with a transcripts.tsv of paths and texts. The network is that of the widely copied
tutorial "Building an end-to-end speech recognition model in PyTorch" (AssemblyAI 2020) after Deep Speech 2: 128 mel
bands, a convolution of 32 channels and stride 2, three residual blocks of two convolutions each, five bidirectional
GRUs of 512, CTC over characters, AdamW under a one-cycle schedule up to 5e-4, SpecAugment; batches of 10 as it has
them, padded as they come. It is decoded by its likeliest path.

Prints a JSON object with its transcripts of the test recordings.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import soundfile
import torch
import torch.nn.functional as F
from torch import Tensor, nn

RATE, BANDS = 16_000, 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    began = time.perf_counter()
    torch.manual_seed(args.seed)
    train, test = (clips(args.folder / split) for split in ("train", "test"))
    letters = sorted({letter for _, text in train for letter in text})
    number = {letter: n for n, letter in enumerate(letters)}
    blank = len(letters)
    net = Network(blank + 1)
    optimizer = torch.optim.AdamW(net.parameters(), 5e-4)
    seconds, steps, epoch = args.minutes * 60, 0, 0
    rng = np.random.default_rng(args.seed)

    def elapsed() -> float:
        return (time.perf_counter() - began) / seconds

    while elapsed() < 0.97:
        order = rng.permutation(len(train))
        for at in range(0, len(order), 10):
            done = elapsed()
            if done >= 0.97:
                break
            for group in optimizer.param_groups:  # one cycle by time: up for three tenths, then down
                group["lr"] = 5e-4 * (done / 0.3 if done < 0.3 else max(0.0, (1 - done) / 0.7))
            some = [train[n] for n in order[at : at + 10]]
            mels = [masked(mel_of(wave), rng) for wave, _ in some]
            targets = [torch.tensor([number[letter] for letter in text]) for _, text in some]
            log_TBV = net(nn.utils.rnn.pad_sequence(mels, batch_first=True)).log_softmax(-1).transpose(0, 1)
            lengths = torch.tensor([len(mel) // 2 for mel in mels])
            sizes = torch.tensor([len(target) for target in targets])
            loss = F.ctc_loss(log_TBV, torch.cat(targets), lengths, sizes, blank, zero_infinity=True)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps += 1
        epoch += 1
    net.eval()
    made = []
    with torch.no_grad():
        for wave, _ in test:
            path = net(mel_of(wave)[None])[0].argmax(-1).tolist()
            kept = [unit for n, unit in enumerate(path) if unit != blank and (n == 0 or path[n - 1] != unit)]
            made.append("".join(letters[unit] for unit in kept))
    weights = sum(weight.numel() for weight in net.parameters())
    facts = {"steps": steps, "epochs": epoch, "weights": weights, "seconds": round(time.perf_counter() - began, 2)}
    print(json.dumps({"transcripts": made, **facts, "threads": torch.get_num_threads(), "torch": torch.__version__}))


def clips(folder: Path) -> list[tuple[np.ndarray, str]]:
    """The recordings of a folder at one rate, with their texts."""
    rows = (folder / "transcripts.tsv").read_text().splitlines()[1:]
    found = []
    for path, text in (row.split("\t") for row in rows):
        wave, rate = soundfile.read(folder / path, dtype="float32")
        if rate != RATE:
            places = np.arange(int(len(wave) * RATE / rate)) * rate / RATE
            wave = np.interp(places, np.arange(len(wave)), wave).astype(np.float32)
        found.append((wave, text))
    return found


FILTERS: list[Tensor] = []


def mel_of(wave: np.ndarray) -> Tensor:
    """Mel bands as torchaudio's MelSpectrogram(16000, n_mels=128) has them: 400 wide, 200 apart, no logarithm."""
    if not FILTERS:
        hertz = torch.linspace(0, RATE / 2, 201)
        ends = 700 * (10 ** (torch.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), BANDS + 2) / 2595) - 1)
        rise = (hertz[:, None] - ends[:-2]) / (ends[1:-1] - ends[:-2])
        fall = (ends[2:] - hertz[:, None]) / (ends[2:] - ends[1:-1])
        FILTERS.append(torch.minimum(rise, fall).clamp(min=0))
    padded = np.pad(wave, (0, max(0, 400 - len(wave))))
    stft = torch.stft(torch.from_numpy(padded), 400, 200, window=torch.hann_window(400), return_complex=True)
    return stft.abs().square().T @ FILTERS[0]


def masked(mel_TM: Tensor, rng: np.random.Generator) -> Tensor:
    """A stretch of bands and one of time set to 0."""
    width, start = int(rng.integers(0, 31)), int(rng.integers(0, BANDS - 30))
    mel_TM[:, start : start + width] = 0
    width = int(rng.integers(0, min(101, len(mel_TM) // 2 + 1)))
    start = int(rng.integers(0, len(mel_TM) - width + 1))
    mel_TM[start : start + width] = 0
    return mel_TM


class Block(nn.Module):
    """Two convolutions, each after layer norm over the bands, GELU and dropout; added to what comes in."""

    def __init__(self, channels: int, bands: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(bands) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for norm, conv in zip(self.norms, self.convs, strict=True):
            y = norm(y.transpose(2, 3)).transpose(2, 3)
            y = conv(F.dropout(F.gelu(y), 0.1, self.training))
        return x + y


class Recurrence(nn.Module):
    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.norm, self.gru = nn.LayerNorm(inputs), nn.GRU(inputs, hidden, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.gru(F.gelu(self.norm(x)))[0], 0.1, self.training)


class Network(nn.Module):
    def __init__(self, units: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 32, 3, 2, 1)
        self.blocks = nn.Sequential(*(Block(32, BANDS // 2) for _ in range(3)))
        self.join = nn.Linear(32 * BANDS // 2, 512)
        self.recurrent = nn.Sequential(*(Recurrence(512 if n == 0 else 1024, 512) for n in range(5)))
        self.head = nn.Sequential(nn.Linear(1024, 512), nn.GELU(), nn.Dropout(0.1), nn.Linear(512, units))

    def forward(self, mel_BTM: Tensor) -> Tensor:
        x = self.blocks(self.conv(mel_BTM.transpose(1, 2)[:, None]))
        return self.head(self.recurrent(self.join(x.flatten(1, 2).transpose(1, 2))))


if __name__ == "__main__":
    main()
