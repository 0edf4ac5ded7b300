"""Runs as the chat sees them: asking for one, finding, counting, cancelling, its card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ScalarSelect, case, delete, exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import notify
from db.presence import NoneUp, last_seen
from db.tables import ACTIVE_STATES, Artifact, Member, Run, RunCheckpoint, RunEvent, RunState

MODEL_FILE = "model.pt"
"""The artifact that holds a run's trained model."""

RUN_CHANGED = "waypoint_run"
"""NOTIFY channel: payload is the id of a run whose card may need an edit."""


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """What lies before a queued run."""

    ahead: int
    """Queued runs before this one, any member's."""
    running: int


@dataclass(frozen=True, slots=True)
class LatestSample:
    """What a run under way showed last."""

    caption: str
    text: str | None
    picture: str | None
    """The artifact's name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run's card says that is not in the run itself."""

    place: QueuePlace
    typical_seconds: float | None
    """How long such a run usually takes, from past ones."""
    absent: NoneUp | None
    """Set while no worker is up."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What decides whether a person may have one more run, and what its card will say."""

    enrolled: bool
    queued: int
    """The member's own that wait."""
    running: int
    next_id: int
    """Taken for the run, whether it comes to be or not."""
    around: Surroundings


async def lock_member_runs(session: AsyncSession, user_id: int) -> None:
    """Hold the member's quota until the transaction ends, so that two ``/run`` at once are counted in turn.

    The commit does not wait for the disk, which takes longer than all the rest of ``/run``: the transaction that
    remembers the card follows at once, and its own commit brings both to the disk. Should the database crash in the
    milliseconds between, that second transaction fails, and the person is told.
    """
    statement = """
        select set_config('synchronous_commit', 'off', true),
               pg_advisory_xact_lock(hashtextextended('waypoint:runs', :user_id))
    """
    await session.execute(text(statement), {"user_id": user_id})


async def outlook(
    session: AsyncSession, user_id: int, project: str, preset: str, dataset: str, now: datetime
) -> Outlook:
    """All that ``/run`` has to know before it writes, in one query: a person waits for its answer."""
    count = select(func.count()).select_from(Run)
    mine = count.where(Run.user_id == user_id)
    row = (
        await session.execute(
            select(
                exists().where(Member.user_id == user_id),
                mine.where(Run.state == RunState.QUEUED).scalar_subquery(),
                mine.where(Run.state == RunState.RUNNING).scalar_subquery(),
                func.nextval(func.pg_get_serial_sequence(Run.__tablename__, Run.id.key)),
                count.where(Run.state == RunState.QUEUED).scalar_subquery(),
                count.where(Run.state == RunState.RUNNING).scalar_subquery(),
                _typical(project, preset, dataset),
                *last_seen(now),
            )
        )
    ).one()
    enrolled, queued, running, next_id, waiting, working, typical, up, seen = row
    return Outlook(enrolled, queued, running, next_id, _surroundings(waiting, working, typical, up, seen))


async def trained_on(session: AsyncSession, run_id: int, dataset: str, options: dict[str, Any]) -> None:
    """The run was trained on another data set than the one that its member left to us."""
    await session.execute(update(Run).where(Run.id == run_id).values(dataset=dataset, options=options))


async def best_model(session: AsyncSession, user_id: int, project: str, metric: str, *, highest: bool) -> Run | None:
    """The member's finished run of a project with the best figure among those that kept a model."""
    figure = Run.outcome[("metrics", metric)].as_float()
    kept = exists().where(Artifact.run_id == Run.id, Artifact.name == MODEL_FILE)
    return await session.scalar(
        select(Run)
        .where(Run.user_id == user_id, Run.project == project, Run.state == RunState.SUCCEEDED, figure.is_not(None))
        .where(kept)
        .order_by(figure.desc() if highest else figure.asc(), Run.id.desc())
        .limit(1)
    )


async def latest_sample(session: AsyncSession, run_id: int) -> LatestSample | None:
    """What the run showed last, while it trains."""
    payload = await session.scalar(
        select(RunEvent.payload)
        .where(RunEvent.run_id == run_id, RunEvent.kind == "sample")
        .order_by(RunEvent.id.desc())
        .limit(1)
    )
    return None if payload is None else LatestSample(payload["caption"], payload["text"], payload["artifact"])


async def kept_model(session: AsyncSession, run_id: int) -> bool:
    """Whether the run kept its trained model."""
    return bool(await session.scalar(select(exists().where(Artifact.run_id == run_id, Artifact.name == MODEL_FILE))))


async def finished_models(session: AsyncSession, user_id: int, projects: Sequence[str], *, limit: int) -> list[Run]:
    """The member's finished runs of these projects that kept a model, newest first."""
    kept = exists().where(Artifact.run_id == Run.id, Artifact.name == MODEL_FILE)
    rows = await session.scalars(
        select(Run)
        .where(Run.user_id == user_id, Run.project.in_(projects), Run.state == RunState.SUCCEEDED, kept)
        .order_by(Run.id.desc())
        .limit(limit)
    )
    return list(rows)


async def open_runs(session: AsyncSession, user_id: int, project: str | None, *, limit: int) -> list[Run]:
    """Finished runs that a person may look at: their own, newest first, then those that others share."""
    own = Run.user_id == user_id
    statement = select(Run).where(Run.state == RunState.SUCCEEDED, or_(own, Run.shared_at.is_not(None)))
    if project is not None:
        statement = statement.where(Run.project == project)
    return list(await session.scalars(statement.order_by(own.desc(), Run.id.desc()).limit(limit)))


async def latest_run(session: AsyncSession, user_id: int) -> Run | None:
    """The run that the member asked for last."""
    return await session.scalar(select(Run).where(Run.user_id == user_id).order_by(Run.id.desc()).limit(1))


async def share(session: AsyncSession, run_id: int, now: datetime | None) -> None:
    """Let others use the run from now on, or, with `None`, no more. Since when they may is kept."""
    since = None if now is None else func.coalesce(Run.shared_at, now)
    await session.execute(update(Run).where(Run.id == run_id).values(shared_at=since))


async def get_run(session: AsyncSession, run_id: int) -> Run | None:
    """One run."""
    return await session.get(Run, run_id, populate_existing=True)


async def member_runs(session: AsyncSession, user_id: int, *, limit: int = 25, offset: int = 0) -> list[Run]:
    """A member's runs: active ones first, then newest first."""
    active_first = case((Run.state.in_(ACTIVE_STATES), 0), else_=1)
    rows = await session.scalars(
        select(Run).where(Run.user_id == user_id).order_by(active_first, Run.id.desc()).limit(limit).offset(offset)
    )
    return list(rows)


async def count_runs(session: AsyncSession, user_id: int) -> int:
    """How many runs the member has asked for in all."""
    return await session.scalar(select(func.count()).where(Run.user_id == user_id)) or 0


async def comparable_runs(session: AsyncSession, run: Run, user_id: int, *, limit: int = 10) -> list[Run]:
    """A member's other finished runs of the same project on the same data, newest first."""
    rows = await session.scalars(
        select(Run)
        .where(
            Run.user_id == user_id,
            Run.project == run.project,
            Run.dataset == run.dataset,
            Run.state == RunState.SUCCEEDED,
            Run.id != run.id,
        )
        .order_by(Run.id.desc())
        .limit(limit)
    )
    return list(rows)


async def best_other(session: AsyncSession, run: Run, metric: str, *, highest: bool) -> tuple[int, float] | None:
    """Number and value of the member's best other finished run of the same project on the same data."""
    value = Run.outcome[("metrics", metric)].as_float()
    row = (
        await session.execute(
            select(Run.id, value)
            .where(
                Run.user_id == run.user_id,
                Run.project == run.project,
                Run.dataset == run.dataset,
                Run.state == RunState.SUCCEEDED,
                Run.id != run.id,
                value.is_not(None),
            )
            .order_by(value.desc() if highest else value.asc(), Run.id)
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def unsettled_cards(session: AsyncSession) -> list[int]:
    """Runs whose card may still change: active ones, and ended ones whose card does not show the end yet."""
    ended_unseen = (
        Run.message_id.is_not(None)
        & (func.coalesce(Run.card_digest, "").not_like("final:%"))
        & (Run.finished_at > func.now() - text("interval '1 day'"))
    )
    rows = await session.scalars(select(Run.id).where(or_(Run.state.in_(ACTIVE_STATES), ended_unseen)).order_by(Run.id))
    return list(rows)


async def queue_place(session: AsyncSession, run_id: int) -> QueuePlace:
    """How many are before `run_id`, and how many run now."""
    ahead, running = (await session.execute(select(*_place(run_id)))).one()
    return QueuePlace(ahead, running)


async def typical_seconds(session: AsyncSession, project: str, preset: str, dataset: str) -> float | None:
    """Median of the last 20 successful runs of the same kind, in seconds, or `None` if there was none."""
    value = await session.scalar(select(_typical(project, preset, dataset)))
    return None if value is None else float(value)


async def surroundings(session: AsyncSession, run: Run, now: datetime) -> Surroundings:
    """What the card of `run` says beside the run itself."""
    row = (
        await session.execute(select(*_place(run.id), _typical(run.project, run.preset, run.dataset), *last_seen(now)))
    ).one()
    return _surroundings(*row)


def _surroundings(
    ahead: int, running: int, typical: Decimal | None, up: datetime | None, seen: datetime | None
) -> Surroundings:
    return Surroundings(
        place=QueuePlace(ahead, running),
        typical_seconds=None if typical is None else float(typical),
        absent=None if up else NoneUp(seen),
    )


def _place(run_id: int) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """Queued runs before `run_id`, and running ones."""
    count = select(func.count()).select_from(Run)
    return (
        count.where(Run.state == RunState.QUEUED, Run.id < run_id).scalar_subquery(),
        count.where(Run.state == RunState.RUNNING).scalar_subquery(),
    )


def _typical(project: str, preset: str, dataset: str) -> ScalarSelect[Any]:
    """The median duration of recent runs of a kind."""
    seconds = func.extract("epoch", Run.finished_at) - func.extract("epoch", Run.started_at)
    recent = (
        select(seconds.label("seconds"))
        .where(Run.project == project, Run.preset == preset, Run.dataset == dataset, Run.state == RunState.SUCCEEDED)
        .order_by(Run.id.desc())
        .limit(20)
        .subquery()
    )
    return select(func.percentile_cont(0.5).within_group(recent.c.seconds)).scalar_subquery()


async def remember_card(session: AsyncSession, run_id: int, message_id: int, digest: str, now: datetime) -> None:
    """Note which message shows the run, and what it shows; what happened meanwhile is then edited in."""
    await session.execute(
        update(Run).where(Run.id == run_id).values(message_id=message_id, card_digest=digest, card_edited_at=now)
    )
    await notify(session, RUN_CHANGED, str(run_id))


async def claim_card_edit(session: AsyncSession, run_id: int, digest: str, now: datetime, every: timedelta) -> bool:
    """Whether this process may edit the card now: something changed, and the last edit is `every` ago.

    The row decides, so any number of bot processes edit a card at most once in that time.
    """
    claimed = await session.scalar(
        update(Run)
        .where(
            Run.id == run_id,
            Run.message_id.is_not(None),
            Run.card_digest.is_distinct_from(digest),
            or_(Run.card_edited_at.is_(None), Run.card_edited_at <= now - every),
        )
        .values(card_edited_at=now)
        .returning(Run.id)
    )
    return claimed is not None


async def forget_card(session: AsyncSession, run_id: int) -> None:
    """The card is gone (deleted message or channel): edit it no more."""
    await session.execute(update(Run).where(Run.id == run_id).values(message_id=None))


async def settle_card(session: AsyncSession, run_id: int) -> None:
    """The result was posted: let the card be edited once more, and say so to who edits cards."""
    await session.execute(update(Run).where(Run.id == run_id).values(card_digest=None))
    await notify(session, RUN_CHANGED, str(run_id))


async def note_card_edit(session: AsyncSession, run_id: int, digest: str) -> None:
    """The edit got through. Only now: an edit that is lost with its process is then made again by another."""
    await session.execute(update(Run).where(Run.id == run_id).values(card_digest=digest))


async def cancel_queued(session: AsyncSession, run_id: int, now: datetime, outcome: dict[str, Any]) -> bool:
    """Cancel a run that has not started; `False` if it has."""
    cancelled = await session.scalar(
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.QUEUED)
        .values(state=RunState.CANCELLED, finished_at=now, cancel_requested_at=now, outcome=outcome)
        .returning(Run.id)
    )
    return cancelled is not None


async def request_cancel(session: AsyncSession, run_id: int, now: datetime, *, by: str) -> bool:
    """Ask the worker of a running run to stop it; `False` if it does not run. The first who asks is remembered."""
    asked = await session.scalar(
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.RUNNING)
        .values(
            cancel_requested_at=func.coalesce(Run.cancel_requested_at, now),
            cancelled_by=func.coalesce(Run.cancelled_by, by),
        )
        .returning(Run.id)
    )
    return asked is not None


async def cancelled_by(session: AsyncSession, run_id: int) -> str | None:
    """Who asked for the run to be stopped, by display name."""
    return await session.scalar(select(Run.cancelled_by).where(Run.id == run_id))


async def artifact(session: AsyncSession, run_id: int, name: str) -> bytes | None:
    """The bytes of an artifact."""
    return await session.scalar(select(Artifact.data).where(Artifact.run_id == run_id, Artifact.name == name))


async def artifacts(session: AsyncSession, run_id: int, names: list[str]) -> dict[str, bytes]:
    """The bytes of several artifacts by name; missing ones are left out."""
    rows = await session.execute(
        select(Artifact.name, Artifact.data).where(Artifact.run_id == run_id, Artifact.name.in_(names))
    )
    return {row.name: row.data for row in rows}


async def drop_run_leftovers(session: AsyncSession, run_id: int) -> None:
    """Delete what only a run under way needs: its checkpoint."""
    await session.execute(delete(RunCheckpoint).where(RunCheckpoint.run_id == run_id))


async def events(session: AsyncSession, run_id: int) -> list[RunEvent]:
    """What happened during a run, in order."""
    return list(await session.scalars(select(RunEvent).where(RunEvent.run_id == run_id).order_by(RunEvent.id)))
