"""How often an edited picture is told as the class it was moved to, by a classifier that was trained apart.

    python bench/edit_score.py FOLDER [--minutes 5] [--judge-minutes 2] [--pictures 200] [--seeds 0 1 2]
                               [--run RUN] [--judge RUN] [--steps 300] [--sheet FILE]

FOLDER has classes and a test split (Fashion-MNIST). Each seed trains `guina train generate FOLDER --minutes M` and
`guina train classify FOLDER --minutes J` with another seed, or takes runs that there are. Moved to another class are
samples (the same noise, asked for as that class) and test pictures (`guina edit`, with their class unknown to it).
The score: the shares that are told as the class they were moved to, of samples and of all the real pictures (refused
ones count as failed; of those that were not refused beside it), and how well real pictures come back. Beside it: how
often the classifier is right about real test pictures, and about samples that are not moved. Results are added to
bench/results/edit_score.json, one row a run; their means stand beside. What follows -- are settings of generate.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import guina
from common import GUINA, commit, keep, machine, measured, of_kinds
from guina.answering.answer import Answer
from guina.data.picture_files import save_picture, sheet
from guina.data.records import TEST
from guina.jobs.generate.answering import GenerateAnswering

JUDGE_SEED = 1000  # what is added to the seed of the classifier, which must have nothing of the generator's
SHOWN = 40  # edits on the sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--judge-minutes", type=float, default=2)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--run", help="a run of generate, instead of training one")
    parser.add_argument("--judge", help="a run of classify, instead of training one")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--sheet", type=Path, help="where a sheet of edits is written: before, reconstructed, edited")
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args, settings = parser.parse_args(sys.argv[1:cut]), sys.argv[cut + 1 :]
    for seed in args.seeds:
        before = machine()
        with tempfile.TemporaryDirectory() as temporary:
            run = args.run or of_job("generate", args.folder, args.minutes, seed, f"{temporary}/generate", settings)
            other = seed + JUDGE_SEED
            judge = args.judge or of_job("classify", args.folder, args.judge_minutes, other, f"{temporary}/judge", [])
            row = of_one(args, guina.load(run), guina.load(judge))
        named = {"data": args.folder.name, "minutes": args.minutes, "steps": args.steps, "seed": seed}
        row = {**named, "settings": " ".join(settings), **row}
        row |= {"commit": commit(), "cpu": before["cpu"], "load_before": before["load"]}
        print(row, flush=True)
        keep("edit_score", row, key, means)


def of_job(job: str, folder: Path, minutes: float, seed: int, out: str, settings: list[str]) -> str:
    """A run, trained as a user trains one."""
    named = [str(folder), "--minutes", f"{minutes:g}", "--seed", str(seed), "--out", out, "--json"]
    measured([*GUINA, "train", job, *named, *settings])
    return out


def of_one(args: argparse.Namespace, run: guina.Run, judge: guina.Run) -> dict[str, Any]:
    """The shares, of samples and of real pictures."""
    half = run.answering
    assert isinstance(half, GenerateAnswering), "a run of generate"
    classes, job = half.fitted.classes, run.judge.job
    arrays = job.arrays(job.read(str(args.folder), (TEST,)).only(TEST)).first(args.pictures)
    x_NHWC, of_N = arrays.all("pixels"), arrays.all("target")
    to_N = (of_N + np.random.default_rng(0).integers(1, len(classes), len(of_N))) % len(classes)

    def told(pixels: list[np.ndarray], class_N: np.ndarray) -> float:
        """The share of pictures that the classifier tells as these classes."""
        answers = judge.predict(*pixels)
        return float(np.mean([answer.output == classes[k] for answer, k in zip(answers, class_N, strict=True)]))

    made = {name: samples(run, classes, class_N) for name, class_N in (("own", of_N), ("moved", to_N))}
    begun = time.perf_counter()
    answers = edits(run, x_NHWC, [classes[k] for k in to_N], args.steps)
    seconds = time.perf_counter() - begun
    whole = [n for n, answer in enumerate(answers) if not answer.error]
    if not whole:
        raise SystemExit(f"all {len(answers)} pictures were refused: {answers[0].error}")
    facts = [answers[n].facts for n in whole]
    psnr_N = np.array([each["reconstruction"]["psnr"] for each in facts])
    share = told([answers[n].attachments[-1].data for n in whole], to_N[whole])
    if args.sheet:
        save_picture(sheet(np.stack([answers[n].attachments[0].data for n in whole[:SHOWN]]), 4), args.sheet)
    right = [each["classes"]["of"] == classes[of_N[n]] for n, each in zip(whole, facts, strict=True)]
    return {
        "pictures": len(answers),
        "score": {
            "samples_told": told(made["moved"], to_N),
            "real_told": share * len(whole) / len(answers),
            "real_told_of_edited": share,
            "refused": 1 - len(whole) / len(answers),
            "psnr": float(psnr_N.mean()),
            "psnr_least": float(psnr_N.min()),
            "pixels_changed": float(np.mean([each["changed"]["pixels"] for each in facts])),
            "class_found": float(np.mean(right)),
            "judge_right": told(list(x_NHWC), of_N),
            "samples_own_told": told(made["own"], of_N),
        },
        "seconds_of_edits": round(seconds, 1),
        "size": run.folder.info["settings"]["size"],
        "fd": run.outcome["score"]["fd"],
        "judge_accuracy": judge.outcome["score"]["accuracy"],
    }


def samples(run: guina.Run, classes: tuple[str, ...], class_N: np.ndarray) -> list[np.ndarray]:
    """A picture of each class, of the seeds 0, 1, 2, …"""
    found: dict[int, np.ndarray] = {}
    for k in np.unique(class_N):
        seeds = np.flatnonzero(class_N == k).tolist()
        answers = run.predict(*seeds, options={"of": classes[k]})
        found |= {seed: answer.attachments[0].data for seed, answer in zip(seeds, answers, strict=True)}
    return [found[n] for n in range(len(class_N))]


def edits(run: guina.Run, x_NHWC: np.ndarray, to: list[str], steps: int) -> list[Answer]:
    """Each picture moved to a class of its own."""
    found: dict[int, Answer] = {}
    for name in sorted(set(to)):
        mine = [n for n, other in enumerate(to) if other == name]
        answers = run.edit(*(x_NHWC[n] for n in mine), options={"to": name, "steps": steps})
        found |= dict(zip(mine, answers, strict=True))
    return [found[n] for n in range(len(to))]


def key(row: dict[str, Any]) -> tuple:
    return row["data"], row["minutes"], row["steps"], row["settings"], row["seed"]


def means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over the seeds of each kind of run."""
    known = ("data", "minutes", "steps", "settings")
    found = of_kinds(rows, lambda row: {name: row[name] for name in known})
    return [{**kind, "seeds": [row["seed"] for row in some]} for kind, some in found]


if __name__ == "__main__":
    main()
