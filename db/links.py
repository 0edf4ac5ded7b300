"""Links of the content: when each was looked at, and which are dead."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.link_tables import LinkCheck
from lessons.links import AGAIN_AFTER, DEAD_AFTER, EVERY, Broken, CannotTell, LinkResult, Works


async def due_links(session: AsyncSession, urls: Iterable[str], now: datetime) -> list[str]:
    """Those that are to be looked at now, the longest unseen first."""
    seen = {row.url: row for row in await session.scalars(select(LinkCheck).where(LinkCheck.url.in_(set(urls))))}
    due: list[tuple[datetime, str]] = []
    for url in dict.fromkeys(urls):
        row = seen.get(url)
        if row is None:
            due.append((datetime.min.replace(tzinfo=now.tzinfo), url))
        elif row.checked_at <= now - (AGAIN_AFTER if row.failures == 1 else EVERY):
            due.append((row.checked_at, url))
    return [url for _, url in sorted(due)]


async def note_check(session: AsyncSession, url: str, result: LinkResult, now: datetime) -> None:
    """Write what a look brought. What can't be told leaves the count of failures as it was."""
    match result:
        case Works():
            values = {"failures": 0, "problem": None, "told_at": None}
        case Broken(why):
            values = {"failures": LinkCheck.failures + 1, "problem": why}
        case CannotTell(why):
            values = {"problem": why}
    first = {"failures": int(isinstance(result, Broken)), "problem": values["problem"]}
    await session.execute(
        insert(LinkCheck)
        .values(url=url, checked_at=now, **first)
        .on_conflict_do_update(index_elements=[LinkCheck.url], set_={"checked_at": now, **values})
    )


async def dead_links(session: AsyncSession, urls: Iterable[str]) -> frozenset[str]:
    """Those of them that failed often enough."""
    rows = await session.scalars(
        select(LinkCheck.url).where(LinkCheck.failures >= DEAD_AFTER, LinkCheck.url.in_(set(urls)))
    )
    return frozenset(rows)


async def problems(session: AsyncSession) -> dict[str, tuple[int, str | None]]:
    """Failures in a row and what was wrong at the last look, by link."""
    rows = await session.execute(select(LinkCheck.url, LinkCheck.failures, LinkCheck.problem))
    return {url: (failures, problem) for url, failures, problem in rows}


async def claim_untold(session: AsyncSession, urls: Sequence[str], now: datetime) -> list[str]:
    """Dead links that nobody was told of; they count as told from now on, and another process finds none."""
    claimed = await session.scalars(
        update(LinkCheck)
        .where(LinkCheck.failures >= DEAD_AFTER, LinkCheck.told_at.is_(None), LinkCheck.url.in_(set(urls)))
        .values(told_at=now)
        .returning(LinkCheck.url)
    )
    return sorted(claimed)


async def told_since(session: AsyncSession, urls: Sequence[str], since: datetime) -> dict[datetime, list[str]]:
    """Dead links by when it was decided to tell of them, as far back as `since`."""
    rows = await session.execute(
        select(LinkCheck.told_at, LinkCheck.url)
        .where(LinkCheck.told_at >= since, LinkCheck.failures >= DEAD_AFTER, LinkCheck.url.in_(set(urls)))
        .order_by(LinkCheck.url)
    )
    found: dict[datetime, list[str]] = {}
    for told_at, url in rows:
        if told_at is not None:
            found.setdefault(told_at, []).append(url)
    return found


async def any_due(session: AsyncSession, urls: Iterable[str], now: datetime) -> bool:
    """Whether one is to be looked at: one query for the schedule."""
    wanted = set(urls)
    fresh = await session.scalar(
        select(func.count())
        .select_from(LinkCheck)
        .where(
            LinkCheck.url.in_(wanted),
            LinkCheck.checked_at > now - EVERY,
            (LinkCheck.failures != 1) | (LinkCheck.checked_at > now - AGAIN_AFTER),
        )
    )
    return (fresh or 0) < len(wanted)
