"""How long `guina check` takes where nothing is cached, as a user runs it.

    python bench/check.py JPEG_FOLDER IDX_FOLDER

Results go to bench/results/check.json: the median of three.
"""

import argparse
import os
import statistics
import tempfile

from common import GUINA, measured, save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jpeg")
    parser.add_argument("idx")
    args = parser.parse_args()
    rows = [check(args.jpeg, "JPEG files"), check(args.idx, "pictures in idx files")]
    print(rows, save("check", {"rows": rows}))


def check(folder: str, kind: str) -> dict:
    seconds, found, peaks = [], {}, []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as empty:
            os.environ["GUINA_CACHE"] = empty
            result = measured([*GUINA, "check", "classify", folder, "--out", f"{empty}/check.html", "--json"])
        seconds.append(result["seconds"])
        peaks.append(result["peak_anonymous_mb"])
        found = result["json"]
    pictures = sum(found["splits"].values())
    return {"kind": kind, "files": pictures, "seconds": statistics.median(seconds), "peak_anonymous_mb": max(peaks)}


if __name__ == "__main__":
    main()
