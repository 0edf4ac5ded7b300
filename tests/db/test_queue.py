"""Asking for a run and calling it off: its row and its job stand or fall together, and a quota holds."""

import asyncio

import pytest

from db.engine import Database
from db.tables import RunState
from lessons.errors import NotEnrolledError, PersonError
from tests.runs import ALICE, BOB, FAILED, PLENTY, ask_for, at, end, fetch_run, finished, sql, take
from workers.catalogue import resolve
from workers.queue import (
    AlreadyOver,
    CancelledAtOnce,
    CancelResult,
    Quota,
    Stopping,
    ask,
    cancel,
    queue_app,
)
from workers.records import Cancelled, load_outcome

JOBS = "select id, status::text, lock, args from procrastinate_jobs order by id"


async def call_off(database: Database, run_id: int, by: str = "Alice") -> CancelResult:
    run = await fetch_run(database, run_id)
    async with database.transaction() as session:
        return await cancel(queue_app(database.url), session, run, by=by, now=at())


async def test_a_run_and_its_job_are_written_together(database: Database) -> None:
    run = await ask_for(database, options={"epochs": 2})
    assert (run.state, run.attempt, run.options["epochs"]) == (RunState.QUEUED, 0, 2)
    assert await sql(database, JOBS) == [(run.job_id, "todo", "member:700", {"run_id": run.id})]


async def test_a_transaction_that_fails_leaves_neither_run_nor_job(database: Database) -> None:
    before = await ask_for(database)

    async def ask_and_fail() -> None:
        async with database.transaction() as session:
            await ask(queue_app(database.url), session, resolve("cnn"), ALICE, PLENTY, at())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_and_fail()
    assert await sql(database, "select id from runs") == [(before.id,)]
    assert len(await sql(database, JOBS)) == 1


async def test_whoever_is_no_member_gets_no_run(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(NotEnrolledError, match="Say `/start` first"):
            await ask(queue_app(database.url), session, resolve("cnn"), ALICE, PLENTY, at())
    assert await sql(database, JOBS) == []


async def test_a_member_may_have_one_running_and_three_waiting(database: Database) -> None:
    quota = Quota(running=1, queued=3)
    asked = [await ask_for(database, quota=quota) for _ in range(4)]
    with pytest.raises(PersonError, match="You have 4 waiting"):
        await ask_for(database, quota=quota)
    await take(database, asked[0].id)
    with pytest.raises(PersonError, match="1 running and 3 waiting"):
        await ask_for(database, quota=quota)
    assert len(await sql(database, "select id from runs")) == 4


async def test_an_ended_run_makes_room_and_other_members_are_not_counted(database: Database) -> None:
    quota = Quota(running=1, queued=0)
    mine = await ask_for(database, quota=quota)
    assert (await ask_for(database, BOB, quota=quota)).user_id == BOB.user_id
    with pytest.raises(PersonError):
        await ask_for(database, quota=quota)
    taken = await take(database, mine.id)
    assert taken is not None
    await end(database, taken, FAILED)
    assert (await ask_for(database, quota=quota)).id > mine.id


async def test_the_quota_holds_when_a_member_asks_ten_times_at_once(database: Database) -> None:
    asked = await asyncio.gather(
        *(ask_for(database, quota=Quota(running=1, queued=3)) for _ in range(10)), return_exceptions=True
    )
    refused = [result for result in asked if isinstance(result, BaseException)]
    assert len(refused) == 6
    assert all(isinstance(error, PersonError) for error in refused), refused
    assert await sql(database, "select count(*) from runs") == [(4,)]
    assert await sql(database, "select count(*) from procrastinate_jobs") == [(4,)]


async def test_a_queued_run_that_is_called_off_never_starts(database: Database) -> None:
    run = await ask_for(database)
    assert await call_off(database, run.id, by="Mara") == CancelledAtOnce()
    now = await fetch_run(database, run.id)
    assert (now.state, load_outcome(now)) == (RunState.CANCELLED, Cancelled(by="Mara"))
    assert [row[1] for row in await sql(database, JOBS)] == ["cancelled"]
    assert await take(database, run.id) is None


async def test_a_running_run_that_is_called_off_goes_on_until_its_worker_stops_it(database: Database) -> None:
    run = await ask_for(database)
    await take(database, run.id)
    assert await call_off(database, run.id, by="Mara") == Stopping()
    first = (await fetch_run(database, run.id)).cancel_requested_at
    assert await call_off(database, run.id) == Stopping()
    now = await fetch_run(database, run.id)
    assert now.state == RunState.RUNNING
    assert now.cancel_requested_at == first is not None
    assert now.cancelled_by == "Mara"  # who asked first


async def test_what_has_ended_cannot_be_called_off(database: Database) -> None:
    run = await ask_for(database)
    taken = await take(database, run.id)
    assert taken is not None
    await end(database, taken, finished())
    assert await call_off(database, run.id) == AlreadyOver(RunState.SUCCEEDED)
    assert load_outcome(await fetch_run(database, run.id)) == finished()


async def test_a_run_is_either_called_off_or_taken_and_never_both(database: Database) -> None:
    for _ in range(8):
        run = await ask_for(database)
        called_off, taken = await asyncio.gather(call_off(database, run.id), take(database, run.id))
        state = (await fetch_run(database, run.id)).state
        match called_off:
            case CancelledAtOnce():
                assert (taken, state) == (None, RunState.CANCELLED)
            case Stopping():
                assert taken is not None
                assert state == RunState.RUNNING
            case AlreadyOver():
                pytest.fail("it had not ended")
