"""House features: what is kept in the cache is kept under all that it depends on."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from guina.data.arrays import Arrays
from guina.engine import features
from guina.engine.features import learn_features


class Small(nn.Module):
    """One linear layer of features, and a head."""

    def __init__(self, classes: int, width: int, size: int) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(size, width), nn.Linear(width, classes)

    def features(self, x_BCHW: Tensor) -> Tensor:
        return self.first(x_BCHW.flatten(1)).relu()

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.head(self.features(x_BCHW))


def learned(cache: Path, monkeypatch: pytest.MonkeyPatch, **change: object) -> dict[str, Tensor]:
    """The features' weights; `change`: what is other than usual."""
    how = {"shape": (8, 8, 1), "classes": 3, "width": 8, "seed": 0, "shift": 0, "n": 30, "fingerprint": "some"} | change
    monkeypatch.setenv("GUINA_CACHE", str(cache))
    shape: tuple[int, int, int] = how["shape"]  # pyright: ignore[reportAssignmentType]
    pixels = np.random.default_rng(how["seed"]).integers(0, 256, (how["n"], *shape)).astype(np.uint8)
    target = (np.arange(how["n"]) + how["shift"]) % 3
    arrays = Arrays({"pixels": pixels, "target": target}, np.arange(how["n"]), [str(n) for n in range(how["n"])])

    def build(classes: int, _: Tensor) -> nn.Module:
        return Small(classes, how["width"], int(np.prod(shape)))

    return learn_features(arrays, build, how["classes"], how["fingerprint"]).tensors()


CHANGES = [
    {},
    {"shape": (4, 4, 1)},
    {"shape": (4, 16, 1)},  # as many values in another layout
    {"shape": (8, 8, 3)},
    {"shape": (4, 4, 4)},
    {"classes": 0},
    {"width": 9},
    {"seed": 1},  # other pictures under the same fingerprint: decoded in another way
    {"shift": 1},
    {"n": 27},
    {"fingerprint": "other"},
]


def test_features_of_one_cache_are_those_of_an_empty_one(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "STEPS", 5)
    for n, change in enumerate(CHANGES):
        shared, alone = (learned(tmp_path / name, monkeypatch, **change) for name in ("shared", f"alone-{n}"))
        assert shared.keys() == alone.keys()
        for name, tensor in alone.items():
            assert torch.equal(shared[name], tensor), (change, name)
    assert len(list((tmp_path / "shared").iterdir())) == len(CHANGES)


def test_features_are_learned_once_and_anew_when_how_they_are_learned_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "STEPS", 5)
    first = learned(tmp_path, monkeypatch)
    monkeypatch.setattr(features, "train", lambda *_: pytest.fail("learned again"))
    again = learned(tmp_path, monkeypatch)
    assert all(torch.equal(first[name], again[name]) for name in first)
    monkeypatch.undo()
    monkeypatch.setattr(features, "STEPS", 6)
    other = learned(tmp_path, monkeypatch)
    assert not torch.equal(first["first.weight"], other["first.weight"])
