"""The colours and shapes of the roadmap picture: legible, and told apart by every kind of sight."""

import io
from itertools import combinations

import pytest
from PIL import Image, ImageChops

from bot.pictures.canvas import Canvas
from bot.pictures.layout import MARK, Box, Point
from bot.pictures.marks import draw_mark, draw_ring, ink
from bot.pictures.roadmap import lane_head
from bot.pictures.theme import DARK, LIGHT, Colour, Ink, Theme
from bot.pictures.words import Mark
from lessons.mastery import SkillsReached
from lessons.progress import TopicState


def _luminance(colour: Colour) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: Colour) -> tuple[float, ...]:
    return tuple(c / 12.92 if (c := v / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for v in colour)


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2's ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
SIGHT = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def lab(colour: Colour, sight: str) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of the colour as somebody with that sight sees it."""
    r, g, b = (max(0.0, sum(k * v for k, v in zip(row, _linear(colour), strict=True))) for row in SIGHT[sight])
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
class TestColours:
    def test_words_stand_out(self, theme: Theme) -> None:
        for state in (theme.done, theme.current, theme.late, theme.owed, theme.ahead):
            assert contrast(state.text, theme.card) >= 4.5
        for words in (theme.text, theme.quiet):
            assert contrast(words, theme.card) >= 4.5
            assert contrast(words, theme.ground) >= 4.5
        for state in (theme.done, theme.current, theme.late, theme.owed):
            assert contrast(state.on_fill, state.fill) >= 4

    def test_words_stand_out_on_the_heads_of_the_lanes(self, theme: Theme) -> None:
        for states in ([TopicState.DONE], [TopicState.DONE, TopicState.CURRENT], [TopicState.DONE, TopicState.AHEAD]):
            for words in (theme.text, theme.quiet):
                assert contrast(words, lane_head(states, theme)) >= 4.5
        assert contrast(theme.done.text, lane_head([TopicState.DONE], theme)) >= 4.5

    @pytest.mark.parametrize("skills", [0, 1, 2, 5, 12, 40])
    def test_a_ring_has_room_for_any_number_of_skills(self, theme: Theme, skills: int) -> None:
        canvas = Canvas(100, 100, theme.card)
        draw_ring(canvas, SkillsReached(skills // 2, skills, skills, ()), Point(50, 50), theme, theme.card)
        image = Image.open(io.BytesIO(canvas.png())).convert("RGB")
        difference = ImageChops.difference(image, Image.new("RGB", image.size, theme.card)).convert("L")
        box = difference.point(lambda v: 255 if v > 16 else 0).getbbox()
        assert (box is None) == (skills == 0)
        assert box is None or min(box[:2]) >= 50 - MARK
        assert box is None or max(box[2:]) <= 50 + MARK

    @pytest.mark.parametrize("sight", SIGHT)
    def test_states_differ_for_every_kind_of_sight(self, theme: Theme, sight: str) -> None:
        states = (theme.done, theme.current, theme.late, theme.owed, theme.ahead)
        for one, other in combinations([lab(state.fill, sight) for state in states], 2):
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 15

    def test_marks_differ_by_shape_alone(self, theme: Theme) -> None:
        same = Ink((255, 255, 255), (0, 0, 0), (255, 255, 255))
        grey = Theme(theme.ground, theme.card, theme.edge, theme.text, theme.quiet, theme.track, *[same] * 5)
        shapes = []
        for mark in Mark:
            canvas = Canvas(100, 100, (0, 0, 0))
            draw_mark(canvas, mark, Point(50, 50), grey, (0, 0, 0))
            image = Image.open(io.BytesIO(canvas.png())).convert("L").point(lambda v: 255 if v > 60 else 0)
            left, top, right, bottom = image.getbbox()
            assert Box(50 - MARK, 50 - MARK, 2 * MARK, 2 * MARK).holds(Box(left, top, right - left, bottom - top))
            shapes.append(image)
        for one, other in combinations(shapes, 2):
            assert ImageChops.difference(one, other).histogram()[255] > 300

    def test_each_mark_has_its_colour(self, theme: Theme) -> None:
        assert len({ink(mark, theme).fill for mark in Mark}) == 5  # both late marks share one


def test_skills_shown_stand_out_from_those_to_come_without_colours() -> None:
    def light(reached: int) -> int:
        canvas = Canvas(100, 100, (0, 0, 0))
        grey = Theme(*[(255, 255, 255)] * 6, *[Ink((255, 255, 255), (0, 0, 0), (255, 255, 255))] * 5)
        draw_ring(canvas, SkillsReached(reached, 4, 4, ()), Point(50, 50), grey, (0, 0, 0))
        return Image.open(io.BytesIO(canvas.png())).convert("L").histogram()[255]

    assert light(4) > 1.5 * light(0)
