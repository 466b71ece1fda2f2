"""The half of a job that answers: settings, fitted facts and networks in, answers out.

It is what `model/` is loaded into and what `guina predict` calls, and the engine calls the same code when it judges a
network that still learns. It knows neither the engine nor any reader of folders, keeps no state between answers, and
may be used from several threads at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from guina.answering.answer import Answer, Part
from guina.runtime import step_by_step

Nets = dict[str, nn.Module]


@dataclass(frozen=True)
class Saved:
    """A value on its way to disk and back: JSON and tensors."""

    facts: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Fitted:
    """What a job learned from the training split before any training; of jobs that learn nothing, this itself.

    A job derives a frozen dataclass. Fields that JSON holds are stored as they are, lists as tuples; whoever has
    others, such as tensors, says in `saved` and `restored` how they are stored.

    Example:
        >>> from dataclasses import make_dataclass
        >>> Names = make_dataclass("Names", [("classes", tuple)], bases=(Fitted,), frozen=True)
        >>> Names.restored(Names(("cat", "dog")).saved())
        Names(classes=('cat', 'dog'))
    """

    def saved(self) -> Saved:
        """As it is stored."""
        return Saved({f.name: list(v) if isinstance(v := getattr(self, f.name), tuple) else v for f in fields(self)})

    @classmethod
    def restored(cls, saved: Saved) -> Self:
        """As it was before it was stored."""
        known = {f.name: saved.facts[f.name] for f in fields(cls)}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})


@dataclass(frozen=True)
class NoOptions:
    """How to answer, for jobs that answer in one way."""


class Answering(ABC):
    """Answers inputs.

    Args:
        settings: the job's own.
        fitted: what the job learned from the training split before any training.
        nets: those of `players`, on one device; `parts` and `answers` put them into evaluation mode.

    Class attributes:
        Fitted: what was fitted, a frozen dataclass.
        Options: a flat frozen dataclass of how to answer; `guina predict` turns it into flags.
        players: the names of the networks that answer, where the settings want them (`build`); a job may have others
            that only learn or judge.
        reads_files: whether inputs may be files, so that a folder stands for those below it.
        reads_lines: whether inputs are texts, so that each line of a file may be one.
        needs_input: whether there is nothing to answer where no input is given.
    """

    Fitted: ClassVar[type] = Fitted
    Options: ClassVar[type] = NoOptions
    players: ClassVar[tuple[str, ...]] = ("net",)
    reads_files: ClassVar[bool] = False
    reads_lines: ClassVar[bool] = False
    needs_input: ClassVar[bool] = True

    def __init__(self, settings: Any, fitted: Any, nets: Nets) -> None:
        self.settings, self.fitted, self.nets = settings, fitted, nets

    @classmethod
    @abstractmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        """The networks that answer, as they are before any weights are loaded."""

    @abstractmethod
    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """Answers in the order of the inputs; before each, if it is made bit by bit, its parts as they come.

        Args:
            inputs: paths, bytes, pictures, arrays, texts: what the job takes.
            options: an `Options`.
        """

    def answers(self, inputs: Iterable[Any], options: Any = None) -> Iterator[Answer]:
        """Answers alone. Each is made in evaluation mode and without gradients, which end before it is handed over."""
        stream = self.stream(inputs, self.Options() if options is None else options)
        return step_by_step((item for item in stream if isinstance(item, Answer)), *self.nets.values())

    def parts(self, inputs: Iterable[Any], options: Any = None) -> Iterator[Answer | Part]:
        """What `stream` gives, for callers: a stream that is suspended leaves torch as its caller had it."""
        stream = self.stream(inputs, self.Options() if options is None else options)
        return step_by_step(stream, *self.nets.values())
