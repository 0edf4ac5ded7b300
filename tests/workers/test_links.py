"""Links are looked at politely, and a card shows something else only when a link is really gone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from db import links
from db.engine import Database
from lessons.links import Broken, CannotTell, LinkResult, Works, asked_as, judge, shown_link
from lessons.load import load_curriculum
from lessons.model import Resource
from workers.links import check_all, look

CURRICULUM = load_curriculum()
NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def site(unused_tcp_port: int) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/here":
                return web.Response(text="hello")
            case "/moved":
                raise web.HTTPFound("/here")
            case "/circle":
                raise web.HTTPFound("/circle")
            case "/slow":
                await asyncio.sleep(5)
                return web.Response(text="at last")
            case "/endless":
                stream = web.StreamResponse()
                await stream.prepare(request)
                try:
                    while True:
                        await stream.write(b"x" * 65536)
                except ConnectionError:
                    return stream
            case path:
                return web.Response(status={"/walled": 403, "/down": 503}.get(path, 404))

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    yield f"http://127.0.0.1:{unused_tcp_port}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/here", Works()),
        ("/moved", Works()),
        ("/endless", Works()),
        ("/gone", Broken("answered 404")),
        ("/circle", Broken("redirects in a circle")),
        ("/walled", CannotTell("answered 403")),
        ("/down", Broken("answered 503")),
    ],
)
async def test_what_a_server_says_is_what_we_think(site: str, path: str, wanted: LinkResult) -> None:
    assert await look(site + path) == wanted


async def test_a_machine_without_a_network_calls_no_link_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.links.WAYBACK_HOST", "nowhere.invalid")
    assert await look("http://nothing.invalid/") == CannotTell("no network here")
    monkeypatch.setattr("workers.links.WAYBACK_HOST", "localhost")
    assert await look("http://nothing.invalid/") == Broken("its server is gone")


async def test_a_server_that_does_not_answer_counts_where_others_do(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = "http://127.0.0.1:1/"
    for host, refused, silent in (
        ("nowhere.invalid", CannotTell("no network here"), CannotTell("no network here")),
        ("localhost", Broken("its server does not answer"), Broken("no answer within 0 s")),
    ):
        monkeypatch.setattr("workers.links.WAYBACK_HOST", host)
        assert await look(closed) == refused
        assert await look(site + "/slow", longest=timedelta(seconds=0.2)) == silent


def test_videos_are_asked_for_where_youtube_tells_the_truth() -> None:
    video = "https://www.youtube.com/watch?v=aircAruvnKk"
    assert asked_as(video) == (
        "https://www.youtube.com/oembed?format=json&url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DaircAruvnKk"
    )
    assert asked_as("https://arxiv.org/") == "https://arxiv.org/"
    assert judge(video, 200) == Works()
    assert isinstance(judge(video, 401), Broken)
    assert isinstance(judge(video, 429), CannotTell)


async def test_two_failures_in_a_row_make_a_link_dead_and_one_success_brings_it_back(database: Database) -> None:
    url = "https://example.org/lesson"

    async def note(result: LinkResult, at: datetime) -> frozenset[str]:
        async with database.transaction() as session:
            await links.note_check(session, url, result, at)
        async with database.session() as session:
            return await links.dead_links(session, [url])

    assert await note(Broken("answered 404"), NOW) == frozenset()
    async with database.session() as session:
        assert not await links.any_due(session, [url], NOW + timedelta(hours=23))
        assert await links.any_due(session, [url], NOW + DAY), "looked at again soon"
        assert await links.due_links(session, [url], NOW + DAY) == [url]
    assert await note(CannotTell("answered 503"), NOW + DAY) == frozenset()
    assert await note(Broken("answered 404"), NOW + 2 * DAY) == {url}
    async with database.session() as session:
        assert await links.due_links(session, [url], NOW + 8 * DAY) == []
        assert await links.due_links(session, [url], NOW + 9 * DAY) == [url]
    async with database.transaction() as session:
        assert await links.claim_untold(session, [url], NOW + 2 * DAY) == [url]
    async with database.transaction() as session:
        assert await links.claim_untold(session, [url], NOW + 3 * DAY) == []
    assert await note(Works(), NOW + 9 * DAY) == frozenset()


def test_a_card_shows_the_replacement_or_the_archives_copy() -> None:
    resource = Resource.model_validate(
        {"id": "a-link", "title": "A link", "url": "https://example.org/a", "kind": "reading"}
    )
    assert shown_link(resource, frozenset()).url == resource.url
    dead = frozenset({resource.url})
    assert shown_link(resource, dead).url == "https://web.archive.org/web/2/https://example.org/a"
    other = resource.model_copy(update={"replacement": "https://example.org/b"})
    assert shown_link(other, dead).url == "https://example.org/b"
    assert "web.archive.org" in shown_link(other, dead | {"https://example.org/b"}).url


async def test_every_look_is_written_down(database: Database, site: str) -> None:
    urls = [site + "/here", site + "/gone"]
    found = {url async for url, _ in check_all(database, urls, None, pause=timedelta(0))}
    assert found == set(urls)
    async with database.session() as session:
        assert await links.problems(session) == {urls[0]: (0, None), urls[1]: (1, "answered 404")}
