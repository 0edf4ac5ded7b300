"""``waypoint doctor``: what works, what is missing, and what to do about it, in plain words."""

import asyncio
import importlib.util
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import aiohttp
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import SQLAlchemyError

from bot.pictures.fonts import missing_fonts
from bot.settings import Settings
from bot.wording import plural
from db import feeds, presence
from db.engine import DATABASE_AWAY, Database
from db.migrate import migrate
from db.presence import NoneUp, Up
from db.server import database_url
from lessons.load import check
from lessons.paper_feed import FeedState, is_silent, silent_days
from workers.catalogue import PROJECTS
from workers.device import describe_device

DISCORD_API = "https://discord.com/api/v10"
ROOM_NEEDED = 2 * 2**30
"""Bytes: data sets, the database and a few hundred runs."""


class Health(StrEnum):
    """How a thing is."""

    GOOD = "✓"
    NOTE = "•"
    """Works without it, or only some people need it."""
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    health: Health
    about: str
    sentence: str


async def examine(settings: Settings, console: Console) -> bool:
    """Print every finding; `False` if something must be put right before the bot can run."""
    healthy = True
    async for finding in _findings(settings):
        colour = {Health.GOOD: "green", Health.NOTE: "yellow", Health.BAD: "bold red"}[finding.health]
        console.print(f"[{colour}]{finding.health}[/] [bold]{finding.about:<10}[/] {escape(finding.sentence)}")
        healthy = healthy and finding.health is not Health.BAD
    return healthy


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    yield await _token(settings)
    async for finding in _database(settings):
        yield finding
    yield _torch()
    yield await _device()
    yield _disk(settings)
    yield _fonts()
    yield _page_fonts()
    for finding in _data_sets(settings):
        yield finding
    yield _lessons(settings)


async def _token(settings: Settings) -> Finding:
    if settings.discord_token is None:
        return Finding(
            Health.NOTE,
            "Token",
            "No DISCORD_TOKEN, so only `waypoint playground` works. The README says where to get one.",
        )
    base = f"{settings.discord_api_url}/api/v10" if settings.discord_api_url else DISCORD_API
    headers = {"Authorization": f"Bot {settings.discord_token.get_secret_value()}"}
    try:
        timeout = aiohttp.ClientTimeout(total=8)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{base}/users/@me", headers=headers) as response,
        ):
            if response.status == 401:
                return Finding(
                    Health.BAD, "Token", "Discord does not accept it. Copy it again from the developer portal."
                )
            response.raise_for_status()
            me = await response.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding(Health.NOTE, "Token", f"Set, but Discord could not be asked about it ({type(error).__name__}).")
    return Finding(Health.GOOD, "Token", f"Discord knows it: {me['username']}.")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    kind = "embedded, in the data folder" if settings.database_url is None else "at DATABASE_URL"
    server = None
    try:
        url, server = await asyncio.to_thread(database_url, settings)
        await asyncio.to_thread(migrate, url)
        async with Database(url, pool_size=1) as database, database.session() as session:
            now = datetime.now(UTC)
            there = await presence.presence(session, now)
            feed = await feeds.feed_state(session, settings.paper_categories)
        yield Finding(Health.GOOD, "Database", f"PostgreSQL {kind}: reachable and up to date.")
        match there:
            case Up(workers):
                names = ", ".join(f"{worker.name} ({worker.device})" for worker in workers)
                yield Finding(Health.GOOD, "Workers", f"{plural(len(workers), 'worker')} up: {names}.")
            case NoneUp(None):
                yield Finding(Health.NOTE, "Workers", "None has been up yet. Start one with `waypoint worker`.")
            case NoneUp(since) if since is not None:
                yield Finding(Health.NOTE, "Workers", f"None is up; the last one was seen {since:%Y-%m-%d %H:%M} UTC.")
            case _:
                pass
        yield _papers(settings.paper_categories, feed, now)
    except (*DATABASE_AWAY, SQLAlchemyError, subprocess.SubprocessError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        yield Finding(Health.BAD, "Database", f"PostgreSQL {kind} can't be reached: {reason}")
    finally:
        if server is not None:
            server.stop()


def _papers(name: str, feed: FeedState | None, now: datetime) -> Finding:
    if feed is None or feed.succeeded_on is None:
        return Finding(Health.NOTE, "Papers", f"None from {name} yet; a worker asks arXiv for them on weekdays.")
    last = f"the last from {name} came on {feed.succeeded_on:%Y-%m-%d}"
    if is_silent(feed, now):
        days = silent_days(feed, now)
        return Finding(Health.BAD, "Papers", f"Nothing new for {days} weekdays, {last}. Try `waypoint papers ingest`.")
    return Finding(Health.GOOD, "Papers", f"{last[0].upper()}{last[1:]}.")


def _torch() -> Finding:
    missing = [name for name in ("torch", "torchvision", "sklearn", "matplotlib") if not importlib.util.find_spec(name)]
    if missing:
        return Finding(
            Health.NOTE,
            "Training",
            f"{', '.join(missing)} not installed: the bot runs, a worker does not. "
            "Install: pip install 'waypoint-tutor[worker]' -c constraints.txt",
        )
    return Finding(Health.GOOD, "Training", "torch and the other libraries of a worker are installed.")


async def _device() -> Finding:
    device = await describe_device()
    if device.startswith("CPU"):
        return Finding(
            Health.NOTE, "GPU", f"None found, training runs on the {device}. Every quick preset is made for it."
        )
    return Finding(Health.GOOD, "GPU", device)


def _disk(settings: Settings) -> Finding:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    room = f"{free / 2**30:.1f} GB free for {settings.home}"
    if free < ROOM_NEEDED:
        return Finding(Health.BAD, "Disk", f"Only {room}; Waypoint wants at least {ROOM_NEEDED // 2**30} GB.")
    return Finding(Health.GOOD, "Disk", f"{room}.")


def _fonts() -> Finding:
    if missing := missing_fonts():
        return Finding(
            Health.BAD,
            "Fonts",
            f"The roadmap picture can't be drawn without {', '.join(missing)}. Install Waypoint again.",
        )
    return Finding(Health.GOOD, "Fonts", "Those of the roadmap picture are there.")


def _page_fonts() -> Finding:
    """The playground's page uses the fonts of the machine that shows it; servers often have no emoji."""
    tool = shutil.which("fc-list")
    if tool is None:
        return Finding(
            Health.NOTE,
            "Page fonts",
            "Not checked: this system has no fontconfig. Only screenshots made here need them.",
        )
    found = subprocess.run([tool, ":charset=1f6e0", "family"], capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if not found.stdout.strip():
        return Finding(
            Health.NOTE,
            "Page fonts",
            "No emoji font on this machine. Only a browser that runs here needs one (Debian: fonts-noto-color-emoji).",
        )
    return Finding(Health.GOOD, "Page fonts", "There is one with emoji for a browser on this machine.")


def _data_sets(settings: Settings) -> list[Finding]:
    if importlib.util.find_spec("torch") is None:
        return []
    from workers.datasets_here import whereabouts  # noqa: PLC0415 - only where a worker can run

    return [
        Finding(Health.GOOD if there else Health.NOTE, "Data", sentence)
        for there, sentence in whereabouts(PROJECTS.values(), settings)
    ]


def _lessons(settings: Settings) -> Finding:
    result = check(settings.lessons_dir)
    if result.problems:
        return Finding(
            Health.BAD,
            "Lessons",
            f"{plural(len(result.problems), 'problem')} in the content; `waypoint lessons check` lists them.",
        )
    return Finding(Health.GOOD, "Lessons", result.summary)
