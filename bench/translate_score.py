"""BLEU of `guina train translate` at a wall-clock budget, as a user runs it: the whole process is timed.

    python bench/translate_score.py FOLDER [--direction de-en] [--minutes 15] [--seeds 0 1 2] [--who guina tutorial]

FOLDER has train.de, train.en, val.de, ..., test_2016_flickr.de and so on; en-fr is the other direction of interest.
Each seed trains with `guina train translate FOLDER --source de --target en --minutes M` and is scored on the test
split: cased, detokenised sacreBLEU with its signature, by beam and by greedy search, beside copying and the word table.

With --who tutorial, the transformer of PyTorch's own tutorial (bench/tutorial_translator.py) learns from the same pairs
for as many minutes in the same script, in float32, and in bfloat16 too where guina would take that; it is scored alike.
What follows -- are settings of guina's. Run it on a quiet machine. Results are added to
bench/results/translate_score.json, one row a run; their means stand beside.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import GUINA, ROOT, commit, keep, machine, measured, of_kinds, recorded
from guina.bleu import bleu, chrf
from guina.runtime import set_up
from tutorial_translator import lines

TEST = "test_2016_flickr"
SHOWN = 5  # translations that are kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--direction", default="de-en")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--who", nargs="+", choices=("guina", "tutorial"), default=["guina"])
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args, settings = parser.parse_args(sys.argv[1:cut]), sys.argv[cut + 1 :]
    half = ["tutorial bf16"] if "tutorial" in args.who and set_up().precision == "bfloat16" else []
    for seed in args.seeds:
        for who in (*args.who, *half):
            before = machine()
            measure = of_guina(args, seed, settings) if who == "guina" else of_other(args, seed, who)
            row = {"direction": args.direction, "minutes": args.minutes, "who": who, "seed": seed, **measure}
            row |= {"commit": commit(), "cpu": before["cpu"], "cores": before["cores"], "load_before": before["load"]}
            print({name: value for name, value in row.items() if name != "translations"}, flush=True)
            keep("translate_score", row, key, means)


def of_guina(args: argparse.Namespace, seed: int, settings: list[str]) -> dict[str, Any]:
    """A training and its scores on the test split."""
    source, target = args.direction.split("-")
    named = [str(args.folder), "--source", source, "--target", target, "--minutes", f"{args.minutes:g}"]
    with tempfile.TemporaryDirectory() as temporary:
        out = f"{temporary}/run"
        trained = measured(
            [*GUINA, "train", "translate", *named, "--seed", str(seed), "--out", out, "--json", *settings]
        )
        scored = measured([*GUINA, "score", out, "--json"])
        asked = lines(args.folder / f"{TEST}.{source}")[:SHOWN]
        answers = measured([*GUINA, "predict", out, *asked, "--json"])["json"]["answers"]
        return {
            **recorded(out, trained, scored, settings),
            "translations": [[answer["input"], answer["answer"]] for answer in answers],
        }


def of_other(args: argparse.Namespace, seed: int, who: str) -> dict[str, Any]:
    """The tutorial's transformer, its translations scored as guina's are."""
    source, target = args.direction.split("-")
    program = str(ROOT / "bench" / "tutorial_translator.py")
    command = [sys.executable, program, str(args.folder), source, target, "--minutes", f"{args.minutes:g}"]
    done = measured([*command, "--seed", str(seed), "--test", TEST, *(["--bf16"] if "bf16" in who else [])])["json"]
    made, known = done.pop("translations"), [[text] for text in lines(args.folder / f"{TEST}.{target}")]
    words = bleu(made, known)
    score = {"bleu_greedy": words.score, "chrf_greedy": chrf(made, known).score, "length_ratio": words.length_ratio}
    asked = lines(args.folder / f"{TEST}.{source}")
    shown = [[asked[n], made[n]] for n in range(min(SHOWN, len(made)))]
    return {"settings": "", "split": "test", "score": score, "notes": [words.signature], **done, "translations": shown}


def key(row: dict[str, Any]) -> tuple:
    return row["direction"], row["minutes"], row["who"], row["settings"], row["seed"]


def means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over the seeds of each kind of run."""
    known = ("direction", "minutes", "who", "settings")
    found = of_kinds(rows, lambda row: {name: row[name] for name in known})
    return [{**kind, "seeds": [row["seed"] for row in some]} for kind, some in found]


if __name__ == "__main__":
    main()
