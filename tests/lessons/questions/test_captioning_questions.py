"""The captioning questions, by crossing words off, by enumeration, and by torch's sum of logarithms."""

import math
from functools import cache
from itertools import product

import torch

from lessons.questions.drawing import Draft
from lessons.questions.generators._captions import Captions
from lessons.questions.generators._forcing import Chances, Decoding, ask_teacher_forcing
from lessons.questions.generators.captioning import Lengths, ask_bleu_1, ask_brevity_penalty
from lessons.questions.model import Question
from tests.lessons.questions.checks import every_seed


def number(text: str) -> float:
    """The number that an option shows."""
    return float(text.split(maxsplit=1)[0].replace("−", "-"))


def assert_says(question: Question, value: float, half_digit: float) -> None:
    """The option and the typed answer both say ``value``, to half of the last shown digit; no wrong option does."""
    assert question.typed is not None
    assert math.isclose(question.typed.value, value, rel_tol=1e-9)
    assert abs(number(question.answer.text) - value) <= half_digit <= question.typed.tolerance
    for option in question.options:
        if option.misconception is not None:
            assert abs(number(option.text) - value) > question.typed.tolerance, "a wrong option would be taken as right"


def crossed_off(word: str, times: int, reference: tuple[str, ...]) -> int:
    """How many of ``times`` a word can be crossed off a reference."""
    left = list(reference)
    done = 0
    for _ in range(times):
        if word in left:
            left.remove(word)
            done += 1
    return done


def clipped_precision(caption: tuple[str, ...], references: tuple[tuple[str, ...], ...]) -> float:
    counted = sum(
        max(crossed_off(word, caption.count(word), reference) for reference in references) for word in set(caption)
    )
    return counted / len(caption)


def test_bleu_1() -> None:
    def check(given: Captions, question: Question) -> None:
        assert_says(question, clipped_precision(given.caption, given.references), 0.005)
        assert " ".join(given.caption) in question.stem
        assert all(" ".join(reference) in question.stem for reference in given.references)

    every_seed("bleu_1", check)


def test_the_best_known_example() -> None:
    # The paper's own: "the" seven times, against two references, has a clipped precision of 2/7.
    caption = ("the",) * 7
    references = (
        ("the", "cat", "is", "on", "the", "mat"),
        ("there", "is", "a", "cat", "on", "the", "mat"),
    )
    draft = ask_bleu_1(Captions(caption, references))
    assert draft.right == "0.29"
    assert {wrong.misconception: wrong.text for wrong in draft.wrong}["forgot-to-clip"] == "1.00"


def test_brevity_penalty() -> None:
    def check(given: Lengths, question: Question) -> None:
        lengths = torch.tensor(given.references)
        closest = int(lengths[(lengths - given.caption).abs().argmin()])
        # As reference programs have it: the logarithm of the penalty is never above 0.
        factor = torch.tensor(1 - closest / given.caption, dtype=torch.float64).clamp(max=0).exp()
        precision = given.precision / 100 if given.kind == "score" else 1.0
        assert_says(question, precision * float(factor), 0.005)

    every_seed("brevity_penalty", check)


@cache
def enumerated(given: Chances) -> float:
    """The share in per cent, summed over every pattern of right and wrong words."""
    p, total = given.right / 100, 0.0
    for pattern in product((True, False), repeat=given.words):
        wanted = all(pattern) if given.asked == "all right" else all(pattern[:-1]) and not pattern[-1]
        if wanted:
            total += math.prod(p if right else 1 - p for right in pattern)
    return 100 * total


def test_teacher_forcing() -> None:
    def check(given: Decoding | Chances, question: Question) -> None:
        if isinstance(given, Chances):
            assert_says(question, enumerated(given), 0.5 if given.asked == "all right" else 0.05)
            return
        source = given.reference if given.mode == "training" else given.likeliest
        # The decoder's inputs are the words, shifted by the start token.
        inputs = ("<start>", *source)[: len(source)]
        assert question.answer.text == f"“{inputs[given.step - 1]}”"
        assert question.typed is None

    every_seed("teacher_forcing", check)


def slips(draft: Draft) -> dict[str, str]:
    return {wrong.misconception: wrong.text for wrong in draft.wrong}


def test_the_precision_that_each_slip_gives() -> None:
    caption = ("a", "dog", "a", "dog", "on", "a", "beach")
    # "a" once, "dog" once, "on" once, "beach" once: 4 of 7.
    draft = ask_bleu_1(Captions(caption, (("a", "dog", "runs", "on", "the", "beach"),)))
    assert draft.right == "0.57"
    assert slips(draft) == {
        "forgot-to-clip": "1.00",
        "divided-by-the-reference": "0.67",
        "compared-place-by-place": "0.29",
    }


def test_the_penalty_that_each_slip_gives() -> None:
    # exp(1 − 12/8) = exp(−0.5).
    draft = ask_brevity_penalty(Lengths("penalty", caption=8, references=(12,), precision=50))
    assert draft.right == "0.61"
    assert slips(draft) == {
        "turned-the-lengths-round": "1.40",
        "took-the-ratio": "0.67",
        "saw-no-penalty": "1.00",
    }


def test_the_share_that_each_slip_gives() -> None:
    # 0.9⁵ = 0.59049.
    draft = ask_teacher_forcing(Chances("all right", right=90, words=5))
    assert draft.right == "59 %"
    assert slips(draft) == {
        "trusted-the-training-figure": "90 %",
        "took-off-the-mistakes": "50 %",
        "gave-the-share-with-mistakes": "41 %",
        "left-out-a-word": "66 %",
    }


def test_the_word_that_each_slip_gives() -> None:
    reference, own = ("a", "dog", "runs", "on", "grass"), ("the", "cat", "sits", "in", "weeds")
    draft = ask_teacher_forcing(Decoding("training", reference, own, step=3))
    assert draft.right == "“dog”"
    assert slips(draft) == {
        "own-word-in-training": "“cat”",
        "given-the-target": "“runs”",
        "given-its-own-answer": "“sits”",
    }
