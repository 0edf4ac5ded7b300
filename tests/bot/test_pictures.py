"""The roadmap picture: what a member sees on it, and what is read out to those who do not."""

import io
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import cos, pi, sin
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.pictures import fonts
from bot.pictures.canvas import Canvas
from bot.pictures.fonts import missing_fonts, printable, width
from bot.pictures.labels import SMALLEST, Label, labels
from bot.pictures.layout import WIDTH, Box, lay_out
from bot.pictures.roadmap import describe_roadmap, draw_roadmap
from bot.pictures.theme import DARK, LIGHT, Colour, Theme
from lessons.curriculum import Curriculum
from lessons.load import load_curriculum
from lessons.mastery import Level
from lessons.model import Duration, DurationUnit, Phase, Resource, ResourceKind, Roadmap, Skill, Topic
from lessons.progress import Enrolment, Standing, TopicRecord, standing
from lessons.timeline import Pace

TITLES = (
    ("Python & math", "Neural networks", "Preprocessing"),
    ("Backpropagation", "CNNs", "RNNs & LSTMs"),
    ("Transfer learning", "GANs", "Transformers", "Image captioning"),
    ("Tuning", "Deployment", "Deep Q-learning", "Research papers"),
)
LEVELS = ("Beginner", "Intermediate", "Advanced", "Expert")
START = date(2026, 3, 1)
PARIS = ZoneInfo("Europe/Paris")
BASICS = {"why": "Because every later topic stands on this one, and so do you.", "text": "word " * 130}


def curriculum(
    titles: Sequence[Sequence[str]] = TITLES,
    levels: Sequence[str] = LEVELS,
    title: str = "Deep Learning Roadmap",
) -> Curriculum:
    """Like the one that comes with the package, or as an organiser might edit it."""
    last = len(titles)
    phases = tuple(
        Phase(
            id=f"phase-{n}",
            number=n,
            title=level,
            level=level,
            emoji="🚶",
            summary="What this phase is about, in a few words.",
            duration=None if n == last > 1 else Duration(unit=DurationUnit.MONTHS, short=1, long=2),
            ongoing=n == last > 1,
        )
        for n, level in zip(range(1, last + 1), levels, strict=False)
    )
    topics = tuple(
        _topic(short, f"phase-{n}", place) for n, row in enumerate(titles, 1) for place, short in enumerate(row, 1)
    )
    roadmap = Roadmap(title=title, summary=BASICS["why"], phases=phases, afterwards=BASICS["why"])
    return Curriculum(roadmap, topics, "0" * 12)


def _topic(short: str, phase: str, order: int) -> Topic:
    key = f"{phase}-topic-{order}"
    skills = tuple(Skill(id=f"{key}_{c}".replace("-", "_"), title="tell one from the other") for c in "ab")
    link = Resource(id=f"{key}-read", title="A text", url="https://example.org/", kind=ResourceKind.READING)
    return Topic(
        id=key,
        title=f"All about {short}",
        short_title=short,
        emoji="📘",
        phase=phase,
        order=order,
        weight=1,
        outcomes=("say it", "do it", "show it"),
        resources=(link,),
        skills=skills,
        **BASICS,
    )


def at(day: date) -> datetime:
    """Noon of that day in the member's zone."""
    return datetime.combine(day, time(12), PARIS)


def where(
    content: Curriculum,
    today: date,
    *,
    done: int = 0,
    aside: Sequence[int] = (),
    more: Sequence[int] = (),
    placed: Sequence[int] = (),
    shown: Mapping[int, int] | None = None,
) -> Standing:
    """A member who did the first ``done`` topics and those numbered ``more``, and set ``aside`` some.

    Of a topic done all skills are shown, of the others none, but for the numbers in ``shown``.
    """
    records, levels = [], {}
    for index, topic in enumerate(content.topics):
        finished = (index < done or index in {*more, *placed}) and index not in aside
        reached = (shown or {}).get(index, len(topic.skills) if finished else 0)
        levels |= {skill.id: Level.FAMILIAR for skill in topic.skills[:reached]}
        if index in placed:
            records.append(TopicRecord(topic.id, done_at=at(START), placed_at=at(START)))
        elif index in aside:
            records.append(TopicRecord(topic.id, skipped_at=at(START + timedelta(5 * index))))
        elif index < done or index in more:
            when = at(START + timedelta(5 * (index + 1)))
            records.append(TopicRecord(topic.id, opened_at=when, read_at=when, done_at=when))
    return standing(content, Enrolment(Pace.MIDDLE, PARIS, START, tuple(records), levels), at(today))


def picture(content: Curriculum, member: Standing, name: str = "Ada", theme: str = "dark") -> Image.Image:
    png = draw_roadmap(content, member, member.timeline, name=name, today=member.today, theme=theme)
    return Image.open(io.BytesIO(png)).convert("RGB")


def scene(content: Curriculum, member: Standing, name: str = "Ada") -> list[Label]:
    here = next((i for i, t in enumerate(member.topics) if t is member.current), None)
    layout = lay_out([len(content.topics_in(phase.id)) for phase in content.phases], here)
    return list(labels(content, member, member.timeline, layout, DARK, name=name, today=member.today))


def near(one: Colour, other: Colour) -> bool:
    """The same colour to the eye: a picture has 256 of them."""
    return all(abs(a - b) <= 8 for a, b in zip(one, other, strict=True))


def everyone(content: Curriculum) -> Iterable[Standing]:
    """Members at each place of the way, early and late, with and without topics set aside."""
    for done in range(len(content.topics) + 1):
        yield where(content, START + timedelta(9 * done), done=done)
        late, aside = START + timedelta(30 * done + 20), max(0, done - 2)
        yield where(content, late, done=done, aside=[aside], more=[12])
        yield where(content, late, placed=range(done), shown=dict.fromkeys(range(done, 14), 2))


class TestPicture:
    def test_is_made_for_a_phone(self) -> None:
        content = load_curriculum()
        member = where(content, START, done=0)
        png = draw_roadmap(content, member, member.timeline, name="Ada", today=START)
        image = Image.open(io.BytesIO(png))
        assert image.format == "PNG"
        assert image.width == 1200
        assert 1200 < image.height < 1900  # no taller than a phone, as wide as it
        assert len(png) < 200_000

    def test_same_member_same_picture(self) -> None:
        content = load_curriculum()
        member = where(content, START, done=3)
        first, second = picture(content, member), picture(content, member)
        assert ImageChops.difference(first, second).getbbox() is None

    def test_every_step_of_the_way_looks_different(self) -> None:
        content = load_curriculum()
        day = date(2026, 4, 10)
        members = [
            where(content, day),
            where(content, day, done=1),
            where(content, day, done=1, aside=[0]),
            where(content, day, done=2),
            where(content, day, done=1, more=[8]),
            where(content, day, done=1, shown={1: 1}),
            where(content, day, done=1, shown={7: 2}),
            where(content, day, placed=[0]),
            where(content, day, done=14),
            where(content, day, done=14, aside=[13]),
        ]
        pictures = [picture(content, member).tobytes() for member in members]
        assert len(set(pictures)) == len(members)

    @pytest.mark.parametrize(("name", "theme"), [("dark", DARK), ("light", LIGHT)])
    def test_marks_stand_where_the_topics_are_in_their_colours(self, name: str, theme: Theme) -> None:
        content = load_curriculum()
        member = where(content, date(2026, 6, 20), done=5, aside=[1], more=[9])
        image = picture(content, member, theme=name)
        layout = lay_out([3, 3, 4, 4], 5)
        stations = [station for card in layout.cards for station in card.stations]
        wanted = {
            0: theme.done,
            1: theme.owed,
            4: theme.done,
            5: theme.late,
            6: theme.late,
            9: theme.done,
            12: theme.ahead,
        }
        for index, state in wanted.items():
            mark = stations[index].mark
            box = (mark.x - 30, mark.y - 30, mark.x + 30, mark.y + 30)
            colours = [c for _, c in image.crop(tuple(map(round, box))).getcolors(4000)]
            assert any(near(colour, state.fill) for colour in colours), content.topics[index].id

    @pytest.mark.parametrize(("name", "theme"), [("dark", DARK), ("light", LIGHT)])
    def test_the_ring_around_a_topic_has_a_piece_for_each_skill_shown(self, name: str, theme: Theme) -> None:
        content = load_curriculum()
        member = where(content, date(2026, 6, 20), done=5, shown={1: 3, 5: 2, 7: 1})
        image = picture(content, member, theme=name)
        stations = [station for card in lay_out([3, 3, 4, 4], 5).cards for station in card.stations]
        for index, reached in ((0, 4), (1, 3), (5, 2), (7, 1), (9, 0)):
            of, at_ = len(content.topics[index].skills), stations[index].mark
            turns = [2 * pi * (piece + 0.5) / of for piece in range(of)]
            found = [image.getpixel((round(at_.x + 39 * sin(a)), round(at_.y - 39 * cos(a)))) for a in turns]
            assert [near(colour, theme.done.fill) for colour in found] == [piece < reached for piece in range(of)]

    @pytest.mark.parametrize("theme", ["dark", "light"])
    def test_brings_its_own_background_up_to_the_edge(self, theme: str) -> None:
        content = load_curriculum()
        image = picture(content, where(content, START, done=2), name="W" * 32, theme=theme)
        ground = (DARK if theme == "dark" else LIGHT).ground
        edge = 20
        for box in (
            (0, 0, image.width, edge),
            (0, image.height - edge, image.width, image.height),
            (0, 0, edge, image.height),
            (image.width - edge, 0, image.width, image.height),
        ):
            assert all(near(colour, ground) for _, colour in image.crop(box).getcolors())

    def test_an_organisers_roadmap_is_drawn_too(self) -> None:
        for shape in ([1], [2, 8], [8, 2, 5], [2] * 9, [8, 8, 8, 8]):
            titles = [[f"Topic {n}.{m}" for m in range(size)] for n, size in enumerate(shape)]
            content = curriculum(titles, [f"Level {n}" for n in range(len(shape))])
            image = picture(content, where(content, START, done=1))
            assert image.width == 1200
            assert image.height > 160 * len(shape)


class TestWords:
    def test_all_of_the_roadmaps_words_fit_uncut_at_every_step(self) -> None:
        content = load_curriculum()
        for member in everyone(content):
            for label in scene(content, member):
                assert width(label.words, label.weight, label.size) <= label.box.width, label.words
                assert "…" not in label.words

    def test_nothing_is_too_small_to_read_on_a_phone(self) -> None:
        content = load_curriculum()
        for member in everyone(content):
            assert all(label.size >= 36 for label in scene(content, member, name="W" * 32))
        assert SMALLEST / WIDTH * 400 >= 12

    def test_words_too_long_are_cut_and_say_so(self) -> None:
        content = curriculum([["W" * 18, "CNNs"], ["M" * 18]], ["L" * 80, "Expert"], "T" * 80)
        found = scene(content, where(content, START), name="N" * 100)
        cut = [label.words for label in found if label.words.endswith("…")]
        assert {words[0] for words in cut} == {"W", "M", "L", "T", "N"}
        assert "CNNs" in [label.words for label in found]
        assert all(width(label.words, label.weight, label.size) <= label.box.width for label in found)

    def test_one_long_title_does_not_make_the_others_small(self) -> None:
        def size(content: Curriculum) -> int:
            return next(la.size for la in scene(content, where(content, START)) if la.words == "CNNs")

        assert size(curriculum([["W" * 18, "CNNs"]], ["Solo"])) == size(curriculum([["GANs", "CNNs"]], ["Solo"]))

    def test_letters_stay_within_their_box(self) -> None:
        content = load_curriculum()
        member = where(content, date(2026, 6, 20), done=5, aside=[1])
        for label in scene(content, member, name="Ängström Quigley"):
            box = Box(label.box.left, 60, label.box.width, label.box.height)
            canvas = Canvas(WIDTH, 220, (0, 0, 0))
            canvas.text(box, label.words, label.weight, label.size, (255, 255, 255), label.align)
            drawn = Image.open(io.BytesIO(canvas.png())).convert("L").point(lambda v: 255 if v > 16 else 0).getbbox()
            assert drawn is not None
            # Side bearings and smoothing may reach a pixel or two over.
            room = Box(box.left - 2, box.top - 2, box.width + 4, box.height + 4)
            assert room.holds(Box(drawn[0], drawn[1], drawn[2] - drawn[0], drawn[3] - drawn[1])), label.words

    def test_says_where_the_member_is_and_when_things_are_due(self) -> None:
        content = load_curriculum()
        member = where(content, date(2026, 6, 5), done=5, aside=[1])
        words = [label.words for label in scene(content, member, name="Ada Lovelace")]
        assert {"Ada Lovelace", "4 of 14 done", "26 days late", "You are here", "5 Jun 2026"} <= set(words)
        after = dict(pairwise(words))
        assert after["RNNs & LSTMs"] == "Was due 10 May"
        assert after["Neural networks"] == "Set aside · due 18 Mar"
        assert after["Python & math"] == "Done 6 Mar"
        assert after["GANs"] == "Due 11 Jun"
        assert after["Tuning"] == "Around 8 Aug"
        assert after["2/3"] == "26 Mar – 10 May"
        assert "From 27 Jul, ongoing" in words

    def test_says_how_many_skills_of_the_current_topic_are_shown(self) -> None:
        content = load_curriculum()
        words = [label.words for label in scene(content, where(content, date(2026, 6, 5), done=5, shown={5: 2}))]
        after = dict(pairwise(words))
        assert after["Was due 10 May"] == "2 of 4 skills shown"
        assert "Each piece of a ring is a skill; filled, you have shown it" in words

    def test_what_the_placement_quiz_found_is_known_not_done_on_a_day(self) -> None:
        content = load_curriculum()
        words = [label.words for label in scene(content, where(content, START, placed=[0, 1]))]
        assert words.count("Known at the start") == 2
        assert "2 of 14 done" in words
        assert not any(each.startswith("Done") for each in words)

    def test_other_years_are_named(self) -> None:
        content = curriculum()
        words = [label.words for label in scene(content, where(content, date(2027, 1, 3), done=1))]
        assert "3 Jan 2027" in words
        assert "Done 6 Mar 2026" in words
        assert "1 Mar – 15 Apr 2026" in words

    @pytest.mark.parametrize("year", [2024, 2025, 2026, 2027, 2028])
    def test_dates_fit_whenever_they_are_looked_at(self, year: int) -> None:
        content = curriculum()
        late = Enrolment(Pace.LONG, PARIS, date(2025, 11, 20))  # its first phase runs over New Year
        member = standing(content, late, at(date(year, 12, 31)))
        words = [label.words for label in scene(content, member)]
        assert not [word for word in words if "…" in word]
        assert ("20 Nov 2025 – 19 Jan" in words) is (year == 2026)
        assert ("Nov 2025 – Jan 2026" in words) is (year in {2024, 2027, 2028})

    def test_the_headline_is_true(self) -> None:
        content = curriculum()

        def said(member: Standing) -> set[str]:
            return {label.words for label in scene(content, member)}

        assert {"0 of 14 done", "On time"} <= said(where(content, START))
        assert {"1 of 14 done", "15 days ahead"} <= said(where(content, date(2026, 3, 2), done=1))
        assert {"0 of 14 done", "1 day late"} <= said(where(content, date(2026, 3, 17)))
        assert {"14 of 14 done", "All done"} <= said(where(content, date(2026, 12, 1), done=14))
        assert {"12 of 14 done", "2 set aside"} <= said(where(content, date(2026, 12, 1), done=14, aside=[2, 13]))
        assert "You are here" not in said(where(content, date(2026, 12, 1), done=14, aside=[2, 13]))

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("Łukasz Żółć", "Łukasz Żółć"),
            ("Ελένη", "Ελένη"),
            ("Юлия", "Юлия"),
            ("Nguyễn", "Nguyễn"),
            ("Ada 🚀✨ Lovelace", "Ada Lovelace"),
            ("𝓖𝓻𝓪𝓬𝓮", "Grace"),
            ("two\nlines\u200b", "two lines"),
            ("田中", "Your roadmap"),
            ("  ", "Your roadmap"),
        ],
    )
    def test_names_are_shown_as_far_as_the_fonts_go(self, name: str, shown: str) -> None:
        content = curriculum()
        assert shown in [label.words for label in scene(content, where(content, START), name=name)]

    @settings(deadline=None)  # loads the fonts at first
    @given(st.text())
    def test_what_is_printable_stays_so(self, text: str) -> None:
        once = printable(text)
        assert printable(once) == once
        assert "\n" not in once


class TestDescription:
    def test_tells_all_that_the_picture_shows(self) -> None:
        content = load_curriculum()
        member = where(content, date(2026, 6, 5), done=5, aside=[1])
        text = describe_roadmap(content, member, member.timeline, name="Ada", today=member.today)
        assert text.startswith("Deep Learning Roadmap of Ada, 5 Jun 2026: 4 of 14 done, 26 days late. Current topic: ")
        assert member.current is not None
        assert member.current.topic.title in text
        assert "Set aside: Neural networks (was due 18 Mar)." in text
        assert f"{member.current.topic.title}, was due 10 May, 0 of 4 skills shown." in text
        assert "Phase 4, Expert, from 27 Jul, ongoing. Ahead: Tuning (around 8 Aug)" in text

    def test_tells_what_the_rings_show(self) -> None:
        content = load_curriculum()
        member = where(content, date(2026, 6, 5), done=5, aside=[1], placed=[0], shown={1: 3, 4: 3, 5: 2, 7: 1})
        text = describe_roadmap(content, member, member.timeline, name="Ada", today=member.today)
        assert ", was due 10 May, 2 of 4 skills shown.\n" in text
        assert "Known at the start: Python & math. " in text
        assert "Neural networks (was due 18 Mar, 3 of 4 skills)" in text
        assert "Done: Backpropagation, CNNs (3 of 4 skills)." in text
        assert "GANs (due 11 Jun, 1 of 4 skills)" in text
        assert "Transformers (due 7 Jul)" in text

    def test_names_every_topic_at_every_step(self) -> None:
        content = load_curriculum()
        for member in everyone(content):
            text = describe_roadmap(content, member, member.timeline, name="N" * 32, today=member.today)
            assert len(text) <= 1000
            assert f"{len(member.done)} of 14 done" in text
            assert all(topic.short_title in text for topic in content.topics)

    def test_counts_where_naming_would_be_too_long(self) -> None:
        content = curriculum([[f"A long title {n:05}" for n in range(8)]] * 5, [f"Level {n}" for n in range(5)])
        member = where(content, START, done=3)
        text = describe_roadmap(content, member, member.timeline, name="Ada", today=START)
        assert len(text) <= 1000
        assert "Phase 1, Level 0, 1 Mar – 15 Apr. Done: 3. Current: 1. Ahead: 4." in text

    def test_never_grows_past_what_discord_takes(self) -> None:
        content = curriculum([["W" * 18] * 8] * 9, ["L" * 80] * 9, "T" * 80)
        member = where(content, START, done=3)
        text = describe_roadmap(content, member, member.timeline, name="N" * 5000, today=START)
        assert len(text) <= 1000
        assert "3 of 72 done" in text

    def test_keeps_names_that_cannot_be_drawn(self) -> None:
        content = curriculum()
        member = where(content, START)
        assert "of 田中," in describe_roadmap(content, member, member.timeline, name="田中", today=START)


class TestFonts:
    def test_come_with_the_package(self) -> None:
        assert missing_fonts() == []

    def test_missing_and_broken_ones_are_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = Path(fonts.__file__).parent
        shutil.copy(folder / "Inter-Medium.ttf", tmp_path)
        (tmp_path / "Inter-Bold.ttf").write_bytes(b"not a font")
        monkeypatch.setattr(fonts, "_FOLDER", tmp_path)
        assert sorted(missing_fonts()) == ["Inter-Bold.ttf", "Inter-SemiBold.ttf"]

    def test_carry_their_licence(self) -> None:
        folder = Path(fonts.__file__).parent
        assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text()
        assert "github.com/rsms/inter" in (folder / "README.md").read_text()
