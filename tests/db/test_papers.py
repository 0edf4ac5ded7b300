"""A paper is stored once whatever its versions, and a server is never sent one twice."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy.exc import IntegrityError

from db import digests, feeds, papers
from db.digests import Placed
from db.engine import Database
from db.papers import Stored
from lessons.papers import Announced, AnnounceKind
from tests.papers import announced
from tests.runs import ALICE, BOB, ask_for, sql

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
GUILD = 50


async def store(database: Database, *entries: Announced, now: datetime = NOW) -> Stored:
    async with database.transaction() as session:
        return await papers.store_batch(session, entries, source="test", feed_says="today", now=now)


async def rank_as(database: Database, ids: Sequence[str], guild: int = GUILD) -> None:
    placed = [Placed(each, 1.0 - n / 100, ("cnn",), "For CNNs", n == 9) for n, each in enumerate(ids)]
    async with database.transaction() as session:
        await digests.store_rankings(session, {guild: placed}, NOW)


async def send(database: Database, week: date, guild: int = GUILD) -> list[str]:
    async with database.transaction() as session:
        number = await digests.write_digest(session, guild, week, NOW)
        return [] if number is None else [each.paper.id for each in await digests.load_digest(session, number)]


async def test_a_batch_is_stored_once_however_often_it_is_served(database: Database) -> None:
    batch = (announced(1), announced(2, kind=AnnounceKind.CROSS))
    assert await store(database, *batch) == Stored(2, 2, 2)
    assert await store(database, *batch) == Stored(2, 0, 0)
    assert await sql(database, "select count(*) from feed_batches") == [(1,)]


async def test_a_replacement_brings_the_paper_up_to_date_and_makes_no_second_one(database: Database) -> None:
    await store(database, announced(1, title="Draft"))
    assert await store(database, announced(1, version=2, kind=AnnounceKind.REPLACE, title="Final")) == Stored(1, 1, 0)
    assert await store(database, announced(1, version=1, kind=AnnounceKind.CROSS, title="Draft")) == Stored(1, 1, 0)
    async with database.session() as session:
        (paper,) = (await papers.get_papers(session, ["2611.00001"])).values()
    assert paper.title == "Final"
    kinds = await sql(database, "select version, kind from paper_announcements order by version, kind")
    assert kinds == [(1, "cross"), (1, "new"), (2, "replace")]


async def test_two_workers_with_one_batch_store_it_once(database: Database) -> None:
    batch = [announced(n) for n in range(1, 200)]
    both = await asyncio.gather(store(database, *batch), store(database, *reversed(batch)))
    assert await sql(database, "select count(*) from papers") == [(199,)]
    assert all(each.entries == 199 for each in both)


async def test_only_what_is_announced_for_the_first_time_may_come_into_a_digest(database: Database) -> None:
    kinds = (AnnounceKind.NEW, AnnounceKind.CROSS, AnnounceKind.REPLACE, AnnounceKind.REPLACE_CROSS)
    await store(database, *(announced(n, kind=kind) for n, kind in enumerate(kinds, start=1)))
    async with database.session() as session:
        fresh = await papers.fresh_papers(session, NOW - timedelta(days=1))
        later = await papers.fresh_papers(session, NOW + timedelta(seconds=1))
    assert {paper.id for paper in fresh} == {"2611.00001", "2611.00002"}
    assert later == []


async def test_papers_are_found_by_their_words_and_by_topic(database: Database) -> None:
    cats = announced(1, title="Attention for cats", abstract="Cats are attended to. " * 3)
    await store(database, cats, announced(2, title="Diffusion of dogs", abstract="Dogs diffuse slowly. " * 3))
    async with database.transaction() as session:
        await papers.set_topics(session, {"2611.00001": ["transformers", "cnn"], "2611.00002": ["gan"]})
    async with database.session() as session:
        found = await papers.search(session, "attending cat", limit=5)
        without = await papers.search(session, "slowly -dogs", limit=5)
        odd = await papers.search(session, "'; drop table papers; -- \"(", limit=5)
        of_topic = await papers.latest(session, limit=5, topic_id="cnn")
        everything = await papers.latest(session, limit=1, offset=1)
        counts = await papers.topic_counts(session, NOW - timedelta(days=1))
    assert [paper.id for paper in found] == ["2611.00001"]
    assert without == odd == []
    assert [(paper.id, paper.topic_ids) for paper in of_topic] == [("2611.00001", ("transformers", "cnn"))]
    assert [paper.id for paper in everything] == ["2611.00001"]
    assert counts == {"transformers": 1, "cnn": 1, "gan": 1}


async def test_a_vote_can_be_changed_and_taken_back(database: Database) -> None:
    await store(database, announced(1), announced(2))

    async def cast(user: int, value: int, paper: str = "2611.00001") -> int | None:
        async with database.transaction() as session:
            return await papers.vote(session, guild_id=GUILD, user_id=user, paper_id=paper, value=value, now=NOW)

    assert [await cast(1, 1), await cast(2, 1), await cast(3, -1)] == [1, 1, -1]
    assert await cast(3, 1) == 1, "changed"
    assert await cast(2, 1) is None, "taken back"
    assert [await cast(1, -1, "2611.00002"), await cast(2, 1, "2611.00002")] == [-1, 1]
    async with database.session() as session:
        assert await papers.vote_counts(session, GUILD, ["2611.00001"]) == {"2611.00001": (2, 0)}
        assert await papers.all_votes(session, NOW - timedelta(days=1)) == {GUILD: {"2611.00001": 2}}


async def test_saved_papers_are_the_members_own_in_every_server(database: Database) -> None:
    await store(database, announced(1), announced(2))
    async with database.transaction() as session:
        assert await papers.save(session, user_id=7, paper_id="2611.00001", now=NOW) is True
        assert await papers.save(session, user_id=7, paper_id="2611.00001", now=NOW) is False
        assert await papers.save(session, user_id=7, paper_id="2611.00002", now=NOW + timedelta(hours=1)) is True
        assert [paper.id for paper in await papers.saved(session, 7)] == ["2611.00002", "2611.00001"]
        assert await papers.unsave(session, user_id=7, paper_id="2611.00002") is True
        assert await papers.saved(session, 8) == []


async def test_a_server_is_never_sent_a_paper_twice(database: Database) -> None:
    await store(database, *(announced(n) for n in range(1, 26)))
    ids = [f"2611.{n:05d}" for n in range(1, 26)]
    await rank_as(database, ids)
    first = await send(database, date(2026, 11, 23))
    assert first == ids[:10]
    assert await send(database, date(2026, 11, 23)) == [], "one digest a week"
    await rank_as(database, ids)
    assert await send(database, date(2026, 11, 30)) == ids[10:20]
    assert await send(database, date(2026, 12, 7)) == ids[20:]
    assert await send(database, date(2026, 12, 14)) == [], "nothing left, so no digest at all"
    assert await sql(database, "select count(*) from digests") == [(3,)]


async def test_the_database_itself_refuses_the_same_paper_twice(database: Database) -> None:
    await store(database, announced(1))
    await rank_as(database, ["2611.00001"])
    await send(database, date(2026, 11, 23))
    statement = (
        "with d as (insert into digests (guild_id, week, created_at) values (50, '2026-11-30', now()) returning id) "
        "insert into digest_papers (digest_id, place, guild_id, paper_id, topic_ids, why, wildcard) "
        "select id, 1, 50, '2611.00001', '{}', '', false from d"
    )
    with pytest.raises(IntegrityError, match="uq_digest_papers_guild_id_paper_id"):
        await sql(database, statement)


async def test_two_bots_that_write_a_digest_at_once_write_one(database: Database) -> None:
    await store(database, *(announced(n) for n in range(1, 12)))
    await rank_as(database, [f"2611.{n:05d}" for n in range(1, 12)])
    both = await asyncio.gather(send(database, date(2026, 11, 23)), send(database, date(2026, 11, 23)))
    assert sorted(len(each) for each in both) == [0, 10]


async def test_a_servers_members_are_where_their_topics_are(database: Database) -> None:
    await ask_for(database, ALICE)
    await ask_for(database, BOB)
    async with database.transaction() as session:
        await digests.note_in_guild(session, 51, BOB.user_id, NOW)
        await digests.note_in_guild(session, 51, BOB.user_id, NOW)
        await digests.note_in_guild(session, 51, 999, NOW)  # no member: they never said /start
    await sql(
        database,
        "insert into topic_progress (user_id, topic_id, done_at, skipped_at) values "
        "(700, 'one', now(), null), (700, 'two', null, now()), (800, 'one', now(), null)",
    )
    async with database.session() as session:
        places = await digests.whereabouts(session, ["one", "two", "three"], [GUILD, 51, 52])
    assert places == {GUILD: {"three": 1, "two": 1}, 51: {"two": 1}}


async def test_requests_of_all_processes_take_turns_with_a_pause_between(database_url: str) -> None:
    pause, spans = timedelta(seconds=0.3), list[tuple[float, float]]()

    async def ask() -> None:
        async with (
            Database(database_url, pool_size=1) as own,
            feeds.turn_at(own, "arxiv.org", pause=pause, longest=timedelta(seconds=5)),
        ):
            begun = time.monotonic()
            await asyncio.sleep(0.1)
            spans.append((begun, time.monotonic()))

    await asyncio.gather(*(ask() for _ in range(4)))
    spans.sort()
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(spans)]
    assert len(gaps) == 3
    assert min(gaps) >= 0.3


async def test_a_process_that_dies_in_its_turn_holds_up_the_others_only_for_a_while(database: Database) -> None:
    short = timedelta(seconds=0.3)
    await sql(
        database,
        "insert into polite_hosts (host, holder, next_allowed_at) values ('arxiv.org', 'dead', now() + interval '1 s')",
    )
    begun = time.monotonic()
    async with feeds.turn_at(database, "arxiv.org", pause=short, longest=short):
        waited = time.monotonic() - begun
    assert 0.5 < waited < 4


async def test_a_try_is_taken_by_one_worker(database: Database) -> None:
    monday = datetime(2026, 10, 12, 12, tzinfo=UTC)

    async def claim(at: datetime) -> bool:
        async with database.transaction() as session:
            return await feeds.claim_try(session, "cs.LG", at) is not None

    assert sorted(await asyncio.gather(*(claim(monday) for _ in range(4)))) == [False, False, False, True]
    assert await claim(monday + timedelta(minutes=30)) is True
