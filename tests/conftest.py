"""What all tests share: one thread, so that figures are equal to the bit and two cores are not fought over."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import without_posix

if without_posix.OPTION in sys.argv:  # before anything of guina's is imported
    without_posix.hide()

import torch

import running

torch.set_num_threads(1)  # before any fixture trains: guina takes as many as torch had when it first looked


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(without_posix.OPTION, action="store_true", help="hide what Windows has not")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if not without_posix.has_posix():
        config.option.timeout_method = "thread"  # the other one rests on an alarm


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
    if not without_posix.has_posix():
        pytest.skip("needs a fork and a kill")
    nursery = running.Nursery()
    yield nursery
    nursery.close()
