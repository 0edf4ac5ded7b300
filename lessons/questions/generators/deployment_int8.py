"""Deployment: what rounding weights to int8 does."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.generators.deployment_service import bracketed
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, short

LARGEST = 127
"""The largest code of symmetric int8; −128 is left out so that both sides are alike."""


@dataclass(frozen=True, slots=True)
class Quantised:
    """A weight and the scale of symmetric int8."""

    kind: Literal["code", "error", "clipped", "scale"]
    scale: float
    weight: float


def draw_int8_quantisation(dice: Random) -> Quantised:
    """Weights of three decimals; only for ``clipped`` does one fall outside the range."""
    kind = dice.choice(("code", "error", "error", "clipped", "scale"))
    scale = dice.choice((0.02, 0.03, 0.04, 0.05, 0.06, 0.08))
    if kind == "scale":
        return Quantised(kind, scale, round(scale * LARGEST, 2))
    low, high = (128 * scale, 175 * scale) if kind == "clipped" else (3 * scale, min(2.0, 100 * scale))
    weight = round(dice.uniform(low, high) * dice.choice((1, -1)), 3)
    return Quantised(kind, scale, weight)


def ask_int8_quantisation(given: Quantised) -> Draft:
    """Jacob et al. 2018, "Quantization and Training of Neural Networks …", with zero point 0."""
    match given.kind:
        case "code":
            return _ask_code(given)
        case "clipped":
            return _ask_clipped(given)
        case "error":
            return _ask_rounding_error(given)
        case "scale":
            return _ask_scale(given)


def _steps(given: Quantised) -> float:
    """The weight in steps of the scale; a tie of the rounding is thrown away."""
    steps = round(given.weight / given.scale, 6)
    if abs(abs(steps - int(steps)) - 0.5) < 0.04 or abs(steps - round(steps)) < 0.04:
        raise Redraw
    return steps


def _rule(given: Quantised) -> str:
    return (
        f"In int8 with scale `s = {given.scale}` and zero point 0, a weight `w` is stored as `w / s`, rounded to the "
        f"nearest whole number and held between −{LARGEST} and {LARGEST}."
    )


def _ask_code(given: Quantised) -> Draft:
    steps = _steps(given)
    right, towards_zero = round(steps), int(steps)
    away = towards_zero + (1 if steps > 0 else -1)
    weight = short(given.weight)
    return Draft(
        stem=f"{_rule(given)} As which number is `w = {weight}` stored?",
        right=short(right),
        wrong=apart(
            right,
            (
                (
                    towards_zero,
                    "cut-off-the-decimals",
                    f"That cuts {decimal(steps)} off at the point. Rounding goes to the *nearest* whole number.",
                ),
                (away, "rounded-away-from-zero", f"That rounds {decimal(steps)} outwards; the other side is nearer."),
                (
                    round(given.weight * LARGEST),
                    "multiplied-by-127",
                    f"That is `w · {LARGEST}`, right only for weights up to 1. This scale has steps of {given.scale}.",
                ),
                (
                    right + 128,
                    "shifted-to-unsigned",
                    "That adds 128, as unsigned codes with zero point 128 do. Here the zero point is 0.",
                ),
                (
                    -right,
                    "lost-the-sign",
                    f"The sign turned over: {weight} is {'below' if steps < 0 else 'above'} zero.",
                ),
            ),
            short,
            0.5,
        ),
        solution=f"`{weight} / {given.scale} = {decimal(steps)}`, the nearest whole number is {short(right)}",
        typed=Typed(right),
    )


def _ask_clipped(given: Quantised) -> Draft:
    steps = _steps(given)
    right = LARGEST if steps > 0 else -LARGEST
    code = round(steps)
    wrapped = (code + 128) % 256 - 128
    return Draft(
        stem=f"{_rule(given)} As which number is `w = {short(given.weight)}` stored?",
        right=short(right),
        wrong=apart(
            right,
            (
                (
                    code,
                    "left-the-range",
                    f"{short(code)} does not fit into 8 bits with a sign. What lies outside is held at the limit.",
                ),
                (
                    wrapped,
                    "wrapped-around",
                    f"That lets {short(code)} overflow to the other end. Quantising holds such a value at the limit.",
                ),
                (
                    0,
                    "dropped-the-outlier",
                    "Zero would lose the weight. It is held at the limit, which keeps it as large as the range allows.",
                ),
            ),
            short,
            0.5,
        ),
        solution=(
            f"`{short(given.weight)} / {given.scale} = {decimal(steps)}` lies outside and is held at {short(right)}"
        ),
        typed=Typed(right),
    )


def _ask_rounding_error(given: Quantised) -> Draft:
    steps, scale = _steps(given), given.scale
    code = round(steps)
    right = round(abs(code * scale - given.weight), 6)
    cut = round(abs(int(steps) * scale - given.weight), 6)
    weight = short(given.weight)
    return Draft(
        stem=(
            f"The weight `w = {weight}` is quantised to int8 with scale `s = {scale}` and zero point 0, rounded to the "
            "nearest code. By how much does `q · s` then differ from w, without sign, to three decimals?"
        ),
        right=decimal(right, 3),
        wrong=apart(
            right,
            (
                (
                    cut if cut != right else round(scale - right, 6),
                    "took-the-wrong-neighbour",
                    f"That is the way to the other neighbour. {decimal(steps)} steps are rounded to {short(code)}.",
                ),
                (
                    scale / 2,
                    "took-the-largest-error",
                    f"Half a step, {short(scale / 2)}, is the *most* that rounding can cost. Here it costs less.",
                ),
                (
                    abs(code - steps),
                    "left-it-in-steps",
                    f"That is the error in steps. A step is {scale} wide, so multiply by it.",
                ),
                (
                    scale,
                    "took-a-whole-step",
                    "A whole step is never lost: the nearest code is at most half a step away.",
                ),
            ),
            lambda value: decimal(value, 3),
            0.0025,
        ),
        solution=(
            f"`{weight} / {scale} = {decimal(steps)}`, so `q = {short(code)}`; "
            f"`|{short(code)} · {scale} − {bracketed(given.weight)}| = {decimal(right, 3)}`"
        ),
        typed=Typed(right, 0.0006),
    )


def _ask_scale(given: Quantised) -> Draft:
    top, right = given.weight, given.weight / LARGEST
    return Draft(
        stem=(
            f"A layer's weights lie between −{short(top)} and {short(top)}. They go to int8 with zero point 0, so that "
            f"the largest weight is stored as {LARGEST}. What is the scale, to four decimals?"
        ),
        right=decimal(right, 4),
        wrong=apart(
            right,
            (
                (
                    top / 255,
                    "spread-over-one-side",
                    (
                        f"That gives the {short(top)} all 255 steps. They have to reach from −{short(top)} to "
                        f"{short(top)}, so each side gets {LARGEST}."
                    ),
                ),
                (
                    2 * top / LARGEST,
                    "spread-over-both-sides",
                    (
                        f"That puts the whole width, {short(2 * top)}, on {LARGEST} steps. Each side has {LARGEST} of "
                        "its own."
                    ),
                ),
                (
                    1 / LARGEST,
                    "weights-up-to-one",
                    f"1 / {LARGEST} is right for weights up to 1. These go up to {short(top)}.",
                ),
                (top / 8, "divided-by-the-bits", f"That divides by 8 bits. 8 bits make 256 codes, {LARGEST} a side."),
            ),
            lambda value: decimal(value, 4),
            0.0015,
        ),
        solution=f"`s = {short(top)} / {LARGEST} = {decimal(right, 4)}`",
        typed=Typed(right, 0.00006),
    )
