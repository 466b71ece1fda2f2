"""Word error rate of `guina train transcribe` at a wall-clock budget, as a user runs it: the whole process is timed.

    python bench/transcribe_score.py FOLDER [--minutes 15] [--seeds 0 1 2] [--who guina tutorial] [--speaker NAME ...]

FOLDER has train/ and test/, each with a transcripts.tsv of paths and texts. Each seed trains with `guina train
transcribe FOLDER --minutes M` and is scored on the test split, with the language model of the training texts and
without, beside the most frequent transcript and the nearest training recording.

With --speaker, recordings whose names have it between underscores are left out of the training and are the test split:
what is learned of other people's voices. "all" is each speaker in turn.

With --who tutorial, a network written in plain PyTorch as tutorials do (bench/tutorial_recogniser.py) learns from the
same recordings for as many minutes in the same script; it is scored alike. What follows -- are settings of guina's.
Run it on a quiet machine. Results are added to bench/results/transcribe_score.json, one row a run, and their means.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import GUINA, ROOT, commit, keep, machine, measured, of_kinds, recorded
from guina.word_errors import rates

SHOWN = 5  # transcripts that are kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--who", nargs="+", choices=("guina", "tutorial"), default=["guina"])
    parser.add_argument("--speaker", nargs="+", default=[""])
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args, settings = parser.parse_args(sys.argv[1:cut]), sys.argv[cut + 1 :]
    speakers = speakers_of(args.folder) if args.speaker == ["all"] else args.speaker
    for seed in args.seeds:
        for speaker in speakers:
            with tempfile.TemporaryDirectory() as temporary:
                folder = without(args.folder, speaker, Path(temporary) / args.folder.name) if speaker else args.folder
                for who in args.who:
                    before = machine()
                    run = of_guina if who == "guina" else of_other
                    row = {"data": args.folder.name, "left_out": speaker, "minutes": args.minutes, "who": who}
                    row |= {"seed": seed, **run(folder, args.minutes, seed, settings)}
                    row |= {
                        "commit": commit(),
                        "cpu": before["cpu"],
                        "cores": before["cores"],
                        "load_before": before["load"],
                    }
                    print({name: value for name, value in row.items() if name != "transcripts"}, flush=True)
                    keep("transcribe_score", row, key, means)


def of_guina(folder: Path, minutes: float, seed: int, settings: list[str]) -> dict[str, Any]:
    """A training and its scores on the test split."""
    with tempfile.TemporaryDirectory() as temporary:
        out = f"{temporary}/run"
        command = [*GUINA, "train", "transcribe", str(folder), "--minutes", f"{minutes:g}", "--seed", str(seed)]
        trained = measured([*command, "--out", out, "--json", *settings])
        scored = measured([*GUINA, "score", out, "--json"])
        asked = [str(path) for path, _ in rows_of(folder / "test")[:SHOWN]]
        answers = measured([*GUINA, "predict", out, *asked, "--json"])["json"]["answers"]
        return {
            **recorded(out, trained, scored, settings),
            "transcripts": [[Path(answer["input"]).name, answer["answer"]] for answer in answers],
        }


def of_other(folder: Path, minutes: float, seed: int, settings: list[str]) -> dict[str, Any]:
    """The tutorial's network, its transcripts scored as guina's are."""
    program = str(ROOT / "bench" / "tutorial_recogniser.py")
    done = measured([sys.executable, program, str(folder), "--minutes", f"{minutes:g}", "--seed", str(seed)])["json"]
    made, rows = done.pop("transcripts"), rows_of(folder / "test")
    found = rates(made, [text for _, text in rows])
    score = {"wer_greedy": found["wer"], "cer_greedy": found["cer"]}
    shown = [[path.name, text] for (path, _), text in zip(rows[:SHOWN], made, strict=False)]
    return {"settings": "", "split": "test", "score": score, "notes": [], **done, "transcripts": shown}


def rows_of(folder: Path) -> list[tuple[Path, str]]:
    """The recordings of a split and their texts."""
    lines = (folder / "transcripts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [(folder / path, text) for path, text, *_ in (line.split("\t") for line in lines)]


def speaker_of(path: Path) -> str:
    return path.stem.split("_")[1]


def speakers_of(folder: Path) -> list[str]:
    """Who speaks, by the middle of the files' names."""
    return sorted({speaker_of(path) for split in ("train", "test") for path, _ in rows_of(folder / split)})


def without(folder: Path, speaker: str, out: Path) -> Path:
    """The same recordings in other splits: one speaker's are the test split, all others' are for training."""
    lines: dict[str, list[str]] = {"train": ["path\ttext\tspeaker"], "test": ["path\ttext\tspeaker"]}
    for split in ("train", "test"):
        for path, text in rows_of(folder / split):
            where = "test" if speaker_of(path) == speaker else "train"
            name = f"{split}-{path.name}"
            (out / where).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, out / where / name)
            lines[where].append(f"{name}\t{text}\t{speaker_of(path)}")
    for where, rows in lines.items():
        (out / where / "transcripts.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return out


def key(row: dict[str, Any]) -> tuple:
    return row["data"], row["minutes"], row["who"], row["settings"], row["left_out"], row["seed"]


def means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over the seeds, or over the speakers that were left out."""
    known = ("data", "minutes", "who", "settings")
    found = of_kinds(
        rows, lambda row: {name: row[name] for name in known} | {"a speaker left out": bool(row["left_out"])}
    )
    return [
        {
            **kind,
            "runs": [[row["left_out"], row["seed"]] for row in some],
            "worst": {"wer": max(r["score"].get("wer", r["score"]["wer_greedy"]) for r in some)},
        }
        for kind, some in found
    ]


if __name__ == "__main__":
    main()
