"""Nudged and held-out members, counted."""

from datetime import datetime

from sqlalchemy import Interval, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.nudge_tables import NudgePlan, NudgeRow
from db.tables import TopicProgress
from lessons.nudge_stats import WINDOW, Group


async def groups(session: AsyncSession, now: datetime) -> tuple[Group, Group]:
    """Those who got nudges and those who were held out, as far as their window is over.

    Whoever asked counts in the group that chance gave them, also if they stopped the next day: the groups stay
    comparable (intention to treat).
    """
    passed = (
        select(TopicProgress.user_id)
        .where(
            TopicProgress.user_id == NudgePlan.user_id,
            TopicProgress.done_at > NudgePlan.asked_at,
            TopicProgress.done_at <= NudgePlan.asked_at + literal(WINDOW, Interval()),
            # Known at the start is no work of theirs.
            TopicProgress.placed_at.is_(None),
        )
        .exists()
    )
    rows = await session.execute(
        select(NudgePlan.held_out, func.count(), func.count().filter(passed))
        .where(NudgePlan.asked_at <= now - WINDOW)
        .group_by(NudgePlan.held_out)
    )
    found = {held_out: Group(members, done) for held_out, members, done in rows}
    return found.get(False, Group(0, 0)), found.get(True, Group(0, 0))


async def still_in_window(session: AsyncSession, now: datetime) -> int:
    """Members who asked too short a time ago to be counted."""
    count = await session.scalar(select(func.count()).select_from(NudgePlan).where(NudgePlan.asked_at > now - WINDOW))
    return count or 0


async def sent_since(session: AsyncSession, since: datetime) -> int:
    """Nudges written since then."""
    count = await session.scalar(select(func.count()).select_from(NudgeRow).where(NudgeRow.sent_at >= since))
    return count or 0
