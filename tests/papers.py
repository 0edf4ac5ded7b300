"""Papers and feeds as arXiv has them, made by code, and a small arXiv on loopback."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from lessons.papers import Announced, AnnounceKind

ABSTRACT = (
    "We study small networks on small data, which everybody has. Our method trains in half the time. "
    "Experiments on digits show that it loses no accuracy."
)


def announced(
    number: int = 1,
    *,
    version: int = 1,
    kind: AnnounceKind = AnnounceKind.NEW,
    title: str = "",
    abstract: str = ABSTRACT,
    authors: Sequence[str] = ("Ada Lovelace", "Alan Turing"),
    categories: Sequence[str] = ("cs.LG", "stat.ML"),
) -> Announced:
    """One announced paper; its number makes its id."""
    return Announced(
        f"2611.{number:05d}",
        version,
        kind,
        title or f"Paper number {number}",
        tuple(authors),
        abstract,
        abstract,
        tuple(categories),
    )


HEAD = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">\n'
    "<channel><title>cs.LG updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.LG</link>"
    "<description>cs.LG updates</description><pubDate>{says}</pubDate>"
    "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>\n"
)
SAYS = "Tue, 24 Nov 2026 00:00:00 -0500"


def rss(*entries: Announced, says: str = SAYS) -> bytes:
    """A feed of rss.arxiv.org."""
    return (HEAD.format(says=says) + "".join(map(_item, entries)) + "</channel></rss>").encode()


def _item(entry: Announced) -> str:
    categories = "".join(f"<category>{category}</category>" for category in entry.categories)
    return (
        f"<item><title>{escape(entry.title)}</title><link>https://arxiv.org/abs/{entry.id}</link>"
        f"<description>arXiv:{entry.id}v{entry.version} Announce Type: {entry.kind} \n"
        f"Abstract: {escape(entry.abstract)}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{entry.id}v{entry.version}</guid>{categories}'
        f"<pubDate>{SAYS}</pubDate><arxiv:announce_type>{entry.kind}</arxiv:announce_type>"
        f"<dc:creator>{escape(', '.join(entry.authors))}</dc:creator></item>\n"
    )


def atom(*entries: Announced, total: int | None = None, primary: str = "") -> bytes:
    """An answer of the query API."""
    items = "".join(
        f"<entry><id>http://arxiv.org/abs/{e.id}v{e.version}</id><title>{escape(e.title)}</title>"
        f"<updated>2026-11-20T17:59:01Z</updated><published>2026-11-20T17:59:01Z</published>"
        f"<summary>{escape(e.abstract)}</summary>"
        + "".join(f'<category term="{c}" scheme="http://arxiv.org/schemas/atom"/>' for c in e.categories)
        + f'<arxiv:primary_category term="{primary or e.categories[0]}"/>'
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in e.authors)
        + "</entry>"
        for e in entries
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" "
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom"><id>q</id><title>q</title>'
        f"<opensearch:totalResults>{len(entries) if total is None else total}</opensearch:totalResults>{items}</feed>"
    ).encode()


@dataclass
class Answer:
    """What the small arXiv says."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    """Seconds before the body."""


@dataclass
class Asked:
    """A request that it got."""

    at: float
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


class SmallArxiv:
    """An HTTP server on loopback; `feed` and `query` say what it answers, `asked` what it was asked."""

    def __init__(self) -> None:
        self.feed: Callable[[Asked], Answer] = lambda _: Answer(rss())
        self.query: Callable[[Asked], Answer] = lambda _: Answer(atom())
        self.asked: list[Asked] = []
        self.at_once = 0
        """The most requests that were ever under way together."""
        self._under_way = 0
        self._lock = threading.Lock()
        self.address = ""

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            self._under_way += 1
            self.at_once = max(self.at_once, self._under_way)
        return self.query(asked) if asked.path.startswith("/api") else self.feed(asked)

    def done(self) -> None:
        with self._lock:
            self._under_way -= 1


@contextmanager
def small_arxiv() -> Iterator[SmallArxiv]:
    """Serve until the block ends."""
    arxiv = SmallArxiv()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            answer = arxiv.answer(Asked(time.monotonic(), parts.path, parse_qs(parts.query), dict(self.headers)))
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.flush()
                time.sleep(answer.wait)
                self.wfile.write(answer.body)
            except (BrokenPipeError, ConnectionResetError):
                pass
            finally:
                arxiv.done()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    arxiv.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield arxiv
    finally:
        server.shutdown()
        server.server_close()
