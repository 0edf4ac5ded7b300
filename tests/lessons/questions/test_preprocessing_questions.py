"""The questions on data against numpy, torch, and letters drawn as bitmaps."""

import math

import numpy as np
import torch

from lessons.questions.generators._honest_data import (
    Augmentation,
    LeakySplit,
    ask_label_preserving_augmentation,
    ask_leak_free_split,
)
from lessons.questions.generators.preprocessing import (
    Pixel,
    UnseenValue,
    ask_image_normalisation,
    ask_standardise_test_value,
)
from lessons.questions.model import GridPicture, Question
from tests.lessons.questions.checks import every_seed

FONT = {
    "A": "00100 01010 10001 11111 10001",
    "C": "11111 10000 10000 10000 11111",
    "D": "11110 10001 10001 10001 11110",
    "E": "11111 10000 11110 10000 11111",
    "F": "11111 10000 11110 10000 10000",
    "H": "10001 10001 11111 10001 10001",
    "I": "00100 00100 00100 00100 00100",
    "L": "10000 10000 10000 10000 11111",
    "M": "10001 11011 10101 10001 10001",
    "N": "10001 11001 10101 10011 10001",
    "O": "01110 10001 10001 10001 01110",
    "P": "11110 10001 11110 10000 10000",
    "R": "11110 10001 11110 10010 10001",
    "S": "11111 10000 11111 00001 11111",
    "T": "11111 00100 00100 00100 00100",
    "U": "10001 10001 10001 10001 01110",
    "V": "10001 10001 01010 01010 00100",
    "W": "10001 10001 10101 11011 10001",
    "X": "10001 01010 00100 01010 10001",
    "Y": "10001 01010 00100 00100 00100",
    "Z": "11111 00010 00100 01000 11111",
}
"""Plain capitals of 5 × 5 pixels."""


def _number(question: Question) -> float:
    return float(question.answer.text.replace("−", "-").replace(",", "").removesuffix(" %"))


def test_standardise_test_value() -> None:
    def check(given: UnseenValue, question: Question) -> None:
        # Two training values with this mean and deviation, and the test value put through what was fitted on them.
        train = np.array([given.train_mean - given.train_std, given.train_mean + given.train_std], dtype=float)
        expected = float((np.float64(given.value) - train.mean()) / train.std())
        assert question.typed is not None
        assert math.isclose(question.typed.value, expected)
        assert math.isclose(_number(question), expected, abs_tol=0.005001)

    every_seed("standardise_test_value", check)


def test_the_test_data_s_own_statistics_are_a_wrong_answer() -> None:
    draft = ask_standardise_test_value(UnseenValue("brightness", 60, 40, 8, 50, 10))
    assert draft.right == "2.5"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["used-the-test-statistics"] == "1"
    assert wrong["used-the-test-mean"] == "1.25"
    assert wrong["only-centred"] == "20"


def test_image_normalisation() -> None:
    def check(given: Pixel, question: Question) -> None:
        picture = torch.full((1, 1, 1), given.value, dtype=torch.uint8)
        out = picture.to(torch.float64).div(255).sub_(given.mean).div_(given.std).item()
        assert question.typed is not None
        if given.back:
            assert question.typed.value == _number(question) == given.value
            shown = round(out, 3)  # what the stem gives has to lead back to the pixel
            assert round((shown * given.std + given.mean) * 255) == given.value
        else:
            assert math.isclose(question.typed.value, out, abs_tol=1e-9)
            assert math.isclose(_number(question), out, abs_tol=0.0005001)

    every_seed("image_normalisation", check)


def test_a_pixel_worked_by_hand() -> None:
    draft = ask_image_normalisation(Pixel(204, 0.5, 0.25, back=False))  # 0.8 − 0.5 = 0.3, by 0.25
    assert draft.right == "1.200"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["did-not-scale-first"] == "814.000"
    assert wrong["divided-before-subtracting"] == "2.700"
    assert wrong["forgot-the-deviation"] == "0.300"


def test_leak_free_split() -> None:
    def check(given: LeakySplit, question: Question) -> None:
        hits = np.zeros(given.copies + given.new, dtype=bool)
        hits[: given.copies_right] = True
        hits[given.copies : given.copies + given.new_right] = True
        seen = np.arange(hits.size) < given.copies
        expected = 100 * float(hits[~seen].mean())
        assert question.typed is not None
        assert math.isclose(question.typed.value, expected)
        assert math.isclose(_number(question), expected, abs_tol=1e-9)
        assert isinstance(question.picture, GridPicture)
        assert sum(int(cell) for row in question.picture.cells for cell in row) == hits.size

    every_seed("leak_free_split", check)


def test_copies_flatter_the_figure() -> None:
    draft = ask_leak_free_split(LeakySplit(copies=200, copies_right=190, new=800, new_right=640))
    assert draft.right == "80.0 %"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["counted-the-copies"] == "83.0 %"
    assert wrong["kept-the-full-count"] == "64.0 %"
    assert wrong["took-the-memorised-part"] == "95.0 %"


def test_label_preserving_augmentation() -> None:
    bitmaps = {letter: np.array([list(row) for row in rows.split()]) for letter, rows in FONT.items()}

    def check(given: Augmentation, question: Question) -> None:
        same = 0
        for letter in given.letters:
            drawn = bitmaps[letter]
            moved = {"mirrored": np.fliplr(drawn), "upended": np.flipud(drawn), "turned": np.rot90(drawn, 2)}[
                given.move
            ]
            same += bool((moved == drawn).all())
        assert question.typed is not None
        assert question.typed.value == same
        assert question.answer.text == str(same)

    every_seed("label_preserving_augmentation", check)


def test_a_turned_m_is_a_w_and_counts_as_spoilt() -> None:
    draft = ask_label_preserving_augmentation(Augmentation("AEMNSW", "turned"))
    assert draft.right == "2"  # N and S
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["took-another-move-mirrored"] == "3"  # A, M, W
    assert wrong["took-another-move-upended"] == "1"  # E
    assert wrong["thought-flips-are-always-safe"] == "6"
