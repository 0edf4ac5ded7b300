"""Recurrent networks: parameters, gradients through time, an LSTM's gates, and sampling at a temperature."""

from dataclasses import dataclass
from math import ceil, log
from random import Random
from typing import Any

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw
from lessons.questions.generators._lstm import (
    ask_lstm_gates,
    ask_lstm_parameter_count,
    draw_cell,
    draw_lstm_layers,
)
from lessons.questions.generators._sampling import ask_sampling_temperature, draw_sampling
from lessons.questions.generators._slips import Slip, raised, rounds_clearly
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, short


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One recurrent weight, the activation's slope (1 where there is none), and the steps."""

    weight: float
    slope: float
    steps: int


@dataclass(frozen=True, slots=True)
class Vanishing:
    """One recurrent weight, and how small the gradient has to get."""

    weight: float
    below: float


def draw_recurrence(dice: Random) -> Recurrence | Vanishing:
    """Two in three ask how large the gradient is, the others when it has all but vanished."""
    if dice.random() < 1 / 3:
        weight = dice.choice((0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95))
        return Vanishing(weight, dice.choice((0.1, 0.01, 0.001)))
    return Recurrence(
        weight=dice.choice((0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.1, 1.2, 1.5, 2.0, 3.0)),
        slope=dice.choice((1.0, 1.0, 0.5, 0.8, 0.9)),
        steps=dice.choice((3, 4, 5, 6, 8, 10, 20)),
    )


def ask_recurrent_gradient_size(given: Recurrence | Vanishing) -> Draft:
    """Pascanu, Mikolov and Bengio 2013, section 2: one factor ``w · f′`` for each step."""
    return _ask_size(given) if isinstance(given, Recurrence) else _ask_steps(given)


def _ask_size(given: Recurrence) -> Draft:
    w, slope, steps = given.weight, given.slope, given.steps
    factor = w * slope
    right = factor**steps
    if not 0.02 <= right <= 500 or 0.95 < factor < 1.05:
        raise Redraw
    digits = 3 if right < 1 else 1
    rounds_clearly(right, digits)
    bare = slope == 1
    update = "hₜ = w·hₜ₋₁ + xₜ" if bare else "hₜ = tanh(w·hₜ₋₁ + xₜ)"
    hint = "" if bare else f" The slope of tanh is {short(slope)} at every step."
    at = "one decimal" if digits == 1 else "three decimals"
    slips = [
        Slip(
            factor * steps,
            "added-the-factors",
            f"That adds the factor {short(factor)} up {steps} times. The chain rule multiplies it: "
            f"{short(factor)}{raised(steps)}.",
        ),
        Slip(
            factor ** (steps - 1),
            "one-step-too-few",
            f"From h₀ to h₁ is one step already, so from h₀ to hₜ with t = {steps} there are {steps} factors, not "
            f"{steps - 1}.",
        ),
        Slip(
            factor,
            "counted-one-step",
            f"That is the factor of a single step. The gradient passes {steps} of them.",
        ),
    ]
    if bare:
        slips.append(
            Slip(
                1 - steps * (1 - w),
                "shrank-in-a-straight-line" if w < 1 else "grew-in-a-straight-line",
                f"That changes by the same amount at each step. Each step multiplies what is left by {short(w)}.",
            )
        )
    else:
        slips += [
            Slip(
                w**steps,
                "forgot-the-activation",
                f"That leaves out the slope of tanh. Each step multiplies by w *and* by {short(slope)}.",
            ),
            Slip(
                w**steps * slope,
                "activation-counted-once",
                f"That counts the slope of tanh once. It is passed at each of the {steps} steps, as w is.",
            ),
        ]
    power = (
        f"{short(w)}{raised(steps)}"
        if bare
        else f"({short(w)}·{short(slope)}){raised(steps)} = {short(factor)}{raised(steps)}"
    )
    return Draft(
        stem=(
            f"A recurrent network has one hidden unit: `{update}` with `w = {short(w)}`.{hint} How large is the "
            f"gradient `∂hₜ/∂h₀` for t = {steps}, rounded to {at}?"
        ),
        right=decimal(right, digits),
        wrong=apart(
            right,
            [each for each in slips if each.value > 0],
            lambda value: decimal(value, digits),
            max(0.012 if digits == 3 else 0.25, 0.06 * right),
        ),
        solution=f"One factor for each step: `{power} ≈ {decimal(right, digits)}`",
        typed=Typed(right, 0.0006 if digits == 3 else 0.06),
    )


def _ask_steps(given: Vanishing) -> Draft:
    w, below = given.weight, given.below
    exact = log(below) / log(w)
    right = ceil(exact)
    if right - exact < 0.02 or right - exact > 0.98:
        raise Redraw

    def left(steps: int) -> str:
        return f"{short(w)}{raised(steps)} is {short(w**steps, 6)}"

    line, half, early, once = ceil((1 - below) / (1 - w)), ceil(log(0.5) / log(w)), ceil(exact * 0.5), right - 1
    return Draft(
        stem=(
            f"A recurrent network has one hidden unit: `hₜ = w·hₜ₋₁ + xₜ` with `w = {short(w)}`. For which t is the "
            f"gradient `∂hₜ/∂h₀` smaller than {short(below)} for the first time?"
        ),
        right=f"t = {right}",
        wrong=apart(
            right,
            (
                Slip(
                    line,
                    "shrank-in-a-straight-line",
                    f"That takes {short(1 - w)} off at each step. Each step multiplies by {short(w)}, so the losses "
                    "get smaller and smaller.",
                ),
                Slip(
                    once,
                    "stopped-a-step-early",
                    f"{left(once)}, not yet smaller than {short(below)}. It takes one step more.",
                ),
                Slip(
                    half,
                    "stopped-at-the-half",
                    f"That is where half of it is gone: {left(half)}. To get below {short(below)} takes {right} steps.",
                ),
                Slip(
                    early,
                    "squared-the-weight",
                    f"That passes the weight twice a step. It is passed once: {left(early)}, far from {short(below)}.",
                ),
            ),
            lambda value: f"t = {round(value)}",
            1,
        ),
        solution=(
            f"`wᵗ < {short(below)}` for `t > ln {short(below)} / ln {short(w)} ≈ {decimal(exact, 2)}`, so t = {right}: "
            f"`{short(w)}{raised(right)} ≈ {short(w**right, 6)}`"
        ),
        typed=Typed(right, unit="steps"),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("lstm_parameter_count", draw_lstm_layers, ask_lstm_parameter_count),
    Generator("recurrent_gradient_size", draw_recurrence, ask_recurrent_gradient_size),
    Generator("lstm_gates", draw_cell, ask_lstm_gates),
    Generator("sampling_temperature", draw_sampling, ask_sampling_temperature),
)
"""The questions of this topic."""
