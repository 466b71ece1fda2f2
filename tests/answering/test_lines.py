"""The lines of a file to a file of answers: order, empty lines, laziness, whole files or none, and every message."""

import io
import itertools
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guina import cli
from guina.answering.answer import Answer, Part
from guina.answering.lines import (
    NOTED,
    Tally,
    answered_lines,
    as_json_line,
    as_one_object,
    as_text,
    check_out,
    form_of,
    whole_file,
)
from guina.disk import take
from guina.errors import GuinaError
from guina.runs import Run
from small_runs import trained
from without_posix import needs_posix


def shout(texts: list[str], asked: list[str] | None = None) -> Iterator[Answer | Part]:
    """A job that answers in capitals, bit by bit, takes two at a time, has not seen x and cannot answer y."""
    for pair in (texts[n : n + 2] for n in range(0, len(texts), 2)):
        if asked is not None:
            asked.extend(pair)
        for text in pair:
            if "x" in text:
                yield Part("note: it has never seen 'x'\n", note=True)
            yield Part(text.upper())
            yield Answer(text, error="no y") if "y" in text else Answer(text, text.upper(), 0.5)


def answers(*blocks: list[str]) -> tuple[list[Answer], Tally, list[str]]:
    tally, said = Tally(), list[str]()
    return list(answered_lines(blocks, shout, tally, said.append)), tally, said


# --- lines to answers ---


def test_each_line_has_its_answer_and_an_empty_one_an_empty_one():
    found, tally, said = answers(["a", "", "b", " \t", "c"], [], [""], ["d"])
    assert [answer.output for answer in found] == ["A", "", "B", "", "C", "", "D"]
    assert [answer.input for answer in found] == ["a", "", "b", " \t", "c", "", "d"]
    assert tally == Tally(7, 3)
    assert said == []


def test_nothing_is_asked_for_before_it_is_needed():
    asked, drawn = list[str](), list[int]()

    def blocks() -> Iterator[list[str]]:  # without an end
        for n in itertools.count():
            drawn.append(n)
            yield ["a", "b", "", "c", "d"]

    stream = answered_lines(blocks(), lambda texts: shout(texts, asked), Tally())
    assert [next(stream).output for _ in range(3)] == ["A", "B", ""]
    assert (drawn, asked) == ([0], ["a", "b"])
    assert next(stream).output == "C"
    assert (drawn, asked) == ([0], ["a", "b", "c", "d"])


def test_notes_and_errors_are_said_with_their_lines_a_few_of_them_and_counted():
    found, tally, said = answers(["a", "", "x1", "y"], ["x"] * 10, ["y"] * 10)
    assert [answer.output for answer in found[:3]] == ["A", "", "X1"]
    assert (tally.lines, tally.empty, tally.noted, tally.errors, tally.failed) == (24, 1, 11, 11, "no y")
    assert said[:3] == ["line 3: it has never seen 'x'", "line 4: no y", "line 5: it has never seen 'x'"]
    assert len(said) == 2 * NOTED
    assert tally.words() == "24 lines (1 empty, 11 could not be answered, 11 with a note)"
    assert as_text(found[3]) == "\n", "the lines after it keep their places"


def test_where_no_line_could_be_answered_that_is_an_error():
    with pytest.raises(GuinaError, match="none of 2 lines could be answered; the first: no y"):
        answers(["y", ""], ["yy"])
    assert answers([""])[1] == Tally(1, 1)
    assert answers()[1] == Tally()
    assert answers()[1].words() == "0 lines"


# --- an answer on a line ---


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_an_answer_stays_on_its_line_for_whoever_reads_it(end):
    written = as_text(Answer("a", f"one{end}two "))
    assert written == "one two \n"
    assert len(written.splitlines()) == 1


def test_an_answer_is_text_alone_or_all_there_is_to_say():
    whole = Answer("zwei", "two", 0.5, {"best": {"two": 0.5, "to": 0.25}}, facts={"unknown": ["z"]})
    assert as_text(whole) == "two\n"
    assert as_text(Answer("7", 7)) == "7\n"
    assert json.loads(as_json_line(whole)) == whole.words()
    assert as_json_line(Answer("Grüße\n", "half \ud83d")) == '{"input": "Grüße\\n", "answer": "half �"}\n'
    with pytest.raises(GuinaError, match=r"no texts[\s\S]*--out FILE\.jsonl"):
        as_text(Answer("a", alternatives={"next": {"b": 1.0}}))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_object_in_pieces_is_the_whole_object(count):
    some = [Answer(n, "猫") for n in range(count)]
    assert json.loads("".join(as_one_object(some))) == {"answers": [answer.words() for answer in some]}


def test_one_object_that_breaks_off_ends_with_why():
    def broken(after: int) -> Iterator[Answer]:
        yield from (Answer(n, "a") for n in range(after))
        raise GuinaError("what", "expected", "mend")

    given = list[str]()
    with pytest.raises(GuinaError, match="what"):
        given.extend(as_one_object(broken(0)))
    assert given == []
    pieces = as_one_object(broken(2))
    given = [next(pieces) for _ in range(3)]
    with pytest.raises(GuinaError, match="what"):
        next(pieces)
    found = json.loads("".join(given))
    assert found["error"] == {"what": "what", "expected": "expected", "mend": "mend"}
    assert len(found["answers"]) == 2


# --- the file ---


def test_a_name_says_the_form():
    assert [form_of(Path(name)) for name in ("a", "a.txt", "a.en", "a.JSONL", "a.ndjson")] == [
        *[as_text] * 3,
        *[as_json_line] * 2,
    ]
    with pytest.raises(GuinaError, match=r"a\.json would be one JSON object[\s\S]*--out a\.jsonl"):
        form_of(Path("a.json"))


def test_a_file_has_its_name_when_it_is_whole(tmp_path):
    out, part = tmp_path / "deep" / "er" / "out.txt", tmp_path / "deep" / "er" / "out.txt.part"
    with whole_file(out) as write:
        write("one\n")
        assert part.read_text() == "one\n", "each line is there at once"
        assert not out.exists()
        write("zwei ü\n")
    assert out.read_bytes() == "one\nzwei ü\n".encode()
    assert os.listdir(out.parent) == ["out.txt"]
    assert (tmp_path / "deep" / ".guina").exists(), "what guina made does not become data"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GuinaError("no text")])
def test_an_interruption_leaves_what_was_done_under_another_name(error, tmp_path, capsys):
    def interrupted(lines: int) -> None:
        with whole_file(tmp_path / "out.txt") as write:
            for _ in range(lines):
                write("one\n")
            raise error

    for lines in (2, 1):  # what an interrupted one has left does not stand in the way, nor among the new lines
        with pytest.raises(type(error)):
            interrupted(lines)
        assert (tmp_path / "out.txt.part").read_text() == "one\n" * lines
        assert f"out.txt.part holds the first {lines} lines" in capsys.readouterr().err
    assert not (tmp_path / "out.txt").exists()
    with whole_file(tmp_path / "out.txt"):
        pass
    assert (tmp_path / "out.txt").read_text() == ""


def test_what_would_be_written_over_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_text("")
    Path("full.txt").write_text("the references\n")
    Path("empty.txt").touch()
    Path("out.txt.part").write_text("")
    Path("folder").mkdir()
    for out, file, why in (
        ("in.txt", "in.txt", "in.txt is the file with the lines: the answers would be written over it"),
        ("../" + tmp_path.name + "/in.txt", "in.txt", "is the file with the lines"),
        ("out.txt", "out.txt.part", "out.txt is the file with the lines"),
        ("full.txt", "in.txt", "full.txt is there already, and is not written over"),
        ("folder", "in.txt", "folder is a folder"),
    ):
        with pytest.raises(GuinaError, match=re.escape(why)):
            check_out(Path(out), Path(file))
    for out in ("empty.txt", "none.txt", os.devnull):
        check_out(Path(out), Path("in.txt"))
    check_out(Path("none.txt"), None)


def test_two_processes_do_not_write_one_file(tmp_path):
    with open(tmp_path / "out.txt.part", "w") as other:
        if take(other.fileno()) is None:
            pytest.skip("no locks here")
        other.write("its line\n")
        other.flush()
        with (
            pytest.raises(GuinaError, match=r"out\.txt\.part is being written by another process"),
            whole_file(tmp_path / "out.txt"),
        ):
            pass
    assert (tmp_path / "out.txt.part").read_text() == "its line\n"


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(GuinaError, match=r"cannot be written[\s\S]*another --out"), whole_file(tmp_path / "file" / "a"):
        pass


@needs_posix
def test_a_full_disk_is_said_and_a_device_keeps_its_name():
    with whole_file(Path("/dev/null")) as write:
        write("a\n")
    assert not Path("/dev/null.part").exists()
    if Path("/dev/full").exists():
        with (
            pytest.raises(GuinaError, match=r"cannot be written: No space left"),
            whole_file(Path("/dev/full")) as write,
        ):
            write("a\n")


# --- the command and the run ---


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run of the job write, of three steps."""
    out = tmp_path_factory.mktemp("run") / "run"
    trained("write", "python-docs", out, 3, size="tiny", judge=2000)
    return out


def guina(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["predict", *map(str, words)])
    return int(leaving.value.code or 0)


@pytest.fixture
def asked(tmp_path, monkeypatch) -> list[str]:
    """A file of lines in the folder where the test is, and what each of its answers is."""
    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_bytes("The statement\r\n\r\nif x\r\na 猫".encode())
    return ["The statement", "", "if x", "a 猫"]


def expected(run: Path, asked: list[str], options: dict[str, Any]) -> list[str]:
    """What each line is answered alone."""
    answers = [Run(run).predict(text, options=options)[0].output if text else "" for text in asked]
    return [" ".join(answer.splitlines()) for answer in answers]


def test_a_file_is_answered_line_by_line(run, asked, capsys):
    alone = expected(run, asked, {"length": 30})
    assert guina(run, "--file", "in.txt", "--out", "out.txt", "--length", "30") == 0
    printed = capsys.readouterr()
    assert Path("out.txt").read_text("utf-8").split("\n") == [*alone, ""]
    assert printed.out == ""
    assert "line 4: it has never seen '猫'" in printed.err
    assert "out.txt: 4 lines (1 empty, 1 with a note)" in printed.err


def test_without_out_the_answers_go_to_stdout_in_lines_or_as_one_object(run, asked, capsys, monkeypatch):
    alone = expected(run, asked, {"length": 30})
    assert guina(run, "--file", "in.txt", "--length", "30") == 0
    assert capsys.readouterr().out.split("\n") == [*alone, ""]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("in.txt").read_bytes())))
    assert guina(run, "--file", "-", "--out", "-", "--length", "30", "--json") == 0
    found = json.loads(capsys.readouterr().out)["answers"]
    assert [answer["input"] for answer in found] == asked
    assert [" ".join(answer["answer"].splitlines()) for answer in found] == alone
    assert found[3]["unknown"] == ["猫"]


def test_json_lines_hold_all_there_is_to_say_and_json_says_what_was_done(run, asked, capsys):
    assert guina(run, "--file", "in.txt", "--out", "out.jsonl", "--next", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("seconds") >= 0
    assert found == {"file": "in.txt", "out": "out.jsonl", "lines": 4, "empty": 1, "errors": 0, "noted": 1}
    rows = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    assert [row["input"] for row in rows] == asked
    assert len(rows[0]["next"]) == 10
    assert rows[1] == {"input": "", "answer": ""}


def test_in_python_a_file_is_answered_too(run, asked):
    tally = Run(run).predict_file("in.txt", "out.txt", {"length": 9})
    assert (tally.lines, tally.empty, tally.of) == (4, 1, 4)
    assert [answer.input for answer in Run(run).lines("in.txt", {"length": 9})] == asked


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--file", "in.txt", "a prompt"), "--file and inputs"),
        (("--file", "in.txt", "--grid"), "--file and --grid"),
        (("--file", "none.txt"), "none.txt cannot be read"),
        (("--file", "in.txt", "--out", "in.txt"), "in.txt is the file with the lines"),
        (("--file", "in.txt", "--out", "a.json"), "--out a.jsonl"),
        (("--file", "in.txt", "--next"), "these answers are no texts"),
        (("--file", "in.txt", "--encoding", "utf-9"), "there is no encoding utf-9"),
        (("--file", "wrong.txt", "--out", "out.txt"), "wrong.txt, line 3 is no utf-8 text: byte 4 is 0xfc"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(words, message, run, asked, capsys):
    Path("wrong.txt").write_bytes("a\nb\nüber\n".encode("cp1252"))
    assert guina(run, *words) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""
    assert not Path("out.txt").exists()


def test_a_pipe_that_turns_out_to_be_no_text_ends_the_object_with_the_error(run, capsys, monkeypatch):
    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            return self.readline()

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Slow(b"one\ntwo\n\xfc\n")))
    assert guina(run, "--file", "-", "--json", "--length", "3") == 2
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [answer["input"] for answer in found["answers"]] == ["one", "two"]
    assert found["error"]["what"].startswith("the standard input, line 3 is no utf-8 text: byte 8 is 0xfc")
    assert "the standard input, line 3" in printed.err


def test_a_job_that_answers_no_texts_says_so(run, asked, capsys, monkeypatch):
    monkeypatch.setattr("guina.jobs.write.answering.WriteAnswering.reads_lines", False)
    assert guina(run, "--file", "in.txt") == 2
    assert "write answers no lines of a file" in capsys.readouterr().err
