"""Going back to the best checkpoint: a game that collapses, one that turns non-finite, and data that are bad."""

from pathlib import Path

import pytest
import torch

import running
import toys
from guina.engine.checkpoint import Checkpoints
from guina.engine.game import Game
from guina.engine.turns import Remedy
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from toys.gan import ToyGanJudge


class Severe(ToyGanJudge):
    """Says that the game is worse from the tenth validation on."""

    judged = 0

    def score(self, nets, arrays, limit=None):
        type(self).judged += 1
        return super().score(nets, arrays, limit) | {"n": float(type(self).judged)}

    def better(self, a, b):
        return a["n"] < 10


class Falling(toys.ToyGan):
    """A game that is told to be worse, and gets a remedy now and then."""

    name = "toy-gan"
    Judge = Severe
    asked = 0

    def remedy(self, scores, best, terms, tried):
        type(self).asked += 1
        return Remedy("it fell", "the critic is slower", {"critic": 0.5}) if type(self).asked in (3, 5, 7) else None


@pytest.fixture(autouse=True)
def _ask_anew() -> None:
    Severe.judged = Falling.asked = 0


def test_a_remedy_goes_back_to_the_best_weights_and_slows_the_player(tmp_path: Path) -> None:
    running.train(Falling, tmp_path / "run", steps=24)
    events = [row for row in RunFolder(tmp_path / "run").events() if row["event"] == "went back"]
    assert [(row["why"], row["change"]) for row in events] == [("it fell", "the critic is slower")] * 2  # at most twice
    assert [row["rates"] for row in events] == [{"critic": 0.5}, {"critic": 0.25}]
    state = Checkpoints(tmp_path / "run" / "checkpoints").read("step-24").facts
    assert state["rates"] == {"critic": 0.25}
    assert state["remedies"] == 2


def test_after_going_back_the_weights_are_those_of_the_best_checkpoint(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    same: list[bool] = []

    class Look:
        """Before the first turn after going back."""

        def before(self, turn, nets, step):
            events = [row for row in RunFolder(folder).events() if row["event"] == "went back"]
            if len(events) > len(same):
                best = Checkpoints(folder / "checkpoints").read(f"step-{events[-1]['to']}").tensors
                same.append(
                    all(
                        torch.equal(t, best[f"nets/{name}/{k}"])
                        for name in nets
                        for k, t in nets[name].state_dict().items()
                    )
                )

        def after(self, turn, nets, step):
            pass

    running.train(Falling, folder, steps=24, observers=(Look(),))
    assert same == [True, True]


class NoNumber(Game):
    """A critic's loss that is no number at one step."""

    def critic(self, nets, batch, carry, step, rng):
        terms, carry = super().critic(nets, batch, carry, step, rng)
        return {k: v * float("nan") if step == 15 else v for k, v in terms.items()}, carry


class Exploding(toys.ToyGan):
    """A critic's loss that is no number at one step, on data that are fine."""

    name = "toy-gan"
    poison = False

    def game(self, kind=Game):
        return super().game(NoNumber)

    def remedy(self, scores, best, terms, tried):
        return Remedy("no number", "slower", {"critic": 0.5}) if scores is None else None

    def batch(self, arrays, draw, rng):
        batch = super().batch(arrays, draw, rng)
        return {"x": batch["x"] * float("nan")} if self.poison and draw.step == 15 else batch


def test_a_game_that_turns_non_finite_on_finite_data_goes_on(tmp_path: Path) -> None:
    outcome = running.train(Exploding, tmp_path / "run", steps=24)
    events = [row["event"] for row in RunFolder(tmp_path / "run").events()]
    assert events.count("went back") == 1
    assert outcome.steps == 24


def test_bad_data_stop_a_game_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Exploding, "poison", True)
    with pytest.raises(GuinaError, match="not finite at step 15"):
        running.train(Exploding, tmp_path / "run", steps=24)


def test_a_run_that_went_back_resumes_bit_for_bit(nursery, tmp_path: Path) -> None:
    running.train(Exploding, tmp_path / "whole", steps=24)

    class Killed(Exploding):
        name = "toy-gan"

    class Stop(Exception):
        pass

    def act() -> None:
        raise Stop

    with pytest.raises(Stop):
        running.train(Killed, tmp_path / "again", steps=24, observers=(running.AtStep(20, act),))
    running.train(Killed, tmp_path / "again", steps=24, resume=True)
    assert running.digest(tmp_path / "again") == running.digest(tmp_path / "whole")


def test_joined_turns_take_one_step_with_the_sum_of_their_gradients(tmp_path: Path) -> None:
    """A penalty that joins the critic's turn gives the weights of one loss that holds both."""
    from dataclasses import replace

    class Apart(toys.ToyGan):
        name = "toy-gan"

        def fakes(self, nets, batch, rng):  # the same ones whichever turn asks, whose generators differ
            return {"x": nets["generator"](batch["x"].repeat(1, 2))}

        def phases(self):
            phase = super().phases()[1]
            critic, penalty, generator = phase.turns
            turns = (replace(penalty, every=1, joins=True), critic, generator)
            return [replace(phase, turns=turns, share=1.0)]

    class Both(Game):
        def critic(self, nets, batch, carry, step, rng):
            terms, carry = super().critic(nets, batch, carry, step, rng)
            return terms | self.slope(nets, batch, carry, step, rng)[0], carry

    class Together(Apart):
        name = "toy-gan"

        def game(self, kind=Game):
            return super().game(Both)

        def phases(self):
            phase = super().phases()[0]
            return [replace(phase, turns=phase.turns[1:])]

    for kind in (Apart, Together):
        running.train(kind, tmp_path / kind.__name__, steps=6, precision="float64")
    ours, theirs = (
        Checkpoints(tmp_path / name / "checkpoints").read("step-6").tensors for name in ("Apart", "Together")
    )
    names = [name for name in ours if name.startswith("nets/critic")]
    assert running.same_tensors({k: ours[k] for k in names}, {k: theirs[k] for k in names}, 1e-9)
