"""Commands are registered when they changed, everywhere or in one server, and a wrong token is named as that."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.playground import Playground, seed
from bot.process import run_sync, sync_commands, token_of
from bot.settings import Settings
from lessons.errors import PersonError
from tests.bot.town import Town

COMMANDS = {"start", "next", "roadmap", "run", "runs", "compare"}


def registered(town: Town) -> dict[str, int | None]:
    """Names of registered commands, with their server if they are for one."""
    return {command.wire["name"]: command.guild_id for command in town.ground.world.commands.values()}


async def test_commands_are_registered_once_and_again_only_when_they_change(town: Town, tmp_path: Path) -> None:
    bot = await town.log_in()
    known = {command.name for command in bot.tree.get_commands()}
    assert known >= COMMANDS
    assert await sync_commands(bot, None, only_if_changed=tmp_path) == len(known)
    assert registered(town) == dict.fromkeys(known)
    assert await sync_commands(bot, None, only_if_changed=tmp_path) is None
    bot.tree.remove_command("roadmap")
    assert await sync_commands(bot, None, only_if_changed=tmp_path) == len(known) - 1
    assert "roadmap" not in registered(town)


async def test_commands_can_be_registered_in_one_server(town: Town) -> None:
    bot = await town.log_in()
    assert await sync_commands(bot, seed.GUILD_ID) == len(bot.tree.get_commands())
    assert set(registered(town)) >= COMMANDS
    assert set(registered(town).values()) == {seed.GUILD_ID}


async def test_syncing_asks_nothing_of_the_database(town: Town, ground: Playground, settings: Settings) -> None:
    there = settings.model_copy(update={"discord_api_url": ground.url})
    assert await run_sync(there, None) == len(registered(town))
    assert set(registered(town)) >= COMMANDS


async def test_a_wrong_token_is_named_as_that(town: Town, ground: Playground, settings: Settings) -> None:
    wrong = settings.model_copy(update={"discord_api_url": ground.url, "discord_token": SecretStr("")})
    with pytest.raises(PersonError, match="does not accept DISCORD_TOKEN"):
        await run_sync(wrong, None)


def test_without_a_token_the_way_out_is_named(settings: Settings) -> None:
    with pytest.raises(PersonError, match="waypoint playground"):
        token_of(settings)
