"""`guina demo`: a job on a sample that comes with guina, from files to a report, in about a minute."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from guina import api
from guina.answering.render import as_lines
from guina.console import note
from guina.data.picture_files import save_picture, sheet
from guina.data.records import TEST
from guina.engine.budget import Limit
from guina.engine.job import headline
from guina.engine.options import TrainingOptions
from guina.engine.progress import progress_for
from guina.engine.signals import interruptible
from guina.errors import GuinaError, did_you_mean
from guina.jobs import find
from guina.look.markup import counted
from guina.look.report import formatted
from guina.panels import spread
from guina.runs import Run, load
from guina.runtime import evaluating, process_age

SAMPLES = {
    "classify": ("digits", 0.6),
    "write": ("python-docs", 1.0),
    "generate": ("digits", 0.6),
    "translate": ("number-words", 1.0),
    "transcribe": ("morse", 1.5),
    "caption": ("scenes", 1.5),
    "colorize": ("photos", 1.5),
    "inpaint": ("photos", 1.5),
}  # job → sample, minutes
PROMPT = "The statement"
YOURS = {
    "classify": ("FOLDER_OF_CLASS_FOLDERS", "PICTURE ..."),
    "write": ("BOOK.txt", "'A prompt'"),
    "generate": ("FOLDER_OF_PICTURES", "--n 64 --grid"),
    "translate": ("PAIRS.tsv", "'A sentence'"),
    "transcribe": ("FOLDER_WITH_TRANSCRIPTS_TSV", "RECORDING.wav"),
    "caption": ("FOLDER_WITH_CAPTIONS_CSV", "PICTURE ..."),
    "colorize": ("FOLDER_OF_COLOUR_PICTURES", "GREY_PICTURE ..."),
    "inpaint": ("FOLDER_OF_PICTURES", "PICTURE --mask MASK.png"),
}
SHORT = 100  # numbers among which one is chosen to be drawn
SHADES = " ░▒▓█"


def run_demos(jobs: Sequence[str], out: str | None = None) -> list[dict[str, Any]]:
    """Run the demo of each job, all of them if none is named.

    Returns:
        for each: what `guina train --json` and `guina score --json` print, and where the report is.
    """
    for job in jobs:
        if job not in SAMPLES:
            raise GuinaError(f"there is no demo of {job}", mend=did_you_mean(job, SAMPLES))
    chosen = list(dict.fromkeys(jobs or SAMPLES))
    folders = [str(Path(out, job)) if out and len(chosen) > 1 else out for job in chosen]
    # the first has used the time since the process began, the others what it took until their own turn: none
    ages = [process_age(), *[0.0] * len(chosen)]
    found = []
    for job, folder, age in zip(chosen, folders, ages, strict=False):
        try:
            found.append(run_demo(job, folder, age))
        except GuinaError as wrong:
            if jobs or (job == chosen[-1] and not found):
                raise
            note(f"no demo of {job}: {wrong}\n")  # such as a library that it needs: the others do without
    return found


def run_demo(job: str, out: str | None, age: float) -> dict[str, Any]:
    """Train on the job's sample, score on its test split, answer a few, write the report.

    Args:
        out: the run folder.
        age: seconds that had passed before; the training's time counts them.
    """
    sample, minutes = SAMPLES[job]
    note(f"guina train {job} {sample} --minutes {minutes:g}")
    kind = find(job)
    options = TrainingOptions(Limit(minutes=minutes), started=age)
    with interruptible() as stop:
        outcome = api.run_training(kind, sample, options, {}, out, progress_for(headline(kind).name), stop)
    run = load(outcome.run)
    result = run.score()
    known = headline(kind)
    metric = known.name
    others = ", ".join(
        f"{who} {formatted(known, scores[metric])}" for who, scores in result["baselines"].items() if metric in scores
    )
    note(
        f"\n{metric} {formatted(known, result['score'][metric])} on {counted(run.judge.noun, result['examples'])} of"
        f" the {result['split']} split, which it had not learned from (simplest baselines: {others})\n"
    )
    shows = {
        "classify": show_answers,
        "write": show_text,
        "generate": show_made,
        "translate": show_translations,
        "transcribe": show_transcripts,
        "caption": show_captions,
        "colorize": show_remade,
        "inpaint": show_remade,
    }
    note(shows[job](run))
    report = run.look()
    data, asked = YOURS[job]
    note(
        f"look inside:  open {report}\n"
        f"your own:     guina train {job} {data} --minutes 3\n"
        f"its answers:  guina predict {outcome.run} {asked}"
    )
    return {"train": asdict(outcome), "score": result, "report": str(report)}


def show_answers(run: Run, n: int = 6) -> str:
    """A few test pictures drawn with characters, and the answer to each below."""
    job = run.judge.job
    records = job.read(run.folder.info["source"], (TEST,))
    pictures = list(job.inputs(job.arrays(records.only(TEST)).first(n)))
    answers = run.predict(*pictures)
    rows = ["   ".join(drawn) for drawn in zip(*(draw(p) for p in pictures), strict=True)]
    width = len(draw(pictures[0])[0])
    captions = (f"{a['answer']}  {a['confidence']:.0%} sure".center(width) for a in answers)
    return "\n".join([*rows, "   ".join(captions)]) + "\n"


def show_text(run: Run) -> str:
    """What it writes after a few words."""
    return "".join(as_lines(run.parts([PROMPT], {"length": 400})))


def show_made(run: Run, n: int = 6) -> str:
    """A few pictures that it makes, each of the class below."""
    answers = run.predict(*range(n))
    rows = ["   ".join(drawn) for drawn in zip(*(draw(a.attachments[0].data) for a in answers), strict=True)]
    captions = (f"a made {a['class']}".center(len(rows[0]) // n - 2) for a in answers)
    return "\n".join([*rows, "   ".join(captions)]) + "\n"


def show_translations(run: Run, n: int = 6) -> str:
    """A few test sources with their translations, and what each part of one of them came from."""
    job = run.judge.job
    records = job.read(run.folder.info["source"], (TEST,)).only(TEST)
    pairs = list(zip(*(records.columns[side] for side in ("source", "target")), strict=True))
    shown = pairs[:: max(1, len(pairs) // n)][:n]
    flips = [source for source, _ in pairs if "und" in source.replace("hundert", "")]  # drei-und-zwanzig: ones first
    half = run.answering
    with evaluating(*half.nets.values()):
        asked = [source for source, _ in shown] + sorted(flips, key=len)[:SHORT]
        made = half.translated(asked, 5)  # pyright: ignore[reportAttributeAccessIssue]
    drawable = list(zip(asked, made, strict=True))[len(shown) if flips else 0 :]
    drawn, one = max(drawable, key=lambda pair: len(pair[1].source))  # in most units: there its order is seen
    width = max(len(source) for source, _ in shown)
    lines = [
        f"{source:>{width}} → {found.text}" + ("" if found.text == target else f"   (right: {target})")
        for (source, target), found in zip(shown, made, strict=False)
    ]
    found = half.origins(drawn, one)  # pyright: ignore[reportAttributeAccessIssue]
    told = [f"\n{drawn} → {one.text}, and what each part of it came from:\n"]
    return "\n".join([*lines, *told, *draw_weights(found.rows, found.columns, found.weights_KG)]) + "\n"


def show_transcripts(run: Run, n: int = 6) -> str:
    """A few test recordings with their transcripts, and how loud one of them is above what was heard when."""
    job = run.judge.job
    records = job.read(run.folder.info["source"], (TEST,)).only(TEST)
    waves, texts = job.arrays(records).values("wave", np.arange(len(records))), records.columns["text"]
    shown = [*range(0, len(waves), max(1, len(waves) // n))][:n]
    short = sorted(range(len(waves)), key=lambda k: len(waves[k]))[len(waves) // 8]
    half: Any = run.answering
    with evaluating(*half.nets.values()):
        *made, one = half.transcribed([waves[k] for k in (*shown, short)], half.Options().beam)
    names = [Path(path).name for path in records.columns["path"]]
    lines = [
        f"{names[k]}: {found.text}" + ("" if found.text == texts[k] else f"   (right: {texts[k]})")
        for k, found in zip(shown, made, strict=True)
    ]
    told = f"\n{names[short]}, how loud it is, and when each letter was heard:\n"
    return "\n".join([*lines, told, *draw_sound(waves[short], half.fitted, one.path_T)]) + "\n"


def draw_sound(wave_S: np.ndarray, fitted: Any, path_T: np.ndarray) -> list[str]:
    """How loud the loudest band is at each moment of a recording, and below it the units that are heard there first."""
    mel_1FM, _ = fitted.ears()(torch.from_numpy(wave_S)[None], torch.tensor([len(wave_S)]))
    loud_F = mel_1FM[0, :, -1].numpy()
    edges = np.arange(0, len(loud_F), fitted.stride)
    loud_T = np.add.reduceat(loud_F, edges) / np.diff(np.append(edges, len(loud_F)))
    low, high = np.quantile(loud_T, [0.05, 0.95])
    level_T = (
        np.clip((loud_T - low) / max(high - low, 1e-6) * (len(SHADES) - 1), 0, len(SHADES) - 1).round().astype(int)
    )
    new_T = (path_T != fitted.blank) & (path_T != np.append(-1, path_T[:-1]))
    said = [fitted.vocabulary.shown(int(unit)) if new else " " for unit, new in zip(path_T, new_T, strict=True)]
    return ["".join(SHADES[level] for level in level_T), "".join(text[:1] for text in said).rstrip()]


def show_captions(run: Run, n: int = 6) -> str:
    """What is said of a few test pictures, which show what no picture that was learned from does; and what is right."""
    job = run.judge.job
    arrays = job.arrays(job.read(run.folder.info["source"], (TEST,)).only(TEST)).first(n)
    answers = run.predict(*job.inputs(arrays))
    lines = []
    for name, answer, known in zip(
        arrays.names, answers, arrays.several("caption", np.arange(len(arrays))), strict=True
    ):
        said = answer["answer"]
        lines.append(f"{name}: {said}" + ("" if said in known else f"   (right: {known[0]})"))
    return "\n".join(lines) + "\n"


def show_remade(run: Run, n: int = 16) -> str:
    """Where a picture of a few test pictures lies: as they were given, as they were made, and in truth."""
    judge: Any = run.judge
    job = judge.job
    arrays = job.arrays(job.read(run.folder.info["source"], (TEST,)).only(TEST))
    true_NHWC = arrays.take("pixels", np.array(spread(range(len(arrays)), n), np.int64))
    with evaluating(*run.nets.values()):
        given_NHWC, made_NHWC = judge.before_and_after(run.nets, true_NHWC)
    rows = np.concatenate([given_NHWC, made_NHWC, true_NHWC])
    path = save_picture(enlarged(sheet(rows, len(true_NHWC), gap=1)), run.path / "remade.png")
    return f"{len(true_NHWC)} of them as they were given, as they were made, and in truth, row by row: {path}\n"


def enlarged(pixels_HWC: np.ndarray, times: int = 3) -> np.ndarray:
    """Each pixel as so many by so many."""
    return pixels_HWC.repeat(times, 0).repeat(times, 1)


def draw_weights(rows: Sequence[str], columns: Sequence[str], weights_RC: np.ndarray) -> list[str]:
    """Weights from 0 to 1 as lines of characters, two a column; the columns' names stand upright over them."""
    left, top = max(map(len, rows)), max(map(len, columns))
    head = [" " * left + " " + "".join(f"{name.rjust(top)[k]} " for name in columns).rstrip() for k in range(top)]
    level_RC = np.minimum((weights_RC * len(SHADES)).astype(int), len(SHADES) - 1)
    body = [
        f"{name:>{left}} " + "".join(SHADES[v] * 2 for v in row).rstrip()
        for name, row in zip(rows, level_RC, strict=True)
    ]
    return [*head, *body]


def draw(picture_HWC: np.ndarray) -> list[str]:
    """A small grey picture as lines of characters, two a pixel, as characters are twice as high as wide."""
    level = picture_HWC[:, :, 0].astype(int) * (len(SHADES) - 1) // 255
    return ["".join(SHADES[v] * 2 for v in row) for row in level]
