"""Questions on the network of a member's own run: its parameters, and what its windows see."""

from collections.abc import Callable, Mapping
from itertools import accumulate
from random import Random
from types import MappingProxyType
from typing import Final, TypeAlias

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.model import Typed
from lessons.questions.run_facts import Layer, RunFacts
from lessons.questions.wording import count

Ask: TypeAlias = Callable[[RunFacts, Random], Draft]
"""A question about a run; raises Redraw where the run gives no good one."""

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _whole(value: float) -> str:
    return count(round(value))


def ask_conv_parameters(facts: RunFacts, dice: Random) -> Draft:
    """The parameters of one of its convolutions."""
    convolutions = [layer for layer in facts.layers if layer.kind == "convolution"]
    if not convolutions:
        raise Redraw
    place = dice.randrange(min(len(convolutions), len(ORDINALS)))
    layer = convolutions[place]
    ins, outs, k = layer.inputs, layer.outputs, layer.kernel
    weights, right = ins * outs * k * k, conv_parameters(layer)
    has = "a bias for each of them" if layer.bias else "no bias"
    wrong = (
        (
            weights if layer.bias else weights + outs,
            "forgot-the-bias" if layer.bias else "counted-a-bias",
            f"Those are the weights. Each of the {outs} output channels also has a bias."
            if layer.bias
            else f"That adds {outs} biases. This layer has none: the normalisation after it would take them off.",
        ),
        (
            outs * k * k + outs * layer.bias,
            "forgot-the-input-channels",
            f"That is one {k} × {k} filter for each output. Each has a {k} × {k} part for each of its {ins} inputs.",
        ),
        (
            ins * outs * k + outs * layer.bias,
            "kernel-is-a-line",
            f"The kernel is a square: {k} × {k} = {k * k} weights for each pair of channels.",
        ),
        (
            right + (outs - 1) * ins if layer.bias else ins * k * k,
            "bias-for-each-pair" if layer.bias else "forgot-the-output-channels",
            f"That has a bias for each pair of channels. There is one for each of the {outs} *outputs*."
            if layer.bias
            else f"That is one filter. The layer has {outs}, one for each output channel.",
        ),
    )
    return Draft(
        stem=(
            f"The {ORDINALS[place]} convolution of your network takes {ins} channel{'s' * (ins != 1)} to {outs} with a "
            f"{k} × {k} kernel and {has}. How many parameters has it?"
        ),
        right=count(right),
        wrong=apart(right, wrong, _whole, 1),
        solution=f"`{ins} · {k} · {k} · {outs}" + (f" + {outs}" if layer.bias else "") + f" = {count(right)}`",
        typed=Typed(right, unit="parameters"),
    )


def conv_parameters(layer: Layer) -> int:
    """Weights and biases of a convolution."""
    return layer.inputs * layer.outputs * layer.kernel**2 + layer.outputs * layer.bias


def ask_classifier_parameters(facts: RunFacts, _dice: Random) -> Draft:
    """The parameters of its last linear layer."""
    linear = next((layer for layer in reversed(facts.layers) if layer.kind == "linear"), None)
    if linear is None or not linear.bias:
        raise Redraw
    ins, outs = linear.inputs, linear.outputs
    right = ins * outs + outs
    wrong = (
        (ins * outs, "forgot-the-bias", f"Those are the weights. Each of the {outs} outputs has a bias as well."),
        (
            ins * outs + ins,
            "bias-for-each-input",
            f"That adds a bias for each input. There is one for each of the {outs} *outputs*.",
        ),
        (
            ins + outs,
            "added-the-sizes",
            f"Every input is connected to every output: {count(ins)} · {outs} weights.",
        ),
    )
    return Draft(
        stem=(
            f"The last layer of your network is linear, with bias: it takes {count(ins)} features to {outs} class "
            "scores. How many parameters has it?"
        ),
        right=count(right),
        wrong=apart(right, wrong, _whole, 1),
        solution=f"`{count(ins)} · {outs} + {outs} = {count(right)}`",
        typed=Typed(right, unit="parameters"),
    )


def receptive_field(layers: tuple[Layer, ...]) -> int:
    """Side of the square of pixels that one value after these layers depends on."""
    field, step = 1, 1
    for layer in layers:
        field += (layer.kernel - 1) * step
        step *= layer.stride
    return field


def ask_receptive_field(facts: RunFacts, _dice: Random) -> Draft:
    """How far a value of the last map sees."""
    stack = facts.convolutional
    if sum(layer.kind == "convolution" for layer in stack) < 2 or all(layer.stride == 1 for layer in stack):
        raise Redraw
    right = receptive_field(stack)
    windows = ", ".join(
        f"conv {layer.kernel} × {layer.kernel}"
        if layer.kind == "convolution"
        else f"pool {layer.kernel} × {layer.kernel}"
        for layer in stack
    )
    if len(windows) > 230 or any(layer.kind == "convolution" and layer.stride != 1 for layer in stack):
        raise Redraw
    kernels = [layer.kernel for layer in stack if layer.kind == "convolution"]
    steps = list(accumulate((layer.stride for layer in stack), lambda one, two: one * two, initial=1))
    wrong = (
        (
            1 + sum(layer.kernel - 1 for layer in stack),
            "forgot-that-pooling-strides",
            "That adds every window in steps of one pixel. After a pooling with stride 2, a step is two pixels wide.",
        ),
        (
            1
            + sum(
                (layer.kernel - 1) * step
                for layer, step in zip(stack, steps, strict=False)
                if layer.kind == "convolution"
            ),
            "forgot-the-pooling-window",
            "The steps are right, but a pooling looks at a window too: it adds (k − 1) steps of its own.",
        ),
        (
            sum(kernels),
            "added-the-kernels",
            "Windows overlap: each layer adds its kernel size minus one, times the step at that depth.",
        ),
        (
            steps[-1] * kernels[-1],
            "last-kernel-only",
            "That scales up the last kernel alone. The layers before it widen the view as well.",
        ),
    )
    return Draft(
        stem=(
            f"The windows of your network, in this order: {windows}. Convolutions have stride 1, each pooling moves by "
            "its own size. What is the side, in pixels, of the square of the picture that one value of the last map "
            "depends on, edges left aside?"
        ),
        right=f"{right} pixels",
        wrong=apart(right, wrong, lambda value: f"{round(value)} pixels", 1),
        solution="`1 + "
        + " + ".join(f"{layer.kernel - 1}·{step}" for layer, step in zip(stack, steps, strict=False))
        + f" = {right}`: each window adds (k − 1) times the step at its depth",
        typed=Typed(right, unit="pixels"),
    )


def map_side(size: int, layers: tuple[Layer, ...]) -> int:
    """Side of the map after these layers, of a picture of that side."""
    for layer in layers:
        size = (size + 2 * layer.padding - layer.kernel) // layer.stride + 1
    return size


def ask_map_size(facts: RunFacts, _dice: Random) -> Draft:
    """How large the maps before the last layer are."""
    stack, (height, breadth) = facts.convolutional, facts.size
    if height != breadth or not stack:
        raise Redraw
    right = map_side(height, stack)
    halved = sum(layer.stride == 2 for layer in stack)
    bare = height
    for layer in stack:
        bare = (bare - layer.kernel) // layer.stride + 1
    if halved < 2 or any(layer.kind == "convolution" and layer.padding != layer.kernel // 2 for layer in stack):
        raise Redraw

    def side(value: float) -> str:
        return f"{round(value)} × {round(value)}"

    wrong = [
        (
            float(height),
            "pooling-keeps-the-size",
            "That is the size of the picture. Each pooling with stride 2 halves it.",
        ),
        (
            float(height // 2),
            "halved-once",
            f"That is after the first pooling. The network pools {halved} times.",
        ),
        (float(height // 2 ** (halved + 1)), "halved-too-often", f"It pools only {halved} times."),
        (
            float(bare),
            "forgot-the-padding",
            (
                "That lets each convolution shrink the map. Padding of half a kernel keeps its size; only pooling "
                "halves it."
            ),
        ),
    ]
    return Draft(
        stem=(
            f"Pictures of {height} × {breadth} go through your network: its convolutions keep the size by padding, and "
            f"a 2 × 2 pooling with stride 2 comes {'twice' if halved == 2 else f'{halved} times'}. How large are its "
            "last maps?"
        ),
        right=side(right),
        wrong=apart(right, (each for each in wrong if each[0] >= 1), side, 1),
        solution=f"`{height}"
        + " → ".join(["", *(str(height // 2 ** (n + 1)) for n in range(halved))])
        + "`: each pooling "
        "halves, and what is left over is dropped",
        typed=Typed(right, unit="pixels a side"),
    )


ABOUT_THE_NET: Final[Mapping[str, tuple[str, Ask]]] = MappingProxyType(
    {
        "conv_parameters": ("conv_parameter_count", ask_conv_parameters),
        "classifier_parameters": ("mlp_parameter_count", ask_classifier_parameters),
        "receptive_field": ("receptive_field", ask_receptive_field),
        "map_size": ("conv_output_size", ask_map_size),
    }
)
"""By kind: the skill that it asks for, and how it is asked."""
