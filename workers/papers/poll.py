"""One try at arXiv's feed: fetched, read, stored; missed days filled from the query API.

When a try is due is said by `lessons.paper_feed`. Whatever goes wrong is a sentence in the log and in the feed's row,
and the next try finds everything as it was.
"""

import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias
from urllib.parse import quote, urlencode

from db import feeds, outbox, papers
from db.engine import Database
from db.papers import Stored
from lessons.paper_feed import FeedState, feed_day, is_silent, missed_days, silent_days, submitted_between
from workers.papers.feed import BadFeedError, ParsedFeed, parse_feed
from workers.papers.fetch import PAUSE, Fetched, FetchFailed, NotModified, fetch
from workers.settings import WorkerSettings

log = logging.getLogger(__name__)

PAGE: Final = 500
"""Results a page of the query API: about a megabyte."""
MOST_PAGES: Final = 12


@dataclass(frozen=True, slots=True)
class Brought:
    """Something unseen came."""

    stored: Stored


@dataclass(frozen=True, slots=True)
class NothingNew:
    """The feed is empty, or what it was: a weekend, a holiday, or too early."""


@dataclass(frozen=True, slots=True)
class WentWrong:
    """Nothing was stored; the sentence says why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class NotDue:
    """No try is due, or another worker has just taken it."""


PollResult: TypeAlias = Brought | NothingNew | WentWrong | NotDue


@dataclass(frozen=True, slots=True)
class Arxiv:
    """Where the papers come from, and how to ask for them."""

    categories: tuple[str, ...] = ("cs.LG",)
    feed_url: str = "https://rss.arxiv.org/rss"
    query_url: str = "https://export.arxiv.org/api/query"
    contact: str | None = None
    pause: timedelta = PAUSE

    @classmethod
    def from_settings(cls, settings: WorkerSettings) -> "Arxiv":
        """The operator's choice."""
        return cls(
            tuple(settings.paper_categories.split("+")),
            settings.paper_feed_url.rstrip("/"),
            settings.paper_query_url,
            settings.paper_contact,
        )

    @property
    def name(self) -> str:
        """Of the feed: its categories as they stand in its address."""
        return "+".join(self.categories)

    @property
    def rss(self) -> str:
        """The feed's address."""
        return f"{self.feed_url}/{quote(self.name, safe='+')}"

    def query(self, begin: datetime, end: datetime, start: int) -> str:
        """The address of a page of what was submitted between two times."""
        wanted = " OR ".join(f"cat:{category}" for category in self.categories)
        window = f"submittedDate:[{begin:%Y%m%d%H%M} TO {end:%Y%m%d%H%M}]"
        options = {
            "search_query": f"({wanted}) AND {window}",
            "start": start,
            "max_results": PAGE,
            "sortBy": "submittedDate",
            "sortOrder": "ascending",
        }
        return f"{self.query_url}?{urlencode(options)}"


async def poll(database: Database, arxiv: Arxiv, now: datetime, *, even_if_not_due: bool = False) -> PollResult:
    """Try the feed if a try is due, and fill a gap if there is one."""
    async with database.transaction() as session:
        taken = await feeds.claim_try(session, arxiv.name, now, even_if_not_due=even_if_not_due)
    if taken is None:
        return NotDue()
    result, etag = await _try_feed(database, arxiv, taken.etag, now)
    gap = taken.gap
    async with database.transaction() as session:
        match result:
            case Brought(stored):
                missed = missed_days(taken.before, feed_day(now))
                await feeds.note_success(session, arxiv.name, now, etag=etag, missed=missed)
                if missed:
                    gap = (min(missed[0], gap[0]), max(missed[-1], gap[1])) if gap else (missed[0], missed[-1])
                log.info(
                    "papers of %s: %d entries, %d unseen, %d papers new",
                    arxiv.name,
                    stored.entries,
                    stored.unseen,
                    stored.new_papers,
                )
            case WentWrong(sentence):
                await feeds.note_nothing(session, arxiv.name, problem=sentence)
                log.warning("papers of %s: %s", arxiv.name, sentence)
            case NothingNew() | NotDue():
                await feeds.note_nothing(session, arxiv.name, problem=None)
                log.info("papers of %s: nothing new", arxiv.name)
    if gap is not None:
        await fill_gap(database, arxiv, gap, now)
    await _tell_of_silence(database, arxiv.name, now)
    return result


async def fill_gap(database: Database, arxiv: Arxiv, gap: tuple[date, date], now: datetime) -> Stored | None:
    """Store what was submitted for missed announcement days; `None` if it has to be tried again."""
    entries = pages = 0
    unseen = new_papers = 0
    try:
        async for page in _pages(database, arxiv, gap):
            pages += 1
            entries += len(page.entries)
            async with database.transaction() as session:
                stored = await papers.store_batch(
                    session, page.entries, source=arxiv.query_url, feed_says=page.says, now=now
                )
            unseen, new_papers = unseen + stored.unseen, new_papers + stored.new_papers
    except BadFeedError as error:
        # What came before is stored, and stays: the next try passes over it.
        log.warning("papers of %s, missed from %s to %s: %s", arxiv.name, *gap, error)
        return None
    async with database.transaction() as session:
        await feeds.note_gap_filled(session, arxiv.name, gap)
    log.info("papers of %s, missed from %s to %s: %d entries, %d papers new", arxiv.name, *gap, entries, new_papers)
    return Stored(entries, unseen, new_papers)


async def _try_feed(database: Database, arxiv: Arxiv, etag: str | None, now: datetime) -> tuple[PollResult, str | None]:
    match await fetch(database, arxiv.rss, etag=etag, contact=arxiv.contact, pause=arxiv.pause):
        case FetchFailed(sentence):
            return WentWrong(sentence), None
        case NotModified():
            return NothingNew(), None
        case Fetched(data, new_etag):
            pass
    try:
        parsed = parse_feed(data, home=frozenset(arxiv.categories))
    except BadFeedError as error:
        return WentWrong(str(error)), None
    for sentence in parsed.passed_over:
        log.warning("papers of %s: passed over %s", arxiv.name, sentence)
    async with database.transaction() as session:
        stored = await papers.store_batch(session, parsed.entries, source=arxiv.rss, feed_says=parsed.says, now=now)
    return (Brought(stored), new_etag) if stored.unseen else (NothingNew(), None)


async def _pages(database: Database, arxiv: Arxiv, gap: tuple[date, date]) -> AsyncGenerator[ParsedFeed]:
    """The pages of a query, in order.

    Raises:
        BadFeedError: A page did not come, is none, or is empty before its time, which the API does now and then.
    """
    begin, end = submitted_between(gap)
    got = 0
    for _ in range(MOST_PAGES):
        url = arxiv.query(begin.astimezone(UTC), end.astimezone(UTC), got)
        match await fetch(database, url, contact=arxiv.contact, pause=arxiv.pause):
            case Fetched(data, _):
                page = parse_feed(data, home=frozenset(arxiv.categories))
            case FetchFailed(sentence):
                raise BadFeedError(sentence)
            case NotModified():
                raise BadFeedError("It answered 304 to a question without a condition.")
        yield page
        here = len(page.entries) + len(page.passed_over)
        got += here
        if page.total is None or got >= page.total:
            return
        if here == 0:
            raise BadFeedError(f"It has {page.total} results and stopped after {got}.")
    log.warning("papers of %s: more than %d pages for %s to %s; the rest is left out", arxiv.name, MOST_PAGES, *gap)


async def _tell_of_silence(database: Database, name: str, now: datetime) -> None:
    async with database.transaction() as session:
        state = await feeds.feed_state(session, name)
        if state is None or not is_silent(state, now) or not await feeds.claim_telling(session, name, now):
            return
        words = silence(name, state, await feeds.last_problem(session, name), now)
        key = f"papers:{name}:silent:{feed_day(now)}"
        await outbox.post(session, key=key, kind=outbox.OPERATOR, payload={"text": words})
        log.error("%s", words)


def silence(name: str, state: FeedState, problem: str | None, now: datetime) -> str:
    """What the operator is told of a feed that brings nothing."""
    last = state.succeeded_on
    came = f"The last papers came on {last:%a} {last.day} {last:%b}." if last is not None else "None has come yet."
    wrong = "The feed answers, but with nothing new in it." if problem is None else f"At the last try: {problem}"
    return (
        f"📰 arXiv's feed {name} has brought nothing new for {silent_days(state, now)} weekdays, and it is no holiday "
        f"there. {came} {wrong} `waypoint papers ingest` tries it by hand. Once papers come again, the missed days of "
        "a week are made up for by themselves."
    )
