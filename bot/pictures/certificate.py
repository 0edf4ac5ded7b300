"""The certificate: one drawing, for the picture in the chat and for the page of the PDF.

It stands on paper of its own in both of Discord's themes. Everything is measured in pixels of the picture, which is
1,200 wide: a phone shows three of them as one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, pi, sin
from typing import Final, Protocol

from bot.pictures.canvas import Align, Canvas
from bot.pictures.fonts import Weight, printable
from bot.pictures.fonts import width as text_width
from bot.pictures.labels import SMALLEST, label
from bot.pictures.layout import Box, Point
from bot.pictures.theme import LIGHT, Colour, mix, rgb
from bot.wording import plural
from lessons.certificates import CertificateContent, CertifiedRun, CertifiedTopic, Issued, shown_code

WIDTH: Final = 1200
DESCRIPTION_MAX: Final = 1_000
"""Characters of a description; Discord takes 1,024."""
PAPER: Final = rgb(0xFDFCF8)
GOLD: Final = rgb(0xC8992B)
DARK_GOLD: Final = rgb(0x87600F)
_INK: Final = rgb(0x1B2340)
_MARGIN: Final = 100
_ROW: Final = 58
_RUN: Final = 98
_GUTTER: Final = 60
_SEAL: Final = 92


class Surface(Protocol):
    """What can be drawn on; see `bot.pictures.canvas.Canvas`, which is one."""

    def panel(self, box: Box, radius: float, fill: Colour, edge: Colour | None = None, thick: int = 0) -> None:
        """A rectangle with round corners; the edge lies inside it."""
        ...

    def disc(self, at: Point, radius: float, fill: Colour) -> None:
        """A filled circle."""
        ...

    def line(self, points: Sequence[Point], thick: float, colour: Colour) -> None:
        """A line through all points with round ends."""
        ...

    def shape(self, corners: Sequence[Point], fill: Colour, *, rounded: float) -> None:
        """A filled shape, grown by ``rounded`` on all sides."""
        ...

    def text(self, box: Box, words: str, weight: Weight, size: int, colour: Colour, align: Align = "left") -> None:
        """Words in the vertical middle of ``box``."""
        ...


@dataclass(frozen=True)
class Block:
    """A part of the page, as wide as the page."""

    height: float
    draw: Callable[[Surface, float], None]
    """Draws it on a surface, from that height down."""


@dataclass(frozen=True)
class Page:
    """The certificate, ready to be drawn."""

    width: float
    blocks: tuple[Block, ...]

    @property
    def height(self) -> float:
        """What the parts need, with the least room around them."""
        return sum(block.height for block in self.blocks) + 2 * _MARGIN

    def draw(self, surface: Surface, height: float) -> None:
        """Draw it on a page so high; what is more than it needs goes between its parts."""
        frame = Box(36, 36, self.width - 72, height - 72)
        surface.panel(frame, 30, _INK)
        surface.panel(_inset(frame, 7), 24, PAPER)
        surface.panel(_inset(frame, 17), 16, GOLD)
        surface.panel(_inset(frame, 20), 13, PAPER)
        gap = (height - self.height) / max(1, len(self.blocks) - 1)
        top = float(_MARGIN)
        for block in self.blocks:
            block.draw(surface, top)
            top += block.height + gap


def draw_certificate(issued: Issued) -> bytes:
    """A PNG, 1,200 pixels wide and as high as the topics and runs need.

    It keeps one core busy for a moment, so call it in a thread.

    Raises:
        OSError: a font file is missing.
    """
    page = certificate_page(issued, WIDTH)
    canvas = Canvas(WIDTH, round(page.height), PAPER)
    page.draw(canvas, page.height)
    return canvas.png()


def certificate_page(issued: Issued, width: float) -> Page:
    """The certificate laid out on a page so wide."""
    content = issued.content
    blocks = [_head(content, width), _way(content, width), _statement(content, width), _topics(content, width)]
    if content.runs:
        blocks.append(_runs(content.runs, width))
    return Page(width, (*blocks, _foot(issued, width)))


def describe_certificate(issued: Issued) -> str:
    """The picture in words, for its description; at most ``DESCRIPTION_MAX`` characters."""
    content = issued.content
    words = (
        f"Certificate of {content.name}: {content.title}, phase {content.phase} of {len(content.levels)} of the "
        f"{content.roadmap}, {dates(content)}. {plural(len(content.topics), 'topic')}. "
        f"Code {shown_code(issued.code)}."
    )
    runs = " ".join(
        f"{run.project}: {run.dataset}, {run.metric} {run.value}, run {run.run_id}." for run in content.runs
    )
    longer = f"{words} Best runs: {runs}"
    return longer if runs and len(longer) <= DESCRIPTION_MAX else words[:DESCRIPTION_MAX]


def dates(content: CertificateContent) -> str:
    """E.g. ``5 Jan 2026 – 20 Nov 2026``."""
    first, last = (on_day(when) for when in (content.started_on, content.finished_on))
    return first if first == last else f"{first} – {last}"


def on_day(when: date) -> str:
    """E.g. ``20 Nov 2026``."""
    return f"{when.day} {when:%b %Y}"


def _inset(box: Box, by: float) -> Box:
    return Box(box.left + by, box.top + by, box.width - 2 * by, box.height - 2 * by)


def _fit(
    surface: Surface,
    box: Box,
    wordings: Sequence[str],
    weight: Weight,
    sizes: Sequence[int],
    colour: Colour,
    *,
    align: Align = "left",
) -> float:
    """Write the fullest wording that fits, as large as it fits, and return how far it runs.

    What the fonts cannot draw is left out.
    """
    drawn = [words for words in map(printable, wordings) if words]
    if not drawn:
        return 0
    fitted = label(box, drawn, weight, sizes, colour, align)
    surface.text(fitted.box, fitted.words, fitted.weight, fitted.size, fitted.colour, fitted.align)
    return text_width(fitted.words, fitted.weight, fitted.size)


def _across(width: float, top: float, height: float) -> Box:
    return Box(_MARGIN, top, width - 2 * _MARGIN, height)


def _head(content: CertificateContent, width: float) -> Block:
    def draw(surface: Surface, top: float) -> None:
        _fit(surface, _across(width, top, 56), (content.roadmap,), Weight.SEMIBOLD, (40, 36), DARK_GOLD, align="middle")
        _fit(surface, _across(width, top + 60, 110), ("Certificate",), Weight.BOLD, (96,), _INK, align="middle")

    return Block(180, draw)


def _way(content: CertificateContent, width: float) -> Block:
    """The roadmap's line with a station for each phase, travelled as far as the certificate goes."""
    count = len(content.levels)
    pitch = (width - 2 * _MARGIN) / count

    def draw(surface: Surface, top: float) -> None:
        stops = [Point(_MARGIN + pitch * (place + 0.5), top + 60) for place in range(count)]
        surface.line((stops[0], stops[-1]), 14, LIGHT.track)
        surface.line((stops[0], stops[content.phase - 1]), 14, LIGHT.done.fill)
        for place, (stop, level) in enumerate(zip(stops, content.levels, strict=True), start=1):
            reached = place <= content.phase
            surface.disc(stop, 36, LIGHT.done.fill if reached else LIGHT.track)
            if reached:
                _tick(surface, stop, 1.25, LIGHT.done.on_fill)
            else:
                surface.disc(stop, 27, PAPER)
            words = Box(stop.x - pitch / 2 + 6, stop.y + 44, pitch - 12, 50)
            colour = LIGHT.done.text if reached else LIGHT.quiet
            _fit(surface, words, (level,), Weight.SEMIBOLD, (36, 34, 32, 28), colour, align="middle")

    return Block(190, draw)


def _statement(content: CertificateContent, width: float) -> Block:
    of = f"Phase {content.phase} of {len(content.levels)}"
    scope = (f"{of}, with every topic before it", of) if content.phase > 1 else (of,)

    def draw(surface: Surface, top: float) -> None:
        middle = width / 2
        _fit(surface, _across(width, top, 130), (content.name,), Weight.BOLD, range(104, 44, -4), _INK, align="middle")
        surface.line((Point(middle - 240, top + 144), Point(middle + 240, top + 144)), 4, GOLD)
        _fit(
            surface, _across(width, top + 166, 52), ("has finished",), Weight.MEDIUM, (40,), LIGHT.quiet, align="middle"
        )
        title = _across(width, top + 222, 76)
        _fit(surface, title, (content.title,), Weight.BOLD, range(62, 38, -4), LIGHT.current.text, align="middle")
        _fit(surface, _across(width, top + 302, 50), scope, Weight.MEDIUM, (38, 36), LIGHT.quiet, align="middle")
        _fit(surface, _across(width, top + 356, 54), (dates(content),), Weight.SEMIBOLD, (42, 38), _INK, align="middle")

    return Block(440, draw)


def _columns(width: float, least: float) -> list[Box]:
    """As many columns as the page has room for, each at least so wide; only left edge and width count."""
    room = width - 2 * _MARGIN
    count = max(1, int((room + _GUTTER) // (least + _GUTTER)))
    pitch = (room + _GUTTER) / count
    return [Box(_MARGIN + pitch * place, 0, pitch - _GUTTER, 0) for place in range(count)]


def _heading(surface: Surface, width: float, top: float, words: str) -> None:
    box = _across(width, top, 52)
    _fit(surface, box, (words,), Weight.BOLD, (42,), DARK_GOLD)
    surface.line((Point(box.left, top + 60), Point(box.right, top + 60)), 2, mix(GOLD, PAPER, 0.55))


def _topics(content: CertificateContent, width: float) -> Block:
    """The topics in columns, read downwards."""
    columns = _columns(width, 440)
    rows = -(-len(content.topics) // len(columns))
    placed = any(topic.placed for topic in content.topics)
    height = 84 + rows * _ROW

    def draw(surface: Surface, top: float) -> None:
        _heading(surface, width, top, plural(len(content.topics), "topic"))
        for place, topic in enumerate(content.topics):
            column, row = divmod(place, rows)
            left, room = columns[column].left, columns[column].width
            middle = top + 84 + (row + 0.5) * _ROW
            _topic_mark(surface, Point(left + 20, middle), placed=topic.placed)
            box = Box(left + 58, middle - 27, room - 58, 54)
            _fit(surface, box, _topic_wordings(topic), Weight.MEDIUM, (40, 38, SMALLEST), _INK)
        if placed:
            middle = top + height + 40
            _topic_mark(surface, Point(_MARGIN + 20, middle), placed=True)
            words = "known from the placement quiz"
            box = Box(_MARGIN + 58, middle - 26, width - 2 * _MARGIN - 58, 52)
            _fit(surface, box, (words,), Weight.MEDIUM, (SMALLEST,), LIGHT.quiet)

    return Block(height + (76 if placed else 0) + 30, draw)


def _topic_wordings(topic: CertifiedTopic) -> tuple[str, ...]:
    return (topic.title, topic.short_title) if len(topic.title) <= len(topic.short_title) else (topic.short_title,)


def _topic_mark(surface: Surface, at: Point, *, placed: bool) -> None:
    if placed:
        surface.disc(at, 18, LIGHT.current.fill)
        surface.disc(at, 12.5, PAPER)
        surface.disc(at, 5.5, LIGHT.current.fill)
        return
    surface.disc(at, 20, LIGHT.done.fill)
    _tick(surface, at, 0.72, LIGHT.done.on_fill)


def _tick(surface: Surface, at: Point, scale: float, colour: Colour) -> None:
    corners = ((-12, 1), (-3, 10), (13, -9))
    surface.line([Point(at.x + x * scale, at.y + y * scale) for x, y in corners], 7 * scale, colour)


def _runs(runs: Sequence[CertifiedRun], width: float) -> Block:
    """For each run what it was, and on the right what came out."""
    columns = _columns(width, 830)
    rows = -(-len(runs) // len(columns))

    def draw(surface: Surface, top: float) -> None:
        _heading(surface, width, top, "Best training runs")
        for place, run in enumerate(runs):
            column, row = divmod(place, rows)
            _run(surface, run, columns[column], top + 78 + row * _RUN)

    return Block(78 + rows * _RUN + 34, draw)


def _run(surface: Surface, run: CertifiedRun, column: Box, top: float) -> None:
    upper, lower = (Box(column.left, top + 44 * line, column.width, 50) for line in (0, 1))
    taken = _fit(surface, upper, (run.value,), Weight.BOLD, (42,), LIGHT.done.text, align="right")
    _fit(surface, _beside(upper, taken), (run.project,), Weight.SEMIBOLD, (40, 38, SMALLEST), _INK)
    taken = _fit(surface, lower, (run.metric,), Weight.MEDIUM, (SMALLEST,), LIGHT.quiet, align="right")
    about = (f"{run.dataset} · run {run.run_id}", f"run {run.run_id}")
    _fit(surface, _beside(lower, taken), about, Weight.MEDIUM, (SMALLEST, 34, 32), LIGHT.quiet)


def _beside(box: Box, taken: float) -> Box:
    """What is left of a line at whose right end so much is taken."""
    return Box(box.left, box.top, max(0, box.width - taken - 30), box.height)


def _foot(issued: Issued, width: float) -> Block:
    """The code, how to check it, and the seal."""

    def draw(surface: Surface, top: float) -> None:
        room = width - 2 * _MARGIN - 2 * _SEAL - 60
        box = Box(_MARGIN, top + 44, room, 92)
        surface.panel(box, 20, mix(GOLD, PAPER, 0.14), mix(GOLD, PAPER, 0.6), 3)
        code = shown_code(issued.code)
        inside = Box(box.left + 30, box.top, box.width - 60, box.height)
        _fit(surface, inside, (code,), Weight.BOLD, (62, 58, 54, 48), _INK, align="middle")
        how = ("To check it, tell Waypoint: /verify", "Check it with /verify")
        _fit(surface, Box(box.left, top - 12, room, 50), how, Weight.MEDIUM, (SMALLEST, 34), LIGHT.quiet)
        on = f"Issued on {on_day(issued.content.issued_on)}"
        _fit(surface, Box(box.left, box.bottom + 6, room, 50), (on,), Weight.MEDIUM, (SMALLEST,), LIGHT.quiet)
        _seal(surface, Point(width - _MARGIN - _SEAL, top + 76))

    return Block(190, draw)


def _seal(surface: Surface, at: Point) -> None:
    for side in (-1, 1):
        tail = ((14, 40), (62, 40), (74, 132), (46, 116), (22, 138))
        surface.shape([Point(at.x + side * x, at.y + y) for x, y in tail], LIGHT.current.text, rounded=2)
    teeth = 28
    edge = [
        Point(at.x + radius * cos(pi * step / teeth), at.y + radius * sin(pi * step / teeth))
        for step in range(2 * teeth)
        for radius in ((_SEAL if step % 2 else _SEAL - 9),)
    ]
    surface.shape(edge, GOLD, rounded=2)
    surface.disc(at, _SEAL - 20, mix(PAPER, GOLD, 0.75))
    surface.disc(at, _SEAL - 24, GOLD)
    _tick(surface, at, 2.9, PAPER)
