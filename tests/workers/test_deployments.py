"""A worker looks after the servers that runs leave behind: until their time, their member or itself ends them."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import psutil
import pytest

from db import deployments, presence
from db.deployments import Served
from db.engine import Database
from db.tables import Run
from tests.runs import ALICE, BOB, ask_for, at, fetch_run, finish
from workers.deployments import Deployments
from workers.messages import Serving

# Like the real server: told by SIGUSR1 that somebody looks after it, ended by SIGTERM.
SERVER = "import signal, time; signal.signal(signal.SIGUSR1, lambda *_: None); print('up', flush=True); time.sleep(60)"


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[Deployments]:
    async with database.transaction() as session:
        await presence.say_here(session, "w1", "w1", "CPU", at())
    ours = Deployments("w1", most=2)
    yield ours
    await ours.close()


def server() -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


async def deployed(
    database: Database, worker: Deployments, *, minutes: float = 10, by: object = ALICE
) -> tuple[Run, "subprocess.Popen[str]"]:
    run = await ask_for(database, ALICE if by is ALICE else BOB)
    await finish(database, run.id)
    process = server()
    serving = Serving(process.pid, "http://127.0.0.1:9", f"key{run.id}", at(60 * minutes))
    async with database.transaction() as session:
        await worker.note(session, await fetch_run(database, run.id), serving, at())
    worker.keep(run.id, serving)
    return run, process


async def up(database: Database, user_id: int = ALICE.user_id) -> list[Served]:
    async with database.session() as session:
        return await deployments.member_deployments(session, user_id, at())


async def test_a_deployment_stays_until_its_member_ends_it(database: Database, worker: Deployments) -> None:
    run, process = await deployed(database, worker)
    await worker.look(database, at())
    assert process.poll() is None
    (row,) = await up(database)
    assert (row.run_id, row.key, row.address) == (run.id, f"key{run.id}", "http://127.0.0.1:9")
    assert await up(database, BOB.user_id) == []

    async with database.transaction() as session:
        assert not await deployments.ask_to_stop(session, run.id, BOB.user_id, at()), "somebody else's"
        assert await deployments.ask_to_stop(session, run.id, ALICE.user_id, at())
        assert not await deployments.ask_to_stop(session, run.id, ALICE.user_id, at()), "asked before"
    assert await up(database) == []
    await worker.look(database, at())
    assert process.wait(timeout=10) != 0


async def test_a_deployment_ends_when_its_time_is_over(database: Database, worker: Deployments) -> None:
    _, process = await deployed(database, worker, minutes=1)
    await worker.look(database, at(5))
    assert process.poll() is None
    await worker.look(database, at(61))
    assert process.wait(timeout=10) != 0


async def test_a_member_has_two_at_most_and_the_oldest_goes(database: Database, worker: Deployments) -> None:
    first, second, third = [await deployed(database, worker) for _ in range(3)]
    await deployed(database, worker, by=BOB)
    assert [row.run_id for row in await up(database)] == [third[0].id, second[0].id]
    await worker.look(database, at())
    assert first[1].wait(timeout=10) != 0
    assert second[1].poll() is None
    assert third[1].poll() is None
    assert len(await up(database, BOB.user_id)) == 1


async def test_a_server_that_died_is_not_shown_as_up(database: Database, worker: Deployments) -> None:
    _, process = await deployed(database, worker)
    process.kill()
    process.wait()
    await worker.look(database, at())
    assert await up(database) == []


async def test_what_a_dead_worker_served_is_not_shown_as_up(database: Database, worker: Deployments) -> None:
    await deployed(database, worker)
    other = Deployments("w2", most=2)
    await other.look(database, at())
    assert len(await up(database)) == 1, "its worker was here a moment ago"
    await other.look(database, at() + presence.SEEN_WITHIN + timedelta(seconds=1))
    assert await up(database) == []


async def test_a_worker_that_ends_takes_its_servers_with_it(database: Database, worker: Deployments) -> None:
    _, process = await deployed(database, worker)
    await worker.close()
    for _ in range(50):
        if process.poll() is not None:
            break
        await asyncio.sleep(0.1)
    assert process.poll() is not None
    assert not psutil.pid_exists(process.pid)
