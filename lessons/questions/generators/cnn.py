"""Convolutions: sizes, parameters, receptive fields, and what sharing weights saves."""

from dataclasses import dataclass
from math import prod
from random import Random
from typing import Any, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw, Wrong
from lessons.questions.generators._sharing import ask_weight_sharing, draw_weight_sharing
from lessons.questions.generators._slips import Slip
from lessons.questions.model import Typed
from lessons.questions.wording import count


def _side(value: float) -> str:
    return f"{round(value)} × {round(value)}"


def _whole(value: float) -> str:
    return count(round(value))


@dataclass(frozen=True, slots=True)
class Convolution:
    """A square input and a square kernel."""

    size: int
    kernel: int
    padding: int
    stride: int


def draw_convolution(dice: Random) -> Convolution:
    """Sizes that are met in real networks; the stride leaves something over now and then."""
    given = Convolution(
        size=dice.choice((14, 16, 20, 24, 28, 32, 40, 56, 64)),
        kernel=dice.choice((3, 5, 7)),
        padding=dice.choice((0, 1, 2, 3)),
        stride=dice.choice((1, 2, 3)),
    )
    if given.padding > given.kernel // 2:
        raise Redraw
    return given


def ask_conv_output_size(given: Convolution) -> Draft:
    """Dumoulin and Visin 2016, "A guide to convolution arithmetic", relationship 6."""
    n, k, p, s = given.size, given.kernel, given.padding, given.stride
    right = (n + 2 * p - k) // s + 1
    wrong = [
        Wrong(
            _side((n - k) // s + 1),
            "forgot-the-padding",
            f"That leaves the padding out. It adds {p} on *both* sides: the kernel moves over {n + 2 * p} pixels.",
        ),
        Wrong(
            _side((n + 2 * p - k) // s),
            "forgot-the-first-place",
            "The division counts the steps that the kernel takes; the place where it starts makes one more.",
        ),
        Wrong(
            _side((n + p - k) // s + 1),
            "padded-one-side",
            f"That pads one side only. Padding {p} goes on both: {n} + 2 · {p} = {n + 2 * p}.",
        ),
        Wrong(
            _side(n + 2 * p - k + 1),
            "forgot-the-stride",
            f"That is the size at stride 1. With stride {s} the kernel takes every place only in steps of {s}.",
        ),
        Wrong(
            _side(-((k - n - 2 * p) // s) + 1),
            "rounded-up",
            f"That rounds {n + 2 * p - k} / {s} up. A last step for which the picture is too short is not made: round "
            "down.",
        ),
    ]
    return Draft(
        stem=(
            f"A picture of {n} × {n} goes through a convolution with a {k} × {k} kernel, padding {p} on each side "
            f"and stride {s}. How large is each output map?"
        ),
        right=_side(right),
        wrong=wrong,
        solution=f"`⌊(n + 2p − k) / s⌋ + 1 = ⌊({n} + 2·{p} − {k}) / {s}⌋ + 1 = {right}`",
        typed=Typed(right, unit="pixels a side"),
    )


@dataclass(frozen=True, slots=True)
class ConvolutionLayer:
    """A convolutional layer with square kernels, and the size of the maps that it gets."""

    channels: int
    filters: int
    kernel: int
    bias: bool
    size: int


def draw_convolution_layer(dice: Random) -> ConvolutionLayer:
    """Layers as in small CNNs; one in three without biases, as before a batch norm."""
    return ConvolutionLayer(
        channels=dice.choice((1, 3, 3, 8, 16, 32)),
        filters=dice.choice((6, 8, 16, 32, 64)),
        kernel=dice.choice((3, 3, 5, 7)),
        bias=dice.random() < 2 / 3,
        size=dice.choice((14, 28, 32)),
    )


def ask_conv_parameter_count(given: ConvolutionLayer) -> Draft:
    """``filters · (k · k · channels + 1)``, or without the 1."""
    c, m, k = given.channels, given.filters, given.kernel
    weights = k * k * c * m
    right = weights + (m if given.bias else 0)
    biases = m if given.bias else 0
    maps = f"{c} input channel{'s' if c > 1 else ''}"
    a_filter = f"{k}·{k}·{c}{' + 1' if given.bias else ''}"
    return Draft(
        stem=(
            f"A convolutional layer has {m} filters of {k} × {k} over {maps}, "
            f"{'one bias for each filter' if given.bias else 'and no biases'}. Its input maps are {given.size} × "
            f"{given.size}. How many parameters does the layer have?"
        ),
        right=count(right),
        wrong=apart(
            right,
            (
                Slip(
                    weights + (0 if given.bias else m),
                    "counted-no-bias" if given.bias else "counted-absent-biases",
                    f"That leaves out the biases: each of the {m} filters has one."
                    if given.bias
                    else f"That counts {m} biases, one for each filter. This layer has none.",
                ),
                Slip(
                    k * k * m + biases,
                    "forgot-the-input-channels",
                    f"That gives each filter {k * k} weights. A filter spans all {c} input channels: {k}·{k}·{c} = "
                    f"{k * k * c}.",
                ),
                Slip(
                    k * c * m + biases,
                    "took-one-side-of-the-kernel",
                    f"That takes the kernel's side once. A kernel of {k} × {k} has {k * k} weights for each channel.",
                ),
                Slip(
                    k * k * c + (1 if given.bias else 0),
                    "counted-one-filter",
                    f"Those are the parameters of one filter. The layer has {m} of them.",
                ),
                Slip(
                    weights + c * m,
                    "one-bias-a-channel",
                    f"That has a bias for each pair of channel and filter, {count(c * m)}. "
                    + (f"There is one for each filter: {m}." if given.bias else "This layer has none."),
                ),
                Slip(
                    right * given.size**2,
                    "one-filter-a-place",
                    f"That has new weights for each of the {given.size} × {given.size} places. The same filter serves "
                    "them all, so the map's size does not count.",
                ),
            ),
            _whole,
            1,
        ),
        solution=f"`filters · (k·k·channels{' + 1' if given.bias else ''}) = {m} · ({a_filter}) = {count(right)}`",
        typed=Typed(right, unit="parameters"),
    )


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a stack."""

    kind: Literal["convolution", "max pooling"]
    kernel: int
    stride: int


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers, the first one next to the picture."""

    layers: tuple[Layer, ...]


def draw_stack(dice: Random) -> Stack:
    """Two to four layers, the first a convolution; a stride or a pooling before the last layer in most."""
    layers: list[Layer] = []
    for _ in range(dice.choice((2, 3, 3, 4))):
        if layers and layers[-1].kind == "convolution" and dice.random() < 0.35:
            layers.append(Layer("max pooling", 2, 2))
        else:
            layers.append(Layer("convolution", dice.choice((3, 3, 3, 5)), dice.choice((1, 1, 1, 2))))
    if all(layer.stride == 1 for layer in layers) and dice.random() < 0.7:
        raise Redraw
    return Stack(tuple(layers))


def ask_receptive_field(given: Stack) -> Draft:
    """Araujo et al. 2019, "Computing receptive fields of convolutional neural networks": ``1 + Σ (kᵢ − 1) · jump``."""
    layers = given.layers
    jumps = [prod(layer.stride for layer in layers[:place]) for place in range(len(layers))]
    steps = list(zip(layers, jumps, strict=True))
    right = 1 + sum((layer.kernel - 1) * jump for layer, jump in steps)
    listed = "; ".join(f"{layer.kind} {layer.kernel} × {layer.kernel}, stride {layer.stride}" for layer in layers)
    terms = " + ".join(f"{layer.kernel - 1}·{jump}" for layer, jump in steps)
    return Draft(
        stem=(
            f"These layers follow each other: {listed}. How large is the part of the input picture that one output of "
            "the last layer sees, away from the borders?"
        ),
        right=_side(right),
        wrong=apart(
            right,
            (
                Slip(
                    1 + sum(layer.kernel - 1 for layer in layers),
                    "ignored-the-strides",
                    "That is the field if every stride were 1. After a layer of stride 2, neighbours lie twice as far "
                    "apart in the picture, so later kernels reach twice as far.",
                ),
                Slip(
                    1 + sum((layer.kernel - 1) * jump * layer.stride for layer, jump in steps),
                    "counted-a-stride-too-early",
                    "That lets a layer's stride widen the layer's own kernel. A stride moves the *next* layers' "
                    "inputs apart, not its own.",
                ),
                Slip(
                    sum(layer.kernel for layer in layers),
                    "added-the-kernels",
                    "That adds the kernels' sides. Neighbouring patches overlap, so a layer adds its kernel *less "
                    "one*, times the strides before it.",
                ),
                Slip(
                    prod(layer.kernel for layer in layers),
                    "multiplied-the-kernels",
                    "That multiplies the kernels, as if patches never overlapped. Each layer adds (k − 1) times the "
                    "strides before it.",
                ),
                Slip(
                    layers[-1].kernel,
                    "last-layer-only",
                    "That is what the last layer sees of *its* input. Each pixel there has seen a patch of the picture "
                    "already.",
                ),
            ),
            _side,
            1,
        ),
        solution=f"`1 + Σ (k − 1) · strides before = 1 + {terms} = {right}`",
        typed=Typed(right, unit="pixels a side"),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("conv_output_size", draw_convolution, ask_conv_output_size),
    Generator("conv_parameter_count", draw_convolution_layer, ask_conv_parameter_count),
    Generator("receptive_field", draw_stack, ask_receptive_field),
    Generator("weight_sharing", draw_weight_sharing, ask_weight_sharing),
)
"""The questions of this topic."""
