"""A duel: the fastest right answer scores, a wrong one waits, and nothing hangs."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.choosing import Ask, make_question
from lessons.duel_questions import QUESTIONS, draw_questions, reached, shared_topics
from lessons.duels import (
    SILENCE,
    STANDS,
    Asks,
    Begins,
    Counts,
    Duel,
    DuelQuestion,
    DuelState,
    Ends,
    Finishes,
    Given,
    MovedOn,
    NobodyHadIt,
    NotYet,
    NotYours,
    Player,
    Reply,
    Scored,
    Skipped,
    Skips,
    Stands,
    TooLate,
    Undecided,
    given_up,
    go_on,
    outcome_of,
    reply_to,
    skip,
    take,
)
from lessons.model import Topic
from tests.lessons.member import CURRICULUM, START, TOPICS, Member

ALICE, BOB, EVE = Player(7, "Alice"), Player(9, "Bob"), 11
ASK = Ask("conv_output_size", "conv_output_size", 1)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def challenge() -> Duel:
    return Duel(1, 60, ALICE, BOB, "cnn", DuelState.ASKED, 0, START)


def playing(*answers: Given, place: int = 1) -> Duel:
    """Bob has accepted; these answers were given to the question that stands there, which was asked at the start."""
    questions = tuple(
        DuelQuestion(each, ASK, START if each <= place else None, None, answers if each == place else ())
        for each in range(1, QUESTIONS + 1)
    )
    return replace(challenge(), state=DuelState.PLAYING, place=place, questions=questions)


def says(player: Player, *, right: bool, seconds: float = 3.0, chosen: int = 0) -> Given:
    return Given(player.user_id, chosen, right, later(seconds))


@pytest.mark.parametrize(
    ("reply", "who", "outcome"),
    [
        (Reply.ACCEPT, BOB, Begins()),
        (Reply.DECLINE, BOB, Ends(DuelState.DECLINED)),
        (Reply.WITHDRAW, ALICE, Ends(DuelState.WITHDRAWN)),
        (Reply.ACCEPT, ALICE, NotYours((BOB,))),
        (Reply.DECLINE, ALICE, NotYours((BOB,))),
        (Reply.WITHDRAW, BOB, NotYours((ALICE,))),
    ],
)
def test_the_rival_answers_a_challenge_and_the_challenger_may_withdraw_it(
    reply: Reply, who: Player, outcome: object
) -> None:
    assert reply_to(challenge(), who.user_id, reply, later(60)) == outcome


@pytest.mark.parametrize("reply", list(Reply))
def test_nobody_else_answers_a_challenge(reply: Reply) -> None:
    assert isinstance(reply_to(challenge(), EVE, reply, later(60)), NotYours)


def test_a_challenge_stands_for_a_day_and_not_longer() -> None:
    almost, over = START + STANDS - timedelta(seconds=1), START + STANDS
    assert reply_to(challenge(), BOB.user_id, Reply.ACCEPT, almost) == Begins()
    assert reply_to(challenge(), BOB.user_id, Reply.ACCEPT, over) == Ends(DuelState.LAPSED)


def test_a_second_press_on_a_challenge_changes_nothing() -> None:
    for state in set(DuelState) - {DuelState.ASKED}:
        assert reply_to(replace(challenge(), state=state), BOB.user_id, Reply.ACCEPT, later(5)) == MovedOn()


def test_a_right_answer_decides_at_once_and_a_wrong_one_waits() -> None:
    right = take(playing(), ALICE.user_id, 1, 2, right=True, now=later(4))
    assert right == Counts(Given(ALICE.user_id, 2, True, later(4)), decides=True)
    wrong = take(playing(), BOB.user_id, 1, 0, right=False, now=later(4))
    assert wrong == Counts(Given(BOB.user_id, 0, False, later(4)), decides=False)
    other = take(playing(says(BOB, right=False)), ALICE.user_id, 1, 1, right=False, now=later(9))
    assert isinstance(other, Counts)
    assert other.decides


def test_the_slower_right_answer_comes_too_late_and_hears_by_how_much() -> None:
    duel = playing(says(ALICE, right=True, seconds=3.0))
    assert take(duel, BOB.user_id, 1, 2, right=True, now=later(3.5)) == TooLate(0.5)


def test_an_answer_stands() -> None:
    duel = playing(says(ALICE, right=False, chosen=1))
    assert take(duel, ALICE.user_id, 1, 2, right=True, now=later(5)) == Stands(says(ALICE, right=False, chosen=1))
    decided = playing(says(ALICE, right=True))
    assert take(decided, ALICE.user_id, 1, 1, right=False, now=later(5)) == MovedOn()


def test_an_old_card_answers_no_other_question() -> None:
    assert take(playing(place=2), ALICE.user_id, 1, 0, right=True, now=later(5)) == MovedOn()
    assert skip(playing(place=2), ALICE.user_id, 1, later(500)) == MovedOn()
    assert go_on(playing(place=2), ALICE.user_id, 1) == MovedOn()
    lapsed = replace(playing(), state=DuelState.LAPSED)
    assert take(lapsed, ALICE.user_id, 1, 0, right=True, now=later(5)) == MovedOn()
    assert skip(lapsed, ALICE.user_id, 1, later(500)) == MovedOn()


def test_only_the_two_play() -> None:
    both = NotYours((ALICE, BOB))
    assert take(playing(), EVE, 1, 0, right=True, now=later(5)) == both
    assert skip(playing(), EVE, 1, later(500)) == both
    assert go_on(playing(says(ALICE, right=True)), EVE, 1) == both


def test_what_nobody_answers_is_skipped_after_a_minute_and_not_before() -> None:
    assert skip(playing(), ALICE.user_id, 1, later(59)) == NotYet(START + SILENCE)
    assert skip(playing(), ALICE.user_id, 1, later(60)) == Skips()


def test_who_waits_for_the_other_can_skip_a_minute_after_their_own_answer() -> None:
    duel = playing(says(ALICE, right=False, seconds=30))
    assert skip(duel, ALICE.user_id, 1, later(80)) == NotYet(later(90))
    assert skip(duel, ALICE.user_id, 1, later(90)) == Skips()


def test_the_one_who_is_waited_for_can_skip_at_once() -> None:
    assert skip(playing(says(ALICE, right=False)), BOB.user_id, 1, later(4)) == Skips()


def test_a_question_ends_in_one_of_three_ways() -> None:
    question = playing().questions[0]
    assert outcome_of(question) == Undecided()
    assert outcome_of(replace(question, answers=(says(BOB, right=False),))) == Undecided()
    late_but_right = (says(BOB, right=False, seconds=2), says(ALICE, right=True, seconds=5.5))
    assert outcome_of(replace(question, answers=late_but_right)) == Scored(ALICE.user_id, 5.5)
    both_wrong = (says(BOB, right=False), says(ALICE, right=False))
    assert outcome_of(replace(question, answers=both_wrong)) == NobodyHadIt()
    assert outcome_of(replace(question, skipped_at=later(90))) == Skipped()


def test_the_next_question_waits_for_the_end_of_this_one_and_comes_once() -> None:
    assert go_on(playing(), ALICE.user_id, 1) == MovedOn()
    decided = playing(says(ALICE, right=True))
    assert go_on(decided, BOB.user_id, 1) == Asks(2)
    assert go_on(replace(decided, place=2), ALICE.user_id, 1) == MovedOn(), "the other one has pressed already"


def test_a_question_whose_content_is_gone_keeps_nobody() -> None:
    assert go_on(playing(), ALICE.user_id, 1, gone=True) == Asks(2)
    assert go_on(playing(place=QUESTIONS), ALICE.user_id, QUESTIONS, gone=True) == Finishes()


def test_points_count_what_was_scored() -> None:
    duel = playing(says(ALICE, right=True), place=3)
    first = replace(duel.questions[0], answers=(says(ALICE, right=False), says(BOB, right=True)))
    duel = replace(duel, questions=(first, *duel.questions[1:]))
    assert (duel.points(ALICE), duel.points(BOB)) == (1, 1)


def test_a_duel_that_nobody_touches_for_a_day_makes_room() -> None:
    assert not given_up(challenge(), START + STANDS - timedelta(seconds=1))
    assert given_up(challenge(), START + STANDS)
    touched = playing(says(ALICE, right=False, seconds=3600))
    assert not given_up(touched, START + STANDS)
    assert given_up(touched, START + STANDS + timedelta(hours=1))


def test_a_duel_is_about_what_both_have_reached() -> None:
    ahead, behind = Member.starts(), Member.starts()
    ahead.walks_to(TOPICS[3])
    behind.walks_to(TOPICS[1])
    shared = shared_topics(CURRICULUM, ahead.enrolment, behind.enrolment)
    assert [topic.id for topic in shared] == list(TOPICS[:2])
    assert reached(CURRICULUM, CURRICULUM.topic(TOPICS[3]), ahead.enrolment)
    assert not reached(CURRICULUM, CURRICULUM.topic(TOPICS[3]), behind.enrolment)


@given(st.sampled_from(CURRICULUM.topics), st.integers(1, 10**12))
def test_every_topic_has_five_different_questions_for_every_duel(topic: Topic, duel_id: int) -> None:
    asks = draw_questions(CURRICULUM, topic, duel_id, {})
    made = [make_question(CURRICULUM, ask) for ask in asks]
    assert len({question.stem for question in made if question is not None}) == QUESTIONS
    assert not any(ask.typed for ask in asks)
    assert {ask.skill_id for ask in asks} <= {skill.id for skill in topic.skills}
    assert asks == draw_questions(CURRICULUM, topic, duel_id, {})


@pytest.mark.parametrize("topic", CURRICULUM.topics, ids=lambda topic: topic.id)
def test_a_rematch_asks_other_questions(topic: Topic) -> None:
    assert draw_questions(CURRICULUM, topic, 1, {}) != draw_questions(CURRICULUM, topic, 2, {})
