"""The research questions against exact distributions and enumeration."""

from fractions import Fraction
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
import pytest

from lessons.questions.generators.research import Compared, ask_accuracy_difference
from lessons.questions.generators.research_ablation import Ablation, ask_ablation_reading
from lessons.questions.generators.research_baseline import Chances, ask_fair_baseline
from lessons.questions.model import GridPicture, Question
from tests.lessons.questions.checks import every_seed


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").split()[0])


def assert_typed(question: Question, value: float) -> None:
    """The value is right, what the option shows is accepted, and no other option is."""
    assert question.typed is not None
    assert question.typed.value == pytest.approx(value, abs=1e-6)
    shown = [number(option.text) for option in question.options]
    accepted = [abs(one - value) <= question.typed.tolerance + 1e-9 for one in shown]
    assert accepted == [place == question.right for place in range(len(shown))]


@cache
def exact_error(accuracy: int, examples: int) -> float:
    """In points: the spread of the difference, from the moments of single answers that are right or wrong."""
    right = accuracy / 100
    answers = np.array([[1.0, right], [0.0, 1 - right]])  # value, probability
    differences = [(a - b, p * q) for a, p in answers for b, q in answers]
    mean = sum(value * chance for value, chance in differences)
    variance = sum((value - mean) ** 2 * chance for value, chance in differences)
    return 100 * float(np.sqrt(variance / examples))


def table(question: Question) -> dict[str, list[float]]:
    picture = question.picture
    assert isinstance(picture, GridPicture)
    return {name: [number(cell) for cell in cells] for name, cells in zip(picture.rows, picture.cells, strict=True)}


def test_accuracy_difference() -> None:
    def check(given: Compared, question: Question) -> None:
        error = exact_error(given.accuracy, given.examples)
        match given.kind:
            case "noise":
                assert_typed(question, error)
            case "verdict":
                larger = given.points / error > 2
                assert question.answer.text.startswith("Yes" if larger else "No")
                assert float(question.answer.text.split()[-2]) == pytest.approx(2 * error, abs=0.0501)
                assert question.typed is None
            case "needed":
                assert question.typed is not None
                assert 2 * exact_error(given.accuracy, int(question.typed.value)) == pytest.approx(given.points)
                assert_typed(question, question.typed.value)
            case "paired":
                cells = table(question)
                assert sum(map(sum, cells.values())) == given.examples
                only_a, only_b = cells["A right"][1], cells["A wrong"][0]
                # under "no difference" each disagreement is a fair coin: its count has variance n / 4
                disagreements = only_a + only_b
                assert_typed(question, (only_a - disagreements / 2) / (disagreements / 4) ** 0.5)

    every_seed("accuracy_difference", check)


def test_the_formula_is_the_binomials() -> None:
    p, n = 0.9, 60
    chances = np.array([comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])
    shares = np.arange(n + 1) / n
    gaps = shares[:, None] - shares[None, :]
    assert exact_error(90, n) == pytest.approx(100 * float(np.sqrt((gaps**2 * np.outer(chances, chances)).sum())))


def test_ablation_reading() -> None:
    def check(given: Ablation, question: Question) -> None:
        rows = table(question)
        match given.kind:
            case "which":
                accuracy = {name: cells[0] for name, cells in rows.items() if name.startswith("without")}
                worst = min(accuracy, key=lambda name: accuracy[name])
                assert question.answer.text == worst.removeprefix("without ")
                assert accuracy[worst] < rows["full"][0], "taking it out costs something"
                assert [*accuracy.values()].count(accuracy[worst]) == 1
            case "worth":
                name = next(part for part in given.parts if f"*{part}*" in question.stem)
                assert_typed(question, round(rows["full"][0] - rows[f"without {name}"][0], 1))
            case "together":
                neither, one, two, both = (cells[0] for cells in rows.values())
                assert_typed(question, round(both - one - two + neither, 1))

    every_seed("ablation_reading", check)


@cache
def wins(new: int, base: int) -> Fraction:
    """How often the best of all is among the new method's, over every way to hand out the ranks."""
    if new + base > 14:
        # the chance that one after another none of the baseline's beats the best of the new
        return Fraction(comb(new + base - 1, base), comb(new + base, base))
    ways = list(combinations(range(new + base), new))
    return Fraction(sum(max(way) == new + base - 1 for way in ways), len(ways))


def test_fair_baseline() -> None:
    def check(given: Chances, question: Question) -> None:
        match given.kind:
            case "seeds":
                rows = table(question)
                assert_typed(question, float(np.mean(rows["new"]) - np.mean(rows["baseline"])))
            case "tries":
                assert_typed(question, 100 * float(wins(*given.tries)))
            case "compute":
                assert question.typed is not None
                spent = sum(given.cost for _ in range(given.runs) for _ in range(given.epochs[0]))
                assert question.typed.value * given.epochs[1] == spent
                assert_typed(question, question.typed.value)

    every_seed("fair_baseline", check)


def test_mistakes_give_what_they_give() -> None:
    same = Compared("noise", 90, 1000, points=1.0, only_first=0, only_second=0, both_wrong=0)
    noise = ask_accuracy_difference(same)
    assert noise.right == "1.34 points", "as the topic's text has it: 1.3 points"
    assert {each.misconception: each.text for each in noise.wrong} == {
        "noise-of-one-model": "0.95 points",
        "added-the-two-errors": "1.90 points",
        "forgot-the-root": "0.02 points",
        "left-out-p": "3.16 points",
    }
    ablation = Ablation(
        "which",
        ("gating", "mixing", "routing", "warping"),
        full=90.0,
        without=(89.4, 86.9, 90.4, 88.1),
        bare=84.0,
        weights=(11.0, 11.8, 10.0, 9.1),
        title=0,
        asked=0,
    )
    asked = ask_ablation_reading(ablation)
    assert asked.right == "mixing"
    assert [(each.misconception, each.text) for each in asked.wrong] == [
        ("took-the-highest-row", "routing"),
        ("believed-the-title", "gating"),
        ("largest-part-brings-most", "warping"),
        ("second-largest-drop", "warping"),
    ]
    luck = ask_fair_baseline(Chances("tries", (), (), tries=(4, 1), runs=1, epochs=(1, 1), cost=1))
    assert luck.right == "80.0 %"
    assert {each.misconception: each.text for each in luck.wrong} == {
        "equal-methods-tie": "50.0 %",
        "coin-for-each-try": "93.8 %",
        "took-the-baseline": "20.0 %",
        "ratio-of-the-tries": "75.0 %",
    }
