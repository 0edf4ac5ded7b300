"""Members and what they have done in each topic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.skills import levels
from db.tables import Member, TopicProgress
from lessons.mastery import Level
from lessons.progress import Enrolment, Stamp, StampName, TopicRecord
from lessons.timeline import Pace

STAMPS: tuple[StampName, ...] = get_args(StampName)


async def enrol(
    session: AsyncSession, *, user_id: int, display_name: str, pace: str, time_zone: str, started_on: date
) -> bool:
    """Write a member, or change pace and time zone of one; returns whether they are new.

    Day one stays what it was at the first ``/start``: changing the pace moves the dates, not the past.
    """
    known = await session.get(Member, user_id)
    if known is not None:
        known.pace, known.time_zone, known.display_name = pace, time_zone, display_name
        return False
    row = {
        "user_id": user_id,
        "display_name": display_name,
        "pace": pace,
        "time_zone": time_zone,
        "started_on": started_on,
    }
    # Two presses at once: the second finds the first's row and changes it.
    changed = {"pace": pace, "time_zone": time_zone}
    await session.execute(
        insert(Member).values(row).on_conflict_do_update(index_elements=[Member.user_id], set_=changed)
    )
    return True


async def load_enrolment(
    session: AsyncSession, user_id: int, known: Mapping[str, Level] | None = None
) -> Enrolment | None:
    """The member as the rules of `lessons` know them; `None` before their first ``/start``.

    With `known`, the rungs of their skills, these are not asked for again.
    """
    member = await session.get(Member, user_id)
    if member is None:
        return None
    rows = await session.scalars(select(TopicProgress).where(TopicProgress.user_id == user_id))
    records = (TopicRecord(row.topic_id, **{stamp: getattr(row, stamp) for stamp in STAMPS}) for row in rows)
    reached = await levels(session, user_id) if known is None else known
    return Enrolment(Pace(member.pace), ZoneInfo(member.time_zone), member.started_on, tuple(records), reached)


async def stamp_topics(session: AsyncSession, user_id: int, stamps: Iterable[Stamp]) -> None:
    """Store what the rules of `lessons.stepping` return; a time that is set is kept, so a second press is none."""
    for topic_id, column, at in stamps:
        target = getattr(TopicProgress, column)
        statement = insert(TopicProgress).values(user_id=user_id, topic_id=topic_id, **{column: at})
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=[TopicProgress.user_id, TopicProgress.topic_id],
                set_={column: at},
                where=target.is_(None),
            )
        )


@dataclass(frozen=True, slots=True)
class Sharing:
    """What others may see of a member."""

    display_name: str
    shares_progress: bool


async def sharing(session: AsyncSession, user_id: int) -> Sharing | None:
    """Whether others may look at the member's progress; `None` for who is no member."""
    member = await session.get(Member, user_id)
    return None if member is None else Sharing(member.display_name, member.shares_progress)


async def share_progress(session: AsyncSession, user_id: int, shares: bool) -> None:
    """Let others see it from now on, or no more."""
    await session.execute(update(Member).where(Member.user_id == user_id).values(shares_progress=shares))


async def clear_skip(session: AsyncSession, user_id: int, topic_id: str) -> None:
    """Take a set-aside topic back."""
    row = await session.get(TopicProgress, (user_id, topic_id))
    if row is not None:
        row.skipped_at = None
