"""Looks at the content's links: a few at a time, one request to a server at a time, and never more than needed."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from db import links
from db.engine import Database
from db.feeds import turn_at
from lessons.curriculum import Curriculum
from lessons.links import WAYBACK_HOST, Broken, CannotTell, LinkResult, asked_as, every_link, judge
from workers.papers.fetch import user_agent
from workers.supervise import now

log = logging.getLogger(__name__)

AT_A_TIME: Final = 8
"""Links of one job; the sweep asks for the next job, so that a week's links are spread."""
PAUSE: Final = timedelta(seconds=5)
"""Between two requests to one server, from all machines together."""
LONGEST: Final = timedelta(seconds=20)
_ENOUGH: Final = 1 << 16
"""Bytes after which a page has shown that it is there."""


async def check_some(database: Database, curriculum: Curriculum, contact: str | None) -> int:
    """Look at those that are due, at most `AT_A_TIME`; returns how many."""
    async with database.session() as session:
        due = await links.due_links(session, every_link(curriculum), now())
    async for url, result in check_all(database, due[:AT_A_TIME], contact):
        log.info("link %s: %s", url, result)
    return min(len(due), AT_A_TIME)


async def check_all(
    database: Database, urls: Sequence[str], contact: str | None, *, pause: timedelta = PAUSE
) -> AsyncGenerator[tuple[str, LinkResult]]:
    """Look at these, one after the other, and write down what each brought."""
    for url in urls:
        host = urlsplit(asked_as(url)).hostname or ""
        async with turn_at(database, host, pause=pause, longest=LONGEST):
            result = await look(url, contact)
        async with database.transaction() as session:
            await links.note_check(session, url, result, now())
        yield url, result


async def _online() -> bool:
    """Whether names are found at all: a machine without a network must not call every link dead."""
    try:
        await asyncio.get_running_loop().getaddrinfo(WAYBACK_HOST, 443)
    except OSError:
        return False
    return True


def _unreachable(error: aiohttp.ClientConnectorError | TimeoutError, longest: timedelta) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its server is gone"
        case aiohttp.ClientConnectorError():
            return "its server does not answer"
        case _:
            return f"no answer within {longest.total_seconds():.0f} s"


async def look(url: str, contact: str | None = None, *, longest: timedelta = LONGEST) -> LinkResult:
    """GET an address, a little of it and not for long."""
    headers = {"User-Agent": user_agent(contact), "Accept": "text/html,application/json;q=0.9,*/*;q=0.8"}
    timeout = aiohttp.ClientTimeout(total=longest.total_seconds())
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(asked_as(url), headers=headers, max_redirects=8) as answer,
        ):
            await answer.content.read(_ENOUGH)
            return judge(url, answer.status)
    except aiohttp.TooManyRedirects:
        return Broken("redirects in a circle")
    except aiohttp.ClientConnectorCertificateError:
        return Broken("its certificate is wrong")
    except (aiohttp.ClientConnectorError, TimeoutError) as error:
        if not await _online():
            return CannotTell("no network here")
        return Broken(_unreachable(error, longest))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return CannotTell(f"{type(error).__name__}")
