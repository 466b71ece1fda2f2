"""Files that answers hand over as they are: where they lie, that nothing of the user's is lost, and alike names."""

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from guina.answering.answer import Answer, Attachment, Part
from guina.answering.inputs import apart, named
from guina.answering.render import as_json, as_lines, write
from guina.data.own import is_own
from guina.errors import GuinaError


def file(name: str, data: bytes = b"made", suffix: str = "jpg") -> Attachment:
    return Attachment("file", name, np.frombuffer(data, np.uint8), suffix=suffix)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_file_is_written_as_it_is_and_is_text_in_json(tmp_path: Path) -> None:
    answer = Answer("in/a.jpg", attachments=(file("a", bytes(range(256))),), facts={"size": "4×3"})
    found = as_json(answer)
    assert base64.b64decode(found["jpg"]) == bytes(range(256))
    assert {"input", "size", "sha256", "jpg"} == set(found)
    assert as_json(answer, tmp_path / "out")["file"] == str(tmp_path / "out" / "a.jpg")
    assert (tmp_path / "out" / "a.jpg").read_bytes() == bytes(range(256))
    assert is_own(tmp_path / "out")
    assert list(as_lines([answer], tmp_path / "out")) == [f"in/a.jpg: {tmp_path / 'out' / 'a.jpg'}  4×3\n"]


def test_files_of_other_suffixes_are_not_equal() -> None:
    assert file("a") == file("a")
    assert file("a") != file("a", suffix="png")


def test_what_lies_in_the_users_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"theirs")
    for asked in (str(tmp_path / "a.jpg"), "elsewhere/a.jpg", "picture 1"):
        write(file("a"), tmp_path, asked)
    assert names(tmp_path) == ["a-2.jpg", "a-3.jpg", "a-4.jpg", "a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"theirs"
    assert write(file("b"), tmp_path, "b.jpg") == tmp_path / "b.jpg"


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_subtitles_of_the_user_are_not_written_over(tmp_path: Path, kind) -> None:
    made = Attachment(kind, "1", np.frombuffer(b"made", np.uint8))
    (tmp_path / f"1.{kind}").write_bytes(b"theirs")
    (tmp_path / "1.wav").write_bytes(b"sound")
    assert write(made, tmp_path, tmp_path / "1.wav") == tmp_path / f"1-2.{kind}"
    assert as_json(Answer(str(tmp_path / "1.wav"), attachments=(made,)), tmp_path)[kind] == str(
        tmp_path / f"1-3.{kind}"
    )
    assert (tmp_path / f"1.{kind}").read_bytes() == b"theirs"
    for _ in range(2):
        assert write(made, tmp_path / "out", tmp_path / "1.wav") == tmp_path / "out" / f"1.{kind}"


def test_what_guina_made_is_made_again_but_for_the_input_itself(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "er"
    for data in (b"one", b"two"):
        assert write(file("a", data), out, "a.jpg") == out / "a.jpg"
    assert (out / "a.jpg").read_bytes() == b"two"
    assert write(file("a", b"three"), out, str(out / "a.jpg")) == out / "a-2.jpg"
    assert write(file("a", b"four"), out, out / ".." / "er" / "a.jpg") == out / "a-2.jpg"
    assert [(out / name).read_bytes() for name in names(out)] == [b"four", b"two"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(GuinaError, match="cannot be written"):
        write(file("a"), tmp_path / "file" / "below", "a.jpg")


# --- names ---


def test_inputs_that_are_called_alike_have_files_of_their_own() -> None:
    inputs = ("x/a", "y/a", "x/a-2", "z/A", "b")
    items = [Answer(name, attachments=(file(Path(name).name),)) for name in inputs]
    found = [answer.attachments[0].name for answer in apart(items) if isinstance(answer, Answer)]
    assert found == ["a", "a-2", "a-2-2", "A-3", "b"]


def test_files_of_other_kinds_may_be_called_alike_and_those_of_one_answer_stay_together() -> None:
    spoken = Answer("1.wav", attachments=tuple(Attachment(kind, "1", np.zeros(1, np.uint8)) for kind in ("srt", "vtt")))
    half = replace(spoken, attachments=spoken.attachments[:1])
    items = [file("a"), file("a", suffix="png")]
    pictures = [Answer("a", attachments=(one,)) for one in items]
    assert list(apart(pictures)) == pictures
    found = [answer for answer in apart([half, Part("…"), spoken, Answer("gone", error="x")])]
    assert [one.name for one in found[2].attachments] == ["1-2", "1-2"]
    assert found[1] == Part("…")
    assert found[3] == Answer("gone", error="x")


def test_inputs_are_called_as_their_paths_are() -> None:
    given = ["a.jpg", Path("in") / "b.jpg", b"...", np.zeros(3)]
    assert [name for name, _ in named(given, "picture")] == [
        "a.jpg",
        str(Path("in") / "b.jpg"),
        "picture 3",
        "picture 4",
    ]
