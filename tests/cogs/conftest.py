"""The bot on a simulated Discord."""

import logging
from collections.abc import AsyncIterator

import pytest
import simcord

from bot.client import Waypoint
from bot.settings import Settings
from db.engine import Database
from tests.cogs.chat import Chat, Person


@pytest.fixture
def simcord_bot(settings: Settings, database: Database) -> Waypoint:
    """The bot that `simcord_env` logs in."""
    return Waypoint(settings.model_copy(update={"shard_count": 1}), database.url)


@pytest.fixture
async def chat(
    simcord_env: simcord.Env, simcord_bot: Waypoint, database: Database, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Chat]:
    """A server with the bot in it. A test fails if the bot logs an error that the test does not ask for."""
    await simcord_bot.tree.sync()
    guild = simcord_env.create_guild("Study group")
    chat = Chat(simcord_env, simcord_bot, guild, guild.create_text_channel("general"), database)
    yield chat
    for bot in (chat.bot, *chat.before):
        await bot.database.close()
    # Sentences for people are exceptions inside, so that all of them are acknowledged; bugs are in the log.
    assert simcord_env.errors is not None
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, errors


@pytest.fixture
def alice(chat: Chat) -> Person:
    return chat.person("Alice")


@pytest.fixture
def bob(chat: Chat) -> Person:
    return chat.person("Bob")


@pytest.fixture
def mara(chat: Chat) -> Person:
    """Who manages the server."""
    return chat.person("Mara", organiser=True)
