"""Answers questions to trained models, beside the training: one warm process, which may crash or hang without harm."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import psutil
from procrastinate import App
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import asks, runs
from db.engine import DATABASE_AWAY, Database
from db.runs import MODEL_FILE
from db.tables import ModelAsk
from workers import wire
from workers.forkserver import UNKNOWN_STATUS, ForkServer, ForkServerError
from workers.messages import TrainedModel
from workers.queue import ASK_LIFE, ASK_QUEUE, defer_ask
from workers.records import dump_answer, load_wish
from workers.recovery import STALE_AFTER
from workers.supervise import RETRY_DELAYS, now
from workers.trainer import ANSWERING, RECIPES
from workers.using import ANSWER_LIMIT, Answer, Refused
from workers.wire import Question

log = logging.getLogger(__name__)

IDLE = 900.0
"""Seconds without a question after which the process gives its memory back."""
WRAP_UP = 3.0
"""Seconds that a worker which is asked to stop lets an answer take."""
_LOOK_EVERY = 0.25

CRASHED = "The process that ran the model ended in the middle of it. It has been replaced; ask again, or another model."
GONE = "The model of run {run_id} is not kept any more. Train it again with the button 🔁 on its result."

T = TypeVar("T")


@dataclass(slots=True)
class _Child:
    """The answering process."""

    pid: int
    ended: "asyncio.Future[int]"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    holds: frozenset[int] = frozenset()


class Answering:
    """The one process of a worker that answers; it is started with the first question, and again when it has ended.

    Args:
        server: Forks it.
        memory_limit: Resident bytes that it may use.
        limit: Seconds that an answer may take.
        package: Where the heavy halves are.
    """

    def __init__(
        self, server: ForkServer, memory_limit: int, *, limit: float = ANSWER_LIMIT, package: str = RECIPES
    ) -> None:
        self._server = server
        self._memory_limit = memory_limit
        self._limit = limit
        self._package = package
        self._lock = asyncio.Lock()
        self._child: _Child | None = None
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._child.pid if self._child is not None and not self._child.ended.done() else None

    async def ask(self, question: Question, model: Callable[[], Awaitable[TrainedModel | None]]) -> Answer | Refused:
        """Asks, one question at a time. `model` fetches the trained model where the process does not hold it yet."""
        async with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            try:
                return await self._ask(replace(question, package=self._package), model)
            except ForkServerError as error:
                return Refused("The worker could not start the process that runs models. Try again soon.", str(error))
            except asyncio.CancelledError:
                self._drop()  # it would go on with a question that nobody waits for
                raise
            finally:
                self._idle = asyncio.get_running_loop().call_later(IDLE, self._drop)

    async def close(self) -> None:
        """Ends the process."""
        if self._idle is not None:
            self._idle.cancel()
        child = self._child
        self._drop()
        if child is not None:
            await asyncio.wait([child.ended], timeout=5)

    async def _ask(self, question: Question, model: Callable[[], Awaitable[TrainedModel | None]]) -> Answer | Refused:
        child = await self._warm()
        if question.run_id is not None and question.run_id not in child.holds:
            if (fetched := await model()) is None:
                return Refused(GONE.format(run_id=question.run_id))
            question = replace(question, model=fetched)
        child.writer.write(wire.pack(question))
        waiting = asyncio.create_task(wire.receive_reply(child.reader), name=f"answer of {child.pid}")
        try:
            if (refused := await self._watch(child, waiting)) is not None:
                return refused
            reply = waiting.result()
        finally:
            waiting.cancel()
        if reply is None:
            self._drop()
            return Refused(CRASHED, "the answering process ended")
        child.holds = reply.holds
        return reply.said

    async def _watch(self, child: _Child, waiting: "asyncio.Task[wire.Reply | None]") -> Refused | None:
        """Holds the process to its limits until it has replied or ended."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._limit
        while not (await asyncio.wait({waiting}, timeout=min(_LOOK_EVERY, max(until - loop.time(), 0))))[0]:
            if loop.time() >= until:
                self._drop()
                return Refused(f"The model took longer than {self._limit:.0f} s to answer, so it was stopped.")
            with contextlib.suppress(psutil.NoSuchProcess):
                if psutil.Process(child.pid).memory_info().rss > self._memory_limit:
                    self._drop()
                    return Refused("The model needed more memory than it may use, so it was stopped.")
        return None

    async def _warm(self) -> _Child:
        """The process, started if there is none. Raises ForkServerError."""
        if self._child is not None and _lives(self._child):
            return self._child
        self._drop()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                pid, ended = await self._server.fork(theirs, ANSWERING)
            except ForkServerError:
                ours.close()
                raise
        reader, writer = await asyncio.open_connection(sock=ours)
        self._child = _Child(pid, ended, reader, writer)
        return self._child

    def _drop(self) -> None:
        """Kills the process, if there is one."""
        if self._child is None:
            return
        child, self._child = self._child, None
        child.writer.close()
        if not child.ended.done() or child.ended.result() == UNKNOWN_STATUS:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)


def _lives(child: _Child) -> bool:
    """Asked of the system itself: word that it was killed may still be under way from the server that forked it."""
    if child.ended.done():
        return False
    try:
        return psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class AskSupervisor:
    """Carries questions from their row to their answer."""

    def __init__(self, database: Database, queue: App, answering: Answering, stopping: asyncio.Event) -> None:
        self._database = database
        self._queue = queue
        self._answering = answering
        self._stopping = stopping

    async def carry(self, ask_id: int) -> None:
        """Answer a question, unless it has an answer, is gone or too old."""
        ask = await self._persist(lambda session: asks.get(session, ask_id))
        if ask is None or ask.answered_at is not None or now() - ask.asked_at > ASK_LIFE:
            return
        said = await self._within_reason(ask)
        if said is None:
            await self._persist(lambda session: defer_ask(self._queue, session, ask_id))
            return
        if isinstance(said, Refused):
            log.log(
                logging.ERROR if said.detail else logging.INFO, "ask %s: %s\n%s", ask_id, said.sentence, said.detail
            )
            refused = dump_answer(said)
            await self._persist(lambda session: asks.answer(session, ask_id, now(), refused))
            return
        report, files = dump_answer(said.report), said.artifacts
        await self._persist(lambda session: asks.answer(session, ask_id, now(), report, files))

    async def _within_reason(self, ask: ModelAsk) -> Answer | Refused | None:
        """What the model says; `None` if this worker is stopped before that."""
        answering = asyncio.create_task(self._answer(ask), name=f"ask {ask.id}")
        stop = asyncio.create_task(self._stopping.wait(), name=f"ask {ask.id} stop")
        try:
            await asyncio.wait({answering, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                await asyncio.wait({answering}, timeout=WRAP_UP)
            return answering.result() if answering.done() else None
        finally:
            stop.cancel()
            answering.cancel()

    async def _answer(self, ask: ModelAsk) -> Answer | Refused:
        wish = load_wish(ask.wish, ask.picture)
        if ask.run_id is None:
            return await self._answering.ask(Question(wish, ask.kind), _no_model)
        run_id = ask.run_id
        run = await self._persist(lambda session: runs.get_run(session, run_id))
        if run is None:
            return Refused(GONE.format(run_id=run_id))

        async def model() -> TrainedModel | None:
            data = await self._persist(lambda session: runs.artifact(session, run.id, MODEL_FILE))
            return TrainedModel(run.id, run.project, run.dataset, data) if data is not None else None

        return await self._answering.ask(Question(wish, run.project, run.id), model)

    async def _persist(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Do `work` in a transaction, and again a few times while the database is away."""
        for delay in RETRY_DELAYS:
            try:
                async with self._database.transaction() as session:
                    return await work(session)
            except DATABASE_AWAY as error:
                log.warning("database away (%s); again in %.1f s", error, delay)
                await asyncio.sleep(delay)
        async with self._database.transaction() as session:
            return await work(session)


async def _no_model() -> None:
    """A wish that needs none."""


_LOST = text("""
    select j.id, procrastinate_retry_job_v2(j.id, :at, null, null, null)
      from (select j.id
              from procrastinate_jobs j
              left join procrastinate_workers w on w.id = j.worker_id
             where j.queue_name = :queue and j.status = 'doing' and (w.id is null or w.last_heartbeat < :stale)
               for update of j skip locked) j
""")


async def recover_lost_asks(database: Database) -> list[int]:
    """Put questions back into the queue whose worker was killed; returns the ids of their jobs."""
    async with database.transaction() as session:
        moment = now()
        lost = await session.execute(_LOST, {"queue": ASK_QUEUE, "at": moment, "stale": moment - STALE_AFTER})
        return [row.id for row in lost]
