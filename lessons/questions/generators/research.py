"""Research: what a difference is worth; `research_ablation` and `research_baseline` have the rest."""

from dataclasses import dataclass
from math import sqrt
from random import Random
from typing import Any, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw, Wrong
from lessons.questions.generators import research_ablation as ablation
from lessons.questions.generators import research_baseline as baseline
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import count, decimal, short


@dataclass(frozen=True, slots=True)
class Compared:
    """Two accuracies and how many examples they rest on."""

    kind: Literal["noise", "verdict", "needed", "paired"]
    accuracy: int
    """About what both models reach, in per cent."""
    examples: int
    points: float
    """By how many percentage points they differ."""
    only_first: int
    """For ``paired``: examples that only the first model gets right."""
    only_second: int
    both_wrong: int


def draw_accuracy_difference(dice: Random) -> Compared:
    """Test sets as they are met, from a hundred to ten thousand examples."""
    return Compared(
        kind=dice.choice(("noise", "verdict", "verdict", "needed", "paired")),
        accuracy=dice.choice((60, 70, 75, 80, 85, 90, 92, 95, 98)),
        examples=dice.choice((200, 400, 500, 1000, 2000, 2500, 5000, 10_000)),
        points=dice.choice((0.4, 0.6, 0.8, 1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0)),
        only_first=dice.randint(12, 60),
        only_second=dice.randint(4, 40),
        both_wrong=dice.randint(10, 60),
    )


def ask_accuracy_difference(given: Compared) -> Draft:
    """The standard error of a difference of two proportions; McNemar 1947 for the paired form."""
    match given.kind:
        case "noise":
            return _ask_noise(given)
        case "verdict":
            return _ask_verdict(given)
        case "needed":
            return _ask_needed(given)
        case "paired":
            return _ask_paired(given)


def noise(accuracy: float, examples: int) -> float:
    """The standard error of the difference of two such accuracies on separate examples, in percentage points."""
    p = accuracy / 100
    return 100 * sqrt(2 * p * (1 - p) / examples)


def _points(value: float, digits: int = 2) -> str:
    return f"{decimal(value, digits)} points"


def _formula(given: Compared) -> str:
    p = given.accuracy / 100
    return f"√(2 · {short(p)} · {short(1 - p)} / {given.examples})"


def _ask_noise(given: Compared) -> Draft:
    right = noise(given.accuracy, given.examples)
    return Draft(
        stem=(
            f"Two models both reach about {given.accuracy} %, each on a test set of its own with "
            f"{count(given.examples)} examples. What is the standard error of the *difference* of their accuracies, in "
            "percentage points with two decimals?"
        ),
        right=_points(right),
        wrong=apart(
            right,
            (
                (
                    right / sqrt(2),
                    "noise-of-one-model",
                    (
                        "That is the standard error of *one* accuracy. The two vary independently, so their variances "
                        "add up."
                    ),
                ),
                (
                    sqrt(2) * right,
                    "added-the-two-errors",
                    "That adds the two standard errors. Independent *variances* add up; the root is taken after that.",
                ),
                (
                    right**2 / 100,
                    "forgot-the-root",
                    "That is the variance of the difference. Its root is the standard error.",
                ),
                (
                    100 / sqrt(given.examples),
                    "left-out-p",
                    (
                        f"That is 1 / √n. How much an accuracy varies depends on it too: p(1 − p), with p = "
                        f"{given.accuracy / 100}."
                    ),
                ),
            ),
            _points,
            0.05 + 0.05 * right,
        ),
        solution=f"`{_formula(given)} = {decimal(right / 100, 4)}`, so {_points(right)}",
        typed=Typed(right, 0.02, "percentage points"),
    )


def _ask_verdict(given: Compared) -> Draft:
    error = noise(given.accuracy, given.examples)
    first, second = given.accuracy + given.points / 2, given.accuracy - given.points / 2
    limits = [factor * error for factor in (2, 1, sqrt(2), 2 * sqrt(2))]
    if first > 99 or not 0.8 < given.points / error < 4 or any(abs(given.points - limit) < 0.12 for limit in limits):
        raise Redraw

    def verdict(limit: float) -> str:
        return f"{'Yes' if given.points > limit else 'No'}, two standard errors are {decimal(limit, 1)} points"

    if len({decimal(limit, 1) for limit in limits}) < len(limits):
        raise Redraw
    return Draft(
        stem=(
            f"Model A reaches {decimal(first, 1)} %, model B {decimal(second, 1)} %, each on a test set of its own "
            f"with {count(given.examples)} examples. With p = {given.accuracy} %, is the difference of "
            f"{decimal(given.points, 1)} points larger than two standard errors of a difference?"
        ),
        right=verdict(2 * error),
        wrong=(
            Wrong(
                verdict(error),
                "one-error-for-two",
                f"{decimal(error, 1)} points are *one* standard error. Chance alone gets beyond one in about a third "
                "of all cases.",
            ),
            Wrong(
                verdict(sqrt(2) * error),
                "noise-of-one-model",
                "That reckons with the noise of one accuracy. Both vary, so the variance is twice as large.",
            ),
            Wrong(
                verdict(2 * sqrt(2) * error),
                "added-the-two-errors",
                "That adds the errors of the two accuracies. Independent *variances* add up, before the root.",
            ),
        ),
        solution=f"`2 · {_formula(given)} = {decimal(2 * error / 100, 4)}`: {_points(2 * error, 1)}, "
        f"the difference is {_points(given.points, 1)}",
    )


def _ask_needed(given: Compared) -> Draft:
    p, d = given.accuracy / 100, given.points / 100
    right = 8 * p * (1 - p) / d**2
    if abs(right - round(right)) > 1e-6 or right < 100:
        raise Redraw
    return Draft(
        stem=(
            f"Two models reach about {given.accuracy} %, each tested on n examples of its own. How large has n to be, "
            f"so that a difference of {short(given.points)} percentage point{'' if given.points == 1 else 's'} is "
            "exactly two standard errors of the difference?"
        ),
        right=count(round(right)),
        wrong=apart(
            right,
            (
                (
                    right / 4,
                    "one-error-for-two",
                    (
                        f"With so few, {short(given.points)} points are *one* standard error. Half the error takes "
                        "four times the examples."
                    ),
                ),
                (
                    right / 2,
                    "noise-of-one-model",
                    "That reckons with the noise of one accuracy only. Both vary, so the variance is twice as large.",
                ),
                (
                    2 * right,
                    "added-the-two-errors",
                    "That adds the two models' errors. Their *variances* add up, and the root comes after.",
                ),
                (
                    right * d / 2,
                    "forgot-the-root",
                    "That lets the error shrink like 1 / n. It shrinks like 1 / √n, which is much slower.",
                ),
            ),
            lambda value: count(round(value)),
            max(3, 0.1 * right * d),
        ),
        solution=f"`2 · √(2p(1 − p) / n) = {short(d)}` gives `n = 8 · {short(p)} · {short(1 - p)} / {short(d)}² = "
        f"{count(round(right))}`",
        typed=Typed(round(right), 1, "examples"),
    )


def _ask_paired(given: Compared) -> Draft:
    n, b, c = given.examples, given.only_first, given.only_second
    both = n - b - c - given.both_wrong
    if b - c < 4 or both < given.both_wrong:
        raise Redraw
    right = (b - c) / sqrt(b + c)
    middle = (2 * both + b + c) / (2 * n)
    separate = (b - c) / n / sqrt(2 * middle * (1 - middle) / n)
    return Draft(
        stem=(
            f"Models A and B are tested on the *same* {count(n)} examples; the table counts who is right. How many "
            "standard errors lie between them by the paired comparison: the difference of the two counts on which "
            "they disagree, divided by the root of the sum of these two, to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(
            right,
            (
                (
                    separate,
                    "treated-as-separate",
                    (
                        "That treats the tests as separate samples. On the same examples much of the chance is "
                        "shared, so the paired figure is sharper."
                    ),
                ),
                (
                    (b - c) / sqrt(n),
                    "counted-the-agreements",
                    (
                        f"That divides by √{n}. Examples on which both are right or both wrong say nothing on who is "
                        "better."
                    ),
                ),
                (
                    (b - c) / (b + c),
                    "forgot-the-root",
                    f"That divides by the sum itself. The difference varies like its root, √{b + c}.",
                ),
                (
                    (b - c) / sqrt(2 * both + b + c),
                    "took-all-right-answers",
                    "That puts all right answers under the root. Only those count on which the models disagree.",
                ),
            ),
            decimal,
            0.08,
        ),
        solution=f"`({b} − {c}) / √({b} + {c}) = {decimal(right)}`",
        typed=Typed(right, 0.012),
        picture=GridPicture(
            cells=((str(both), str(b)), (str(c), str(given.both_wrong))),
            rows=("A right", "A wrong"),
            columns=("B right", "B wrong"),
        ),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("accuracy_difference", draw_accuracy_difference, ask_accuracy_difference),
    Generator("ablation_reading", ablation.draw_ablation_reading, ablation.ask_ablation_reading),
    Generator("fair_baseline", baseline.draw_fair_baseline, baseline.ask_fair_baseline),
)
"""The questions of this topic."""
