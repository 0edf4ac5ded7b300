"""A run whose worker died goes on; one that is in good hands is left alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from procrastinate import App
from sqlalchemy import text

from db.engine import Database
from db.tables import RunState
from tests.runs import ask_for, at, end, fetch_run, finished, sql, take
from workers.queue import RUN_QUEUE, queue_app
from workers.recovery import recover_lost_runs

LONG = 3600.0


@pytest.fixture
async def queue(database: Database) -> AsyncIterator[App]:
    app = queue_app(database.url, pool_size=2)
    async with app.open_async():
        yield app


async def recover(queue: App, database: Database, seconds: float = 0) -> list[int]:
    return await recover_lost_runs(queue, database, at(seconds))


async def job_of(database: Database, run_id: int) -> tuple[object, object]:
    """Number and state of the run's job."""
    run = await fetch_run(database, run_id)
    (row,) = await sql(database, "select id, status::text from procrastinate_jobs where id = :id", id=run.job_id)
    return row[0], row[1]


async def start(queue: App, database: Database, *, claim: bool = True) -> int:
    """A run whose job a worker of the queue has fetched, and claimed unless it died in between."""
    run = await ask_for(database)
    worker = await queue.job_manager.register_worker()
    job = await queue.job_manager.fetch_job([RUN_QUEUE], worker)
    assert job is not None
    assert job.task_kwargs == {"run_id": run.id}
    if claim:
        assert await take(database, run.id) is not None
    return run.id


async def kill_workers(database: Database) -> None:
    """As after kill -9: no heartbeat of any worker for a minute."""
    await sql(database, "update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
    await sql(database, "update runs set heartbeat_at = now() - interval '1 minute' where state = 'running'")


async def test_a_run_whose_worker_was_killed_goes_back_into_the_queue_and_on(queue: App, database: Database) -> None:
    run_id = await start(queue, database)
    job_id, _ = await job_of(database, run_id)
    await kill_workers(database)
    assert await recover(queue, database) == [run_id]
    assert await job_of(database, run_id) == (job_id, "todo")
    again = await take(database, run_id, "worker-2")
    assert again is not None
    assert again.attempt == 2
    assert await recover(queue, database) == []


async def test_a_run_whose_worker_is_alive_is_left_alone(queue: App, database: Database) -> None:
    run_id = await start(queue, database)
    assert await recover(queue, database, 5) == []
    assert (await job_of(database, run_id))[1] == "doing"


@pytest.mark.parametrize("running", [True, False])
async def test_a_run_whose_job_vanished_gets_a_new_one(queue: App, database: Database, running: bool) -> None:
    run = await ask_for(database)
    if running:
        await take(database, run.id)
    await sql(database, "delete from procrastinate_jobs")
    assert await recover(queue, database, 60) == [run.id]
    job_id, status = await job_of(database, run.id)
    assert status == "todo"
    assert job_id != run.job_id


async def test_a_queued_run_whose_job_failed_gets_a_new_one(queue: App, database: Database) -> None:
    run_id = await start(queue, database, claim=False)
    await sql(database, "update procrastinate_jobs set status = 'failed'")
    assert await recover(queue, database, 60) == [run_id]
    assert (await job_of(database, run_id))[1] == "todo"


async def test_a_run_may_wait_in_the_queue_for_as_long_as_it_takes(queue: App, database: Database) -> None:
    run = await ask_for(database)
    assert await recover(queue, database, LONG) == []
    assert (await job_of(database, run.id)) == (run.job_id, "todo")


async def test_a_run_that_was_fetched_and_never_begun_comes_back(queue: App, database: Database) -> None:
    run_id = await start(queue, database, claim=False)
    await sql(database, "update runs set queued_at = now() - interval '1 minute'")
    assert await recover(queue, database) == []
    await kill_workers(database)
    assert await recover(queue, database) == [run_id]
    assert (await job_of(database, run_id))[1] == "todo"


async def test_a_run_whose_worker_is_forgotten_by_the_queue_comes_back(queue: App, database: Database) -> None:
    run_id = await start(queue, database, claim=False)
    await sql(database, "update runs set queued_at = now() - interval '1 minute'")
    await sql(database, "delete from procrastinate_workers")
    assert await recover(queue, database) == [run_id]


async def test_what_has_ended_is_left_alone(queue: App, database: Database) -> None:
    run_id = await start(queue, database)
    run = await fetch_run(database, run_id)
    await end(database, run, finished())
    await sql(database, "delete from procrastinate_jobs")
    assert await recover(queue, database, LONG) == []
    assert (await fetch_run(database, run_id)).state == RunState.SUCCEEDED


async def test_workers_that_look_at_once_bring_a_run_back_once(queue: App, database: Database) -> None:
    run = await ask_for(database)
    for _ in range(25):
        await sql(database, "delete from procrastinate_jobs")
        found = await asyncio.gather(*(recover(queue, database, 60) for _ in range(8)))
        assert sorted(found) == [*[[]] * 7, [run.id]]
        assert await sql(database, "select count(*) from procrastinate_jobs") == [(1,)]


async def test_a_run_that_another_worker_is_just_bringing_back_is_left_to_it(queue: App, database: Database) -> None:
    await ask_for(database)
    await sql(database, "delete from procrastinate_jobs")
    async with database.transaction() as other:
        await other.execute(text("select id from runs for update"))
        looking = asyncio.create_task(recover(queue, database, 60))
        done, _ = await asyncio.wait({looking}, timeout=3)
    assert done == {looking}, "it waited for the other"
    assert await looking == []
