"""Digests that are due: claimed by one process, written with their outbox rows in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Interval, delete, exists, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox
from db.digests import Picked, load_digest, write_digest
from db.paper_tables import (
    Digest,
    DigestPaper,
    DigestReader,
    DigestSettings,
    PaperRanking,
    PaperRow,
    PaperSave,
    PaperVote,
)
from lessons.digest_times import RANK_BEFORE, WAIT_FOR_RANKING, next_due, still_worth_it, week_of
from lessons.zones import zone_or_utc

DIGEST = "digest"
"""Kind of the outbox rows."""
_RANKED = exists().where(
    PaperRanking.guild_id == DigestSettings.guild_id,
    PaperRanking.ranked_at > DigestSettings.next_due_at - literal(2 * RANK_BEFORE, Interval()),
)
"""The server was ranked for the digest that is due."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A digest with all that its card shows."""

    id: int
    guild_id: int
    week: date
    picked: list[Picked]


async def set_digest(
    session: AsyncSession,
    guild_id: int,
    now: datetime,
    *,
    channel_id: int,
    weekday: int,
    hour: int,
    zone: ZoneInfo,
    threads: bool,
) -> datetime:
    """Write a server's wish; returns when its next digest is due."""
    due = next_due(weekday, hour, zone, now)
    values = {
        "channel_id": channel_id,
        "weekday": weekday,
        "hour": hour,
        "time_zone": zone.key,
        "threads": threads,
        "next_due_at": due,
        "stopped_at": None,
    }
    await session.execute(
        insert(DigestSettings)
        .values(guild_id=guild_id, **values)
        .on_conflict_do_update(index_elements=[DigestSettings.guild_id], set_=values)
    )
    return due


async def stop_digest(session: AsyncSession, guild_id: int, now: datetime) -> bool:
    """No more; `False` if there was none."""
    statement = update(DigestSettings).where(DigestSettings.guild_id == guild_id, DigestSettings.stopped_at.is_(None))
    return await session.scalar(statement.values(stopped_at=now).returning(DigestSettings.guild_id)) is not None


async def read_by_dm(session: AsyncSession, user_id: int, guild_id: int, *, on: bool) -> None:
    """The member wants the server's digest by DM, or no more."""
    await session.execute(delete(DigestReader).where(DigestReader.user_id == user_id))
    if on:
        session.add(DigestReader(user_id=user_id, guild_id=guild_id))


async def reads_by_dm(session: AsyncSession, user_id: int) -> bool:
    """Whether the member gets a digest by DM."""
    return await session.get(DigestReader, user_id) is not None


async def due_for_ranking(session: AsyncSession, now: datetime) -> list[int]:
    """Servers whose digest is due within the hour and that were not ranked for it: each comes up once a week."""
    rows = await session.scalars(
        select(DigestSettings.guild_id)
        .where(DigestSettings.stopped_at.is_(None), DigestSettings.next_due_at <= now + RANK_BEFORE, ~_RANKED)
        .order_by(DigestSettings.guild_id)
    )
    return list(rows)


async def write_due(session: AsyncSession, now: datetime, *, limit: int = 50) -> int:
    """Write digests that are due; returns how many servers were looked at, 0 when none is left.

    Another process gets other servers. One that waits for its ranking is left for half an hour. With nothing to put
    into it there is none.
    """
    rows = await session.scalars(
        select(DigestSettings)
        .where(
            DigestSettings.stopped_at.is_(None),
            DigestSettings.next_due_at <= now,
            _RANKED | (DigestSettings.next_due_at <= now - WAIT_FOR_RANKING),
        )
        .order_by(DigestSettings.next_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    looked_at = rows.all()
    for settings in looked_at:
        zone = zone_or_utc(settings.time_zone)
        following = next_due(settings.weekday, settings.hour, zone, now)
        if still_worth_it(settings.next_due_at, following, now):
            # The week of the time that it was due, so that one sent after midnight takes no other week's place.
            await _write(session, settings, week_of(following, zone) - timedelta(weeks=1), now)
        settings.next_due_at = following
    return len(looked_at)


async def _write(session: AsyncSession, settings: DigestSettings, week: date, now: datetime) -> None:
    digest_id = await write_digest(session, settings.guild_id, week, now)
    if digest_id is None:
        return
    payload = {"digest_id": digest_id}
    await outbox.post(session, key=f"digest:{digest_id}", kind=DIGEST, payload=payload, channel_id=settings.channel_id)
    readers = await session.scalars(select(DigestReader.user_id).where(DigestReader.guild_id == settings.guild_id))
    for user_id in readers:
        await outbox.post(session, key=f"digest:{digest_id}:{user_id}", kind=DIGEST, payload=payload, user_id=user_id)


async def shown_digest(session: AsyncSession, digest_id: int) -> Shown | None:
    """A digest as it was sent; `None` if it is gone."""
    row = await session.get(Digest, digest_id)
    if row is None:
        return None
    return Shown(row.id, row.guild_id, row.week, await load_digest(session, digest_id))


async def wants_thread(session: AsyncSession, digest_id: int) -> bool:
    """Whether the server wants a thread a week."""
    found = await session.scalar(
        select(DigestSettings.threads)
        .join(Digest, Digest.guild_id == DigestSettings.guild_id)
        .where(Digest.id == digest_id)
    )
    return bool(found)


async def thread_of(session: AsyncSession, digest_id: int) -> int | None:
    """The week's thread, once it is made."""
    return await session.scalar(select(Digest.thread_id).where(Digest.id == digest_id))


async def note_thread(session: AsyncSession, digest_id: int, thread_id: int) -> None:
    """It is made."""
    await session.execute(update(Digest).where(Digest.id == digest_id).values(thread_id=thread_id))


async def locked_paper(session: AsyncSession, digest_id: int, paper_id: str) -> DigestPaper | None:
    """A paper of a digest, locked: whoever opens its thread is alone."""
    return await session.scalar(
        select(DigestPaper)
        .where(DigestPaper.digest_id == digest_id, DigestPaper.paper_id == paper_id)
        .with_for_update()
    )


async def channel_of(session: AsyncSession, guild_id: int) -> int | None:
    """The channel of a server's digest."""
    return await session.scalar(select(DigestSettings.channel_id).where(DigestSettings.guild_id == guild_id))


async def prune(session: AsyncSession, before: datetime) -> int:
    """Let papers go that are old, and that nobody was sent, kept or voted on; returns how many."""
    kept = [
        exists().where(table.paper_id == PaperRow.id) for table in (DigestPaper, PaperSave, PaperVote, PaperRanking)
    ]
    gone = delete(PaperRow).where(PaperRow.first_seen_at < before, *(~each for each in kept)).returning(PaperRow.id)
    return len((await session.scalars(gone)).all())
