"""The sweep of papers: asks for polls and rankings, and writes the digests that are due."""

import logging
from datetime import datetime

from bot.client import Waypoint
from db import digest_sweep, feeds
from workers.queue import defer_paper_poll, defer_paper_ranking

log = logging.getLogger(__name__)


async def sweep_papers(bot: Waypoint, now: datetime) -> None:
    """Do what is due. Any number of processes may do it at once."""
    async with bot.database.transaction() as session:
        if await feeds.poll_wanted(session, bot.settings.paper_categories, now):
            await defer_paper_poll(bot.queue, session)
    async with bot.database.transaction() as session:
        if await digest_sweep.due_for_ranking(session, now):
            await defer_paper_ranking(bot.queue, session)
    looked_at = 1
    while looked_at:
        async with bot.database.transaction() as session:
            looked_at = await digest_sweep.write_due(session, now)
        if looked_at:
            log.info("papers: the digests of %d servers were due", looked_at)
