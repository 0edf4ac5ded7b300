"""Every piece of text of the roadmap picture: its box, its words cut to fit, and how it is set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.pictures.canvas import Align
from bot.pictures.fonts import Weight, printable, width
from bot.pictures.layout import BADGE, Box, CardPlace, Header, Layout, StationPlace
from bot.pictures.marks import ink
from bot.pictures.theme import Colour, Theme
from bot.pictures.words import LEGEND, Mark, caption, day, days_of, headline, level, mark, short_title, skills_shown
from lessons.curriculum import Curriculum
from lessons.progress import Standing, TopicStanding
from lessons.timeline import Timeline

SMALLEST: Final = 36
"""Pixels an em; a phone shows them as 12."""
PILL: Final = 18
_TITLE_SIZES: Final = (44, 42, 40, 38, SMALLEST)


@dataclass(frozen=True)
class Label:
    """Text that fits its box."""

    box: Box
    words: str
    weight: Weight
    size: int
    colour: Colour
    align: Align = "left"
    pill: Colour | None = None
    """What the words stand on, where they have a ground of their own: ``PILL`` wider on both sides."""


def label(
    box: Box,
    wordings: Sequence[str],
    weight: Weight,
    sizes: Sequence[int],
    colour: Colour,
    align: Align = "left",
) -> Label:
    """The first wording that fits ``box`` at the first of the sizes that lets one fit.

    Sizes go from large to small, wordings from full to short. Where nothing fits, the last wording is cut and
    ends in "…".
    """
    for words in wordings:
        for size in sizes:
            if width(words, weight, size) <= box.width:
                return Label(box, words, weight, size, colour, align)
    size = sizes[-1]
    words = wordings[-1]
    while words and width(f"{words}…", weight, size) > box.width:
        words = words[:-1].rstrip()
    return Label(box, f"{words}…", weight, size, colour, align)


def labels(
    curriculum: Curriculum,
    standing: Standing,
    timeline: Timeline,
    layout: Layout,
    theme: Theme,
    *,
    name: str,
    today: date,
) -> Iterator[Label]:
    """All text of the picture."""
    yield from _header(curriculum, standing, layout.header, theme, name=name, today=today)
    places = [station for card in layout.cards for station in card.stations]
    size = _title_size(standing.topics, places)
    for topic, place in zip(standing.topics, places, strict=True):
        yield from _station(topic, standing, place, theme, size=size, today=today)
    for phase, place in zip(curriculum.phases, layout.cards, strict=True):
        topics = [topic for topic in standing.topics if topic.topic.phase == phase.id]
        dates = days_of(timeline.phase(phase.id), today)
        yield from _card(level(phase), dates, topics, place, theme)
        badge = Box(place.badge.x - BADGE, place.badge.y - BADGE, 2 * BADGE, 2 * BADGE)
        colour = theme.done.on_fill if place.reached else theme.text
        yield Label(badge, str(phase.number), Weight.BOLD, 44, colour, "middle")
    yield label(layout.legend.words, LEGEND, Weight.MEDIUM, (38, SMALLEST), theme.quiet)


def _header(
    curriculum: Curriculum, standing: Standing, place: Header, theme: Theme, *, name: str, today: date
) -> Iterator[Label]:
    head = headline(standing)
    title = printable(curriculum.roadmap.title) or "Roadmap"
    owner = printable(name) or "Your roadmap"
    on = f"{day(today, today)} {today.year}"
    yield label(place.roadmap, (title,), Weight.MEDIUM, (38, SMALLEST), theme.quiet)
    yield label(place.date, (on,), Weight.MEDIUM, (38,), theme.quiet, "right")
    yield label(place.name, (owner,), Weight.BOLD, (84, 76, 68, 60, 54), theme.text)
    yield label(place.count, (head.count,), Weight.SEMIBOLD, (46, 42, SMALLEST), theme.text)
    colour = ink(head.mark, theme).text
    yield label(place.schedule, (head.schedule,), Weight.SEMIBOLD, (46, 42), colour, "right")


def _card(
    title: str, dates: Sequence[str], topics: Sequence[TopicStanding], place: CardPlace, theme: Theme
) -> Iterator[Label]:
    done = sum(1 for topic in topics if mark(topic) is Mark.DONE)
    colour = theme.done.text if done == len(topics) else theme.quiet
    yield label(place.title, (title,), Weight.BOLD, (48, 44, 40, SMALLEST), theme.text)
    yield label(place.count, (f"{done}/{len(topics)}",), Weight.SEMIBOLD, (42, 38, SMALLEST), colour, "right")
    yield label(place.dates, dates, Weight.MEDIUM, (38, SMALLEST), theme.quiet)


def _title_size(topics: Sequence[TopicStanding], places: Sequence[StationPlace]) -> int:
    """One size for all topics: the largest for those that fit at all; the others are cut at any size."""
    pairs = [(short_title(topic), place.title.width) for topic, place in zip(topics, places, strict=True)]
    fitting = [(words, room) for words, room in pairs if width(words, Weight.SEMIBOLD, SMALLEST) <= room]
    for size in _TITLE_SIZES:
        if all(width(words, Weight.SEMIBOLD, size) <= room for words, room in fitting):
            return size
    return SMALLEST


def _station(
    topic: TopicStanding, standing: Standing, place: StationPlace, theme: Theme, *, size: int, today: date
) -> Iterator[Label]:
    kind = mark(topic)
    colours = ink(kind, theme)
    quiet = kind in {Mark.AHEAD, Mark.DONE}
    colour = theme.quiet if kind is Mark.AHEAD else theme.text
    yield label(place.title, (short_title(topic),), Weight.SEMIBOLD, (size,), colour)
    weight = Weight.MEDIUM if quiet else Weight.SEMIBOLD
    yield label(place.caption, caption(topic, standing, today), weight, (38, SMALLEST), colours.text)
    if place.skills is not None:
        yield label(place.skills, skills_shown(topic), Weight.MEDIUM, (38, SMALLEST), theme.text)
    if place.tag is not None:
        box = Box(place.tag.left + PILL, place.tag.top, place.tag.width - 2 * PILL, place.tag.height)
        words = label(box, ("You are here",), Weight.SEMIBOLD, (SMALLEST,), colours.on_fill)
        yield replace(words, pill=colours.fill)
