"""A feed's bytes → what it announces. Nothing here touches the network or the database.

A feed comes from outside, and once in a while it is cut off, an error page, or worse. So it is first read by a plain
XML parser that takes no document types (no entities, no billion laughs) and no broken XML; only what passes goes to
feedparser, which would otherwise make the best of everything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from xml.parsers import expat

import feedparser  # pyright: ignore[reportMissingTypeStubs] - has none

from lessons.papers import ARXIV_ID, Announced, AnnounceKind
from workers.papers.latex import readable
from workers.papers.names import split_authors
from workers.papers.summary import summarise

MAX_BYTES: Final = 16 * 2**20
"""Twice the largest feed that arXiv has: all of cs on a Tuesday."""

_RSS_ID: Final = re.compile(rf"oai:arXiv\.org:(?P<id>{ARXIV_ID.pattern})v(?P<version>\d{{1,3}})")
_API_ID: Final = re.compile(rf"https?://arxiv\.org/abs/(?P<id>{ARXIV_ID.pattern})v(?P<version>\d{{1,3}})")
_DECLARED: Final = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"'][^>]{0,100}\?>")
_DECLARATION: Final = re.compile(r"\A\ufeff?\s*<\?xml.*?\?>", re.DOTALL)
_PREAMBLE: Final = re.compile(r"\AarXiv:\S+\s+Announce Type:\s*\S+\s+(?:Abstract:\s*)?")
_CATEGORY: Final = re.compile(r"[a-z-]{2,17}(?:\.[A-Za-z-]{2,12})?")
_SHORTEST_ABSTRACT: Final = 20

_Entry: TypeAlias = Mapping[str, Any]
"""As feedparser gives it."""


class BadFeedError(Exception):
    """These bytes are no feed that can be trusted: nothing of it is used. ``str(error)`` says why in a sentence."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a feed says.

    Attributes:
        entries: What it announces, each paper version once.
        says: The date that it gives itself, as text: when it was served.
        passed_over: Why entries were passed over, a sentence each.
        total: How many results a query has in all; `None` for an RSS feed.
    """

    entries: tuple[Announced, ...]
    says: str | None
    passed_over: tuple[str, ...]
    total: int | None = None


class _UnusableEntryError(Exception):
    """This entry will not do; the others may."""


def parse_feed(data: bytes, *, home: frozenset[str] = frozenset()) -> ParsedFeed:
    """Read an arXiv RSS feed, or an answer of the query API.

    Args:
        data: As it was received.
        home: The categories that are followed. The query API does not say why a paper is there: one whose primary
            category is another is taken for a cross-list.

    Raises:
        BadFeedError: It is too big, no well-formed XML, has a document type, is no feed, or none of its entries is
            that of a paper.
    """
    if len(data) > MAX_BYTES:
        raise BadFeedError(f"It has {len(data) / 2**20:.0f} MiB; no feed of arXiv has more than {MAX_BYTES >> 20}.")
    text = _DECLARATION.sub("", _text(data), count=1)
    clean = text.encode("utf-8")
    _look_at(clean)
    parsed: Any = feedparser.parse(  # pyright: ignore[reportUnknownMemberType] - feedparser has no types
        clean, sanitize_html=False, resolve_relative_uris=False
    )
    if parsed.bozo or not parsed.version:
        raise BadFeedError(f"It is XML, but no feed ({parsed.get('bozo_exception', 'neither RSS nor Atom')}).")
    from_api = parsed.version.startswith("atom")
    entries: dict[tuple[str, int, str], Announced] = {}
    passed_over: list[str] = []
    for entry in parsed.entries:
        try:
            announced = _from_api(entry, home) if from_api else _from_rss(entry)
        except _UnusableEntryError as error:
            passed_over.append(f"{str(entry.get('id') or entry.get('title') or 'an entry')[:80]}: {error}")
            continue
        entries.setdefault((announced.id, announced.version, announced.kind.value), announced)
    if parsed.entries and not entries:
        raise BadFeedError(f"None of its {len(parsed.entries)} entries is a paper's. {passed_over[0]}")
    total = str(parsed.feed.get("opensearch_totalresults", ""))
    says = parsed.feed.get("published") or parsed.feed.get("updated")
    return ParsedFeed(
        tuple(entries.values()),
        says[:80] if isinstance(says, str) else None,
        tuple(passed_over),
        int(total) if total.isdecimal() else None,
    )


def _text(data: bytes) -> str:
    """The characters: arXiv writes UTF-8, so what is UTF-8 is that, whatever it declares; otherwise as declared."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    declared = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    if not declared and (found := _DECLARED.match(data)):
        declared = found[1].decode("ascii")
    if not declared or declared.lower().replace("_", "-") in {"utf-8", "utf8"}:
        raise BadFeedError("It is not in UTF-8, and does not say truly what else it is in.")
    try:
        return data.decode(declared)
    except (LookupError, UnicodeError):
        raise BadFeedError(f"It says that it is in {declared}, and is not.") from None


def _look_at(data: bytes) -> None:
    """Read it through once.

    Raises:
        BadFeedError: It is not well-formed, or brings a document type.
    """
    parser = expat.ParserCreate("utf-8")

    def refuse(*_: object) -> None:
        raise BadFeedError("It brings a document type, which no feed needs; such files can blow up a reader.")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadFeedError(f"It is no whole XML file ({error}).") from None


def _from_rss(entry: _Entry) -> Announced:
    found = _RSS_ID.fullmatch(str(entry.get("id", "")).strip())
    if found is None:
        raise _UnusableEntryError("its id is not that of a paper")
    try:
        kind = AnnounceKind(str(entry.get("arxiv_announce_type", "")).strip())
    except ValueError:
        raise _UnusableEntryError("it does not say whether it is new, a cross-list or a replacement") from None
    authors = split_authors(str(entry.get("author", "")))
    return _announced(entry, found, kind, authors, _PREAMBLE.sub("", str(entry.get("summary", "")).strip()))


def _from_api(entry: _Entry, home: frozenset[str]) -> Announced:
    found = _API_ID.fullmatch(str(entry.get("id", "")).strip())
    if found is None:
        raise _UnusableEntryError("its id is not that of a paper")
    primary = entry.get("arxiv_primary_category", {}).get("term", "")
    away = bool(home) and not any(primary == each or primary.startswith(f"{each}.") for each in home)
    kind = AnnounceKind.CROSS if away else AnnounceKind.NEW
    if int(found["version"]) > 1:
        kind = AnnounceKind.REPLACE_CROSS if away else AnnounceKind.REPLACE
    authors = tuple(name for each in entry.get("authors", ()) if (name := readable(str(each.get("name", "")))))
    when = entry.get("published_parsed")
    submitted = datetime(*when[:6], tzinfo=UTC) if when else None
    return _announced(entry, found, kind, authors, str(entry.get("summary", "")), primary=primary, submitted=submitted)


def _announced(
    entry: _Entry,
    found: re.Match[str],
    kind: AnnounceKind,
    authors: tuple[str, ...],
    abstract: str,
    *,
    primary: str = "",
    submitted: datetime | None = None,
) -> Announced:
    title = readable(str(entry.get("title", "")))
    abstract = " ".join(abstract.split())
    listed = [str(tag.get("term", "")).strip() for tag in entry.get("tags", ())]
    categories = tuple(dict.fromkeys(c for c in ([primary, *listed] if primary else listed) if _CATEGORY.fullmatch(c)))
    if not title:
        raise _UnusableEntryError("it has no title")
    if len(abstract) < _SHORTEST_ABSTRACT:
        raise _UnusableEntryError("it has no abstract")
    if not authors:
        raise _UnusableEntryError("it has no authors")
    if not categories:
        raise _UnusableEntryError("it has no category")
    return Announced(
        id=found["id"],
        version=int(found["version"]),
        kind=kind,
        title=title[:500],
        authors=authors,
        abstract=abstract,
        summary=summarise(readable(abstract)),
        categories=categories,
        submitted_at=submitted,
    )
