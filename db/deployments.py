"""Deployed models: which are up, who wants one ended, which lost their worker."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.presence import SEEN_WITHIN
from db.tables import Deployment, Run, WorkerPresence


@dataclass(frozen=True, slots=True)
class Served:
    """A model that is up, and which it is."""

    run_id: int
    """The ``/run deploy``."""
    address: str
    key: str = field(repr=False)
    expires_at: datetime
    model_run_id: int | None
    model_project: str | None
    model_dataset: str | None


_ALIVE = Deployment.ended_at.is_(None)


async def note_deployment(session: AsyncSession, deployment: Deployment, *, most: int, now: datetime) -> None:
    """A model is up. A member has at most `most`: the oldest of the others are asked to end."""
    session.add(deployment)
    others = (
        select(Deployment.run_id)
        .where(Deployment.user_id == deployment.user_id, _ALIVE, Deployment.run_id != deployment.run_id)
        .order_by(Deployment.started_at.desc())
        .offset(most - 1)
    )
    await session.execute(
        update(Deployment)
        .where(Deployment.run_id.in_(others), Deployment.stop_requested_at.is_(None))
        .values(stop_requested_at=now)
    )


async def member_deployments(session: AsyncSession, user_id: int, now: datetime) -> list[Served]:
    """A member's models that are up and not about to end, the newest first."""
    deploy, source = aliased(Run), aliased(Run)
    rows = await session.execute(
        select(
            Deployment.run_id,
            Deployment.address,
            Deployment.key,
            Deployment.expires_at,
            source.id,
            source.project,
            source.dataset,
        )
        .join(deploy, deploy.id == Deployment.run_id)
        .outerjoin(source, source.id == deploy.model_run_id)
        .where(Deployment.user_id == user_id, _ALIVE)
        .where(Deployment.stop_requested_at.is_(None), Deployment.expires_at > now)
        .order_by(Deployment.started_at.desc())
    )
    return [Served(*row) for row in rows]


async def ask_to_stop(session: AsyncSession, run_id: int, user_id: int, now: datetime) -> bool:
    """Ask the worker to end one of the member's models; `False` if it is not up, or somebody else's."""
    stopped = await session.scalar(
        update(Deployment)
        .where(Deployment.run_id == run_id, Deployment.user_id == user_id, _ALIVE)
        .where(Deployment.stop_requested_at.is_(None))
        .values(stop_requested_at=now)
        .returning(Deployment.run_id)
    )
    return stopped is not None


async def wanted_up(session: AsyncSession, worker_id: str, now: datetime) -> set[int]:
    """The runs of those of a worker's deployments that are to go on."""
    rows = await session.scalars(
        select(Deployment.run_id)
        .where(Deployment.worker_id == worker_id, _ALIVE)
        .where(Deployment.stop_requested_at.is_(None), Deployment.expires_at > now)
    )
    return set(rows)


async def mark_ended(session: AsyncSession, worker_id: str, up: set[int], now: datetime) -> None:
    """Of this worker's deployments only these are up."""
    await session.execute(
        update(Deployment)
        .where(Deployment.worker_id == worker_id, _ALIVE, Deployment.run_id.not_in(up))
        .values(ended_at=now)
    )


async def end_orphans(session: AsyncSession, now: datetime, *, grace: timedelta = SEEN_WITHIN) -> None:
    """Models whose worker is gone went with it."""
    up = exists().where(
        WorkerPresence.id == Deployment.worker_id,
        WorkerPresence.stopped_at.is_(None),
        WorkerPresence.seen_at >= now - grace,
    )
    await session.execute(update(Deployment).where(_ALIVE, ~up).values(ended_at=now))
