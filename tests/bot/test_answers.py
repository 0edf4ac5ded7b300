"""A question to a model is answered once, by whoever takes it, or the person is told why not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot import answers
from bot.answers import Answers
from db import asks, presence
from db.engine import Database
from lessons.errors import PersonError
from tests.runs import artifacts, at, sql
from workers.queue import ASK_QUEUE, ASKS_AT_A_TIME, queue_app
from workers.records import dump_answer
from workers.report import Report
from workers.using import Refused, Wish

ALICE, BOB = 700, 800
DRAW = Wish("draw", seed=5)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Answers]:
    """What a bot process asks with; it listens, and a worker is up."""
    async with database.transaction() as session:
        await presence.say_here(session, "w", "w", "CPU", at())
    opened = Answers(database, queue_app(database.url))
    listening = asyncio.create_task(opened.run())
    yield opened
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and wait for a second at most."""
    monkeypatch.setattr(answers, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(answers, "ASK_LIFE", timedelta(seconds=1))


async def asked(database: Database, count: int = 1) -> int:
    """The number of the newest question, once there are so many."""
    for _ in range(1000):
        rows = await sql(database, "select id from model_asks order by id")
        if len(rows) >= count:
            number = rows[-1][0]
            assert isinstance(number, int)
            return number
        await asyncio.sleep(0.01)
    raise AssertionError("nothing was asked")


async def say(database: Database, ask_id: int, said: Report | Refused) -> bool:
    """Answer as a worker does."""
    async with database.transaction() as session:
        return await asks.answer(session, ask_id, at(), dump_answer(said), artifacts()[:1])


async def test_the_answer_and_its_files_come_back_to_who_asked(database: Database, desk: Answers) -> None:
    alice = asyncio.create_task(desk.ask(ALICE, DRAW))
    first = await asked(database)
    bob = asyncio.create_task(desk.ask(BOB, DRAW))
    second = await asked(database, 2)
    await say(database, second, Report("for Bob", ()))
    await say(database, first, Report("for Alice", ()))
    assert (await alice).report.headline == "for Alice"
    answered = await bob
    assert answered.report.headline == "for Bob"
    assert set(answered.artifacts) == {"curves.png"}


async def test_the_question_waits_in_a_queue_of_its_own_in_one_transaction(database: Database, desk: Answers) -> None:
    asking = asyncio.create_task(desk.ask(ALICE, DRAW))
    number = await asked(database)
    jobs = await sql(database, "select queue_name, status::text, args from procrastinate_jobs")
    assert jobs == [(ASK_QUEUE, "todo", {"ask_id": number})]
    await say(database, number, Report("drawn", ()))
    await asking


async def test_a_refusal_is_the_sentence_that_the_person_gets(database: Database, desk: Answers) -> None:
    asking = asyncio.create_task(desk.ask(ALICE, DRAW))
    await say(database, await asked(database), Refused("I can only draw a 3."))
    with pytest.raises(PersonError, match="I can only draw a 3"):
        await asking


async def test_the_first_answer_counts(database: Database, desk: Answers) -> None:
    asking = asyncio.create_task(desk.ask(ALICE, DRAW))
    number = await asked(database)
    assert await say(database, number, Report("first", ()))
    assert not await say(database, number, Report("second", ()))
    assert (await asking).report.headline == "first"


async def test_an_answer_whose_word_was_lost_is_found_by_looking(database: Database, impatient: None) -> None:
    async with database.transaction() as session:
        await presence.say_here(session, "w", "w", "CPU", at())
    deaf = Answers(database, queue_app(database.url))
    asking = asyncio.create_task(deaf.ask(ALICE, DRAW))
    await say(database, await asked(database), Report("found", ()))
    assert (await asking).report.headline == "found"


async def test_without_a_worker_nothing_is_asked(database: Database) -> None:
    with pytest.raises(PersonError, match="No worker is up right now"):
        await Answers(database, queue_app(database.url)).ask(ALICE, DRAW)
    assert await sql(database, "select count(*) from model_asks") == [(0,)]
    assert await sql(database, "select count(*) from procrastinate_jobs") == [(0,)]


async def test_a_worker_that_goes_away_is_told_and_the_question_is_closed(
    database: Database, desk: Answers, impatient: None
) -> None:
    asking = asyncio.create_task(desk.ask(ALICE, DRAW))
    number = await asked(database)
    async with database.transaction() as session:
        await presence.say_gone(session, "w", at())
    with pytest.raises(PersonError, match="is gone, and no other is up"):
        await asking
    assert not await say(database, number, Report("too late", ()))


async def test_a_question_that_no_worker_comes_to_is_given_up(
    database: Database, desk: Answers, impatient: None
) -> None:
    with pytest.raises(PersonError, match="No worker came to your question in time"):
        await desk.ask(ALICE, DRAW)


async def test_one_person_cannot_fill_the_queue(database: Database, desk: Answers) -> None:
    waiting = [asyncio.create_task(desk.ask(ALICE, DRAW)) for _ in range(ASKS_AT_A_TIME)]
    await asked(database, ASKS_AT_A_TIME)
    with pytest.raises(PersonError, match="still being answered"):
        await desk.ask(ALICE, DRAW)
    bob = asyncio.create_task(desk.ask(BOB, DRAW))
    await asked(database, ASKS_AT_A_TIME + 1)
    await sql(database, "update model_asks set asked_at = now() - interval '2 minutes' where user_id = :id", id=ALICE)
    again = asyncio.create_task(desk.ask(ALICE, DRAW))
    await asked(database, ASKS_AT_A_TIME + 2)
    for task in (*waiting, bob, again):
        task.cancel()
    await asyncio.gather(*waiting, bob, again, return_exceptions=True)


async def test_a_picture_is_let_go_with_the_answer_and_the_question_soon_after(
    database: Database, desk: Answers
) -> None:
    asking = asyncio.create_task(desk.ask(ALICE, Wish("classify", picture=b"a picture")))
    number = await asked(database)
    assert await sql(database, "select picture from model_asks") == [(b"a picture",)]
    await say(database, number, Report("seen", ()))
    await asking
    assert await sql(database, "select picture from model_asks") == [(None,)]
    async with database.transaction() as session:
        await asks.drop_asks(session, before=at(-60))
    assert await sql(database, "select count(*) from model_ask_files") == [(1,)]
    async with database.transaction() as session:
        await asks.drop_asks(session, before=at(1))
    assert await sql(database, "select count(*) from model_ask_files") == [(0,)]
