"""Servers that get the weekly digest: where their members are, how papers rank for them, what they were sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, exists, func, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.paper_tables import Digest, DigestPaper, DigestSettings, GuildMember, PaperRanking
from db.papers import get_papers
from db.tables import Member, Run, TopicProgress
from lessons.papers import Paper

KEPT_PLACES = 30
"""Places of a ranking that are stored: enough for a digest when some of its papers fall away."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A paper's place in a server's ranking or digest, and why it is there."""

    paper_id: str
    score: float
    topic_ids: tuple[str, ...]
    why: str
    wildcard: bool = False


@dataclass(frozen=True, slots=True)
class Picked:
    """A paper of a digest, ready to be shown."""

    paper: Paper
    topic_ids: tuple[str, ...]
    why: str
    wildcard: bool


async def note_in_guild(session: AsyncSession, guild_id: int, user_id: int, now: datetime) -> None:
    """A member did something in a server."""
    await session.execute(
        insert(GuildMember)
        .values(guild_id=guild_id, user_id=user_id, seen_at=now)
        .on_conflict_do_update(
            index_elements=[GuildMember.guild_id, GuildMember.user_id],
            set_={"seen_at": now},
            # Once an hour is enough: not every command has to write a row.
            where=GuildMember.seen_at < now - func.make_interval(0, 0, 0, 0, 1),
        )
    )


async def digest_guilds(session: AsyncSession) -> list[int]:
    """The servers that get a digest."""
    rows = await session.scalars(
        select(DigestSettings.guild_id).where(DigestSettings.stopped_at.is_(None)).order_by(DigestSettings.guild_id)
    )
    return list(rows)


async def digest_plan(session: AsyncSession, guild_id: int) -> tuple[datetime, str] | None:
    """When the server's next digest is due, and its time zone; `None` if it gets none."""
    row = await session.get(DigestSettings, guild_id)
    return None if row is None or row.stopped_at is not None else (row.next_due_at, row.time_zone)


async def whereabouts(
    session: AsyncSession, topics: Sequence[str], guild_ids: Sequence[int]
) -> dict[int, dict[str, int]]:
    """How many members of each server are at each topic: the first of `topics` that is neither done nor set aside.

    A server's members are those who did something in it: seen by a command, or with a run there. Whoever is past the
    last topic counts for that one, since there is always more to read.
    """
    seen = union(
        select(GuildMember.guild_id, GuildMember.user_id).where(GuildMember.guild_id.in_(guild_ids)),
        select(Run.guild_id, Run.user_id).where(Run.guild_id.in_(guild_ids)),
    ).subquery()
    behind = (
        select(func.array_agg(TopicProgress.topic_id))
        .where(
            TopicProgress.user_id == Member.user_id,
            TopicProgress.done_at.is_not(None) | TopicProgress.skipped_at.is_not(None),
        )
        .scalar_subquery()
    )
    members = select(Member.user_id, behind.label("behind")).subquery()
    rows = await session.execute(
        select(seen.c.guild_id, members.c.behind, func.count())
        .join(members, members.c.user_id == seen.c.user_id)
        .group_by(seen.c.guild_id, members.c.behind)
    )
    found: dict[int, dict[str, int]] = {}
    for guild_id, over, count in rows:
        past: set[str] = set(over or ())
        now_at = next((topic for topic in topics if topic not in past), topics[-1])
        there = found.setdefault(guild_id, {})
        there[now_at] = there.get(now_at, 0) + count
    return found


async def sent_among(session: AsyncSession, guild_ids: Sequence[int], ids: Iterable[str]) -> dict[int, set[str]]:
    """Which of these papers each server was sent before."""
    rows = await session.execute(
        select(DigestPaper.guild_id, DigestPaper.paper_id).where(
            DigestPaper.guild_id.in_(guild_ids), DigestPaper.paper_id.in_(sorted(set(ids)))
        )
    )
    found: dict[int, set[str]] = {}
    for guild_id, paper_id in rows:
        found.setdefault(guild_id, set()).add(paper_id)
    return found


async def store_rankings(session: AsyncSession, rankings: Mapping[int, Sequence[Placed]], now: datetime) -> None:
    """Replace the servers' rankings."""
    await session.execute(delete(PaperRanking).where(PaperRanking.guild_id.in_(sorted(rankings))))
    rows = [
        {
            "guild_id": guild_id,
            "place": place,
            "paper_id": placed.paper_id,
            "score": placed.score,
            "topic_ids": list(placed.topic_ids),
            "why": placed.why,
            "wildcard": placed.wildcard,
            "ranked_at": now,
        }
        for guild_id in sorted(rankings)
        for place, placed in enumerate(rankings[guild_id][:KEPT_PLACES], start=1)
    ]
    if rows:
        await session.execute(insert(PaperRanking), rows)


async def next_digest(session: AsyncSession, guild_id: int, *, count: int = 10) -> list[Picked]:
    """What the server's next digest will hold: the first of its ranking that it was not sent before."""
    sent = exists().where(DigestPaper.guild_id == guild_id, DigestPaper.paper_id == PaperRanking.paper_id)
    rows = await session.scalars(
        select(PaperRanking).where(PaperRanking.guild_id == guild_id, ~sent).order_by(PaperRanking.place).limit(count)
    )
    return await _picked(session, rows.all())


async def write_digest(
    session: AsyncSession, guild_id: int, week: date, now: datetime, *, count: int = 10
) -> int | None:
    """Write the digest of a week, in the transaction that also puts it into the outbox; its id.

    `None` if the server has that week's digest already, or nothing to put into one. However many weeks were missed,
    this is one digest: the ranking is that of all papers since.
    """
    digest_id = await session.scalar(
        insert(Digest)
        .values(guild_id=guild_id, week=week, created_at=now)
        .on_conflict_do_nothing(index_elements=[Digest.guild_id, Digest.week])
        .returning(Digest.id)
    )
    if digest_id is None:
        return None
    picked = await next_digest(session, guild_id, count=count)
    if not picked:
        await session.execute(delete(Digest).where(Digest.id == digest_id))
        return None
    await session.execute(
        insert(DigestPaper),
        [
            {
                "digest_id": digest_id,
                "place": place,
                "guild_id": guild_id,
                "paper_id": each.paper.id,
                "topic_ids": list(each.topic_ids),
                "why": each.why,
                "wildcard": each.wildcard,
            }
            for place, each in enumerate(picked, start=1)
        ],
    )
    return digest_id


async def load_digest(session: AsyncSession, digest_id: int) -> list[Picked]:
    """The papers of a digest, as they were presented."""
    rows = await session.scalars(
        select(DigestPaper).where(DigestPaper.digest_id == digest_id).order_by(DigestPaper.place)
    )
    return await _picked(session, rows.all())


async def last_digest_at(session: AsyncSession, guild_id: int) -> datetime | None:
    """When the server's last digest was written."""
    return await session.scalar(select(func.max(Digest.created_at)).where(Digest.guild_id == guild_id))


async def _picked(session: AsyncSession, rows: Sequence[PaperRanking | DigestPaper]) -> list[Picked]:
    papers = await get_papers(session, (row.paper_id for row in rows))
    return [
        Picked(papers[row.paper_id], tuple(row.topic_ids), row.why, row.wildcard)
        for row in rows
        if row.paper_id in papers
    ]
