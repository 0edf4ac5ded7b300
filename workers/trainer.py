"""Trains each run in a process of its own, which may crash, hang or grow without harm to the worker."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import psutil

from workers import wire
from workers.catalogue import PROJECTS
from workers.forkserver import UNKNOWN_STATUS, ForkServer, ForkServerError
from workers.messages import Failed, FailureCause, Finished, Outcome, Progress, TrainerMessage, TrainingJob
from workers.recipes.sources import DataSources
from workers.settings import WorkerSettings

RECIPES = "workers.recipes"
TRAINER, ANSWERING = "workers.trainer_child:main", "workers.answer_child:main"
PRELOAD = (
    "torch",
    "torch._dynamo",  # every torch optimiser imports it when it is made: 0.8 s
    "sklearn.datasets",
    "workers.recipes.cnn",
    "workers.trainer_child",
    "workers.answer_child",
)
SILENCE_LIMIT = 300.0
"""Seconds without a word after which a trainer counts as hung: recipes report every step."""
GRACE = 5.0
"""Seconds for a trainer to reach its next step, save its state and end by itself."""
_LOOK_EVERY = 0.25


def trainer_server() -> ForkServer:
    """A server whose children are trainers and answering processes; it starts when it is first needed."""
    return ForkServer((TRAINER, ANSWERING), PRELOAD)


class TrainerHost:
    """A worker's trainers: one server with torch imported, and a process forked from it for each run.

    Args:
        settings: Limits of a run, and where data sets come from.
        recipes: The package whose modules are the recipes, by project id.
        silence_limit: Seconds without a word after which a trainer is given up.
        server: A server to share with another host; one of its own by default.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        recipes: str = RECIPES,
        silence_limit: float = SILENCE_LIMIT,
        server: ForkServer | None = None,
    ) -> None:
        self._settings = settings
        self._sources = DataSources.from_settings(settings)
        self._recipes = recipes
        self._silence_limit = silence_limit
        self._server = server or trainer_server()

    async def warm(self) -> None:
        """Starts the server and waits for its imports. Raises ForkServerError, e.g. where torch is missing."""
        await self._server.start()

    async def close(self) -> None:
        """Ends the server; trainers end with their `train` block."""
        await self._server.close()

    @asynccontextmanager
    async def train(self, job: TrainingJob) -> AsyncGenerator["Trainer"]:
        """Starts a trainer for `job`; whatever happens inside the block, it is gone after it."""
        trainer = Trainer(job, self._settings, self._silence_limit)
        try:
            await trainer.start(self._server, (job, self._sources, self._recipes))
            yield trainer
        finally:
            await trainer.close()


class Trainer:
    """One run's process, as the messages it sends: an asynchronous iterator.

    The last message is always one `Finished` or `Failed`, whatever became of the process.
    """

    def __init__(self, job: TrainingJob, settings: WorkerSettings, silence_limit: float) -> None:
        self._job = job
        self._time_limit = float(settings.run_time_limit)
        self._memory_limit = settings.run_memory_limit_mb * 2**20
        self._silence_limit = silence_limit
        self._pid: int | None = None
        self._ended: asyncio.Future[int] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: Sequence[asyncio.Task[None]] = ()
        self._messages: deque[TrainerMessage] = deque()
        self._news = asyncio.Event()
        self._over = False
        self._last: Progress | None = None
        self._heard = time.monotonic()
        self._verdict: FailureCause | None = None
        """Why we end the process, if we do: its own last words then come second."""

    @property
    def pid(self) -> int | None:
        """The process, once it has been started."""
        return self._pid

    async def start(self, server: ForkServer, order: wire.Order) -> None:
        """Forks the process and gives it its order; used by `TrainerHost.train`."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._pid, self._ended = await server.fork(theirs, TRAINER)
            except ForkServerError as error:
                ours.close()
                self._finish(
                    Failed(
                        "The trainer could not be started.",
                        "Run it again; if this comes back, tell the operator of this bot.",
                        str(error),
                        "killed",
                    )
                )
                return
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._heard = time.monotonic()
        self._tasks = (
            asyncio.create_task(self._listen(reader, self._ended), name=f"trainer {self._pid} messages"),
            asyncio.create_task(self._watch(self._ended), name=f"trainer {self._pid} limits"),
        )
        self._writer.write(wire.pack(order))

    def __aiter__(self) -> "Trainer":
        return self

    async def __anext__(self) -> TrainerMessage:
        while not self._messages:
            if self._over:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._messages.popleft()

    async def stop(self, grace: float = GRACE) -> None:
        """Ends the process and waits for its end; its messages can still be read.

        Args:
            grace: Seconds for it to save a checkpoint and end by itself; with 0 it is killed at once.
        """
        self._verdict = self._verdict or "stopped"
        await self._end(grace)

    async def close(self) -> None:
        """Kills what is still there and lets go of everything."""
        await self._end(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()

    async def _end(self, grace: float) -> None:
        if self._ended is None or self._ended.done():
            return
        if grace > 0:
            self._signal(signal.SIGTERM)
            await asyncio.wait([self._ended], timeout=grace)
        if not self._ended.done():
            self._signal(signal.SIGKILL)
            await asyncio.wait([self._ended])

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def _listen(self, reader: asyncio.StreamReader, ended: "asyncio.Future[int]") -> None:
        """Takes messages off the socket as they come, so that the trainer never waits for a slow reader."""
        try:
            while (message := await wire.receive_message(reader)) is not None:
                self._heard = time.monotonic()
                if isinstance(message, Finished | Failed):
                    self._finish(self._ruled(message))
                    return
                if isinstance(message, Progress):
                    self._last = message
                    if self._messages and isinstance(self._messages[-1], Progress):
                        self._messages.pop()  # nobody has read it, and this one says more
                self._messages.append(message)
                self._news.set()
            self._finish(self._ruled(self._obituary(await ended)))
        finally:
            if not self._over:  # closed early, or a frame that cannot be read: whoever reads must not wait for ever
                self._finish(self._obituary(UNKNOWN_STATUS))

    async def _watch(self, ended: "asyncio.Future[int]") -> None:
        """Holds the process to its limits until it ends."""
        started = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._pid)
            while not ended.done():
                now = time.monotonic()
                if process.memory_info().rss > self._memory_limit:
                    self._verdict = self._verdict or "memory"
                    await self._end(0)
                elif now - started > self._time_limit:
                    self._verdict = self._verdict or "time"
                    await self._end(GRACE)
                elif now - self._heard > self._silence_limit:
                    self._verdict = self._verdict or "killed"
                    await self._end(0)
                await asyncio.wait([ended], timeout=_LOOK_EVERY)

    def _finish(self, outcome: Outcome) -> None:
        self._messages.append(outcome)
        self._over = True
        self._news.set()

    def _ruled(self, said: Outcome) -> Outcome:
        """The outcome to tell: when we ended the process, our reason and not how it took that."""
        if isinstance(said, Finished):
            return said
        reached = self._reached()
        match self._verdict:
            case "time":
                return Failed(
                    f"The run reached the time limit of {self._time_limit:,.0f} s{reached}.",
                    "Try fewer epochs, or a smaller network.",
                    said.detail,
                    "time",
                )
            case "memory":
                limit = f"{self._memory_limit / 2**20:,.0f} MiB"
                return Failed(
                    f"The run needed more than the {limit} of memory that it may use{reached}.",
                    "Try a smaller batch_size or width.",
                    said.detail,
                    "memory",
                )
            case "killed":
                return Failed(
                    f"Nothing was heard from the trainer for {self._silence_limit:,.0f} s, so it was ended{reached}.",
                    "Run it again; a smaller network takes shorter steps.",
                    said.detail,
                    "killed",
                )
            case "stopped":
                return Failed(f"The run was stopped{reached}.", "Start it again whenever you like.", "", "stopped")
            case _:
                return said

    def _obituary(self, status: int) -> Failed:
        """What to say of a process that ended without a last word."""
        reached = self._reached()
        again = "Run it again; if this comes back, tell the operator of this bot."
        if status == UNKNOWN_STATUS:
            return Failed(f"The trainer is gone, and the process that watched it{reached}.", again, "", "killed")
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGKILL:
            return Failed(
                f"The system killed the trainer{reached}, most likely because the machine ran out of memory.",
                "Try a smaller batch_size or width.",
                "SIGKILL that the worker did not send",
                "memory",
            )
        if code < 0:
            name = signal.Signals(-code).name
            return Failed(f"The trainer crashed{reached} ({name}).", again, f"ended by {name}", "killed")
        return Failed(f"The trainer ended too early{reached}.", again, f"exit status {code}", "killed")

    def _reached(self) -> str:
        """How far it got, e.g. `` after step 40 of 235 (loss 0.1234, accuracy 96.09 %)``."""
        if self._last is None:
            return ""
        project = PROJECTS.get(self._job.project)
        figures = [
            f"{metric.label.lower()} {metric.show(self._last.metrics[metric.name])}"
            for metric in (project.progress_metrics if project else ())
            if metric.name in self._last.metrics
        ]
        shown = f" ({', '.join(figures)})" if figures else ""
        return f" after step {self._last.step:,} of {self._last.total:,}{shown}"
