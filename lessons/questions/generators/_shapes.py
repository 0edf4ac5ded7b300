"""Shapes: what two broadcast arrays and a matrix product give."""

from dataclasses import dataclass
from math import prod
from random import Random
from typing import TypeAlias

from lessons.questions.drawing import Draft, Redraw, Wrong
from lessons.questions.wording import shape

Shape: TypeAlias = tuple[int, ...]

SIZES = (2, 3, 4, 5, 6, 8, 10, 16, 20, 32)
ERROR = "It raises an error"


def shape_or_error(sizes: Shape | None) -> str:
    """A shape as an option, or that there is none."""
    return ERROR if sizes is None else shape(*sizes)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Two shapes that meet in ``a + b``."""

    a: Shape
    b: Shape


def draw_broadcast(dice: Random) -> Broadcast:
    """Shapes that fit, the trap of a vector and a column, and shapes that clash."""
    kind = dice.choice(("fits", "fits", "fits", "column", "clash", "clash"))
    if kind == "column":
        size = dice.choice(SIZES)
        pair = ((size,), (size, 1))
    else:
        full = tuple(dice.sample(SIZES, dice.choice((2, 3))))
        a = tuple(1 if dice.random() < 0.3 else size for size in full)
        cut = dice.randrange(len(full))
        rest = full[cut:] if kind == "fits" else full[: len(full) - cut]
        b = tuple(1 if dice.random() < 0.3 else size for size in rest)
        pair = (a, b)
        if a == b or prod(a) == 1 or prod(b) == 1 or (broadcast(a, b) is None) != (kind == "clash"):
            raise Redraw
    return Broadcast(*(pair if dice.random() < 0.5 else pair[::-1]))


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape of ``a + b`` in NumPy and PyTorch; None where they do not fit."""
    rank = max(len(a), len(b))
    pairs = list(zip(_filled(a, rank), _filled(b, rank), strict=True))
    return tuple(max(pair) for pair in pairs) if all(1 in pair or pair[0] == pair[1] for pair in pairs) else None


def _filled(sizes: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(sizes)) + sizes


def ask_broadcast_shape(given: Broadcast) -> Draft:
    """NumPy's general broadcasting rules: compared from the last axis, sizes equal or one of them 1."""
    a, b = given.a, given.b
    right = broadcast(a, b)
    longer = max(a, b, key=len)
    mirrored = broadcast(a[::-1], b[::-1])
    rank = len(longer)
    lined_up = f"`{_filled(a, rank)}` over `{_filled(b, rank)}`"
    stretched = tuple(max(pair) for pair in zip(_filled(a, rank), _filled(b, rank), strict=True))
    clash = next((p for p in zip(a[::-1], b[::-1], strict=False) if 1 not in p and p[0] != p[1]), None)
    why_not = f"{clash[0]} meets {clash[1]}, and neither is 1" if clash else ""
    kept = (
        f"The result is not as the longer one: {why_not}." if clash else "Every size of 1 is stretched, in both arrays."
    )
    wrong = (
        Wrong(
            shape_or_error(None if mirrored is None else mirrored[::-1]),
            "aligned-from-the-left",
            f"That lines the shapes up from the left. They are lined up from the right: {lined_up}.",
        ),
        Wrong(
            shape(*stretched),
            "stretched-any-size",
            f"That stretches the smaller size, whatever it is. Only a 1 is stretched: here {why_not}.",
        ),
        Wrong(
            ERROR,
            "thought-shapes-must-be-equal",
            f"They need not be equal: in {lined_up} each pair is equal or has a 1.",
        ),
        Wrong(shape(*longer), "kept-the-longer-shape", f"That keeps the shape of one array. {kept}"),
        Wrong(
            shape(*a, *b),
            "put-the-shapes-together",
            f"That puts the axes one after another, as an outer product does. `+` lines them up: {lined_up}.",
        ),
        Wrong(
            shape(*min(a, b, key=len)),
            "kept-the-shorter-shape",
            f"That drops axes of the longer array. Broadcasting never drops an axis: {lined_up}.",
        ),
    )
    end = f"{why_not}: an error" if right is None else f"sizes of 1 are stretched: `{right}`"
    return Draft(
        stem=(
            f"In NumPy or PyTorch, `a` has the shape {shape(*a)} and `b` has the shape {shape(*b)}. "
            "What is the shape of `a + b`?"
        ),
        right=shape_or_error(right),
        wrong=wrong,
        solution=f"Lined up from the right, {lined_up}; {end}.",
    )


@dataclass(frozen=True, slots=True)
class Product:
    """Two shapes that meet in ``x @ w``, or in ``x @ w.T``."""

    x: Shape
    w: Shape
    transposed: bool = False


def draw_product(dice: Random) -> Product:
    """The products met in networks: plain, with a batch in front of one or both, with a vector, transposed."""
    n, k, m = dice.sample(SIZES, 3)
    batch = dice.choice([size for size in (7, 9, 12, 64, 128) if size not in {n, k, m}])
    return dice.choice(
        (
            Product((n, k), (k, m)),
            Product((batch, n, k), (k, m)),
            Product((batch, n, k), (batch, k, m)),
            Product((n, k), (k,)),
            Product((n, k), (m, k), transposed=True),
            Product((n, k), (m, k)),
        )
    )


def ask_matmul_shape(given: Product) -> Draft:
    """``torch.matmul``: the last axis of the left meets the last but one of the right, batches go in front."""
    x, w = given.x, given.w
    seen = w[::-1] if given.transposed else w
    batch, (n, k) = x[:-2], x[-2:]
    inner, outer = seen[-2:-1] or seen[:1], seen[-1:] if len(seen) > 1 else ()
    right = (*batch, n, *outer) if inner == (k,) else None
    m = w[0] if right is None else w[-1] if not given.transposed else w[0]
    name = "w.T" if given.transposed else "w"
    met = f"the last size of `x`, {k}, meets {inner[0]} in `{name}`"
    if right is None:
        wrong = [
            Wrong(
                shape(n, m),
                "matched-the-last-sizes",
                f"That is the shape of `x @ w.T`. In `x @ w` {met}, and these differ.",
            ),
            Wrong(
                shape(n, k),
                "ignored-the-inner-sizes",
                f"That takes the outer sizes without a look at the inner ones: {met}, and these differ.",
            ),
            Wrong(
                shape(m, n),
                "turned-the-product-round",
                f"That is the shape of `w @ x.T`, where the inner sizes agree. In `x @ w` {met}.",
            ),
        ]
    else:
        agree = f"They need not be of one shape: {met}, and that is all that has to agree."
        gone = f"The inner sizes are summed over and vanish ({met}). The outer ones stay."
        wrong = [
            Wrong(ERROR, "thought-shapes-must-be-equal", agree),
            Wrong(shape(*batch, k, k), "kept-the-inner-sizes", gone),
        ]
    if right is not None and len(w) == 1:
        wrong += [
            Wrong(
                shape(n, 1), "kept-an-axis-of-the-vector", "A vector's only axis is summed over; no axis of 1 is left."
            ),
            Wrong(
                shape(n, k),
                "read-at-as-times",
                f"That is `x * w`, element by element. `@` also sums over the axis of {k}.",
            ),
        ]
    elif right is not None:
        wrong.append(
            Wrong(
                shape(*batch, m, n),
                "swapped-the-outer-sizes",
                f"The rows of the left come first: {n} from `x`, then {m} from `{name}`.",
            )
        )
        if batch:
            wrong.append(
                Wrong(
                    shape(n, m), "dropped-the-batch", f"The batch of {batch[0]} stays in front: one product for each."
                )
            )
        if len(w) > 2:
            paired = f"Equal batch sizes go in pairs: {batch[0]} products, not {batch[0]} × {batch[0]}."
            wrong.append(Wrong(shape(*batch, *batch, n, m), "crossed-the-batches", paired))
    end = "they differ: an error" if right is None else f"the two vanish: `{right}`"
    return Draft(
        stem=(
            f"In NumPy or PyTorch, `x` has the shape {shape(*x)} and `w` has the shape {shape(*w)}. "
            f"What is the shape of `x @ {name}`?"
        ),
        right=shape_or_error(right),
        wrong=wrong,
        solution=f"In `{x} @ {seen}` {met}; {end}.",
    )
