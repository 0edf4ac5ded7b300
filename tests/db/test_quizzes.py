"""Rounds of questions and what members know, in the database."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from db import quizzes, skills
from db.engine import Database
from db.members import enrol
from db.quizzes import QuizKind
from lessons.choosing import Ask
from lessons.known import KnownSkill, after_answer
from lessons.mastery import Level, Mastery
from lessons.reviews import Memory
from tests.runs import at

ASKS = (Ask("relu", "relu", 2**62), Ask("relu", "relu-item", 5), Ask("softmax", "softmax", 1, typed=True))
KNOWN = KnownSkill(
    Mastery(Level.PROFICIENT, (True, False, True), date(2026, 3, 1)),
    Memory(2.5, 6.25, datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 5, 9, tzinfo=UTC), 4),
    1,
)


@pytest.fixture
async def database(database: Database) -> Database:
    """With a member, 7."""
    async with database.transaction() as session:
        await enrol(session, user_id=7, display_name="A", pace="middle", time_zone="UTC", started_on=date(2026, 1, 1))
    return database


async def started(database: Database) -> quizzes.Quiz:
    async with database.transaction() as session:
        return await quizzes.start_quiz(session, 7, QuizKind.TOPIC, ASKS, at(), topic_id="cnn")


async def test_a_round_comes_back_as_it_was_written(database: Database) -> None:
    quiz = await started(database)
    async with database.session() as session:
        again = await quizzes.load_quiz(session, quiz.id)
        found = await quizzes.open_quiz(session, 7, QuizKind.TOPIC)
        other = await quizzes.open_quiz(session, 7, QuizKind.REVIEW)
    assert again == found == quiz
    assert other is None
    assert [each.ask for each in quiz.questions] == list(ASKS)
    assert quiz.open == quiz.questions[0]


async def test_of_two_answers_at_once_one_counts(database: Database) -> None:
    quiz = await started(database)

    async def answer(right: bool) -> bool:
        async with database.transaction() as session:
            written = await quizzes.write_answer(session, quiz.id, 1, at(), right=right, chosen=int(right))
            await asyncio.sleep(0.05)
            return written

    assert sorted(await asyncio.gather(answer(True), answer(False))) == [False, True]
    async with database.session() as session:
        after = await quizzes.load_quiz(session, quiz.id)
    assert after is not None
    assert after.open == quiz.questions[1]
    assert after.questions[0].right == bool(after.questions[0].chosen)


async def test_what_is_known_comes_back_to_the_digit(database: Database) -> None:
    async with database.transaction() as session:
        await skills.save_skill(session, 7, "relu", KNOWN)
    async with database.session() as session:
        assert await skills.known_skills(session, 7) == {"relu": KNOWN}
        assert await skills.known_skill(session, 7, "relu") == KNOWN
        assert await skills.levels(session, 7) == {"relu": Level.PROFICIENT}
    later = after_answer(KNOWN, right=True, now=datetime(2026, 3, 6, 9, tzinfo=UTC), zone=UTC, in_review=True)
    async with database.transaction() as session:
        await skills.save_skill(session, 7, "relu", later)
    async with database.session() as session:
        assert await skills.known_skills(session, 7) == {"relu": later}


async def test_due_is_what_comes_before_the_end_of_the_day(database: Database) -> None:
    async with database.transaction() as session:
        await skills.save_skill(session, 7, "relu", KNOWN)
    due = KNOWN.memory.due_at
    async with database.session() as session:
        assert await skills.due_skills(session, 7, due) == {}
        assert await skills.due_skills(session, 7, due + timedelta(seconds=1)) == {"relu": KNOWN.memory}
        assert await skills.due_skills(session, 8, due + timedelta(days=99)) == {}


async def test_only_answers_in_reviews_count_against_the_days_share(database: Database) -> None:
    begun = at(-60)
    for kind in (QuizKind.TOPIC, QuizKind.REVIEW):
        async with database.transaction() as session:
            quiz = await quizzes.start_quiz(session, 7, kind, ASKS, begun)
            await quizzes.write_answer(session, quiz.id, 1, at(), right=True)
    async with database.session() as session:
        assert await skills.reviewed_since(session, 7, begun) == 1
        assert await skills.reviewed_since(session, 7, at(60)) == 0
        assert await quizzes.items_asked(session, 7) == {"relu": 2}


async def test_a_round_that_is_let_go_is_open_no_more(database: Database) -> None:
    quiz = await started(database)
    async with database.transaction() as session:
        await quizzes.end_open(session, 7, QuizKind.TOPIC, at())
    async with database.session() as session:
        assert await quizzes.open_quiz(session, 7, QuizKind.TOPIC) is None
        ended = await quizzes.load_quiz(session, quiz.id)
    assert ended is not None
    assert ended.ended_at is not None
