"""Newcomers of every ability take the placement quiz."""

from collections import Counter
from collections.abc import Callable
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.placement import PER_TOPIC, QUESTIONS, PlacementAnswer, next_topic, propose_start

TOPICS = tuple(f"topic-{number}" for number in range(14))


def take(answer: Callable[[int], bool], topics: tuple[str, ...] = TOPICS) -> list[PlacementAnswer]:
    """The whole quiz of someone who answers a question about the topic of that place so."""
    answers = list[PlacementAnswer]()
    while (topic := next_topic(topics, answers)) is not None:
        answers.append(PlacementAnswer(topic, answer(topics.index(topic))))
    return answers


def dice() -> Callable[[], float]:
    """The same luck in every test run."""
    return Random(4).random  # noqa: S311 no secret


def start_of(answers: list[PlacementAnswer]) -> int:
    return TOPICS.index(propose_start(TOPICS, answers).start)


@pytest.mark.parametrize("known", range(len(TOPICS) + 1))
def test_who_never_slips_or_guesses_starts_where_their_knowledge_ends(known: int) -> None:
    answers = take(lambda index: index < known)
    assert start_of(answers) == min(known, len(TOPICS) - 1)
    assert len(answers) <= QUESTIONS


def test_who_slips_and_guesses_starts_near_where_their_knowledge_ends() -> None:
    roll, off = dice(), list[int]()
    for known in range(len(TOPICS)):
        for _ in range(100):
            off.append(start_of(take(lambda index: roll() < (0.9 if index < known else 0.3))) - known)  # noqa: B023 called at once
    assert mean(map(abs, off)) < 1
    assert mean(abs(each) <= 2 for each in off) > 0.85
    assert mean(each > 2 for each in off) < mean(each < -2 for each in off) < 0.1, "rather too early than too late"


def test_a_beginner_who_only_guesses_starts_at_the_beginning() -> None:
    roll = dice()
    starts = Counter(start_of(take(lambda _: roll() < 1 / 3)) for _ in range(500))
    assert sum(starts[place] for place in (0, 1)) > 400


def test_more_ability_starts_later() -> None:
    roll = dice()
    means = [
        mean(start_of(take(lambda index: roll() < (0.9 if index < known else 0.3))) for _ in range(200))  # noqa: B023 called at once
        for known in (1, 5, 9, 13)
    ]
    assert means == sorted(means)


def test_who_knows_nothing_is_soon_let_go() -> None:
    assert len(take(lambda _: False)) <= 7


def test_who_declines_starts_at_the_first_topic() -> None:
    proposal = propose_start(TOPICS, [])
    assert (proposal.start, proposal.skipped) == (TOPICS[0], ())


def test_what_is_skipped_is_named() -> None:
    proposal = propose_start(TOPICS, take(lambda index: index < 3))
    assert proposal.skipped == TOPICS[:3]


def test_a_roadmap_that_lost_a_topic_goes_on() -> None:
    answers = take(lambda index: index < 5)
    fewer = tuple(topic for topic in TOPICS if topic != answers[0].topic_id)
    assert propose_start(fewer, answers).start in fewer
    with pytest.raises(ValueError, match="has topics"):
        propose_start((), [])


@given(st.lists(st.booleans(), min_size=QUESTIONS, max_size=QUESTIONS), st.integers(1, 20))
def test_it_ends_asks_no_topic_too_often_and_can_be_resumed(marks: list[bool], count: int) -> None:
    topics = tuple(f"t{number}" for number in range(count))
    given_marks = iter(marks)
    answers = take(lambda _: next(given_marks), topics)
    assert len(answers) <= QUESTIONS
    assert max(Counter(answer.topic_id for answer in answers).values()) <= PER_TOPIC
    for number, answer in enumerate(answers):
        assert next_topic(topics, answers[:number]) == answer.topic_id


@given(st.lists(st.tuples(st.sampled_from(TOPICS), st.booleans()), min_size=1, max_size=QUESTIONS), st.data())
def test_a_right_answer_instead_of_a_wrong_one_never_starts_earlier(
    marks: list[tuple[str, bool]], data: st.DataObject
) -> None:
    answers = [PlacementAnswer(*mark) for mark in marks]
    index = data.draw(st.integers(0, len(answers) - 1))
    better = [*answers]
    better[index] = PlacementAnswer(answers[index].topic_id, True)
    assert start_of(better) >= start_of(answers)
