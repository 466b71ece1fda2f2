"""A translator in plain PyTorch, as PyTorch's own tutorial "Language Translation with nn.Transformer" writes it.

    python bench/tutorial_translator.py FOLDER SOURCE TARGET --minutes 15 [--seed 0] [--bf16] [--test test_2016_flickr]

The network, its sizes, the loss, Adam and its rate, the batch of 128 and greedy decoding are the tutorial's. Otherwise
than there, words are cut by guina's rule instead of spaCy's, sentences are shuffled in each epoch and decoded many at a
time (which gives the same), and learning ends when the minutes are over, counted from the start of the process; the
test is translated after that. Prints one JSON object: the translations, and how much was learned.
"""

import argparse
import json
import math
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from guina.data.words import joined, words

UNK, PAD, BOS, EOS = range(4)
SPECIALS = ["<unk>", "<pad>", "<bos>", "<eos>"]
EMBEDDING, HEADS, HIDDEN, BATCH, LAYERS, DROPOUT = 512, 8, 512, 128, 3, 0.1


class PositionalEncoding(nn.Module):
    def __init__(self, size: int, most: int = 5000) -> None:
        super().__init__()
        den = torch.exp(-torch.arange(0, size, 2) * math.log(10000) / size)
        pos = torch.arange(0, most).reshape(most, 1)
        table = torch.zeros((most, size))
        table[:, 0::2], table[:, 1::2] = torch.sin(pos * den), torch.cos(pos * den)
        self.dropout = nn.Dropout(DROPOUT)
        self.register_buffer("table", table.unsqueeze(-2))

    def forward(self, x_TBE: Tensor) -> Tensor:
        return self.dropout(x_TBE + self.get_buffer("table")[: x_TBE.size(0)])


class Seq2SeqTransformer(nn.Module):
    def __init__(self, source_size: int, target_size: int) -> None:
        super().__init__()
        self.transformer = nn.Transformer(EMBEDDING, HEADS, LAYERS, LAYERS, HIDDEN, DROPOUT)
        self.generator = nn.Linear(EMBEDDING, target_size)
        self.source, self.target = nn.Embedding(source_size, EMBEDDING), nn.Embedding(target_size, EMBEDDING)
        self.positions = PositionalEncoding(EMBEDDING)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)

    def forward(self, source_SB: Tensor, target_TB: Tensor) -> Tensor:
        return self.generator(self.decode(target_TB, self.encode(source_SB), source_SB))

    def encode(self, source_SB: Tensor) -> Tensor:
        x_SBE = self.positions(self.source(source_SB) * math.sqrt(EMBEDDING))
        return self.transformer.encoder(x_SBE, src_key_padding_mask=(source_SB == PAD).T)

    def decode(self, target_TB: Tensor, memory_SBE: Tensor, source_SB: Tensor) -> Tensor:
        T = len(target_TB)
        return self.transformer.decoder(
            self.positions(self.target(target_TB) * math.sqrt(EMBEDDING)),
            memory_SBE,
            tgt_mask=torch.ones(T, T, dtype=torch.bool).triu(1),
            tgt_key_padding_mask=(target_TB == PAD).T,
            memory_key_padding_mask=(source_SB == PAD).T,
        )


class Side:
    """The words of one language, all that occur in the training text, and its sentences as numbers."""

    def __init__(self, texts: list[str]) -> None:
        counted = Counter(word for text in texts for word in words(text))
        self.words = SPECIALS + [word for word, _ in counted.most_common()]
        self.number = {word: n for n, word in enumerate(self.words)}

    def numbers(self, text: str) -> Tensor:
        return torch.tensor([BOS, *(self.number.get(word, UNK) for word in words(text)), EOS])

    def text(self, numbers: list[int]) -> str:
        return joined(self.words[n] for n in numbers if n not in (PAD, BOS, EOS))


def padded(sentences: list[Tensor]) -> Tensor:
    return pad_sequence(sentences, padding_value=PAD)


@torch.no_grad()
def greedy_decode(model: Seq2SeqTransformer, source_SB: Tensor) -> list[list[int]]:
    """The likeliest next word, until the end or five words more than the source has."""
    memory_SBE = model.encode(source_SB)
    most_B = (source_SB != PAD).sum(0) + 5
    ys_TB = torch.full((1, source_SB.shape[1]), BOS)
    done_B = torch.zeros(source_SB.shape[1], dtype=torch.bool)
    for t in range(1, int(most_B.max())):
        next_B = model.generator(model.decode(ys_TB, memory_SBE, source_SB)[-1]).argmax(-1)
        next_B[done_B] = PAD
        ys_TB = torch.cat([ys_TB, next_B[None]])
        done_B |= (next_B == EOS) | (t + 1 >= most_B)
        if done_B.all():
            break
    return ys_TB.T.tolist()


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").rstrip("\n").split("\n")


def learn(model: Seq2SeqTransformer, pairs: list[tuple[Tensor, Tensor]], until: float, bf16: bool) -> tuple[int, float]:
    """Until the time is over; how many steps that were, and the last losses' mean."""
    loss_fn = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0001, betas=(0.9, 0.98), eps=1e-9)
    losses: list[float] = []
    model.train()
    while True:
        order = torch.randperm(len(pairs)).tolist()
        for start in range(0, len(order), BATCH):
            if time.time() >= until:
                return len(losses), sum(losses[-20:]) / max(1, len(losses[-20:]))
            some = [pairs[n] for n in order[start : start + BATCH]]
            source_SB, target_TB = padded([s for s, _ in some]), padded([t for _, t in some])
            with torch.autocast("cpu", torch.bfloat16) if bf16 else nullcontext():
                logits_TBV = model(source_SB, target_TB[:-1])
            optimizer.zero_grad()
            loss = loss_fn(logits_TBV.float().reshape(-1, logits_TBV.shape[-1]), target_TB[1:].reshape(-1))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())


def translate(model: Seq2SeqTransformer, sentences: list[Tensor], target: Side) -> list[str]:
    """Sentences of like length together, in their own order."""
    model.eval()
    found = [""] * len(sentences)
    order = sorted(range(len(sentences)), key=lambda n: len(sentences[n]))
    for start in range(0, len(order), 50):
        some = order[start : start + 50]
        for n, numbers in zip(some, greedy_decode(model, padded([sentences[n] for n in some])), strict=True):
            found[n] = target.text(numbers)
    return found


def main() -> None:
    began = time.time()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--test", default="test_2016_flickr")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    texts = [lines(args.folder / f"train.{side}") for side in (args.source, args.target)]
    source, target = (Side(side) for side in texts)
    pairs = [(source.numbers(s), target.numbers(t)) for s, t in zip(*texts, strict=True)]
    model = Seq2SeqTransformer(len(source.words), len(target.words))
    steps, loss = learn(model, pairs, began + args.minutes * 60, args.bf16)
    learned = time.time() - began
    made = translate(
        model, [source.numbers(text) for text in lines(args.folder / f"{args.test}.{args.source}")], target
    )
    facts = {"steps": steps, "epochs": round(steps * BATCH / len(pairs), 2), "loss": round(loss, 3)}
    facts |= {"seconds": round(learned, 2), "weights": sum(w.numel() for w in model.parameters())}
    print(json.dumps({**facts, "threads": torch.get_num_threads(), "torch": torch.__version__, "translations": made}))


if __name__ == "__main__":
    main()
