"""What pretrained weights are given when the preprocessing is right, and when it is not."""

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.generators._slips import Slip, rounds_clearly
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, short

MEANS: Final = (0.485, 0.456, 0.406)
DEVIATIONS: Final = (0.229, 0.224, 0.225)
"""The statistics of ImageNet's training pictures that torchvision's weights expect, for red, green and blue."""


@dataclass(frozen=True, slots=True)
class Pixel:
    """One pixel's red, green and blue from 0 to 255, and what is done to it."""

    kind: Literal["expected", "swapped", "unscaled", "other-scale"]
    red: int
    green: int
    blue: int
    channel: int
    """Which of the three is asked for, where that is open."""


def draw_pixel(dice: Random) -> Pixel:
    """Multiples of 51, so that dividing by 255 gives tenths; any number where nothing is divided."""
    kind = dice.choice(("expected", "swapped", "unscaled", "other-scale"))
    red, green, blue = dice.sample((0, 51, 102, 153, 204, 255), 3)
    if kind == "unscaled":
        red = dice.randrange(15, 255, 5)
    return Pixel(kind, red, green, blue, dice.randrange(3))


def ask_pretrained_preprocessing(given: Pixel) -> Draft:
    """``(x / 255 − mean) / deviation`` for each channel, and what three slips of a program make of it."""
    match given.kind:
        case "expected":
            return _ask_expected(given)
        case "swapped":
            return _ask_swapped(given)
        case "unscaled":
            return _ask_unscaled(given)
        case "other-scale":
            return _ask_other_scale(given)


_RECIPE: Final = (
    "Some weights expect RGB, each channel as `(x/255 − mean) / std` with mean 0.485, 0.456, 0.406 and std 0.229, "
    "0.224, 0.225."
)


def _normal(value: int, channel: int) -> float:
    return (value / 255 - MEANS[channel]) / DEVIATIONS[channel]


def _term(share: float, channel: int) -> str:
    return f"({short(share)} − {MEANS[channel]}) / {DEVIATIONS[channel]}"


def _signed(value: float) -> str:
    return f"({decimal(value, 3)})" if value < 0 else decimal(value, 3)


def _ask_expected(given: Pixel) -> Draft:
    channel = given.channel
    value = (given.red, given.green, given.blue)[channel]
    name, share = ("red", "green", "blue")[channel], value / 255
    right = _normal(value, channel)
    rounds_clearly(right, 2)
    m, d = MEANS[channel], DEVIATIONS[channel]
    return Draft(
        stem=(
            f"{_RECIPE} A pixel is ({given.red}, {given.green}, {given.blue}). What should the network be "
            f"given for its *{name}*, rounded to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(
            right,
            (
                Slip(
                    share,
                    "scaled-only",
                    f"That only scales to 0 … 1. The weights also expect the mean {m} taken off and the rest divided "
                    f"by {d}.",
                ),
                Slip(
                    share - m,
                    "forgot-the-deviation",
                    f"That only takes off the mean. Divide by the deviation {d} as well.",
                ),
                Slip(
                    share / d - m,
                    "divided-before-subtracting",
                    f"That divides before the mean is taken off. First {short(share)} − {m}, then divide by {d}.",
                ),
                Slip(
                    (share - m) / d**2,
                    "divided-by-the-variance",
                    f"That divides by {d} twice, which would be the variance. Divide by the deviation once.",
                ),
                Slip(
                    2 * share - 1,
                    "scaled-to-plus-minus-one",
                    "That scales to −1 … 1, as other models want it. These weights want their own mean and deviation.",
                ),
            ),
            decimal,
            0.03,
        ),
        solution=f"`{value}/255 = {short(share)}`, `{_term(share, channel)} ≈ {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


def _ask_swapped(given: Pixel) -> Draft:
    right, meant = _normal(given.blue, 0), _normal(given.red, 0)
    if abs(right - meant) < 0.5:
        raise Redraw
    rounds_clearly(right, 2)
    return Draft(
        stem=(
            f"{_RECIPE} A program loads a picture as BGR, forgets to turn it into RGB and does everything else right. "
            f"A pixel has red {given.red}, green {given.green}, blue {given.blue}. What reaches the network's *first* "
            "channel, rounded to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(
            right,
            (
                Slip(
                    meant,
                    "took-the-order-for-granted",
                    f"That is what *should* arrive, made of red {given.red}. In BGR the first number is blue, "
                    f"{given.blue}, and nothing warns of it.",
                ),
                Slip(
                    _normal(given.blue, 2),
                    "statistics-follow-the-colour",
                    "That normalises blue with blue's own figures. The program does not know it is blue: the first "
                    f"channel gets {MEANS[0]} and {DEVIATIONS[0]}.",
                ),
                Slip(
                    _normal(given.red, 2),
                    "swapped-the-statistics",
                    "That is red with blue's figures, which is what the *third* channel gets.",
                ),
                Slip(
                    given.blue / 255,
                    "scaled-only",
                    f"That is blue scaled to 0 … 1. The program goes on with the mean {MEANS[0]} and the deviation "
                    f"{DEVIATIONS[0]}.",
                ),
            ),
            decimal,
            0.03,
        ),
        solution=(
            f"Blue stands first and gets red's figures: `{_term(given.blue / 255, 0)} ≈ {decimal(right)}`, where "
            f"{decimal(meant)} was meant. No error is raised; accuracy drops."
        ),
        typed=Typed(right, 0.006),
    )


def _ask_unscaled(given: Pixel) -> Draft:
    value, m, d = given.red, MEANS[0], DEVIATIONS[0]
    if value == 0:
        raise Redraw
    right, meant = (value - m) / d, _normal(value, 0)
    rounds_clearly(right, 1)

    def write(number: float) -> str:
        return decimal(number, 1)

    return Draft(
        stem=(
            f"{_RECIPE} A program forgets to divide by 255 and does everything else right. A pixel's red is {value}. "
            "What reaches the network's first channel, rounded to one decimal?"
        ),
        right=write(right),
        wrong=apart(
            right,
            (
                Slip(
                    meant,
                    "thought-it-cancels",
                    f"That is what *should* arrive. The mean and the deviation are made for values from 0 to 1; they "
                    f"do not bring {value} back there.",
                ),
                Slip(
                    value - m,
                    "forgot-the-deviation",
                    f"That only takes off the mean. Dividing by {d} makes it still larger.",
                ),
                Slip(
                    (value - m) * d,
                    "multiplied-by-the-deviation",
                    f"That multiplies by {d}. The deviation divides, so a number below 1 makes it larger.",
                ),
                Slip(
                    float(value),
                    "left-as-it-was",
                    "That is the pixel itself. The program still takes off the mean and divides by the deviation.",
                ),
            ),
            write,
            0.6,
        ),
        solution=(
            f"`({value} − {m}) / {d} ≈ {write(right)}`, where {decimal(meant)} was meant: far outside of anything that "
            "the weights have seen."
        ),
        typed=Typed(right, 0.06),
    )


def _ask_other_scale(given: Pixel) -> Draft:
    value, share = given.red, given.red / 255
    arrives, meant = 2 * share - 1, _normal(given.red, 0)
    right = arrives - meant
    rounds_clearly(right, 2)
    if abs(right) < 0.15:
        raise Redraw
    return Draft(
        stem=(
            "Some weights expect red as `(x/255 − 0.485) / 0.229`. A program scales to −1 … 1 instead: `x/127.5 − 1`. "
            f"For red = {value}, how much more than the right value does the network get (negative if less), rounded "
            "to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(
            right,
            (
                Slip(
                    -right,
                    "turned-the-difference-round",
                    f"That has the sign turned. The right value is {decimal(meant)}, and the network gets "
                    f"{decimal(arrives)}.",
                ),
                Slip(
                    0.0,
                    "thought-the-scales-agree",
                    "Both scales have numbers on both sides of 0, but not the same ones: black is −1 on one and "
                    "−2.12 on the other.",
                ),
                Slip(
                    share - meant,
                    "scaled-to-zero-one",
                    f"That starts from x/255 = {short(share)}. This program scales to −1 … 1: {decimal(arrives)}.",
                ),
                Slip(
                    meant,
                    "gave-the-right-value",
                    f"That is the right value itself. The network gets {decimal(arrives)}, and the difference is "
                    "asked for.",
                ),
                Slip(
                    arrives,
                    "gave-what-arrives",
                    f"That is what the network gets. The right value is {decimal(meant)}, and the difference is asked "
                    "for.",
                ),
            ),
            decimal,
            0.03,
        ),
        solution=(
            f"It gets `{value}/127.5 − 1 = {short(arrives)}` and should get `{_term(share, 0)} ≈ {decimal(meant, 3)}`: "
            f"`{short(arrives)} − {_signed(meant)} ≈ {decimal(right)}`"
        ),
        typed=Typed(right, 0.006),
    )
