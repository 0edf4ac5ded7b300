"""What the bot does unasked: live cards, delivery, answers, sweeps. Started apart from the client, tests do without."""

import asyncio
import logging
from datetime import timedelta
from typing import Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs] - has none

from bot.client import Waypoint
from bot.delivery import Delivery
from bot.digesting import sweep_papers
from bot.linking import sweep_links
from bot.live_cards import LiveCards
from bot.nudging import sweep as sweep_nudges
from bot.run_cards import now
from db.asks import drop_asks
from db.commitments import tell_overdue
from db.digest_sweep import prune
from db.engine import DATABASE_AWAY
from db.housekeeping import tidy
from db.nudges import drop_nudges
from lessons.reload import Broken, Reloaded, Unchanged

log = logging.getLogger(__name__)

KEEP = timedelta(days=30)
KEEP_PAPERS = timedelta(days=365)
"""Papers that nobody was sent, kept or voted on."""
KEEP_ASKS = timedelta(hours=1)
"""Questions to models are about what is asked now; members' pictures are let go with their answers already."""


class Background:
    """Three listeners and a scheduler with a handful of sweeps; a context manager."""

    def __init__(self, bot: Waypoint) -> None:
        self._bot = bot
        self.cards = LiveCards(bot)
        self.delivery = Delivery(bot)
        self._tasks: list[asyncio.Task[None]] = []
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self.cards.run(), name="live cards"),
            asyncio.create_task(self.delivery.run(), name="outbox"),
            asyncio.create_task(self._bot.answers.run(), name="answers"),
        ]
        for task in self._tasks:
            task.add_done_callback(_report_end)
        self._sweep("cards", self.cards.sweep, seconds=5)
        self._sweep("outbox", self._wake_delivery, seconds=5)
        self._sweep("tidy", self._tidy, seconds=3600)
        self._sweep("commitments", self._tell_overdue, seconds=300)
        self._sweep("lessons", self._reread, seconds=5)
        self._sweep("nudges", self._nudge, seconds=60)
        self._sweep("papers", self._papers, seconds=60)
        self._sweep("links", self._links, seconds=300)
        self._scheduler.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._scheduler.shutdown(wait=False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _sweep(self, name: str, work: object, *, seconds: int) -> None:
        # The default grace of 1 s would skip a sweep whenever the loop is a little late.
        self._scheduler.add_job(  # pyright: ignore[reportUnknownMemberType] - APScheduler 3 has no types
            work,
            "interval",
            seconds=seconds,
            id=f"sweep:{name}",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=seconds,
            replace_existing=True,
        )

    async def _wake_delivery(self) -> None:
        self.delivery.wake()

    async def _tell_overdue(self) -> None:
        try:
            async with self._bot.database.transaction() as session:
                await tell_overdue(session, self._bot.curriculum, now())
        except DATABASE_AWAY as error:
            log.warning("commitments: database away (%s)", error)

    async def _nudge(self) -> None:
        try:
            await sweep_nudges(self._bot.database, self._bot.curriculum, now())
        except DATABASE_AWAY as error:
            log.warning("nudges: database away (%s)", error)

    async def _papers(self) -> None:
        try:
            await sweep_papers(self._bot, now())
        except DATABASE_AWAY as error:
            log.warning("papers: database away (%s)", error)

    async def _links(self) -> None:
        try:
            await sweep_links(self._bot, now())
        except DATABASE_AWAY as error:
            log.warning("links: database away (%s)", error)

    async def _reread(self) -> None:
        """Serve the lessons as they are edited; while anything is wrong with them, the last good ones."""
        match await asyncio.to_thread(self._bot.lessons.look):
            case Unchanged():
                pass
            case Reloaded(_, after) as reloaded:
                log.info("lessons: version %s is served from now on (%s)", after.version, reloaded.summary)
            case Broken(problems):
                lines = "\n".join(str(problem) for problem in problems)
                log.warning("lessons: the last good version stays, since the files have problems:\n%s", lines)

    async def _tidy(self) -> None:
        try:
            async with self._bot.database.transaction() as session:
                await tidy(session, before=now() - KEEP)
                await prune(session, now() - KEEP_PAPERS)
                await drop_nudges(session, (now() - KEEP).date())
                await drop_asks(session, before=now() - KEEP_ASKS)
        except DATABASE_AWAY as error:
            log.warning("tidying up: database away (%s)", error)


def _report_end(task: asyncio.Task[None]) -> None:
    """None ends by itself: one that does is a bug, and must not go in silence."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("%s ended", task.get_name(), exc_info=error)
