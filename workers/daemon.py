"""A worker: takes one run at a time from the queue, and answers questions to trained models beside it."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable

from procrastinate import App

from db import presence
from db.engine import DATABASE_AWAY, Database
from lessons.reload import LatestCurriculum
from workers.answering import Answering, AskSupervisor, recover_lost_asks
from workers.assist import Assistant
from workers.deployments import Deployments
from workers.device import describe_device
from workers.papers import jobs as paper_jobs
from workers.papers.poll import Arxiv
from workers.queue import ASK_QUEUE, ASK_TASK, ASSIST_TASK, PAPERS_QUEUE, RUN_QUEUE, RUN_TASK, queue_app
from workers.recovery import STALE_AFTER, recover_lost_runs
from workers.settings import WorkerSettings
from workers.supervise import BEAT_EVERY, RETRY_DELAYS, RunSupervisor, now
from workers.trainer import TrainerHost, trainer_server

log = logging.getLogger(__name__)


class WorkerDaemon:
    """One worker process: a warm trainer server, the loops of three queues, a heartbeat, a look-out for lost runs."""

    def __init__(self, settings: WorkerSettings, url: str) -> None:
        host = socket.gethostname()
        self.name = settings.worker_name or host
        self.worker_id = f"{host}-{os.getpid()}-{secrets.token_hex(3)}"
        self._url = url
        self._database = Database(url, pool_size=4)
        self._queue = queue_app(url, pool_size=3)
        self._asks = queue_app(url, pool_size=2)
        self._papers = queue_app(url, pool_size=2)
        server = trainer_server()
        self._host = TrainerHost(settings, server=server)
        self._answering = Answering(server, settings.run_memory_limit_mb * 2**20)
        self._deployments = Deployments(self.worker_id, settings.deployments_per_member)
        self._lessons = LatestCurriculum(settings.lessons_dir)
        self._stopping = asyncio.Event()
        self._ready = {name: asyncio.Event() for name in (RUN_QUEUE, ASK_QUEUE, PAPERS_QUEUE)}
        self._register()
        paper_jobs.register(self._papers, self._database, self._lessons, Arxiv.from_settings(settings))

    def stop(self) -> None:
        """Ask the worker to stop; a run under way is saved and given back."""
        self._stopping.set()

    async def wait_ready(self) -> None:
        """Wait until the trainer server is warm and the worker listens for runs and for questions."""
        for ready in self._ready.values():
            await ready.wait()

    async def run(self) -> None:
        """Work until `stop`, SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(ValueError, NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, self.stop)
        device = await describe_device()
        await self._host.warm()
        side = [
            asyncio.create_task(self._keep(lambda: self._say_here(device), BEAT_EVERY), name="presence"),
            asyncio.create_task(self._keep(self._recover, BEAT_EVERY), name="recovery"),
            asyncio.create_task(self._keep(self._look_at_deployments, BEAT_EVERY), name="deployments"),
        ]
        try:
            # A loop each, so that neither a question nor a feed waits for a training.
            await asyncio.gather(
                self._work(self._queue, RUN_QUEUE),
                self._work(self._asks, ASK_QUEUE),
                self._work(self._papers, PAPERS_QUEUE),
            )
        finally:
            for task in side:
                task.cancel()
            await asyncio.gather(*side, return_exceptions=True)
            await self._deployments.close()
            await self._say_gone()
            await self._answering.close()
            await self._host.close()
            await self._database.close()

    async def _work(self, queue: App, name: str) -> None:
        """A queue's loop, started again with a growing delay when a long outage has ended it."""
        tries = 0
        while not self._stopping.is_set():
            try:
                async with queue.open_async():
                    tries = 0
                    await self._serve(queue, name)
            except Exception as error:  # noqa: BLE001 - whatever ended the loop, a worker's duty is to come back
                delay = RETRY_DELAYS[min(tries, len(RETRY_DELAYS) - 1)]
                tries += 1
                log.warning("the loop of %s ended (%r); again in %.1f s", name, error, delay)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)

    def _register(self) -> None:
        supervisor = RunSupervisor(
            self._database,
            self._queue,
            self._host,
            self._lessons,
            worker_id=self.worker_id,
            stopping=self._stopping,
            deployments=self._deployments,
        )

        assistant = Assistant(self._database, self._host, self._stopping)
        asking = AskSupervisor(self._database, self._asks, self._answering, self._stopping)

        @self._queue.task(name=RUN_TASK, queue=RUN_QUEUE)
        async def train(run_id: int) -> None:  # pyright: ignore[reportUnusedFunction] - the decorator registers it
            await supervisor.carry(run_id)

        @self._queue.task(name=ASSIST_TASK, queue=RUN_QUEUE)
        async def assist(run_id: int) -> None:  # pyright: ignore[reportUnusedFunction] - the decorator registers it
            await assistant.carry(run_id)

        @self._asks.task(name=ASK_TASK, queue=ASK_QUEUE)
        async def answer(ask_id: int) -> None:  # pyright: ignore[reportUnusedFunction] - the decorator registers it
            await asking.carry(ask_id)

    async def _serve(self, queue: App, name: str) -> None:
        serving = asyncio.create_task(
            queue.run_worker_async(
                queues=[name],
                name=self.name,
                concurrency=1,
                install_signal_handlers=False,
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=BEAT_EVERY,
                stalled_worker_timeout=STALE_AFTER.total_seconds(),
                delete_jobs="successful",
            ),
            name=f"queue {name}",
        )
        stop = asyncio.create_task(self._stopping.wait(), name=f"stop {name}")
        self._ready[name].set()
        await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if serving.done():
            serving.result()
            return
        # Cancelling makes the queue's worker stop in an orderly way: the job under way gives its run back first.
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    async def _keep(self, work: Callable[[], Awaitable[object]], every: float) -> None:
        while True:
            try:
                await work()
            except DATABASE_AWAY as error:
                log.debug("database away: %s", error)
            await asyncio.sleep(every)

    async def _say_here(self, device: str) -> None:
        async with self._database.transaction() as session:
            await presence.say_here(session, self.worker_id, self.name, device, now())

    async def _say_gone(self) -> None:
        with contextlib.suppress(*DATABASE_AWAY):
            async with self._database.transaction() as session:
                await presence.say_gone(session, self.worker_id, now())

    async def _recover(self) -> None:
        await recover_lost_runs(self._queue, self._database, now())
        await recover_lost_asks(self._database)

    async def _look_at_deployments(self) -> None:
        await self._deployments.look(self._database, now())
