"""The marks on the line: a shape and a colour for each state, told apart by either alone, in a ring of skills."""

from math import cos, pi, sin
from typing import Final

from bot.pictures.canvas import Canvas
from bot.pictures.layout import LINE, MARK, Point
from bot.pictures.theme import Colour, Ink, Theme, mix
from bot.pictures.words import Mark
from lessons.mastery import SkillsReached

_RING: Final = MARK - 2


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
    """Draws it around ``at``, within the ring; ``ground`` is what it stands on."""
    colours = ink(mark, theme)
    match mark:
        case Mark.DONE:
            canvas.disc(at, 27, colours.fill)
            tick = (Point(at.x - 12, at.y + 1), Point(at.x - 3, at.y + 10), Point(at.x + 13, at.y - 9))
            canvas.line(tick, 7, colours.on_fill)
        case Mark.CURRENT:
            canvas.disc(at, 27, colours.fill)
            canvas.disc(at, 17.5, ground)
            canvas.disc(at, 10, colours.fill)
        case Mark.CURRENT_LATE:
            canvas.disc(at, 33, mix(colours.fill, ground, 0.35))
            _warning(canvas, at, colours)
        case Mark.LATE:
            _warning(canvas, at, colours)
        case Mark.OWED:
            canvas.shape([Point(at.x + 24 * cos(a), at.y + 24 * sin(a)) for a in _quarters()], colours.fill, rounded=5)
            for x in (at.x - 6.5, at.x + 6.5):
                canvas.line((Point(x, at.y - 8), Point(x, at.y + 8)), 6, colours.on_fill)
        case Mark.AHEAD:
            canvas.disc(at, 11, colours.fill)


def draw_ring(canvas: Canvas, skills: SkillsReached, at: Point, theme: Theme, ground: Colour) -> None:
    """A ring around a topic's mark, of one piece for each skill; those reached are thick and in the colour of done.

    Reached ones come first: the ring fills like a clock, whichever skills they are.
    """
    canvas.disc(at, _RING - 3, ground)
    gap = min(0.028, 0.25 / max(1, skills.of))
    for piece in range(skills.of):
        turns = (piece / skills.of + gap / 2, (piece + 1) / skills.of - gap / 2)
        if piece < skills.reached:
            canvas.arc(at, _RING, 10, turns, theme.done.fill)
        else:
            canvas.arc(at, _RING, 5, turns, theme.track)


def _quarters() -> tuple[float, ...]:
    return 0, pi / 2, pi, 3 * pi / 2


def _warning(canvas: Canvas, at: Point, colours: Ink) -> None:
    corners = (Point(at.x, at.y - 22), Point(at.x + 21, at.y + 14), Point(at.x - 21, at.y + 14))
    canvas.shape(corners, colours.fill, rounded=6)
    canvas.line((Point(at.x, at.y - 11), Point(at.x, at.y + 1)), 6.5, colours.on_fill)
    canvas.disc(Point(at.x, at.y + 11.5), 4, colours.on_fill)


def draw_end(canvas: Canvas, start: Point, end: Point, colour: Colour, *, ongoing: bool) -> None:
    """How the line ends: with a buffer stop, or with dots that go on where the last phase has no end."""
    if not ongoing:
        stop = end.y - LINE / 2
        canvas.line((start, Point(end.x, stop)), LINE, colour)
        canvas.line((Point(end.x - 22, stop), Point(end.x + 22, stop)), LINE, colour)
        return
    for above, radius in ((29, 6), (14, 5), (1, 4)):
        canvas.disc(Point(end.x, end.y - above), radius, colour)
