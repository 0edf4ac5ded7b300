"""Cards within what Discord takes: 40 components, 4,000 characters of text, ten files, 10 MiB of them.

What does not fit is cut where it hurts least, and the card says so: a result that Discord refuses helps nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.wording import plural, table

CARD_CHARACTERS = 4000
"""In all texts of a card together."""
CARD_COMPONENTS = 40
"""With the container, rows and buttons counted."""
FILES_MAX = 10
"""Files that Discord takes with one message."""
FILES_BYTES = 10 * 2**20 - 2**16
"""Bytes of a file, and of all files of a message, in a server without boosts; a little is left for the message."""
ROWS_MAX = 200
"""Rows of a table that are looked at; a card holds far fewer."""
MORE = " …"


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a message for a report."""

    characters: int = 3000
    components: int = 24

    @staticmethod
    def beside(texts: Sequence[str | None], components: int) -> "Room":
        """What is left beside these texts, and so many components of which they are a part."""
        taken = sum(length(each) for each in texts if each)
        return Room(max(CARD_CHARACTERS - taken, 200), max(CARD_COMPONENTS - components, 2))


def length(text: str) -> int:
    """Characters the way that costs most: as UTF-16 counts them, where an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def share_out(lengths: Sequence[int], room: int) -> int:
    """The length to which the longest texts must be cut for all to fit: the short ones stay whole."""
    if sum(lengths) <= room:
        return max(lengths, default=0)
    left = room
    for place, size in enumerate(sorted(lengths)):
        fair = left // (len(lengths) - place)
        if size > fair:
            return fair
        left -= size
    return 0


def cut(text: str, most: int) -> str:
    """The text, or as much of its beginning as `most` characters hold, cut between lines, sentences or words."""
    if length(text) <= most:
        return text
    fence = "\n```"
    kept = text[: max(most - len(MORE) - len(fence), 0)]
    while length(kept) > most - len(MORE) - len(fence):
        kept = kept[:-1]
    for mark in ("\n", ". ", " "):
        place = kept.rfind(mark)
        if place > len(kept) // 2:
            kept = kept[: place + 1]
            break
    kept = kept.rstrip()
    return f"{kept}{fence}{MORE}" if kept.count("```") % 2 else kept + MORE


def short_table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str, most: int) -> str:
    """A table, with as many of its rows as `most` characters hold."""
    width = max(len(header), 1)
    head = [*map(_cell, header)] or [""]
    body = [[*map(_cell, row), *[""] * width][:width] for row in rows[:ROWS_MAX]]
    for count in range(len(body), 0, -1):
        shown = table(head, body[:count])
        if title:
            shown = f"**{title}**\n{shown}"
        if count < len(rows):
            shown += f"\n-# … and {plural(len(rows) - count, 'more row', 'more rows')}"
        if length(shown) <= most:
            return shown
    return cut(title or " · ".join(head), most)


def _cell(value: str) -> str:
    return " ".join(str(value).split()).replace("```", "'''")


@dataclass(frozen=True, slots=True)
class Sorted:
    """Which files go with a message, and a line on those that do not."""

    sent: tuple[str, ...]
    note: str | None


def choose_files(names: Sequence[str], files: Mapping[str, bytes]) -> Sorted:
    """The files that one message can carry, in their order; where all are too much the largest stay behind."""
    wanted = list(dict.fromkeys(names))
    large = [name for name in wanted if len(files[name]) > FILES_BYTES]
    fit = [name for name in wanted if name not in large]
    beyond = fit[FILES_MAX:]
    fit = fit[:FILES_MAX]
    while sum(len(files[name]) for name in fit) > FILES_BYTES:
        largest = max(fit, key=lambda name: len(files[name]))
        fit.remove(largest)
        large.append(largest)
    notes: list[str] = []
    if large:
        sizes = ", ".join(f"`{name}` ({len(files[name]) / 2**20:.1f} MB)" for name in large)
        notes.append(f"too large for one message of Discord's: {sizes}")
    if beyond:
        notes.append(f"{plural(len(beyond), 'picture')} beyond the {FILES_MAX} that a message carries")
    return Sorted(tuple(fit), f"-# Left out here: {'; '.join(notes)}." if notes else None)
