"""A question's table as a picture: headers, cells, and the one that is asked about.

Shown on a phone, 900 pixels become 360 to 400, so words are 32 pixels an em where they fit: only a table of many
columns, such as a confusion matrix of ten classes, gets smaller ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, TypeAlias

from bot.pictures.canvas import Canvas
from bot.pictures.fonts import Weight, printable, width
from bot.pictures.labels import Label, label
from bot.pictures.layout import Box
from bot.pictures.theme import Theme, mix
from lessons.questions.model import GridPicture

WIDTH: Final = 900
MARGIN: Final = 12
PAD: Final = 26
"""Between the panel's edge and what it holds."""
LEFT: Final = MARGIN + PAD
ROOM: Final = WIDTH - 2 * LEFT
GAP: Final = 6
"""Between two cells."""
_SIZES: Final = (44, 40, 36, 34, 32)
_SMALL: Final = (32, 30, 28, 26, 24)
"""For a table that is too wide otherwise; its column headers stand upright."""
_CELL_PAD: Final = 9
_HEAD_PAD: Final = 20
_CELL_WIDEST: Final = 230
_NAMES_MOST: Final = 0.4 * ROOM
"""Width of the rows' names where they have to be cut."""
_FEW: Final = 130
"""A table whose columns can be so wide has few: their names are cut rather than turned."""

_Lines: TypeAlias = tuple[tuple[str, ...], ...]
"""The columns' names, each in one or two lines."""


@dataclass(frozen=True)
class GridPlace:
    """Where a table's parts stand."""

    size: int
    """Pixels an em of all its words."""
    height: int
    """Of the picture."""
    heads: tuple[Box, ...]
    """Of the columns; empty where they have no names."""
    lines: _Lines
    upright: bool
    """Whether the columns' names run upwards."""
    names: tuple[Box, ...]
    """Of the rows; empty where they have no names."""
    cells: tuple[tuple[Box, ...], ...]
    corner: Box
    """For what the rows are."""
    above: Box
    """For what the columns are."""


def lay_out_grid(picture: GridPicture) -> GridPlace:
    """Places for a table: the largest size at which everything fits.

    Long names of few columns and rows are cut before anything gets small; those of many columns stand upright.
    """
    one = tuple((name,) for name in _shown(picture.columns))
    two = tuple(map(_in_two, _shown(picture.columns)))
    for size in _SIZES:
        for lines in (one, two):
            if (place := _placed(picture, size, lines, upright=False)) is not None:
                return place
    few = (ROOM - _NAMES_MOST) / len(picture.cells[0]) - GAP
    if few >= _FEW:
        return _forced(picture, _SIZES[-1], two, upright=False)
    for size in _SMALL:
        if (place := _placed(picture, size, one, upright=False)) is not None:
            return place
        if (place := _placed(picture, size, one, upright=True)) is not None:
            return place
    return _forced(picture, _SMALL[-1], one, upright=True)


def _placed(picture: GridPicture, size: int, lines: _Lines, *, upright: bool) -> GridPlace | None:
    """At that size, if everything fits."""
    count = len(picture.cells[0])
    needed = max(_widest(cell, size) for line in picture.cells for cell in _shown(line))
    if upright and lines:
        needed = max(needed, size * 1.2)
    else:
        needed = max([needed, *(_widest(part, size) for name in lines for part in name)])
    needed = max(needed + 2 * _CELL_PAD, ceil(_widest(_across(picture), size)) / count)
    names = _names_width(picture, size)
    room = (ROOM - names) / count - GAP
    if needed > room:
        return None
    return _place(picture, size, names, max(needed, min(room, _CELL_WIDEST)), lines, upright=upright)


def _forced(picture: GridPicture, size: int, lines: _Lines, *, upright: bool) -> GridPlace:
    """At that size, whatever has to be cut."""
    names = min(_names_width(picture, size), _NAMES_MOST)
    room = (ROOM - names) / len(picture.cells[0]) - GAP
    return _place(picture, size, names, room, lines, upright=upright)


def _names_width(picture: GridPicture, size: int) -> float:
    words = [*_shown(picture.rows), *([_down(picture)] if picture.rows and picture.row_label else [])]
    return max((ceil(_widest(each, size)) + _HEAD_PAD for each in words), default=0.0)


def _place(picture: GridPicture, size: int, names: float, cell: float, lines: _Lines, *, upright: bool) -> GridPlace:
    count = len(picture.cells[0])
    start = LEFT + (ROOM - names - count * (cell + GAP) + GAP) / 2
    first = start + names
    line = round(size * 1.3)
    above = Box(first, LEFT, count * (cell + GAP) - GAP, line if picture.column_label else 0)
    if not lines:
        head = 0.0
    elif upright:
        head = min(max(width(name[0], Weight.SEMIBOLD, size) for name in lines), 300) + 8
    else:
        head = line * max(map(len, lines))
    top = above.bottom + (8 if picture.column_label else 0)
    heads = tuple(Box(first + i * (cell + GAP), top, cell, head) for i in range(len(lines)))
    body = top + head + (10 if lines else 0)
    row = max(round(size * 1.8), min(cell, 64)) + GAP
    cells = tuple(
        tuple(Box(first + x * (cell + GAP), body + y * row, cell, row - GAP) for x in range(count))
        for y in range(len(picture.cells))
    )
    return GridPlace(
        size=size,
        height=round(cells[-1][0].bottom) + LEFT,
        heads=heads,
        lines=lines,
        upright=upright,
        names=tuple(Box(start, line[0].top, names - _HEAD_PAD, line[0].height) for line in cells[: len(picture.rows)]),
        cells=cells,
        corner=Box(start, top + head - line, max(0.0, names - _HEAD_PAD), line),
        above=above,
    )


def grid_labels(picture: GridPicture, place: GridPlace, theme: Theme) -> list[Label]:
    """All words of the table that do not run upwards."""
    sizes = (place.size,)
    found: list[Label] = []
    marked = picture.marked or (-1, -1)
    if picture.column_label:
        found.append(label(place.above, (_across(picture),), Weight.MEDIUM, sizes, theme.quiet, "middle"))
    if picture.rows and picture.row_label:
        found.append(label(place.corner, (_down(picture),), Weight.MEDIUM, sizes, theme.quiet))
    for index, (box, name) in enumerate(zip(place.names, _shown(picture.rows), strict=True)):
        colour = theme.current.text if index == marked[0] else theme.text
        found.append(label(box, (name,), Weight.SEMIBOLD, sizes, colour))
    if not place.upright:
        for index, (box, name) in enumerate(zip(place.heads, place.lines, strict=True)):
            colour = theme.current.text if index == marked[1] else theme.text
            part = box.height / max(map(len, place.lines))
            for number, words in enumerate(reversed(name), 1):  # one line stands at the bottom, beside the cells
                lying = Box(box.left, box.bottom - number * part, box.width, part)
                found.append(label(lying, (words,), Weight.SEMIBOLD, sizes, colour, "middle"))
    for y, (boxes, line) in enumerate(zip(place.cells, picture.cells, strict=True)):
        for x, (box, cell) in enumerate(zip(boxes, _shown(line), strict=True)):
            here = (y, x) == marked
            weight, colour = (Weight.BOLD, theme.text) if here else (Weight.MEDIUM, theme.text)
            found.append(label(box, (cell,), weight, sizes, colour, "middle"))
    return found


def draw_grid(picture: GridPicture, theme: Theme) -> bytes:
    """The table as a PNG."""
    place = lay_out_grid(picture)
    canvas = sheet(place.height, theme)
    for y, boxes in enumerate(place.cells):
        for x, box in enumerate(boxes):
            draw_cell(canvas, box, theme, marked=(y, x) == picture.marked)
    if place.upright:
        for index, (box, name) in enumerate(zip(place.heads, place.lines, strict=True)):
            colour = theme.current.text if picture.marked and picture.marked[1] == index else theme.text
            words = label(Box(0, 0, box.height, box.width), name, Weight.SEMIBOLD, (place.size,), colour).words
            canvas.text_up(box, words, Weight.SEMIBOLD, place.size, colour)
    for text in grid_labels(picture, place, theme):
        canvas.text(text.box, text.words, text.weight, text.size, text.colour, text.align)
    return canvas.png()


def sheet(height: int, theme: Theme) -> Canvas:
    """An empty picture of a question: a panel on the theme's ground."""
    canvas = Canvas(WIDTH, height, theme.ground)
    canvas.panel(Box(MARGIN, MARGIN, WIDTH - 2 * MARGIN, height - 2 * MARGIN), 24, theme.card, theme.edge, 2)
    return canvas


def draw_cell(canvas: Canvas, box: Box, theme: Theme, *, marked: bool = False) -> None:
    """The ground of one cell; a marked one has a strong edge besides its colour."""
    if marked:
        canvas.panel(box, 10, mix(theme.current.fill, theme.card, 0.22), theme.current.fill, 5)
    else:
        canvas.panel(box, 10, theme.ground, theme.edge, 2)


def _down(picture: GridPicture) -> str:
    words = printable(picture.row_label)
    return f"{words} ↓" if _alike(picture) else words


def _across(picture: GridPicture) -> str:
    words = printable(picture.column_label)
    return f"{words} →" if _alike(picture) else words


def _alike(picture: GridPicture) -> bool:
    """Whether rows and columns have the same names, so that only their labels tell them apart."""
    return picture.rows == picture.columns


def _shown(words: Sequence[str]) -> tuple[str, ...]:
    """What the fonts have of these names; their number where that is nothing."""
    return tuple(printable(each) or f"no. {place}" for place, each in enumerate(words, 1))


def _widest(words: str, size: int) -> float:
    """In whatever weight it is set; the bold cut is the narrowest."""
    return max(width(words, weight, size) for weight in Weight)


def _in_two(name: str) -> tuple[str, ...]:
    """A name of several words in two lines, as even as can be."""
    words = name.split(" ")
    ways = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))]
    if not ways or len(name) <= 7:
        return (name,)
    return min(ways, key=lambda way: max(width(part, Weight.SEMIBOLD, _SIZES[-1]) for part in way))
