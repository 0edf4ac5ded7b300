"""Where everything of the roadmap picture stands. Pure geometry: no words, no colours, no fonts.

The picture is a metro map 1,200 pixels wide, for phones that show it 400 wide: three pixels here are one there.
Phases are lanes, two side by side, read like text: each a card with a head. One line runs through all of them:
into a card at its number, down its topics, and on to the next card through the gutter or through the gap below.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

WIDTH: Final = 1200
MARGIN: Final = 36
GUTTER: Final = 56
"""Between two cards side by side, and between two rows of cards: the line runs there."""
LINE: Final = 16
"""Thickness of the line."""
MARK: Final = 46
"""Half the side of the square that a topic's mark may fill, its ring included."""
BADGE: Final = 38
"""Half the side of the square of a phase's number."""

_INSET: Final = 62  # from a card's edge to its line
_TEXT: Final = 122  # from a card's edge to its words
_PAD: Final = 26
_COUNT: Final = 104  # width of "3/4" beside a phase's name
_HEAD: Final = 134
_ROW: Final = 110
_SKILLS: Final = 46  # height of the current topic's third line
_LEGEND: Final = 64
_TAG: Final = 60  # height of "you are here" above the current topic
_GAP: Final = 16  # around the current topic's row, on both sides of its edge
_EXIT: Final = 44  # from a card's last words down to where the line turns to the next card
_TAIL: Final = 64  # from the last words of all down to where the line ends


@dataclass(frozen=True)
class Point:
    """A place, from the top left corner, in pixels."""

    x: float
    y: float


@dataclass(frozen=True)
class Box:
    """A rectangle with straight sides."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x just past it."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The y just past it."""
        return self.top + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return Point(self.left + self.width / 2, self.top + self.height / 2)

    def holds(self, other: "Box") -> bool:
        """Whether ``other`` lies inside, edges included."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def meets(self, other: "Box") -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class Header:
    """The top of the picture."""

    roadmap: Box
    date: Box
    name: Box
    bar: Box
    count: Box
    schedule: Box


@dataclass(frozen=True)
class StationPlace:
    """One topic: its mark on the line and its words beside it."""

    mark: Point
    title: Box
    caption: Box
    tag: Box | None
    """For "you are here"; only of the current topic."""
    skills: Box | None
    """For how many skills are shown, in words; only of the current topic."""
    glow: Box | None
    """What sets the current topic's row off from the others."""

    @property
    def words_end(self) -> float:
        """The y below its last line."""
        return (self.skills or self.caption).bottom


@dataclass(frozen=True)
class CardPlace:
    """One phase."""

    box: Box
    badge: Point
    reached: bool
    """Whether the line is travelled to its number."""
    head: Box
    """The ground of the phase's name."""
    title: Box
    count: Box
    dates: Box
    stations: tuple[StationPlace, ...]


@dataclass(frozen=True)
class Legend:
    """The bottom of the picture: what the rings mean."""

    ring: Point
    words: Box


@dataclass(frozen=True)
class Layout:
    """The whole picture."""

    height: int
    header: Header
    cards: tuple[CardPlace, ...]
    legs: tuple[tuple[Point, ...], ...]
    """The line, in legs: leg ``i`` leads to stop ``i + 1`` of ``stops``, by straight lines with right angles."""
    travelled: int
    """How many legs lie behind the member: those up to the current topic, or all where there is none."""
    tail: tuple[Point, Point]
    """From the last stop to where the line ends."""
    legend: Legend

    @property
    def width(self) -> int:
        """Always the same."""
        return WIDTH

    @property
    def stops(self) -> tuple[Point, ...]:
        """The marks on the line in order: a phase's number, its topics, the next phase's number."""
        return tuple(stop for card in self.cards for stop in (card.badge, *(s.mark for s in card.stations)))


def lay_out(sizes: Sequence[int], current: int | None) -> Layout:
    """Places for a curriculum.

    Args:
        sizes: how many topics each phase has, at least 1 each.
        current: the place of the current topic among all topics, 0 for the first; None for no such topic.

    Raises:
        ValueError: no phase, or a phase without a topic.
    """
    if not sizes or min(sizes) < 1:
        raise ValueError(f"a roadmap has phases, each with a topic, and this has {list(sizes)}")
    header = _header()
    cards: list[CardPlace] = []
    top = header.count.bottom + 32
    first = 0
    for left_index in range(0, len(sizes), 2):
        row: list[CardPlace] = []
        pair = sizes[left_index : left_index + 2]
        for side, size in enumerate(pair):
            here = current - first if current is not None and first <= current < first + size else None
            reached = current is None or first <= current
            row.append(_card(Point(_left(side), top), size, here, reached=reached, alone=len(pair) == 1))
            first += size
        height = max(card.box.height for card in row)
        cards.extend(_stretched(card, height) for card in row)
        top += height + GUTTER
    legs, tail = _line(cards)
    # A leg leads to each number but the first, and to each topic.
    travelled = len(legs) if current is None else current + sum(card.reached for card in cards)
    foot = top - GUTTER + 24
    legend = Legend(
        Point(_left(0) + _INSET, foot + MARK), Box(_left(0) + _TEXT, foot + MARK - _LEGEND / 2, 960, _LEGEND)
    )
    return Layout(round(foot + 2 * MARK + 20), header, tuple(cards), legs, travelled, tail, legend)


def _header() -> Header:
    inner = WIDTH - 2 * MARGIN
    left = MARGIN + 8
    right = WIDTH - left
    return Header(
        roadmap=Box(left, 38, inner - 16 - 300, 46),
        date=Box(right - 280, 38, 280, 46),
        name=Box(left, 85, inner - 16, 102),
        bar=Box(left, 198, inner - 16, 24),
        count=Box(left, 236, 460, 58),
        schedule=Box(left + 480, 236, inner - 16 - 480, 58),
    )


def _column() -> float:
    return (WIDTH - 2 * MARGIN - GUTTER) / 2


def _left(side: int) -> float:
    return MARGIN + side * (_column() + GUTTER)


def _card(corner: Point, size: int, here: int | None, *, reached: bool, alone: bool) -> CardPlace:
    width = WIDTH - 2 * MARGIN if alone else _column()
    text = Point(corner.x + _TEXT, corner.y + _PAD)
    room = width - _TEXT - _PAD
    line = corner.x + _INSET
    stations: list[StationPlace] = []
    top = corner.y + _PAD + _HEAD
    for index in range(size):
        tag = glow = None
        if index == here:
            top += _GAP / 2
            glow = Box(corner.x + 12, top, width - 24, _TAG + _ROW + _SKILLS + 2 * _GAP)
            tag = Box(text.x, top + _GAP, room, 56)
            top += _GAP + _TAG
        title = Box(text.x, top, room, 54)
        caption = Box(text.x, title.bottom, room, 46)
        skills = None if glow is None else Box(text.x, caption.bottom, room, _SKILLS)
        middle = title.top + (50 if skills is None else 72)
        stations.append(StationPlace(Point(line, middle), title, caption, tag, skills, glow))
        top += _ROW if glow is None else _ROW + _SKILLS + 1.5 * _GAP
    return CardPlace(
        box=Box(corner.x, corner.y, width, stations[-1].words_end + _TAIL + 12 - corner.y),
        badge=Point(line, text.y + 51),
        reached=reached,
        head=Box(corner.x + 10, corner.y + 10, width - 20, _PAD + _HEAD - 26),
        title=Box(text.x, text.y, room - _COUNT, 56),
        count=Box(text.x + room - _COUNT, text.y, _COUNT, 56),
        dates=Box(text.x, text.y + 56, room, 46),
        stations=tuple(stations),
    )


def _stretched(card: CardPlace, height: float) -> CardPlace:
    return replace(card, box=replace(card.box, height=height))


def _line(cards: Sequence[CardPlace]) -> tuple[tuple[tuple[Point, ...], ...], tuple[Point, Point]]:
    legs: list[tuple[Point, ...]] = []
    last: Point | None = None
    for index, card in enumerate(cards):
        if last is not None:
            legs.append(_passage(last, cards[index - 1], card))
        last = card.badge
        for station in card.stations:
            legs.append((last, station.mark))
            last = station.mark
    if last is None:
        raise ValueError("a line without a card")
    end = Point(last.x, cards[-1].stations[-1].words_end + _TAIL)
    return tuple(legs), (last, end)


def _passage(last: Point, card: CardPlace, following: CardPlace) -> tuple[Point, ...]:
    if following.box.left > card.box.left:  # side by side: out to the right, up the gutter
        turn = card.stations[-1].words_end + _EXIT
        gutter = card.box.right + GUTTER / 2
        return (
            last,
            Point(last.x, turn),
            Point(gutter, turn),
            Point(gutter, following.badge.y),
            following.badge,
        )
    gap = following.box.top - GUTTER / 2
    return (last, Point(last.x, gap), Point(following.badge.x, gap), following.badge)
