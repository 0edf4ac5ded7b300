"""Neurons and small networks: parameters, outputs, slopes of activations, softmax and cross-entropy."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw, Wrong
from lessons.questions.generators._softmax import ask_softmax_cross_entropy, draw_logits, row, sigmoid, signed
from lessons.questions.model import Typed
from lessons.questions.wording import count, decimal, short


@dataclass(frozen=True, slots=True)
class Perceptron:
    """Layer sizes from the input to the output, and whether the layers have biases."""

    sizes: tuple[int, ...]
    bias: bool


def draw_perceptron(dice: Random) -> Perceptron:
    """One or two hidden layers; three in four with biases, as by default."""
    first = dice.choice((4, 8, 10, 20, 30, 64, 100, 784))
    hidden = sorted(dice.sample((5, 6, 8, 12, 16, 32, 50, 64, 100, 128), dice.choice((1, 2))), reverse=True)
    last = dice.choice((1, 2, 3, 5, 10))
    if first in hidden or last in hidden:
        raise Redraw
    return Perceptron((first, *hidden, last), bias=dice.random() < 0.75)


def ask_mlp_parameter_count(given: Perceptron) -> Draft:
    """A dense layer from n to m has n · m weights and m biases."""
    sizes = given.sizes
    weights = sum(n * m for n, m in pairwise(sizes))
    biases = sum(sizes[1:])
    right = weights + biases if given.bias else weights
    chain = " → ".join(map(count, sizes))
    products = " + ".join(f"{n}·{m}" for n, m in pairwise(sizes))
    if given.bias:
        first = (
            Wrong(
                count(weights),
                "forgot-the-biases",
                f"Those are the weights alone. Each neuron after the input has a bias too: {count(biases)} more.",
            ),
            Wrong(
                count(weights + sum(sizes)),
                "gave-the-input-biases",
                (
                    f"That counts a bias for each of the {sizes[0]} inputs. Inputs are only passed on; they have no "
                    f"biases."
                ),
            ),
            Wrong(
                count(weights + len(sizes) - 1),
                "one-bias-a-layer",
                "That counts one bias for each layer. Every neuron of a layer has its own.",
            ),
        )
    else:
        first = (
            Wrong(
                count(weights + biases),
                "counted-biases-that-are-not-there",
                f"That adds {count(biases)} biases. These layers have none (`bias=False`), only weights.",
            ),
            Wrong(
                count(weights - sizes[-2] * sizes[-1]),
                "left-out-the-last-layer",
                f"The output layer is a layer too: {sizes[-2]} · {sizes[-1]} more weights.",
            ),
        )
    ends = sizes[0] * sizes[-1]
    with_biases = f" + {' + '.join(map(str, sizes[1:]))}" if given.bias else ""
    return Draft(
        stem=(
            f"A multilayer perceptron has layers of the sizes {chain} (the first is the input), each fully "
            f"connected to the next, {'with' if given.bias else 'without'} biases. How many parameters does it learn?"
        ),
        right=count(right),
        wrong=(
            *first,
            Wrong(
                count(sum(sizes[1:])),
                "counted-neurons",
                "Those are the neurons. Each has one weight for every input that it receives.",
            ),
            Wrong(
                count(ends + (sizes[-1] if given.bias else 0)),
                "joined-input-to-output",
                f"That joins the {sizes[0]} inputs directly to the output. Count each pair of neighbouring layers.",
            ),
        ),
        solution=f"`{products}{with_biases} = {count(right)}`",
        typed=Typed(right, unit="parameters"),
    )


@dataclass(frozen=True, slots=True)
class Neuron:
    """Inputs, weights, bias and activation of one neuron."""

    inputs: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    activation: Literal["relu", "sigmoid"]


def draw_neuron(dice: Random) -> Neuron:
    """Halves and whole numbers, so that the sum is done in the head."""
    size = dice.choice((2, 2, 3))
    inputs = tuple(dice.choice((-2.0, -1.0, 0.5, 1.0, 2.0, 3.0)) for _ in range(size))
    weights = tuple(dice.choice((-2.0, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)) for _ in range(size))
    return Neuron(inputs, weights, dice.choice((-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)), dice.choice(("relu", "sigmoid")))


def ask_neuron_output(given: Neuron) -> Draft:
    """``f(w · x + b)``."""
    total = sum(w * x for w, x in zip(given.weights, given.inputs, strict=True))
    z, b, relu = total + given.bias, given.bias, given.activation == "relu"
    if abs(z) > 4 or z == 0 or (given.activation == "sigmoid" and abs(z) > 3):
        raise Redraw

    def activate(value: float) -> float:
        return max(0.0, value) if relu else sigmoid(value)

    def write(value: float) -> str:
        return short(value) if relu else decimal(value, 3)

    right = activate(z)
    formula = "ReLU, `max(0, z)`" if relu else "the sigmoid, `σ(z) = 1 / (1 + e⁻ᶻ)`"
    sums = " + ".join(f"{signed(w)}·{signed(x)}" for w, x in zip(given.weights, given.inputs, strict=True))
    name = "max(0, z)" if relu else "σ(z)"
    return Draft(
        stem=(
            f"A neuron has the inputs {row(given.inputs)}, the weights {row(given.weights)} and the bias "
            f"`{short(b)}`. Its activation is {formula}. What does it put out{'' if relu else ' (three decimals)'}?"
        ),
        right=write(right),
        wrong=apart(
            right,
            (
                (
                    z,
                    "forgot-the-activation",
                    f"That is the sum `z = {short(z)}` itself. It still goes through the activation.",
                ),
                (
                    activate(total),
                    "forgot-the-bias",
                    (
                        f"That leaves out the bias. It is added before the activation: {short(total)} + "
                        f"{signed(b)} = {short(z)}."
                    ),
                ),
                (
                    activate(total) + b,
                    "added-the-bias-after",
                    (
                        "That adds the bias to what the activation gives. The bias belongs to the sum, before the "
                        "activation."
                    ),
                ),
                (
                    abs(z) if relu else sigmoid(-z),
                    "turned-the-sign",
                    f"That is |z|. ReLU turns nothing round: whatever is below 0, as {short(z)}, becomes 0."
                    if relu
                    else f"That puts `e^z` where `e⁻ᶻ` stands: it is the sigmoid of {short(-z)}, not of {short(z)}.",
                ),
                (
                    activate(total - b),
                    "subtracted-the-bias",
                    f"That subtracts the bias. It is added: {short(total)} + {signed(b)} = {short(z)}.",
                ),
                (
                    activate(sum(given.inputs) + b),
                    "ignored-the-weights",
                    "That sums the inputs as they are. Each one is first multiplied by its weight.",
                ),
            ),
            write,
            0.02,
        ),
        solution=f"`z = {sums} + {signed(b)} = {short(z)}`, `{name} = {write(right)}`",
        typed=Typed(right, tolerance=0.001),
    )


@dataclass(frozen=True, slots=True)
class Slope:
    """Where the slope of an activation is asked for: at ``z``, or (sigmoid) where the neuron puts out ``output``."""

    activation: Literal["relu", "sigmoid"]
    z: float | None = None
    output: float | None = None


def draw_slope(dice: Random) -> Slope:
    """The sigmoid mostly; ReLU on both sides of its corner, never on it."""
    kind = dice.choice(("relu", "z", "z", "output", "output"))
    sign = dice.choice((-1, 1))
    if kind == "relu":
        return Slope("relu", z=sign * dice.randint(2, 50) / 10)
    if kind == "z":
        return Slope("sigmoid", z=sign * dice.randint(5, 30) / 10)
    return Slope("sigmoid", output=dice.choice((*range(2, 45), *range(56, 99))) / 100)


def ask_activation_derivative(given: Slope) -> Draft:
    """``σ′ = σ(1 − σ)``; ReLU's slope is 1 above 0 and 0 below."""
    if given.activation == "relu":
        return _relu_slope(given.z or 0.0)
    a = given.output if given.output is not None else sigmoid(given.z or 0.0)
    right = a * (1 - a)
    at = f"`z = {short(given.z)}`" if given.z is not None else f"the place where it puts out `σ(z) = {short(a)}`"
    hint = "`σ(z) = 1 / (1 + e⁻ᶻ)`"
    shown = decimal(a, 4) if given.z is not None else short(a)
    inner = given.z if given.z is not None else sigmoid(a)
    misplaced = (
        (
            inner * (1 - inner),
            "put-z-into-the-formula",
            f"That is z(1 − z). The formula takes the output: σ(z) = {shown}, then σ(1 − σ).",
        )
        if given.z is not None
        else (
            inner * (1 - inner),
            "applied-the-sigmoid-twice",
            f"{shown} is the output already. Put it into σ(1 − σ) directly, without another sigmoid.",
        )
    )
    return Draft(
        stem=f"For the sigmoid {hint}, what is the slope `dσ/dz` at {at} (four decimals at most)?",
        right=short(right),
        wrong=apart(
            right,
            (
                misplaced,
                (a, "gave-the-value", f"That is σ itself, {shown}. Its slope is σ(1 − σ)."),
                (1 - a, "forgot-a-factor", f"That is 1 − σ alone. The slope is σ(1 − σ): multiply by {shown}."),
                (
                    0.25,
                    "took-the-largest-slope",
                    "0.25 is the slope at z = 0, where it is steepest. Elsewhere it is smaller.",
                ),
                (-right, "thought-it-falls", "The sigmoid rises everywhere, so its slope is positive: σ(1 − σ)."),
            ),
            short,
            0.01,
        ),
        solution=f"`σ(1 − σ) = {shown}·(1 − {shown}) = {short(right)}`",
        typed=Typed(right, tolerance=0.0006),
    )


def _relu_slope(z: float) -> Draft:
    right = 1.0 if z > 0 else 0.0
    side = "above 0 ReLU is the line z, with slope 1" if z > 0 else "below 0 ReLU is flat, with slope 0"
    return Draft(
        stem=f"For ReLU, `max(0, z)`, what is the slope with respect to z at `z = {short(z)}`?",
        right=short(right),
        wrong=apart(
            right,
            (
                (1 - right, "mixed-up-the-sides", f"That is the slope on the other side of 0: {side}."),
                (z, "gave-the-input", f"That is the input. The slope does not depend on how large it is: {side}."),
                (-1.0, "took-relu-for-the-absolute-value", f"ReLU is not |z| and never falls: {side}."),
                (0.25, "took-the-sigmoid", f"0.25 is the sigmoid's largest slope; ReLU's is 0 or 1: {side}."),
            ),
            short,
            0.2,
        ),
        solution=f"`z = {short(z)}`: {side}.",
        typed=Typed(right),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("mlp_parameter_count", draw_perceptron, ask_mlp_parameter_count),
    Generator("neuron_output", draw_neuron, ask_neuron_output),
    Generator("activation_derivative", draw_slope, ask_activation_derivative),
    Generator("softmax_cross_entropy", draw_logits, ask_softmax_cross_entropy),
)
"""The questions of this topic."""
