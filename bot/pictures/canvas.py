"""Smooth shapes and measured words on a Pillow picture.

Pillow draws shapes with hard edges, so everything is drawn at twice its size and reduced at the end.
"""

import io
import math
from collections.abc import Iterator, Sequence
from itertools import cycle, pairwise
from typing import Final, Literal, TypeAlias

from PIL import Image, ImageDraw

from bot.pictures.fonts import Weight, font
from bot.pictures.layout import Box, Point
from bot.pictures.theme import Colour

_SCALE: Final = 2

Align: TypeAlias = Literal["left", "middle", "right"]
_ANCHORS: Final[dict[Align, str]] = {"left": "ls", "middle": "ms", "right": "rs"}
_CAP_HEIGHT: Final = 0.727
"""Height of Inter's capitals in ems: words are centred by them, not by their descenders."""


class Canvas:
    """One picture in the making. All measures are pixels of the finished picture."""

    def __init__(self, width: int, height: int, ground: Colour) -> None:
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), ground)
        self._draw = ImageDraw.Draw(self._image)

    def panel(self, box: Box, radius: float, fill: Colour, edge: Colour | None = None, thick: int = 0) -> None:
        """A rectangle with round corners; the edge lies inside it."""
        self._draw.rounded_rectangle(
            (box.left * _SCALE, box.top * _SCALE, box.right * _SCALE - 1, box.bottom * _SCALE - 1),
            radius * _SCALE,
            fill,
            edge,
            thick * _SCALE,
        )

    def disc(self, at: Point, radius: float, fill: Colour) -> None:
        """A filled circle."""
        self._draw.circle((at.x * _SCALE, at.y * _SCALE), radius * _SCALE, fill)

    def arc(self, at: Point, radius: float, thick: float, turns: tuple[float, float], colour: Colour) -> None:
        """A piece of a circle's edge, inwards from ``radius``, between two turns of 0 to 1, clockwise from the top."""
        box = (at.x - radius, at.y - radius, at.x + radius, at.y + radius)
        start, end = (360 * turn - 90 for turn in turns)
        self._draw.arc(tuple(side * _SCALE for side in box), start, end, colour, round(thick * _SCALE))

    def line(self, points: Sequence[Point], thick: float, colour: Colour, *, bend: float = 0) -> None:
        """A line through all points with round ends, its corners rounded by the radius ``bend``."""
        path = [(p.x * _SCALE, p.y * _SCALE) for p in _bent(points, bend)]
        self._draw.line(path, colour, round(thick * _SCALE), joint="curve")
        for end in (path[0], path[-1]):
            self._draw.circle(end, thick * _SCALE / 2, colour)

    def dashes(self, points: Sequence[Point], thick: float, colour: Colour, pattern: Sequence[float]) -> None:
        """A line through all points in dashes with round ends: lengths of a dash, a gap, a dash, ... in turn."""
        for piece in _dashed(points, pattern):
            self.line(piece, thick, colour)

    def shape(self, corners: Sequence[Point], fill: Colour, *, rounded: float) -> None:
        """A filled shape, grown by ``rounded`` on all sides so that its corners are round by as much."""
        path = [(p.x * _SCALE, p.y * _SCALE) for p in corners]
        self._draw.polygon(path, fill)
        self.line((*corners, corners[0]), 2 * rounded, fill)

    def text(self, box: Box, words: str, weight: Weight, size: int, colour: Colour, align: Align = "left") -> None:
        """Words in the vertical middle of ``box``."""
        x = {"left": box.left, "middle": box.middle.x, "right": box.right}[align]
        baseline = box.middle.y + _CAP_HEIGHT * size / 2
        self._draw.text(
            (x * _SCALE, round(baseline * _SCALE)),
            words,
            colour,
            font(weight, size * _SCALE),
            anchor=_ANCHORS[align],
        )

    def text_up(self, box: Box, words: str, weight: Weight, size: int, colour: Colour) -> None:
        """Words that run upwards from the bottom of ``box``, in its horizontal middle."""
        letters = font(weight, size * _SCALE)
        across = round(letters.getlength(words))
        turned = Image.new("L", (across, 2 * size * _SCALE))
        baseline = round(size * _SCALE * (1 + _CAP_HEIGHT / 2))
        ImageDraw.Draw(turned).text((0, baseline), words, 255, letters, anchor="ls")
        turned = turned.transpose(Image.Transpose.ROTATE_90)
        corner = round(box.middle.x * _SCALE - turned.width / 2), round(box.bottom * _SCALE) - across
        self._image.paste(colour, corner, turned)

    def png(self) -> bytes:
        """The finished picture in 256 colours, which is less than half the bytes.

        This way of choosing them keeps every pixel within a few steps of 255; the others tint small text.
        """
        out = io.BytesIO()
        small = self._image.reduce(_SCALE)
        small.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(out, "PNG")
        return out.getvalue()


def _dashed(points: Sequence[Point], pattern: Sequence[float]) -> Iterator[list[Point]]:
    """The pieces of a line that are drawn; a dash goes on round a corner."""
    lengths = cycle(pattern)
    left, drawn = next(lengths), True
    piece = [points[0]]
    for start, end in pairwise(points):
        at, length = 0.0, math.dist((start.x, start.y), (end.x, end.y))
        while length - at > left:
            at += left
            here = _towards(start, end, at, most=1)
            if drawn:
                yield [*piece, here]
            piece, left, drawn = [here], next(lengths), not drawn
        left -= length - at
        piece.append(end)
    if drawn:
        yield piece


def _bent(points: Sequence[Point], radius: float) -> Iterator[Point]:
    yield points[0]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        for step in range(13):  # a quadratic curve is near enough to an arc at this size
            share = step / 12
            rest = 1 - share
            yield Point(
                rest * rest * start.x + 2 * rest * share * corner.x + share * share * end.x,
                rest * rest * start.y + 2 * rest * share * corner.y + share * share * end.y,
            )
    yield points[-1]


def _towards(start: Point, end: Point, distance: float, most: float = 0.5) -> Point:
    """The point so far from ``start``, but not past that share of the way to ``end``."""
    length = math.dist((start.x, start.y), (end.x, end.y))
    share = min(distance, length * most) / length if length else 0
    return Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)
