"""Lists of papers, a page at a time."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot import ids
from bot.client import Press
from bot.paper_cards import PAGE, list_card, plain
from bot.ui import Card, Item, button, buttons, card, text
from db import digest_sweep, papers
from db.members import load_enrolment
from lessons.papers import Paper
from lessons.progress import standing

TALK_PHASE = 4
"""Whoever is there follows the research, and may have the digest by DM."""


async def latest_card(interaction: Press, page: int, topic_id: str) -> Card:
    """A page of the newest papers, of one topic if `topic_id` names one."""
    bot = interaction.client
    topic = bot.curriculum.topic(topic_id) if topic_id else None
    async with bot.database.session() as session:
        found = await papers.latest(session, limit=PAGE + 1, offset=page * PAGE, topic_id=topic_id or None)
        footer = await _dm_row(interaction, session) if page == 0 else []
    title = "📰 The newest papers" if topic is None else f"📰 New for {topic.emoji} {topic.short_title}"
    turn = ids.PAPERS_LATEST.replace("{any_topic}", topic_id)
    none = "No papers yet. They come on weekdays from arXiv, once this bot has been there."
    return _list(interaction, title, found, page, turn, none, footer=footer)


async def found_card(interaction: Press, page: int, words: str) -> Card:
    """A page of the papers that hold these words."""
    async with interaction.client.database.session() as session:
        found = await papers.search(session, words, limit=PAGE + 1, offset=page * PAGE)
    none = f"Nothing holds *{plain(words)}*. Try fewer words, or the singular."
    return _list(interaction, f"🔎 {plain(words)}", found, page, ids.PAPERS_SEARCH.replace("{words}", words), none)


async def saved_card(interaction: Press, page: int) -> Card:
    """A page of what the person keeps; the last one where there are not so many."""
    async with interaction.client.database.session() as session:
        kept = await papers.saved(session, interaction.user.id)
    page = min(page, max(0, (len(kept) - 1) // PAGE))
    some = kept[page * PAGE : (page + 1) * PAGE + 1]
    none = "You have saved no paper yet. *Save* stands below each one."
    return _list(interaction, "📚 Your papers", some, page, ids.PAPERS_SAVED, none, saved=True)


def _list(
    interaction: Press,
    title: str,
    found: list[Paper],
    page: int,
    turn: str,
    none: str,
    *,
    saved: bool = False,
    footer: list[Item] | None = None,
) -> Card:
    if not found and page == 0:
        return card(text(f"## {title}\n{none}"), *(footer or []))
    more = len(found) > PAGE
    return list_card(
        interaction.client.curriculum,
        title,
        found[:PAGE],
        page=page,
        more=more,
        turn=turn,
        saved=saved,
        footer=footer or [],
    )


async def _dm_row(interaction: Press, session: AsyncSession) -> list[Item]:
    """The button for the digest by DM, for those who are far enough, in a server."""
    on = await digest_sweep.reads_by_dm(session, interaction.user.id)
    if not on and (interaction.guild_id is None or not await far_enough(interaction, session)):
        return []
    label = "No digest by DM any more" if on else "Send me the weekly digest"
    return [buttons(button(label, ids.DIGEST_DM.format(onoff="off" if on else "on")))]


async def far_enough(interaction: Press, session: AsyncSession) -> bool:
    """Whether the person has come to the phase in which research is read."""
    bot = interaction.client
    enrolment = await load_enrolment(session, interaction.user.id)
    if enrolment is None:
        return False
    place = standing(bot.curriculum, enrolment, datetime.now(UTC))
    return place.current is None or bot.curriculum.phase_of(place.current.topic).number >= TALK_PHASE
