"""Data before training: standardising, pixels, an honest test figure, flips that keep a label."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw
from lessons.questions.generators._honest_data import (
    ask_label_preserving_augmentation,
    ask_leak_free_split,
    draw_augmentation,
    draw_leaky_split,
)
from lessons.questions.model import Typed
from lessons.questions.wording import count, decimal, short


@dataclass(frozen=True, slots=True)
class UnseenValue:
    """One value of the test data, and the statistics of both parts."""

    feature: str
    value: int
    train_mean: int
    train_std: int
    test_mean: int
    test_std: int


def draw_test_value(dice: Random) -> UnseenValue:
    """Whole statistics that differ clearly between the parts."""
    mean, std = dice.choice((20, 30, 40, 50, 60, 80, 100, 120)), dice.choice((2, 4, 5, 8, 10, 20))
    given = UnseenValue(
        feature=dice.choice(("brightness", "file size in kB", "age in years", "price in euros")),
        value=mean + dice.choice((-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6)) * std // 2,
        train_mean=mean,
        train_std=std,
        test_mean=mean + dice.choice((-2, -1, 1, 2)) * 5,
        test_std=dice.choice((2, 4, 5, 8, 10, 20)),
    )
    if given.value <= 0 or given.test_std == std:
        raise Redraw
    return given


def ask_standardise_test_value(given: UnseenValue) -> Draft:
    """``(x − mean) / deviation``, both fitted on the training data."""
    x, mean, std = given.value, given.train_mean, given.train_std
    right = (x - mean) / std
    fitted = f"mean {mean} and deviation {std} come from the training data"
    return Draft(
        stem=(
            f"A feature ({given.feature}) has mean {mean} and standard deviation {std} in the training data, mean "
            f"{given.test_mean} and standard deviation {given.test_std} in the test data. A value of {x} in the "
            f"test data "
            "is to be standardised for the model. What does it become (at most two decimals)?"
        ),
        right=short(right, 2),
        wrong=apart(
            right,
            (
                (
                    (x - given.test_mean) / given.test_std,
                    "used-the-test-statistics",
                    f"That fits on the test data. The model was trained on the other scale: {fitted}, for every part.",
                ),
                (
                    (x - given.test_mean) / std,
                    "used-the-test-mean",
                    f"That takes the test data's mean {given.test_mean}. Both {fitted}.",
                ),
                (
                    (x - mean) / std**2,
                    "divided-by-the-variance",
                    f"That divides by {std}², the variance. Standardising divides by the deviation, {std}.",
                ),
                (x - mean, "only-centred", f"That only subtracts the mean. Divide by the deviation {std} as well."),
                (x / std, "did-not-subtract-the-mean", f"That only divides. Subtract the mean {mean} first."),
                (
                    -right,
                    "subtracted-the-wrong-way",
                    (
                        f"That is mean minus value. A value {'above' if x > mean else 'below'} the mean comes out "
                        f"{'positive' if x > mean else 'negative'}."
                    ),
                ),
            ),
            lambda value: short(value, 2),
            0.05,
        ),
        solution=f"With the training data's figures: `(x − mean) / std = ({x} − {mean}) / {std} = {short(right, 2)}`",
        typed=Typed(right, tolerance=0.006),
    )


@dataclass(frozen=True, slots=True)
class Pixel:
    """A pixel from 0 to 255, a channel's statistics on the scale from 0 to 1, and which way it goes."""

    value: int
    mean: float
    std: float
    back: bool


CHANNELS: Final = (
    (0.485, 0.229),
    (0.456, 0.224),
    (0.406, 0.225),
    (0.1307, 0.3081),
    (0.2860, 0.3530),
    (0.5, 0.5),
    (0.4, 0.2),
)
"""ImageNet's three channels, MNIST, Fashion-MNIST, and two round ones."""


def draw_pixel(dice: Random) -> Pixel:
    """Two in three are normalised, one is taken back."""
    mean, std = dice.choice(CHANNELS)
    return Pixel(
        dice.choice((0, 20, 30, 51, 64, 80, 102, 128, 153, 180, 204, 230, 255)), mean, std, back=dice.random() < 1 / 3
    )


def ask_image_normalisation(given: Pixel) -> Draft:
    """Torchvision's ``ToTensor`` and ``Normalize``: ``(pixel / 255 − mean) / std``."""
    p, mean, std = given.value, given.mean, given.std
    scaled, out = p / 255, (p / 255 - mean) / std
    if abs(out) < 0.05:
        raise Redraw
    way = (
        f"An image pipeline divides pixels (0 to 255) by 255, then normalises the channel with mean {short(mean)} and "
        f"standard deviation {short(std)}."
    )
    if given.back:
        shown = round(out, 3)
        inner = shown * std + mean

        def write_pixel(value: float) -> str:
            return count(round(value)).replace("-", "−")

        return Draft(
            stem=f"{way} The model's input is {short(shown, 3)}. What was the pixel (a whole number)?",
            right=write_pixel(p),
            wrong=apart(
                p,
                (
                    (
                        round(shown * std * 255),
                        "forgot-the-mean",
                        f"That multiplies by the deviation but does not add the mean {short(mean)} back.",
                    ),
                    (
                        round(shown * 255),
                        "only-scaled-back",
                        (
                            f"That undoes the division by 255 only. First `{short(shown, 3)} · {short(std)} + "
                            f"{short(mean)}`."
                        ),
                    ),
                    (
                        round((shown + mean) * std * 255),
                        "undone-in-the-wrong-order",
                        (
                            "That adds the mean before it multiplies. What was done last is undone first: "
                            "multiply, then add."
                        ),
                    ),
                    (
                        round(((shown - mean) / std) * 255),
                        "normalised-again",
                        "That normalises a second time. Going back multiplies by the deviation and adds the mean.",
                    ),
                ),
                write_pixel,
                3,
            ),
            solution=f"`({short(shown, 3)}·{short(std)} + {short(mean)})·255 = {short(inner, 3)}·255 ≈ {p}`",
            typed=Typed(p, tolerance=0.5),
        )
    return Draft(
        stem=f"{way} What does a pixel of {p} become (three decimals)?",
        right=decimal(out, 3),
        wrong=apart(
            out,
            (
                (
                    (p - mean) / std,
                    "did-not-scale-first",
                    (
                        f"That subtracts {short(mean)} from {p}. The statistics belong to the scale from 0 to 1: "
                        f"divide by 255 first."
                    ),
                ),
                (
                    scaled,
                    "only-scaled",
                    (
                        f"That is the pixel on the scale from 0 to 1. The mean {short(mean)} and the deviation "
                        f"{short(std)} come after."
                    ),
                ),
                (
                    scaled - mean,
                    "forgot-the-deviation",
                    f"That only subtracts the mean. Divide by the deviation {short(std)} too.",
                ),
                (
                    scaled / std - mean,
                    "divided-before-subtracting",
                    "That divides first and subtracts after. The mean goes first, then the deviation.",
                ),
                (
                    (scaled - std) / mean,
                    "swapped-mean-and-deviation",
                    "That subtracts the deviation and divides by the mean. It is the other way round.",
                ),
                (
                    (scaled - mean) * std,
                    "multiplied-by-the-deviation",
                    f"That multiplies by {short(std)}. Dividing by it is what brings the deviation to 1.",
                ),
            ),
            lambda value: decimal(value, 3),
            0.02,
        ),
        solution=(
            f"`({p}/255 − {short(mean)}) / {short(std)} = ({decimal(scaled, 4)} − {short(mean)}) / {short(std)} = "
            f"{decimal(out, 3)}`"
        ),
        typed=Typed(out, tolerance=0.002),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("standardise_test_value", draw_test_value, ask_standardise_test_value),
    Generator("image_normalisation", draw_pixel, ask_image_normalisation),
    Generator("leak_free_split", draw_leaky_split, ask_leak_free_split),
    Generator("label_preserving_augmentation", draw_augmentation, ask_label_preserving_augmentation),
)
"""The questions of this topic."""
