"""The days on which members did something, as their own calendars had them."""

from datetime import date, datetime

from sqlalchemy import Date, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import ActiveDay
from db.tables import Member


async def note_active(session: AsyncSession, user_id: int, day: date) -> None:
    """The member did something on that local date."""
    await session.execute(insert(ActiveDay).values(user_id=user_id, day=day).on_conflict_do_nothing())


async def note_active_at(session: AsyncSession, user_id: int, now: datetime) -> None:
    """The same for a moment, by the member's own time zone; nothing for who is no member."""
    day = cast(func.timezone(Member.time_zone, now), Date)
    source = select(Member.user_id, day).where(Member.user_id == user_id)
    await session.execute(insert(ActiveDay).from_select(["user_id", "day"], source).on_conflict_do_nothing())


async def active_days(session: AsyncSession, user_id: int) -> frozenset[date]:
    """All of them."""
    return frozenset(await session.scalars(select(ActiveDay.day).where(ActiveDay.user_id == user_id)))
