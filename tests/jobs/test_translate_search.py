"""What translate's search finds, against trying everything, on a vocabulary small enough for that."""

from itertools import product

import pytest
import torch
from torch.nn.functional import log_softmax

from guina.data.vocabulary import Chars
from guina.jobs.translate import answering
from guina.jobs.translate.answering import TranslateAnswering, TranslateFitted
from guina.jobs.translate.settings import TranslateSettings
from guina.runtime import evaluating

TEXTS = ["ab", "b a a b", "a"]


def untrained() -> TranslateAnswering:
    """Three units and the end, numbers 1 to 4, of which it says number n − 1."""
    torch.manual_seed(0)
    fitted = TranslateFitted(Chars(" ab"), "", "", (1, 2, 3, 4), " ab", 1, 1, growth=0.0)
    settings = TranslateSettings(size="tiny")
    half = TranslateAnswering(settings, fitted, TranslateAnswering.build(settings, fitted))
    with torch.no_grad():
        for weight in half.net.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return half


def every(half: TranslateAnswering, text: str) -> list[tuple[float, float, tuple[int, ...]]]:
    """All forty translations of at most three units: score, log probability, units; each read by the network alone."""
    units = torch.from_numpy(half.fitted.encode([text])[0])[None]
    found = []
    for tokens in (t for length in range(4) for t in product([1, 2, 3], repeat=length)):
        targets = torch.tensor([*tokens, half.fitted.end][:3])
        begun = torch.tensor([[half.fitted.start, *tokens][:3]])
        state = half.net.read(units, torch.tensor([units.size(1)]))
        log_TK = log_softmax(half.net.write(begun, state)[0][0], -1)
        log = float(log_TK[torch.arange(len(targets)), targets - 1].sum())
        found.append((log / ((5 + len(targets)) / 6), log, tokens))
    assert len(found) == 40
    return sorted(found, reverse=True)


def test_a_beam_that_leaves_nothing_out_finds_what_trying_everything_finds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answering, "SPARE", 3)
    half = untrained()
    with evaluating(half.net):
        for text, found in zip(TEXTS, half.translated(TEXTS, 40, 40), strict=True):
            expected: dict[str, float] = {}
            for _, log, tokens in every(half, text):
                expected.setdefault(half.fitted.decode(tokens), log)
            assert [made for made, _ in found.others] == list(expected)
            assert [log for _, log in found.others] == pytest.approx(list(expected.values()), abs=1e-4)
            assert (found.text, found.log_probability) == found.others[0]


def test_greedy_search_follows_the_likeliest_unit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answering, "SPARE", 3)
    half = untrained()
    with evaluating(half.net):
        for text, found in zip(TEXTS, half.translated(TEXTS, 1), strict=True):
            log_of = {tokens: log for _, log, tokens in every(half, text)}
            units = torch.from_numpy(half.fitted.encode([text])[0])[None]
            tokens: list[int] = []
            while len(tokens) < 3:
                state = half.net.read(units, torch.tensor([units.size(1)]))
                logits_K = half.net.write(torch.tensor([[half.fitted.start, *tokens]]), state)[0][0, -1]
                likeliest = max([1, 2, 3, half.fitted.end], key=lambda unit: float(logits_K[unit - 1]))
                if likeliest == half.fitted.end:
                    break
                tokens.append(likeliest)
            assert found.text == half.fitted.decode(tokens)
            assert found.log_probability == pytest.approx(log_of[tuple(tokens)], abs=1e-4)
