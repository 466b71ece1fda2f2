"""Time is a setting: how many steps fit, and what fraction of the training is done at each.

Everything that changes over a training (rate, phase, curriculum) is a function of the fraction done, which is a
piecewise linear function of the step. At validations the rest of the line may be bent so that the run ends on time;
each bend is kept, so a resumed run follows the same line.
"""

from dataclasses import dataclass, field
from typing import Any

from guina.errors import GuinaError


@dataclass(frozen=True)
class Limit:
    """What the user named: exactly one of minutes, epochs and steps."""

    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        named = {k: v for k, v in self.record().items() if v is not None}
        if len(named) != 1:
            raise GuinaError(
                f"{' and '.join(named) or 'no limit'} given",
                "one of --minutes, --epochs, --steps",
                "name just one",
            )
        for name, value in named.items():
            if not 0 < value < 1e9:
                raise GuinaError(f"--{name} {value}", "a number above 0", f"give another --{name}")

    def record(self) -> dict[str, Any]:
        return {"minutes": self.minutes, "epochs": self.epochs, "steps": self.steps}

    def __str__(self) -> str:
        name, value = next((k, v) for k, v in self.record().items() if v is not None)
        return f"{value:g} {name.rstrip('s') if value == 1 else name}"


@dataclass
class Plan:
    """The fraction done as a function of the step: bends (step, done) joined by lines, ending at (steps, 1).

    Example:
        >>> plan = Plan(100)
        >>> plan.revise(step=50, remaining=25)
        >>> plan.steps, plan.done(50), plan.done(60)
        (75, 0.5, 0.7)
    """

    steps: int
    bends: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)])

    def done(self, step: float) -> float:
        """The fraction done when a step begins; 1 at the end."""
        start, fraction = next(((s, f) for s, f in reversed(self.bends) if s <= step), self.bends[0])
        return 1 - (1 - fraction) * (self.steps - step) / max(1, self.steps - start)

    def revise(self, step: int, remaining: int) -> None:
        """From this step on, so many steps remain; at least one, so that all is done at the end."""
        self.bends.append((step, self.done(step)))
        self.steps = step + max(1, remaining)

    def record(self) -> dict[str, Any]:
        return {"steps": self.steps, "bends": [list(bend) for bend in self.bends]}

    @staticmethod
    def restore(record: dict[str, Any]) -> "Plan":
        return Plan(record["steps"], [(int(s), float(f)) for s, f in record["bends"]])


@dataclass
class Clock:
    """What the steps cost, and how many of them the rest of the time buys.

    Args:
        deadline: when the last step must be over, in seconds of the run; None: there is none.
        per_step: seconds, validations and checkpoints included.
    """

    deadline: float | None
    per_step: float
    _since: tuple[int, float] | None = None

    def pace(self, step: int, now: float) -> None:
        """Note the time at a validation: the cost of a step is the mean of the last stretch and what was believed."""
        if self._since is not None and step > self._since[0]:
            measured = (now - self._since[1]) / (step - self._since[0])
            self.per_step = 0.3 * self.per_step + 0.7 * measured
        self._since = (step, now)

    def remaining(self, now: float) -> int | None:
        """Steps that still fit; None without a deadline."""
        return None if self.deadline is None else max(0, int((self.deadline - now) / max(self.per_step, 1e-9)))


def no_more_use(improved_at: float, done: float, patience: float = 0.3) -> bool:
    """Whether validation has not improved for so large a part of the plan that the decay should begin.

    Only in the plan's first part: once the rate is falling towards the end, the run is ending anyway.
    """
    return 2 * patience <= done + patience < 1.0 and done - improved_at >= patience


def early_end(step: int, remaining: int, share: float = 0.25) -> int:
    """How many steps the early decay takes: a share of what was trained, never more than remain."""
    return min(remaining, max(1, int(share * step)))
