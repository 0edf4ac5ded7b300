"""A link that is gone is not what a member finds on their topic's card, and the organiser hears of it once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

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


async def test_after_two_failures_the_card_shows_what_stands_in_and_each_organiser_gets_one_list(
    alice: Person, chat: Chat, database: Database
) -> None:
    await alice.starts()
    url, replacement = CURRICULUM.topics[0].readings[0].url, CURRICULUM.topics[0].readings[0].replacement
    await fails(database, url)
    await sweep_links(chat.bot, datetime.now(UTC))
    assert f"(<{url}>)" in said(await alice.says("next"))
    await fails(database, url)
    await sweep_links(chat.bot, datetime.now(UTC))
    text = said(await alice.says("next"))
    assert f"(<{replacement}>)" in text
    assert "another page about it, since the original is gone" in text
    await sweep_links(chat.bot, datetime.now(UTC))
    assert await told(database) == {chat.guild.owner.id: 1}
    # Another process hears another server, and comes a few minutes later.
    elsewhere = chat.env.create_guild("Elsewhere")
    await chat.restart()
    await sweep_links(chat.bot, datetime.now(UTC) + timedelta(minutes=5))
    assert await told(database) == {chat.guild.owner.id: 1, elsewhere.owner.id: 1}
    await sweep_links(chat.bot, datetime.now(UTC) + timedelta(days=2))
    assert sum((await told(database)).values()) == 2
    await fails(database, replacement or "")
    await fails(database, replacement or "")
    await sweep_links(chat.bot, datetime.now(UTC))
    assert f"(<https://web.archive.org/web/2/{url}>)" in said(await alice.says("next"))


async def told(database: Database) -> dict[int, int]:
    """Lists that wait for each owner."""
    rows = await sql(database, "select user_id, payload->>'text' from outbox")
    assert all("1 link of the lessons did not work twice in a row" in str(words) for _, words in rows)
    return Counter(user_id for user_id, _ in rows)


async def test_a_worker_is_asked_once_while_links_are_due(chat: Chat, database: Database) -> None:
    for _ in range(3):
        await sweep_links(chat.bot, datetime.now(UTC))
    assert await sql(database, "select count(*) from procrastinate_jobs where task_name = 'links_check'") == [(1,)]
    assert len(every_link(CURRICULUM)) > 20
