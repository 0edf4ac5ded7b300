"""The picture of ``/roadmap``: all topics in their phases as a metro map, and where the member stands."""

from collections.abc import Collection
from datetime import date
from typing import Final

from bot.pictures.canvas import Canvas
from bot.pictures.fonts import width
from bot.pictures.labels import PILL, Label, labels
from bot.pictures.layout import BADGE, LINE, Box, Layout, lay_out
from bot.pictures.marks import draw_end, draw_mark, draw_ring, ink
from bot.pictures.theme import Colour, Theme, ThemeName, mix
from bot.pictures.theme import theme as theme_of
from bot.pictures.words import describe_roadmap, mark
from lessons.curriculum import Curriculum
from lessons.mastery import SkillsReached
from lessons.progress import Standing, TopicState
from lessons.timeline import Timeline

__all__ = ["describe_roadmap", "draw_roadmap"]

_BEND: Final = 28
"""Radius of the line's corners."""


def draw_roadmap(
    curriculum: Curriculum,
    standing: Standing,
    timeline: Timeline,
    *,
    name: str,
    today: date,
    theme: ThemeName = "dark",
) -> bytes:
    """A PNG, 1,200 pixels wide and as high as the topics need.

    It keeps one core busy for a moment, so call it in a thread. The same arguments give the same picture on
    one machine.

    Args:
        curriculum: whose topics are drawn, in its order.
        standing: the member's, of the same curriculum.
        timeline: the member's, for the dates of the phases.
        name: whose roadmap it is; what the fonts cannot draw of it is left out.
        today: the member's local date.
        theme: the colours; both bring their own background.

    Raises:
        OSError: a font file is missing.
    """
    colours = theme_of(theme)
    sizes = [len(curriculum.topics_in(phase.id)) for phase in curriculum.phases]
    here = next((i for i, topic in enumerate(standing.topics) if topic is standing.current), None)
    layout = lay_out(sizes, here)
    canvas = Canvas(layout.width, layout.height, colours.ground)
    _draw_bar(canvas, layout.header.bar, standing, colours)
    _draw_lanes(canvas, curriculum, layout, standing, colours)
    grounds = _draw_glows(canvas, layout, standing, colours)
    _draw_line(canvas, layout, colours, ongoing=curriculum.phases[-1].ongoing)
    places = [place for card in layout.cards for place in card.stations]
    for place, topic, ground in zip(places, standing.topics, grounds, strict=True):
        draw_ring(canvas, topic.skills, place.mark, colours, ground)
        draw_mark(canvas, mark(topic), place.mark, colours, ground)
    draw_ring(canvas, SkillsReached(3, 4, 4, ()), layout.legend.ring, colours, colours.ground)
    for text in labels(curriculum, standing, timeline, layout, colours, name=name, today=today):
        _draw_label(canvas, text)
    return canvas.png()


def _draw_bar(canvas: Canvas, box: Box, standing: Standing, theme: Theme) -> None:
    """One piece for each topic, in the colour of its state."""
    count = len(standing.topics)
    share = box.width / count
    gap = min(8, share / 4)
    for index, topic in enumerate(standing.topics):
        fill = theme.track if topic.state is TopicState.AHEAD else ink(mark(topic), theme).fill
        left = box.left + index * share
        right = left + share - (gap if index + 1 < count else 0)
        canvas.panel(Box(left, box.top, right - left, box.height), min(8, (right - left) / 2), fill)


def _draw_lanes(canvas: Canvas, curriculum: Curriculum, layout: Layout, standing: Standing, theme: Theme) -> None:
    """A lane for each phase, its head in the colour of where it stands."""
    for phase, card in zip(curriculum.phases, layout.cards, strict=True):
        canvas.panel(card.box, 32, theme.card, theme.edge, 2)
        states = [topic.state for topic in standing.topics if topic.topic.phase == phase.id]
        canvas.panel(card.head, 24, lane_head(states, theme))


def lane_head(states: Collection[TopicState], theme: Theme) -> Colour:
    """The ground of a phase's name by the states of its topics: all done, the member is there, or neither."""
    if all(state is TopicState.DONE for state in states):
        return mix(theme.done.fill, theme.card, 0.16)
    if TopicState.CURRENT in states:
        return mix(theme.current.fill, theme.card, 0.16)
    return mix(theme.track, theme.card, 0.3)


def _draw_glows(canvas: Canvas, layout: Layout, standing: Standing, theme: Theme) -> list[Colour]:
    """Sets the current topic's row off; returns the ground that each topic's mark stands on."""
    grounds: list[Colour] = []
    places = [place for card in layout.cards for place in card.stations]
    for place, topic in zip(places, standing.topics, strict=True):
        ground = theme.card
        if place.glow is not None:
            colour = ink(mark(topic), theme).fill
            ground = mix(colour, theme.card, 0.14)
            canvas.panel(place.glow, 24, ground, mix(colour, theme.card, 0.55), 3)
        grounds.append(ground)
    return grounds


def _draw_line(canvas: Canvas, layout: Layout, theme: Theme, *, ongoing: bool) -> None:
    travelled = layout.travelled
    for leg in layout.legs[travelled:]:
        canvas.line(leg, LINE, theme.track, bend=_BEND)
    for leg in layout.legs[:travelled]:
        canvas.line(leg, LINE, theme.done.fill, bend=_BEND)
    start, end = layout.tail
    arrived = travelled == len(layout.legs) and not any(s.tag for s in layout.cards[-1].stations)
    draw_end(canvas, start, end, theme.done.fill if arrived else theme.track, ongoing=ongoing)
    for card in layout.cards:
        colour = theme.done.fill if card.reached else theme.track
        canvas.disc(card.badge, BADGE, colour)
        if not card.reached:
            canvas.disc(card.badge, BADGE - 6, theme.card)


def _draw_label(canvas: Canvas, text: Label) -> None:
    if text.pill is not None:
        run = width(text.words, text.weight, text.size)
        box = Box(text.box.left - PILL, text.box.top, run + 2 * PILL, text.box.height)
        canvas.panel(box, box.height / 2, text.pill)
    canvas.text(text.box, text.words, text.weight, text.size, text.colour, text.align)
