"""Which workers are up, since when none is, and what is cleared away after a while."""

from datetime import timedelta

from db import fenced, housekeeping, presence
from db.engine import Database
from db.presence import SEEN_WITHIN, NoneUp, Presence, Up
from tests.runs import ask_for, at, finish, sql, take

GONE = SEEN_WITHIN.total_seconds() + 1


async def here(database: Database, worker: str, seconds: float = 0) -> None:
    async with database.transaction() as session:
        await presence.say_here(session, worker, worker, "CPU, 2 cores", at(seconds))


async def look(database: Database, seconds: float = 0) -> Presence:
    async with database.session() as session:
        return await presence.presence(session, at(seconds))


async def names_up(database: Database, seconds: float = 0) -> list[str]:
    found = await look(database, seconds)
    return [worker.name for worker in found.workers] if isinstance(found, Up) else []


async def test_before_the_first_worker_none_has_ever_been_up(database: Database) -> None:
    assert await look(database) == NoneUp(since=None)


async def test_workers_are_up_while_they_say_so(database: Database) -> None:
    await here(database, "one", -5)
    await here(database, "two")
    assert await names_up(database) == ["one", "two"]
    assert await names_up(database, GONE - 5) == ["two"]


async def test_a_worker_that_fell_silent_is_gone_since_its_last_word(database: Database) -> None:
    await here(database, "one", -60)
    await here(database, "one", -30)
    found = await look(database)
    assert isinstance(found, NoneUp)
    assert found.since is not None
    assert abs(found.since - at(-30)) < timedelta(seconds=5)


async def test_a_worker_that_says_goodbye_is_gone_at_once_and_may_come_back(database: Database) -> None:
    await here(database, "one")
    async with database.transaction() as session:
        await presence.say_gone(session, "one", at())
    assert isinstance(await look(database), NoneUp)
    await here(database, "one")
    assert await names_up(database) == ["one"]


async def test_tidying_clears_what_nobody_looks_at_and_keeps_what_members_made(database: Database) -> None:
    done, going = await ask_for(database), await ask_for(database)
    for run in (done, going):
        async with database.transaction() as session:
            await fenced.add_event(session, run.id, 1, "stage", {})
            await fenced.save_checkpoint(session, run.id, 1, b"state")
    await finish(database, done.id)
    await sql(database, "insert into checkpoints (run_id, step, data) values (:id, 1, 'stray')", id=done.id)
    await sql(database, "update outbox set sent_at = now() where key = :key", key=f"run:{done.id}:result")
    await here(database, "one", -60)
    await here(database, "two")
    async with database.transaction() as session:
        await housekeeping.tidy(session, before=at(5))
    assert await sql(database, "select run_id from run_events") == [(going.id,)]
    assert await sql(database, "select run_id from checkpoints") == [(going.id,)]
    assert await sql(database, "select key from outbox") == []
    assert await sql(database, "select count(*) from artifacts where run_id = :id", id=done.id) == [(3,)]
    assert await sql(database, "select count(*) from runs") == [(2,)]


async def test_tidying_leaves_what_is_young_or_not_sent_yet(database: Database) -> None:
    run = await ask_for(database)
    async with database.transaction() as session:
        await fenced.add_event(session, run.id, 1, "stage", {})
    await finish(database, run.id)
    async with database.transaction() as session:
        await housekeeping.tidy(session, before=at(-3600))
    assert len(await sql(database, "select id from run_events")) == 1
    async with database.transaction() as session:
        await housekeeping.tidy(session, before=at(3600))
    assert await sql(database, "select key from outbox") == [(f"run:{run.id}:result",)]


async def test_tidying_never_forgets_when_the_last_worker_was_up(database: Database) -> None:
    await here(database, "older", -7200)
    await here(database, "last", -3600)
    async with database.transaction() as session:
        await housekeeping.tidy(session, before=at(-60))
    assert await sql(database, "select id from workers") == [("last",)]
    found = await look(database)
    assert isinstance(found, NoneUp)
    assert found.since is not None


async def test_a_run_that_a_worker_has_keeps_its_checkpoint(database: Database) -> None:
    run = await ask_for(database)
    await take(database, run.id)
    async with database.transaction() as session:
        await fenced.save_checkpoint(session, run.id, 5, b"state")
        await housekeeping.tidy(session, before=at(3600))
    async with database.session() as session:
        assert await fenced.load_checkpoint(session, run.id) == b"state"
