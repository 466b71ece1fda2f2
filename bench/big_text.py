"""The anonymous memory and the seconds that a text of some gigabytes takes: read, encoded, trained on for a few steps.

    python bench/big_text.py TEXT [--gigabytes 2] [--steps 50]

The text is written over and over into a temporary file, a number before each copy. Results go to
bench/results/big_text.json.
"""

import argparse
import os
import tempfile
from pathlib import Path

from common import GUINA, measured, save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--steps", type=int, default=50)
    args = parser.parse_args()
    text = Path(args.text).read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path, n = Path(folder) / "big.txt", 0
        with open(path, "w", encoding="utf-8") as file:
            while file.tell() < args.gigabytes * 1e9:
                file.write(f"{n}\n{text}\n")
                n += 1
        os.environ["GUINA_CACHE"] = f"{folder}/cache"
        out = ["--steps", str(args.steps), "--out", f"{folder}/run", "--json"]
        trained = measured([*GUINA, "train", "write", str(path), "--size", "small", *out])
        result = {"gigabytes": round(path.stat().st_size / 1e9, 2), "steps": args.steps}
    result |= {"seconds": trained["seconds"], "peak_anonymous_mb": trained["peak_anonymous_mb"]}
    print(result, save("big_text", result))


if __name__ == "__main__":
    main()
