"""What a member's answers make of a skill, and of a topic."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.mastery import RECENT, Answer, Level, Mastery, mastery_of, topic_passed

MONDAY = date(2026, 3, 2)


def practice(marks: str, day: int = 0) -> list[Answer]:
    """Answers of one day: ``+`` right, ``-`` wrong."""
    return [Answer(mark == "+", MONDAY + timedelta(days=day)) for mark in marks]


def mixed(mark: str, day: int) -> Answer:
    return Answer(mark == "+", MONDAY + timedelta(days=day), mixed=True)


@pytest.mark.parametrize(
    ("marks", "level"),
    [
        ("", Level.UNTRIED),
        ("-", Level.ATTEMPTED),
        ("+", Level.ATTEMPTED),  # one guess in three is right
        ("+-", Level.ATTEMPTED),
        ("++", Level.FAMILIAR),
        ("+-+", Level.ATTEMPTED),  # 67 %
        ("+-++", Level.FAMILIAR),  # 75 %
        ("-+++", Level.FAMILIAR),
        ("-++++", Level.PROFICIENT),  # the slip is no longer recent
        ("+++", Level.PROFICIENT),
        ("+++++++++", Level.PROFICIENT),  # practice alone masters nothing
        ("+++----", Level.PROFICIENT),  # and takes nothing away
    ],
)
def test_practice_lifts_by_the_share_of_recent_answers(marks: str, level: Level) -> None:
    assert mastery_of(practice(marks)).level == level


def test_a_mixed_quiz_masters_what_was_proficient_the_day_before() -> None:
    assert mastery_of([*practice("+++"), mixed("+", 0)]).level == Level.PROFICIENT
    assert mastery_of([*practice("+++"), mixed("+", 1)]).level == Level.MASTERED
    assert mastery_of([*practice("++"), mixed("+", 1)]).level == Level.PROFICIENT
    assert mastery_of([*practice("++"), mixed("+", 1), mixed("+", 1)]).level == Level.PROFICIENT
    assert mastery_of([*practice("++"), mixed("+", 1), mixed("+", 2)]).level == Level.MASTERED


def test_a_wrong_answer_in_a_mixed_quiz_takes_one_rung_and_three_right_ones_bring_it_back() -> None:
    slipped = [*practice("+++"), mixed("+", 1), mixed("-", 2)]
    assert mastery_of(slipped).level == Level.PROFICIENT
    again = [*slipped, mixed("-", 2)]
    assert mastery_of(again).level == Level.FAMILIAR
    assert mastery_of([*again, *practice("++", 3)]).level == Level.FAMILIAR
    back = [*again, *practice("+++", 3)]
    assert mastery_of(back).level == Level.PROFICIENT
    assert mastery_of([*back, mixed("+", 3)]).level == Level.PROFICIENT, "a later day again"
    assert mastery_of([*back, mixed("+", 4)]).level == Level.MASTERED


def test_a_skill_that_was_tried_stays_tried() -> None:
    assert mastery_of([mixed("-", day) for day in range(9)]).level == Level.ATTEMPTED


def test_answers_out_of_order_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="oldest first"):
        mastery_of([*practice("+", 1), *practice("+", 0)])


@st.composite
def histories(draw: st.DrawFn) -> list[Answer]:
    steps = draw(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 1)), max_size=30))
    day, answers = MONDAY, list[Answer]()
    for right, is_mixed, days in steps:
        day += timedelta(days=days)
        answers.append(Answer(right, day, is_mixed))
    return answers


@given(histories())
def test_an_answer_never_moves_more_than_the_rules_allow(answers: list[Answer]) -> None:
    before = Mastery()
    for answer in answers:
        after = before.after(answer)
        assert after.level in Level
        assert after.level > Level.UNTRIED
        assert len(after.recent) <= RECENT
        assert (after.proficient_on is None) == (after.level < Level.PROFICIENT)
        if answer.right or not answer.mixed:
            assert after.level >= before.level
        else:
            assert after.level == max(Level.ATTEMPTED, before.level - 1)
        if after.level == Level.MASTERED and before.level != Level.MASTERED:
            assert answer.mixed
            assert before.level == Level.PROFICIENT
        before = after
    assert mastery_of(answers) == before


@given(histories(), st.data())
def test_one_more_right_answer_anywhere_never_ends_lower(answers: list[Answer], data: st.DataObject) -> None:
    wrong = [index for index, answer in enumerate(answers) if not answer.right]
    if not wrong:
        return
    index = data.draw(st.sampled_from(wrong))
    better = [*answers]
    better[index] = Answer(True, answers[index].on, answers[index].mixed)
    assert mastery_of(better).level >= mastery_of(answers).level


@pytest.mark.parametrize(("of", "needed"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 5), (9, 8), (10, 8)])
def test_a_topic_is_passed_at_four_fifths_of_its_skills_rounded_up(of: int, needed: int) -> None:
    for reached in range(of + 1):
        levels = {f"skill_{i}": Level.FAMILIAR if i < reached else Level.ATTEMPTED for i in range(of)}
        standing = topic_passed(levels)
        assert standing.passed == (reached >= needed)
        assert (standing.reached, standing.of, standing.needed) == (reached, of, needed)
        assert standing.missing == tuple(f"skill_{i}" for i in range(reached, of))
        assert standing.owed == max(0, needed - reached)


def test_untried_skills_are_missing_and_better_ones_are_not() -> None:
    standing = topic_passed({"a": Level.UNTRIED, "b": Level.MASTERED, "c": Level.ATTEMPTED, "d": Level.PROFICIENT})
    assert standing.missing == ("a", "c")
    assert not standing.passed


def test_a_topic_without_skills_holds_nobody_up() -> None:
    assert topic_passed({}).passed
