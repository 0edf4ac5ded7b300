"""The tuning questions against enumeration, torch and numpy."""

from itertools import product
from statistics import mean

import numpy as np
import pytest
import torch

from lessons.questions.drawing import Draft
from lessons.questions.generators.tuning import (
    Accuracies,
    Candidates,
    LossCurves,
    LuckyBest,
    ask_fit_diagnosis,
    ask_validation_selection,
)
from lessons.questions.generators.tuning_search import (
    LogScale,
    RandomSearch,
    ask_log_scale_sampling,
    ask_random_search_chance,
)
from lessons.questions.model import CurvesPicture, GridPicture, Question
from tests.lessons.questions.checks import every_seed


def _typed(question: Question) -> float:
    assert question.typed is not None
    return question.typed.value


def _number(text: str) -> float:
    return float(text.removesuffix(" %").replace("−", "-"))


def _wrong(draft: Draft) -> dict[str, str]:
    return {each.misconception: each.text for each in draft.wrong}


def _chance_of_a_hit(runs: int, best: float) -> float:
    """Run after run: what has not hit yet gets another try."""
    hit = 0.0
    for _ in range(runs):
        hit += (1 - hit) * best
    return hit


def test_random_search_chance() -> None:
    def check(given: RandomSearch, question: Question) -> None:
        best = given.best / 100
        if given.kind == "chance":
            expected = 100 * _chance_of_a_hit(given.runs, best)
            assert _number(question.answer.text) == pytest.approx(expected, abs=0.051)
            assert _typed(question) == pytest.approx(expected)
        else:
            runs = next(n for n in range(1, 1000) if _chance_of_a_hit(n, best) >= given.wanted / 100)
            assert question.answer.text == str(runs)
            assert _typed(question) == runs

    every_seed("random_search_chance", check)


def test_the_texts_59_runs() -> None:
    assert ask_random_search_chance(RandomSearch("runs", 5, 3, 95)).right == "59"


def test_log_scale_sampling() -> None:
    def check(given: LogScale, question: Question) -> None:
        low, high, cut = (10.0**exponent for exponent in (given.low, given.high, given.cut))
        match given.kind:
            case "share":
                spread = torch.distributions.Uniform(np.log(low), np.log(high))
                expected = 100 * spread.cdf(torch.tensor(np.log(cut))).item()
            case "waste":
                spread = torch.distributions.Uniform(low, high)
                expected = 100 * spread.cdf(torch.tensor(cut, dtype=torch.float64)).item()
            case "value":
                steps = np.geomspace(low, high, 5)  # a quarter of the way each
                u = float(question.stem.split("`u = ")[1].split("`")[0])
                expected = float(steps[round(4 * u)])
        assert _typed(question) == pytest.approx(expected, rel=1e-4)
        assert question.typed is not None
        assert _number(question.answer.text) == pytest.approx(expected, abs=question.typed.tolerance)

    every_seed("log_scale_sampling", check)


def test_fit_diagnosis() -> None:
    def check(given: Accuracies | LossCurves, question: Question) -> None:
        match given:
            case Accuracies(people, training, validation):
                gaps = {"Underfitting": people - training, "Overfitting": training - validation}
                fault = max(gaps, key=gaps.__getitem__)
                assert question.answer.text.startswith(f"{fault}: ")
                assert f" {gaps[fault] / 10} points " in question.answer.text
                assert min(gaps.values()) * 2 < max(gaps.values())
            case LossCurves(training, validation):
                best = int(np.argmin(validation)) + 1
                assert question.answer.text == f"Epoch {best}"
                assert _typed(question) == best
                assert list(training) == sorted(set(training), reverse=True)
                assert isinstance(question.picture, CurvesPicture)
                assert question.picture.values[1] == tuple(loss / 100 for loss in validation)

    every_seed("fit_diagnosis", check)


def test_validation_selection() -> None:
    def check(given: LuckyBest | Candidates, question: Question) -> None:
        match given:
            case LuckyBest(settings, accuracy, scatter):
                outcomes = product((accuracy - scatter, accuracy + scatter), repeat=settings)
                expected = mean(max(scores) for scores in outcomes)
            case Candidates(validation, test):
                by_validation = sorted(zip(validation, test, strict=True))
                expected = by_validation[-1][1] / 10
                assert by_validation[-1][0] > by_validation[-2][0]
                assert isinstance(question.picture, GridPicture)
                table = [tuple(_number(cell) for cell in row) for row in question.picture.cells]
                assert max(table)[1] == pytest.approx(expected)
        assert _typed(question) == pytest.approx(expected)
        assert _number(question.answer.text) == pytest.approx(expected)

    every_seed("validation_selection", check)


def test_mistakes_worked_by_hand() -> None:
    assert _wrong(ask_random_search_chance(RandomSearch("chance", 10, 5, 50))) == {
        "added-the-chances": "50.0 %",
        "chance-that-all-miss": "59.0 %",
        "more-runs-do-not-help": "10.0 %",
    }
    assert _wrong(ask_random_search_chance(RandomSearch("runs", 10, 5, 90))) == {
        "one-over-the-share": "10",
        "added-the-chances": "9",
        "swapped-hit-and-miss": "1",
    }
    assert _wrong(ask_log_scale_sampling(LogScale("value", -4, -2, -3))) == {
        "linear-scale": "0.00505",
        "from-the-other-end": "0.001",  # coincides half-way, so it is not shown
        "counted-limits-not-steps": "0.00316",
        "went-up-to-one": "0.01",
    }
    assert _wrong(ask_log_scale_sampling(LogScale("share", -4, -1, -3))) == {
        "linear-scale": "0.9 %",
        "share-above": "66.7 %",
        "counted-limits-not-steps": "50.0 %",
    }
    assert _wrong(ask_validation_selection(LuckyBest(4, 80, 2))) == {
        "best-is-unbiased": "80 %",
        "best-is-always-lucky": "82 %",
        "luck-averages-out": "80.5 %",
    }
    candidates = Candidates((850, 880, 860, 840), (845, 855, 865, 835))
    assert _wrong(ask_validation_selection(candidates)) == {
        "reported-the-score-that-chose": "88.0 %",
        "chose-on-the-test-set": "86.5 %",
        "averaged-the-candidates": "85.0 %",
    }
    curves = LossCurves((150, 115, 90, 70, 55), (152, 130, 110, 118, 127))
    assert _wrong(ask_fit_diagnosis(curves)) == {
        "lowest-training-loss": "Epoch 5",
        "smallest-gap": "Epoch 1",
        "first-rise": "Epoch 4",
        "curves-part": "Epoch 2",
    }
