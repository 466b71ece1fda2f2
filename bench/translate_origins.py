"""How often attention, and how often blanking a word, points to the word of the source that a word was translated from.

    python bench/translate_origins.py RUN [--sentences 200]

A table of words (IBM model 1), learned from the run's training pairs, says which words translate each other. Counted
are the words of validation translations that are the table's translation of exactly one word of their source: is the
largest weight in their row that word's? Results: bench/results/translate_origins.json.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import guina
from common import save
from guina.data.records import TRAIN, VAL
from guina.jobs.translate.baseline import WordTable, learn_words
from guina.jobs.translate.inside import merged
from guina.panels import spread
from guina.runtime import evaluating


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--sentences", type=int, default=200)
    args = parser.parse_args()
    run = guina.load(args.run)
    records = run.judge.job.read(run.folder.info["source"], (TRAIN, VAL))
    train = records.only(TRAIN).columns
    table = learn_words(train["source"], train["target"])
    some = spread(list(dict.fromkeys(records.only(VAL).columns["source"])), args.sentences)
    half: Any = run.answering
    found: dict[str, list[bool]] = {"attention": [], "blanking": []}
    with evaluating(*half.nets.values()):
        for text, made in zip(some, half.translated(some, 5), strict=True):
            for way, drawn in (("attention", merged(text, made)), ("blanking", half.origins(text, made))):
                found[way] += hits(
                    table, drawn.rows, drawn.columns, drawn.weights_KG if way == "blanking" else drawn.weights_RC
                )
    result = {way: {"right": float(np.mean(each)), "words": len(each)} for way, each in found.items()}
    print(result)
    save("translate_origins", {"run": Path(run.folder.info["source"]).name, "sentences": len(some), **result})


def hits(table: WordTable, rows: Sequence[str], columns: Sequence[str], weights_RC: np.ndarray) -> list[bool]:
    """Of the words that the table explains by one word of the source: whether their largest weight is that word's."""
    seen = [table.meaning.get(word, "") for word in columns]
    likeliest_R = weights_RC.argmax(1)
    return [
        bool(likeliest_R[r] == seen.index(word))
        for r, word in enumerate(rows)
        if seen.count(word) == 1 and list(rows).count(word) == 1
    ]


if __name__ == "__main__":
    main()
