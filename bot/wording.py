"""Small pieces of text that several cards share: durations, dates, progress bars, tables."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

FULL, EMPTY = "▰", "▱"


def duration(seconds: float) -> str:
    """E.g. ``8 s``, ``2 min``, ``1 h 20 min``: as exact as a person cares."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def megabytes(size: int) -> str:
    """E.g. ``3.2 MB``, ``14 kB``: a file's size as file managers show it."""
    if size < 100_000:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 1e6:.1f} MB"


def exact(value: object) -> str:
    """A value as people type it, with every digit that it has: 0.00001 and not 1e-05."""
    return format(Decimal(repr(value)), "f").removesuffix(".0") if isinstance(value, float) else str(value)


def bar(part: float, cells: int = 10) -> str:
    """A progress bar for `part` between 0 and 1."""
    filled = max(0, min(cells, int(part * cells)))
    return FULL * filled + EMPTY * (cells - filled)


def day(value: date, *, today: date | None = None) -> str:
    """E.g. ``Thu 12 Mar``, with the year when it is not this one."""
    year = "" if today is not None and value.year == today.year else f" {value.year}"
    return f"{value:%a} {value.day} {value:%b}{year}"


def instant(value: datetime, style: str = "R") -> str:
    """A time that Discord shows in the reader's own zone."""
    return f"<t:{int(value.timestamp())}:{style}>"


def plural(count: int, one: str, many: str | None = None) -> str:
    """E.g. ``1 run``, ``3 runs``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


TABLE_MAX = 31
"""Characters of a line of a code block inside a card that a screen 390 pixels wide shows without a scroll bar."""


def fits(columns: Sequence[Sequence[str]]) -> bool:
    """Whether a table of these columns is narrow enough for a phone."""
    return sum(max(map(len, column)) for column in columns) + 2 * (len(columns) - 1) <= TABLE_MAX


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A monospaced table, the first column to the left, the others to the right; a list if that is too wide."""
    lines = [header, *rows]
    if not fits(list(zip(*lines, strict=True))):
        return "\n".join(_as_item(header, row) for row in rows)

    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def show(line: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    ruler = "  ".join("─" * width for width in widths)
    return "\n".join(["```", show(header), ruler, *(show(row) for row in rows), "```"])


def _as_item(header: Sequence[str], row: Sequence[str]) -> str:
    first, *rest = row
    cells = " · ".join(
        f"{name} **{cell}**" if name else f"**{cell}**"
        for name, cell in zip(header[1:], rest, strict=True)
        if cell.strip("–- ")
    )
    return f"- {first}: {cells}"
