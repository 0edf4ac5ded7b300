"""Bytes from arXiv: politely, with limits, and with an answer for everything that can go wrong."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import aiohttp

from db.engine import Database
from db.feeds import turn_at
from workers.papers.feed import MAX_BYTES

log = logging.getLogger(__name__)

PAUSE: Final = timedelta(seconds=3)
"""What arXiv's terms ask for between two requests, from all machines together."""
LONGEST: Final = timedelta(seconds=60)
"""For one request, from the first byte to the last."""
_CONNECT: Final = 10.0
_SILENCE: Final = 20.0
_CHUNK: Final = 1 << 16
_LONGEST_REST: Final = timedelta(hours=1)
"""However long a server asks us to stay away."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """It came."""

    data: bytes
    etag: str | None


@dataclass(frozen=True, slots=True)
class NotModified:
    """It is what it was when `etag` was given."""


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """It did not come; the sentence says why."""

    sentence: str


FetchResult: TypeAlias = Fetched | NotModified | FetchFailed


def user_agent(contact: str | None) -> str:
    """Who we are and, if the operator set it, whom to write to."""
    try:
        ours = version("waypoint-tutor")
    except PackageNotFoundError:
        ours = "0"
    about = (
        f"weekly paper digests for study servers; {contact}" if contact else "weekly paper digests for study servers"
    )
    return f"Waypoint/{ours} ({about})"


async def fetch(
    database: Database,
    url: str,
    *,
    etag: str | None = None,
    contact: str | None = None,
    pause: timedelta = PAUSE,
    longest: timedelta = LONGEST,
) -> FetchResult:
    """GET `url` when it is this deployment's turn; at most `MAX_BYTES` and `longest`.

    Args:
        database: Where the turns are kept.
        url: http or https.
        etag: Of what we have already.
        contact: An address or URL of the operator, for the User-Agent.
        pause: Between two requests.
        longest: For one request.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return FetchFailed(f"{url} is no http(s) address.")
    # All of arxiv.org is one place with one limit.
    host = "arxiv.org" if parts.hostname.endswith("arxiv.org") else parts.hostname
    headers = {"User-Agent": user_agent(contact), "Accept": "application/rss+xml, application/atom+xml, text/xml"}
    if etag is not None:
        headers["If-None-Match"] = etag
    async with turn_at(database, host, pause=pause, longest=longest) as turn:
        try:
            async with asyncio.timeout(longest.total_seconds()):
                result, rest = await _get(url, headers)
        except TimeoutError:
            return FetchFailed(f"{host} did not send it within {longest.total_seconds():.0f} s.")
        except (aiohttp.ClientError, OSError) as error:
            return FetchFailed(f"{host} can't be reached ({error or type(error).__name__}).")
        if rest is not None:
            turn.pause = max(pause, min(rest, _LONGEST_REST))
        return result


async def _get(url: str, headers: dict[str, str]) -> tuple[FetchResult, timedelta | None]:
    """What came, and how long the server wants to be left alone, if it says so."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
        session.get(url, headers=headers, max_redirects=5) as answer,
    ):
        if answer.status == 304:
            return NotModified(), None
        if answer.status != 200:
            # arXiv's errors are valid feeds that say what is wrong; nothing in them is a paper.
            told = answer.headers.get("Retry-After", "")
            rest = timedelta(seconds=int(told)) if told.isdecimal() and len(told) < 7 else None
            return FetchFailed(
                f"{urlsplit(url).hostname} answered {answer.status} {answer.reason or ''}".strip() + "."
            ), rest
        too_big = FetchFailed(f"It is longer than {MAX_BYTES >> 20} MiB, so it is no feed.")
        if (answer.content_length or 0) > MAX_BYTES:
            return too_big, None
        received = bytearray()
        async for part in answer.content.iter_chunked(_CHUNK):
            received += part
            if len(received) > MAX_BYTES:
                return too_big, None
        return Fetched(bytes(received), answer.headers.get("ETag")), None
