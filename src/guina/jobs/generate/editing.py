"""`guina edit` on a run of generate: a real picture's noise, moved, and what the generator left out of it kept.

A picture is inverted (inverting.py) and moved to another class (the same noise), or along a direction that matters
(nets/directions.py). Where the edit touches nothing, the picture stays as it was to the bit. A picture that comes back
worse than nearly all unseen ones do is refused: what would be edited is another picture.

Axes: N pictures, Z noise, H W pixels, C channels.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from guina.answering.answer import Answer, Attachment
from guina.answering.base import Answering
from guina.answering.inputs import named
from guina.data.picture_files import sheet
from guina.data.pictures import try_picture
from guina.data.records import VAL
from guina.data.walking import find_inputs
from guina.engine.features import prepared
from guina.engine.judge import Judge
from guina.engine.origin import read_again
from guina.engine.turns import Nets
from guina.errors import GuinaError, NoRoom
from guina.jobs.generate.answering import GenerateAnswering
from guina.jobs.generate.edits import EditOptions, beyond, check_edit, decibels, file_names, says, with_rest
from guina.jobs.generate.inverting import HELD_OUT, USUAL, Inverted, Inverter
from guina.jobs.generate.panels import REACH, Shown, what_changes
from guina.jobs.generate.scores import GenerateJudge, spread
from guina.nets.directions import Direction, by_answers, by_weights, telling
from guina.nets.sampling import early, many_noises, noise_of, painted
from guina.runfolder import RunFolder
from guina.runtime import evaluating

LISTED = 6  # directions that are shown
ASKED = 1000  # noises whose answers' principal components are directions
LEAST = 3  # examples of each kind that a direction is found from
COMPARED = 512  # made pictures whose distances are the measure of how far features move


class Run(Protocol):
    """What there is of a finished run to edit with; see runs.py."""

    @property
    def folder(self) -> RunFolder: ...
    @property
    def judge(self) -> Judge: ...
    @property
    def nets(self) -> Nets: ...


def edited(
    run: Run, half: Answering, pictures: Sequence[Any], options: EditOptions, say: Callable[[str], None]
) -> list[Answer]:
    """What `guina edit` answers: a picture each, or what is wrong with it; without pictures a strip each direction.

    Args:
        half: what answers in this run.
        say: is told what takes its time now.

    Raises:
        GuinaError: the run is of another job; pictures cannot be moved so.
    """
    if not isinstance(half, GenerateAnswering):
        job = run.folder.info["job"]
        raise GuinaError(
            f"a run of {job} edits no pictures",
            "a run of generate, or of a job that takes a mask, a box or hints",
            "guina train generate DATA",
        )
    check_edit(options, half.fitted.classes, len(pictures))
    editor = Editor(run, half, say)
    return editor.moved(pictures, options) if pictures else editor.strips(options)


class Editor:
    """Edits pictures with the generator of one run.

    Args:
        half: what answers in this run.
        say: is told what takes its time now.
    """

    def __init__(self, run: Run, half: GenerateAnswering, say: Callable[[str], None]) -> None:
        judge = run.judge
        assert isinstance(judge, GenerateJudge), "a run of generate"
        self.half, self.judge, self.folder, self.say = half, judge, run.folder, say
        self.shown = Shown(half, judge.features, run.nets)

    @cached_property
    def inverter(self) -> Inverter:
        """What inverts pictures; whoever only looks at directions needs none."""
        return Inverter(self.half.generator, self.judge.features, self.say)

    @cached_property
    def scale(self) -> float:
        """How far two made pictures are apart in house features, on average."""
        with evaluating(self.half.generator):
            made = self.half.make(many_noises(COMPARED, 1), self.half.drawn_classes(range(COMPARED)))
        return max(spread(self.judge.features(made)), 1e-9)

    # --- pictures ---

    def moved(self, pictures: Sequence[Any], options: EditOptions) -> list[Answer]:
        """Pictures, each with what became of it."""
        opened = [(name, self.open(thing)) for name, thing in named(pictures, "picture")]
        whole = [picture for _, picture in opened if isinstance(picture, np.ndarray)]
        if not whole:
            return [Answer(name, error=str(wrong)) for name, wrong in opened]
        direction, worst = self.direction(options), self.worst(options.steps)
        x_NHWC = np.stack(whole)
        found = self.inverted(x_NHWC, options.of, options.steps)
        edited_NHWC, touched_NHW = with_rest(x_NHWC, found.made_NHWC, self.made(found, direction, options))
        facts = self.facts(x_NHWC, edited_NHWC, touched_NHW)
        answers, left = [], iter(range(len(whole)))
        for (name, picture), file in zip(opened, file_names([name for name, _ in opened]), strict=True):
            if not isinstance(picture, np.ndarray):
                answers.append(Answer(name, error=picture))
                continue
            n = next(left)
            error = float(found.error_N[n])
            if isinstance(worst, float) and error > worst:
                answers.append(Answer(name, error=beyond(error, worst, USUAL)))
                continue
            back = {"psnr": decibels(error)} | (
                {"least": decibels(worst)} if isinstance(worst, float) else {"unjudged": worst}
            )
            known = {"reconstruction": back, **facts[n]}
            known["classes"] = self.classes(found, n, options) | known["classes"]
            seen = np.stack([picture, found.made_NHWC[n], edited_NHWC[n]])
            shown = (("sheet", sheet(seen, len(seen), gap=1)), ("edited", edited_NHWC[n]))
            attachments = tuple(Attachment("picture", f"{file}-{what}", pixels) for what, pixels in shown)
            answers.append(Answer(name, attachments=attachments, facts={**known, "says": says(known)}))
        return answers

    def open(self, thing: Any) -> np.ndarray | str:
        """A picture as the generator would make it, or why it cannot be one."""
        return try_picture(thing, self.half.fitted.shape, self.half.fitted.range)

    def inverted(self, x_NHWC: np.ndarray, of: str, steps: int) -> Inverted:
        """What pictures would be made of; their class is found where none is named."""
        inverter = self.inverter
        self.say(f"inverting {len(x_NHWC):,} picture{'s' if len(x_NHWC) > 1 else ''}")
        return inverter(x_NHWC, self.class_of(of, len(x_NHWC)), steps)

    def class_of(self, name: str, n: int) -> Tensor | None:
        return torch.full((n,), self.half.fitted.classes.index(name)) if name else None

    def made(self, found: Inverted, direction: Direction | None, options: EditOptions) -> np.ndarray:
        """What the generator makes of the moved noise, uint8."""
        generator = self.half.generator
        class_N = self.class_of(options.to, len(found.z_NZ)) if options.to else found.class_N
        with evaluating(generator):
            if direction is None:
                return painted(generator, early(generator, found.z_NZ, class_N))
            by_N = torch.full((len(found.z_NZ),), options.by)
            return painted(generator, direction.moved(generator, found.z_NZ, class_N, by_N))

    def worst(self, steps: int) -> float | str:
        """The error above which a picture is refused; where the run's data cannot be read again, why nothing is known.

        Raises:
            NoRoom: the disk is full.
        """
        inverter = self.inverter
        self.say(f"inverting {HELD_OUT} held-out pictures, once for this generator")
        try:
            errors = inverter.usual(self.held_out, self.folder.info["data"]["fingerprint"], steps)
        except NoRoom:
            raise
        except GuinaError as error:
            return error.what
        return float(np.percentile(errors, USUAL))

    def held_out(self) -> np.ndarray:
        """Pictures that the generator never saw, uint8."""
        job = self.judge.job
        _, records = read_again(job, self.folder)
        return job.arrays(records.only(VAL)).first(HELD_OUT).all("pixels")

    # --- directions ---

    def direction(self, options: EditOptions) -> Direction | None:
        """The direction that is asked for; None: none is."""
        if any(options.examples):
            return self.from_examples(options)
        return self.known(options.directions, options.along)[-1] if options.along else None

    def known(self, kind: str, most: int) -> list[Direction]:
        """The directions of one kind that matter most."""
        generator = self.half.generator
        with evaluating(generator):
            if kind == "sefa":
                return by_weights(generator, most)
            return by_answers(generator, many_noises(ASKED, 1), self.half.drawn_classes(range(ASKED)), most)

    def from_examples(self, options: EditOptions) -> Direction:
        """The direction from pictures without something to those with it."""
        noises = []
        for folder in options.examples:
            opened = [self.open(thing) for _, thing in find_inputs([folder], "picture")]
            whole = [picture for picture in opened if isinstance(picture, np.ndarray)]
            if len(whole) < LEAST:
                raise GuinaError(
                    f"{folder} has {len(whole)} pictures that can be read",
                    f"{LEAST} at least",
                    "name a folder of pictures with something, and one of pictures without it",
                )
            noises.append(self.inverted(np.stack(whole), "", options.steps).z_NZ)
        return Direction(f"from {options.examples[1]} to {options.examples[0]}", telling(noises[0], noises[1])[0])

    def strips(self, options: EditOptions) -> list[Answer]:
        """One made picture along each direction, or along the one that is asked for."""
        one = self.direction(options)
        z_NZ = noise_of([options.seed]).expand(len(REACH), -1)
        of = self.class_of(options.of, 1) if options.of else self.half.drawn_classes([options.seed])
        class_N = None if of is None else of.expand(len(REACH))
        generator, answers = self.half.generator, []
        for direction in [one] if one is not None else self.known(options.directions, LISTED):
            with evaluating(generator):
                pixels = painted(generator, direction.moved(generator, z_NZ, class_N, torch.tensor(REACH)))
            moves = float(self.apart(pixels[:1], pixels[-1:])[0]) / self.scale
            changes = what_changes(self.shown, pixels) or "nothing that has a name"
            text = f"features move by {moves:.2f} of what two pictures are apart: {changes}"
            file = "examples" if any(options.examples) else direction.name.replace(" ", "-")
            attached = Attachment("picture", file, sheet(pixels, len(pixels), gap=1))
            answers.append(Answer(direction.name, attachments=(attached,), facts={"features": moves, "says": text}))
        return answers

    # --- what changed ---

    def facts(self, x_NHWC: np.ndarray, edited_NHWC: np.ndarray, touched_NHW: np.ndarray) -> list[dict[str, Any]]:
        """How much of each picture changed, and what the house features' own network takes it for now."""
        apart_N, told = self.apart(x_NHWC, edited_NHWC), self.told_as(edited_NHWC)
        change_NHW = np.abs(edited_NHWC.astype(int) - x_NHWC).mean(3)
        found: list[dict[str, Any]] = []
        for n, touched_HW in enumerate(touched_NHW):
            changed = {
                "pixels": float(touched_HW.mean()),
                "shades": float(change_NHW[n][touched_HW].mean()) if touched_HW.any() else 0.0,
                "features": float(apart_N[n]) / self.scale,
            }
            found.append({"changed": changed, "classes": {"told": told[n]} if told else {}})
        return found

    def apart(self, a_NHWC: np.ndarray, b_NHWC: np.ndarray) -> np.ndarray:
        """How far pictures are apart in house features, N."""
        return np.linalg.norm(self.judge.features(a_NHWC) - self.judge.features(b_NHWC), axis=1)

    def told_as(self, pixels_NHWC: np.ndarray) -> list[str]:
        """The classes of pictures, if the house features were learned from classes."""
        features, labels = self.judge.features, self.half.fitted.labels
        if features.learned_by != "classes":
            return []
        net: Any = features.net
        with evaluating(net):
            return [labels[int(k)] for k in net(prepared(pixels_NHWC)).argmax(1)]

    def classes(self, found: Inverted, n: int, options: EditOptions) -> dict[str, str]:
        """The class that a picture was made as, and the one that it was moved to."""
        if found.class_N is None:
            return {}
        of = self.half.fitted.classes[int(found.class_N[n])]
        return {"of": of} | ({"to": options.to} if options.to else {})
