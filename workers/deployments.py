"""A worker's deployed models: one process each, which it ends on request, when their time is over, and with itself."""

import asyncio
import contextlib
import logging
import signal
from datetime import datetime

import psutil
from sqlalchemy.ext.asyncio import AsyncSession

from db import deployments
from db.engine import Database
from db.tables import Deployment, Run
from workers.messages import Serving

log = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds for a server to end by itself."""


class Deployments:
    """What this worker serves.

    Args:
        worker_id: Of this worker.
        most: How many one member may have; a further one ends the oldest.
    """

    def __init__(self, worker_id: str, most: int) -> None:
        self._worker_id = worker_id
        self._most = most
        self._processes: dict[int, psutil.Process] = {}
        self._coming: set[int] = set()
        """Runs whose end is being written: their servers are not looked at yet."""

    async def note(self, session: AsyncSession, run: Run, serving: Serving, now: datetime) -> None:
        """Write that a run's model is up, in the transaction that ends the run."""
        self._coming.add(run.id)
        row = Deployment(
            run_id=run.id,
            user_id=run.user_id,
            worker_id=self._worker_id,
            address=serving.address,
            key=serving.key,
            started_at=now,
            expires_at=serving.expires_at,
        )
        await deployments.note_deployment(session, row, most=self._most, now=now)

    def keep(self, run_id: int, serving: Serving) -> None:
        """Look after the process of a run whose end is written."""
        self._coming.discard(run_id)
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(serving.pid)
            process.send_signal(signal.SIGUSR1)  # somebody looks after you
            self._processes[run_id] = process

    async def look(self, database: Database, now: datetime) -> None:
        """End what is to end, and write down what is not up any more, here and of workers that are gone."""
        async with database.transaction() as session:
            wanted = await deployments.wanted_up(session, self._worker_id, now)
        up = {run_id for run_id, process in self._processes.items() if run_id in wanted and _runs(process)}
        await asyncio.gather(*(self._end(run_id) for run_id in set(self._processes) - up))
        async with database.transaction() as session:
            await deployments.mark_ended(session, self._worker_id, up | set(self._processes) | self._coming, now)
            await deployments.end_orphans(session, now)

    async def close(self) -> None:
        """End them all."""
        await asyncio.gather(*(self._end(run_id) for run_id in list(self._processes)))

    async def _end(self, run_id: int) -> None:
        process = self._processes.pop(run_id, None)
        if process is None:
            return
        log.info("deployment of run %s ends", run_id)
        await end_process(process)


async def end_process(process: psutil.Process) -> None:
    """Ask a server to end, and kill it if it does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        for _ in range(round(GRACE / 0.1)):
            if not _runs(process):
                return
            await asyncio.sleep(0.1)
        process.kill()


def _runs(process: psutil.Process) -> bool:
    """Whether a process is there and more than an entry that nobody has waited for."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
