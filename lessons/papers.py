"""Papers as everybody in the house knows them, and what a member can take away: BibTeX and CSV."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

ARXIV_ID: Final = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]{2,17}(?:\.[A-Za-z-]{2,12})?/\d{7})")
"""An identifier without its version, new (``2604.21952``) or from before 2007 (``math.GT/0309136``)."""

_AUTHORS_SHOWN: Final = 4
_TEX_SPECIAL: Final = re.compile(r"([&%$#_{}])")
_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class AnnounceKind(StrEnum):
    """Why a paper stands in a day's announcement."""

    NEW = "new"
    CROSS = "cross"
    """New, and at home in another category."""
    REPLACE = "replace"
    """A further version of a paper that is there already."""
    REPLACE_CROSS = "replace-cross"

    @property
    def fresh(self) -> bool:
        """Whether the paper is announced for the first time."""
        return self in (AnnounceKind.NEW, AnnounceKind.CROSS)


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, whatever its versions. All texts are ready to be read, none is ready for HTML or Markdown.

    Attributes:
        id: Without the version, e.g. ``2604.21952``.
        title: One line; accents and simple maths in Unicode.
        authors: In order, without their affiliations.
        abstract: As it was announced, TeX and all, so that nothing is lost.
        summary: Two or three sentences of the abstract, word by word, maths made readable.
        categories: The primary one first, e.g. ``("cs.LG", "stat.ML")``.
        announced_at: When it was first seen here.
        topic_ids: Topics of the roadmap that it is close to, the closest first, once a ranking has looked at it.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    abstract: str
    summary: str
    categories: tuple[str, ...]
    announced_at: datetime
    topic_ids: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The abstract page, always that of the newest version."""
        return f"https://arxiv.org/abs/{self.id}"

    @property
    def byline(self) -> str:
        """The authors as a card has room for them: "Ada Lovelace, Alan Turing and 5 others"."""
        if len(self.authors) <= _AUTHORS_SHOWN:
            return ", ".join(self.authors)
        shown = self.authors[: _AUTHORS_SHOWN - 1]
        return f"{', '.join(shown)} and {len(self.authors) - len(shown)} others"


@dataclass(frozen=True, slots=True)
class Announced:
    """One entry of a feed or of the query API: a version of a paper, and why it stands there. Texts as in `Paper`."""

    id: str
    version: int
    kind: AnnounceKind
    title: str
    authors: tuple[str, ...]
    abstract: str
    summary: str
    categories: tuple[str, ...]
    submitted_at: datetime | None = None
    """Of the first version; only the query API says it."""


def to_bibtex(papers: Iterable[Paper]) -> str:
    """A ``.bib`` file: one ``@misc`` a paper, as arXiv itself writes them, in UTF-8."""
    return "\n".join(_entry(paper) for paper in papers)


def to_csv(papers: Iterable[Paper]) -> str:
    """A table with a header for spreadsheets; no cell is taken for a formula there."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("id", "title", "authors", "categories", "announced", "url", "summary"))
    for paper in papers:
        cells = (
            paper.id,
            paper.title,
            "; ".join(paper.authors),
            " ".join(paper.categories),
            f"{paper.announced_at:%Y-%m-%d}",
            paper.url,
            paper.summary,
        )
        writer.writerow(f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell for cell in cells)
    return file.getvalue()


def _entry(paper: Paper) -> str:
    year = _year(paper)
    surname = re.sub(r"\W", "", paper.authors[0].split()[-1]) if paper.authors else "anonymous"
    fields = {
        "title": f"{{{_tex(paper.title)}}}",
        "author": " and ".join(_tex(author) for author in paper.authors),
        "year": str(year),
        "eprint": paper.id,
        "archivePrefix": "arXiv",
        "primaryClass": paper.categories[0] if paper.categories else "",
        "url": paper.url,
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{surname.lower()}{year}{re.sub(r'[^0-9a-z]', '', paper.id)},\n{lines}}}\n"


def _year(paper: Paper) -> int:
    digits = re.search(r"\d{2}", paper.id)
    # The year of the id is that of the paper, also where this deployment saw it years later.
    return _century(int(digits[0])) if digits else paper.announced_at.year


def _century(year: int) -> int:
    return 1900 + year if year >= 91 else 2000 + year


def _tex(text: str) -> str:
    return _TEX_SPECIAL.sub(r"\\\1", text.replace("\\", ""))
