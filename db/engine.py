"""The engine, sessions and notifications: one `Database` a process."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self, cast

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

log = logging.getLogger(__name__)

DATABASE_AWAY: tuple[type[Exception], ...] = (
    OperationalError,
    InterfaceError,
    PoolTimeoutError,
    psycopg.OperationalError,
    ConnectionError,
)
"""What is raised while PostgreSQL cannot be reached (and, rarely, for a full disk: see `is_disk_full`)."""


def is_disk_full(error: BaseException) -> bool:
    """Whether PostgreSQL refused a write because its disk is full (SQLSTATE 53100)."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, psycopg.errors.DiskFull)


def sqlalchemy_url(url: str) -> URL:
    """`url` with our driver; accepts ``postgres://``, ``postgresql://`` and ``postgresql+psycopg://``."""
    return make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """`url` as libpq wants it, for psycopg on its own and for the queue."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Database:
    """Sessions on one PostgreSQL.

    A session lives for one interaction or one event; none is kept open while something else is awaited.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = url
        self.engine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            # An interaction has 3 s: better a clear sentence after 2 than silence after 30.
            pool_timeout=2,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 2, "options": "-c timezone=UTC", "application_name": "waypoint"},
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[AsyncSession]:
        """A session for reading."""
        async with self._sessions() as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """A session whose work is committed at the end, or rolled back by an exception."""
        async with self._sessions.begin() as session:
            yield session


async def raw_connection(session: AsyncSession) -> psycopg.AsyncConnection[tuple[object, ...]]:
    """The psycopg connection under a session: what the queue needs to write in the same transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver: object = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        message = f"expected psycopg under the session, found {type(driver).__name__}"
        raise TypeError(message)
    return cast("psycopg.AsyncConnection[tuple[object, ...]]", driver)


async def notify(session: AsyncSession, channel: str, payload: str) -> None:
    """NOTIFY at commit."""
    await session.execute(text("select pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


async def listen(url: str, *channels: str) -> AsyncGenerator[tuple[str, str] | None]:
    """Notifications as (channel, payload), for ever; `None` after each (re)connection.

    What was notified while the connection was away is lost, so a listener that must miss nothing looks at the
    tables when it is given `None`.
    """
    delay = 0.2
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                libpq_url(url), autocommit=True, connect_timeout=5
            ) as connection:
                for channel in channels:
                    await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                delay = 0.2
                yield None
                async for notification in connection.notifies():
                    yield notification.channel, notification.payload
        except psycopg.OperationalError as error:
            log.warning("listening on %s: database away (%s); again in %.1f s", channels, error, delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, 5.0)
