"""What pairs are worth: BLEU of `guina train translate` learned from parts of the same pairs, for `guina check`'s line.

    python bench/translate_curve.py FOLDER [--direction de-en] [--minutes 3] [--pairs 1000 3000 10000 29000]

FOLDER has train.de, train.en, val.de, ..., test_2016_flickr.de and so on. Each part is the first so many lines of the
training files, learned from for as many minutes. Run it on a quiet machine: bench/results/translate_curve.json.
"""

import argparse
import tempfile
from pathlib import Path

from common import GUINA, commit, machine, measured, save

TEST = "test_2016_flickr"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--direction", default="de-en")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--pairs", type=int, nargs="+", default=[1000, 3000, 10000, 29000])
    args = parser.parse_args()
    source, target = args.direction.split("-")
    rows = []
    for pairs in args.pairs:
        with tempfile.TemporaryDirectory() as temporary:
            data, out = Path(temporary, "data"), f"{temporary}/run"
            data.mkdir()
            for side in (source, target):
                for split, most in (("train", pairs), ("val", None), (TEST, None)):
                    lines = (args.folder / f"{split}.{side}").read_text("utf-8").split("\n")[:-1][:most]
                    (data / f"{split}.{side}").write_text("\n".join(lines) + "\n", "utf-8")
            named = [str(data), "--source", source, "--target", target, "--minutes", f"{args.minutes:g}"]
            trained = measured([*GUINA, "train", "translate", *named, "--out", out, "--json"])["json"]
            scored = measured([*GUINA, "score", out, "--json"])["json"]
        row = {"pairs": pairs, "epochs": trained["epochs"], "score": scored["score"], "baselines": scored["baselines"]}
        print(row, flush=True)
        rows.append(row)
    told = {"direction": args.direction, "minutes": args.minutes, "split": "test", "commit": commit()}
    save("translate_curve", {**told, "cpu": machine()["cpu"], "rows": rows})


if __name__ == "__main__":
    main()
