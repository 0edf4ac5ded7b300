"""The certificate as a picture and as a PDF: all of it is readable, whoever it is for and whatever they did."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typing_extensions import override

from bot.certificate_pdf import certificate_pdf
from bot.pictures.canvas import Align
from bot.pictures.certificate import (
    DARK_GOLD,
    DESCRIPTION_MAX,
    PAPER,
    WIDTH,
    Surface,
    certificate_page,
    describe_certificate,
    draw_certificate,
)
from bot.pictures.fonts import Weight, width
from bot.pictures.layout import Box, Point
from bot.pictures.theme import LIGHT, Colour
from lessons.certificates import CertificateContent, CertifiedRun, CertifiedTopic, Issued

A4 = 841.89 / 595.28
DAY = date(2026, 11, 20)
LEVELS = ("Beginner", "Intermediate", "Advanced", "Expert")


def topic(number: int, *, placed: bool = False) -> CertifiedTopic:
    title = f"Topic number {number}"
    return CertifiedTopic(title=title, short_title=title, phase=1, done_on=DAY, placed=placed)


def run(number: int) -> CertifiedRun:
    return CertifiedRun(
        run_id=number,
        project="Write text, character by character",
        dataset="Python's own manual",
        metric="Bits per character",
        value="1.920 bits",
    )


def issued(
    name: str = "Zoë Łukasiewicz", *, topics: int = 14, placed: int = 0, runs: int = 10, phase: int = 4
) -> Issued:
    content = CertificateContent(
        name=name,
        roadmap="Deep Learning Roadmap",
        phase=phase,
        title="Expert Level in Deep Learning",
        levels=LEVELS,
        started_on=date(2026, 1, 5),
        finished_on=DAY,
        issued_on=DAY,
        topics=tuple(topic(number, placed=number < placed) for number in range(topics)),
        runs=tuple(run(1000 + number) for number in range(runs)),
    )
    return Issued("7K3M9QWX2BND", content)


@dataclass(frozen=True)
class Written:
    """Words as they stand on the page."""

    words: str
    place: Box
    colour: Colour
    size: int


@dataclass
class Paper(Surface):
    """A surface that remembers what is written on it, and how far anything reaches."""

    texts: list[Written] = field(default_factory=list[Written])
    bottom: float = 0

    @override
    def panel(self, box: Box, radius: float, fill: Colour, edge: Colour | None = None, thick: int = 0) -> None:
        self.bottom = max(self.bottom, box.bottom)

    @override
    def disc(self, at: Point, radius: float, fill: Colour) -> None:
        self.bottom = max(self.bottom, at.y + radius)

    @override
    def line(self, points: Sequence[Point], thick: float, colour: Colour) -> None:
        self.bottom = max(self.bottom, *(point.y for point in points))

    @override
    def shape(self, corners: Sequence[Point], fill: Colour, *, rounded: float) -> None:
        self.bottom = max(self.bottom, *(corner.y for corner in corners))

    @override
    def text(self, box: Box, words: str, weight: Weight, size: int, colour: Colour, align: Align = "left") -> None:
        across = width(words, weight, size)
        left = {"left": box.left, "middle": box.middle.x - across / 2, "right": box.right - across}[align]
        self.texts.append(Written(words, Box(left, box.middle.y - size * 0.4, across, size * 0.8), colour, size))

    @property
    def words(self) -> list[str]:
        return [each.words for each in self.texts]


def written(certificate: Issued, wide: float = WIDTH, high: float | None = None) -> Paper:
    page, paper = certificate_page(certificate, wide), Paper()
    page.draw(paper, page.height if high is None else high)
    return paper


def test_the_picture_is_as_wide_as_a_phone_reads_it_and_small_enough_to_send() -> None:
    png = draw_certificate(issued())
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.width == 1200
        assert picture.height < 3000
    assert len(png) < 500_000


def test_it_says_all_that_there_is_to_say() -> None:
    words = written(issued()).words
    for said in ("Zoë Łukasiewicz", "Expert Level in Deep Learning", "5 Jan 2026 – 20 Nov 2026", "14 topics"):
        assert said in words
    assert "7K3M-9QWX-2BND" in words
    assert "Python's own manual · run 1009" in words
    assert {"1.920 bits", "Bits per character", "Write text, character by character"} <= set(words)
    assert "known from the placement quiz" not in words


def test_topics_from_the_placement_quiz_have_a_mark_of_their_own_that_is_explained() -> None:
    assert "known from the placement quiz" in written(issued(placed=1)).words


def test_without_runs_there_is_no_heading_for_them() -> None:
    assert "Best training runs" not in written(issued(runs=0)).words


def test_every_word_is_large_enough_for_a_phone_and_stands_out_from_the_paper() -> None:
    paper = written(issued(placed=3))
    assert min(each.size for each in paper.texts) >= 32  # a phone shows 1,200 pixels as 400
    assert all(contrast(each.colour, PAPER) >= 4.5 for each in paper.texts)
    assert contrast(DARK_GOLD, PAPER) >= 4.5
    assert contrast(LIGHT.done.fill, PAPER) >= 3


@settings(deadline=None, max_examples=60)
@given(
    name=st.text(st.sampled_from("abcdefghijk ZĄŁÉ'-.Wm"), min_size=1, max_size=48).filter(str.strip),
    topics=st.integers(1, 60),
    placed=st.integers(0, 5),
    runs=st.integers(0, 10),
    wide=st.sampled_from([1200, 1500, 1840, 2400]),
    more=st.integers(0, 900),
)
def test_nothing_leaves_the_page_or_covers_other_words(
    name: str, topics: int, placed: int, runs: int, wide: int, more: int
) -> None:
    certificate = issued(name, topics=topics, placed=placed, runs=runs)
    high = certificate_page(certificate, wide).height + more
    paper = written(certificate, wide, high)
    page = Box(60, 60, wide - 120, high - 120)
    assert paper.bottom <= high - 36
    for number, each in enumerate(paper.texts):
        assert page.holds(each.place), each
        assert not any(each.place.meets(other.place) for other in paper.texts[number + 1 :]), each


def test_a_name_without_a_letter_that_can_be_printed_leaves_a_gap_and_nothing_odd() -> None:
    assert "Expert Level in Deep Learning" in written(issued("愛子")).words
    assert "愛子" not in written(issued("愛子")).words


def test_the_description_names_runs_while_there_is_room() -> None:
    assert "Best runs: Write text, character by character" in describe_certificate(issued(runs=3))
    long = describe_certificate(issued(runs=30))
    assert len(long) <= DESCRIPTION_MAX
    assert "Zoë Łukasiewicz" in long
    assert "7K3M-9QWX-2BND" in long


@pytest.mark.parametrize(("topics", "runs"), [(10, 0), (14, 10), (60, 10)])
def test_the_pdf_is_one_page_of_a4(topics: int, runs: int) -> None:
    pdf = certificate_pdf(issued(topics=topics, runs=runs))
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    assert b"[0 0 595.28 841.89]" in pdf
    assert len(pdf) < 200_000


def test_the_pdf_carries_its_own_letters_also_the_rarer_ones() -> None:
    pdf = certificate_pdf(issued("Zoë Łukasiewicz Аня"))
    assert len(re.findall(rb"/FontFile2", pdf)) == 3
    for letter in "ëŁА":
        assert f"<{ord(letter):04X}>".encode() in pdf, "it can be searched and copied"


def test_the_same_certificate_gives_the_same_pdf_dated_by_its_issue() -> None:
    pdf = certificate_pdf(issued())
    assert pdf == certificate_pdf(issued())
    assert b"/CreationDate (D:20261120120000Z)" in pdf


def contrast(front: Colour, back: Colour) -> float:
    """As WCAG 2 counts it."""
    light, dark = sorted((luminance(front), luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Colour) -> float:
    parts = (value / 255 for value in colour)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
