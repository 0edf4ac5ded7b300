"""Where things stand in the roadmap picture, for every roadmap that an organiser may write."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pictures.layout import BADGE, LINE, MARK, Box, Layout, Point, lay_out


def _words(layout: Layout) -> list[Box]:
    head = layout.header
    found = [head.roadmap, head.date, head.name, head.bar, head.count, head.schedule, layout.legend.words]
    for card in layout.cards:
        found += [card.title, card.count, card.dates]
        for station in card.stations:
            found += [station.title, station.caption, *(box for box in (station.tag, station.skills) if box)]
    return found


def _around(at: Point, half: float) -> Box:
    return Box(at.x - half, at.y - half, 2 * half, 2 * half)


@st.composite
def roadmaps(draw: st.DrawFn) -> Layout:
    sizes = draw(st.lists(st.integers(1, 10), min_size=1, max_size=9))
    return lay_out(sizes, draw(st.none() | st.integers(0, sum(sizes) - 1)))


unhurried = settings(deadline=None)
"""How long a layout takes on a busy machine is not what is tested."""


class TestLayout:
    @unhurried
    @given(roadmaps())
    def test_words_and_marks_keep_clear_of_one_another(self, layout: Layout) -> None:
        marks = [_around(s.mark, MARK) for card in layout.cards for s in card.stations]
        badges = [_around(card.badge, BADGE) for card in layout.cards]
        legend = [_around(layout.legend.ring, MARK)]
        for one, other in combinations(_words(layout) + marks + badges + legend, 2):
            assert not one.meets(other)

    @unhurried
    @given(roadmaps())
    def test_everything_lies_in_its_card_and_every_card_in_the_picture(self, layout: Layout) -> None:
        whole = Box(0, 0, layout.width, layout.height)
        assert all(whole.holds(box) for box in (*_words(layout), _around(layout.legend.ring, MARK)))
        for one, other in combinations([card.box for card in layout.cards], 2):
            assert not one.meets(other)
        for card in layout.cards:
            assert whole.holds(card.box)
            parts = [card.title, card.count, card.dates, _around(card.badge, BADGE)]
            assert all(card.head.holds(part) for part in parts)
            parts.append(card.head)
            for station in card.stations:
                parts += [station.title, station.caption, _around(station.mark, MARK)]
                assert not any(card.head.meets(part) for part in parts[-3:])
                if station.glow and station.tag and station.skills:
                    parts.append(station.glow)
                    words = (station.title, station.caption, station.tag, station.skills)
                    inside = (*words, _around(station.mark, MARK))
                    assert all(station.glow.holds(part) for part in inside)
            assert all(card.box.holds(part) for part in parts)

    @unhurried
    @given(roadmaps())
    def test_one_line_runs_through_all_stops_and_through_no_word(self, layout: Layout) -> None:
        assert [leg[-1] for leg in layout.legs] == list(layout.stops[1:])
        assert [leg[0] for leg in layout.legs] == list(layout.stops[:-1])
        whole = Box(0, 0, layout.width, layout.height)
        for start, end in (pair for leg in (*layout.legs, layout.tail) for pair in pairwise(leg)):
            assert start.x == end.x or start.y == end.y
            run = Box(
                min(start.x, end.x) - LINE / 2,
                min(start.y, end.y) - LINE / 2,
                abs(start.x - end.x) + LINE,
                abs(start.y - end.y) + LINE,
            )
            assert whole.holds(run)
            assert not any(run.meets(box) for box in _words(layout))

    @unhurried
    @given(st.lists(st.integers(1, 8), min_size=1, max_size=9), st.data())
    def test_the_line_is_travelled_up_to_the_member(self, sizes: list[int], data: st.DataObject) -> None:
        current = data.draw(st.integers(0, sum(sizes) - 1))
        layout = lay_out(sizes, current)
        stations = [station for card in layout.cards for station in card.stations]
        assert layout.stops[layout.travelled] == stations[current].mark
        assert [i for i, station in enumerate(stations) if station.tag] == [current]

    @pytest.mark.parametrize("sizes", [[], [3, 0, 2]])
    def test_no_topics_no_picture(self, sizes: list[int]) -> None:
        with pytest.raises(ValueError, match="phases, each with a topic"):
            lay_out(sizes, None)
