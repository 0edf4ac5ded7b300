"""The bot on a playground, with a real database under it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import discord
import pytest
import yarl

from bot.client import Waypoint
from bot.playground import Playground, serve
from bot.process import PLAYGROUND_TOKEN
from bot.settings import Settings
from db.engine import Database
from tests.bot.town import Town


@pytest.fixture
async def ground() -> AsyncIterator[Playground]:
    async with serve(rate_limits=False) as running:
        yield running


@pytest.fixture
async def town(
    ground: Playground, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    """The playground's server, with as many bot processes on it as a test wants."""
    monkeypatch.setattr(discord.http.Route, "BASE", ground.api_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(ground.gateway_url))
    monkeypatch.setattr(discord.asset.Asset, "BASE", ground.url + "/cdn")
    async with AsyncExitStack() as stack:

        async def log_in() -> Waypoint:
            bot = await stack.enter_async_context(Waypoint(settings, database.url))
            await bot.login(PLAYGROUND_TOKEN)
            return bot

        async def connect() -> Waypoint:
            bot = await log_in()
            task = asyncio.create_task(bot.connect())
            stack.push_async_callback(asyncio.wait, {task})
            stack.push_async_callback(bot.close)
            await asyncio.wait_for(bot.wait_until_ready(), 20)
            return bot

        yield Town(ground, database, log_in, connect)
