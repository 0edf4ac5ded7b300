"""Duels as they are stored: one open for a pair in a channel, and of two presses at once one comes first."""

import asyncio

import pytest

from db import duels
from db.engine import Database
from lessons.choosing import Ask
from lessons.duels import Duel, DuelState, Given, Player, Scored, outcome_of
from tests.runs import at, sql

ALICE, BOB, CHANNEL = Player(7, "Alice"), Player(9, "Bob"), 60
ASKS = tuple(Ask("conv_output_size", "conv_output_size", seed) for seed in range(5))


async def challenge(
    database: Database, one: Player = ALICE, other: Player = BOB, channel: int = CHANNEL
) -> Duel | None:
    async with database.transaction() as session:
        return await duels.write_challenge(
            session, guild_id=50, channel_id=channel, challenger=one, rival=other, topic_id="cnn", now=at()
        )


async def begun(database: Database) -> Duel:
    duel = await challenge(database)
    assert duel is not None
    async with database.transaction() as session:
        await duels.begin_duel(session, duel.id, ASKS, at(-5))
    return await loaded(database, duel.id)


async def loaded(database: Database, duel_id: int) -> Duel:
    async with database.session() as session:
        duel = await duels.load_duel(session, duel_id)
    assert duel is not None
    return duel


async def test_a_challenge_comes_back_as_it_was_written(database: Database) -> None:
    duel = await challenge(database)
    assert duel is not None
    assert (duel.challenger, duel.rival, duel.topic_id, duel.channel_id) == (ALICE, BOB, "cnn", CHANNEL)
    assert (duel.state, duel.place, duel.questions) == (DuelState.ASKED, 0, ())


async def test_two_people_have_one_open_duel_in_a_channel_whoever_challenges(database: Database) -> None:
    first = await challenge(database)
    assert first is not None
    assert await challenge(database) is None
    assert await challenge(database, BOB, ALICE) is None
    assert await challenge(database, channel=61) is not None
    assert await challenge(database, ALICE, Player(11, "Eve")) is not None
    async with database.transaction() as session:
        found = await duels.open_duel(session, CHANNEL, BOB.user_id, ALICE.user_id)
        assert found == first
        await duels.end_duel(session, first.id, DuelState.DECLINED, at())
    assert await challenge(database, BOB, ALICE) is not None


async def test_two_challenges_at_once_become_one_duel(database: Database) -> None:
    written = await asyncio.gather(*(challenge(database, *pair) for pair in ((ALICE, BOB), (BOB, ALICE)) * 3))
    assert sum(duel is not None for duel in written) == 1


async def test_an_accepted_duel_has_its_questions_and_the_first_ones_clock_runs(database: Database) -> None:
    duel = await begun(database)
    assert (duel.state, duel.place) == (DuelState.PLAYING, 1)
    assert tuple(question.ask for question in duel.questions) == ASKS
    assert [question.asked_at is not None for question in duel.questions] == [True, False, False, False, False]


async def test_the_clock_of_a_question_is_set_once(database: Database) -> None:
    duel = await begun(database)
    for moment in (first := at(-3), at()):
        async with database.transaction() as session:
            await duels.ask_question(session, duel.id, 2, moment)
    duel = await loaded(database, duel.id)
    assert duel.place == 2
    assert duel.question is not None
    assert duel.question.asked_at == first


async def test_answers_come_back_in_their_order_with_the_seconds_they_took(database: Database) -> None:
    duel = await begun(database)
    async with database.transaction() as session:
        await duels.write_given(session, duel.id, 1, Given(BOB.user_id, 0, False, at(-4)))
    async with database.transaction() as session:
        await duels.write_given(session, duel.id, 1, Given(ALICE.user_id, 2, True, at(-2)))
    question = (await loaded(database, duel.id)).questions[0]
    assert [given.user_id for given in question.answers] == [BOB.user_id, ALICE.user_id]
    outcome = outcome_of(question)
    assert isinstance(outcome, Scored)
    assert outcome.user_id == ALICE.user_id
    assert outcome.seconds == pytest.approx(3.0, abs=0.5)


async def test_who_presses_second_waits_for_the_first_and_sees_their_answer(database: Database) -> None:
    duel = await begun(database)
    seen: list[Duel | None] = []

    async def second() -> None:
        async with database.transaction() as session:
            seen.append(await duels.load_duel(session, duel.id, lock=True))

    async with database.transaction() as session:
        await duels.load_duel(session, duel.id, lock=True)
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.2)
        assert seen == []
        await duels.write_given(session, duel.id, 1, Given(ALICE.user_id, 2, True, at()))
    await waiting
    (after,) = seen
    assert after is not None
    assert [given.user_id for given in after.questions[0].answers] == [ALICE.user_id]


async def test_a_skipped_question_and_an_end_are_kept(database: Database) -> None:
    duel = await begun(database)
    async with database.transaction() as session:
        await duels.skip_question(session, duel.id, 1, at())
        await duels.end_duel(session, duel.id, DuelState.OVER, at())
        await duels.end_duel(session, duel.id, DuelState.LAPSED, at())
    duel = await loaded(database, duel.id)
    assert duel.questions[0].skipped_at is not None
    assert duel.state is DuelState.OVER, "the first end stays"


async def test_a_duel_that_is_not_there_is_none(database: Database) -> None:
    async with database.session() as session:
        assert await duels.load_duel(session, 4711) is None
    assert await sql(database, "select * from duels") == []
