"""Feeds that are followed, and turns at other people's servers."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import extract, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database
from db.paper_tables import PaperFeed, PoliteHost
from lessons.paper_feed import FeedState, feed_day, poll_due

_LOOK_AGAIN = 0.5
"""Seconds after which a waiting process asks again: the holder may be done sooner than it said."""


@dataclass(frozen=True, slots=True)
class Try:
    """A try at a feed that this process has taken."""

    etag: str | None
    before: FeedState
    gap: tuple[date, date] | None
    """Missed announcement days from earlier that are still to be filled."""


async def follow(session: AsyncSession, name: str, now: datetime) -> PaperFeed:
    """The feed's row, made if there is none, locked until the transaction ends."""
    row = insert(PaperFeed).values(name=name, since=feed_day(now)).on_conflict_do_nothing()
    await session.execute(row)
    return (await session.scalars(select(PaperFeed).where(PaperFeed.name == name).with_for_update())).one()


async def feed_state(session: AsyncSession, name: str) -> FeedState | None:
    """What is known about a feed; `None` before its first try."""
    row = await session.get(PaperFeed, name)
    return None if row is None else state_of(row)


async def poll_wanted(session: AsyncSession, name: str, now: datetime) -> bool:
    """Whether the feed is to be asked for now: for the schedule, which then defers a job."""
    state = await feed_state(session, name)
    return poll_due(state or FeedState(since=feed_day(now)), now)


async def claim_try(session: AsyncSession, name: str, now: datetime, *, even_if_not_due: bool = False) -> Try | None:
    """Take a try at the feed, counted from now on; `None` where none is due or somebody else has just taken it."""
    row = await follow(session, name, now)
    before = state_of(row)
    if not even_if_not_due and not poll_due(before, now):
        return None
    today = feed_day(now)
    row.tries = (row.tries if row.tried_on == today else 0) + 1
    row.tried_on, row.last_try_at = today, now
    gap = (row.gap_from, row.gap_to) if row.gap_from is not None and row.gap_to is not None else None
    return Try(row.etag, before, gap)


async def note_success(
    session: AsyncSession, name: str, now: datetime, *, etag: str | None, missed: tuple[date, ...]
) -> None:
    """Something unseen came. `missed` are days that brought nothing: they are to be filled from the query API."""
    row = await follow(session, name, now)
    row.succeeded_on, row.etag, row.last_problem, row.told_on = feed_day(now), etag, None, None
    if missed:
        row.gap_from = min(missed[0], row.gap_from or missed[0])
        row.gap_to = max(missed[-1], row.gap_to or missed[-1])


async def note_nothing(session: AsyncSession, name: str, *, problem: str | None) -> None:
    """A try brought nothing new, or failed for the reason that `problem` gives in a sentence."""
    await session.execute(
        update(PaperFeed).where(PaperFeed.name == name).values(last_problem=None if problem is None else problem[:500])
    )


async def note_gap_filled(session: AsyncSession, name: str, gap: tuple[date, date]) -> None:
    """The missed days are made up for, unless others were missed meanwhile."""
    await session.execute(
        update(PaperFeed)
        .where(PaperFeed.name == name, PaperFeed.gap_from == gap[0], PaperFeed.gap_to == gap[1])
        .values(gap_from=None, gap_to=None)
    )


async def last_problem(session: AsyncSession, name: str) -> str | None:
    """What went wrong at the last try; `None` if nothing did."""
    return await session.scalar(select(PaperFeed.last_problem).where(PaperFeed.name == name))


async def claim_telling(session: AsyncSession, name: str, now: datetime) -> bool:
    """Whether this process is the one to tell the operator of a silence: once until something comes again."""
    told = await session.scalar(
        update(PaperFeed)
        .where(PaperFeed.name == name, PaperFeed.told_on.is_(None))
        .values(told_on=feed_day(now))
        .returning(PaperFeed.name)
    )
    return told is not None


def state_of(row: PaperFeed) -> FeedState:
    """The row as the rules know it."""
    return FeedState(row.since, row.succeeded_on, row.tried_on, row.tries, row.last_try_at)


class Turn:
    """One's turn to send one request."""

    def __init__(self, pause: timedelta) -> None:
        self.pause = pause
        """How long everybody waits afterwards; longer where the server asked for it."""


@asynccontextmanager
async def turn_at(database: Database, host: str, *, pause: timedelta, longest: timedelta) -> AsyncGenerator[Turn]:
    """Wait for this deployment's turn to send a request to `host`, and hold it for the length of the block.

    Whatever the number of processes and machines, one request is under way at a time, and `pause` lies between the end
    of one and the begin of the next. All times are the database's, so no two clocks are compared. No connection is
    held meanwhile; a process that dies in its turn blocks the others for `longest` and the pause at most.
    """
    me = secrets.token_hex(8)
    while True:
        wait = await _take(database, host, me, longest + pause)
        if wait <= 0:
            break
        await asyncio.sleep(min(wait, _LOOK_AGAIN))
    turn = Turn(pause)
    try:
        yield turn
    finally:
        async with database.transaction() as session:
            await session.execute(
                update(PoliteHost)
                .where(PoliteHost.host == host, PoliteHost.holder == me)
                .values(next_allowed_at=func.clock_timestamp() + turn.pause)
            )


async def _take(database: Database, host: str, me: str, lease: timedelta) -> float:
    """Seconds to wait, 0 when the turn is taken."""
    async with database.transaction() as session:
        statement = insert(PoliteHost).values(host=host, holder=me, next_allowed_at=func.clock_timestamp() + lease)
        taken = await session.scalar(
            statement.on_conflict_do_update(
                index_elements=[PoliteHost.host],
                set_={"holder": me, "next_allowed_at": func.clock_timestamp() + lease},
                where=PoliteHost.next_allowed_at <= func.clock_timestamp(),
            ).returning(PoliteHost.holder)
        )
        if taken is not None:
            return 0.0
        seconds = await session.scalar(
            select(extract("epoch", PoliteHost.next_allowed_at - func.clock_timestamp())).where(PoliteHost.host == host)
        )
        return max(float(seconds or 0.0), 0.01)
