"""What the bot has to say is said by one delivery at a time, and never forgotten."""

import asyncio
from datetime import timedelta

from db import outbox
from db.engine import Database
from db.tables import OutboxRow
from tests.runs import at, sql

LEASE = timedelta(seconds=60)


async def post(database: Database, key: str) -> bool:
    async with database.transaction() as session:
        return await outbox.post(session, key=key, kind="note", payload={"text": key}, channel_id=60)


async def claim(database: Database, seconds: float = 1, limit: int = 10) -> list[OutboxRow]:
    async with database.transaction() as session:
        return await outbox.claim_due(session, at(seconds), lease=LEASE, limit=limit)


async def test_a_key_is_written_once_whatever_its_second_text(database: Database) -> None:
    assert await post(database, "run:1:result") is True
    assert await post(database, "run:1:result") is False
    assert len(await claim(database)) == 1


async def test_nothing_is_said_about_what_was_rolled_back(database: Database) -> None:
    try:
        async with database.transaction() as session:
            await outbox.post(session, key="run:1:result", kind="note", payload={"text": "no"}, channel_id=60)
            raise RuntimeError
    except RuntimeError:
        pass
    assert await claim(database) == []


async def test_deliveries_that_reach_at_once_never_get_the_same_row(database: Database) -> None:
    for number in range(30):
        await post(database, f"note:{number}")
    shares = await asyncio.gather(*(claim(database, limit=5) for _ in range(8)))
    got = [row.key for share in shares for row in share]
    assert len(got) == len(set(got)) == 30


async def test_a_row_is_left_alone_while_another_looks_at_it(database: Database) -> None:
    await post(database, "note:1")
    async with database.transaction() as first:
        assert len(await outbox.claim_due(first, at(1), lease=LEASE)) == 1
        # Not committed yet: the second neither waits for it nor gets it.
        assert await asyncio.wait_for(claim(database), 2) == []


async def test_a_row_of_a_delivery_that_died_comes_back_when_its_lease_is_over(database: Database) -> None:
    await post(database, "note:1")
    (first,) = await claim(database)
    assert await claim(database, seconds=30) == []
    (again,) = await claim(database, seconds=90)
    assert (again.id, again.attempts) == (first.id, 2)


async def test_a_row_that_was_sent_or_given_up_is_not_due_any_more(database: Database) -> None:
    await post(database, "note:sent")
    await post(database, "note:hopeless")
    sent, hopeless = await claim(database)
    async with database.transaction() as session:
        await outbox.mark_sent(session, sent.id, 991, at())
        await outbox.mark_failed(session, hopeless.id, at(), "their DMs are closed")
    assert await claim(database, seconds=3600) == []
    async with database.session() as session:
        assert await outbox.sent_message(session, "note:sent") == (60, 991)
        assert await outbox.sent_message(session, "note:hopeless") == (60, None)
        assert await outbox.sent_message(session, "note:never") == (None, None)


async def test_a_row_to_be_tried_again_waits_for_its_time_and_then_comes(database: Database) -> None:
    await post(database, "note:1")
    (row,) = await claim(database)
    async with database.transaction() as session:
        await outbox.mark_retry(session, row.id, at(20), "503 Service Unavailable" * 100)
    assert await claim(database, seconds=15) == []
    (again,) = await claim(database, seconds=25)
    assert again.last_error is not None
    assert again.last_error.startswith("503")
    assert len(again.last_error) <= 500


async def test_a_row_that_is_redirected_is_due_at_once_at_its_new_place(database: Database) -> None:
    await post(database, "note:1")
    (row,) = await claim(database)
    async with database.transaction() as session:
        await outbox.redirect(session, row.id, channel_id=None, user_id=7)
    (again,) = await claim(database)
    assert (again.channel_id, again.user_id) == (None, 7)


async def test_what_waits_longest_goes_first(database: Database) -> None:
    for number in range(4):
        await post(database, f"note:{number}")
        older = "update outbox set due_at = due_at - :n * interval '1 minute' where key = :key"
        await sql(database, older, n=number, key=f"note:{number}")
    assert [row.key for row in await claim(database, limit=2)] == ["note:2", "note:3"]
