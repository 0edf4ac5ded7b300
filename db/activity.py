"""The days on which members did something, as their own calendars had them."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import ActiveDay


async def note_active(session: AsyncSession, user_id: int, day: date) -> None:
    """The member did something on that local date."""
    await session.execute(insert(ActiveDay).values(user_id=user_id, day=day).on_conflict_do_nothing())


async def active_days(session: AsyncSession, user_id: int) -> frozenset[date]:
    """All of them."""
    return frozenset(await session.scalars(select(ActiveDay.day).where(ActiveDay.user_id == user_id)))
