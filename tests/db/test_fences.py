"""A worker that lost its run writes nothing any more, and learns it with its next word."""

import asyncio
from datetime import datetime, timedelta

import pytest

from db import fenced, members
from db.engine import Database
from db.fenced import Fence
from db.runs import request_cancel
from db.tables import Run, RunState
from lessons.progress import Stamp
from tests.quizzing import make_familiar
from tests.runs import FAILED, STALE_AFTER, artifacts, ask_for, at, end, fetch_run, finished, sql, take
from workers.messages import Progress
from workers.records import dump_outcome, dump_progress, load_outcome, load_progress

STEP = Progress(step=3, total=90, metrics={"loss": 0.5})


@pytest.fixture
async def run(database: Database) -> Run:
    """A run that a worker has just taken."""
    queued = await ask_for(database)
    taken = await take(database, queued.id)
    assert taken is not None
    return taken


async def beat(
    database: Database,
    run: Run,
    progress: Progress | None = None,
    *,
    seconds: float = 0,
    first_step_at: datetime | None = None,
) -> Fence:
    dumped = None if progress is None else dump_progress(progress)
    async with database.transaction() as session:
        return await fenced.beat(
            session, run.id, run.attempt, at(seconds), progress=dumped, first_step_at=first_step_at
        )


async def taken_over(database: Database, run: Run) -> Run:
    """The run as another worker has it, after the first was silent for too long."""
    again = await take(database, run.id, "worker-2", at(60))
    assert again is not None
    return again


async def test_a_worker_that_takes_a_run_raises_its_attempt_and_starts_its_clock(run: Run) -> None:
    assert (run.attempt, run.state, run.worker_id) == (1, RunState.RUNNING, "worker-1")
    assert run.started_at == run.heartbeat_at


async def test_a_run_whose_worker_is_alive_cannot_be_taken(database: Database, run: Run) -> None:
    assert await take(database, run.id, "worker-2", at(STALE_AFTER.total_seconds() - 2)) is None
    assert (await fetch_run(database, run.id)).worker_id == "worker-1"


async def test_a_run_whose_worker_fell_silent_goes_on_with_the_next_attempt(database: Database, run: Run) -> None:
    again = await taken_over(database, run)
    assert (again.attempt, again.worker_id) == (2, "worker-2")
    assert again.started_at == run.started_at


@pytest.mark.parametrize("outcome", [finished(), FAILED])
async def test_a_run_that_ended_cannot_be_taken(database: Database, run: Run, outcome: object) -> None:
    assert await end(database, run, outcome)
    assert await take(database, run.id, "worker-2", at(3600)) is None


async def test_of_many_workers_that_reach_for_a_run_one_gets_it(database: Database) -> None:
    queued = await ask_for(database)
    taken = await asyncio.gather(*(take(database, queued.id, f"worker-{n}") for n in range(6)))
    assert len([run for run in taken if run is not None]) == 1
    assert (await fetch_run(database, queued.id)).attempt == 1


async def test_progress_is_written_and_the_first_step_keeps_its_time(database: Database, run: Run) -> None:
    first = at()
    assert await beat(database, run, STEP, first_step_at=first) is Fence.HELD
    later = Progress(step=40, total=90, metrics={"loss": 0.2}, eta_seconds=1.5)
    assert await beat(database, run, later, seconds=5, first_step_at=at(4)) is Fence.HELD
    now = await fetch_run(database, run.id)
    assert load_progress(now) == later
    assert now.first_step_at == first


async def test_a_sign_of_life_leaves_the_progress_as_it_was(database: Database, run: Run) -> None:
    await beat(database, run, STEP)
    assert await beat(database, run, seconds=4) is Fence.HELD
    now = await fetch_run(database, run.id)
    assert load_progress(now) == STEP
    assert now.heartbeat_at is not None
    assert run.heartbeat_at is not None
    assert now.heartbeat_at - run.heartbeat_at > timedelta(seconds=3)


async def test_a_worker_hears_with_its_next_word_that_its_run_is_to_stop(database: Database, run: Run) -> None:
    async with database.transaction() as session:
        assert await request_cancel(session, run.id, at(), by="Mara")
    assert await beat(database, run, STEP) is Fence.CANCEL


async def test_a_worker_whose_run_was_taken_over_writes_nothing(database: Database, run: Run) -> None:
    again = await taken_over(database, run)
    assert await beat(database, run, STEP) is Fence.LOST
    assert await end(database, run, FAILED) is False
    now = await fetch_run(database, run.id)
    assert (now.state, now.progress, now.outcome) == (RunState.RUNNING, None, None)
    assert await beat(database, again, STEP) is Fence.HELD


async def test_a_run_ends_once_with_one_set_of_files_and_one_message(database: Database, run: Run) -> None:
    again = await taken_over(database, run)
    assert await end(database, again, finished(0.97), artifacts())
    assert await end(database, again, finished(0.11), artifacts()) is False
    assert await end(database, run, finished(0.22), artifacts()) is False
    outcome = load_outcome(await fetch_run(database, run.id))
    assert outcome == finished(0.97)
    assert await sql(database, "select key from outbox") == [(f"run:{run.id}:result",)]
    assert await sql(database, "select name from artifacts order by name") == [
        ("confusion.png",),
        ("curves.png",),
        ("model.pt",),
    ]


async def test_a_worker_hears_that_its_run_ended_elsewhere(database: Database, run: Run) -> None:
    assert await end(database, run, finished())
    assert await beat(database, run, STEP) is Fence.LOST


async def test_the_newest_checkpoint_is_the_one_to_go_on_from_and_goes_with_the_end(
    database: Database, run: Run
) -> None:
    for step in (10, 20):
        async with database.transaction() as session:
            await fenced.save_checkpoint(session, run.id, step, b"state at %d" % step)
    async with database.session() as session:
        assert await fenced.load_checkpoint(session, run.id) == b"state at 20"
    assert await end(database, run, finished())
    async with database.session() as session:
        assert await fenced.load_checkpoint(session, run.id) is None


async def test_numbers_that_json_cannot_hold_are_left_out_and_the_rest_is_kept(database: Database, run: Run) -> None:
    diverging = Progress(step=4, total=90, metrics={"loss": float("nan"), "accuracy": 0.1})
    assert await beat(database, run, diverging) is Fence.HELD
    kept = load_progress(await fetch_run(database, run.id))
    assert kept == Progress(step=4, total=90, metrics={"accuracy": 0.1})


async def test_no_end_is_written_for_a_run_that_nobody_took(database: Database) -> None:
    queued = await ask_for(database)
    async with database.transaction() as session:
        ended = await fenced.finish(
            session, queued.id, 0, state=RunState.FAILED, now=at(), outcome=dump_outcome(FAILED)
        )
    assert ended is False
    assert (await fetch_run(database, queued.id)).state == RunState.QUEUED


async def test_a_run_that_is_the_last_thing_missing_makes_its_topic_done_for_good(database: Database) -> None:
    asked = await ask_for(database)
    async with database.transaction() as session:
        await members.stamp_topics(session, asked.user_id, [Stamp("cnn", "opened_at", at(-60))])
    await make_familiar(database, asked.user_id, "cnn")
    taken = await take(database, asked.id)
    assert taken is not None
    await end(database, taken, finished())
    ((ran, done),) = await sql(database, "select project_run_at, done_at from topic_progress where topic_id = 'cnn'")
    assert ran is not None
    assert done == ran
