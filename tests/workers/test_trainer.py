"""Whatever becomes of a trainer, its worker gets one last message, and nothing is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from workers.forkserver import ForkServer, ForkServerError
from workers.messages import (
    Artifact,
    Checkpoint,
    Failed,
    FailureCause,
    Finished,
    Progress,
    Stage,
    TrainerMessage,
    TrainingJob,
)
from workers.settings import WorkerSettings
from workers.trainer import TrainerHost, trainer_server

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("trainer"),  # one warm server for all of them
]
UNRULY = "tests.workers.unruly"
ROOT = Path(__file__).parents[2]
MakeHost = Callable[..., TrainerHost]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ForkServer]:
    server = trainer_server()
    await server.start()
    yield server
    await server.close()


@pytest.fixture
def make_host(server: ForkServer, tmp_path: Path) -> MakeHost:
    def make(silence_limit: float = 60.0, **limits: int) -> TrainerHost:
        settings = WorkerSettings(_env_file=None, waypoint_home=tmp_path).model_copy(update=limits)
        return TrainerHost(settings, recipes=UNRULY, silence_limit=silence_limit, server=server)

    return make


def steady(steps: int, checkpoint: bytes | None = None) -> TrainingJob:
    return TrainingJob("steady", "quick", "none", 1, {"steps": steps}, checkpoint)


def broken(how: str) -> TrainingJob:
    return TrainingJob("broken", "quick", "none", 1, {"how": how})


async def messages_of(host: TrainerHost, job: TrainingJob) -> list[TrainerMessage]:
    async with host.train(job) as trainer:
        messages = [message async for message in trainer]
        pid = trainer.pid
    assert pid is not None
    assert not psutil.pid_exists(pid), "neither a process nor a zombie is left"
    assert [isinstance(message, Finished | Failed) for message in messages].index(True) == len(messages) - 1
    return messages


async def failure_of(host: TrainerHost, how: str) -> Failed:
    last = (await messages_of(host, broken(how)))[-1]
    assert isinstance(last, Failed)
    return last


async def test_a_run_reports_its_stages_its_steps_and_its_end(make_host: MakeHost) -> None:
    messages = await messages_of(make_host(), steady(10))
    assert messages[0] == Stage("Walking")
    steps = [message.step for message in messages if isinstance(message, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] == 10
    last = messages[-1]
    assert isinstance(last, Finished)
    assert last.metrics == {"steps": 10.0}
    assert last.seconds.total > 0
    assert "torch" in last.versions


@pytest.mark.parametrize(
    ("how", "cause", "sentence", "advice"),
    [
        ("raises", "bug", "The training program broke after step 3 of 10: ZeroDivisionError.", "not your fault"),
        ("wish", "person", "The data set is not here.", "Try another one."),
        ("nan", "diverged", "The loss became NaN at step 4 of 10.", "lower learning rate"),
        ("cuda memory", "memory", "The GPU ran out of memory after step 3 of 10.", "batch_size"),
        ("torch memory", "memory", "The worker ran out of memory after step 3 of 10.", "batch_size"),
        ("full disk", "disk", "The worker's disk is full.", "make room"),
        ("quota", "disk", "The worker's disk is full.", "make room"),
        ("exit", "killed", "The trainer ended too early after step 3 of 10.", "Run it again"),
        ("segfault", "killed", "The trainer crashed after step 3 of 10 (SIGSEGV).", "Run it again"),
        ("killed by the system", "memory", "The system killed the trainer after step 3 of 10", "width"),
    ],
)
async def test_a_broken_run_says_why_and_what_to_try(
    make_host: MakeHost, how: str, cause: FailureCause, sentence: str, advice: str
) -> None:
    failed = await failure_of(make_host(), how)
    assert failed.sentence.startswith(sentence)
    assert advice in failed.advice
    assert failed.cause == cause
    assert "inner secret" not in failed.sentence + failed.advice, "a traceback is for the log"


async def test_the_log_gets_the_traceback_of_a_broken_run(make_host: MakeHost) -> None:
    failed = await failure_of(make_host(), "raises")
    assert "ZeroDivisionError: an inner secret" in failed.detail
    assert "broken.py" in failed.detail


async def test_a_recipe_that_is_not_there_is_a_failure_like_any_other(make_host: MakeHost) -> None:
    last = (await messages_of(make_host(), TrainingJob("no_such", "quick", "none", 1, {})))[-1]
    assert isinstance(last, Failed)
    assert "ModuleNotFoundError" in last.sentence


async def test_a_run_over_its_memory_is_ended_and_told_so(make_host: MakeHost) -> None:
    # Limits below what the settings allow, so that the test is quick: torch alone takes about 400 MiB.
    failed = await failure_of(make_host(run_memory_limit_mb=900), "grows")
    assert failed.sentence == "The run needed more than the 900 MiB of memory that it may use after step 3 of 10."
    assert failed.cause == "memory"


async def test_a_run_over_its_time_is_ended_tells_how_far_it_came_and_keeps_its_state(make_host: MakeHost) -> None:
    messages = await messages_of(make_host(run_time_limit=1), steady(10_000))
    last = messages[-1]
    assert isinstance(last, Failed)
    assert last.cause == "time"
    assert last.sentence.startswith("The run reached the time limit of 1 s after step ")
    assert "of 10,000" in last.sentence
    assert any(isinstance(message, Checkpoint) for message in messages)


async def test_a_trainer_that_falls_silent_is_given_up(make_host: MakeHost) -> None:
    failed = await failure_of(make_host(silence_limit=0.5), "hangs")
    assert failed.sentence.startswith("Nothing was heard from the trainer for ")
    assert failed.cause == "killed"


async def test_a_stopped_run_saves_its_state_and_another_goes_on_from_there(make_host: MakeHost) -> None:
    host = make_host()
    async with host.train(steady(10_000)) as trainer:
        async for message in trainer:
            if isinstance(message, Progress):
                break
        await trainer.stop()
        rest = [message async for message in trainer]
    *_, checkpoint, last = rest
    assert isinstance(last, Failed)
    assert last.cause == "stopped"
    assert last.sentence.startswith("The run was stopped after step ")
    assert isinstance(checkpoint, Checkpoint)
    went_on = await messages_of(host, steady(checkpoint.step + 3, checkpoint.data))
    first = next(message for message in went_on if isinstance(message, Progress))
    assert first.step == checkpoint.step + 1


async def test_a_run_that_does_not_listen_is_killed_after_the_grace(make_host: MakeHost) -> None:
    async with make_host().train(broken("deaf")) as trainer:
        async for message in trainer:
            if isinstance(message, Stage):
                break
        started = time.monotonic()
        await trainer.stop(grace=0.3)
        assert 0.3 <= time.monotonic() - started < 3
        rest = [message async for message in trainer]
    assert len(rest) == 1
    assert isinstance(rest[0], Failed)
    assert rest[0].cause == "stopped"


async def test_leaving_the_block_ends_the_run(make_host: MakeHost) -> None:
    async with make_host().train(broken("hangs")) as trainer:
        await anext(trainer)
        assert trainer.pid is not None
        assert psutil.pid_exists(trainer.pid)
    assert not psutil.pid_exists(trainer.pid)


async def test_cancelling_the_reader_ends_the_run(make_host: MakeHost) -> None:
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def carry() -> None:
        async with make_host().train(broken("hangs")) as trainer:
            async for _ in trainer:
                if trainer.pid is not None and not started.done():
                    started.set_result(trainer.pid)

    task = asyncio.create_task(carry())
    pid = await asyncio.wait_for(started, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(pid)


async def test_a_large_file_does_not_hold_up_the_worker(make_host: MakeHost) -> None:
    longest = 0.0

    async def pulse() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - before)

    beat = asyncio.create_task(pulse())
    async with make_host().train(broken("big")) as trainer:
        async for message in trainer:
            if isinstance(message, Artifact):
                size = len(message.data)
            if message == Stage("Handed over"):
                break
    beat.cancel()
    assert size == 64 * 2**20
    assert longest < 1.0, "the loop went on turning"


async def test_a_slow_reader_does_not_hold_up_the_trainer_and_meets_the_latest_step(make_host: MakeHost) -> None:
    async with make_host().train(steady(40)) as trainer:
        await asyncio.sleep(3.0)
        messages = [message async for message in trainer]
    assert isinstance(messages[-1], Finished)
    assert [message.step for message in messages if isinstance(message, Progress)] == [40]


async def test_when_the_server_is_killed_the_next_run_gets_a_new_one(tmp_path: Path) -> None:
    host = TrainerHost(WorkerSettings(_env_file=None, waypoint_home=tmp_path), recipes=UNRULY)
    before = set(psutil.Process().children())
    await host.warm()
    (server,) = set(psutil.Process().children()) - before
    async with host.train(steady(20)) as trainer:
        await anext(trainer)
        os.kill(server.pid, signal.SIGKILL)
        messages = [message async for message in trainer]
    assert isinstance(messages[-1], Finished), "a run under way does not need the server"
    assert isinstance((await messages_of(host, steady(3)))[-1], Finished)
    await host.close()


async def test_a_server_that_cannot_import_what_it_needs_says_what() -> None:
    server = ForkServer(["workers.trainer_child:main"], ["no_such_module"])
    with pytest.raises(ForkServerError, match="no_such_module"):
        await server.start()


WORKER = """
import asyncio, os
from pathlib import Path
from workers.messages import TrainingJob
from workers.settings import WorkerSettings
from workers.trainer import TrainerHost

async def main():
    settings = WorkerSettings(_env_file=None, waypoint_home=Path("/nonexistent"))
    host = TrainerHost(settings, recipes="tests.workers.unruly")
    async with host.train(TrainingJob("broken", "quick", "none", 1, {"how": "hangs"})) as trainer:
        await anext(trainer)
        print("training", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_when_the_worker_is_killed_nothing_of_it_stays() -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert worker.stdout is not None
    assert await asyncio.wait_for(worker.stdout.readline(), 60) == b"training\n"
    family = psutil.Process(worker.pid).children(recursive=True)
    assert len(family) == 2, "the server and the trainer"
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    # On a quiet machine they are gone within some 10 ms; 5 s leave room for a busy one.
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=5)
    assert not [member for member in alive if _runs(member)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE  # whether an orphan is reaped is up to the system's init
    except psutil.NoSuchProcess:
        return False
