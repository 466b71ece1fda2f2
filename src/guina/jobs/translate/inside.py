"""What a translator attended to, word by word.

Axes: R target units, C source units, K target words, G source words.
"""

from typing import TYPE_CHECKING

from guina.jobs.translate.wording import END, FEW, one_hot, words_of_units
from guina.panels import Alignment

if TYPE_CHECKING:
    from guina.jobs.translate.answering import Translated


def merged(source: str, one: "Translated") -> Alignment:
    """Attention between words, where units are pieces of them: how much of a word of the translation came from a word
    of the source.

    The attention to the pieces of a source word is added up, that of the pieces of a target word averaged; so rows sum
    to 1 as before. Sentences of less than `FEW` words stay in units: a number that is one long word.

    Example:
        >>> import numpy as np
        >>> from types import SimpleNamespace as Some
        >>> a_RC = np.array([[0.5, 0.25, 0.25, 0], [0.75, 0.25, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        >>> pieces = ("Ha", "us", "␣ist", "␣alt"), ("hou", "se", "␣is", "␣old")
        >>> one = Some(source=pieces[0], target=pieces[1], attention_RC=a_RC, text="house is old")
        >>> merged("Haus ist alt", one).weights_RC.tolist()
        [[0.875, 0.125, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    (row_R, rows), (column_C, columns) = words_of_units(one.target, one.text), words_of_units(one.source, source)
    if min(sum(word != END for word in side) for side in (rows, columns)) < FEW:
        return Alignment(source, one.text, one.target, one.source, one.attention_RC)
    to_source_RG = one.attention_RC @ one_hot(column_C, len(columns))
    member_RK = one_hot(row_R, len(rows))
    weights_KG = member_RK.T @ to_source_RG / member_RK.sum(0)[:, None]
    return Alignment(source, one.text, rows, columns, weights_KG)
