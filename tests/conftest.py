"""What all tests share: one thread, so that figures are equal to the bit and two cores are not fought over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import running


@pytest.fixture(autouse=True)
def _the_machine_as_it_was() -> Iterator[None]:
    """One thread; and denormals, which a run flushes, as Python and Hypothesis expect them."""
    torch.set_num_threads(1)
    yield
    torch.set_flush_denormal(False)


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
