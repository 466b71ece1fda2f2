"""How to train, whatever the job."""

from dataclasses import dataclass
from typing import Any

from guina.engine.budget import Limit


@dataclass(frozen=True)
class TrainingOptions:
    """How to train, whatever the job; recorded in run.json.

    Args:
        limit: minutes, epochs or steps.
        seed: of weights, order, augmentation, dropout.
        shards: parts of the global batch; None: one a process.
        device, precision, threads: as `runtime.set_up` takes them.
        resume: continue a run, or start it if there is none.
        started: seconds that had already passed when this was called; the budget counts them.
    """

    limit: Limit
    seed: int = 0
    shards: int | None = None
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    resume: bool = False
    started: float = 0.0

    def record(self) -> dict[str, Any]:
        return {
            "limit": self.limit.record(),
            "seed": self.seed,
            "shards": self.shards,
            "threads": self.threads,
        }
