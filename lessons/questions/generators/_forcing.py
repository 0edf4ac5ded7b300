"""What a decoder is given in training and in use, and what its mistakes add up to."""

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Wrong
from lessons.questions.generators._captions import quoted
from lessons.questions.generators._slips import Slip, raised, rounds_clearly
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, short


@dataclass(frozen=True, slots=True)
class Decoding:
    """A reference, what the decoder finds likeliest at each step, and the step that is asked for, from 1."""

    mode: Literal["training", "alone"]
    reference: tuple[str, ...]
    likeliest: tuple[str, ...]
    step: int


@dataclass(frozen=True, slots=True)
class Chances:
    """How often the next word is right after a right beginning, in per cent, and the words of a caption."""

    asked: Literal["all right", "first mistake"]
    right: int
    words: int


_PAIRS: Final = (
    ("a dog runs on wet grass", "the cat sits in tall weeds"),
    ("two boys play in the sand", "some men stand at a beach"),
    ("a red bus waits at night", "the big car stops by day"),
    ("the girl holds a blue kite", "one boy flies the red balloon"),
    ("a man cuts some fresh bread", "the chef eats two warm rolls"),
    ("an old boat lies on land", "the small ship floats at sea"),
)


def draw_forcing(dice: Random) -> Decoding | Chances:
    """Half ask for a word that is given, half for how mistakes add up."""
    if dice.random() < 0.5:
        asked = dice.choice(("all right", "all right", "first mistake"))
        return Chances(
            "all right" if asked == "all right" else "first mistake",
            dice.randint(80, 98),
            dice.randint(3, 12),
        )
    reference, other = (text.split() for text in dice.choice(_PAIRS))
    mode = dice.choice(("training", "alone"))
    return Decoding(
        "training" if mode == "training" else "alone",
        tuple(reference),
        tuple(other),
        dice.randint(2, len(reference) - 1),
    )


def ask_teacher_forcing(given: Decoding | Chances) -> Draft:
    """Williams and Zipser 1989; the gap between training and use is Ranzato et al. 2016, "exposure bias"."""
    if isinstance(given, Decoding):
        return _ask_given(given)
    return _ask_all_right(given) if given.asked == "all right" else _ask_first_mistake(given)


def _ask_given(given: Decoding) -> Draft:
    reference, own, step = given.reference, given.likeliest, given.step
    training = given.mode == "training"
    right = (reference if training else own)[step - 2]
    opposite = (own if training else reference)[step - 2]
    target, answer = reference[step - 1], own[step - 1]
    how = (
        "trained with teacher forcing" if training else "used without a reference, taking its likeliest word each time"
    )
    told = (
        f"The reference is {quoted(reference)}. The decoder finds likeliest, step by step: {quoted(own)}."
        if training
        else f"The decoder writes {quoted(own)}; a person wrote {quoted(reference)} on the same picture."
    )
    wrong = [
        Wrong(
            f"“{opposite}”",
            "own-word-in-training" if training else "true-word-in-use",
            f"That is its own word of step {step - 1}. With teacher forcing it is given the *true* word there, "
            "whatever it would have said."
            if training
            else f"That is the person's word. In use there is no reference to take it from: it is given its own "
            f"word of step {step - 1}.",
        ),
        Wrong(
            f"“{target}”",
            "given-the-target" if training else "given-the-unknown-answer",
            f"That is what it should *answer* at step {step}. It is given the word before, or there would be nothing "
            "to learn."
            if training
            else f"That is the person's word for step {step}. In use nobody tells the decoder what comes next.",
        ),
        Wrong(
            f"“{answer}”",
            "given-its-own-answer",
            f"That is what comes *out* at step {step}. What goes in is the word before it.",
        ),
    ]
    return Draft(
        stem=(f"A captioner is {how}. {told} Step 1 is given `<start>`. Which word is it given at step {step}?"),
        right=f"“{right}”",
        wrong=wrong,
        solution=(
            f"The word before, that of step {step - 1}: "
            + (f"in training the reference's, “{right}”." if training else f"in use its own, “{right}”.")
        ),
    )


def _share(value: float) -> str:
    return f"{decimal(100 * value, 0)} %"


def _ask_all_right(given: Chances) -> Draft:
    p, n = given.right / 100, given.words
    right = p**n
    rounds_clearly(100 * right, 0)
    return Draft(
        stem=(
            f"After a right beginning a decoder's next word is right in {given.right} % of the cases, at every step. "
            f"It writes {n} words, each time given its own last word. In how many per cent of the captions are all "
            f"{n} right, rounded to whole per cent?"
        ),
        right=_share(right),
        wrong=apart(
            right,
            (
                Slip(
                    p,
                    "trusted-the-training-figure",
                    f"That is the figure for one word after a *true* beginning, as in training. Here all {n} have to "
                    "be right, one after the other.",
                ),
                Slip(
                    max(0.0, 1 - n * (1 - p)),
                    "took-off-the-mistakes",
                    f"That takes {100 - given.right} points off for each word. The chances multiply: {short(p)}"
                    f"{raised(n)}.",
                ),
                Slip(
                    1 - right,
                    "gave-the-share-with-mistakes",
                    f"That is the share with at least one mistake. Without any it is {short(p)}{raised(n)}.",
                ),
                Slip(
                    p ** (n - 1),
                    "left-out-a-word",
                    f"That multiplies {n - 1} times. The first word has to be right as well: {n} factors.",
                ),
            ),
            _share,
            0.025,
        ),
        solution=(
            f"All {n} have to be right: `{short(p)}{raised(n)} ≈ {decimal(right, 3)}`. In training every step starts "
            "from the truth instead."
        ),
        typed=Typed(100 * right, 0.6, "%"),
    )


def _ask_first_mistake(given: Chances) -> Draft:
    p, n = given.right / 100, given.words
    right = p ** (n - 1) * (1 - p)
    rounds_clearly(100 * right, 1)

    def share(value: float) -> str:
        return f"{decimal(100 * value, 1)} %"

    return Draft(
        stem=(
            f"After a right beginning a decoder's next word is right in {given.right} % of the cases, at every step. "
            f"In use it is given its own words. In how many per cent of the captions is word {n} the *first* mistake, "
            "rounded to one decimal?"
        ),
        right=share(right),
        wrong=apart(
            right,
            (
                Slip(
                    1 - p,
                    "forgot-the-words-before",
                    f"That is the chance of a mistake after a right beginning. The {n - 1} words before it have to be "
                    "right first.",
                ),
                Slip(
                    1 - p**n,
                    "counted-any-mistake",
                    f"That is the chance of a mistake anywhere in {n} words. Here it has to be word {n}, and none "
                    "before it.",
                ),
                Slip(
                    p**n * (1 - p),
                    "counted-a-word-too-many",
                    f"That lets {n} words be right before the mistake. Before word {n} there are {n - 1}.",
                ),
                Slip(
                    p ** (n - 1),
                    "forgot-the-mistake",
                    f"That is the chance that {n - 1} words are right. Word {n} has to be wrong as well: times "
                    f"{short(1 - p)}.",
                ),
            ),
            share,
            0.004,
        ),
        solution=(
            f"{n - 1} right words and then a wrong one: `{short(p)}{raised(n - 1)} · {short(1 - p)} ≈ {share(right)}`. "
            "What follows starts from a beginning never seen in training."
        ),
        typed=Typed(100 * right, 0.06, "%"),
    )
