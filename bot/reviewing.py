"""What a member could review now."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from db.skills import due_skills, reviewed_since
from lessons.curriculum import Curriculum
from lessons.reviews import choose_due, day_start, due_until


@dataclass(frozen=True, slots=True)
class ToReview:
    """The skills that are asked now."""

    skills: tuple[str, ...]
    """The most at risk first; none when nothing is due or the day's share is done."""
    done_for_today: bool
    """More is due, and comes tomorrow."""


async def to_review(
    session: AsyncSession, curriculum: Curriculum, user_id: int, zone: ZoneInfo, now: datetime
) -> ToReview:
    """What is due for the member, as far as the content still has it."""
    due = await due_skills(session, user_id, due_until(now, zone))
    here = {skill_id: memory for skill_id, memory in due.items() if curriculum.skill(skill_id) is not None}
    if not here:
        return ToReview((), done_for_today=False)
    done = await reviewed_since(session, user_id, day_start(now, zone))
    chosen = choose_due(here, now, zone, done_today=done)
    return ToReview(chosen, done_for_today=not chosen)
