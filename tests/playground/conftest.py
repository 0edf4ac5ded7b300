"""A playground for every test, and bots that live on it. What they said is held against Discord's description.

The page's own tests share theirs for a module (`page_fixtures.py`), under other names.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import discord
import pytest
import yarl

from bot.playground import Playground, serve
from tests.openapi import DESCRIPTION, assert_valid
from tests.playground.page_client import PATIENCE, PageClient, open_page
from tests.playground.tiny_bot import TinyBot

TOKEN = "playground"  # noqa: S105  # what the playground takes


@pytest.fixture
async def ground() -> AsyncIterator[Playground]:
    async with serve() as running:
        yield running
        if DESCRIPTION.is_file():
            assert_valid(iter(running.world.exchanges))


StartBot = Callable[[Playground, TinyBot], Awaitable[TinyBot]]


@pytest.fixture
async def start_bot(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartBot]:
    tasks: dict[TinyBot, asyncio.Task[None]] = {}

    async def start(playground: Playground, bot: TinyBot) -> TinyBot:
        monkeypatch.setattr(discord.http.Route, "BASE", playground.api_url)
        gateway = yarl.URL(playground.gateway_url)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        monkeypatch.setattr(discord.asset.Asset, "BASE", playground.url + "/cdn")
        ready = asyncio.create_task(_ready(bot))
        tasks[bot] = asyncio.create_task(bot.start(TOKEN))
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({ready, tasks[bot]}, return_when=asyncio.FIRST_COMPLETED)
        if tasks[bot].done():
            ready.cancel()
            await tasks[bot]
        return bot

    yield start
    for bot, task in tasks.items():
        await bot.close()
        await asyncio.wait({task})


async def _ready(bot: TinyBot) -> None:
    seen = asyncio.Event()

    async def on_ready() -> None:
        seen.set()

    bot.on_ready = on_ready  # type: ignore[attr-defined]
    await seen.wait()


@pytest.fixture
async def tiny(ground: Playground, start_bot: StartBot) -> TinyBot:
    return await start_bot(ground, TinyBot())


@pytest.fixture
async def aiko(ground: Playground, tiny: TinyBot) -> AsyncIterator[PageClient]:
    """Aiko at her page, with the tiny bot there."""
    async with open_page(ground) as client:
        yield client
