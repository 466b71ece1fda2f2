"""Write the README's table of figures from bench/results/*.json, between its two markers.

python bench/table.py           rewrite README.md
python bench/table.py --check   exit with 1 if it would change
"""

import sys

from common import ROOT, read
from table_others import lab_rows, other_rows
from table_pictures import accuracy_rows, caption_rows, edit_rows, generate_rows, repaint_rows
from table_texts import transcribe_rows, translate_rows, write_rows

SAMPLE, END_OF_SAMPLE = "<!-- sample: written by bench/table.py -->", "<!-- end of sample -->"
BEGIN, END = "<!-- figures: written by bench/table.py -->", "<!-- end of figures -->"


def sample() -> str:
    """What was written after five minutes, as the README shows it."""
    rows = [r for r in read("write_score").get("rows", []) if r["minutes"] == 5 and not r["settings"]]
    if not rows:
        return f"{SAMPLE}\n{END_OF_SAMPLE}"
    row = rows[0]
    text = "\n".join(line.rstrip() for line in row["sample"].splitlines())
    told = f"After five minutes on two cores with {row['data']}, it goes on from “ROMEO:” like this:"
    return f"{SAMPLE}\n{told}\n\n```\n{text}\n```\n{END_OF_SAMPLE}"


def table() -> str:
    rows = accuracy_rows() + write_rows() + translate_rows() + transcribe_rows() + caption_rows() + repaint_rows()
    rows += generate_rows() + edit_rows() + lab_rows() + other_rows()
    note = (
        "Measured on two cores of machines that were lent for some hours each, AMD EPYC and Intel Xeon; which it was, "
        "the commit, the load and the day stand beside each figure in `bench/results/`."
    )
    head = ["| what | guina | beside it | time |", "|---|---|---|---|"]
    return "\n".join([BEGIN, *head, *rows, "", note, END])


def between(text: str, begin: str, end: str, new: str) -> str:
    """The text with what stands from one marker to the other replaced."""
    before, _, rest = text.partition(begin)
    return before + new + rest.partition(end)[2]


def main() -> None:
    path = ROOT / "README.md"
    text = path.read_text()
    new = between(between(text, BEGIN, END, table()), SAMPLE, END_OF_SAMPLE, sample())
    if "--check" in sys.argv:
        sys.exit(0 if new == text else 1)
    path.write_text(new)


if __name__ == "__main__":
    main()
