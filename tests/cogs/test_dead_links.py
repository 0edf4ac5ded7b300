"""A link that is gone is not what a member finds on their topic's card, and the organiser hears of it once."""

from datetime import UTC, datetime

from bot.linking import sweep_links
from db import links
from db.engine import Database
from lessons.links import Broken, every_link
from lessons.load import load_curriculum
from tests.cogs.chat import Chat, Person, said
from tests.runs import sql

CURRICULUM = load_curriculum()


async def fails(database: Database, url: str) -> None:
    async with database.transaction() as session:
        await links.note_check(session, url, Broken("answered 404"), datetime.now(UTC))


async def test_after_two_failures_the_card_shows_the_archived_copy(
    alice: Person, chat: Chat, database: Database
) -> None:
    await alice.starts()
    url = CURRICULUM.topics[0].readings[0].url
    await fails(database, url)
    await sweep_links(chat.bot, datetime.now(UTC))
    assert f"(<{url}>)" in said(await alice.says("next"))
    await fails(database, url)
    await sweep_links(chat.bot, datetime.now(UTC))
    text = said(await alice.says("next"))
    assert f"(<https://web.archive.org/web/2/{url}>)" in text
    assert "archived copy, since the original is gone" in text
    await sweep_links(chat.bot, datetime.now(UTC))
    rows = await sql(database, "select payload->>'text' from outbox")
    assert len(rows) == 1
    assert "1 link of the lessons did not work twice in a row" in str(rows[0][0])


async def test_a_worker_is_asked_once_while_links_are_due(chat: Chat, database: Database) -> None:
    for _ in range(3):
        await sweep_links(chat.bot, datetime.now(UTC))
    assert await sql(database, "select count(*) from procrastinate_jobs where task_name = 'links_check'") == [(1,)]
    assert len(every_link(CURRICULUM)) > 20
