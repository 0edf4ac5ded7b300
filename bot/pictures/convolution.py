"""A small convolution as a picture: the input, the filter, and the place of the output that is asked for.

The window that belongs to that place is not shown: to find it is the question.
"""

from typing import Final

from bot.pictures.canvas import Canvas
from bot.pictures.fonts import Weight
from bot.pictures.grids import GAP, LEFT, ROOM, draw_cell, sheet
from bot.pictures.labels import label
from bot.pictures.layout import Box, Point
from bot.pictures.theme import Colour, Theme, mix
from lessons.questions.model import ConvolutionPicture

_TITLE: Final = 56
_BETWEEN: Final = 56
_CELL: Final = 84
"""Side of a cell at most, its gap included."""


def output_size(picture: ConvolutionPicture) -> tuple[int, int]:
    """Rows and columns of what the convolution gives."""
    extra = 2 * picture.padding
    rows = (len(picture.values) + extra - len(picture.kernel)) // picture.stride + 1
    columns = (len(picture.values[0]) + extra - len(picture.kernel[0])) // picture.stride + 1
    return rows, columns


def movement(picture: ConvolutionPicture) -> str:
    """How the filter moves, in words."""
    if not picture.padding:
        return f"stride {picture.stride}, no padding"
    cells = "one cell" if picture.padding == 1 else f"{picture.padding} cells"
    return f"stride {picture.stride}, padding {picture.padding}: {cells} of 0 on each side"


def draw_convolution(picture: ConvolutionPicture, theme: Theme) -> bytes:
    """The convolution as a PNG."""
    rows = len(picture.values) + 2 * picture.padding
    columns = len(picture.values[0]) + 2 * picture.padding
    out_rows, out_columns = output_size(picture)
    beside = max(len(picture.kernel[0]), out_columns if picture.marked else 0)
    cell = min(_CELL, (ROOM - _BETWEEN) / (columns + max(beside, 3)))
    small = min(cell, 68.0)
    right = ROOM - max(beside * small, 190)
    spread = max(0.0, (right - columns * cell) / 3)
    at, other = Point(LEFT + spread, LEFT), Point(LEFT + right - spread, LEFT)
    tall = [rows * cell, len(picture.kernel) * small + (_TITLE + out_rows * small + 16 if picture.marked else 0)]
    bottom = LEFT + _TITLE + max(tall) + 12
    canvas = sheet(round(bottom + 50 + LEFT), theme)
    _draw_input(canvas, picture, at, cell, theme)
    _title(canvas, other, "Filter", theme)
    for y, line in enumerate(picture.kernel):
        for x, value in enumerate(line):
            box = _box(other, small, y, x)
            canvas.panel(box, 10, mix(theme.owed.fill, theme.card, 0.2), mix(theme.owed.fill, theme.card, 0.6), 2)
            _number(canvas, box, _signed(value), theme.text)
    if picture.marked is not None:
        below = Point(other.x, other.y + _TITLE + len(picture.kernel) * small + 16)
        _title(canvas, below, "Output", theme)
        for y in range(out_rows):
            for x in range(out_columns):
                box = _box(below, small, y, x)
                draw_cell(canvas, box, theme, marked=(y, x) == picture.marked)
                if (y, x) == picture.marked:
                    _number(canvas, box, "?", theme.current.text)
    words = movement(picture)
    line = label(
        Box(LEFT, bottom, ROOM, 50), (words[0].upper() + words[1:],), Weight.MEDIUM, (36, 34, 32), theme.text, "middle"
    )
    canvas.text(line.box, line.words, line.weight, line.size, line.colour, line.align)
    return canvas.png()


def _draw_input(canvas: Canvas, picture: ConvolutionPicture, at: Point, cell: float, theme: Theme) -> None:
    pad = picture.padding
    height, width = len(picture.values), len(picture.values[0])
    _title(canvas, at, f"Input {height} × {width}", theme)
    for y in range(-pad, height + pad):
        for x in range(-pad, width + pad):
            box = _box(at, cell, y + pad, x + pad)
            if 0 <= y < height and 0 <= x < width:
                draw_cell(canvas, box, theme)
                _number(canvas, box, _signed(picture.values[y][x]), theme.text)
            else:
                corners = [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
                edge = [Point(*corner) for corner in (*corners, corners[0])]
                canvas.dashes(edge, 2, theme.ahead.fill, (8, 8))
                _number(canvas, box, "0", theme.quiet)


def _title(canvas: Canvas, at: Point, words: str, theme: Theme) -> None:
    canvas.text(Box(at.x, at.y, ROOM, _TITLE - 10), words, Weight.SEMIBOLD, 36, theme.quiet)


def _box(at: Point, cell: float, row: int, column: int) -> Box:
    return Box(at.x + column * cell, at.y + _TITLE + row * cell, cell - GAP, cell - GAP)


def _number(canvas: Canvas, box: Box, words: str, colour: Colour) -> None:
    text = label(box, (words,), Weight.SEMIBOLD, (44, 40, 36, 32, 28), colour, "middle")
    canvas.text(text.box, text.words, text.weight, text.size, text.colour, text.align)


def _signed(value: int) -> str:
    return str(value).replace("-", "−")
