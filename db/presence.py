"""Which workers are up, and since when none is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import WorkerPresence

SEEN_WITHIN = timedelta(seconds=12)
"""A worker says every 2 s that it is there; without a word for this long it counts as gone."""


@dataclass(frozen=True, slots=True)
class Up:
    """At least one worker is there."""

    workers: tuple[WorkerPresence, ...]


@dataclass(frozen=True, slots=True)
class NoneUp:
    """No worker is there; `since` is when the last one was seen, `None` if there never was one."""

    since: datetime | None


Presence: TypeAlias = Up | NoneUp


async def say_here(session: AsyncSession, worker_id: str, name: str, device: str, now: datetime) -> None:
    """A worker is up."""
    row = {"id": worker_id, "name": name, "device": device, "started_at": now, "seen_at": now}
    statement = insert(WorkerPresence).values(row)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[WorkerPresence.id], set_={"seen_at": now, "stopped_at": None})
    )


async def say_gone(session: AsyncSession, worker_id: str, now: datetime) -> None:
    """A worker stopped in an orderly way."""
    await session.execute(
        update(WorkerPresence).where(WorkerPresence.id == worker_id).values(stopped_at=now, seen_at=now)
    )


async def presence(session: AsyncSession, now: datetime) -> Presence:
    """Who is up at `now`."""
    up = await session.scalars(
        select(WorkerPresence)
        .where(WorkerPresence.stopped_at.is_(None), WorkerPresence.seen_at >= now - SEEN_WITHIN)
        .order_by(WorkerPresence.started_at)
    )
    if workers := tuple(up):
        return Up(workers)
    return NoneUp(await session.scalar(select(func.max(WorkerPresence.seen_at))))


def last_seen(now: datetime) -> tuple[ScalarSelect[datetime], ScalarSelect[datetime]]:
    """When a worker that is up at `now` was last seen (null if none is), and when any was."""
    latest = select(func.max(WorkerPresence.seen_at))
    up = latest.where(WorkerPresence.stopped_at.is_(None), WorkerPresence.seen_at >= now - SEEN_WITHIN)
    return up.scalar_subquery(), latest.scalar_subquery()
