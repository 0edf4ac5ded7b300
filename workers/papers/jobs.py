"""The jobs of the paper pipeline and of the links, as the queue hands them to a worker."""

import logging
from collections.abc import Sequence
from datetime import datetime

from procrastinate import App

from db.digest_sweep import due_for_ranking
from db.engine import Database
from lessons.curriculum import Curriculum
from lessons.reload import LatestCurriculum
from workers.links import check_some
from workers.papers.poll import Arxiv, Brought, poll
from workers.papers.ranking import RankingFailedError, rank_servers
from workers.queue import LINKS_TASK, PAPERS_POLL_TASK, PAPERS_QUEUE, PAPERS_RANK_TASK
from workers.supervise import now

log = logging.getLogger(__name__)


def register(queue: App, database: Database, lessons: LatestCurriculum, arxiv: Arxiv) -> None:
    """Teach a queue's worker to poll the feed and to rank."""

    @queue.task(name=PAPERS_POLL_TASK, queue=PAPERS_QUEUE)
    async def poll_feed() -> None:  # pyright: ignore[reportUnusedFunction] - the decorator registers it
        if isinstance(await poll(database, arxiv, now()), Brought):
            await rank_for(database, lessons.current, now(), [])

    @queue.task(name=LINKS_TASK, queue=PAPERS_QUEUE)
    async def check_links() -> None:  # pyright: ignore[reportUnusedFunction] - the decorator registers it
        await check_some(database, lessons.current, arxiv.contact)

    @queue.task(name=PAPERS_RANK_TASK, queue=PAPERS_QUEUE)
    async def rank_papers() -> None:  # pyright: ignore[reportUnusedFunction] - the decorator registers it
        await rank_due(database, lessons.current, now())


async def rank_due(database: Database, curriculum: Curriculum, moment: datetime) -> None:
    """Rank for the servers whose digest comes within the hour."""
    async with database.session() as session:
        guild_ids = await due_for_ranking(session, moment)
    if guild_ids:
        await rank_for(database, curriculum, moment, guild_ids)


async def rank_for(database: Database, curriculum: Curriculum, moment: datetime, guild_ids: Sequence[int]) -> None:
    """Rank for these servers; for none, this finds the topics of new papers, which lists go by.

    What goes wrong is said, and the rankings stay what they were.
    """
    try:
        await rank_servers(database, curriculum, moment, guild_ids=guild_ids)
    except RankingFailedError as error:
        log.error("ranking the papers failed, the last ranking stays: %s", error)
