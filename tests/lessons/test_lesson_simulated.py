"""Simulated learners of three abilities, and one who guesses: the ladder orders them, the report finds bad items."""

import statistics
from itertools import pairwise

import pytest

from lessons.item_report import ENOUGH, ItemAnswer, Verdict, item_report
from lessons.mastery import Level
from tests.lessons.simulated import GUESSER, MIDDLE, STRONG, WEAK, Ability, Learner

DAYS = 60
EACH = 20


@pytest.fixture(scope="module")
def classes() -> dict[Ability, list[Learner]]:
    """Twenty of each, after sixty days."""
    return {
        ability: [Learner(ability, number).lives(DAYS) for number in range(EACH)]
        for ability in (GUESSER, WEAK, MIDDLE, STRONG)
    }


@pytest.mark.parametrize("rung", [Level.FAMILIAR, Level.PROFICIENT, Level.MASTERED])
def test_the_ladder_orders_the_abilities(classes: dict[Ability, list[Learner]], rung: Level) -> None:
    shares = [statistics.mean(learner.share(rung) for learner in learners) for learners in classes.values()]
    assert all(better > worse for worse, better in pairwise(shares)), shares
    best_guesser = max(learner.share(rung) for learner in classes[GUESSER])
    assert best_guesser < min(learner.share(rung) for learner in classes[STRONG]), "no luck makes a guesser strong"


def test_who_guesses_passes_next_to_nothing_and_who_learns_passes_nearly_all(
    classes: dict[Ability, list[Learner]],
) -> None:
    passed = {ability.name: [learner.passed for learner in learners] for ability, learners in classes.items()}
    assert max(passed["guesser"]) <= 2
    assert statistics.mean(passed["guesser"]) < 1
    assert min(passed["strong"]) >= 12
    assert statistics.mean(passed["weak"]) < statistics.mean(passed["middle"])


def test_who_knows_more_needs_fewer_answers(classes: dict[Ability, list[Learner]]) -> None:
    answers = [statistics.mean(len(learner.answers) for learner in learners) for learners in classes.values()]
    assert all(better < worse for worse, better in pairwise(answers)), answers


def test_a_guesser_masters_almost_nothing(classes: dict[Ability, list[Learner]]) -> None:
    assert statistics.mean(learner.share(Level.PROFICIENT) for learner in classes[GUESSER]) < 0.15
    assert statistics.mean(learner.share(Level.MASTERED) for learner in classes[GUESSER]) < 0.05


def test_the_report_tells_good_items_from_a_planted_bad_one() -> None:
    bad = "broadcast_shape"
    abilities = (WEAK, MIDDLE, STRONG)
    answers: list[ItemAnswer] = []
    for number in range(120):
        answers += Learner(abilities[number % 3], number, frozenset({bad})).lives(20).answers
    figures = {each.item_id: each for each in item_report(answers)}
    assert figures[bad].verdict in {Verdict.POOR, Verdict.TOO_HARD}
    assert abs(figures[bad].discrimination or 0) < 0.2
    judged = [each for item, each in figures.items() if item != bad and each.members >= 4 * ENOUGH]
    assert len(judged) >= 10
    good = [each for each in judged if (each.discrimination or 0) >= 0.2]
    assert len(good) >= 0.8 * len(judged), {each.item_id: each.discrimination for each in judged}
    fine = [each.verdict is Verdict.FINE for each in figures.values() if each.verdict is not Verdict.TOO_FEW]
    assert fine == sorted(fine), "what to look at comes first"


def test_figures_of_a_case_worked_by_hand() -> None:
    # Eight others of whom the first half knows everything; item "x" is right for all who know but one.
    def person(user: int, knows: bool, right: bool, mistake: str | None = None) -> list[ItemAnswer]:
        others = [ItemAnswer(user, f"other-{number}", knows) for number in range(6)]
        return [*others, ItemAnswer(user, "x", right, mistake, unknown=not right and mistake is None)]

    answers = [answer for user in range(10) for answer in person(user, knows=True, right=user > 0)]
    answers += [answer for user in range(10, 20) for answer in person(user, False, False, "padding-forgotten")]
    answers += [ItemAnswer(19, "x", right=True)]  # a second answer, after the solution was read
    x = next(each for each in item_report(answers) if each.item_id == "x")
    assert (x.asked, x.members, x.right) == (21, 20, 9 / 20)
    assert x.unknown == 1 / 20
    assert x.worst_mistake == "padding-forgotten"
    assert x.discrimination == pytest.approx(0.9045, abs=1e-4)  # √(9·10 / (11·10))
    assert x.verdict is Verdict.FINE


def test_few_answers_are_not_judged() -> None:
    (only,) = item_report([ItemAnswer(1, "x", right=False)])
    assert only.verdict is Verdict.TOO_FEW
    assert only.discrimination is None
    assert item_report([]) == ()
