"""The sweep of links: asks a worker to look at those that are due, and gives organisers one list of the dead ones."""

from datetime import datetime, timedelta

from discord.utils import escape_markdown

from bot.client import Waypoint
from bot.wording import plural
from db import links, outbox
from lessons.curriculum import Curriculum
from lessons.links import every_link, shown_link
from workers.queue import defer_link_check

STILL_NEWS = timedelta(days=1)
"""So long after it was found, a process that comes late still tells its organisers."""
MOST = 15
"""Links of a list: a message is no report, and `waypoint links check` is."""


async def sweep_links(bot: Waypoint, now: datetime) -> None:
    """Do both. Any number of processes may do it at once."""
    urls = [resource.url for _, resource in bot.curriculum.resources()]
    every = every_link(bot.curriculum)
    async with bot.database.transaction() as session:
        if await links.any_due(session, every, now):
            await defer_link_check(bot.queue, session)
    async with bot.database.transaction() as session:
        bot.dead_links = await links.dead_links(session, every)
        await links.claim_untold(session, urls, now)
        # Each process tells the owners of the servers that it hears, whichever process was the first to see it.
        for told_at, gone in (await links.told_since(session, urls, now - STILL_NEWS)).items():
            words = dead_list(bot.curriculum, frozenset(gone), bot.dead_links)
            for owner_id in {guild.owner_id for guild in bot.guilds if guild.owner_id is not None}:
                key = f"links:{owner_id}:{told_at:%Y-%m-%dT%H:%M:%S}"
                await outbox.post(session, key=key, kind=outbox.NOTE, payload={"text": words}, user_id=owner_id)


def dead_list(curriculum: Curriculum, untold: frozenset[str], dead: frozenset[str]) -> str:
    """The list, with what the cards show from now on."""
    lines: list[str] = []
    for topic, resource in curriculum.resources():
        if resource.url in untold:
            where = topic.short_title if topic is not None else "courses"
            shown = shown_link(resource, dead)
            lines.append(f"- {escape_markdown(resource.title)} ({where}): now [{shown.word}](<{shown.url}>)")
    rest = f"\n- and {len(lines) - MOST} more" if len(lines) > MOST else ""
    listed = "\n".join(lines[:MOST])
    many = plural(len(lines), "link")
    return f"🔗 {many} of the lessons did not work twice in a row, so the cards show another:\n{listed}{rest}"
