"""The paper pipeline: ingest, ranking for many servers, and whether the ranking finds what a server likes.

    python -m tests.bench.bench_papers [/path/to/arxiv/feeds]

All papers are real ones, captured from arXiv's feeds; where more are needed than there are, sentences of real
abstracts are mixed into new ones. The quality is that of `Ranker` on the captured papers as they are: a simulated
server likes one category (which the ranking does not see), votes on a few papers, and is shown the rest.
"""

import asyncio
import gc
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape

import numpy as np
import psutil
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from db import papers
from db.engine import Database
from db.migrate import migrate
from db.server import EmbeddedServer
from lessons.load import load_curriculum
from lessons.papers import Announced
from tests.bench.machine import machine
from workers.papers.feed import parse_feed
from workers.papers.question import Candidate, Server
from workers.papers.rank import Ranker, rank
from workers.papers.summary import sentences
from workers.papers.topics import topic_words

FEEDS = Path(__file__).parents[3] / "shared" / "data" / "arxiv"
ENTRIES = 2_000
PAPERS = 1_000
SERVERS = 1_000
SHOWN = 10
REPEATS = 40
"""Simulated servers a category and number of votes."""


def captured(folder: Path) -> list[Announced]:
    """Every paper of the captured feeds, once."""
    found: dict[str, Announced] = {}
    for path in sorted(folder.glob("*.xml")):
        for entry in parse_feed(path.read_bytes()).entries:
            found.setdefault(entry.id, entry)
    if not found:
        sys.exit(f"No feeds in {folder}: this bench needs the captured ones.")
    return list(found.values())


def mixed(real: Sequence[Announced], count: int, seed: int = 0) -> list[Announced]:
    """So many papers, each with the sentences of two or three real ones."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    made: list[Announced] = []
    for number in range(count):
        parents = chance.sample(real, 3)
        pool = [sentence for parent in parents for sentence in sentences(parent.abstract)]
        abstract = " ".join(chance.sample(pool, min(7, len(pool))))
        words = [word for parent in parents[:2] for word in parent.title.split()[:5]]
        base = parents[0]
        made.append(
            Announced(
                f"{2700 + number // 20_000}.{10_000 + number}",
                1,
                base.kind,
                " ".join(words),
                base.authors,
                abstract,
                base.summary,
                base.categories,
            )
        )
    return made


def as_feed(entries: Sequence[Announced]) -> bytes:
    """An RSS feed as arXiv writes them."""
    head = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<rss xmlns:arxiv=\"http://arxiv.org/schemas/atom\" "
        'xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>cs.LG updates on arXiv.org</title>'
    )
    items = "".join(
        f"<item><title>{escape(e.title)}</title><link>https://arxiv.org/abs/{e.id}</link>"
        f"<description>arXiv:{e.id}v{e.version} Announce Type: {e.kind} \nAbstract: {escape(e.abstract)}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{e.id}v{e.version}</guid>'
        + "".join(f"<category>{category}</category>" for category in e.categories)
        + f"<arxiv:announce_type>{e.kind}</arxiv:announce_type>"
        f"<dc:creator>{escape(', '.join(e.authors))}</dc:creator></item>"
        for e in entries
    )
    return f"{head}{items}</channel></rss>".encode()


class Peak:
    """The most memory that this process held during a block, beside what it held before; in MiB."""

    def __enter__(self) -> Self:
        gc.collect()
        self._process = psutil.Process()
        self._before = self._most = self._process.memory_info().rss
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.mib = (self._most - self._before) / 2**20
        self.resident = self._most / 2**20

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self._most = max(self._most, self._process.memory_info().rss)


async def ingest(real: Sequence[Announced]) -> list[str]:
    """Rows: a feed of 2,000 entries, parsed and stored; and the same one again."""
    data = as_feed(mixed(real, ENTRIES))
    with tempfile.TemporaryDirectory(prefix="wb") as folder:
        server = EmbeddedServer(Path(folder) / "pg")
        url = server.start()
        try:
            migrate(url)
            async with Database(url) as database:
                with Peak() as peak:
                    begun = time.perf_counter()
                    parsed = parse_feed(data)
                    read = time.perf_counter() - begun
                    stored = await _store(database, parsed.entries)
                    all_of_it = time.perf_counter() - begun
                begun = time.perf_counter()
                again = await _store(database, parse_feed(data).entries)
                second = time.perf_counter() - begun
        finally:
            server.stop()
    if (stored.new_papers, again.unseen) != (ENTRIES, 0):
        sys.exit(f"{stored} and then {again}: not every entry was stored once")
    return [
        f"| ingest of {ENTRIES:,} entries, {len(data) / 1e6:.1f} MB | {all_of_it:.2f} s, {read:.2f} s to read it |",
        f"| its memory | {peak.mib:.0f} MiB above the {peak.resident - peak.mib:.0f} MiB before |",
        f"| the same feed again, nothing stored | {second:.2f} s |",
    ]


async def _store(database: Database, entries: Sequence[Announced]) -> papers.Stored:
    async with database.transaction() as session:
        return await papers.store_batch(session, entries, source="bench", feed_says=None, now=datetime.now(UTC))


def candidates(entries: Sequence[Announced]) -> list[Candidate]:
    """The papers as a ranking sees them, without their categories."""
    return [Candidate(entry.id, entry.title, entry.abstract) for entry in entries]


def scale(real: Sequence[Announced]) -> list[str]:
    """Rows: 1,000 papers for 1,000 servers."""
    chance = random.Random(1)  # noqa: S311 - no secret
    fresh, old = candidates(mixed(real, PAPERS)), candidates(mixed(real, 400, seed=2))
    old = [Candidate(f"old-{each.id}", each.title, each.abstract) for each in old]
    topics = topic_words(load_curriculum())
    servers = [
        Server(
            number,
            dict(Counter(chance.choice(topics).id for _ in range(chance.randint(1, 40)))),
            {each.id: chance.choice((-1, 1, 1, 2)) for each in chance.sample(old, chance.randint(0, 60))},
        )
        for number in range(SERVERS)
    ]
    with Peak() as peak:
        begun = time.perf_counter()
        cpu = time.process_time()
        ranked = rank(fresh, old, topics, servers)
        wall, processor = time.perf_counter() - begun, time.process_time() - cpu
    full = sum(len(places) >= SHOWN for places in ranked.rankings.values())
    votes = statistics.mean(len(server.votes) for server in servers)
    took = f"{wall:.1f} s, {processor:.1f} processor seconds, {peak.mib:.0f} MiB more"
    return [
        f"| ranking {PAPERS:,} papers for {SERVERS:,} servers, {votes:.0f} votes each | {took} |",
        f"| servers with a whole digest | {full:,} |",
    ]


def quality(real: Sequence[Announced]) -> list[str]:
    """A table: precision at 10 by number of votes, ours, ours without votes, arxiv-sanity-lite's recipe."""
    count = Counter(category for entry in real for category in entry.categories)
    liked = sorted(category for category, n in count.items() if 15 <= n <= len(real) * 0.5)
    everything = candidates(real)
    topics = topic_words(load_curriculum())
    ranker = Ranker(everything, [], topics)
    theirs = arxiv_sanity_lite(everything)
    rows = [
        f"{len(real)} captured papers; liked: {', '.join(liked)}; {REPEATS} servers each",
        "",
        "| votes up + down | ours, whole digest | ours, votes alone | without votes | arxiv-sanity-lite | by chance |",
        "|---|---|---|---|---|---|",
    ]
    for votes in (3, 10, 30):
        found: dict[str, list[float]] = {name: [] for name in ("digest", "taste", "none", "theirs", "chance")}
        for category in liked:
            yes = [place for place, entry in enumerate(real) if category in entry.categories]
            no = [place for place, entry in enumerate(real) if category not in entry.categories]
            # Half of what it likes is held back to be found.
            up = min(votes, len(yes) // 2)
            for repeat in range(REPEATS):
                chance = random.Random(f"{category} {votes} {repeat}")  # noqa: S311 - no secret
                ups, downs = chance.sample(yes, up), chance.sample(no, min(votes, len(no) // 2))
                voted = {everything[p].id: 1 for p in ups} | {everything[p].id: -1 for p in downs}
                rest = [p for p in range(len(real)) if everything[p].id not in voted]
                wanted = {everything[p].id for p in yes}
                digest = ranker.for_server(Server(1, {}, voted, frozenset(voted)))
                found["digest"].append(precision([each.paper_id for each in digest], wanted))
                none = ranker.for_server(Server(1, {}, {}, frozenset(voted)))
                found["none"].append(precision([each.paper_id for each in none], wanted))
                for name, scores in (("taste", ranker.scores(voted)), ("theirs", theirs(ups))):
                    best = sorted(rest, key=lambda p, by=scores: -by[p])
                    found[name].append(precision([everything[p].id for p in best], wanted))
                found["chance"].append(len(wanted - set(voted)) / len(rest))
        shown = " | ".join(f"{statistics.mean(values):.2f}" for values in found.values())
        rows.append(f"| {votes} + {votes} | {shown} |")
    return rows


def precision(ids: Sequence[str], wanted: set[str]) -> float:
    """The share of the first ten that are wanted."""
    return sum(each in wanted for each in ids[:SHOWN]) / SHOWN


def arxiv_sanity_lite(everything: Sequence[Candidate]) -> Callable[[Sequence[int]], np.ndarray]:
    """github.com/karpathy/arxiv-sanity-lite, written again: compute.py's vectors, serve.py's machine."""
    vectorizer = TfidfVectorizer(
        input="content",
        encoding="utf-8",
        decode_error="replace",
        strip_accents="unicode",
        lowercase=True,
        analyzer="word",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",  # noqa: S106 - words, not secrets
        ngram_range=(1, 2),
        max_features=20_000,
        norm="l2",
        use_idf=True,
        smooth_idf=True,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
    )
    vectors = vectorizer.fit_transform([f"{each.title} {each.abstract}" for each in everything])

    def scores(liked: Sequence[int]) -> np.ndarray:
        labels = np.zeros(len(everything))
        labels[list(liked)] = 1
        machine = LinearSVC(class_weight="balanced", verbose=False, max_iter=10_000, tol=1e-6, C=0.01)
        machine.fit(vectors, labels)
        return machine.decision_function(vectors)

    return scores


def main(arguments: list[str] | None = None) -> None:
    """Runs everything and prints Markdown."""
    given = sys.argv[1:] if arguments is None else arguments
    real = captured(Path(given[0]) if given else FEEDS)
    print(f"{machine()}\n\n| what | measured |\n|---|---|")
    for row in asyncio.run(ingest(real)):
        print(row)
    for row in scale(real):
        print(row)
    print()
    for row in quality(real):
        print(row)


if __name__ == "__main__":
    main()
