"""Checkpoints: whole or not there, whatever happens to the disk; and files that somebody else made."""

import errno
import json
import os
import pickle
import shutil
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import running
import toys
from guina.answering.base import Saved
from guina.answering.model import load_answering
from guina.bundle import MOST_HEADER, load_tensors, read_folder, save_tensors, write_folder
from guina.engine.checkpoint import Checkpoints, State
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from guina.storage import read_json
from toys.speech import ToySpeechAnswering
from without_posix import needs_posix


def state(step: int, best: int | None = None) -> State:
    facts = {"step": step, "best": None if best is None else {"step": best}}
    return State(facts, {"w": torch.full((3, 2), float(step)), "empty": torch.zeros(0)})


def saved(folder: Path, *steps: int) -> Checkpoints:
    checkpoints = Checkpoints(folder)
    folder.mkdir(exist_ok=True)
    for step in steps:
        checkpoints.save(state(step, best=step))
    return checkpoints


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path / "c", 1, 2, 3)
    loaded, problems = checkpoints.load()
    assert problems == []
    assert loaded is not None
    assert loaded.facts == state(3, 3).facts
    assert running.same_tensors(loaded.tensors, state(3).tensors, 0)
    assert {p.name for p in (tmp_path / "c").iterdir()} == {"step-2", "step-3", "last.json", "best.json"}
    assert read_json(tmp_path / "c/best.json")["checkpoint"] == "step-3"


def test_channels_last_and_views_are_saved_plainly() -> None:
    x = torch.arange(24.0).view(1, 2, 3, 4)
    tensors = {"last": x.to(memory_format=torch.channels_last), "turned": x.mT, "part": x[..., 1:3]}
    assert running.same_tensors(load_tensors(save_tensors(tensors), "here"), tensors, 0)


def test_the_best_of_every_kept_checkpoint_is_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step, best in ((1, 1), (2, 1), (3, 1), (4, 4), (5, 4)):
        checkpoints.save(state(step, best))
        names = {p.name for p in tmp_path.glob("step-*")}
        for kept in sorted(names, key=lambda name: int(name[5:]))[-2:]:
            assert f"step-{checkpoints.read(kept).facts['best']['step']}" in names
    assert names == {"step-4", "step-5"}


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["state.json", "state.safetensors", "manifest.json"]),
    st.sampled_from(["flip", "cut", "delete", "grow"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 7),
)
def test_damage_is_found_the_one_before_is_used_and_that_is_said(
    tmp_path_factory, name: str, damage: str, where: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    checkpoints = saved(folder / "c", 1, 2)
    path = folder / "c/step-2" / name
    data = bytearray(path.read_bytes())
    at = int(where * len(data))
    if damage == "flip":
        data[at] ^= 1 << bit
    path.write_bytes({"flip": data, "cut": data[:at], "grow": data + b"\0", "delete": b""}[damage])
    if damage == "delete":
        path.unlink()
    loaded, problems = checkpoints.load()
    assert loaded is not None
    if loaded.facts["step"] == 2:  # harmless: the manifest still says the same (a space, or its format's number)
        assert name == "manifest.json"
        assert running.same_tensors(loaded.tensors, state(2).tensors, 0)
    else:
        assert loaded.facts["step"] == 1
        assert len(problems) == 1
        assert "step-2" in problems[0]
    shutil.rmtree(folder)


def test_a_damaged_run_resumes_from_the_one_before_and_ends_alike(unbroken, nursery, tmp_path: Path) -> None:
    out, toy = tmp_path / "run", "toy-gan"
    nursery.spawn(toy, out, 24, at=20)
    newest = max((out / "checkpoints").glob("step-*"), key=lambda p: int(p.name[5:]))
    data = bytearray((newest / "state.safetensors").read_bytes())
    data[-3] ^= 4
    (newest / "state.safetensors").write_bytes(data)
    assert nursery.spawn(toy, out, 24, at=22) < 0
    resumed = next(event for event in RunFolder(out).events() if event["event"] == "resumed")
    assert resumed["step"] < int(newest.name[5:])
    assert newest.name in resumed["problems"][0]
    assert nursery.spawn(toy, out, 24) == 0
    assert running.digest(out) == running.digest(unbroken[toy])


@pytest.mark.parametrize("damaged", [False, True])
def test_the_best_weights_ship_or_the_last_ones_where_those_are_damaged(damaged: bool, tmp_path: Path) -> None:
    class FirstIsBest(toys.ToySpeech):
        def better(self, a, b):
            return False

    def damage() -> None:
        path = tmp_path / "run/checkpoints/step-0/state.safetensors"
        path.write_bytes(path.read_bytes()[: -1 if damaged else None])

    running.train(FirstIsBest, tmp_path / "run", steps=6, observers=(running.AtStep(5, damage),))
    shipped = load_tensors((tmp_path / "run/model/model.safetensors").read_bytes(), "model")
    expected = of(tmp_path / "run").read("step-6" if damaged else "step-0").tensors
    ema = {key.replace("ema", "nets"): tensor for key, tensor in expected.items() if key.startswith("ema/")}
    assert running.same_tensors(shipped, ema, 0)
    events = [event["event"] for event in RunFolder(tmp_path / "run").events()]
    assert ("best lost" in events) == damaged


def test_cut_drops_what_is_newer(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path, 1, 2)
    (tmp_path / ".step-9.tmp").mkdir()
    checkpoints.cut(1)
    assert [p.name for p in tmp_path.glob("*step-*")] == ["step-1"]
    loaded, problems = checkpoints.load()
    assert loaded is not None
    assert loaded.facts["step"] == 1
    assert len(problems) == 1  # last.json names one that is gone


# --- a disk that takes no more ---


def full(*args, **kwargs) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_said_and_the_last_checkpoint_stays_whole(tmp_path: Path, monkeypatch) -> None:
    out, toy = tmp_path / "run", toys.ToySpeech
    with monkeypatch.context() as patch:

        def fill() -> None:
            patch.setattr(os, "fsync", full)

        with pytest.raises(GuinaError, match="cannot be written: No space left on device") as told:
            running.train(toy, out, observers=(running.AtStep(9, fill),))
    assert "--resume" in told.value.mend
    loaded, problems = of(out).load()
    assert problems == []
    assert loaded is not None
    assert loaded.facts["step"] >= 8
    assert not list(out.rglob(".step-*.tmp")), "half a checkpoint is given back to a full disk"
    running.train(toy, out, resume=True)


def of(out: Path) -> Checkpoints:
    return Checkpoints(out / "checkpoints")


@needs_posix
def test_a_limit_of_file_size_is_a_full_disk(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(GuinaError, match="cannot be written: File too large"):
            running.train("toy-gan", tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_other_errors_of_the_system_are_bugs_or_the_jobs(tmp_path: Path) -> None:
    class Gone(toys.ToySpeech):
        def read(self, source, splits):
            raise OSError(errno.EIO, "the disk is dying")

    with pytest.raises(OSError, match="dying"):
        running.train(Gone, tmp_path / "run")


# --- files that somebody else made ---


def header(table: object, data: bytes = b"") -> bytes:
    text = json.dumps(table).encode()
    return struct.pack("<Q", len(text)) + text + data


BAD_TENSORS = {
    "empty": b"",
    "short": b"\x01\x02",
    "a length beyond the file": struct.pack("<Q", 500) + b"{}",
    "an enormous header": struct.pack("<Q", MOST_HEADER + 1) + b" " * (MOST_HEADER + 1),
    "no JSON": header("x")[:8] + b"\xff\xfe\xfd",
    "a list": header([1]),
    "deep nesting": struct.pack("<Q", 200_000) + b"[" * 200_000,
    "too many tensors": header({str(i): {} for i in range(10_001)}),
    "an unknown type": header({"w": {"dtype": "F13", "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
    "offsets beyond the data": header({"w": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}, b"1234"),
    "a negative shape": header({"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"1234"),
    "an enormous shape": header({"w": {"dtype": "F32", "shape": [1 << 40, 1 << 40], "data_offsets": [0, 4]}}, b"1234"),
    "overlapping tensors": header({k: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for k in "ab"}, b"1234"),
    "a pickle": pickle.dumps({"w": 1}),
}


@pytest.mark.parametrize("kind", BAD_TENSORS)
def test_malformed_tensors_are_refused_quickly(kind: str) -> None:
    start = time.monotonic()
    with pytest.raises(GuinaError, match=r"model\.safetensors"):
        load_tensors(BAD_TENSORS[kind], "model.safetensors")
    assert time.monotonic() - start < 1


@settings(max_examples=200, deadline=1000)
@given(st.data())
def test_any_bytes_are_tensors_or_an_error(data) -> None:
    good = save_tensors({"a": torch.arange(6.0).view(2, 3), "b": torch.ones(2, dtype=torch.int64)})
    broken = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    broken = broken[: data.draw(st.integers(0, len(broken)))]
    with suppress(GuinaError):
        load_tensors(bytes(broken), "some.safetensors")


BAD_JSON = [b"", b"{", b"[1]", b"nonsense", b'"text"', b'{"format": "x"}', b"\xff\xfe", b"[" * 100_000, b"null"]


@pytest.mark.parametrize("data", BAD_JSON, ids=range(len(BAD_JSON)))
def test_malformed_json_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(data)
    with pytest.raises(GuinaError, match=r"run\.json is no JSON"):
        read_json(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "cannot be read: No such file"),
        (b'{"format": 99}', "has format 99"),
        (b'{"x": "' + b"y" * 99 + b'"}', "has 108 bytes"),
    ],
)
def test_json_that_is_missing_newer_or_too_large(data: bytes | None, message: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / "run.json").write_bytes(data)
    with pytest.raises(GuinaError, match=message):
        read_json(tmp_path / "run.json", most=100)


def test_a_folder_is_what_its_manifest_says(tmp_path: Path) -> None:
    write_folder(tmp_path / "m", {"a": b"1", "b": b"2"})
    write_folder(tmp_path / "m", {"a": b"3"})  # replaces it as a whole
    assert read_folder(tmp_path / "m") == {"a": b"3"}
    assert [p.name for p in tmp_path.iterdir()] == ["m"]
    (tmp_path / "m/manifest.json").write_text('{"sha256": [1]}')
    with pytest.raises(GuinaError, match="lists no files"):
        read_folder(tmp_path / "m")
    write_folder(tmp_path / "step-1", {"other": b""})
    with pytest.raises(GuinaError, match="holds other"):
        Checkpoints(tmp_path).read("step-1")


def test_a_manifest_cannot_point_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    write_folder(tmp_path / "m", {"a": b"1"})
    manifest = json.loads((tmp_path / "m/manifest.json").read_text())
    manifest["sha256"] = {"../secret": manifest["sha256"]["a"]}
    (tmp_path / "m/manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(GuinaError, match="cannot be read"):
        read_folder(tmp_path / "m")


# --- the model ---


class Payload:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (os.mkdir, (str(self.marker),))


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pkl", ".ckpt", ".bin", ".PT"])
def test_a_pickle_is_refused_and_nothing_runs(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Payload(tmp_path / "marker")))
    with pytest.raises(GuinaError, match="is a pickle"):
        load_answering(path, toys.halves)
    assert not (tmp_path / "marker").exists()


def test_a_pickle_in_the_place_of_the_tensors_is_refused_and_nothing_runs(unbroken, tmp_path: Path) -> None:
    files = read_folder(unbroken["toy-gan"] / "model")
    write_folder(tmp_path / "m", files | {"model.safetensors": pickle.dumps(Payload(tmp_path / "marker"))})
    with pytest.raises(GuinaError, match=r"model\.safetensors"):
        load_answering(tmp_path / "m", toys.halves)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    "facts",
    [
        [],
        {},
        {"job": ["toy-gan"]},
        {"job": "os.system", "settings": {}, "fitted": {}},
        {"job": "toy-gan", "settings": {"widht": 3}, "fitted": {}},
        {"job": "toy-gan", "settings": {"width": "many"}, "fitted": {}},
        {"job": "toy-gan", "settings": {"width": 8}, "fitted": {}},
        {"job": "toy-gan", "settings": 3, "fitted": {}},
        {"job": "toy-speech", "settings": {"width": 16}, "fitted": {}},
    ],
)
def test_a_model_that_does_not_fit_is_refused(facts: object, unbroken, tmp_path: Path) -> None:
    files = read_folder(unbroken["toy-gan"] / "model")
    write_folder(tmp_path / "m", files | {"model.json": json.dumps(facts).encode()})
    with pytest.raises(GuinaError, match="does not fit this guina"):
        load_answering(tmp_path / "m", toys.halves)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "m", {"README.md": b"x"})
    with pytest.raises(GuinaError, match="holds no model"):
        load_answering(tmp_path / "m", toys.halves)
    with pytest.raises(GuinaError, match="cannot be read"):
        load_answering(tmp_path / "nothing", toys.halves)


@dataclass(frozen=True)
class Scale:
    """Something fitted that has words and numbers."""

    classes: tuple[str, ...] = ()
    scale: torch.Tensor | None = None

    def saved(self) -> Saved:
        assert self.scale is not None
        return Saved({"classes": list(self.classes)}, {"scale": self.scale})

    @classmethod
    def restored(cls, saved: Saved) -> "Scale":
        return cls(tuple(saved.facts["classes"]), saved.tensors["scale"])


def test_what_a_job_was_fitted_to_travels_with_the_model(tmp_path: Path) -> None:
    class Scaled(toys.ToySpeech):
        class Answering(ToySpeechAnswering):
            Fitted = Scale

        def fit(self, records):
            return Scale(("ä", "b"))

        def measure(self, arrays):
            return replace(self.fitted, scale=torch.arange(3.0))

    running.train(Scaled, tmp_path / "run", steps=1)
    half = load_answering(tmp_path / "run/model", lambda name: (Scaled.Settings, Scaled.Answering))
    assert half.fitted.classes == ("ä", "b")
    assert torch.equal(half.fitted.scale, torch.arange(3.0))


def test_a_model_that_would_answer_otherwise_is_never_done(tmp_path: Path) -> None:
    class Forgetful(toys.ToySpeech):
        """Learns something that it does not save."""

        class Answering(ToySpeechAnswering):
            def stream(self, inputs, options):
                for answer in super().stream(inputs, options):
                    yield replace(answer, facts={"flip": self.fitted == "flip"})

        def fit(self, records):
            return Flip("flip")

    with pytest.raises(AssertionError, match="answers 32 of 32 examples differently"):
        running.train(Forgetful, tmp_path / "run", steps=1)
    assert RunFolder(tmp_path / "run").read_status()["state"] != "done"


class Flip(str):
    """Something fitted that does not say what it is when it is saved."""

    def saved(self) -> Saved:
        return Saved()
