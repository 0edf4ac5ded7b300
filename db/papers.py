"""Papers: stored once each, found again, voted on, kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.paper_tables import Announcement, FeedBatch, PaperRow, PaperSave, PaperVote
from lessons.papers import Announced, AnnounceKind, Paper

FRESH = tuple(kind.value for kind in AnnounceKind if kind.fresh)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: entries in all, announcements unseen before, papers that were not there at all."""

    entries: int
    unseen: int
    new_papers: int


async def store_batch(
    session: AsyncSession, entries: Sequence[Announced], *, source: str, feed_says: str | None, now: datetime
) -> Stored:
    """Store what a feed brought; what is there already stays as it is.

    A paper is written once. A later version brings its title, authors and abstract up to date, an earlier one changes
    nothing. A batch without anything unseen (yesterday's, served again) leaves no trace.
    """
    ids = sorted({entry.id for entry in entries})
    rows = await session.execute(
        select(Announcement.paper_id, Announcement.version, Announcement.kind).where(Announcement.paper_id.in_(ids))
    )
    seen = {(row.paper_id, row.version, row.kind) for row in rows}
    unseen = {key: entry for entry in entries if (key := (entry.id, entry.version, entry.kind.value)) not in seen}
    if not unseen:
        return Stored(len(entries), 0, 0)
    batch = FeedBatch(source=source, feed_says=feed_says, fetched_at=now, entries=len(entries), unseen=len(unseen))
    session.add(batch)
    await session.flush()
    new_papers = await _store_papers(session, list(unseen.values()), now)
    announcements = [
        {"paper_id": paper_id, "version": version, "kind": kind, "batch_id": batch.id}
        for paper_id, version, kind in sorted(unseen)
    ]
    await session.execute(insert(Announcement).on_conflict_do_nothing(), announcements)
    return Stored(len(entries), len(unseen), new_papers)


async def _store_papers(session: AsyncSession, entries: Sequence[Announced], now: datetime) -> int:
    newest: dict[str, Announced] = {}
    for entry in entries:
        known = newest.get(entry.id)
        if known is None or entry.version > known.version:
            newest[entry.id] = entry
    there = set(await session.scalars(select(PaperRow.id).where(PaperRow.id.in_(newest))))
    statement = insert(PaperRow)
    given = statement.excluded
    changed = {name: given[name] for name in ("version", "title", "authors", "abstract", "summary", "categories")}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[PaperRow.id],
            set_=changed | {"submitted_at": func.coalesce(PaperRow.submitted_at, given["submitted_at"])},
            where=PaperRow.version < given["version"],
        ),
        # By id, so that two processes with the same batch wait for one another instead of locking each other out.
        [_values(newest[paper_id], now) for paper_id in sorted(newest)],
    )
    return len(newest.keys() - there)


def _values(entry: Announced, now: datetime) -> dict[str, object]:
    return {
        "id": entry.id,
        "version": entry.version,
        "title": entry.title,
        "authors": list(entry.authors),
        "abstract": entry.abstract,
        "summary": entry.summary,
        "categories": list(entry.categories),
        "submitted_at": entry.submitted_at,
        "first_seen_at": now,
        "first_kind": entry.kind.value,
    }


async def get_papers(session: AsyncSession, ids: Iterable[str]) -> dict[str, Paper]:
    """Papers by id, as far as they are there."""
    rows = await session.scalars(select(PaperRow).where(PaperRow.id.in_(sorted(set(ids)))))
    return {row.id: paper_of(row) for row in rows}


async def fresh_papers(session: AsyncSession, since: datetime) -> list[Paper]:
    """What was announced for the first time since then: what a digest may be made of."""
    rows = await session.scalars(
        select(PaperRow)
        .where(PaperRow.first_seen_at >= since, PaperRow.first_kind.in_(FRESH))
        .order_by(PaperRow.first_seen_at.desc(), PaperRow.id.desc())
    )
    return [paper_of(row) for row in rows]


async def latest(session: AsyncSession, *, limit: int, offset: int = 0, topic_id: str | None = None) -> list[Paper]:
    """The newest papers, of one topic if it is named, newest first."""
    statement = select(PaperRow).where(PaperRow.first_kind.in_(FRESH))
    if topic_id is not None:
        statement = statement.where(PaperRow.topic_ids.contains([topic_id]))
    statement = statement.order_by(PaperRow.first_seen_at.desc(), PaperRow.id.desc()).limit(limit).offset(offset)
    return [paper_of(row) for row in await session.scalars(statement)]


async def search(session: AsyncSession, words: str, *, limit: int, offset: int = 0) -> list[Paper]:
    """The papers that hold the words, the best match first; understands "quotes", OR and -without."""
    query = func.websearch_to_tsquery("english", words)
    statement = (
        select(PaperRow)
        .where(PaperRow.words.op("@@")(query))
        .order_by(func.ts_rank_cd(PaperRow.words, query).desc(), PaperRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [paper_of(row) for row in await session.scalars(statement)]


async def topic_counts(session: AsyncSession, since: datetime) -> dict[str, int]:
    """How many papers first seen since then are close to each topic."""
    close = (
        select(func.unnest(PaperRow.topic_ids).label("topic"))
        .where(PaperRow.first_seen_at >= since, PaperRow.first_kind.in_(FRESH))
        .subquery()
    )
    rows = await session.execute(select(close.c.topic, func.count()).group_by(close.c.topic))
    return {row[0]: row[1] for row in rows}


async def set_topics(session: AsyncSession, topics: Mapping[str, Sequence[str]]) -> None:
    """Write which topics papers are close to, as a ranking found out."""
    if topics:
        # On the table, not the mapped class: an update of many rows by a condition of its own.
        table = PaperRow.__table__
        statement = update(table).where(table.c.id == bindparam("paper_id")).values(topic_ids=bindparam("topics"))  # pyright: ignore[reportArgumentType] - typed as FromClause
        connection = await session.connection()
        await connection.execute(
            statement, [{"paper_id": paper_id, "topics": list(topics[paper_id])} for paper_id in sorted(topics)]
        )


async def vote(
    session: AsyncSession, *, guild_id: int, user_id: int, paper_id: str, value: int, now: datetime
) -> int | None:
    """Vote 1 or -1; the same vote again takes it back. Returns the vote that stands, if one does."""
    key = {"guild_id": guild_id, "user_id": user_id, "paper_id": paper_id}
    gone = await session.scalar(
        delete(PaperVote).filter_by(**key).where(PaperVote.vote == value).returning(PaperVote.vote)
    )
    if gone is not None:
        return None
    await session.execute(
        insert(PaperVote)
        .values(**key, vote=value, voted_at=now)
        .on_conflict_do_update(
            index_elements=[PaperVote.guild_id, PaperVote.paper_id, PaperVote.user_id],
            set_={"vote": value, "voted_at": now},
        )
    )
    return value


async def vote_counts(session: AsyncSession, guild_id: int, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Votes up and down by paper, where there are any."""
    rows = await session.execute(
        select(
            PaperVote.paper_id,
            func.count().filter(PaperVote.vote > 0),
            func.count().filter(PaperVote.vote < 0),
        )
        .where(PaperVote.guild_id == guild_id, PaperVote.paper_id.in_(sorted(set(ids))))
        .group_by(PaperVote.paper_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def all_votes(session: AsyncSession, since: datetime) -> dict[int, dict[str, int]]:
    """What each server thinks of papers: its members' votes since then, added up, where that is not 0."""
    total = func.sum(PaperVote.vote)
    rows = await session.execute(
        select(PaperVote.guild_id, PaperVote.paper_id, total)
        .where(PaperVote.voted_at >= since)
        .group_by(PaperVote.guild_id, PaperVote.paper_id)
        .having(total != 0)
    )
    found: dict[int, dict[str, int]] = {}
    for guild_id, paper_id, value in rows:
        found.setdefault(guild_id, {})[paper_id] = int(value)
    return found


async def save(session: AsyncSession, *, user_id: int, paper_id: str, now: datetime) -> bool:
    """Keep a paper; `False` if it was kept already."""
    row = {"user_id": user_id, "paper_id": paper_id, "saved_at": now}
    statement = insert(PaperSave).values(row).on_conflict_do_nothing().returning(PaperSave.paper_id)
    return await session.scalar(statement) is not None


async def unsave(session: AsyncSession, *, user_id: int, paper_id: str) -> bool:
    """Let a kept paper go; `False` if it was not kept."""
    statement = delete(PaperSave).filter_by(user_id=user_id, paper_id=paper_id).returning(PaperSave.paper_id)
    return await session.scalar(statement) is not None


async def saved(session: AsyncSession, user_id: int) -> list[Paper]:
    """What the member kept, the latest first."""
    rows = await session.scalars(
        select(PaperRow)
        .join(PaperSave, PaperSave.paper_id == PaperRow.id)
        .where(PaperSave.user_id == user_id)
        .order_by(PaperSave.saved_at.desc(), PaperRow.id.desc())
    )
    return [paper_of(row) for row in rows]


def paper_of(row: PaperRow) -> Paper:
    """The row as the rules and the cards know it."""
    return Paper(
        row.id,
        row.title,
        tuple(row.authors),
        row.abstract,
        row.summary,
        tuple(row.categories),
        row.first_seen_at,
        tuple(row.topic_ids),
    )
