"""Topics that become done, with all that follows from it, in one transaction: whoever notices it, bot or worker."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.commitments import Kept, meet_commitments
from db.members import stamp_topics
from db.phase_roles import post_phase_roles
from lessons.curriculum import Curriculum
from lessons.progress import Enrolment, Stamp


async def note_stamps(
    session: AsyncSession,
    curriculum: Curriculum,
    after: Enrolment,
    stamps: Iterable[Stamp],
    now: datetime,
    *,
    user_id: int,
    guild_id: int | None,
) -> list[Kept]:
    """Store what the rules of `lessons.stepping` return, and what follows where a topic is done with it.

    That meets the member's own deadline for it, and may finish its phase.

    Args:
        session: in a transaction.
        curriculum: whose topics they are.
        after: the member once the stamps are stored.
        stamps: what happened.
        now: when.
        user_id: the member.
        guild_id: the server in which they acted, whose roles are owed to them; none in a direct message.

    Returns:
        The member's own deadlines that were met with it.
    """
    stamps = tuple(stamps)
    await stamp_topics(session, user_id, stamps)
    done = [stamp.topic_id for stamp in stamps if stamp.name == "done_at"]
    met = [await meet_commitments(session, curriculum, user_id, topic_id, now) for topic_id in done]
    if done:
        await post_phase_roles(session, curriculum, after, user_id=user_id, guild_id=guild_id)
    return [kept for kept in met if kept is not None]
