"""What a worker writes about a run.

Every write says which attempt it belongs to, and finds no row once that attempt is stale.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Artifact, Run, RunCheckpoint, RunEvent, RunState


class Fence(Enum):
    """What the database says to a worker that writes."""

    HELD = auto()
    """The run is this worker's: go on."""
    CANCEL = auto()
    """Still this worker's, and its member wants it stopped."""
    LOST = auto()
    """Another attempt has taken the run, or it ended: stop, write nothing."""


async def claim(
    session: AsyncSession, run_id: int, *, worker_id: str, now: datetime, stale_after: timedelta
) -> Run | None:
    """Take a run by raising its attempt.

    `None` if it ended, or if another worker had a sign of life within `stale_after`.
    """
    return await session.scalar(
        update(Run)
        .where(
            Run.id == run_id,
            or_(
                Run.state == RunState.QUEUED,
                (Run.state == RunState.RUNNING) & (Run.heartbeat_at < now - stale_after),
            ),
        )
        .values(
            state=RunState.RUNNING,
            attempt=Run.attempt + 1,
            worker_id=worker_id,
            started_at=func.coalesce(Run.started_at, now),
            heartbeat_at=now,
        )
        .returning(Run)
    )


async def beat(
    session: AsyncSession,
    run_id: int,
    attempt: int,
    now: datetime,
    *,
    progress: dict[str, Any] | None = None,
    first_step_at: datetime | None = None,
) -> Fence:
    """A sign of life, with the newest progress if there is any; the first attempt's first step is kept."""
    values: dict[str, Any] = {"heartbeat_at": now}
    if progress is not None:
        values["progress"] = progress
    if first_step_at is not None:
        values["first_step_at"] = func.coalesce(Run.first_step_at, first_step_at)
    row = (
        await session.execute(
            update(Run)
            .where(Run.id == run_id, Run.attempt == attempt, Run.state == RunState.RUNNING)
            .values(**values)
            .returning(Run.cancel_requested_at)
        )
    ).one_or_none()
    if row is None:
        return Fence.LOST
    return Fence.HELD if row[0] is None else Fence.CANCEL


async def add_event(session: AsyncSession, run_id: int, attempt: int, kind: str, payload: dict[str, Any]) -> None:
    """Append an event; call it in a transaction that held the fence."""
    session.add(RunEvent(run_id=run_id, attempt=attempt, kind=kind, payload=payload))


async def save_artifact(session: AsyncSession, run_id: int, name: str, media_type: str, data: bytes) -> None:
    """Keep a file of the run, replacing one of the same name."""
    statement = insert(Artifact).values(run_id=run_id, name=name, media_type=media_type, data=data)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Artifact.run_id, Artifact.name],
            set_={"media_type": media_type, "data": data, "created_at": func.now()},
        )
    )


async def save_checkpoint(session: AsyncSession, run_id: int, step: int, data: bytes) -> None:
    """Keep the newest state to go on from."""
    statement = insert(RunCheckpoint).values(run_id=run_id, step=step, data=data)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[RunCheckpoint.run_id],
            set_={"step": step, "data": data, "saved_at": func.now()},
        )
    )


async def load_checkpoint(session: AsyncSession, run_id: int) -> bytes | None:
    """The state to go on from."""
    return await session.scalar(select(RunCheckpoint.data).where(RunCheckpoint.run_id == run_id))


async def finish(
    session: AsyncSession,
    run_id: int,
    attempt: int,
    *,
    state: RunState,
    now: datetime,
    outcome: dict[str, Any],
) -> bool:
    """End the run, if it is still this attempt's; `False` means somebody else ended or took it."""
    finished = await session.scalar(
        update(Run)
        .where(Run.id == run_id, Run.attempt == attempt, Run.state == RunState.RUNNING)
        .values(state=state, finished_at=now, outcome=outcome)
        .returning(Run.id)
    )
    return finished is not None
