"""Trouble on request, and how discord.py gets over it."""

import time

import aiohttp
import discord
import pytest

from bot.playground import Playground
from bot.playground.ids import Snowflakes, snowflake_time
from bot.playground.ratelimits import RateLimits
from tests.playground.page_client import PageClient
from tests.playground.test_playground_messages import text_channel
from tests.playground.tiny_bot import TinyBot

SEND = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"


def statuses(ground: Playground, method: str) -> list[int]:
    return [one.status for one in ground.world.exchanges if (one.method, one.route) == (method, SEND.split()[1])]


async def test_a_429_is_waited_out(ground: Playground, tiny: TinyBot) -> None:
    ground.world.faults.fail(SEND, 429, times=2, retry_after=0.05)
    assert (await text_channel(tiny).send("at last")).content == "at last"
    assert statuses(ground, "POST") == [429, 429, 200]


async def test_a_500_is_tried_again_and_a_503_is_told(ground: Playground, tiny: TinyBot) -> None:
    ground.world.faults.fail(SEND, 500)
    await text_channel(tiny).send("second try")
    ground.world.faults.fail(SEND, 503)
    with pytest.raises(discord.DiscordServerError):
        await text_channel(tiny).send("no")
    assert statuses(ground, "POST") == [500, 200, 503]


async def test_slow_answers_are_slow(ground: Playground, tiny: TinyBot) -> None:
    ground.world.faults.latency_ms = 120
    begun = time.perf_counter()
    await text_channel(tiny).send("…")
    assert time.perf_counter() - begun >= 0.12


def test_five_messages_in_five_seconds_and_not_one_more() -> None:
    now = 1000.0
    limits = RateLimits(lambda: now)

    def send(channel: str = "1", route: str = SEND, *, enforce: bool = True) -> float | None:
        return limits.take(route, {"channel_id": channel}, enforce=enforce).retry_after

    assert [send() for _ in range(5)] == [None] * 5
    assert send() == pytest.approx(5.0)
    assert send("2") is None
    assert send(route=EDIT) is None
    now += 4.0
    assert send() == pytest.approx(1.0)
    assert send(enforce=False) is None
    now += 1.0
    verdict = limits.take(SEND, {"channel_id": "1"}, enforce=True)
    assert verdict.retry_after is None
    assert verdict.headers["X-RateLimit-Limit"] == "5"
    assert verdict.headers["X-RateLimit-Remaining"] == "4"
    assert float(verdict.headers["X-RateLimit-Reset-After"]) == pytest.approx(5.0)


async def test_a_burst_over_the_limit_is_answered_with_429(ground: Playground) -> None:
    channel = ground.world.guild_channels()[0].id
    url, headers = f"{ground.api_url}/channels/{channel}/messages", {"Authorization": "Bot playground"}
    async with aiohttp.ClientSession() as session:
        for number in range(5):
            async with session.post(url, json={"content": str(number)}, headers=headers) as response:
                assert response.status == 200
        async with session.post(url, json={"content": "6"}, headers=headers) as response:
            assert response.status == 429
            assert float(response.headers["Retry-After"]) > 0
            body = await response.json()
    assert 0 < body["retry_after"] <= 5
    assert body["global"] is False


async def test_the_page_sets_trouble_and_shows_it(ground: Playground, aiko: PageClient) -> None:
    url = ground.url + "/page/faults"
    body = {"latency_ms": 5, "rate_limits": False, "fail": {"route": EDIT, "status": 502, "times": 2}}
    async with aiko._session.post(url, json=body) as response:
        shown = await response.json()
    assert shown["latency_ms"] == 5
    assert shown["failures"] == [{"route": EDIT, "status": 502, "times": 2, "retry_after": 1.0}]
    async with aiko._session.post(url, json={"socket": "explode"}) as response:
        assert response.status == 400
    async with aiko._session.post(url, json={"socket": "cut"}) as response:
        assert response.status == 200
    assert (await aiko.until("PRESENCE"))["online"] is False
    assert (await aiko.until("PRESENCE"))["online"] is True


def test_snowflakes_grow_when_the_clock_stands_still_or_goes_back() -> None:
    times = iter([2_000_000_000.0, 2_000_000_000.0, 1_999_999_000.0])
    flakes = Snowflakes(lambda: next(times))
    first, second, third = flakes.next(), flakes.next(), flakes.next()
    assert first < second < third
    assert snowflake_time(first).timestamp() == 2_000_000_000.0


@pytest.mark.parametrize("frame", ["{", "[]", '{"t": "DANCE"}', '{"t": "HISTORY", "d": {}}', '{"t": "COMMAND"}'])
async def test_a_frame_that_is_none_is_answered_with_an_error(aiko: PageClient, frame: str) -> None:
    await aiko._ws.send_str(frame)
    assert (await aiko.until("ERROR"))["message"]
    assert await aiko.history(aiko.channel("papers")) == []


async def test_the_page_and_its_pictures_are_served(ground: Playground, aiko: PageClient) -> None:
    me = aiko.hello["me"]
    for path, kind in (
        ("/", "text/html"),
        (f"/cdn/avatars/{me['id']}/{me['avatar']}.png", "image/png"),
        (f"/cdn/avatars/{me['id']}/{me['avatar']}.svg", "image/svg+xml"),
        (f"/cdn/icons/{aiko.hello['guild']['id']}/{aiko.hello['guild']['icon']}.png", "image/png"),
        ("/cdn/embed/avatars/0.png", "image/png"),
    ):
        async with aiko._session.get(ground.url + path) as response:
            assert (response.status, response.content_type) == (200, kind)
    for path in ("/cdn/avatars/1/x.png", "/attachments/1/2/x.txt", "/page/ws?as=1"):
        async with aiko._session.get(ground.url + path) as response:
            assert response.status == 404


async def test_other_web_sites_are_turned_away(ground: Playground, aiko: PageClient) -> None:
    headers = {"Origin": "https://example.org"}
    for method, path in (("GET", "/page/ws"), ("POST", "/page/upload"), ("POST", "/page/faults")):
        async with aiko._session.request(method, ground.url + path, headers=headers) as response:
            assert response.status == 403
    async with aiko._session.ws_connect(ground.url + "/page/ws", headers={"Origin": ground.url}) as ws:
        assert (await ws.receive_json())["t"] == "HELLO"
