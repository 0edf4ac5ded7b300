"""Members' own deadlines: stored, met, and who is told."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox
from db.learning_tables import Commitment
from db.tables import Member
from lessons.curriculum import Curriculum


async def meet_commitments(
    session: AsyncSession, curriculum: Curriculum, user_id: int, topic_id: str, now: datetime
) -> None:
    """The topic is done: the member's open commitment to it is met, and a buddy who said yes hears of it.

    Call it in the transaction in which the topic becomes done. The member sees it on the card themselves.
    """
    met = await session.scalar(
        update(Commitment)
        .where(
            Commitment.user_id == user_id,
            Commitment.topic_id == topic_id,
            Commitment.met_at.is_(None),
            Commitment.withdrawn_at.is_(None),
        )
        .values(met_at=now)
        .returning(Commitment)
    )
    if met is None or met.buddy_id is None or met.buddy_state != "accepted":
        return
    topic = curriculum.find(topic_id)
    name = await session.scalar(select(Member.display_name).where(Member.user_id == user_id))
    if topic is None or name is None:
        return
    await outbox.post(
        session,
        key=f"commitment:{met.id}:met",
        kind="note",
        payload={
            "text": f"🎉 {name} has finished **{topic.title}**, with you at their side. A word from you would fit."
        },
        user_id=met.buddy_id,
    )
