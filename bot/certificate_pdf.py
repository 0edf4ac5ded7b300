"""The certificate as a page of A4, for printing and for applications: the drawing of the picture, in vectors."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.pictures import fonts
from bot.pictures.certificate import PAPER, WIDTH, Page, certificate_page
from bot.pictures.fonts import Weight
from bot.pictures.layout import Box, Point
from lessons.certificates import Issued, shown_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fpdf import FPDF

    from bot.pictures.canvas import Align
    from bot.pictures.theme import Colour

_A4: Final = (595.28, 841.89)
"""Points."""
_CAP_HEIGHT: Final = 0.727
"""Height of Inter's capitals in ems, as in `bot.pictures.canvas`."""
_FONTS: Final = Path(fonts.__file__).parent


def certificate_pdf(issued: Issued) -> bytes:
    """The certificate as a PDF of one page; the same certificate gives the same bytes.

    It keeps one core busy for a moment, so call it in a thread.

    Raises:
        OSError: a font file is missing.
    """
    # A third of a second and 35 MB that a bot which issues none does without.
    from fpdf import FPDF  # noqa: PLC0415

    # It tells of every table of every font.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    content = issued.content
    page = _filling_a4(issued)
    height = page.width * _A4[1] / _A4[0]
    pdf = FPDF(unit="pt", format=_A4)
    pdf.set_creation_date(datetime.combine(content.issued_on, time(12), UTC))
    pdf.set_title(f"{content.title}: certificate of {content.name}")
    pdf.set_subject(f"{content.roadmap}, code {shown_code(issued.code)}")
    pdf.set_creator("Waypoint")
    pdf.set_lang("en")
    for weight in Weight:
        pdf.add_font(weight.name, fname=_FONTS / weight.value)
    pdf.set_auto_page_break(auto=False)
    pdf.add_page()
    surface = PdfSurface(pdf, _A4[0] / page.width)
    surface.panel(Box(0, 0, page.width, height), 0, PAPER)
    page.draw(surface, height)
    return bytes(pdf.output())


def _filling_a4(issued: Issued) -> Page:
    """The certificate laid out as large as fits the height of A4."""
    width = WIDTH
    while (page := certificate_page(issued, width)).height > width * _A4[1] / _A4[0]:
        width += 20
    return page


class PdfSurface:
    """A page of a PDF to draw on as on a `bot.pictures.canvas.Canvas`, ``scale`` points to its pixel."""

    def __init__(self, pdf: FPDF, scale: float) -> None:
        self._pdf = pdf
        self._scale = scale

    def panel(self, box: Box, radius: float, fill: Colour, edge: Colour | None = None, thick: int = 0) -> None:
        """A rectangle with round corners; the edge lies inside it."""
        if edge is not None:
            self.panel(box, radius, edge)
            box = Box(box.left + thick, box.top + thick, box.width - 2 * thick, box.height - 2 * thick)
            radius = max(0, radius - thick)
        self._pdf.set_fill_color(*fill)
        x, y, width, height = (each * self._scale for each in (box.left, box.top, box.width, box.height))
        self._pdf.rect(x, y, width, height, "F", round_corners=radius > 0, corner_radius=radius * self._scale)

    def disc(self, at: Point, radius: float, fill: Colour) -> None:
        """A filled circle."""
        self._pdf.set_fill_color(*fill)
        self._pdf.circle(at.x * self._scale, at.y * self._scale, radius * self._scale, "F")

    def line(self, points: Sequence[Point], thick: float, colour: Colour) -> None:
        """A line through all points with round ends."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(thick * self._scale)
        for start, end in pairwise(points):
            self._pdf.line(*self._at(start), *self._at(end))
        for point in points:
            self.disc(point, thick / 2, colour)

    def shape(self, corners: Sequence[Point], fill: Colour, *, rounded: float) -> None:
        """A filled shape, grown by ``rounded`` on all sides."""
        self._pdf.set_fill_color(*fill)
        self._pdf.polygon([self._at(corner) for corner in corners], style="F")
        self.line((*corners, corners[0]), 2 * rounded, fill)

    def text(self, box: Box, words: str, weight: Weight, size: int, colour: Colour, align: Align = "left") -> None:
        """Words in the vertical middle of ``box``."""
        self._pdf.set_font(weight.name, size=size * self._scale)
        self._pdf.set_text_color(*colour)
        run = self._pdf.get_string_width(words) / self._scale
        left = {"left": box.left, "middle": box.middle.x - run / 2, "right": box.right - run}[align]
        self._pdf.text(*self._at(Point(left, box.middle.y + _CAP_HEIGHT * size / 2)), words)

    def _at(self, point: Point) -> tuple[float, float]:
        return point.x * self._scale, point.y * self._scale
