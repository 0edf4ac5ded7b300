"""What the bot hears, and what happens when the line breaks."""

import asyncio
import json
import zlib
from pathlib import Path

import aiohttp
import discord
import pytest

from bot.playground import Playground, seed, serve
from bot.playground.faults import SocketFault
from bot.playground.models import TEXT
from tests.playground.conftest import StartBot
from tests.playground.page_client import PATIENCE, PageClient, open_page
from tests.playground.tiny_bot import TinyBot

LISTENING = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True, members=True)


async def eventually(bot: TinyBot, event: str, times: int = 1) -> None:
    async with asyncio.timeout(PATIENCE), bot.changed:
        await bot.changed.wait_for(lambda: bot.events.count(event) >= times)


async def say(page: PageClient, text: str) -> None:
    await page.send("MESSAGE", channel_id=page.channel("study-hall"), content=text)
    await page.until("MESSAGE_CREATE")


async def test_a_cut_line_is_resumed_and_nothing_is_lost(ground: Playground, start_bot: StartBot) -> None:
    bot = await start_bot(ground, TinyBot(LISTENING))
    async with open_page(ground) as page:
        await say(page, "before")
        ground.world.faults.socket(SocketFault.CUT)
        for number in range(5):
            await say(page, f"while away {number}")
        await eventually(bot, "RESUMED")
        await say(page, "after")
    expected = ["before", *(f"while away {number}" for number in range(5)), "after"]
    async with asyncio.timeout(PATIENCE), bot.changed:
        await bot.changed.wait_for(lambda: len(bot.heard) >= len(expected))
    assert bot.heard == expected
    assert bot.events.count("READY") == 1


async def test_a_command_in_the_gap_is_answered_after_it(ground: Playground, start_bot: StartBot) -> None:
    await start_bot(ground, TinyBot())
    async with open_page(ground) as page:
        ground.world.faults.socket(SocketFault.CUT)
        assert (await page.until("PRESENCE"))["online"] is False
        await page.run("hello", [{"name": "name", "type": 3, "value": "again"}])
        assert (await page.until("MESSAGE_CREATE"))["content"] == "hello again"


async def test_the_bot_reconnects_when_it_is_asked_to(ground: Playground, start_bot: StartBot) -> None:
    bot = await start_bot(ground, TinyBot())
    ground.world.faults.socket(SocketFault.RECONNECT)
    await eventually(bot, "RESUMED")
    assert ground.gateway.online


async def test_an_invalid_session_makes_the_bot_identify_again(ground: Playground, start_bot: StartBot) -> None:
    bot = await start_bot(ground, TinyBot())
    ground.world.faults.socket(SocketFault.INVALIDATE)
    await eventually(bot, "READY", times=2)
    assert "RESUMED" not in bot.events


async def test_a_wrong_token_is_refused(ground: Playground) -> None:
    client = TinyBot()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discord.http.Route, "BASE", ground.api_url)
        with pytest.raises(discord.LoginFailure):
            await client.login("not-the-token")
    await client.close()


async def test_without_the_content_intent_a_message_is_empty(ground: Playground, start_bot: StartBot) -> None:
    bot = await start_bot(ground, TinyBot(discord.Intents(guilds=True, guild_messages=True, dm_messages=True)))
    async with open_page(ground) as page:
        await say(page, "not for you")
        await say(page, f"for you <@{seed.BOT_ID}>")
        await page.send("OPEN_DM")
        dm = await page.until("CHANNEL_CREATE")
        await page.send("MESSAGE", channel_id=dm["id"], content="in private")
        async with asyncio.timeout(PATIENCE), bot.changed:
            await bot.changed.wait_for(lambda: len(bot.heard) >= 3)
    assert bot.heard == ["", f"for you <@{seed.BOT_ID}>", "in private"]


async def test_the_members_intent_brings_all_members(ground: Playground, start_bot: StartBot) -> None:
    bot = await start_bot(ground, TinyBot(LISTENING))
    assert {member.name for member in bot.guilds[0].members} == {user.username for user in seed.USERS}


async def _identify(url: str, **fields: object) -> aiohttp.WSMessage:
    """Identify by hand, uncompressed; returns the first frame after HELLO."""
    data = {"token": "playground", "intents": 1, "properties": {}, **fields}
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        assert (await ws.receive_json())["op"] == 10
        await ws.send_json({"op": 2, "d": data})
        return await ws.receive(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"token": "wrong"}, 4004), ({"shard": [2, 2]}, 4010), ({"intents": -1}, 4013), ({"intents": None}, 4013)],
)
async def test_a_wrong_identify_is_hung_up_on(ground: Playground, fields: dict[str, object], code: int) -> None:
    frame = await _identify(ground.gateway_url, **fields)
    assert (frame.type, frame.data) == (aiohttp.WSMsgType.CLOSE, code)


async def test_shards_split_the_guild_and_the_direct_messages(ground: Playground) -> None:
    mine = (seed.GUILD_ID >> 22) % 2
    for shard in (0, 1):
        ready = json.loads((await _identify(ground.gateway_url, shard=[shard, 2])).data)
        assert len(ready["d"]["guilds"]) == (1 if shard == mine else 0)


async def test_zlib_stream_is_one_stream_over_all_frames(ground: Playground) -> None:
    inflate = zlib.decompressobj()
    url = ground.gateway_url + "?v=10&encoding=json&compress=zlib-stream"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        hello = await ws.receive_bytes()
        assert hello.endswith(b"\x00\x00\xff\xff")
        assert json.loads(inflate.decompress(hello))["op"] == 10
        await ws.send_json({"op": 1, "d": None})
        assert json.loads(inflate.decompress(await ws.receive_bytes()))["op"] == 11


async def test_zstd_stream_is_what_a_zstd_library_reads(ground: Playground) -> None:
    zstandard = pytest.importorskip("zstandard", reason="the zstandard package is not installed")
    inflate = zstandard.ZstdDecompressor().decompressobj()
    url = ground.gateway_url + "?v=10&encoding=json&compress=zstd-stream"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        assert json.loads(inflate.decompress(await ws.receive_bytes()))["op"] == 10
        await ws.send_json({"op": 2, "d": {"token": "playground", "intents": 1, "properties": {}}})
        assert json.loads(inflate.decompress(await ws.receive_bytes()))["t"] == "READY"


async def test_the_world_is_there_after_a_restart(tmp_path: Path, start_bot: StartBot) -> None:
    state, record = tmp_path / "state", tmp_path / "record.jsonl"
    async with serve(state=state, record=record) as first:
        bot = await start_bot(first, TinyBot())
        user = await bot.fetch_user(next(one.id for one in seed.USERS if one.username == "aiko"))
        dm = await user.send("remember me", nonce="n-1")
        async with open_page(first) as page:
            await page.run("card")
            card = await page.until("MESSAGE_CREATE")
            await page.run("secret")
            secret = await page.until("MESSAGE_CREATE")
            commands = page.hello["commands"]
        await bot.close()
    async with serve(state=state) as second, open_page(second) as page:
        assert page.hello["bot"]["online"] is False
        assert page.hello["commands"] == commands
        assert [one["id"] for one in page.hello["dms"]] == [str(dm.channel.id)]
        kept = {one["id"]: one for one in await page.history(card["channel_id"])}
        assert secret["id"] not in kept
        url = kept[card["id"]]["components"][0]["components"][2]["items"][0]["media"]["url"]
        assert url.startswith(second.url)
        async with page._session.get(url) as response:
            assert response.status == 200
        again = await start_bot(second, TinyBot())
        repeated = await (await again.fetch_user(user.id)).send("remember me", nonce="n-1")
        assert repeated.id == dm.id
        newer = await (await again.fetch_user(user.id)).send("something new")
        assert newer.id > max(int(one) for one in kept)
        await again.close()
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert {"PUT", "POST", "GET"} <= {line["method"] for line in lines}
    assert all(not line["path"].startswith("/api") for line in lines)


async def test_a_new_channel_is_told_to_bot_and_page(ground: Playground, tiny: TinyBot, aiko: PageClient) -> None:
    everyone = ground.world.role(seed.BOT_ROLE_ID)
    ground.world.keep(everyone.model_copy(update={"permissions": everyone.permissions | 1 << 4}))
    channel = await tiny.guilds[0].create_text_channel("Week One")
    told = await aiko.until("CHANNEL_CREATE")
    assert (told["name"], told["type"]) == ("week-one", TEXT)
    await eventually(tiny, "CHANNEL_CREATE")
    await channel.edit(topic="Backprop")
    assert (await aiko.until("CHANNEL_UPDATE"))["topic"] == "Backprop"
