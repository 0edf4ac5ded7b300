"""What `waypoint papers` does: each step of the pipeline on its own, on a file, a URL, or what is stored."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from db import digests, papers
from db.digests import Picked, Placed
from db.engine import Database
from lessons.curriculum import Curriculum
from lessons.errors import PersonError
from lessons.papers import Announced, Paper
from workers.papers.feed import MAX_BYTES, BadFeedError, ParsedFeed, parse_feed
from workers.papers.fetch import Fetched, FetchFailed, NotModified, fetch
from workers.papers.poll import Arxiv, Brought, NotDue, NothingNew, WentWrong, poll
from workers.papers.preview import page
from workers.papers.question import Ranked
from workers.papers.ranking import RankingFailedError, gather, rank_servers, reckon

COUNT = 10
"""Papers a digest."""
NOBODY = 0
"""A server that nobody is in: what a server that starts now would get."""


class ByHand:
    """The steps, on one database."""

    def __init__(self, database: Database, curriculum: Curriculum, arxiv: Arxiv) -> None:
        self._database = database
        self._curriculum = curriculum
        self._arxiv = arxiv

    async def ingest(self, source: str | None, now: datetime) -> str:
        """Store a feed, or try the followed one now; what came of it, in a sentence.

        Raises:
            PersonError: The source can't be read.
        """
        if source is None:
            return await self._poll(now)
        feed = await self.read(source)
        async with self._database.transaction() as session:
            stored = await papers.store_batch(session, feed.entries, source=source, feed_says=feed.says, now=now)
        passed = "".join(f"\nPassed over {sentence}" for sentence in feed.passed_over)
        if not stored.entries:
            return f"It is an empty feed, as arXiv has them on days without an announcement.{passed}"
        if not stored.unseen:
            return f"{stored.entries} entries, all of them known already: nothing was stored.{passed}"
        return (
            f"{stored.entries} entries, {stored.unseen} of them unseen: {stored.new_papers} new papers are stored."
            f"{passed}"
        )

    async def rank(self, source: str | None, guild_id: int | None, now: datetime) -> list[Picked]:
        """The ranking of a server: of a source without storing anything, or of what is stored, which stores it.

        Without a server's number, what is stored is ranked for all servers that get a digest.

        Raises:
            PersonError: The source can't be read, or the sums could not be done.
        """
        picked, _, ranked = await self._ranked(source, guild_id, now)
        if source is None:
            await self._store(ranked, guild_id, now)
        return picked

    async def preview(self, source: str | None, guild_id: int | None, now: datetime) -> str:
        """The page of a server's next digest.

        Raises:
            PersonError: As `rank`.
        """
        picked, out_of, _ = await self._ranked(source, guild_id, now)
        name = "a server that starts now" if guild_id is None else f"server {guild_id}"
        due = await self._next_due(guild_id or NOBODY, now)
        return page(picked[:COUNT], self._curriculum, server=name, due=due, out_of=out_of)

    async def _ranked(
        self, source: str | None, guild_id: int | None, now: datetime
    ) -> tuple[list[Picked], int, Ranked]:
        fresh = None if source is None else await self._fresh(source, now)
        guild = guild_id or NOBODY
        question = await gather(self._database, self._curriculum, now, guild_ids=[guild], fresh=fresh)
        try:
            ranked = await reckon(question)
        except RankingFailedError as error:
            raise PersonError(f"The ranking could not be made. {error}") from error
        return await self._picked(ranked.rankings[guild], fresh), len(question.candidates), ranked

    async def read(self, source: str) -> ParsedFeed:
        """A feed from a file or an address.

        Raises:
            PersonError: It can't be read, or is no feed that can be trusted.
        """
        if source.startswith(("http://", "https://")):
            match await fetch(self._database, source, contact=self._arxiv.contact, pause=self._arxiv.pause):
                case Fetched(data, _):
                    pass
                case FetchFailed(sentence):
                    raise PersonError(f"{source} did not come. {sentence}")
                case NotModified():
                    raise PersonError(f"{source} answered that nothing has changed, without being asked that.")
        else:
            data = _of_file(Path(source))
        try:
            return parse_feed(data, home=frozenset(self._arxiv.categories))
        except BadFeedError as error:
            raise PersonError(f"{source} is not used. {error}") from error

    async def _poll(self, now: datetime) -> str:
        match await poll(self._database, self._arxiv, now, even_if_not_due=True):
            case Brought(stored):
                return f"{stored.entries} entries, {stored.unseen} unseen: {stored.new_papers} new papers are stored."
            case NothingNew():
                return "Nothing new: the feed is empty, or what it was. arXiv announces from Monday to Friday."
            case WentWrong(sentence):
                raise PersonError(f"Nothing was stored. {sentence}")
            case NotDue():
                return "Another worker is at it."

    async def _fresh(self, source: str, now: datetime) -> list[Paper]:
        feed = await self.read(source)
        return [_paper(entry, now) for entry in feed.entries if entry.kind.fresh]

    async def _store(self, ranked: Ranked, guild_id: int | None, now: datetime) -> None:
        if guild_id is None:
            try:
                await rank_servers(self._database, self._curriculum, now)
            except RankingFailedError as error:
                raise PersonError(f"The ranking for all servers could not be made. {error}") from error
            return
        async with self._database.transaction() as session:
            await papers.set_topics(session, ranked.topics)
            await digests.store_rankings(session, ranked.rankings, now)

    async def _picked(self, placed: tuple[Placed, ...], fresh: list[Paper] | None) -> list[Picked]:
        if fresh is not None:
            known = {paper.id: paper for paper in fresh}
        else:
            async with self._database.session() as session:
                known = await papers.get_papers(session, (each.paper_id for each in placed))
        return [
            Picked(known[each.paper_id], each.topic_ids, each.why, each.wildcard)
            for each in placed
            if each.paper_id in known
        ]

    async def _next_due(self, guild_id: int, now: datetime) -> datetime:
        async with self._database.session() as session:
            planned = await digests.digest_plan(session, guild_id)
        if planned is not None:
            return planned[0].astimezone(ZoneInfo(planned[1]))
        return now.astimezone(UTC) + timedelta(days=7 - now.astimezone(UTC).weekday())


def _of_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PersonError(f"{path} has {path.stat().st_size / 2**20:.0f} MiB, so it is no feed of arXiv.")
        return path.read_bytes()
    except OSError as error:
        raise PersonError(f"{path} can't be read: {error.strerror or error}.") from error


def _paper(entry: Announced, now: datetime) -> Paper:
    return Paper(entry.id, entry.title, entry.authors, entry.abstract, entry.summary, entry.categories, now)
