"""What a judge has to say beside its scores stands wherever they stand."""

from dataclasses import asdict
from pathlib import Path

import running
import toys
from guina.commands import conclusion
from guina.data.arrays import Arrays
from guina.engine.turns import Nets
from guina.runfolder import RunFolder
from guina.runs import Run
from guina.storage import to_json, write_atomic
from toys.speech import ToySpeechJudge


class DoubtingJudge(ToySpeechJudge):
    """Says how much it was given."""

    def notes(self, nets: Nets, arrays: Arrays) -> list[str]:
        return [f"these {len(arrays)} are few to judge by"]

    def baseline_notes(self, train: Arrays) -> str:
        return "the baseline is a guess"


class Doubted(toys.ToySpeech):
    """The toy with something to say."""

    Judge = DoubtingJudge


def test_notes_are_in_the_outcome_the_card_the_score_and_the_report(tmp_path: Path) -> None:
    outcome = running.train(Doubted, tmp_path / "run", steps=2)
    (said,) = outcome.notes
    assert said == "these 32 are few to judge by"
    assert "\nThese 32 are few to judge by.\n" in (tmp_path / "run" / "model" / "README.md").read_text("utf-8")
    assert f"\nnote: {said}\n" in conclusion(asdict(outcome), "score")
    run = Run(tmp_path / "run", Doubted)
    assert run.score()["notes"] == [said, "the baseline is a guess"]
    page = run.look().read_text("utf-8")
    assert "These 32 are few to judge by" in page
    assert "The baseline is a guess" in page


def test_a_finished_run_of_an_older_version_has_none(tmp_path: Path) -> None:
    out = tmp_path / "run"
    running.train("toy-speech", out, steps=2)
    status = RunFolder(out).read_status()
    del status["result"]["notes"]
    write_atomic(out / "status.json", to_json(status))
    assert running.train("toy-speech", out, steps=2, resume=True).notes == []
