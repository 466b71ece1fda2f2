"""What answers stands alone: it imports little, serves several threads, and leaves torch as its caller had it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering
from guina.answering.model import load_answering
from guina.engine import features
from guina.engine.judge import Judge
from guina.errors import GuinaError
from guina.jobs import NAMES, answering
from guina.jobs.caption.scores import CaptionJudge
from guina.jobs.generate import scores
from guina.jobs.transcribe import scores as transcribe_scores
from guina.jobs.transcribe.scores import TranscribeJudge
from guina.jobs.translate import scores as translate_scores
from guina.jobs.translate.scores import TranslateJudge
from small_runs import trained
from some_captions import coloured
from some_photos import photos, texture
from some_sounds import coded, put, tone

SAMPLES = {
    "classify": "digits",
    "write": "python-docs",
    "translate": "number-words",
    "transcribe": "morse",
    "generate": "digits",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "classify": {"size": "tiny"},
    "write": {"size": "tiny", "judge": 2000},
    "translate": {"size": "tiny"},
    "transcribe": {"size": "tiny"},
    "caption": {"size": "tiny"},
    "generate": {"size": "tiny"},
    "colorize": {"size": "tiny"},
    "inpaint": {"size": "tiny"},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "classify": {},
    "write": {"length": 24},
    "translate": {"beam": 2, "best": 2, "alignment": True},
    "transcribe": {"beam": 4},
    "caption": {"search": "beam", "best": 2},
    "generate": {},
    "colorize": {"hint": "3,4,#3366cc; 0,1,#cc3333", "saturation": 1.5},
    "inpaint": {"box": "3,5,9,6; 1,1,2,2"},
}
PICTURES = ("classify", "caption", "colorize", "inpaint")  # jobs that are asked with one
READERS = (  # of folders and of what lies in them
    *("array_choice", "array_files", "arrays", "cache", "column_files", "columns", "csv_rows", "decoding", "entries"),
    *("encodings", "languages", "line_stream", "number_words", "pair_columns", "pair_faults", "pair_files"),
    *("pair_rows", "pair_sides", "pairs", "clips", "clip_columns", "clip_faults", "clip_files", "clip_rows", "waves"),
    *("captions", "caption_columns", "caption_faults", "caption_files", "caption_lines", "caption_places"),
    *("caption_rows", "scenes"),
    *("folders", "gallery", "hub", "idx", "labelled", "listings", "npz", "order", "places", "records", "samples"),
    *("sources", "split", "split_files", "split_folders", "split_names", "stream", "tables", "text", "unlabelled"),
    "walking",
)
ANSWER = {
    "answering",
    "settings",
    "origins",
    "wording",
    "windows",
    "decoding",
    "spoken",
    "language",
    "fitted",
    *("bins", "hints", "crops", "holes", "mask_files", "harmonic", "handing"),
}
EVERY = pytest.mark.parametrize("job", NAMES)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each job, of a few steps, on the samples that come with guina."""
    root = tmp_path_factory.mktemp("halves")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        patch.setattr(scores, "JUDGED", 100)
        for judge in (Judge, TranscribeJudge, CaptionJudge):
            patch.setattr(judge, "proven", 4)
        patch.setattr(translate_scores, "FINAL", 8)
        patch.setattr(transcribe_scores, "FINAL", 8)
        patch.setattr(transcribe_scores, "TRIED", 4.0)
        patch.setattr(TranslateJudge, "validation_limit", 8)
        patch.setattr(TranscribeJudge, "validation_limit", 8)
        for job in NAMES:
            trained(job, data_of(job, root / "data"), root / job, 3, **SETTINGS[job])
    return {job: root / job for job in NAMES}


def data_of(job: str, folder: Path) -> str | Path:
    """What a job learns from."""
    if job == "caption":
        return coloured(folder / job, 4)
    return photos(folder / job) if job in ("colorize", "inpaint") else SAMPLES[job]


@pytest.fixture
def half(job: str, runs: dict[str, Path]) -> Answering:
    return load_answering(runs[job] / "model", answering)


def options(half: Answering, job: str) -> Any:
    return half.Options(**OPTIONS[job])


def inputs(job: str) -> list[Any]:
    """More than one forward pass takes; some that cannot be read among the pictures."""
    if job == "write":
        return [f"{word} {n}" for n in range(4) for word in ("The statement", "if x", "a 猫", "", "def f(a, b):\n    ")]
    if job == "translate":
        return [f"{word} {n}" for n in range(6) for word in ("zwei", "drei und zwanzig", "猫", "", "tausend " * 3)]
    if job == "transcribe":
        return [b"no sound" if n == 3 else coded(tone(0.2 + 0.1 * n, 8000), 8000) for n in range(12)]
    if job == "generate":
        return list(range(300))
    if job == "caption":
        some = list(np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8))
        return [b"no picture" if n == 5 else picture for n, picture in enumerate(some)]
    if job in ("colorize", "inpaint"):
        some = [texture(16 + n, 40 - n, n) for n in range(12)]
        return [b"no picture" if n == 5 else picture for n, picture in enumerate(some)]
    pictures = list(np.random.default_rng(0).integers(0, 256, (600, 8, 8, 1), np.uint8))
    return [b"no picture" if n % 50 == 7 else picture for n, picture in enumerate(pictures)]


# --- what it imports ---


def modules(code: str, *words: str) -> set[str]:
    """The modules that a new process has loaded when it has done something."""
    last = "\nprint('\\n'.join(['', '---', *sys.modules]))"
    command = [sys.executable, "-W", "error", "-c", "import sys\n" + code + last, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n---\n")[1].split())


def learns(loaded: set[str]) -> set[str]:
    """What only learning, judging and showing need."""
    other = {f"guina.data.{name}" for name in READERS} | {"guina.api", "guina.scoring", "guina.engine", "sklearn"}
    return {name for name in loaded if name in other or name.startswith(("guina.engine.", "guina.look", "sklearn."))}


@EVERY
def test_the_half_that_answers_imports_no_engine_no_reader_of_folders_and_no_scikit_learn(job: str) -> None:
    loaded = modules(f"import guina.jobs.{job}.answering")
    assert f"guina.jobs.{job}.answering" in loaded
    assert learns(loaded) == set()
    rooms = {name.removeprefix("guina.jobs.") for name in loaded if name.startswith("guina.jobs.")}
    assert {name.split(".")[0] for name in rooms} <= {job, "pictures"}, "no other job"
    assert {name.split(".")[-1] for name in rooms} - {job, "pictures"} <= ANSWER


@EVERY
def test_loading_a_run_and_answering_import_no_more(job: str, runs: dict[str, Path], tmp_path: Path) -> None:
    Image.new("LA", (8, 8)).save(tmp_path / "a.png")
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(tmp_path / "mask.png")
    put(tmp_path / "a.wav", tone(0.3))
    asked = {job: str(tmp_path / "a.png") for job in PICTURES} | {
        "transcribe": str(tmp_path / "a.wav"),
        "generate": "7",
    }
    how = {"mask": str(tmp_path / "mask.png")} if job == "inpaint" else {}
    code = """
from guina.answering.render import as_json
from guina.runs import load
import json
how = json.loads(sys.argv[3])
assert [as_json(answer) for answer in load(sys.argv[1]).stream(sys.argv[2:3], how)][0]["input"]"""
    walks = (
        {"guina.data.walking"} if job in (*PICTURES, "transcribe") else set()
    )  # a run is given folders, a half is not
    assert learns(modules(code, str(runs[job]), asked.get(job, "The"), json.dumps(how))) == walks


def test_the_modules_that_learn_would_be_seen() -> None:
    for name in READERS:
        assert find_spec(f"guina.data.{name}"), "a reader that has another name now"
    assert learns(modules("import guina.jobs.classify.learning")) >= {"guina.engine.job", "guina.data.gallery"}


# --- several threads ---


@EVERY
def test_two_threads_get_what_one_gets(job: str, half: Answering) -> None:
    """Each answers every other input, and lets the other go on between two answers."""
    how, whole = options(half, job), inputs(job)
    shares = [whole[n::2] for n in range(2)]
    alone = [list(half.parts(share, how)) for share in shares]
    found: list[list[list[Answer | Part]]] = [[], []]
    together, failed = threading.Barrier(2), []

    def answer(n: int) -> None:
        try:
            for _ in range(3):
                together.wait(60)
                found[n].append([])
                for item in half.parts(shares[n], how):
                    found[n][-1].append(item)
                    time.sleep(0)
        except BaseException as error:  # noqa: BLE001  a thread's failure is the test's
            failed.append(error)
            together.abort()

    threads = [threading.Thread(target=answer, args=(n,)) for n in range(2)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    finally:
        sys.setswitchinterval(before)
    assert not failed, failed
    for n in range(2):
        assert len(found[n]) == 3
        for again in found[n]:
            assert again == alone[n]


@EVERY
def test_two_streams_in_turns_give_what_each_gives_alone(job: str, half: Answering) -> None:
    how, whole = options(half, job), inputs(job)
    shares = [whole[n::2] for n in range(2)]
    alone = [list(half.parts(share, how)) for share in shares]
    streams, found = [half.parts(share, how) for share in shares], [list[Answer | Part](), list[Answer | Part]()]
    open_ones = [0, 1]
    while open_ones:
        for n in list(open_ones):
            item = next(streams[n], None)
            if item is None:
                open_ones.remove(n)
            else:
                found[n].append(item)
    assert found == alone


def test_a_text_that_is_suspended_goes_on_as_if_nothing_had_come_between(runs: dict[str, Path]) -> None:
    half = load_answering(runs["write"] / "model", answering)
    how = half.Options(length=60, seed=3)
    (whole,) = half.answers(["The statement"], how)
    stream = half.parts(["The statement"], how)
    begun = [next(stream) for _ in range(20)]
    (other,) = half.answers(["def f(a, b):"], half.Options(length=60, seed=4))
    assert (other,) == tuple(half.answers(["def f(a, b):"], half.Options(length=60, seed=4)))
    *rest, end = stream
    assert end == whole
    assert "".join(part.text for part in [*begun, *rest] if isinstance(part, Part)) == "The statement" + whole.output


# --- what a caller finds when it goes on ---


def state(half: Answering) -> tuple[Any, ...]:
    """All that an answer might change under its caller."""
    kept = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()  # noqa: NPY002  the global one is asked for
    modes = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_num_threads()
    training = [module.training for net in half.nets.values() for module in net.modules()]
    learns = [weight.requires_grad for net in half.nets.values() for weight in net.parameters()]
    return *kept, *modes, torch.get_default_dtype(), training, learns


CALLERS: dict[str, Callable[[], Any]] = {
    "learning": torch.enable_grad,
    "without gradients": torch.no_grad,
    "in inference mode": torch.inference_mode,
}


@EVERY
@pytest.mark.parametrize("mode", CALLERS)
@pytest.mark.parametrize("trains", [True, False], ids=["training", "evaluating"])
def test_a_suspended_stream_leaves_torch_as_its_caller_had_it(job: str, half: Answering, mode: str, trains: bool):
    how, some = options(half, job), inputs(job)[:9]
    expected = list(half.parts(some, how))
    for net in half.nets.values():
        net.train(trains)
        next(net.children()).eval()  # not all parts of a network need be in one mode
    with CALLERS[mode]():
        torch.manual_seed(5)
        before, found = state(half), []
        stream = half.parts(some, how)
        assert state(half) == before
        for item in stream:
            assert state(half) == before
            found.append(item)
        assert state(half) == before
    assert found == expected, "and it answered in evaluation mode"


@EVERY
def test_a_stream_that_is_left_in_the_middle_leaves_nothing_behind(job: str, half: Answering) -> None:
    for net in half.nets.values():
        net.train()
    before = state(half)
    stream = half.parts(inputs(job), options(half, job))
    next(stream)
    assert state(half) == before
    stream.close()
    assert state(half) == before


def test_a_stream_that_fails_leaves_nothing_behind(runs: dict[str, Path]) -> None:
    half = load_answering(runs["generate"] / "model", answering)
    for net in half.nets.values():
        net.train()
    before = state(half)
    with pytest.raises(GuinaError, match="no seed"):
        list(half.parts(["cat.jpg"]))
    assert state(half) == before
    assert torch.zeros(1, requires_grad=True).exp().requires_grad, "the caller may go on learning"
