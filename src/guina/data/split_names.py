"""Which names say a split: the one place that knows the words, for folders, files, tables' values and texts.

A name says a split for certain if nothing else is in it but fillers and numbers: train, Training_Set, test2017,
val-images. A name with other words (pets_train, test_tube) says one only in company: see `splits_of_names`.
"""

import re
import unicodedata
from collections.abc import Sequence

from guina.data.records import TEST, TRAIN, VAL
from guina.errors import GuinaError

WORDS = {
    **dict.fromkeys(("train", "training", "trainval"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VAL),
    **dict.fromkeys(("test", "testing", "t10k"), TEST),
}
EITHER = ("eval", "evaluation", "holdout", "heldout")  # to judge by, but in training or after it?
FILLERS = (
    *("set", "sets", "split", "data", "dataset", "folder", "dir", "files", "file", "samples", "examples", "part"),
    *("image", "images", "img", "imgs", "picture", "pictures", "pics", "photo", "photos", "jpg", "jpeg", "png"),
)
SPEAKS = re.compile("|".join((*WORDS, *EITHER, "held-out", "hold-out")), re.IGNORECASE)  # what most names do not
GLUED = re.compile(f"^({'|'.join(sorted((*WORDS, *EITHER), key=len, reverse=True))})({'|'.join(FILLERS)})$")


def words_of(name: str) -> list[str]:
    """The words of a name in small letters, without fillers and numbers.

    Example:
        >>> words_of("TrainingSet"), words_of("01_test-images (2017)"), words_of("valset2"), words_of("t10k")
        (['training'], ['test'], ['val'], ['t10k'])
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFC", name))
    words: list[str] = []
    for word in re.split(r"[\W_]+", spaced.lower().replace("held-out", "heldout").replace("hold-out", "holdout")):
        for piece in [word] if word in WORDS else re.split(r"[0-9]+", word):
            glued = GLUED.match(piece)
            words.append(glued[1] if glued else piece)
    return [word for word in words if word and word not in FILLERS]


def split_named(name: str) -> str | None:
    """The split that a name says for certain: train, test_2016, ValidationSet, t10k …; None if it says none.

    Example:
        >>> split_named("t10k"), split_named("Validation_set"), split_named("test2017"), split_named("test_tube")
        ('test', 'val', 'test', None)
    """
    words = words_of(name) if SPEAKS.search(name) else []
    return WORDS.get(words[0]) if len(words) == 1 else None


def split_within(name: str) -> str | None:
    """The split that any word of a file's name says.

    Example:
        >>> split_within("emnist-letters-train"), split_within("t10k"), split_within("contest")
        ('train', 'test', None)
    """
    return next((WORDS[word] for word in words_of(name) if word in WORDS), None)


def split_begun(name: str) -> str | None:
    """The split that a name begins with, whatever follows behind a mark.

    Example:
        >>> split_begun("test_b.txt"), split_begun("Test of time.txt")
        ('test', None)
    """
    return split_named(re.split(r"[-_.]", name, maxsplit=1)[0])


def splits_of_names(names: Sequence[str], where: object) -> list[str | None]:
    """The split that each of some names side by side says.

    Those that are certain; of names with other words those whose other words are the same for two splits (pets_train,
    pets_test); eval and holdout are the split that is lacking.

    Raises:
        GuinaError: eval or holdout beside a split, and both val and test are lacking.

    Example:
        >>> splits_of_names(["seg_train", "seg_test", "seg_pred"], ".")
        ['train', 'test', None]
        >>> splits_of_names(["train", "eval", "test"], "."), splits_of_names(["test_tube", "train_set"], ".")
        (['train', 'val', 'test'], [None, 'train'])
    """
    found = [split_named(name) for name in names]
    rests = [rest_of(name) for name in names]
    partners: dict[tuple[str, ...], set[str]] = {}
    for split, rest in filter(None, rests):
        partners.setdefault(rest, set()).add(split)
    for n, said in enumerate(rests):
        if said and not found[n] and len(partners[said[1]]) > 1:
            found[n] = said[0]
    either = [n for n, name in enumerate(names) if words_of(name) and set(words_of(name)) <= set(EITHER)]
    if not either or TRAIN not in found:
        return found
    lacking = [split for split in (VAL, TEST) if split not in found]
    if len(lacking) != 1 or len(either) > 1:
        said = " and ".join(names[n] for n in either)
        raise GuinaError(
            f"{where}: {said} may be the val split or the test split",
            "val for what is judged by during the training, test for what is judged by after it",
            f"rename {said} to val or test",
        )
    found[either[0]] = lacking[0]
    return found


def splits_of_entries(folders: Sequence[str], files: Sequence[str], where: object) -> dict[str, str | None]:
    """The split that each folder's and each file's name side by side says for certain.

    Of a file's name that is what stands before its first dot, or before its last, or all of it, whichever says one
    first. Several files may be of one split.

    Raises:
        GuinaError: see `splits_of_names`.

    Example:
        >>> splits_of_entries(["test"], ["train-1.de.txt", "train-2.txt", "eval.txt", "notes.txt"], ".")
        {'test': 'test', 'train-1.de.txt': 'train', 'train-2.txt': 'train', 'eval.txt': 'val', 'notes.txt': None}
        >>> splits_of_entries([], ["wiki.train.tokens", "wiki.test.tokens"], ".")
        {'wiki.train.tokens': 'train', 'wiki.test.tokens': 'test'}
    """
    found: dict[str, str | None] = dict.fromkeys((*folders, *files))
    for part_of in (lambda name: name.split(".")[0], lambda name: name.rsplit(".", 1)[0], str):
        parts = {name: name for name in folders} | {name: part_of(name) for name in files}
        words = {name: tuple(words_of(part)) for name, part in parts.items() if SPEAKS.search(part)}
        spoken = {words[name]: parts[name] for name in words}
        said = dict(zip(spoken, splits_of_names(list(spoken.values()), where), strict=True))
        found |= {name: found[name] or said[words[name]] for name in words}
    return found


def rest_of(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The split that one word at an end of a name says, and the other words; None if there is not exactly one."""
    words = words_of(name)
    said = [n for n, word in enumerate(words) if word in WORDS]
    if len(words) < 2 or len(said) != 1 or said[0] not in (0, len(words) - 1):
        return None
    return WORDS[words[said[0]]], (*words[: said[0]], *words[said[0] + 1 :])
