"""What every test may use: a real PostgreSQL, a fresh database in it, the real bot on it."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from bot.settings import Settings
from db.engine import Database, libpq_url
from db.migrate import migrate
from db.server import EmbeddedServer

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Real data beside the checkout; every test passes without it."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an embedded server of this test process, with a migrated template database in it."""
    # Short, since the path of its socket has a limit of about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="wp", dir=memory()))
    server = EmbeddedServer(folder / "pg")
    url = server.start()
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
        connection.execute("create database template_waypoint")
    migrate(with_database(url, "template_waypoint"))
    yield url
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def memory() -> Path | None:
    """A folder in memory, if there is one with room: a database a test takes 7 ms there, and 200 ms on a slow disk."""
    shm = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own in it
    return shm if shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2**30 else None


def with_database(url: str, name: str) -> str:
    """`url`, pointing at another database of the same server."""
    head, separator, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{separator}{query}"


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(libpq_url(postgres), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template template_waypoint')
    yield with_database(postgres, name)
    with psycopg.connect(libpq_url(postgres), autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database, opened."""
    async with Database(database_url) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that read neither the environment's .env nor the machine's data folder."""
    return Settings(_env_file=None, waypoint_home=tmp_path, database_url=None, discord_token=None)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    asyncio.get_event_loop_policy()
