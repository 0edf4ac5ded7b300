"""Own deadlines in the database: moved, met, missed, and each told once."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from db import commitments
from db.commitments import Buddy, Committed, Kept, meet_commitments, open_commitments, tell_overdue
from db.engine import Database
from db.members import enrol
from db.nudges import turn_on
from lessons.load import load_curriculum
from tests.runs import at, sql

CURRICULUM = load_curriculum()
BOB = Buddy(8, "Bob_*")
TODAY = at().date()
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
async def database(database: Database) -> Database:
    """With Alice, 7, in UTC."""
    async with database.transaction() as session:
        await enrol(
            session, user_id=7, display_name="*Alice*", pace="middle", time_zone="UTC", started_on=date(2026, 1, 5)
        )
    return database


async def commit(database: Database, due_on: date, buddy: Buddy | None = None, *, state: str | None = None) -> int:
    async with database.transaction() as session:
        outcome = await commitments.commit(
            session, user_id=7, topic_id="cnn", due_on=due_on, buddy=buddy, channel_id=60, now=at()
        )
        assert isinstance(outcome, Committed)
        row = outcome.row
        if state is not None:
            row.buddy_state = state
    return row.id


async def texts(database: Database) -> dict[object, str]:
    """What is to be sent, by to whom."""
    rows = await sql(database, "select user_id, payload->>'text' from outbox order by id")
    return {row[0]: str(row[1]) for row in rows}


def morning(days: int = 0) -> datetime:
    return datetime.combine(TODAY, time(9, 30), UTC) + timedelta(days=days)


async def test_saying_it_again_moves_the_date_and_keeps_the_buddy(database: Database) -> None:
    first = await commit(database, date(2026, 12, 1), BOB, state="accepted")
    assert await commit(database, date(2026, 12, 9)) == first
    async with database.session() as session:
        (row,) = await open_commitments(session, 7)
    assert (row.due_on, row.buddy_id, row.buddy_state) == (date(2026, 12, 9), 8, "accepted")
    await commit(database, date(2026, 12, 9), Buddy(9, "Carol"))
    async with database.session() as session:
        (row,) = await open_commitments(session, 7)
    assert (row.buddy_name, row.buddy_state) == ("Carol", "asked")


async def test_a_topic_that_is_done_meets_its_date_and_the_buddy_hears_of_it_once(database: Database) -> None:
    await commit(database, date(2026, 12, 1), BOB, state="accepted")
    for expected in (Kept("cnn", date(2026, 12, 1), "Bob_*"), None):
        async with database.transaction() as session:
            assert await meet_commitments(session, CURRICULUM, 7, "cnn", at()) == expected
    assert await texts(database) == {
        8: "🎉 \\*Alice\\* has finished **Convolutional Neural Networks (CNNs)**, and you stood by. "
        "A word from you would fit."
    }


@pytest.mark.parametrize("state", ["asked", "declined"])
async def test_who_did_not_say_yes_hears_nothing(database: Database, state: str) -> None:
    await commit(database, YESTERDAY, BOB, state=state)
    async with database.transaction() as session:
        assert await tell_overdue(session, CURRICULUM, morning()) == 1
    assert set(await texts(database)) == {7}
    async with database.transaction() as session:
        kept = await meet_commitments(session, CURRICULUM, 7, "cnn", at())
    assert kept is not None
    assert kept.buddy is None
    assert set(await texts(database)) == {7}


async def test_a_day_that_has_passed_is_told_once_also_by_two_sweeps(database: Database) -> None:
    await commit(database, YESTERDAY, BOB, state="accepted")

    async def sweep() -> int:
        async with database.transaction() as session:
            told = await tell_overdue(session, CURRICULUM, morning())
            await asyncio.sleep(0.05)
            return told

    assert sum(await asyncio.gather(sweep(), sweep())) == 1
    assert await sweep() == 0
    told = await texts(database)
    assert set(told) == {7, 8}
    assert "The topic waits for you" in told[7]
    assert "Asking how it goes may be all it takes." in told[8]
    assert "\\*Alice\\*" in told[8]


async def test_who_gets_nudges_reads_it_there_and_only_the_buddy_gets_a_message(database: Database) -> None:
    await commit(database, YESTERDAY, BOB, state="accepted")
    async with database.transaction() as session:
        await turn_on(session, 7, ZoneInfo("UTC"), morning(), held_out=False)
        assert await tell_overdue(session, CURRICULUM, morning()) == 1
    assert set(await texts(database)) == {8}


async def test_a_date_that_is_moved_can_pass_again(database: Database) -> None:
    await commit(database, YESTERDAY)
    async with database.transaction() as session:
        await tell_overdue(session, CURRICULUM, morning())
    await commit(database, YESTERDAY + timedelta(days=1))
    async with database.transaction() as session:
        assert await tell_overdue(session, CURRICULUM, morning()) == 0
    async with database.transaction() as session:
        assert await tell_overdue(session, CURRICULUM, morning(1)) == 1
    assert len(await sql(database, "select 1 from outbox")) == 2


async def test_what_is_withdrawn_or_met_or_no_longer_taught_is_told_to_nobody(database: Database) -> None:
    number = await commit(database, YESTERDAY)
    await sql(database, "update commitments set withdrawn_at = now() where id = :id", id=number)
    number = await commit(database, YESTERDAY)
    await sql(database, "update commitments set topic_id = 'perceptrons' where id = :id", id=number)
    async with database.transaction() as session:
        assert await tell_overdue(session, CURRICULUM, morning()) == 0
    assert await texts(database) == {}


async def test_two_commands_at_once_make_one_date(database: Database) -> None:
    async def once(day: int) -> int:
        async with database.transaction() as session:
            outcome = await commitments.commit(
                session, user_id=7, topic_id="cnn", due_on=date(2026, 12, day), buddy=None, channel_id=60, now=at()
            )
            await asyncio.sleep(0.05)
        assert isinstance(outcome, Committed)
        return outcome.row.id

    first, second = await asyncio.gather(once(1), once(2))
    assert first == second
    assert len(await sql(database, "select 1 from commitments")) == 1


async def test_a_zone_that_is_gone_keeps_nobody_waiting(database: Database) -> None:
    await commit(database, YESTERDAY)
    await sql(database, "update members set time_zone = 'Atlantis/Capital'")
    async with database.transaction() as session:
        assert await tell_overdue(session, CURRICULUM, morning()) == 1
