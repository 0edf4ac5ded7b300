"""What a run reports, as parts that know no Discord: `bot/render.py` makes cards of them, the terminal text."""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of Markdown."""

    markdown: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A small table: a header and rows of short cells."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Picture:
    """An artifact of the run that is looked at (PNG or GIF), by its artifact name."""

    artifact: str
    description: str
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class File:
    """An artifact of the run that is downloaded, by its artifact name."""

    artifact: str
    description: str
    kind: Literal["file"] = "file"


Part: TypeAlias = Text | Table | Picture | File


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run, in the order in which a person should meet it.

    Attributes:
        headline: One line with the number that matters, e.g. ``99.1 % of test digits right``.
        parts: Text, tables, pictures and files.
    """

    headline: str
    parts: tuple[Part, ...]
