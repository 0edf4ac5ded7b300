"""A feed is read whole, or not at all; what it announces comes out as a person would write it."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lessons.papers import AnnounceKind
from tests.conftest import SHARED
from tests.papers import ABSTRACT, HEAD, SAYS, announced, atom, rss
from workers.papers.feed import MAX_BYTES, BadFeedError, parse_feed
from workers.papers.latex import readable
from workers.papers.summary import sentences

REAL = SHARED / "data" / "arxiv"
needs_real_feeds = pytest.mark.skipif(not REAL.is_dir(), reason="the captured feeds are not on this machine")

NAMES = (
    "nothing",
    "an error page",
    "json",
    "noise",
    "cut off",
    "a null",
    "billion laughs",
    "a foreign entity",
    "too big",
    "50 MB",
    "latin-1 that says UTF-8",
    "an unknown encoding",
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><rss version="2.0"><channel><title>&i;</title></channel></rss>'
)


def test_a_feed_announces_each_paper_with_all_that_is_known_of_it() -> None:
    feed = parse_feed(rss(announced(7, title="Small nets"), announced(8, kind=AnnounceKind.CROSS)))
    first, second = feed.entries
    assert (first.id, first.version, first.kind) == ("2611.00007", 1, AnnounceKind.NEW)
    assert (first.title, first.authors) == ("Small nets", ("Ada Lovelace", "Alan Turing"))
    assert (first.abstract, first.categories) == (ABSTRACT, ("cs.LG", "stat.ML"))
    assert second.kind is AnnounceKind.CROSS
    assert feed.says == SAYS
    assert feed.passed_over == ()


def test_new_cross_and_replace_of_one_day_stay_apart() -> None:
    entries = [announced(n, kind=kind, version=1 if kind.fresh else 3) for n, kind in enumerate(AnnounceKind)]
    assert [entry.kind for entry in parse_feed(rss(*entries)).entries] == list(AnnounceKind)


def test_less_than_signs_and_ampersands_of_maths_survive() -> None:
    abstract = "For $p<0.05$ & n > 3, a <b> is no tag: if x<y then R&D wins. " + ABSTRACT
    (entry,) = parse_feed(rss(announced(1, title="When a < b & c > d", abstract=abstract))).entries
    assert entry.abstract == abstract
    assert entry.title == "When a < b & c > d"


def test_the_query_api_is_understood_too() -> None:
    (here, away, later) = parse_feed(
        atom(
            announced(1, categories=("cs.LG",)),
            announced(2, categories=("math.ST", "cs.LG")),
            announced(3, version=2, categories=("cs.LG",)),
            total=900,
        ),
        home=frozenset({"cs.LG"}),
    ).entries
    assert (here.kind, away.kind, later.kind) == (AnnounceKind.NEW, AnnounceKind.CROSS, AnnounceKind.REPLACE)
    assert here.submitted_at is not None
    assert parse_feed(atom(announced(1), total=900)).total == 900


def test_an_empty_feed_of_a_weekend_is_a_good_feed() -> None:
    assert parse_feed(rss()).entries == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no whole XML file"),
        (b"<html><body>502 Bad Gateway</body></html>", "no feed"),
        (b"{}", "no whole XML file"),
        (b"\x00\x01\x02" * 100, "no whole XML file"),
        (rss(announced(1), announced(2))[:-200], "no whole XML file"),
        (rss(announced(1)).replace(b"2611.00001", b"2611.0000\x001"), "no whole XML file"),
        (LAUGHS.encode(), "document type"),
        (b'<?xml version="1.0"?><!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "document type"),
        (b" " * (MAX_BYTES + 1), "MiB"),
        (b"<rss version='2.0'><channel>" + b" " * 50_000_000 + b"</channel></rss>", "48 MiB"),
        (rss(announced(1, title="Zürich")).decode().encode("latin-1"), "not in UTF-8"),
        (rss(announced(1, title="Zürich")).replace(b"UTF-8", b"rot13", 1).decode().encode("cp1252"), "and is not"),
    ],
    ids=NAMES,
)
def test_what_is_no_whole_feed_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadFeedError, match=re.escape(reason)):
        parse_feed(data)


def test_an_error_in_the_form_of_a_feed_brings_no_paper() -> None:
    error = (
        HEAD.format(says=SAYS) + "<item><title>Feed error for query: cs.XX</title><guid>error</guid>"
        "<description>Bad archive 'cs.XX'</description></item></channel></rss>"
    )
    with pytest.raises(BadFeedError, match="None of its 1 entries is a paper's"):
        parse_feed(error.encode())


def test_one_strange_entry_does_not_cost_the_others() -> None:
    data = rss(announced(1), announced(2), announced(3, abstract="-"), announced(4)).replace(
        b"oai:arXiv.org:2611.00002v1", b"tag:elsewhere,2026:1"
    )
    feed = parse_feed(data)
    assert [entry.id for entry in feed.entries] == ["2611.00001", "2611.00004"]
    assert feed.passed_over == (
        "tag:elsewhere,2026:1: its id is not that of a paper",
        "oai:arXiv.org:2611.00003v1: it has no abstract",
    )


def test_latin_1_that_says_so_is_read_as_that_and_utf_8_is_utf_8_whatever_it_says() -> None:
    said = rss(announced(1, title="Zürich")).replace(b"UTF-8", b"ISO-8859-1", 1)
    (truly,) = parse_feed(said.decode().encode("latin-1")).entries
    (wrongly,) = parse_feed(said).entries
    assert truly.title == wrongly.title == "Zürich"


def test_an_old_identifier_is_one_too() -> None:
    data = rss(announced(1)).replace(b"2611.00001", b"math.GT/0309136")
    assert parse_feed(data).entries[0].id == "math.GT/0309136"


@needs_real_feeds
def test_real_feeds_come_out_as_they_are() -> None:
    path = REAL / "arxiv_rss_stat_2024-03-26.xml"
    items = ET.fromstring(path.read_bytes()).findall("channel/item")  # noqa: S314 - our own file
    feed = parse_feed(path.read_bytes())
    assert len(feed.entries) == len(items) == 123
    assert feed.passed_over == ()
    for entry, item in zip(feed.entries, items, strict=True):
        told = " ".join((item.findtext("description") or "").partition("Abstract: ")[2].split())
        assert entry.abstract == told
        assert entry.summary
        assert "\\" not in entry.title + "".join(entry.authors)
    kinds = [entry.kind for entry in feed.entries]
    assert [kinds.count(kind) for kind in AnnounceKind] == [35, 27, 41, 20]


@needs_real_feeds
@pytest.mark.parametrize("path", sorted(REAL.glob("*.xml")), ids=lambda path: path.name)
def test_sentences_of_a_summary_are_the_authors_own(path: Path) -> None:
    for entry in parse_feed(path.read_bytes()).entries:
        own = readable(entry.abstract)
        assert all(sentence.removesuffix(" …") in own for sentence in sentences(entry.summary))
        assert len(entry.summary) <= 600
