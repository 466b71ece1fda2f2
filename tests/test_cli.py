"""The command line from outside: what it prints, what it exits with, what it imports."""

import json
import signal
import subprocess
import sys

import pytest

from guina import GuinaError, cli
from guina.errors import did_you_mean


def guina(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "guina", *arguments], capture_output=True, text=True)


def exit_code(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as leaving:
        cli.main(arguments)
    return int(leaving.value.code or 0)


def test_importing_guina_and_asking_for_help_import_nothing_heavy():
    program = (
        "import sys, guina\n"
        "try:\n    import guina.cli; guina.cli.main(['--help'])\nexcept SystemExit: pass\n"
        "assert dir(guina) and not {'torch', 'numpy', 'tyro', 'rich'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "guina train JOB DATA" in done.stdout


def test_every_command_in_the_help_is_there_and_none_is_missing():
    described = {line.split()[1] for line in cli.HELP.splitlines() if line.startswith("  guina ")}
    assert described == set(cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself(command, capsys):
    arguments = [command, "classify", "--help"] if command in ("train", "check") else [command, "--help"]
    assert exit_code(arguments) == 0
    assert "--json" in capsys.readouterr().out


def test_the_version(capsys):
    assert exit_code(["--version"]) == 0
    assert capsys.readouterr().out.startswith("guina 0.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scor"], "did you mean score?"),
        (["train", "clasify", "digits"], "did you mean classify?"),
        (["train", "colourize", "photos"], "did you mean colorize?"),
        (["train", "inpaint", "photos", "--holes", "round"], "--holes"),
        (["train", "--minutes", "1"], ""),
        (["train", "classify", "digits", "--minuts", "1"], "--minutes"),
        (["train", "translate", "pairs.tsv", "--unit", "letter"], "--unit"),
        (["train", "translate", "number-words", "--pieces", "-1"], "--pieces -1"),
        (["train", "classify", "digits", "--minutes", "1", "--epochs", "2"], "minutes and epochs given"),
        (["train", "classify", "digits", "--minutes", "-1"], "a number above 0"),
        (["train", "classify", "digits", "--steps", "1", "--device", "cuda:7x"], "cuda"),
        (["train", "./no_such_job.py", "digits"], "there is no file no_such_job.py"),
        (["predict", "runs/none"], "is no run"),
        (["score", "runs/none"], "no run"),
        (["look", "runs/none"], "no run"),
        (["demo", "dance"], "there is no demo of dance"),
    ],
)
def test_what_a_user_can_mend_exits_with_2_and_says_how(arguments, message, capsys):
    assert exit_code(arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err + printed.out


def test_with_json_an_error_is_one_object_on_stdout(capsys):
    assert exit_code(["score", "runs/none", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["what"] == "runs/none is no run"
    assert set(error) == {"what", "expected", "mend"}


def test_python_m_guina_is_the_same_command():
    done = guina("scor")
    assert (done.returncode, "did you mean score?" in done.stderr, done.stdout) == (2, True, "")


def test_an_interruption_that_a_library_made_an_error_of_is_one(monkeypatch, capsys):
    def check(argv):
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException as error:  # as Python's own class statement does
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr("guina.commands.check", check)
    with pytest.raises(SystemExit) as leaving:
        cli.main(["check"])
    assert leaving.value.code == 130


def test_a_bug_stays_one(monkeypatch):
    monkeypatch.setattr("guina.commands.check", lambda argv: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["check"])


def test_an_error_says_what_was_expected_and_how_to_mend_it():
    assert str(GuinaError("a", "b", "c")) == "a\n  expected: b\n  to mend:  c"
    assert did_you_mean("zzz", ["a", "b"]) == "choose one of a, b"
