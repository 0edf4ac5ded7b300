"""Questions to trained models, and their answers: rows that live for minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from db.engine import notify
from db.presence import last_seen
from db.runs import MODEL_FILE
from db.tables import Artifact, ModelAsk, ModelAskFile, Run, RunState

ANSWERED = "waypoint_answer"
"""NOTIFY channel: payload is the number of a question that has its answer."""


class AnswerFile(Protocol):
    """A picture or file of an answer, e.g. `workers.messages.Artifact`."""

    @property
    def name(self) -> str: ...  # noqa: D102 - what it is called
    @property
    def media_type(self) -> str: ...  # noqa: D102 - e.g. ``image/png``
    @property
    def data(self) -> bytes: ...  # noqa: D102 - its bytes


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides whether a person may ask now."""

    waiting: int
    """Their questions that have no answer yet."""
    up: bool
    """Whether a worker is there."""


async def surroundings(session: AsyncSession, user_id: int, now: datetime, *, since: datetime) -> Surroundings:
    """Counted from `since`: older questions without an answer were given up."""
    waiting = (
        select(func.count())
        .select_from(ModelAsk)
        .where(ModelAsk.user_id == user_id, ModelAsk.answered_at.is_(None), ModelAsk.asked_at >= since)
        .scalar_subquery()
    )
    up, _ = last_seen(now)
    count, here = (await session.execute(select(waiting, up.is_not(None)))).one()
    return Surroundings(count, here)


async def put(
    session: AsyncSession, user_id: int, kind: str, run_id: int | None, wish: dict[str, Any], picture: bytes | None
) -> int:
    """Write a question; returns its number."""
    row = ModelAsk(user_id=user_id, kind=kind, run_id=run_id, wish=wish, picture=picture)
    session.add(row)
    await session.flush()
    return row.id


async def get(session: AsyncSession, ask_id: int) -> ModelAsk | None:
    """A question with its picture, and with its answer if there is one."""
    return await session.get(ModelAsk, ask_id, populate_existing=True)


async def answer_of(session: AsyncSession, ask_id: int) -> ModelAsk | None:
    """A question that has its answer, without its picture; `None` while there is none."""
    return await session.scalar(
        select(ModelAsk)
        .where(ModelAsk.id == ask_id, ModelAsk.answered_at.is_not(None))
        .options(defer(ModelAsk.picture))
        .execution_options(populate_existing=True)
    )


async def answer(
    session: AsyncSession, ask_id: int, now: datetime, said: dict[str, Any], files: Sequence[AnswerFile] = ()
) -> bool:
    """Answer a question, and let go of its picture; `False` if it has an answer already, or is gone."""
    answered = await session.scalar(
        update(ModelAsk)
        .where(ModelAsk.id == ask_id, ModelAsk.answered_at.is_(None))
        .values(answered_at=now, answer=said, picture=None)
        .returning(ModelAsk.id)
    )
    if answered is None:
        return False
    session.add_all(
        ModelAskFile(ask_id=ask_id, name=file.name, media_type=file.media_type, data=file.data) for file in files
    )
    await notify(session, ANSWERED, str(ask_id))
    return True


async def files(session: AsyncSession, ask_id: int) -> dict[str, bytes]:
    """The pictures and files of an answer by name."""
    rows = await session.execute(select(ModelAskFile.name, ModelAskFile.data).where(ModelAskFile.ask_id == ask_id))
    return {row.name: row.data for row in rows}


async def drop_asks(session: AsyncSession, *, before: datetime) -> None:
    """Delete questions and answers that nobody waits for."""
    await session.execute(delete(ModelAsk).where(ModelAsk.asked_at < before))


async def usable_runs(session: AsyncSession, user_id: int, projects: Sequence[str], *, limit: int = 100) -> list[Run]:
    """Finished runs whose models a person may use: their own newest first, then those that others share."""
    own = Run.user_id == user_id
    rows = await session.scalars(
        select(Run)
        .where(Run.project.in_(projects), Run.state == RunState.SUCCEEDED, or_(own, Run.shared_at.is_not(None)))
        .where(exists().where(Artifact.run_id == Run.id, Artifact.name == MODEL_FILE))
        .order_by(own.desc(), Run.id.desc())
        .limit(limit)
    )
    return list(rows)
