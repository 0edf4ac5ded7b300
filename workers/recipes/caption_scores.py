"""How good captions are: BLEU by sacrebleu, CIDEr-D written out, both against several references a picture.

Sources: Papineni et al. 2002 and Post 2018 (BLEU and sacrebleu); Vedantam et al. 2015 (CIDEr, section 4, and the
CIDEr-D of its section 6). The published programs stem words first for CIDEr but not for CIDEr-D; neither is done here.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sacrebleu.metrics.bleu import BLEU

ORDERS = 4
SIGMA = 6.0
"""Width of CIDEr-D's penalty on a length that is not the reference's, in words."""
SHUFFLE = 7
"""How far captions move to other pictures for the control: neighbours in a data set may show the same place."""
References = Sequence[Sequence[str]]
"""The reference captions of each picture; words are separated by one blank."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Of a set of captions. BLEU from 0 to 1; CIDEr-D from 0 to 10, and about 1 is good."""

    bleu: tuple[float, float, float, float]
    """BLEU-1 to BLEU-4 of the whole set."""
    cider: float
    """CIDEr-D, the mean over the captions."""
    each: tuple[float, ...]
    """CIDEr-D of each caption."""
    control: float
    """BLEU-4 of the same captions, each held against another picture's references."""
    different: float
    """Share of captions that are not said of another picture as well, counted by distinct captions."""


def scores(captions: Sequence[str], references: References) -> Scores:
    """All scores of captions whose words are separated by one blank, as those of the references are."""
    each = cider_d(captions, references)
    return Scores(
        bleu=bleu(captions, references),
        cider=sum(each) / max(len(each), 1),
        each=tuple(each),
        control=wrong_picture(captions, references),
        different=len(set(captions)) / max(len(captions), 1),
    )


def bleu(captions: Sequence[str], references: References) -> tuple[float, float, float, float]:
    """Corpus BLEU-1 to BLEU-4, from 0 to 1, with the brevity penalty and without smoothing.

    The words are taken as they are (sacrebleu's ``tokenize="none"``): captions and references were cut into words by
    the same rule before.
    """
    most = max(map(len, references))
    # Any: sacrebleu takes None for a reference that a picture does not have, and its types forget that
    streams: list[list[Any]] = [[own[i] if i < len(own) else None for own in references] for i in range(most)]
    found = [
        BLEU(tokenize="none", smooth_method="none", max_ngram_order=order, force=True)
        .corpus_score(captions, streams)
        .score
        / 100
        for order in range(1, ORDERS + 1)
    ]
    return (found[0], found[1], found[2], found[3])


def wrong_picture(captions: Sequence[str], references: References) -> float:
    """BLEU-4 where each caption is held against the references of another picture: what mere style is worth."""
    by = SHUFFLE % len(references) or 1
    return bleu(captions, [*references[by:], *references[:by]])[ORDERS - 1]


def cider_d(captions: Sequence[str], references: References) -> list[float]:
    """CIDEr-D of each caption, from 0 to 10; of a set it is their mean.

    n-grams of 1 to 4 words are weighted by how rare they are among the pictures; a caption's vector of them is
    compared with each reference's by a cosine in which no n-gram counts more than the reference has it, times a
    penalty on another length. Document frequencies are those of the given references.
    """
    frequency = Counter(gram for own in references for gram in set().union(*map(_grams, own)))
    pictures = math.log(len(references))

    def weighted(sentence: str) -> list[dict[tuple[str, ...], float]]:
        vectors: list[dict[tuple[str, ...], float]] = [{} for _ in range(ORDERS)]
        for gram, count in _grams(sentence).items():
            vectors[len(gram) - 1][gram] = count * (pictures - math.log(max(1, frequency[gram])))
        return vectors

    found: list[float] = []
    for caption, own in zip(captions, references, strict=True):
        said, length, total = weighted(caption), len(caption.split()), 0.0
        for reference in own:
            penalty = math.exp(-((length - len(reference.split())) ** 2) / (2 * SIGMA**2))
            similar = sum(_cosine(one, other) for one, other in zip(said, weighted(reference), strict=True))
            total += 10 * penalty * similar / ORDERS / len(own)
        found.append(total)
    return found


def _grams(sentence: str) -> Counter[tuple[str, ...]]:
    words = sentence.split()
    return Counter(tuple(words[i : i + n]) for n in range(1, ORDERS + 1) for i in range(len(words) - n + 1))


def _cosine(said: dict[tuple[str, ...], float], reference: dict[tuple[str, ...], float]) -> float:
    """Of two vectors; an n-gram that is said more often than the reference has it counts no more for that."""
    product = sum(min(value, reference[gram]) * reference[gram] for gram, value in said.items() if gram in reference)
    norms = math.hypot(*said.values()) * math.hypot(*reference.values())
    return product / norms if norms else 0.0
