"""The marks on the line: a shape and a colour for each state, told apart by either alone."""

from math import cos, pi, sin

from bot.pictures.canvas import Canvas
from bot.pictures.layout import LINE, Point
from bot.pictures.theme import Colour, Ink, Theme, mix
from bot.pictures.words import Mark


def ink(mark: Mark, theme: Theme) -> Ink:
    """The colours of that state."""
    match mark:
        case Mark.DONE:
            return theme.done
        case Mark.CURRENT:
            return theme.current
        case Mark.CURRENT_LATE | Mark.LATE:
            return theme.late
        case Mark.OWED:
            return theme.owed
        case Mark.AHEAD:
            return theme.ahead


def draw_mark(canvas: Canvas, mark: Mark, at: Point, theme: Theme, ground: Colour) -> None:
    """Draws it around ``at``, within ``layout.MARK`` pixels on each side; ``ground`` is what it stands on."""
    colours = ink(mark, theme)
    match mark:
        case Mark.DONE:
            canvas.disc(at, 28, colours.fill)
            tick = (Point(at.x - 12, at.y + 1), Point(at.x - 3, at.y + 10), Point(at.x + 13, at.y - 9))
            canvas.line(tick, 7, colours.on_fill)
        case Mark.CURRENT:
            canvas.disc(at, 40, mix(colours.fill, ground, 0.35))
            canvas.disc(at, 30, colours.fill)
            canvas.disc(at, 20, ground)
            canvas.disc(at, 11, colours.fill)
        case Mark.CURRENT_LATE:
            canvas.disc(at, 43, mix(colours.fill, ground, 0.35))
            _warning(canvas, at, colours)
        case Mark.LATE:
            _warning(canvas, at, colours)
        case Mark.OWED:
            canvas.shape([Point(at.x + 25 * cos(a), at.y + 25 * sin(a)) for a in _quarters()], colours.fill, rounded=6)
            for x in (at.x - 6.5, at.x + 6.5):
                canvas.line((Point(x, at.y - 8), Point(x, at.y + 8)), 6, colours.on_fill)
        case Mark.AHEAD:
            canvas.disc(at, 21, colours.fill)
            canvas.disc(at, 14, ground)


def _quarters() -> tuple[float, ...]:
    return 0, pi / 2, pi, 3 * pi / 2


def _warning(canvas: Canvas, at: Point, colours: Ink) -> None:
    corners = (Point(at.x, at.y - 25), Point(at.x + 24, at.y + 17), Point(at.x - 24, at.y + 17))
    canvas.shape(corners, colours.fill, rounded=7)
    canvas.line((Point(at.x, at.y - 12), Point(at.x, at.y + 3)), 6.5, colours.on_fill)
    canvas.disc(Point(at.x, at.y + 14), 4, colours.on_fill)


def draw_end(canvas: Canvas, start: Point, end: Point, colour: Colour, *, ongoing: bool) -> None:
    """How the line ends: with a buffer stop, or with dots that go on where the last phase has no end."""
    if not ongoing:
        stop = end.y - LINE / 2
        canvas.line((start, Point(end.x, stop)), LINE, colour)
        canvas.line((Point(end.x - 22, stop), Point(end.x + 22, stop)), LINE, colour)
        return
    for share, radius in ((0.58, 7), (0.78, 6), (0.95, 5)):
        canvas.disc(Point(end.x, start.y + (end.y - start.y) * share), radius, colour)
