"""arXiv is asked politely; whatever it answers, nothing wrong is stored, and the next try finds all as it was."""

import asyncio
import gzip
import logging
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from db import feeds, papers
from db.engine import Database
from lessons.papers import AnnounceKind
from tests.papers import Answer, Asked, SmallArxiv, announced, atom, rss, small_arxiv
from tests.runs import sql
from workers.papers.feed import MAX_BYTES
from workers.papers.fetch import Fetched, FetchFailed, NotModified, fetch
from workers.papers.poll import Arxiv, Brought, NotDue, NothingNew, PollResult, WentWrong, poll
from workers.queue import defer_paper_poll, defer_paper_ranking, queue_app

TUESDAY = datetime(2026, 10, 13, 5, tzinfo=UTC)
"""01:00 at arXiv."""
NAMES = (
    "400 with a feed",
    "503",
    "cut off",
    "html",
    "says 50 MB",
    "ends early",
    "too long",
    "false gzip",
    "a gzip bomb",
    "latin-1",
)
QUICK = timedelta(milliseconds=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def arxiv() -> Iterator[SmallArxiv]:
    with small_arxiv() as server:
        yield server


def place(arxiv: SmallArxiv, *categories: str) -> Arxiv:
    return Arxiv(
        categories or ("cs.LG",), f"{arxiv.address}/rss", f"{arxiv.address}/api/query", "ops@example.org", QUICK
    )


async def try_at(database: Database, arxiv: SmallArxiv, now: datetime = TUESDAY) -> PollResult:
    return await poll(database, place(arxiv), now)


async def stored_ids(database: Database) -> list[str]:
    return [str(row[0]) for row in await sql(database, "select id from papers order by id")]


async def test_a_poll_says_who_asks_and_stores_what_came(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(rss(announced(1), announced(2)))
    match await poll(database, place(arxiv, "cs.LG", "stat.ML"), TUESDAY):
        case Brought(stored):
            assert stored.new_papers == 2
        case other:
            pytest.fail(str(other))
    asked = arxiv.asked[0]
    assert asked.path == "/rss/cs.LG+stat.ML"
    assert asked.headers["User-Agent"].startswith("Waypoint/")
    assert "ops@example.org" in asked.headers["User-Agent"]
    assert "If-None-Match" not in asked.headers


async def test_the_next_day_the_etag_is_sent_and_304_is_nothing_new(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(rss(announced(1)), headers={"ETag": '"abc"'})
    await try_at(database, arxiv)
    arxiv.feed = lambda asked: Answer(status=304 if asked.headers.get("If-None-Match") == '"abc"' else 500)
    assert await try_at(database, arxiv, TUESDAY + DAY) == NothingNew()


async def test_yesterdays_batch_with_todays_date_is_no_success(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(rss(announced(1)))
    await try_at(database, arxiv)
    arxiv.feed = lambda _: Answer(rss(announced(1), says="Wed, 14 Oct 2026 00:00:00 -0400"))
    assert await try_at(database, arxiv, TUESDAY + DAY) == NothingNew()
    arxiv.feed = lambda _: Answer(rss(announced(2), says="Wed, 14 Oct 2026 00:00:00 -0400"))
    assert isinstance(await try_at(database, arxiv, TUESDAY + DAY + HOUR), Brought), "tried again, and there it is"
    assert await try_at(database, arxiv, TUESDAY + DAY + 2 * HOUR) == NotDue()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(rss(announced(1)), status=400),
        Answer(rss(announced(1)), status=503, headers={"Retry-After": "1"}),
        Answer(rss(announced(1))[:-100]),
        Answer(b"<html>down for maintenance</html>"),
        Answer(b"x", headers={"Content-Length": "50000000"}),
        Answer(rss(announced(1)), headers={"Content-Length": "90000"}),
        Answer(b" " * (MAX_BYTES + 10)),
        Answer(rss(announced(1)), headers={"Content-Encoding": "gzip"}),
        Answer(gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"}),
        Answer(rss(announced(1, title="Zürich")).decode().encode("latin-1")),
    ],
    ids=NAMES,
)
async def test_what_goes_wrong_stores_nothing_is_logged_and_tried_again(
    database: Database, arxiv: SmallArxiv, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    arxiv.feed = lambda _: answer
    with caplog.at_level(logging.WARNING, "workers.papers"):
        result = await try_at(database, arxiv)
    assert isinstance(result, WentWrong)
    assert result.sentence in caplog.text
    assert await stored_ids(database) == []
    assert await sql(database, "select last_problem, etag from paper_feeds") == [(result.sentence, None)]
    arxiv.feed = lambda _: Answer(rss(announced(1)))
    assert isinstance(await try_at(database, arxiv, TUESDAY + 2 * HOUR), Brought)
    assert await sql(database, "select last_problem from paper_feeds") == [(None,)]


async def test_six_tries_a_day_and_no_more(database: Database, arxiv: SmallArxiv) -> None:
    outcomes = [await try_at(database, arxiv, TUESDAY + HOUR * n) for n in range(20)]
    assert [type(each) for each in outcomes].count(NothingNew) == len(arxiv.asked) == 6


async def test_missed_days_are_filled_from_the_query_api_page_by_page(
    database: Database, arxiv: SmallArxiv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.papers.poll.PAGE", 2)
    arxiv.feed = lambda _: Answer(rss(announced(1)))
    arxiv.query = lambda _: Answer(atom())
    await try_at(database, arxiv)
    arxiv.feed = lambda _: Answer(rss(announced(5)))
    missed = [announced(n, categories=("cs.LG",)) for n in (2, 3, 4)]

    def query(asked: Asked) -> Answer:
        start = int(asked.query["start"][0])
        return Answer(atom(*missed[start : start + 2], total=3))

    arxiv.query = query
    arxiv.asked.clear()
    await try_at(database, arxiv, TUESDAY + 3 * DAY)
    assert await stored_ids(database) == [f"2611.0000{n}" for n in range(1, 6)]
    pages = [asked for asked in arxiv.asked if asked.path.startswith("/api")]
    assert [asked.query["start"] for asked in pages] == [["0"], ["2"]]
    assert "cat:cs.LG" in pages[0].query["search_query"][0]
    assert "submittedDate:[2026100918" in pages[0].query["search_query"][0]
    assert await sql(database, "select gap_from, gap_to from paper_feeds") == [(None, None)]


async def test_a_gap_that_could_not_be_filled_is_filled_at_the_next_try(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(rss(announced(1)))
    arxiv.query = lambda _: Answer(status=500)
    assert isinstance(await try_at(database, arxiv), Brought)
    assert await sql(database, "select gap_from, gap_to from paper_feeds") == [(date(2026, 10, 6), date(2026, 10, 12))]
    arxiv.query = lambda _: Answer(atom(total=40))
    await try_at(database, arxiv, TUESDAY + DAY)
    assert (await sql(database, "select gap_to from paper_feeds"))[0][0] is not None, "an empty page is no answer"
    arxiv.query = lambda _: Answer(atom(announced(9, kind=AnnounceKind.NEW, categories=("cs.LG",))))
    await try_at(database, arxiv, TUESDAY + DAY + HOUR)
    assert "2611.00009" in await stored_ids(database)
    assert await sql(database, "select gap_from, gap_to from paper_feeds") == [(None, None)]


async def test_after_two_silent_weekdays_the_operator_is_told_once(
    database: Database, arxiv: SmallArxiv, caplog: pytest.LogCaptureFixture
) -> None:
    arxiv.feed = lambda _: Answer(rss(announced(1)))
    await try_at(database, arxiv)
    arxiv.feed = lambda _: Answer(rss())
    told: list[int] = []
    for day in range(1, 5):
        caplog.clear()
        for hour in range(0, 24, 2):
            await try_at(database, arxiv, TUESDAY + day * DAY + hour * HOUR)
        told.append(sum("nothing new for" in record.message for record in caplog.records))
    assert told == [0, 1, 0, 0]
    ((kind, words),) = await sql(database, "select kind, payload ->> 'text' from outbox")
    assert kind == "operator"
    assert "nothing new for 2 weekdays" in words
    assert "The last papers came on Tue 13 Oct." in words
    assert "waypoint papers ingest" in words


async def test_two_workers_poll_once(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(rss(announced(1)))
    results = await asyncio.gather(*(try_at(database, arxiv) for _ in range(3)))
    assert sorted(type(each).__name__ for each in results) == ["Brought", "NotDue", "NotDue"]


async def test_one_request_at_a_time_and_a_pause_between_also_after_an_error(
    database: Database, arxiv: SmallArxiv
) -> None:
    arxiv.feed = lambda _: Answer(status=500, wait=0.1)
    pause = timedelta(seconds=0.4)
    await asyncio.gather(*(fetch(database, f"{arxiv.address}/{n}", pause=pause) for n in range(3)))
    times = sorted(asked.at for asked in arxiv.asked)
    assert arxiv.at_once == 1
    assert all(later - earlier >= 0.4 for earlier, later in pairwise(times))


async def test_a_server_that_asks_for_rest_gets_it(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(status=429, headers={"Retry-After": "2"})
    begun = time.monotonic()
    assert isinstance(await fetch(database, f"{arxiv.address}/a", pause=QUICK), FetchFailed)
    arxiv.feed = lambda _: Answer(b"good")
    assert await fetch(database, f"{arxiv.address}/b", pause=QUICK) == Fetched(b"good", None)
    assert time.monotonic() - begun >= 2


async def test_a_server_that_never_ends_is_left(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(b"late", wait=3)
    result = await fetch(database, f"{arxiv.address}/a", pause=QUICK, longest=timedelta(seconds=0.5))
    assert result == FetchFailed("127.0.0.1 did not send it within 0 s.")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://arxiv.org/x", "http://", "arxiv.org", "http://127.0.0.1:1/"]
)
async def test_what_can_not_be_reached_is_a_sentence(database: Database, url: str) -> None:
    assert isinstance(await fetch(database, url, pause=QUICK), FetchFailed)


async def test_not_modified_needs_no_body(database: Database, arxiv: SmallArxiv) -> None:
    arxiv.feed = lambda _: Answer(status=304)
    assert await fetch(database, f"{arxiv.address}/a", etag='"x"', pause=QUICK) == NotModified()


async def test_the_schedule_leaves_one_job_of_a_kind_waiting(database: Database, database_url: str) -> None:
    queue = queue_app(database_url)
    async with database.transaction() as session:
        assert await feeds.poll_wanted(session, "cs.LG", TUESDAY) is True
        assert await defer_paper_poll(queue, session) is True
        assert await defer_paper_poll(queue, session) is False
        assert await defer_paper_ranking(queue, session) is True
        # What else the transaction holds is kept.
        await papers.store_batch(session, [announced(1)], source="x", feed_says=None, now=TUESDAY)
    async with database.transaction() as session:
        assert await defer_paper_poll(queue, session) is False
    assert await stored_ids(database) == ["2611.00001"]
    jobs = await sql(database, "select task_name from procrastinate_jobs order by task_name")
    assert jobs == [("papers_poll",), ("papers_rank",)]
