"""Whether a link of the content still works, and what a card shows when it doesn't. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit

from lessons.curriculum import Curriculum
from lessons.model import Resource

EVERY: Final = timedelta(days=7)
"""Between two looks at a link."""
AGAIN_AFTER: Final = timedelta(days=1)
"""After the first failure, so that a card does not show a dead link for another week."""
DEAD_AFTER: Final = 2
"""Failures in a row that switch the card: one alone is as often the network's fault."""
WAYBACK_HOST: Final = "web.archive.org"
_YOUTUBE: Final = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be"})


@dataclass(frozen=True, slots=True)
class Works:
    """It is there."""


@dataclass(frozen=True, slots=True)
class Broken:
    """It is not; the words say what is wrong."""

    why: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The server does not want to say, which it does to programs and not to people: counted as neither."""

    why: str


LinkResult: TypeAlias = Works | Broken | CannotTell


def asked_as(url: str) -> str:
    """The address that tells whether `url` works: YouTube answers 200 for videos that are gone, its oEmbed does not."""
    if urlsplit(url).hostname in _YOUTUBE:
        return f"https://www.youtube.com/oembed?format=json&url={quote(url, safe='')}"
    return url


def judge(url: str, status: int) -> LinkResult:
    """What an HTTP status says about `url`, redirects followed."""
    if status < 400:
        return Works()
    if urlsplit(url).hostname in _YOUTUBE and status in {400, 401, 403, 404}:
        # oEmbed: 400 for an address that is none, 401 and 403 for a private video, 404 for one that is gone.
        return Broken("the video is gone or private")
    if status in {404, 410, 451} or status >= 500:
        return Broken(f"answered {status}")
    return CannotTell(f"answered {status}")


@dataclass(frozen=True, slots=True)
class ShownLink:
    """What a card shows for a resource."""

    url: str
    word: str
    """Behind the title; empty for a link that works."""


def shown_link(resource: Resource, dead: frozenset[str]) -> ShownLink:
    """The link itself, or, when it is dead, its replacement or the Wayback Machine's last copy."""
    if resource.url not in dead:
        return ShownLink(resource.url, "")
    if resource.replacement is not None and resource.replacement not in dead:
        return ShownLink(resource.replacement, "another page about it")
    return ShownLink(f"https://{WAYBACK_HOST}/web/2/{resource.url}", "archived copy")


def every_link(curriculum: Curriculum) -> list[str]:
    """All addresses of the content, replacements too, each once."""
    found = [url for _, each in curriculum.resources() for url in (each.url, each.replacement) if url is not None]
    return list(dict.fromkeys(found))
