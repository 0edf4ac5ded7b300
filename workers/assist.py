"""A free worker helps with somebody else's search: it adds trials to the study until it is not needed any more."""

import asyncio
import logging

from sqlalchemy import exists, select

from db.engine import DATABASE_AWAY, Database
from db.runs import get_run
from db.tables import Run, RunState
from workers.messages import Failed, StudyPlace
from workers.records import training_job
from workers.trainer import Trainer, TrainerHost

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at whether help is still wanted."""


def study_of(run: Run, database_url: str, *, assisting: bool = False) -> StudyPlace:
    """Where the trials of a run are kept."""
    return StudyPlace(database_url, f"run-{run.id}", assisting)


class Assistant:
    """Carries out jobs that ask for help; one that comes too late does nothing."""

    def __init__(self, database: Database, host: TrainerHost, stopping: asyncio.Event) -> None:
        self._database = database
        self._host = host
        self._stopping = stopping

    async def carry(self, run_id: int) -> bool:
        """Help with the search of a run until it ends or somebody's own run waits; whether there was anything to do."""
        async with self._database.session() as session:
            run = await get_run(session, run_id)
        if run is None or run.state != RunState.RUNNING:
            return False
        log.info("helping with the search of run %s", run_id)
        job = training_job(run, study=study_of(run, self._database.url, assisting=True))
        async with self._host.train(job) as trainer:
            working = asyncio.create_task(_to_its_end(trainer), name=f"help with run {run_id}")
            stop = asyncio.create_task(self._stopping.wait())
            try:
                while not working.done():
                    await asyncio.wait({working, stop}, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
                    if stop.done() or not await self._wanted(run_id):
                        await trainer.stop()
                        break
                await working
            finally:
                stop.cancel()
                working.cancel()
        return True

    async def _wanted(self, run_id: int) -> bool:
        """Whether the run still searches, and no other run waits for a worker."""
        searching = exists().where(Run.id == run_id, Run.state == RunState.RUNNING, Run.cancel_requested_at.is_(None))
        waiting = exists().where(Run.state == RunState.QUEUED)
        try:
            async with self._database.session() as session:
                return bool(await session.scalar(select(searching & ~waiting)))
        except DATABASE_AWAY:
            return True


async def _to_its_end(trainer: Trainer) -> None:
    """What an assistant has to say stands in the study; its trouble goes to the log."""
    async for message in trainer:
        if isinstance(message, Failed) and message.cause != "stopped":
            log.warning("help ended: %s %s", message.sentence, message.detail)
