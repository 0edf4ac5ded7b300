"""Attention: the shape of the scores, their scaling, and one weight by hand; `transformer_blocks` has the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, hypot, isqrt, sqrt
from random import Random
from typing import Any, Literal

from lessons.questions.apart import keep_apart
from lessons.questions.drawing import Draft, Generator, Redraw, Wrong
from lessons.questions.generators.transformer_blocks import (
    ask_block_weight_count,
    ask_causal_mask,
    draw_block,
    draw_causal_mask,
)
from lessons.questions.model import Typed
from lessons.questions.wording import count, decimal, shape, short


def _vector(values: Iterable[int]) -> str:
    return "(" + ", ".join(short(value) for value in values) + ")"


@dataclass(frozen=True, slots=True)
class Attention:
    """The sizes of one layer of attention in several heads."""

    batch: int
    heads: int
    width: int
    queries: int
    keys: int

    @property
    def head_width(self) -> int:
        """Entries of one head's query or key."""
        return self.width // self.heads


def draw_attention(dice: Random) -> Attention:
    """Self-attention or cross-attention; no length equals the head's width, lest two mistakes look alike."""
    heads = dice.choice((2, 4, 8, 12))
    queries = dice.choice((10, 12, 20, 24, 40, 50, 100))
    given = Attention(
        batch=dice.choice((2, 3, 5, 6, 16, 32)),
        heads=heads,
        width=heads * dice.choice((8, 16, 32, 64)),
        queries=queries,
        keys=queries if dice.random() < 0.4 else dice.choice((6, 15, 18, 30, 60, 80)),
    )
    if given.batch == given.heads:
        raise Redraw
    return given


def ask_attention_score_shape(given: Attention) -> Draft:
    """Vaswani et al. 2017, "Attention Is All You Need", section 3.2."""
    b, h, d, q, k = given.batch, given.heads, given.width, given.queries, given.keys
    wrong = [
        Wrong(
            shape(b, h, q, given.head_width),
            "shape-of-the-output",
            f"That is one head's *output*: a vector of {d} / {h} = {given.head_width} for each query. A score is one "
            "number for each pair of query and key.",
        ),
        Wrong(
            shape(b, q, k),
            "forgot-the-heads",
            f"That is a single table for each example. Each of the {h} heads scores all pairs by itself.",
        ),
        Wrong(
            shape(b, h, given.head_width, given.head_width),
            "multiplied-the-other-way",
            f"That is QᵀK: it sums over the positions. Q Kᵀ sums over the {given.head_width} entries and keeps the "
            "positions.",
        ),
        Wrong(
            shape(h, q, k),
            "forgot-the-batch",
            f"That is one example's table for each head. There are {b} examples, each with scores of its own.",
        ),
    ]
    if q != k:
        wrong.append(
            Wrong(
                shape(b, h, k, q),
                "swapped-queries-and-keys",
                f"That is K Qᵀ. In Q Kᵀ each of the {q} queries has a row, with one score for each of the {k} keys.",
            )
        )
    inputs = (
        f"A self-attention layer with {h} heads gets {shape(b, q, d)} (batch, length, width)."
        if q == k
        else f"Queries are made from {shape(b, q, d)} (batch, length, width), keys and values from {shape(b, k, d)}; "
        f"there are {h} heads."
    )
    return Draft(
        stem=f"{inputs} What is the shape of the scores `Q Kᵀ` of all heads together, with the heads right "
        f"after the batch?",
        right=shape(b, h, q, k),
        wrong=wrong,
        solution=f"(batch, heads, queries, keys) = {shape(b, h, q, k)}: `({q} × {given.head_width}) · "
        f"({given.head_width} × {k})` for each head.",
    )


@dataclass(frozen=True, slots=True)
class HeadScore:
    """A dot product in one head of a model whose width is given."""

    width: int
    heads: int
    product: int


@dataclass(frozen=True, slots=True)
class PairScore:
    """A query and a key, written out."""

    query: tuple[int, ...]
    key: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScoreSpread:
    """The key size whose unscaled scores' spread is asked for."""

    key_size: int


def draw_attention_scaling(dice: Random) -> HeadScore | PairScore | ScoreSpread:
    """One of three ways to ask for the root."""
    kind = dice.randrange(5)
    if kind < 2:
        heads, key_size = dice.choice((2, 4, 8, 16)), dice.choice((16, 25, 36, 64, 100, 144))
        return HeadScore(heads * key_size, heads, isqrt(key_size) * dice.choice((-4, -3, -2, 2, 3, 4, 5, 6)))
    if kind < 4:
        query, key = (tuple(dice.randint(-3, 4) for _ in range(4)) for _ in range(2))
        return PairScore(query, key)
    return ScoreSpread(dice.choice((16, 25, 36, 49, 64, 81, 100, 121, 144, 196, 256)))


def ask_attention_scaling(given: HeadScore | PairScore | ScoreSpread) -> Draft:
    """Vaswani et al. 2017, section 3.2.1 and its footnote 4."""
    match given:
        case HeadScore():
            return _ask_head_score(given)
        case PairScore():
            return _ask_pair_score(given)
        case ScoreSpread():
            return _ask_spread(given.key_size)


def _ask_head_score(given: HeadScore) -> Draft:
    size = given.width // given.heads
    dot = given.product
    right = dot / sqrt(size)
    keep_apart((right, dot / sqrt(given.width), dot / size, dot / sqrt(given.heads), dot), 0.03)
    return Draft(
        stem=(
            f"A transformer of width {given.width} splits its queries and keys evenly among {given.heads} "
            f"heads. In one "
            f"head, query · key is {short(dot)}. What is the scaled score that goes into softmax?"
        ),
        right=short(right, 2),
        wrong=(
            Wrong(
                short(dot / sqrt(given.width), 2),
                "used-the-models-width",
                f"That divides by √{given.width}. The product in a head sums only {given.width} / {given.heads} = "
                f"{size} entries, so it is √{size}.",
            ),
            Wrong(
                short(dot / size, 2),
                "forgot-the-root",
                f"That divides by dₖ = {size}. The product's *standard deviation* grows as √dₖ, so divide by √{size}.",
            ),
            Wrong(
                short(dot / sqrt(given.heads), 2),
                "used-the-number-of-heads",
                f"That divides by √{given.heads}, the number of heads. What counts is the size of one key: "
                f"{given.width} / {given.heads} = {size}.",
            ),
            Wrong(
                short(dot),
                "forgot-the-scaling",
                f"That is the bare product. Before softmax it is divided by √dₖ = √{size}.",
            ),
        ),
        solution=f"`dₖ = {given.width} / {given.heads} = {size}`, so `{short(dot)} / √{size} = {short(right, 2)}`",
        typed=Typed(right, 0.006),
    )


def _ask_pair_score(given: PairScore) -> Draft:
    products = [q * k for q, k in zip(given.query, given.key, strict=True)]
    dot = sum(products)
    lengths = hypot(*given.query) * hypot(*given.key)
    if abs(dot) < 3 or 0 in given.query[:2]:
        raise Redraw
    right = dot / 2
    keep_apart((right, dot, dot / 4, dot / lengths), 0.06)
    return Draft(
        stem=(
            f"A query is `q = {_vector(given.query)}`, a key `k = {_vector(given.key)}`. What is their scaled score "
            "`q · k / √dₖ` in a transformer?"
        ),
        right=short(right, 2),
        wrong=(
            Wrong(
                short(dot),
                "forgot-the-scaling",
                "That is q · k alone. With dₖ = 4 it is still divided by √4 = 2.",
            ),
            Wrong(
                short(dot / 4),
                "forgot-the-root",
                "That divides by dₖ = 4. It should be √dₖ = 2, as the product's spread grows with the root.",
            ),
            Wrong(
                short(dot / lengths, 2),
                "took-the-cosine",
                "That divides by the lengths of q and k, which is the cosine. Attention divides by √dₖ = 2, whatever "
                "the lengths are.",
            ),
        ),
        solution=f"`q · k = {' + '.join(_signed(product) for product in products)} = {short(dot)}`, "
        f"`{short(dot)} / √4 = {short(right, 2)}`",
        typed=Typed(right, 0.006),
    )


def _signed(value: int) -> str:
    return f"({short(value)})" if value < 0 else short(value)


def _ask_spread(size: int) -> Draft:
    right = isqrt(size)
    return Draft(
        stem=(
            f"Query and key have {size} entries each, all independent with mean 0 and variance 1. What is the standard "
            "deviation of the *unscaled* score q · k?"
        ),
        right=short(right),
        wrong=(
            Wrong(
                count(size),
                "variance-for-deviation",
                f"{size} is the *variance*: one for each product. The standard deviation is its root.",
            ),
            Wrong(
                "1",
                "already-scaled",
                f"1 is what is left after dividing by √{size}. Unscaled, the {size} products add up to more.",
            ),
            Wrong(
                short(1 / right),
                "averaged-the-products",
                f"That is the spread of a *mean* of {size} products. A dot product is their sum.",
            ),
        ),
        solution=f"Each product has variance 1, their sum `{size}`, so its standard deviation is `√{size} = {right}`: "
        "dividing by √dₖ brings it back to 1.",
        typed=Typed(right, 0.006),
    )


@dataclass(frozen=True, slots=True)
class TwoTokens:
    """A query and two keys with four entries each."""

    query: tuple[int, ...]
    keys: tuple[tuple[int, ...], tuple[int, ...]]
    asked: Literal[1, 2]


def draw_two_tokens(dice: Random) -> TwoTokens:
    """Small whole numbers."""

    def vector(low: int, high: int) -> tuple[int, ...]:
        return tuple(dice.randint(low, high) for _ in range(4))

    return TwoTokens(vector(0, 2), (vector(-1, 2), vector(-1, 2)), dice.choice((1, 2)))


def ask_attention_weight(given: TwoTokens) -> Draft:
    """Softmax over two scaled scores."""
    mine, other = (
        sum(q * k for q, k in zip(given.query, key, strict=True))
        for key in (given.keys[given.asked - 1], given.keys[2 - given.asked])
    )
    if not (1 <= mine <= 10 and 1 <= other <= 10 and 1 <= abs(mine - other) <= 5):
        raise Redraw

    def weight(difference: float) -> float:
        return 1 / (1 + exp(-difference))

    right = weight((mine - other) / 2)
    unscaled, fourth = weight(mine - other), weight((mine - other) / 4)
    shares, swapped = mine / (mine + other), 1 - right
    keep_apart((right, unscaled, fourth, swapped, shares), 0.02)
    a, b = short(mine / 2), short(other / 2)
    return Draft(
        stem=(
            f"A query `q = {_vector(given.query)}` attends to two tokens with the keys `k₁ = {_vector(given.keys[0])}` "
            f"and `k₂ = {_vector(given.keys[1])}`. Which weight does token {given.asked} get after scaling by √dₖ and "
            "softmax, rounded to two decimals?"
        ),
        right=decimal(right),
        wrong=(
            Wrong(
                decimal(unscaled),
                "forgot-the-scaling",
                f"That puts the products {mine} and {other} into softmax as they are. Divide by √4 = 2 first: {a} and "
                f"{b}.",
            ),
            Wrong(
                decimal(fourth),
                "forgot-the-root",
                f"That divides the products by dₖ = 4. The root is meant, √4 = 2, which gives {a} and {b}.",
            ),
            Wrong(
                decimal(swapped),
                "weight-of-the-other-token",
                f"That is the other token's weight; both add up to 1. Token {given.asked} has the score {a}.",
            ),
            Wrong(
                decimal(shares),
                "forgot-the-exponential",
                f"That is the share {mine} / ({mine} + {other}) of the bare products. Softmax takes the share of "
                "their *exponentials*.",
            ),
        ),
        solution=f"Scaled scores `{mine}/2 = {a}` and `{other}/2 = {b}`; `e^{a} / (e^{a} + e^{b}) = {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("attention_score_shape", draw_attention, ask_attention_score_shape),
    Generator("attention_scaling", draw_attention_scaling, ask_attention_scaling),
    Generator("attention_weight", draw_two_tokens, ask_attention_weight),
    Generator("block_weight_count", draw_block, ask_block_weight_count),
    Generator("causal_mask", draw_causal_mask, ask_causal_mask),
)
"""The questions of this topic."""
