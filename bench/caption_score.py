"""BLEU-4 and CIDEr-D of `guina train caption` at a wall-clock budget, as a user runs it: the whole process is timed.

    python bench/caption_score.py FOLDER [--minutes 15] [--seeds 0 1 2] [--who guina blind]

FOLDER has train/ and dev/, each with pictures and a captions.csv (flickr8k as it is laid out). Each seed trains with
`guina train caption FOLDER --minutes M` and is scored on the judged split, beside one sentence for all pictures and
what was said of the most similar training pictures. With --who blind the same is trained on captions that were dealt to
other training pictures: what can be said without looking. What follows -- are settings of guina's. Run it on a quiet
machine. Results are added to bench/results/caption_score.json, one row a run; their means stand beside.
"""

import argparse
import csv
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import GUINA, commit, keep, machine, measured, of_kinds, recorded

SHOWN = 8  # captions that are kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--who", nargs="+", choices=("guina", "blind"), default=["guina"])
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args, settings = parser.parse_args(sys.argv[1:cut]), sys.argv[cut + 1 :]
    for seed in args.seeds:
        for who in args.who:
            before = machine()
            with tempfile.TemporaryDirectory() as temporary:
                data = args.folder if who == "guina" else dealt(args.folder, Path(temporary, "data"), seed)
                row = of_one(args, seed, settings, data, f"{temporary}/run")
            row = {"data": args.folder.name, "minutes": args.minutes, "who": who, "seed": seed, **row}
            row |= {"commit": commit(), "cpu": before["cpu"], "cores": before["cores"], "load_before": before["load"]}
            print({name: value for name, value in row.items() if name != "captions"}, flush=True)
            keep("caption_score", row, key, means)


def dealt(folder: Path, to: Path, seed: int) -> Path:
    """A copy of the data in which each training picture has the captions of another one."""
    shutil.copytree(folder, to)
    table = to / "train" / "captions.csv"
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    names = list(dict.fromkeys(row[0] for row in rows))
    others = names[:]
    random.Random(seed).shuffle(others)
    other = dict(zip(names, others, strict=True))
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *([other[row[0]], *row[1:]] for row in rows)])
    return to


def of_one(args: argparse.Namespace, seed: int, settings: list[str], data: Path, out: str) -> dict[str, Any]:
    """A training and its scores."""
    named = [str(data), "--minutes", f"{args.minutes:g}", "--seed", str(seed), "--out", out]
    trained = measured([*GUINA, "train", "caption", *named, "--json", *settings])
    scored = measured([*GUINA, "score", out, "--json"])
    asked = sorted(path for path in (data / "dev").iterdir() if path.suffix in (".jpg", ".png"))
    asked = asked[:: max(1, len(asked) // SHOWN)][:SHOWN]
    answers = measured([*GUINA, "predict", out, *map(str, asked), "--json"])["json"]["answers"]
    return {
        **recorded(out, trained, scored, settings),
        "captions": [[Path(answer["input"]).name, answer["answer"]] for answer in answers],
    }


def key(row: dict[str, Any]) -> tuple:
    return row["data"], row["minutes"], row["who"], row["settings"], row["seed"]


def means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over the seeds of each kind of run."""
    known = ("data", "minutes", "who", "settings")
    found = of_kinds(rows, lambda row: {name: row[name] for name in known})
    return [{**kind, "seeds": [row["seed"] for row in some]} for kind, some in found]


if __name__ == "__main__":
    main()
