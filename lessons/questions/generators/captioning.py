"""Captioning: clipped precision, the brevity penalty, and what the decoder is given."""

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Any, Final, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw
from lessons.questions.generators._captions import Captions, draw_captions, quoted
from lessons.questions.generators._forcing import ask_teacher_forcing, draw_forcing
from lessons.questions.generators._slips import Slip, rounds_clearly
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, short


def _occurrences(word: str, caption: tuple[str, ...]) -> int:
    return sum(each == word for each in caption)


def ask_bleu_1(given: Captions) -> Draft:
    """Papineni et al. 2002, "BLEU", section 2.1: each word counts at most as often as in one of the references."""
    caption, references = given.caption, given.references
    words = dict.fromkeys(caption)
    clipped = sum(min(_occurrences(word, caption), max(_occurrences(word, r) for r in references)) for word in words)
    found = sum(any(word in r for r in references) for word in caption)
    distinct = sum(any(word in r for r in references) for word in words)
    pooled = sum(min(_occurrences(word, caption), sum(_occurrences(word, r) for r in references)) for word in words)
    first = sum(min(_occurrences(word, caption), _occurrences(word, references[0])) for word in words)
    places = sum(word == other for word, other in zip(caption, references[0], strict=False))
    n, shortest = len(caption), min(map(len, references))
    right = clipped / n
    if found == clipped or not clipped:
        raise Redraw
    rounds_clearly(right, 2)
    several = len(references) > 1
    over = {
        word: (_occurrences(word, caption), max(_occurrences(word, r) for r in references))
        for word in words
        if _occurrences(word, caption) > max(_occurrences(word, r) for r in references) > 0
    }
    cut = "; ".join(
        f"“{word}” {had} times, counts {'once' if kept == 1 else f'{kept} times'}" for word, (had, kept) in over.items()
    )
    slips = [
        Slip(
            found / n,
            "forgot-to-clip",
            f"That is {found}/{n}: every word that occurs in a reference, as often as it was written. A word counts at "
            "most as often as in one reference.",
        ),
        Slip(
            clipped / shortest,
            "divided-by-the-reference",
            f"That divides by the reference's length, {shortest}, which would be recall. Precision divides by the "
            f"caption's own {n} words.",
        ),
        Slip(
            distinct / len(words),
            "counted-words-once",
            f"That counts each different word once, {distinct}/{len(words)}. A repeated word counts again, up to its "
            "number in the reference.",
        ),
        Slip(
            places / n,
            "compared-place-by-place",
            f"That compares place by place{' with the first reference' if several else ''}, {places}/{n}. BLEU-1 asks "
            "only whether a word occurs, wherever it stands.",
        ),
    ]
    if several:
        slips += [
            Slip(
                pooled / n,
                "added-the-references-up",
                f"That is {pooled}/{n}: it adds up a word's occurrences over all references. The limit is the most "
                "that *one* of them has.",
            ),
            Slip(
                first / n,
                "first-reference-only",
                f"That is {first}/{n}, from the first reference alone. A word may be found in any of them.",
            ),
        ]
    listed = "; ".join(quoted(each) for each in references)
    return Draft(
        stem=(
            f"Caption: {quoted(caption)}. Reference{'s' if several else ''}: {listed}. What is the clipped unigram "
            "precision (BLEU-1 before the brevity penalty), rounded to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(right, slips, decimal, 0.025),
        solution=f"{cut[:1].upper()}{cut[1:]}. Of {n} words {clipped} count: `{clipped} / {n} ≈ {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


@dataclass(frozen=True, slots=True)
class Lengths:
    """Words of a caption and of its references, and the precision; with a precision of 100 % the penalty is asked."""

    kind: Literal["penalty", "score"]
    caption: int
    references: tuple[int, ...]
    precision: int
    """In per cent."""


def draw_lengths(dice: Random) -> Lengths:
    """Mostly too short; now and then too long, where there is no penalty."""
    caption = dice.randint(4, 14)
    references = tuple(dice.sample(range(5, 17), dice.choice((1, 1, 2))))
    return Lengths(dice.choice(("penalty", "score")), caption, references, dice.choice((50, 60, 70, 75, 80, 90)))


_RULE: Final = "BLEU takes the reference closest in length."


def ask_brevity_penalty(given: Lengths) -> Draft:
    """Papineni et al. 2002, section 2.2.2: ``exp(1 − r/c)`` for captions shorter than the closest reference."""
    c, references = given.caption, given.references
    r = min(references, key=lambda length: abs(length - c))
    if sorted(abs(length - c) for length in references)[:2].count(abs(r - c)) > 1 or r == c:
        raise Redraw
    score = given.kind == "score"
    p = given.precision / 100 if score else 1.0
    penalty = 1.0 if c >= r else exp(1 - r / c)
    right = p * penalty
    if right < 0.05:
        raise Redraw
    rounds_clearly(right, 2)
    too_short = c < r
    formula = f"exp(1 − {r}/{c})"
    slips = [
        Slip(
            p * exp(1 - c / r),
            "turned-the-lengths-round",
            f"That has the lengths the wrong way round. It is {formula}: reference over caption."
            if too_short
            else f"That punishes a caption for being long. The penalty acts on short ones only; {c} words are not "
            f"fewer than {r}.",
        ),
        Slip(
            p * min(c / r, r / c),
            "took-the-ratio",
            f"That takes the ratio of the lengths as it is. The penalty is {formula}."
            if too_short
            else "That takes the ratio of the lengths. A caption that is longer than its reference gets no brevity "
            "penalty: a factor of 1.",
        ),
        Slip(
            p * exp(1 - r / c),
            "rewarded-length",
            f"That multiplies by {formula}, which is more than 1. The penalty is never above 1: a long caption gets no "
            "bonus.",
        ),
        Slip(
            p,
            "saw-no-penalty",
            f"That lets it pass unpunished. {c} words are fewer than {r}, so the factor is {formula}.",
        ),
    ]
    if len(references) > 1:
        other = max(references, key=lambda length: abs(length - c))
        slips.append(
            Slip(
                p * (1.0 if c >= other else exp(1 - other / c)),
                "took-another-reference",
                f"That takes the reference of {other} words. The closest in length counts, the one of {r}.",
            )
        )
    words = " and ".join(map(str, sorted(references)))
    against = f"its references {words}. {_RULE}" if len(references) > 1 else f"its only reference {words}."
    asked = (
        f"The clipped unigram precision is {short(p)}. What is BLEU-1, with the brevity penalty"
        if score
        else "What is the brevity penalty, the factor that the precision is multiplied by"
    )
    if too_short:
        steps = f"{short(p)} · {formula} = {short(p)} · {decimal(penalty, 3)}" if score else formula
        solution = f"{c} words are fewer than {r}, so `BP = exp(1 − r/c)`: `{steps} ≈ {decimal(right)}`"
    else:
        solution = f"{c} words are not fewer than {r}, so there is no penalty: `BP = 1`" + (
            f", and BLEU-1 is the precision, {short(p)}." if score else "."
        )
    return Draft(
        stem=f"A caption has {c} words, {against} {asked}, rounded to two decimals?",
        right=decimal(right),
        wrong=apart(right, [each for each in slips if each.value >= 0], decimal, 0.025),
        solution=solution,
        typed=Typed(right, 0.006),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("bleu_1", draw_captions, ask_bleu_1),
    Generator("brevity_penalty", draw_lengths, ask_brevity_penalty),
    Generator("teacher_forcing", draw_forcing, ask_teacher_forcing),
)
"""The questions of this topic."""
