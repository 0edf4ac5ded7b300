"""The pictures of questions: what a member sees on a phone, and what is read out to those who do not."""

import io
import re
from collections.abc import Iterable
from itertools import combinations
from math import inf, nan

import pytest
from PIL import Image, ImageChops

from bot.pictures.convolution import movement, output_size
from bot.pictures.curves import colours, lying_axis, upright_axis
from bot.pictures.fonts import width
from bot.pictures.grids import grid_labels, lay_out_grid
from bot.pictures.labels import Label
from bot.pictures.questions import describe_question, draw_question
from bot.pictures.theme import DARK, LIGHT, Theme, ThemeName
from lessons.questions.generators import GENERATORS
from lessons.questions.model import ConvolutionPicture, CurvesPicture, GridPicture, QuestionPicture
from tests.bot.test_pictures_colours import contrast, lab

SEEDS = range(50)
SMALL = ((1, 2, 3), (4, 5, 6), (7, 8, 9))
CLOTHES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


def all_pictures(skill_id: str) -> list[QuestionPicture]:
    questions = (GENERATORS[skill_id].make(seed) for seed in SEEDS)
    return list(dict.fromkeys(question.picture for question in questions if question.picture is not None))


def confusions(names: tuple[str, ...], right: int) -> GridPicture:
    cells = tuple(tuple(str(right if a == b else 3 * a + b) for b in range(len(names))) for a in range(len(names)))
    return GridPicture(cells, names, names, "was", "taken for")


PICTURES = {skill_id: found for skill_id in GENERATORS if (found := all_pictures(skill_id))}
EXTREMES: dict[str, QuestionPicture] = {
    "padding": ConvolutionPicture(SMALL, ((1, 0, -1),) * 3, 2, 1, (1, 0)),
    "nothing asked": ConvolutionPicture(SMALL, ((1, -1),) * 2),
    "much padding": ConvolutionPicture(((-11,) * 5,) * 5, ((1,) * 5,) * 5, 1, 2, (4, 4)),
    "clothes": confusions(CLOTHES, 911),
    "digits": confusions(tuple("0123456789"), 1111),
    "long names": confusions(("the photographs of my neighbour's cat", "田中"), 40),
    "bare": GridPicture((("1", "2"), ("3", "4"))),
    "many points": CurvesPicture(("learning rate",), (tuple(n / 1e5 for n in range(600)),), "measurement", "rate"),
    "tiny": CurvesPicture(("learning rate",), ((1e-7, 3e-7, 2e-7),), "epoch", "learning rate"),
    "diverged": CurvesPicture(("training", "validation"), ((2.3, 8e9, inf, nan), (2.3, inf, nan, 2.5))),
    "level": CurvesPicture(("training",), ((0.0, 0.0, 0.0),)),
    "one point": CurvesPicture(("training", "validation"), ((0.5,), (0.6,))),
    "four": CurvesPicture(tuple("abcd"), tuple(tuple(n / (k + 2) for n in range(12)) for k in range(4))),
}


def drawn(picture: QuestionPicture, theme: ThemeName = "dark") -> Image.Image:
    image = Image.open(io.BytesIO(draw_question(picture, theme=theme)))
    assert image.format == "PNG"
    return image.convert("RGB")


def some() -> Iterable[QuestionPicture]:
    """Three of each generator, and the extremes."""
    for found in PICTURES.values():
        yield from found[:3]
    yield from EXTREMES.values()


def words_of(picture: GridPicture) -> list[Label]:
    return grid_labels(picture, lay_out_grid(picture), DARK)


def test_there_are_pictures_of_all_three_kinds() -> None:
    kinds = {type(picture) for found in PICTURES.values() for picture in found}
    assert kinds == {ConvolutionPicture, CurvesPicture, GridPicture}


@pytest.mark.parametrize("skill_id", PICTURES)
def test_every_picture_that_a_generator_shows_is_made_for_a_phone(skill_id: str) -> None:
    for picture in PICTURES[skill_id][:25]:
        png = draw_question(picture)
        image = Image.open(io.BytesIO(png))
        assert image.format == "PNG"
        assert image.width == 900
        assert 150 < image.height < 1000
        assert len(png) < 80_000


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", EXTREMES)
def test_whatever_a_run_gives_is_drawn_up_to_the_edge(name: str, theme: ThemeName) -> None:
    image = drawn(EXTREMES[name], theme)
    assert image.width == 900
    assert 150 < image.height < 1000
    ground = (DARK if theme == "dark" else LIGHT).ground
    for box in ((0, 0, 900, 8), (0, image.height - 8, 900, image.height)):
        for _, colour in image.crop(box).getcolors():
            assert all(abs(a - b) <= 8 for a, b in zip(colour, ground, strict=True))


def test_the_same_question_has_the_same_picture() -> None:
    for picture in some():
        assert draw_question(picture) == draw_question(picture)


def test_both_themes_differ() -> None:
    picture = EXTREMES["four"]
    assert ImageChops.difference(drawn(picture), drawn(picture, "light")).getbbox() is not None


class TestTables:
    @pytest.mark.parametrize("skill_id", PICTURES)
    def test_no_word_is_cut_or_too_small_to_read(self, skill_id: str) -> None:
        for picture in PICTURES[skill_id]:
            if isinstance(picture, GridPicture):
                for label in words_of(picture):
                    assert width(label.words, label.weight, label.size) <= label.box.width
                    assert "…" not in label.words
                    assert label.size >= 32  # 14 pixels on a phone that shows 400

    def test_everything_stands_apart_and_within_the_picture(self) -> None:
        for picture in some():
            if isinstance(picture, GridPicture):
                place = lay_out_grid(picture)
                boxes = [*place.heads, *place.names, *(box for line in place.cells for box in line), place.above]
                assert all(box.left >= 24 and box.right <= 876 and box.bottom <= place.height - 24 for box in boxes)
                assert not any(one.meets(other) for one, other in combinations(boxes, 2))

    def test_ten_classes_of_clothes_fit_with_their_names_upright(self) -> None:
        place = lay_out_grid(EXTREMES["clothes"])
        assert place.upright
        assert place.size >= 24
        assert [label.words for label in words_of(EXTREMES["clothes"])].count("ankle boot") == 1

    def test_long_names_of_few_classes_are_cut_rather_than_small(self) -> None:
        found = words_of(EXTREMES["long names"])
        assert {label.size for label in found} == {32}
        assert any(label.words.endswith("…") for label in found)
        assert {"40", "1", "3"} <= {label.words for label in found}

    def test_rows_and_columns_of_the_same_names_are_told_apart(self) -> None:
        assert {"was ↓", "taken for →"} <= {label.words for label in words_of(EXTREMES["clothes"])}

    def test_the_marked_cell_is_seen(self) -> None:
        cells = (("1", "2"), ("3", "4"))
        plain, marked = drawn(GridPicture(cells)), drawn(GridPicture(cells, marked=(1, 0)))
        box = lay_out_grid(GridPicture(cells)).cells[1][0]
        left, top, right, bottom = ImageChops.difference(plain, marked).point(lambda v: 255 if v > 24 else 0).getbbox()
        assert box.left - 2 <= left < right <= box.right + 2
        assert box.top - 2 <= top < bottom <= box.bottom + 2


class TestConvolutions:
    @pytest.mark.parametrize(
        ("picture", "size"),
        [
            (ConvolutionPicture(SMALL, ((1, 1), (1, 1))), (2, 2)),
            (ConvolutionPicture(SMALL, ((1, 1), (1, 1)), 2), (1, 1)),
            (ConvolutionPicture(SMALL, SMALL, 2, 1), (2, 2)),
        ],
    )
    def test_the_output_has_the_size_that_it_has(self, picture: ConvolutionPicture, size: tuple[int, int]) -> None:
        assert output_size(picture) == size

    def test_only_the_place_in_the_output_is_shown_not_its_window(self) -> None:
        one, other = (drawn(ConvolutionPicture(SMALL, ((1, 1), (1, 1)), marked=at)) for at in ((0, 1), (1, 0)))
        box = ImageChops.difference(one, other).point(lambda v: 255 if v > 24 else 0).getbbox()
        assert box[0] > 450, "the input on the left is the same"

    def test_how_it_moves_is_said(self) -> None:
        assert movement(ConvolutionPicture(SMALL, SMALL, 2)) == "stride 2, no padding"
        assert movement(ConvolutionPicture(SMALL, SMALL, 1, 1)) == "stride 1, padding 1: one cell of 0 on each side"


class TestCurves:
    def test_epochs_are_counted_from_one_in_whole_numbers(self) -> None:
        assert lying_axis(8, 700).words == tuple("12345678")
        for count in (1, 2, 12, 37, 600, 12345):
            axis = lying_axis(count, 700)
            assert axis.words[0] == "1"
            assert all(1 <= int(words) <= count for words in axis.words)
            assert len(axis.words) <= 14

    def test_heights_are_round_numbers_around_all_values(self) -> None:
        axis = upright_axis((1.76, 0.24))
        assert axis.words == ("0", "0.5", "1.0", "1.5", "2.0")
        assert upright_axis((82.0, 85.2)).words == ("82", "83", "84", "85", "86")
        assert upright_axis((1e-7, 3e-7)).words[1].startswith("1e−7")
        for values in ((0.0, 0.0), (5.0, 5.0), (-3.0, 2.0), (inf, 2.0), (nan, nan), (1e9, 3.2e9)):
            axis = upright_axis(values)
            assert axis.low < axis.high
            assert len(set(axis.words)) == len(axis.words) >= 3

    @pytest.mark.parametrize("theme", [DARK, LIGHT])
    def test_every_curve_stands_out_for_every_sight(self, theme: Theme) -> None:
        for colour in colours(theme):
            assert contrast(colour, theme.card) >= 3
        for one, other in combinations(colours(theme), 2):
            for sight in ("all cones", "protanopia", "deuteranopia", "tritanopia"):
                difference = sum((a - b) ** 2 for a, b in zip(lab(one, sight), lab(other, sight), strict=True)) ** 0.5
                assert difference > 15

    def test_curves_differ_without_their_colours(self) -> None:
        rising = tuple(n / 11 for n in range(12))

        def alone(index: int) -> Image.Image:
            values = [(nan,) * 12] * 4
            values[index] = rising
            image = drawn(CurvesPicture(tuple("abcd"), tuple(values))).convert("L")
            return image.point(lambda v: 255 if v > 100 else 0).crop((110, 150, 860, 490))

        for one, other in combinations(map(alone, range(4)), 2):
            assert ImageChops.difference(one, other).histogram()[255] > 400


def numbers(text: str) -> list[str]:
    return re.findall(r"−?\d+(?:\.\d+)?", text)


class TestDescription:
    @pytest.mark.parametrize("skill_id", PICTURES)
    def test_names_every_number_that_the_picture_shows(self, skill_id: str) -> None:
        for picture in PICTURES[skill_id]:
            text = describe_question(picture)
            assert len(text) <= 1000
            assert "…" not in text
            said = numbers(text)
            match picture:
                case GridPicture():
                    for line in picture.cells:
                        assert ", ".join(line) in text
                    assert all(name in text for name in (*picture.rows, *picture.columns))
                case CurvesPicture():
                    for name, curve in zip(picture.names, picture.values, strict=True):
                        listed = text.split(f"{name}: ")[1].split(". ")[0].rstrip(".")
                        assert [float(each) for each in listed.split(", ")] == list(curve)
                case ConvolutionPicture():
                    wanted = [each for line in (*picture.values, *picture.kernel) for each in line]
                    found = [int(each.replace("−", "-")) for each in said]
                    assert found[2 : 2 + len(wanted)] == wanted
                    assert f"stride {picture.stride}" in text

    def test_says_what_is_asked_for(self) -> None:
        text = describe_question(EXTREMES["padding"])
        assert text.startswith(
            "A convolution. Input 3 × 3, row by row: 1, 2, 3; 4, 5, 6; 7, 8, 9. Filter, row by row: "
        )
        assert text.endswith("Asked for: the output in row 2, column 1, counted from 1.")
        table = GridPicture((("1", "−2"), ("3", "4")), ("s", "s′"), ("left", "right"), "state", "action", (0, 1))
        assert describe_question(table) == (
            "A table of 2 rows and 2 columns. Columns (action): left, right. Rows: state. s: 1, −2. s′: 3, 4. "
            "Marked: row s, column right."
        )

    @pytest.mark.parametrize("name", EXTREMES)
    def test_is_never_too_long_for_discord(self, name: str) -> None:
        assert 20 < len(describe_question(EXTREMES[name])) <= 1000

    def test_all_of_a_confusion_matrix_is_read_out(self) -> None:
        text = describe_question(EXTREMES["clothes"])
        assert all(", ".join(line) in text for line in EXTREMES["clothes"].cells)

    def test_long_curves_keep_their_lowest_and_highest_point(self) -> None:
        curve = [0.5 + n / 1000 for n in range(400)]
        curve[217], curve[301] = 0.123, 7.89
        text = describe_question(CurvesPicture(("training",), (tuple(curve),)))
        assert "218: 0.123" in text
        assert "302: 7.89" in text
        assert "400: 0.899" in text

    def test_what_is_no_number_is_said_so(self) -> None:
        assert "training: 2.3, 8 × 10^9, no number, no number." in describe_question(EXTREMES["diverged"])
        assert "1 × 10^−7" in describe_question(EXTREMES["tiny"])
