"""Deleting what nobody will look at again."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.belongings import drop_uploads
from db.tables import ACTIVE_STATES, OutboxRow, Run, RunCheckpoint, RunEvent, WorkerPresence


async def tidy(session: AsyncSession, *, before: datetime) -> None:
    """Delete events of runs that ended before then, delivered messages, workers long gone, stray checkpoints, files.

    Runs, their outcomes and their artifacts stay: they are what members made.
    """
    ended = select(Run.id).where(Run.finished_at < before)
    await session.execute(delete(RunEvent).where(RunEvent.run_id.in_(ended)))
    await session.execute(delete(OutboxRow).where(OutboxRow.sent_at < before))
    # The last one stays, so that cards go on to say since when no worker is up.
    last = select(func.max(WorkerPresence.seen_at)).scalar_subquery()
    await session.execute(delete(WorkerPresence).where(WorkerPresence.seen_at < before, WorkerPresence.seen_at < last))
    over = select(Run.id).where(Run.state.not_in(ACTIVE_STATES))
    await session.execute(delete(RunCheckpoint).where(RunCheckpoint.run_id.in_(over)))
    await drop_uploads(session, before=before)
