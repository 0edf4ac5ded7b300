"""The CNN questions against torch."""

import torch
from torch import nn
from torch.nn.functional import conv2d

from lessons.questions.drawing import Draft
from lessons.questions.generators._sharing import FilterAnswer, Sharing, ask_filter_answer
from lessons.questions.generators.cnn import (
    Convolution,
    ConvolutionLayer,
    Layer,
    Stack,
    ask_conv_output_size,
    ask_conv_parameter_count,
    ask_receptive_field,
)
from lessons.questions.model import ConvolutionPicture, Question
from tests.lessons.questions.checks import every_seed


def parameters(*layers: nn.Module) -> int:
    return sum(weights.numel() for layer in layers for weights in layer.parameters())


def test_conv_output_size() -> None:
    def check(given: Convolution, question: Question) -> None:
        layer = nn.Conv2d(1, 1, given.kernel, given.stride, given.padding, device="meta")
        size = layer(torch.empty(1, 1, given.size, given.size, device="meta")).shape[-1]
        assert question.answer.text == f"{size} × {size}"
        assert question.typed is not None
        assert question.typed.value == size

    every_seed("conv_output_size", check)


def test_conv_parameter_count() -> None:
    def check(given: ConvolutionLayer, question: Question) -> None:
        layer = nn.Conv2d(given.channels, given.filters, given.kernel, bias=given.bias, device="meta")
        assert question.answer.text == f"{parameters(layer):,}"
        assert question.typed is not None
        assert question.typed.value == parameters(layer)
        assert question.typed.tolerance == 0

    every_seed("conv_parameter_count", check)


def seen_pixels(stack: Stack) -> int:
    """Pixels of a row on which the middle output really depends, by automatic differentiation."""
    row = torch.ones(1, 1, 301, requires_grad=True)
    out: torch.Tensor = row
    for layer in stack.layers:
        out = nn.functional.conv1d(out, torch.ones(1, 1, layer.kernel), stride=layer.stride)
    (slopes,) = torch.autograd.grad(out[0, 0, out.shape[-1] // 2], row)
    return int(slopes.count_nonzero())


def test_receptive_field() -> None:
    def check(given: Stack, question: Question) -> None:
        side = seen_pixels(given)
        assert question.answer.text == f"{side} × {side}"
        assert question.typed is not None
        assert question.typed.value == side

    every_seed("receptive_field", check)


def check_filter(given: FilterAnswer, question: Question) -> None:
    values = torch.tensor(given.values, dtype=torch.float64)[None, None]
    kernel = torch.tensor(given.kernel, dtype=torch.float64)[None, None]
    answer = int(conv2d(values, kernel, stride=given.stride)[0, 0, given.row, given.column])
    assert question.answer.text == str(answer).replace("-", "−")
    assert question.typed is not None
    assert question.typed.value == answer
    assert question.picture == ConvolutionPicture(
        given.values, given.kernel, given.stride, 0, (given.row, given.column)
    )


def check_sharing(given: Sharing, question: Question) -> None:
    c, m, n = given.channels, given.filters, given.size
    assert question.typed is not None
    if given.kind == "dense":
        conv = nn.Conv2d(c, m, given.kernel, padding="same", bias=False, device="meta")
        out = conv(torch.empty(c, n, n, device="meta"))
        assert out.shape == (m, n, n)
        dense = nn.Linear(c * n * n, out.numel(), bias=False, device="meta")
        assert question.typed.value * parameters(conv) == parameters(dense)
        assert question.answer.text == f"{round(question.typed.value):,} times"
    else:
        conv = nn.Conv2d(c, m, given.kernel, device="meta")
        for side in (n, given.factor * n):
            assert conv(torch.empty(c, side, side, device="meta")).shape[0] == m
        assert question.typed.value == parameters(conv)
        assert question.answer.text == f"{parameters(conv):,}"


def test_weight_sharing() -> None:
    def check(given: Sharing | FilterAnswer, question: Question) -> None:
        if isinstance(given, FilterAnswer):
            check_filter(given, question)
        else:
            check_sharing(given, question)

    every_seed("weight_sharing", check)


def slips(draft: Draft) -> dict[str, str]:
    return {wrong.misconception: wrong.text for wrong in draft.wrong}


def test_the_size_that_each_slip_gives() -> None:
    # 28 pixels, padding 1, stride 2, kernel 3: ⌊27 / 2⌋ + 1 = 14.
    draft = ask_conv_output_size(Convolution(size=28, kernel=3, padding=1, stride=2))
    assert draft.right == "14 × 14"
    assert slips(draft) == {
        "forgot-the-padding": "13 × 13",
        "forgot-the-first-place": "13 × 13",
        "padded-one-side": "14 × 14",  # as the answer, so it is never shown
        "forgot-the-stride": "28 × 28",
        "rounded-up": "15 × 15",
    }


def test_the_count_that_each_slip_gives() -> None:
    # The layer of the topic's text: 32 · (3·3·3 + 1) = 896. The kernel's side taken once gives 320 too: one is kept.
    draft = ask_conv_parameter_count(ConvolutionLayer(channels=3, filters=32, kernel=3, bias=True, size=28))
    assert draft.right == "896"
    assert slips(draft) == {
        "counted-no-bias": "864",
        "forgot-the-input-channels": "320",
        "counted-one-filter": "28",
        "one-bias-a-channel": "960",
        "one-filter-a-place": "702,464",
    }


def test_the_field_that_each_slip_gives() -> None:
    # A kernel of 3, a pooling of 2, a kernel of 3: 1 + 2·1 + 1·1 + 2·2 = 8, as many as the kernels' sum by chance.
    layers = (Layer("convolution", 3, 1), Layer("max pooling", 2, 2), Layer("convolution", 3, 1))
    draft = ask_receptive_field(Stack(layers))
    assert draft.right == "8 × 8"
    assert slips(draft) == {
        "ignored-the-strides": "6 × 6",
        "counted-a-stride-too-early": "9 × 9",
        "multiplied-the-kernels": "18 × 18",
        "last-layer-only": "3 × 3",
    }


def test_the_output_that_each_slip_gives() -> None:
    # The patch is 4 0 over 0 3, the filter 1 0 over 0 −1: 4·1 + 3·(−1) = 1.
    values = ((0, 1, 2, 3), (1, 2, 5, 4), (4, 0, 1, 2), (0, 3, 2, 1))
    draft = ask_filter_answer(FilterAnswer(values, kernel=((1, 0), (0, -1)), stride=2, row=1, column=0))
    assert draft.right == "1"
    assert slips(draft) == {
        "mirrored-the-filter": "−1",
        # Row 2 of the input instead of row 3 gives 1 − 0 = 1, as the answer: never shown.
        "swapped-row-and-column": "−2",
        "summed-the-patch": "7",
    }
