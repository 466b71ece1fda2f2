"""What is likely to be said: the language model that the search through the network's outputs asks.

Where words are said again and again, letters are foretold by the words that they may belong to (spelled_model.py);
where they are not, as in a script without spaces, by the letters before them; and where the units are words or pieces,
by those before them (ngram_model.py).
"""

from collections.abc import Sequence
from itertools import count, takewhile

import numpy as np
import torch
from torch import Tensor

from guina.data.ngram_model import NgramModel, count_ngrams
from guina.data.spelled_model import SpelledModel, parted, spell
from guina.data.vocabulary import Vocabulary

ORDER = 4  # units of the longest n-grams, where units are no letters
LETTERS = 6  # and where they are
AGAIN = 2.0  # how often words are said in the mean, from which letters are foretold by words

Model = NgramModel | SpelledModel


def learn_language(texts: Sequence[np.ndarray], vocabulary: Vocabulary) -> Model:
    """The model of some texts.

    Args:
        texts: in units. The number after the last unit is the network's blank, and stands for the end of a text.
    """
    V, blank = vocabulary.size + 1, vocabulary.size
    said = [text.tolist() for text in texts]
    if vocabulary.kind != "char":
        return count_ngrams(said, V, blank, ORDER)
    space = int(vocabulary.encode(" ")[0])
    words = [word for text in said for word in parted(tuple(text), space) if word]
    if len(words) >= AGAIN * len(set(words)):
        return spell(said, V, blank, space, letters=LETTERS)
    return count_ngrams(said, V, blank, LETTERS)


def to_tensors(model: Model) -> dict[str, Tensor]:
    """A model on its way to disk."""
    if isinstance(model, NgramModel):
        return {"blank": torch.tensor([model.V, model.blank]), **counts_to_tensors(model, "")}
    lengths = torch.tensor([len(word) for word in model.spelling], dtype=torch.int64)
    flat = torch.tensor([letter for word in model.spelling for letter in word], dtype=torch.int64)
    numbers = torch.tensor([model.letters.V, model.letters.blank, model.space])
    facts = {"blank": numbers, "share": torch.tensor([model.share]), "spelling": flat, "lengths": lengths}
    return {**facts, **counts_to_tensors(model.letters, "letters "), **counts_to_tensors(model.words, "words ")}


def from_tensors(tensors: dict[str, Tensor]) -> Model:
    """The model that `to_tensors` made these of."""
    V, blank, *space = tensors["blank"].tolist()
    if not space:
        return counts_from_tensors(tensors, "", V, blank)
    ends = np.cumsum(tensors["lengths"].numpy())[:-1]
    spelling = [tuple(word.tolist()) for word in np.split(tensors["spelling"].numpy(), ends)]
    spelling = [word for word in spelling if word]  # of no words at all one empty piece is left
    letters = counts_from_tensors(tensors, "letters ", V, blank)
    words = counts_from_tensors(tensors, "words ", len(spelling) + 2, 0)
    return SpelledModel(letters, words, spelling, space[0], round(tensors["share"].item(), 6))


def counts_to_tensors(model: NgramModel, name: str) -> dict[str, Tensor]:
    columns = {"keys": model.keys, "counts": model.counts}
    return {f"{name}{what} {n}": torch.from_numpy(one) for what, all_ in columns.items() for n, one in enumerate(all_)}


def counts_from_tensors(tensors: dict[str, Tensor], name: str, V: int, blank: int) -> NgramModel:
    orders = [*takewhile(lambda n: f"{name}keys {n}" in tensors, count())]
    keys, counts = ([tensors[f"{name}{what} {n}"].numpy() for n in orders] for what in ("keys", "counts"))
    return NgramModel(V, blank, tuple(keys), tuple(counts))
