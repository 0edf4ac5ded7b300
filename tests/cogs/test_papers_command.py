"""``/papers`` as members and organisers meet it."""

from dataclasses import replace
from datetime import UTC, datetime

import discord
import pytest
from sqlalchemy import delete

from db import digests, papers
from db.digests import Placed
from db.engine import Database
from db.tables import TopicProgress
from lessons.load import load_curriculum
from tests.cogs.chat import Chat, Person, buttons, files, said, sentence
from tests.papers import announced
from tests.runs import sql

NOW = datetime.now(UTC)
CURRICULUM = load_curriculum()
BEFORE_PHASE_4 = [topic for topic in CURRICULUM.topics if CURRICULUM.phase_of(topic).number < 4]


@pytest.fixture
async def stored(database: Database) -> Database:
    """Twelve papers, one of them about something else."""
    entries = [announced(n, title=f"Paper {n}") for n in range(1, 12)]
    entries.append(announced(12, title="Diffusion for *birds* @everyone", abstract="We paint birds."))
    async with database.transaction() as session:
        await papers.store_batch(session, entries, source="test", feed_says=None, now=NOW)
    return database


async def test_the_newest_come_in_pages(alice: Person, stored: Database) -> None:
    card = await alice.says("papers latest")
    assert said(card).count("arxiv.org/abs/") == 5
    assert buttons(card)[-1] == "More"
    await alice.presses(card, "More")
    assert "**6. " in said(card)
    assert buttons(card)[-2:] == ["Before", "More"]
    await alice.presses(card, "More")
    assert buttons(card)[-1] == "Before"


async def test_words_find_papers_and_what_is_in_them_has_no_effect(alice: Person, stored: Database) -> None:
    card = await alice.says("papers search", words="birds")
    assert r"Diffusion for \*birds\* \@everyone" in said(card)
    assert "Nothing holds *quantum*" in said(await alice.says("papers search", words="quantum"))


async def test_saved_papers_are_listed_exported_and_let_go(alice: Person, chat: Chat, stored: Database) -> None:
    assert "You have saved no paper yet" in sentence(await alice.says("papers export"))
    card = await alice.says("papers search", words="birds")
    await chat.restart()
    assert "📚 Saved." in said(await alice.presses(card, "Save"))
    assert "It is among yours already" in said(await alice.presses(card, "Save"))
    assert files(await alice.says("papers export", kind="bib")) == ["papers.bib"]
    assert files(await alice.says("papers export", kind="csv")) == ["papers.csv"]
    mine = await alice.says("papers saved")
    assert "1. [Diffusion" in said(mine)
    await alice.presses(mine, "Let go")
    assert "You have saved no paper yet" in said(mine)


async def test_only_who_manages_the_server_sets_its_digest(alice: Person, chat: Chat, stored: Database) -> None:
    await alice.starts()
    assert "those who manage this server" in sentence(await alice.says("papers digest"))
    boss = chat.person("boss", organiser=True)
    told = await boss.says("papers digest", weekday=4, hour=17, time_zone="Tokyo")
    assert "each Friday at 17:00 (Asia/Tokyo)" in said(told)
    assert await sql(stored, "select weekday, hour, time_zone from digest_settings") == [(4, 17, "Asia/Tokyo")]
    assert "No more digests" in said(await boss.says("papers digest", stop=True))
    assert "which time zone" in sentence(await boss.says("papers digest", time_zone="Atlantis"))


async def test_the_organiser_hears_at_once_what_the_bot_may_not_do_there(chat: Chat, stored: Database) -> None:
    boss = chat.person("boss", organiser=True)
    told = said(await boss.says("papers digest", time_zone="Berlin"))
    assert "⚠️" not in told
    mute = discord.PermissionOverwrite(send_messages=False)
    there = chat.guild.create_text_channel("read-only", overwrites={chat.guild.default_role: mute})
    told = said(await boss.says("papers digest", time_zone="Berlin", channel=there))
    assert "⚠️ I can't write there yet: give me *Send Messages* in that channel." in told
    no_threads = discord.PermissionOverwrite(create_public_threads=False)
    there = chat.guild.create_text_channel("flat", overwrites={chat.guild.default_role: no_threads})
    told = said(await boss.says("papers digest", time_zone="Berlin", channel=there))
    assert "For a thread a week I would need *Create Public Threads*" in told
    assert "would need" not in said(await boss.says("papers digest", time_zone="Berlin", channel=there, threads=False))


async def test_topics_and_an_empty_house(alice: Person) -> None:
    assert "No papers yet" in said(await alice.says("papers latest"))
    assert "No papers yet" in said(await alice.says("papers topics"))


async def test_the_digest_by_dm_is_for_those_who_are_far_enough(alice: Person, stored: Database) -> None:
    await alice.starts()
    assert "Send me the weekly digest" not in buttons(await alice.says("papers latest"))
    async with stored.transaction() as session:
        await session.execute(delete(TopicProgress))
        session.add_all(TopicProgress(user_id=alice.id, topic_id=topic.id, done_at=NOW) for topic in BEFORE_PHASE_4)
    card = await alice.says("papers latest")
    await alice.presses(card, "Send me the weekly digest")
    assert "No digest by DM any more" in buttons(await alice.says("papers latest"))


async def test_votes_stand_on_the_digest_once_a_member(
    alice: Person, bob: Person, chat: Chat, stored: Database
) -> None:
    async with stored.transaction() as session:
        placed = [Placed(f"2611.{n:05d}", 1.0, ("cnn",), "close to CNNs") for n in range(1, 7)]
        await digests.store_rankings(session, {5: placed}, NOW)
        digest_id = await digests.write_digest(session, 5, NOW.date(), NOW)
    card = await alice.says("papers search", words="birds")
    chat.relabel(card, "Save", "More", f"wp:digest:{digest_id}:1")
    await alice.presses(card, "More")
    assert "**6. " in said(card)
    votes = "select user_id, vote from paper_votes"
    await alice.presses(card, "👍")
    assert await sql(stored, votes) == [(alice.id, 1)]
    assert buttons(card)[:4] == ["1", "👎", "🔖", "Discuss"]
    await alice.presses(card, "1")
    assert buttons(card)[:4] == ["👍", "👎", "🔖", "Discuss"]
    assert await sql(stored, votes) == []
    await alice.presses(card, "Before")
    assert "**1. " in said(card)


async def test_a_discussion_is_opened_once_and_found_again(
    alice: Person, bob: Person, chat: Chat, stored: Database
) -> None:
    boss = chat.person("boss", organiser=True)
    await boss.says("papers digest", time_zone="Berlin")
    async with stored.transaction() as session:
        guild_id = (await digests.digest_guilds(session))[0]
        placed = [Placed("2611.00001", 1.0, ("cnn",), "close to CNNs")]
        await digests.store_rankings(session, {guild_id: placed}, NOW)
        digest_id = await digests.write_digest(session, guild_id, NOW.date(), NOW)
    for person in (alice, bob):
        card = await person.says("papers search", words="birds")
        chat.relabel(card, "Save", "Discuss", f"wp:paper:talk:{digest_id}:0:2611.00001")
        assert "discussed in <#" in said(await person.presses(card, "Discuss"))
    ((thread_id,),) = await sql(stored, "select distinct thread_id from digest_papers")
    assert thread_id is not None


async def test_where_the_bot_may_open_no_thread_the_person_hears_what_to_do(
    alice: Person, chat: Chat, stored: Database
) -> None:
    boss = chat.person("boss", organiser=True)
    no_threads = discord.PermissionOverwrite(create_public_threads=False)
    quiet = chat.guild.create_text_channel("papers", overwrites={chat.guild.default_role: no_threads})
    await replace(boss, channel=quiet).says("papers digest", time_zone="Berlin")
    async with stored.transaction() as session:
        (guild_id,) = await digests.digest_guilds(session)
        await digests.store_rankings(session, {guild_id: [Placed("2611.00001", 1.0, (), "New in cs.LG")]}, NOW)
        digest_id = await digests.write_digest(session, guild_id, NOW.date(), NOW)
    card = await alice.says("papers search", words="birds")
    chat.relabel(card, "Save", "Discuss", f"wp:paper:talk:{digest_id}:0:2611.00001")
    told = said(await alice.presses(card, "Discuss"))
    assert f"I may not open threads in <#{quiet.id}>" in told
    assert "Create Public Threads" in told
    assert await sql(stored, "select thread_id from digest_papers") == [(None,)]
