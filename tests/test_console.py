"""What is printed: in every encoding, without a console, into full disks and closed pipes; and by nobody else."""

import ast
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import without_posix
from guina import GuinaError, console

SOURCE = Path(console.__file__).parent
FOREIGN = "„Grüße“ 猫 – Ёлка 🎄 ▁█ ╭─╮"


def command(*arguments: str, environment: dict[str, str] | None = None, **how) -> subprocess.CompletedProcess[bytes]:
    """`guina ...` in a process of its own."""
    program = [sys.executable, "-m", "guina", *arguments]
    return subprocess.run(program, env=os.environ | (environment or {}), check=False, **how)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_console_shows_what_its_encoding_has_and_replaces_the_rest(encoding, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))  # strict, as Python makes it
    console.tell(FOREIGN)
    shown = raw.getvalue().decode(encoding)
    if encoding.startswith("utf"):
        assert shown == FOREIGN + "\n"
    else:
        assert "Gr\\xfc\\xdfe" in shown if encoding == "ascii" else "Grüße" in shown
        assert "\\u732b" in shown
        assert "\\U0001f384" in shown
        assert "_# +-+" in shown, "bars and boxes have their like in ASCII"
        if encoding == "cp1252":
            assert "„Grüße“" in shown
            assert "–" in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "UTF8"])
def test_console_json_is_valid_whatever_the_encoding_and_the_bytes(encoding, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    value = {"names": [FOREIGN, "caf\udce9.png", "half \ud83d", "two\nlines", "red\x1b[31m"]}
    console.tell_json(value)
    lines = raw.getvalue().decode("utf-8").splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0]) == {"names": [FOREIGN, "caf�.png", "half �", "two\nlines", "red\x1b[31m"]}


def test_console_names_are_one_line_and_steer_no_terminal():
    assert console.one_line("a\nb\t\x1b[31m\x9b\u202e\udcc3\udcbc\udcff") == "a\\nb\\t\\x1b[31m\\x9b\\u202eü�"
    assert console.visible("a\nb\tc\r\x07") == "a\nb\tc\\r\\x07"
    plain = "Ünï 猫 🎄 ‍"
    assert console.one_line(plain) == plain


def test_console_that_is_none_or_closed_hears_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    console.tell("a")
    console.tell_json({})
    console.note("a")
    assert not console.is_terminal(None)
    closed = open(tmp_path / "log", "w", encoding="utf-8")  # noqa: SIM115
    closed.close()
    console.note("a", closed)
    assert not console.is_terminal(closed)


def test_console_full_is_an_error_in_words_and_a_gone_reader_is_none(monkeypatch):
    class Full(io.StringIO):
        def __init__(self, error: OSError) -> None:
            super().__init__()
            self.error = error

        def flush(self) -> None:
            raise self.error

    monkeypatch.setattr(sys, "stdout", Full(OSError(28, "No space left on device")))
    with pytest.raises(GuinaError, match="standard output: No space left") as raised:
        console.tell("a")
    assert raised.value.mend
    monkeypatch.setattr(sys, "stdout", Full(BrokenPipeError()))
    with pytest.raises(BrokenPipeError):
        console.tell("a")
    monkeypatch.setattr(sys, "stderr", Full(OSError(28, "No space left on device")))
    console.note("a")


def test_console_is_where_everything_is_printed():
    for path in SOURCE.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        printed = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
        assert not printed, f"{path}: {printed} (guina.console prints)"
        if path.name != "console.py":
            assert "sys.stderr.write" not in path.read_text("utf-8")
            assert "sys.stdout.write" not in path.read_text("utf-8")


def test_console_files_are_opened_as_utf8_or_as_bytes():
    """Every `open` and `read_text` names its encoding: the locale's is none that a file of ours has."""
    for path in SOURCE.rglob("*.py"):
        for call in [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            named = any(word.arg == "encoding" for word in call.keywords)
            texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if name == "open" and isinstance(call.func, ast.Name):
                assert named or any("b" in mode for mode in texts[-1:]), f"{path}:{call.lineno}"
            if name == "write_text" or (name == "read_text" and isinstance(call.func, ast.Attribute)):
                assert named or "utf-8" in texts, f"{path}:{call.lineno}"


# --- the command, in processes of its own ---


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("arguments", [["--help"], ["score", "--help"], ["lab"], ["score", "none", "--json"]])
def test_command_whose_answer_cannot_be_written_says_so(arguments):
    with open("/dev/full", "wb") as full:
        done = command(*arguments, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert b"guina: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_command_whose_reader_has_gone_ends_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    done = command("lab", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@without_posix.needs_posix
@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_command_without_streams_trains_and_writes_whole_files(closed, tmp_path):
    program = f'"{sys.executable}" -m guina train classify digits --steps 2 --size tiny --out run --json {closed}'
    out = subprocess.run(["sh", "-c", program], cwd=tmp_path, capture_output=True, check=False)
    assert out.returncode == 0, out.stderr
    assert json.loads((tmp_path / "run/run.json").read_bytes())["job"] == "classify"
    assert json.loads((tmp_path / "run/status.json").read_bytes())["state"] == "done"
    if closed == "2>&-":
        assert json.loads(out.stdout)["steps"] == 2


@without_posix.needs_posix
def test_command_in_a_bare_locale_reads_its_words_as_utf8():
    bare = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = command("score", "Grüße/猫", "--json", environment=bare, capture_output=True)
    assert done.returncode == 2
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["error"]["what"] == "Grüße/猫 is no run"
    assert done.stderr.startswith(b"guina: Gr\\xfc\\xdfe/\\u732b is no run")


@pytest.mark.parametrize("arguments", [["train", "classify", "--help"]])
def test_command_without_docstrings_helps_as_ever(arguments):
    helps = [
        command(*arguments, environment={"PYTHONOPTIMIZE": level}, capture_output=True).stdout.decode()
        for level in ("0", "2")
    ]
    first, second = ([line for line in text.splitlines() if "──" not in line] for text in helps)
    assert [line for line in first if "How to classify" not in line] == second, "all but the headline of the settings"
    assert "None\n" not in helps[1][:200]
    assert "one JSON object on stdout" in helps[0]


def test_command_help_in_an_ascii_console_is_ascii():
    done = command("train", "classify", "--help", environment={"PYTHONIOENCODING": "ascii"}, capture_output=True)
    assert done.returncode == 0
    assert b"\\u25" not in done.stdout, "no box of numbers"
    assert b"--minutes" in done.stdout
    wrong = command("train", "classify", environment={"PYTHONIOENCODING": "ascii"}, capture_output=True)
    assert wrong.returncode == 2
    assert b"required" in wrong.stderr.lower()
