"""An operator does each step by hand, and sees on a page what next Monday will look like."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typing_extensions import override

from tests.papers import Answer, announced, rss, small_arxiv
from tests.runs import sql

ROOT = Path(__file__).parents[2]
NASTY = "<script>alert('x')</script> & “half” <b>of</b> it"


def papers(url: str, home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "papers", *arguments],
        cwd=ROOT,
        env={**os.environ, "WAYPOINT_HOME": str(home), "DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Page(HTMLParser):
    """The links and tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href" and value]

    @override
    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.xml"
    path.write_bytes(rss(announced(1, title=NASTY), *(announced(n) for n in range(2, 15))))
    return path


def test_ingest_rank_and_preview_of_a_file(database_url: str, tmp_path: Path, feed: Path) -> None:
    first = papers(database_url, tmp_path, "ingest", str(feed))
    assert first.stdout == "14 entries, 14 of them unseen: 14 new papers are stored.\n", first.stderr
    again = papers(database_url, tmp_path, "ingest", str(feed))
    assert again.stdout == "14 entries, all of them known already: nothing was stored.\n"
    ranked = papers(database_url, tmp_path, "rank")
    assert ranked.returncode == 0, ranked.stderr
    assert "2611.00001" in ranked.stdout
    page = tmp_path / "page.html"
    shown = papers(database_url, tmp_path, "preview", "--out", str(page))
    assert shown.stdout.replace("\n", "") == f"Written to {page}. Open it in a browser."
    read = Page(page.read_text(encoding="utf-8"))
    assert read.tags.count("li") == 10
    assert "script" not in read.tags
    assert all(link.startswith("https://arxiv.org/abs/2611.") for link in read.links)
    assert "chosen from 14" in read.words


async def test_a_preview_of_a_file_stores_nothing_and_shows_strange_titles_as_they_are(
    database_url: str, database: object, tmp_path: Path
) -> None:
    source = tmp_path / "one.xml"
    source.write_bytes(rss(announced(1, title=NASTY)))
    page = tmp_path / "page.html"
    done = papers(database_url, tmp_path, "preview", str(source), "--guild", "50", "--out", str(page))
    assert done.returncode == 0, done.stderr
    read = Page(page.read_text(encoding="utf-8"))
    assert NASTY in read.words
    assert "for server 50" in read.words
    assert await sql(database, "select count(*) from papers") == [(0,)]  # type: ignore[arg-type]


def test_the_followed_feed_can_be_fetched_at_any_time(database_url: str, tmp_path: Path) -> None:
    with small_arxiv() as arxiv:
        arxiv.feed = lambda _: Answer(rss(announced(1)))
        where = {"PAPER_FEED_URL": f"{arxiv.address}/rss", "PAPER_QUERY_URL": f"{arxiv.address}/api/query"}
        done = papers(database_url, tmp_path, "ingest", **where)
        assert done.stdout == "1 entries, 1 unseen: 1 new papers are stored.\n", done.stderr
        url = papers(database_url, tmp_path, "ingest", f"{arxiv.address}/rss/cs.CV", **where)
        assert "nothing was stored" in url.stdout
        arxiv.feed = lambda _: Answer(status=503)
        broken = papers(database_url, tmp_path, "ingest", **where)
        assert (broken.returncode, broken.stderr.strip()[-40:]) == (
            2,
            "127.0.0.1 answered 503 Service Unavailable."[-40:],
        )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "can't be read: No such file or directory."),
        (b"hello", "is not used. It is no whole XML file"),
        (b"x" * 50_000_000, "has 48 MiB, so it is no feed of arXiv."),
    ],
    ids=["no file", "no feed", "50 MB"],
)
def test_what_an_operator_can_put_right_is_one_sentence(
    database_url: str, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "f.xml"
    if content is not None:
        path.write_bytes(content)
    for command in ("ingest", "preview"):
        done = papers(database_url, tmp_path, command, str(path))
        assert done.returncode == 2
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


def test_an_empty_feed_is_said_to_be_one(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.xml"
    path.write_bytes(rss())
    assert "an empty feed" in papers(database_url, tmp_path, "ingest", str(path)).stdout
    assert "Fetch papers first" in papers(database_url, tmp_path, "rank").stderr
