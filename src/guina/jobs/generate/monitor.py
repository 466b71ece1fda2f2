"""The monitor: whether a game is collapsing, and what to change.

A generator collapses when it makes a few pictures again and again, or when the critic is so sure of itself that it has
no advice left. Public logs show games that were good and ended bad; here the engine goes back to the best checkpoint.
"""

from collections.abc import Mapping

from guina.engine.judge import Scores
from guina.engine.turns import Remedy

ALIKE = 0.5  # diversity below which made pictures are too much alike
LOST = 0.7  # share of the best coverage that must be left
WORSE = 3.0  # times the best distance
SURE = 0.02  # loss of a critic that is sure of everything
SLOWER = 0.25  # what the rates are multiplied by


def find_remedy(scores: Scores | None, best: Scores | None, terms: Mapping[str, float], tried: int) -> Remedy | None:
    """What to do, if anything: first the critic learns more slowly, then both players.

    Args:
        scores: of this validation; None: something was no number.
        best: those of the best one.
        terms: the mean losses since the last validation.
        tried: remedies before.
    """
    why = trouble(scores, best, terms)
    if why is None:
        return None
    if tried == 0:
        return Remedy(why, f"the critic learns at {SLOWER:g} of its rate", {"critic": SLOWER})
    return Remedy(why, f"both learn at {SLOWER:g} of their rates", {"critic": SLOWER, "generator": SLOWER})


def trouble(scores: Scores | None, best: Scores | None, terms: Mapping[str, float]) -> str | None:
    """What is wrong, in words; None: nothing."""
    if scores is None:
        return "a loss or gradient was no number"
    if best is None:
        return None
    diversity, coverage = scores.get("diversity"), scores.get("coverage")  # None: too few pictures to judge by
    if diversity is not None and diversity < ALIKE and best["diversity"] > 1.2 * diversity:
        return f"pictures have become alike (diversity {diversity:.2f} of the data's)"
    if scores["fd"] > WORSE * best["fd"] and coverage is not None and coverage < LOST * best["coverage"]:
        return f"the distance is {scores['fd']:.3g}, after {best['fd']:.3g}, and coverage {coverage:.2f}"
    if 0 <= terms.get("train/critic/loss", 1.0) < SURE and scores["fd"] > best["fd"]:
        return f"the critic is sure of everything (loss {terms['train/critic/loss']:.2g})"
    return None
