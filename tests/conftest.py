"""What all tests share: one thread, so that figures are equal to the bit and two cores are not fought over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import running


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A finished run of each toy, of 24 steps, that nothing disturbed."""
    root = tmp_path_factory.mktemp("unbroken")
    for toy in running.toys.TOYS:
        running.train(toy, root / toy)
    return {toy: root / toy for toy in running.toys.TOYS}


@pytest.fixture(scope="session")
def nursery() -> Iterator[running.Nursery]:
    """Where processes come from that are killed."""
    nursery = running.Nursery()
    yield nursery
    nursery.close()
