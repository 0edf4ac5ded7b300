"""What the small arXiv announces on each weekday: the captured papers, a few a day, and now and then trouble."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from lessons.paper_feed import EASTERN
from lessons.papers import Announced, AnnounceKind
from tests.papers import Answer, Asked, SmallArxiv, atom, rss
from workers.papers.feed import parse_feed

FEEDS: Final = Path(__file__).parents[4] / "shared" / "data" / "arxiv"
BACKLOG: Final = 40
"""Papers of the week before the first."""


def captured() -> list[Announced]:
    """The papers of the captured feeds, each once."""
    found: dict[str, Announced] = {}
    for path in sorted(FEEDS.glob("*.xml")):
        for entry in parse_feed(path.read_bytes()).entries:
            found.setdefault(entry.id, entry)
    return [replace(entry, version=1, kind=AnnounceKind.NEW) for entry in found.values()]


class Announcements:
    """A paper is announced on one weekday; replacements of old ones come along."""

    def __init__(self, papers: Sequence[Announced], begin: date, weeks: int) -> None:
        days = [day for n in range(weeks * 7) if (day := begin + timedelta(days=n)).weekday() < 5]
        self._backlog, fresh = list(papers[:BACKLOG]), papers[BACKLOG:]
        self._days = days
        self._of_day = {day: list(fresh[place :: len(days)]) for place, day in enumerate(days)}
        self._asked: dict[date, int] = {}

    def serve(self, arxiv: SmallArxiv) -> None:
        """Let it answer."""
        arxiv.feed, arxiv.query = self._feed, self._query

    def _feed(self, _: Asked) -> Answer:
        today = datetime.now(EASTERN).date()
        self._asked[today] = tries = self._asked.get(today, 0) + 1
        says = f"{datetime.now(EASTERN):%a, %d %b %Y 00:00:00 %z}"
        here = self._of_day.get(today, [])
        old = [replace(each, version=2, kind=AnnounceKind.REPLACE) for each in self._backlog[today.day % 9 :: 9]]
        whole = rss(*here, *old, says=says)
        match self._days.index(today) % 20 if today in self._days else -1:
            case -1:
                return Answer(rss(says=says))
            case 6 if tries == 1:
                return Answer(rss(says=says), status=400)
            case 9 if tries == 1:
                return Answer(whole[: len(whole) // 2])
            case 12 if tries <= 2:
                return Answer(rss(*self._of_day.get(today - timedelta(days=1), []), says=says))
            case 15 | 16:
                return Answer(b"", status=503)
            case _:
                return Answer(whole)

    def _query(self, asked: Asked) -> Answer:
        window = asked.query["search_query"][0].rpartition("[")[2].rstrip("]").split(" TO ")
        begin, end = (datetime.strptime(each, "%Y%m%d%H%M").date() for each in window)  # noqa: DTZ007 - a date only
        found = [paper for day, papers in self._of_day.items() if begin <= day <= end for paper in papers]
        if begin < self._days[0]:
            found = [*self._backlog, *found]
        start = int(asked.query["start"][0])
        return Answer(atom(*found[start : start + 500], total=len(found)))
