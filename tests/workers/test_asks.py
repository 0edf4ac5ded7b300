"""A question on its way through a worker: from its row to its answer, also when a worker is killed in the middle."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from procrastinate import App

from db import asks, presence
from db.engine import Database
from db.tables import ModelAsk
from tests.runs import ALICE, artifacts, ask_for, at, end, finished, sql, take
from tests.workers.asked import ASKED, line
from workers import answering
from workers.answering import Answering, AskSupervisor, recover_lost_asks
from workers.forkserver import ForkServer
from workers.messages import Artifact
from workers.queue import ASK_LIFE, ASK_QUEUE, ask_model, queue_app
from workers.records import load_answer
from workers.report import Report
from workers.trainer import trainer_server
from workers.using import Refused, Wish

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("trainer"),  # one warm server for all of them
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ForkServer]:
    server = trainer_server()
    await server.start()
    yield server
    await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def place(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def queue(place: Database) -> AsyncIterator[App]:
    app = queue_app(place.url, pool_size=2)
    async with app.open_async():
        yield app


@pytest_asyncio.fixture(loop_scope="module")
async def supervisor(place: Database, queue: App, server: ForkServer) -> AsyncIterator[AskSupervisor]:
    process = Answering(server, 4 * 2**30, package=ASKED)
    yield AskSupervisor(place, queue, process, asyncio.Event())
    await process.close()


async def tiny_run(place: Database) -> int:
    """A finished run of a project whose models are tiny."""
    run = await ask_for(place)
    claimed = await take(place, run.id)
    assert claimed is not None
    model = Artifact("model.pt", "application/octet-stream", line(run.id).data)
    assert await end(place, claimed, finished(), [*artifacts()[:1], model])
    await sql(place, "update runs set project = 'tiny'")
    return run.id


async def put(place: Database, queue: App, text: str, run_id: int | None) -> int:
    """A question, asked as the chat does it."""
    async with place.transaction() as session:
        await presence.say_here(session, "w", "w", "CPU", at())
        return await ask_model(queue, session, ALICE.user_id, Wish("write", text=text), at(), run_id=run_id)


async def answer_of(place: Database, ask_id: int) -> Report | Refused | None:
    async with place.session() as session:
        row = await asks.get(session, ask_id)
        assert isinstance(row, ModelAsk)
        return load_answer(row.answer)


async def fetch_job(queue: App) -> object:
    """Fetch the next question as another worker's loop does; its number."""
    worker = await queue.job_manager.register_worker()
    job = await queue.job_manager.fetch_job([ASK_QUEUE], worker)
    return None if job is None else job.task_kwargs["ask_id"]


async def test_a_question_is_answered_by_the_model_of_its_run(
    place: Database, queue: App, supervisor: AskSupervisor
) -> None:
    ask_id = await put(place, queue, "3", await tiny_run(place))
    await supervisor.carry(ask_id)
    said = await answer_of(place, ask_id)
    assert isinstance(said, Report)
    assert said.headline == "7.0"
    assert await sql(place, "select name, media_type from model_ask_files") == [("dot.png", "image/png")]


async def test_a_refusal_is_written_for_the_person(place: Database, queue: App, supervisor: AskSupervisor) -> None:
    ask_id = await put(place, queue, "", await tiny_run(place))
    await supervisor.carry(ask_id)
    assert await answer_of(place, ask_id) == Refused("Give me a number.")


async def test_an_answer_is_given_once(place: Database, queue: App, supervisor: AskSupervisor) -> None:
    ask_id = await put(place, queue, "3", await tiny_run(place))
    await supervisor.carry(ask_id)
    before = await sql(place, "select answered_at, answer from model_asks")
    await supervisor.carry(ask_id)
    assert await sql(place, "select answered_at, answer from model_asks") == before


async def test_a_question_whose_run_was_deleted_is_gone_with_it(
    place: Database, queue: App, supervisor: AskSupervisor
) -> None:
    ask_id = await put(place, queue, "3", await tiny_run(place))
    await sql(place, "delete from runs")
    await supervisor.carry(ask_id)
    assert await sql(place, "select count(*) from model_asks") == [(0,)]


async def test_a_question_that_nobody_waits_for_any_more_is_left_alone(
    place: Database, queue: App, supervisor: AskSupervisor
) -> None:
    ask_id = await put(place, queue, "3", await tiny_run(place))
    await sql(place, "update model_asks set asked_at = asked_at - :life", life=ASK_LIFE)
    await supervisor.carry(ask_id)
    assert await answer_of(place, ask_id) is None


async def test_a_question_of_a_killed_worker_comes_back_and_is_answered(
    place: Database, queue: App, supervisor: AskSupervisor
) -> None:
    ask_id = await put(place, queue, "3", await tiny_run(place))
    assert await fetch_job(queue) == ask_id
    assert await recover_lost_asks(place) == [], "its worker gives signs of life"
    await sql(place, "update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
    assert len(await recover_lost_asks(place)) == 1
    assert await fetch_job(queue) == ask_id
    await supervisor.carry(ask_id)
    assert isinstance(await answer_of(place, ask_id), Report)


async def test_a_worker_that_is_stopped_hands_the_question_on(
    place: Database, queue: App, server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "WRAP_UP", 0.1)
    run_id = await tiny_run(place)
    await sql(place, "update runs set project = 'wild'")
    ask_id = await put(place, queue, "hangs", run_id)
    assert await fetch_job(queue) == ask_id
    stopping = asyncio.Event()
    process = Answering(server, 4 * 2**30, package=ASKED)
    carrying = asyncio.create_task(AskSupervisor(place, queue, process, stopping).carry(ask_id))
    await asyncio.sleep(0.1)
    stopping.set()
    await carrying
    await process.close()
    assert await answer_of(place, ask_id) is None
    assert await fetch_job(queue) == ask_id
