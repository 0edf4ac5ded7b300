"""A server's weekly digest: written once, posted in its channel, never with a paper that it had."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.delivery import Delivery
from bot.playground import seed
from db import digest_sweep, digests, papers
from db.digests import Placed
from tests.bot.test_delivery import deliver
from tests.bot.town import AIKO, CHANNEL, MARA, Town
from tests.papers import announced
from tests.runs import sql

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DUE = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)
GUILD = seed.GUILD_ID
DISCUSS = "POST /channels/{channel_id}/threads"


@pytest.fixture
async def server(town: Town) -> Town:
    """A server that wants its digest on Mondays at nine, with 25 ranked papers."""
    async with town.database.transaction() as session:
        entries = [announced(number, title=f"On [networks] *{number}*") for number in range(1, 26)]
        await papers.store_batch(session, entries, source="test", feed_says=None, now=NOW)
        due = await digest_sweep.set_digest(
            session, GUILD, NOW, channel_id=CHANNEL, weekday=0, hour=9, zone=ZoneInfo("UTC"), threads=False
        )
        assert due == DUE
    await rank(town, DUE - timedelta(minutes=40))
    return town


async def rank(town: Town, at: datetime) -> None:
    placed = [Placed(f"2611.{n:05d}", 1.0, ("cnn",), "close to CNNs") for n in range(1, 26)]
    async with town.database.transaction() as session:
        await digests.store_rankings(session, {GUILD: placed}, at)


async def written(town: Town, at: datetime) -> int:
    """Look at what is due then; returns how many digests came of it."""
    async with town.database.transaction() as session:
        await digest_sweep.write_due(session, at)
    return len(await sql(town.database, "select 1 from digests where created_at = :at", at=at))


async def test_ten_papers_come_on_a_card_with_pages_once_however_many_bots_look(server: Town) -> None:
    found = await asyncio.gather(*(written(server, DUE + timedelta(minutes=1)) for _ in range(4)))
    assert max(found) == 1
    await deliver(Delivery(await server.log_in()))
    (message,) = server.messages()
    said = server.text(message)
    assert "Papers of the week of 23 November" in said
    assert "10 papers from arXiv" in said
    assert said.count("arxiv.org/abs/") == 5
    assert "**1. [On (networks) \\*1\\*](<https://arxiv.org/abs/2611.00001>)**" in said
    assert "🖼" in said or "CNNs" in said
    assert set(server.labels(message.id)) == {"👍", "👎", "🔖", "Discuss", "More"}


async def test_weeks_that_were_missed_are_one_digest_and_no_paper_comes_twice(server: Town) -> None:
    await rank(server, DUE + 3 * WEEK)
    assert await written(server, DUE + 3 * WEEK + timedelta(minutes=1)) == 1
    assert await written(server, DUE + 3 * WEEK + timedelta(hours=2)) == 0
    for week in (4, 5, 6):
        await rank(server, DUE + week * WEEK - timedelta(minutes=30))
        await written(server, DUE + week * WEEK)
    rows = await sql(
        server.database, "select count(*), count(distinct paper_id), count(distinct digest_id) from digest_papers"
    )
    assert rows == [(25, 25, 3)], "ten, ten, five, and then nothing"


async def test_a_digest_waits_half_an_hour_for_its_ranking_and_not_longer(server: Town) -> None:
    await rank(server, DUE - timedelta(days=5))
    async with server.database.session() as session:
        assert await digest_sweep.due_for_ranking(session, DUE - timedelta(hours=2)) == []
        assert await digest_sweep.due_for_ranking(session, DUE - timedelta(minutes=50)) == [GUILD]
    assert await written(server, DUE + timedelta(minutes=10)) == 0
    assert await written(server, DUE + timedelta(minutes=31)) == 1


async def test_one_that_goes_out_after_midnight_takes_no_other_weeks_place(server: Town) -> None:
    sunday = datetime(2026, 11, 22, 23, tzinfo=UTC)
    async with server.database.transaction() as session:
        due = await digest_sweep.set_digest(
            session, GUILD, NOW, channel_id=CHANNEL, weekday=6, hour=23, zone=ZoneInfo("UTC"), threads=False
        )
    assert due == sunday
    assert await written(server, sunday + timedelta(hours=2)) == 1
    await rank(server, sunday + WEEK - timedelta(minutes=30))
    assert await written(server, sunday + WEEK) == 1
    weeks = await sql(server.database, "select week::text from digests order by week")
    assert weeks == [("2026-11-16",), ("2026-11-23",)]


async def test_nothing_new_is_nothing_said(server: Town) -> None:
    await sql(server.database, "delete from paper_rankings")
    assert await written(server, DUE + timedelta(hours=1)) == 0
    assert await server.outbox() == []


async def test_a_thread_a_week_where_the_bot_may_else_the_channel(server: Town) -> None:
    await sql(server.database, "update digest_settings set threads = true")
    await written(server, DUE + timedelta(minutes=1))
    await deliver(Delivery(await server.log_in()))
    (thread,) = server.ground.world.threads()
    assert thread.name == "Papers, week of Mon 23 Nov"
    assert len(server.messages(thread.id)) == 1
    await rank(server, DUE + WEEK)
    server.ground.world.faults.fail(DISCUSS, 403)
    await written(server, DUE + WEEK)
    await deliver(Delivery(await server.log_in()))
    assert any("week of 30 November" in text for text in server.posted())


async def test_a_digest_that_its_channel_does_not_take_is_told_to_the_organiser(server: Town) -> None:
    server.ground.world.drop(server.ground.world.channel(CHANNEL))
    await written(server, DUE + timedelta(minutes=1))
    await deliver(Delivery(await server.connect()))
    (note,) = server.whispered(MARA.id)
    assert f"I can't post in <#{CHANNEL}>" in note
    assert "the paper digest can't come" in note


async def test_who_asked_gets_it_by_dm_too(server: Town) -> None:
    async with server.database.transaction() as session:
        await digest_sweep.read_by_dm(session, AIKO.id, GUILD, on=True)
    await written(server, DUE + timedelta(minutes=1))
    await deliver(Delivery(await server.log_in()))
    assert len(server.posted()) == 1
    assert "Papers of the week" in server.whispered(AIKO.id)[0]


async def test_old_papers_that_nobody_wanted_are_let_go(server: Town) -> None:
    await written(server, DUE + timedelta(minutes=1))
    await sql(server.database, "delete from paper_rankings")
    async with server.database.transaction() as session:
        await papers.save(session, user_id=AIKO.id, paper_id="2611.00020", now=NOW)
        assert await digest_sweep.prune(session, NOW - timedelta(days=1)) == 0
        assert await digest_sweep.prune(session, NOW + timedelta(days=1)) == 14
