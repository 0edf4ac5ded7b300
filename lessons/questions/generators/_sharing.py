"""What sharing a filter saves, and what one filter answers at one place of a small input."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.generators._slips import Slip
from lessons.questions.model import ConvolutionPicture, Typed
from lessons.questions.wording import count, short

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class FilterAnswer:
    """A small input, a filter, its stride, and the place of the output that is asked for, from 0."""

    values: Matrix
    kernel: Matrix
    stride: int
    row: int
    column: int


def draw_filter_answer(dice: Random) -> FilterAnswer:
    """Small whole numbers, at a place that is not the first."""
    size, side, stride = dice.choice(((4, 2, 1), (4, 2, 2), (5, 3, 1), (5, 3, 2), (5, 2, 1), (6, 2, 2)))
    places = (size - side) // stride + 1
    row, column = dice.randrange(places), dice.randrange(places)
    if row == column == 0:
        raise Redraw
    return FilterAnswer(
        values=tuple(tuple(dice.randint(0, 4) for _ in range(size)) for _ in range(size)),
        kernel=tuple(tuple(dice.choice((-1, 0, 1, 1, 2)) for _ in range(side)) for _ in range(side)),
        stride=stride,
        row=row,
        column=column,
    )


def _signed(value: int) -> str:
    return f"({short(value)})" if value < 0 else str(value)


def ask_filter_answer(given: FilterAnswer) -> Draft:
    """The sum of the products of patch and filter, unmirrored as in every framework."""
    side, stride = len(given.kernel), given.stride
    if sum(weight != 0 for line in given.kernel for weight in line) < side:
        raise Redraw

    def patch(row: int, column: int) -> Matrix:
        return tuple(line[column : column + side] for line in given.values[row : row + side])

    def answer(under: Matrix, kernel: Matrix) -> int:
        return sum(
            x * w for line, weights in zip(under, kernel, strict=True) for x, w in zip(line, weights, strict=True)
        )

    seen = patch(given.row * stride, given.column * stride)
    right = answer(seen, given.kernel)
    mirrored = tuple(line[::-1] for line in given.kernel[::-1])
    terms = " + ".join(
        f"{x}·{_signed(w)}"
        for line, weights in zip(seen, given.kernel, strict=True)
        for x, w in zip(line, weights, strict=True)
        if w
    )
    place = f"row {given.row + 1}, column {given.column + 1}"
    return Draft(
        stem=(
            f"The picture shows an input and a filter of {side} × {side} that serves every place: stride {stride}, no "
            f"padding, no bias, not mirrored (as in PyTorch and Keras). What is the output in {place}, counted from 1?"
        ),
        right=short(right),
        wrong=apart(
            right,
            (
                Slip(
                    answer(seen, mirrored),
                    "mirrored-the-filter",
                    "That turns the filter round, as mathematics defines a convolution. The frameworks lay it on the "
                    "patch as it is.",
                ),
                Slip(
                    answer(patch(given.row, given.column), given.kernel),
                    "forgot-the-stride",
                    f"That starts the patch at the output's own row and column. With stride {stride} it starts "
                    f"{stride} pixels further for each step.",
                ),
                Slip(
                    answer(patch(given.column * stride, given.row * stride), given.kernel),
                    "swapped-row-and-column",
                    f"That is the output in row {given.column + 1}, column {given.row + 1}. The row comes first: down, "
                    "then right.",
                ),
                Slip(
                    sum(map(sum, seen)),
                    "summed-the-patch",
                    "That adds up the pixels under the filter. Multiply each by the filter's weight above it first.",
                ),
                Slip(
                    answer(patch(0, 0), given.kernel),
                    "stayed-at-the-first-place",
                    "That is the output in row 1, column 1. The filter is the same elsewhere, the pixels under it are "
                    "not.",
                ),
            ),
            short,
            1,
        ),
        solution=f"Each pixel under the filter times its weight (zeros left out): `{terms} = {short(right)}`",
        typed=Typed(right),
        picture=ConvolutionPicture(given.values, given.kernel, stride, 0, (given.row, given.column)),
    )


def _whole(value: float) -> str:
    return count(round(value))


@dataclass(frozen=True, slots=True)
class Sharing:
    """A convolution that keeps the map's size, beside a dense layer, or moved to a larger picture."""

    kind: Literal["dense", "larger"]
    channels: int
    filters: int
    kernel: int
    size: int
    factor: int


def draw_weight_sharing(dice: Random) -> Sharing | FilterAnswer:
    """What sharing saves, that it hangs on no size, and one filter at one place, in equal parts."""
    kind = dice.choice(("dense", "larger", "filter"))
    if kind == "filter":
        return draw_filter_answer(dice)
    kernel = dice.choice((3, 3, 5))
    size = dice.choice((6, 9, 12, 15, 18, 24) if kernel == 3 else (10, 15, 20))
    if kind == "larger":
        size = dice.choice((28, 32, 64, 112))
    return Sharing(
        "dense" if kind == "dense" else "larger",
        channels=dice.choice((1, 3, 4, 8)),
        filters=dice.choice((8, 16, 32)),
        kernel=kernel,
        size=size,
        factor=dice.choice((2, 3, 4)),
    )


def ask_weight_sharing(given: Sharing | FilterAnswer) -> Draft:
    """Weights of a dense layer over those of a convolution, and two more views of the same filter everywhere."""
    if isinstance(given, FilterAnswer):
        return ask_filter_answer(given)
    return _ask_dense(given) if given.kind == "dense" else _ask_larger(given)


def _maps(number: int, size: int) -> str:
    return f"{number} map{'s' if number > 1 else ''} of {size} × {size}"


def _ask_dense(given: Sharing) -> Draft:
    c, m, k, n = given.channels, given.filters, given.kernel, given.size
    dense, conv = (c * n * n) * (m * n * n), k * k * c * m
    right = dense // conv

    def times(value: float) -> str:
        return f"{_whole(value)} times"

    return Draft(
        stem=(
            f"A convolution with {k} × {k} kernels turns {_maps(c, n)} into {_maps(m, n)}. A dense layer could do the "
            "same, with one weight from each input pixel to each output pixel. Without biases, how many times as many "
            "weights would it have?"
        ),
        right=times(right),
        wrong=apart(
            right,
            (
                Slip(
                    n * n / (k * k),
                    "saved-connections-only",
                    f"That compares what *one* output looks at: {n * n} pixels or {k * k}. The dense layer has other "
                    f"weights for each of the {n} × {n} places too.",
                ),
                Slip(
                    n * n,
                    "saved-places-only",
                    f"That is what sharing over {n} × {n} places saves. The dense layer also looks at {n * n} pixels "
                    f"instead of {k * k} for each.",
                ),
                Slip(
                    n**4,
                    "forgot-the-kernel",
                    f"That takes the kernel for a single weight. It has {k} × {k} = {k * k}: divide by them.",
                ),
                Slip(
                    n**4 / k,
                    "took-one-side-of-the-kernel",
                    f"That divides by the kernel's side. A kernel of {k} × {k} has {k * k} weights.",
                ),
            ),
            times,
            0.5,
        ),
        solution=(
            f"Dense `{c}·{n}² · {m}·{n}² = {count(dense)}`, convolution `{k}²·{c}·{m} = {count(conv)}`: "
            f"`{n}⁴ / {k}² = {count(right)}`"
        ),
        typed=Typed(right, unit="times"),
    )


def _ask_larger(given: Sharing) -> Draft:
    c, m, k, n, factor = given.channels, given.filters, given.kernel, given.size, given.factor
    right = m * (k * k * c + 1)
    larger = factor * n
    return Draft(
        stem=(
            f"A convolutional layer with {m} filters of {k} × {k} over {c} channel{'s' if c > 1 else ''} has "
            f"{count(right)} parameters, biases included, on pictures of {n} × {n}. How many does the same layer have "
            f"on pictures of {larger} × {larger}?"
        ),
        right=count(right),
        wrong=apart(
            right,
            (
                Slip(
                    right * factor**2,
                    "grows-with-the-area",
                    f"That grows with the area, {factor}² = {factor**2} times. The same filters are used at more "
                    "places: more to compute, but nothing more to learn.",
                ),
                Slip(
                    right * factor,
                    "grows-with-the-side",
                    f"That grows with the side, {factor} times. A filter's weights hang on the kernel and the "
                    "channels, never on the picture's size.",
                ),
                Slip(
                    right - m + m * factor**2,
                    "a-bias-for-each-place",
                    f"That keeps the weights but lets the biases grow with the area. A filter's bias is shared too: "
                    f"{m} in all.",
                ),
            ),
            _whole,
            1,
        ),
        solution=(
            f"`{m} · ({k}·{k}·{c} + 1) = {count(right)}`: the size of the picture does not occur. Only the output "
            "maps grow."
        ),
        typed=Typed(right, unit="parameters"),
    )
