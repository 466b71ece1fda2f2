"""How good captions are: BLEU and CIDEr-D beside what people said, and beside what can be said without looking.

Each picture is captioned once; all its captions are its references. Both scores are of words in small letters without
punctuation. Beside them stand one sentence for all pictures, what was said of the most similar training pictures, and
the same writer before another picture's features.

Axes: N pictures, H W pixels, C channels, F features, W words that name something.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import torch

from guina.answering.base import Nets, Saved
from guina.bleu import Bleu, bleu, cautions
from guina.cider import Documents, cider_d
from guina.cider import cautions as cider_cautions
from guina.cider import words as plain_words
from guina.data.arrays import Arrays
from guina.engine.judge import Judge, Scores, Snap, a_line_each, digest_of
from guina.engine.metric import Metric
from guina.jobs.caption.answering import CaptionAnswering, Captioned, writes
from guina.jobs.caption.baseline import SAID, nearest, of_the_nearest, plain, usual_caption
from guina.jobs.caption.fitted import CaptionFitted, Manner
from guina.jobs.caption.panels import Shown, caption_panels
from guina.panels import Panel

FINAL = 500  # pictures that are captioned at the end of a training
MOST = 5000  # pictures that `guina score` captions
SHOWN = 200  # pictures that the report looks at
WATCHED = 8  # pictures that are captioned at moments of the training
TRIED = 200  # pictures on which searches are tried
GREEDY = Manner("greedy")
MANNERS = (Manner("beam"), Manner("risk", sharpness=0.2))  # that are tried
GUESSES = 5  # words of which it is asked whether a caption has them


@dataclass
class Memory:
    """What was found out last.

    Args:
        weights: a hash of the networks that made the captions.
        captions: by search and row of the pictures that were judged.
        arrays, nets: whose rows these are, and who made the captions.
        usual: the training arrays, and one sentence for all pictures.
    """

    weights: bytes = b""
    arrays: Arrays | None = None
    captions: dict[tuple[Manner, int], Captioned] = field(default_factory=dict)
    usual: tuple[Arrays, str] | None = None
    nets: Nets | None = None


class CaptionJudge(Judge):
    """Scores and shows a captioner. While it trains, captions are greedy ones.

    Args:
        known_C: the hashes of the training captions, see `hashes`.
    """

    noun = "picture"
    validation_limit = 300
    final_limit = FINAL
    final_passes = 7.0
    probed = 32
    proven = 64
    trained_share = 1 / 2
    leaps = True  # while the first network learns to see, nothing is said
    metrics = (
        Metric("bleu4", "more", says="words in a row, up to four, that people said too, 0 to 100"),
        Metric("cider_d", "more", says="the same, rare words counting more, 0 to 10"),
        Metric("bleu4_greedy", "more", says="bleu4 without a search: always the likeliest next word"),
        Metric("cider_d_greedy", "more", says="cider_d without a search"),
        Metric("named", "more", "share", f"of the {GUESSES} likeliest words of a picture, those that some caption has"),
        Metric("new", unit="share", says="captions that no training picture has, capitals and punctuation apart"),
        Metric("words_used", says="different words in all these captions"),
        Metric("length_ratio", says="words of the captions, as a ratio to people's of like length"),
        Metric("bleu4_blind", "more", says="bleu4 of what is said of another picture"),
        Metric("cider_d_blind", "more", says="cider_d of the same"),
    )

    def __init__(self, job: object, known_C: np.ndarray | None = None) -> None:
        super().__init__(job)
        self.known_C = np.empty(0, np.int64) if known_C is None else known_C
        self._memory = Memory()

    def saved(self) -> Saved:
        """The hashes of the training captions, by which it knows new ones."""
        return Saved({}, {"known": torch.from_numpy(self.known_C)})

    @property
    def fitted(self) -> CaptionFitted:
        return self.job.fitted

    def answering(self, nets: Nets) -> CaptionAnswering:
        return self.job.answering(nets)

    # --- scores ---

    def captions(self, nets: Nets, arrays: Arrays, some: np.ndarray, manner: Manner) -> list[Captioned]:
        """The captions of some pictures, remembered until other networks or pictures are asked for."""
        memory, weights = self._memory, digest_of(nets)
        if memory.weights != weights or memory.arrays is not arrays:
            memory.weights, memory.arrays, memory.captions, memory.nets = weights, arrays, {}, nets
        new = [int(n) for n in some if (manner, int(n)) not in memory.captions]
        if new:
            made = self.answering(nets).captioned(arrays.take("pixels", np.array(new)), manner)
            memory.captions.update({(manner, n): one for n, one in zip(new, made, strict=True)})
        return [memory.captions[manner, int(n)] for n in some]

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """With a limit a quick look: greedy captions. Without one at most `FINAL` pictures."""
        some = rows_of(arrays, limit or FINAL)
        if not begun(nets):
            return {"bleu4": 0.0, "cider_d": 0.0, "named": self.named(nets, arrays, some)}
        if limit is not None:
            made = self.captions(nets, arrays, some, GREEDY)
            return scored(texts_of(made), references_of(arrays, some)) | {"named": self.named_by(made, arrays, some)}
        return self.searched(nets, arrays, some)

    def slow_scores(self, nets: Nets, arrays: Arrays) -> Scores:
        """All pictures, at most `MOST`, where `score` had not all."""
        return self.searched(nets, arrays, rows_of(arrays, MOST)) if len(arrays) > FINAL and begun(nets) else {}

    def searched(self, nets: Nets, arrays: Arrays, some: np.ndarray) -> Scores:
        """The scores of the search that was chosen, of greedy captions, and of those of another picture."""
        right = references_of(arrays, some)
        made = self.captions(nets, arrays, some, self.fitted.manner)
        texts, greedy = texts_of(made), scored(texts_of(self.captions(nets, arrays, some, GREEDY)), right)
        best, blind = scored(texts, right), scored([*texts[1:], *texts[:1]], right)
        found = {name: best[name] for name in ("bleu4", "cider_d")}
        found |= {f"{name}_greedy": greedy[name] for name in ("bleu4", "cider_d")}
        found |= {"named": self.named_by(made, arrays, some), "words_used": float(len(set(said_words(texts))))}
        new = float(np.mean(~np.isin(hashes(texts), self.known_C)))
        return found | {
            "new": new,
            "length_ratio": best["length_ratio"],
            "bleu4_blind": blind["bleu4"],
            "cider_d_blind": blind["cider_d"],
        }

    def named(self, nets: Nets, arrays: Arrays, some: np.ndarray) -> float:
        """Of the likeliest words of each picture, the share that some caption of it has; nothing is said."""
        half = self.answering(nets)
        right = 0.0
        for now in np.array_split(some, max(1, len(some) // half.chunk)):
            x_BCHW = self.fitted.prepare(torch.from_numpy(arrays.take("pixels", now)))
            _, named_BW = half.see(x_BCHW)
            top_BG = named_BW.topk(min(GUESSES, named_BW.shape[1]), 1).indices.cpu().numpy()
            for known, top_G in zip(arrays.several("words", now), top_BG, strict=True):
                said = set(self.fitted.place_V[np.concatenate(known)].tolist())
                right += sum(int(k) in said for k in top_G) / len(top_G)
        return right / len(some)

    def named_by(self, made: Sequence[Captioned], arrays: Arrays, some: np.ndarray) -> float:
        """The same of captions that were made."""
        known = [{self.fitted.wording.shown(int(n)) for n in np.concatenate(w)} for w in arrays.several("words", some)]
        shares = [
            sum(word in words for word, _ in one.named[:GUESSES]) / max(1, len(one.named[:GUESSES]))
            for one, words in zip(made, known, strict=True)
        ]
        return float(np.mean(shares))

    def better(self, a: Scores, b: Scores) -> bool:
        """By both scores alike, that is by their product; while nothing is said, by the words that are named."""
        return (a["bleu4"] * a["cider_d"], a["bleu4"], a["named"]) > (b["bleu4"] * b["cider_d"], b["bleu4"], b["named"])

    def conclude(self, nets: Nets, val: Arrays) -> CaptionFitted:
        """With the search that captions some validation pictures best."""
        some = rows_of(val, TRIED)
        right, best = references_of(val, some), None
        for manner in MANNERS:
            found = scored(texts_of(self.captions(nets, val, some, manner)), right) | {"named": 0.0}
            if best is None or self.better(found, best[0]):
                best = found, manner
        assert best is not None, "some are tried"
        return self.fitted.searching(best[1])

    # --- beside them ---

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """One sentence for all pictures; when thorough, what was said of the most similar training pictures too."""
        some = rows_of(arrays, MOST if thorough else FINAL)
        right = references_of(arrays, some)
        said = {"one sentence": [self.usual(train)] * len(right)}
        if thorough and self._memory.nets is not None:
            said["nearest pictures"] = self.nearest(self._memory.nets, train, arrays, some)
        found = {name: scored(texts, right) for name, texts in said.items()}
        return {name: {key: values[key] for key in ("bleu4", "cider_d")} for name, values in found.items()}

    def nearest(self, nets: Nets, train: Arrays, arrays: Arrays, some: np.ndarray) -> list[str]:
        """What people said of the most similar training pictures, as the first network sees them."""
        half, known = self.answering(nets), rows_of(train, SAID)
        near_NK = nearest(half.features(arrays.take("pixels", some)), half.features(train.take("pixels", known)))
        right = references_of(train, known)
        return of_the_nearest(near_NK, right, Documents.of(right))

    def usual(self, train: Arrays) -> str:
        """What is best said of every picture, remembered."""
        last = self._memory.usual
        if last is None or last[0] is not train:
            right = references_of(train, rows_of(train, SAID))
            last = train, usual_caption(right, Documents.of(right))
            self._memory.usual = last
        return last[1]

    def notes(self, nets: Nets, arrays: Arrays) -> list[str]:
        """How scores were computed, and why they are to be doubted."""
        some = rows_of(arrays, MOST if len(arrays) > FINAL else FINAL)
        if not begun(nets):
            return ["the writer has learned nothing yet"]
        texts = texts_of(self.captions(nets, arrays, some, self.fitted.manner))
        right = references_of(arrays, some)
        found, seen = bleu_of(texts, right), cider_d(texts, right)
        manner = self.fitted.manner
        how = {
            "beam": f"a beam of {manner.width}, length penalty {manner.length_penalty:g}",
            "risk": f"least risk, sharpness {manner.sharpness:g}",
            "greedy": "the likeliest word",
        }
        said = [f"bleu4 is sacreBLEU's {found.signature} of small letters without punctuation; captions by "]
        said[0] += how[manner.search]
        if len(some) < len(arrays):
            said.append(f"judged on {len(some):,} of {len(arrays):,} pictures, spread over all")
        return [*said, *cautions(found), *cider_cautions(seen)]

    # --- what is shown ---

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        some = rows_of(arrays, SHOWN)
        made, right = self.captions(nets, arrays, some, self.fitted.manner), references_of(arrays, some)
        among = Documents.of(references_of(arrays, rows_of(arrays, MOST)))
        each_N = cider_d(texts_of(made), right, among).each_N
        names = [arrays.names[int(n)] for n in some]
        shown = Shown(names, arrays.take("pixels", some), right, made, each_N, among)
        yield from caption_panels(self.answering(nets), shown, train, snaps)

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """The same few pictures, a caption of people's and ours of each; none while nothing is said."""
        some = rows_of(val, WATCHED)
        pixels_NHWC = val.take("pixels", some)
        made = texts_of(self.answering(nets).captioned(pixels_NHWC, GREEDY)) if begun(nets) else [""] * len(some)
        right = [known[0] for known in references_of(val, some)]
        return {"pictures": pixels_NHWC, "captions": a_line_each(made), "references": a_line_each(right)}


def begun(nets: Nets) -> bool:
    """Whether the writer has learned anything: it begins without a preference for any word."""
    return bool(writes(nets).bias.detach().any())


def hashes(texts: Sequence[str]) -> np.ndarray:
    """A number for each caption, int64: the same for those that differ in capitals and punctuation alone.

    Example:
        >>> found = hashes(["A dog.", "a dog", "a cat"])
        >>> bool(found[0] == found[1]), bool(found[1] == found[2])
        (True, False)
    """
    digests = (blake2b(plain(text).encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(digests), "<i8").astype(np.int64)


def rows_of(arrays: Arrays, most: int) -> np.ndarray:
    """At most so many pictures, always the same ones: spread evenly over all."""
    return np.linspace(0, len(arrays) - 1, min(most, len(arrays))).round().astype(np.int64)


def references_of(arrays: Arrays, some: np.ndarray) -> list[list[str]]:
    """What people said of some pictures."""
    return arrays.several("caption", some)


def texts_of(made: Sequence[Captioned]) -> list[str]:
    return [one.text for one in made]


def said_words(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from plain_words(text)


def bleu_of(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Bleu:
    """BLEU of words in small letters without punctuation."""
    return bleu([plain(text) for text in texts], [[plain(text) for text in known] for known in references], "none")


def scored(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """What a caption of each picture is worth."""
    found = bleu_of(texts, references)
    return {"bleu4": found.score, "cider_d": cider_d(texts, references).score, "length_ratio": found.length_ratio}
