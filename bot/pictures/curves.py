"""A question's curves as a picture. Each has a colour, a style of line and a mark of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, isfinite, log10
from typing import Final, TypeAlias

from bot.pictures.canvas import Canvas
from bot.pictures.fonts import Weight, printable, width
from bot.pictures.grids import LEFT, ROOM, sheet
from bot.pictures.labels import label
from bot.pictures.layout import Box, Point
from bot.pictures.theme import Colour, Theme
from lessons.questions.model import CurvesPicture

HEIGHT: Final = 640
_SIZE: Final = 32
_LINE: Final = 5
_MARKED: Final = 24
"""Curves of more points show no mark for each: they would cover one another."""
_PATTERNS: Final[tuple[tuple[float, ...], ...]] = ((), (22, 14), (3, 13), (24, 12, 3, 12))
"""Styles of line in the order of the curves: solid, dashed, dotted, dash and dot."""

_Corners: TypeAlias = tuple[tuple[float, float], ...]
_SHAPES: Final[tuple[_Corners, ...]] = (
    (),
    ((-8, -8), (8, -8), (8, 8), (-8, 8)),
    ((0, -10), (10, 8), (-10, 8)),
    ((0, -12), (12, 0), (0, 12), (-12, 0)),
)
"""Corners of each curve's mark around its point; none for a disc."""


@dataclass(frozen=True)
class Axis:
    """A scale from ``low`` to ``high`` with its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    words: tuple[str, ...]
    """One a tick."""

    def share(self, value: float) -> float:
        """How far along the axis a value lies, 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def upright_axis(values: Sequence[float]) -> Axis:
    """A scale of round numbers that holds all values; from 0 where that costs little room."""
    seen = [value for value in values if isfinite(value)] or [0.0, 1.0]
    low, high = min(seen), max(seen)
    if 0 < low < 0.4 * high:
        low = 0.0
    if low == high:
        low, high = low - (abs(low) / 2 or 1), high + (abs(high) / 2 or 1)
    step = _round_step((high - low) / 4)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(place * step for place in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, tuple(_tick(value, step) for value in ticks))


def lying_axis(count: int, room: float) -> Axis:
    """The points 1 to ``count`` of a curve, as many of them named as fit in ``room`` pixels."""
    each = width(str(count), Weight.MEDIUM, _SIZE) + 22
    most = max(2, int(room / each))
    step = next(size for size in _steps() if (count - 1) / size < most)
    places = [1, *range(step if step > 1 else 2, count + 1, step)]
    if step > 1 and count - places[-1] >= step / 2:
        places.append(count)
    return Axis(1, max(count, 2), tuple(map(float, places)), tuple(map(str, places)))


def _steps() -> Iterator[int]:
    scale = 1
    while True:
        yield from (scale, 2 * scale, 5 * scale)
        scale *= 10


def _round_step(rough: float) -> float:
    scale = 10.0 ** floor(log10(rough))
    return next(scale * size for size in (1, 2, 5, 10) if scale * size >= rough * 0.999)


def _tick(value: float, step: float) -> str:
    if value and (step < 1e-5 or abs(value) >= 1e6):
        text = f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    else:
        text = f"{value:.{max(0, -floor(log10(step) + 1e-9))}f}"
        text = "0" if not float(text) else text
    return text.replace("-", "−")


def colours(theme: Theme) -> tuple[Colour, ...]:
    """Of the curves, in their order."""
    return theme.current.fill, theme.late.fill, theme.done.fill, theme.text


def draw_curves(picture: CurvesPicture, theme: Theme) -> bytes:
    """The curves as a PNG; values that are no numbers leave a gap."""
    canvas = sheet(HEIGHT, theme)
    up = upright_axis([value for curve in picture.values for value in curve])
    beside = max(width(words, Weight.MEDIUM, _SIZE) for words in up.words) + 18
    plot = Box(LEFT + beside, LEFT + 80, ROOM - beside - 22, HEIGHT - 2 * LEFT - 80 - 96)
    count = max(map(len, picture.values))
    along = lying_axis(count, plot.width)
    _legend(canvas, picture, theme)
    _axes(canvas, picture, plot, along, up, theme)
    for index, curve in enumerate(picture.values):
        points = [
            Point(plot.left + plot.width * along.share(place), plot.bottom - plot.height * up.share(value))
            if isfinite(value)
            else None
            for place, value in enumerate(curve, 1)
        ]
        for there, group in groupby(points, key=lambda point: point is not None):
            run = [point for point in group if point is not None]
            if there:
                _curve(canvas, run, index, colours(theme)[index % 4], marks=count <= _MARKED)
    return canvas.png()


def _curve(canvas: Canvas, points: Sequence[Point], index: int, colour: Colour, *, marks: bool) -> None:
    pattern = _PATTERNS[index % 4]
    if pattern and len(points) > 1:
        canvas.dashes(points, _LINE, colour, pattern)
    elif len(points) > 1:
        canvas.line(points, _LINE, colour)
    for point in points if marks or len(points) == 1 else ():
        _mark(canvas, point, index, colour)


def _mark(canvas: Canvas, at: Point, index: int, colour: Colour) -> None:
    corners = _SHAPES[index % 4]
    if corners:
        canvas.shape([Point(at.x + x, at.y + y) for x, y in corners], colour, rounded=2)
    else:
        canvas.disc(at, 9.5, colour)


def _legend(canvas: Canvas, picture: CurvesPicture, theme: Theme) -> None:
    """What is measured, and which curve is which where there are several."""
    names = tuple(printable(name) for name in picture.names)
    measure = printable(picture.y_label)
    if len(names) == 1 and names[0] != measure:
        measure = f"{names[0]}, {measure}"
    several = names if len(names) > 1 else ()
    needed = sum(width(name, Weight.SEMIBOLD, _SIZE) + 112 for name in several)
    words = label(Box(LEFT, LEFT, ROOM - needed, 44), (measure,), Weight.SEMIBOLD, (_SIZE,), theme.quiet)
    canvas.text(words.box, words.words, words.weight, words.size, words.colour)
    at = LEFT + ROOM - needed + 32
    for index, name in enumerate(several):
        colour = colours(theme)[index % 4]
        _curve(canvas, (Point(at, LEFT + 22), Point(at + 62, LEFT + 22)), index, colour, marks=False)
        _mark(canvas, Point(at + 31, LEFT + 22), index, colour)
        long = width(name, Weight.SEMIBOLD, _SIZE)
        canvas.text(Box(at + 76, LEFT, long, 44), name, Weight.SEMIBOLD, _SIZE, theme.text)
        at += long + 112


def _axes(canvas: Canvas, picture: CurvesPicture, plot: Box, along: Axis, up: Axis, theme: Theme) -> None:
    for value, words in zip(up.ticks, up.words, strict=True):
        y = plot.bottom - plot.height * up.share(value)
        canvas.line((Point(plot.left, y), Point(plot.right, y)), 2, theme.edge)
        canvas.text(Box(LEFT, y - 22, plot.left - LEFT - 16, 44), words, Weight.MEDIUM, _SIZE, theme.quiet, "right")
    for value, words in zip(along.ticks, along.words, strict=True):
        x = plot.left + plot.width * along.share(value)
        canvas.line((Point(x, plot.top), Point(x, plot.bottom)), 2, theme.edge)
        canvas.text(Box(x - 60, plot.bottom + 10, 120, 44), words, Weight.MEDIUM, _SIZE, theme.quiet, "middle")
    corner = Point(plot.left, plot.bottom)
    canvas.line((Point(plot.left, plot.top), corner, Point(plot.right, plot.bottom)), 3, theme.track)
    box = Box(plot.left, plot.bottom + 52, plot.width, 44)
    canvas.text(box, printable(picture.x_label), Weight.SEMIBOLD, _SIZE, theme.quiet, "middle")
