"""Members' own deadlines: stored, met, missed, and who is told."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox
from db.learning_tables import Commitment
from db.nudge_tables import NudgePlan
from db.tables import Member
from lessons.commitments import overdue
from lessons.curriculum import Curriculum
from lessons.zones import zone_or_utc

BuddyState: TypeAlias = Literal["asked", "accepted", "declined"]
SWEEP = 200
"""Rows that one sweep takes."""


@dataclass(frozen=True, slots=True)
class Buddy:
    """Who is asked to stand by a member."""

    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Committed:
    """The deadline stands."""

    row: Commitment
    asks: bool
    """Whether the buddy is to be asked now."""


@dataclass(frozen=True, slots=True)
class BuddyDeclined:
    """That person has said no to this before, and is left alone."""

    buddy: Buddy


@dataclass(frozen=True, slots=True)
class Kept:
    """A commitment that was met."""

    topic_id: str
    due_on: date
    buddy: str | None
    """Who stood by, and hears of it."""


async def commit(
    session: AsyncSession,
    *,
    user_id: int,
    topic_id: str,
    due_on: date,
    buddy: Buddy | None,
    channel_id: int,
    now: datetime,
) -> Committed | BuddyDeclined:
    """Write a deadline down, or move the one that is open for that topic.

    A new buddy is asked; one who was asked before is not asked again, and one who said no least of all: then nothing
    is written. Without a buddy the one who said yes before stays.
    """
    # Two at once come one after the other: there is one open deadline for a topic.
    await session.execute(select(Member.user_id).where(Member.user_id == user_id).with_for_update())
    if buddy is not None and await _declined(session, user_id, topic_id, buddy.user_id):
        return BuddyDeclined(buddy)
    row = await session.scalar(
        select(Commitment)
        .where(
            Commitment.user_id == user_id,
            Commitment.topic_id == topic_id,
            Commitment.met_at.is_(None),
            Commitment.withdrawn_at.is_(None),
        )
        .with_for_update()
    )
    if row is not None and row.buddy_state == "declined" and buddy is not None:
        # The row with the refusal stays as it is: who said no once is not asked again when another was asked between.
        row.withdrawn_at = now
        await session.flush()
        row = None
    if row is None:
        row = Commitment(user_id=user_id, topic_id=topic_id, due_on=due_on, channel_id=channel_id)
        session.add(row)
    row.due_on, row.channel_id, row.told_at = due_on, channel_id, None
    asks = buddy is not None and row.buddy_id != buddy.user_id
    if buddy is not None and asks:
        row.buddy_id, row.buddy_name, row.buddy_state = buddy.user_id, buddy.name, "asked"
    await session.flush()
    return Committed(row, asks)


async def _declined(session: AsyncSession, user_id: int, topic_id: str, buddy_id: int) -> bool:
    """Whether that person has said no to that member and topic before, also on a date that was withdrawn since."""
    found = await session.scalar(
        select(Commitment.id)
        .where(
            Commitment.user_id == user_id,
            Commitment.topic_id == topic_id,
            Commitment.buddy_id == buddy_id,
            Commitment.buddy_state == "declined",
        )
        .limit(1)
    )
    return found is not None


async def get_commitment(session: AsyncSession, commitment_id: int) -> Commitment | None:
    """The commitment of that number, locked until the transaction ends."""
    return await session.scalar(select(Commitment).where(Commitment.id == commitment_id).with_for_update())


async def open_commitments(session: AsyncSession, user_id: int) -> list[Commitment]:
    """The member's open deadlines, the nearest first."""
    rows = await session.scalars(
        select(Commitment)
        .where(Commitment.user_id == user_id, Commitment.met_at.is_(None), Commitment.withdrawn_at.is_(None))
        .order_by(Commitment.due_on, Commitment.id)
    )
    return list(rows)


async def meet_commitments(
    session: AsyncSession, curriculum: Curriculum, user_id: int, topic_id: str, now: datetime
) -> Kept | None:
    """The topic is done: the member's open deadline for it is met, and a buddy who said yes hears of it.

    Call it in the transaction in which the topic becomes done; the member reads it where they made it so.
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
    if met is None:
        return None
    topic = curriculum.find(topic_id)
    name = await session.scalar(select(Member.display_name).where(Member.user_id == user_id))
    stood_by = met.buddy_id if met.buddy_state == "accepted" else None
    if stood_by is not None and topic is not None and name is not None:
        await outbox.post(
            session,
            key=f"commitment:{met.id}:met",
            kind=outbox.NOTE,
            payload={
                "text": f"🎉 {_as_text(name)} has finished **{topic.title}**, and you stood by. "
                "A word from you would fit."
            },
            user_id=stood_by,
        )
    return Kept(topic_id, met.due_on, met.buddy_name if stood_by is not None else None)


async def tell_overdue(session: AsyncSession, curriculum: Curriculum, now: datetime) -> int:
    """Tell members whose own day has passed, and buddies who said yes; each once. Returns how many deadlines.

    Whoever gets nudges reads it there, with everything else that is due, and gets no message of its own. Rows are
    claimed by index with SKIP LOCKED, so any number of processes can sweep.
    """
    nudged = exists().where(
        NudgePlan.user_id == Commitment.user_id, NudgePlan.stopped_at.is_(None), NudgePlan.held_out.is_(False)
    )
    found = await session.execute(
        select(Commitment, Member, nudged)
        .join(Member, Member.user_id == Commitment.user_id)
        .where(
            Commitment.due_on <= now.date(),
            Commitment.met_at.is_(None),
            Commitment.withdrawn_at.is_(None),
            Commitment.told_at.is_(None),
        )
        .order_by(Commitment.due_on)
        .limit(SWEEP)
        .with_for_update(skip_locked=True, of=Commitment)
    )
    told = 0
    for row, member, reads_it_there in found.all():
        if not overdue(row.due_on, now.astimezone(zone_or_utc(member.time_zone))):
            continue
        row.told_at = now
        topic = curriculum.find(row.topic_id)
        if topic is None:
            continue
        told += 1
        key = f"commitment:{row.id}:{row.due_on.isoformat()}"
        when = f"{row.due_on:%A} {row.due_on.day} {row.due_on:%b}"
        if not reads_it_there:
            await outbox.post(
                session,
                key=f"{key}:member",
                kind=outbox.NOTE,
                payload={
                    "text": f"🎯 {when} was your own date for **{topic.title}**. The topic waits for you: `/next` "
                    "shows what is left, `/commit` sets another date."
                },
                user_id=row.user_id,
            )
        if row.buddy_id is not None and row.buddy_state == "accepted":
            await outbox.post(
                session,
                key=f"{key}:buddy",
                kind=outbox.NOTE,
                payload={
                    "text": f"🎯 {when} was {_as_text(member.display_name)}'s own date for **{topic.title}**, and "
                    "it is still open. Asking how it goes may be all it takes."
                },
                user_id=row.buddy_id,
            )
    return told


def _as_text(name: str) -> str:
    """A name that is read as it is, whatever marks it has."""
    return re.sub(r"([\\*_~`|>\[\]#-])", r"\\\1", name)
