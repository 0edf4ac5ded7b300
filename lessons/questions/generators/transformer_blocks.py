"""A transformer block: how many weights it holds, and what its causal mask leaves visible."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from lessons.questions.apart import keep_apart
from lessons.questions.drawing import Draft, Wrong
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import count, decimal


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an encoder."""

    width: int
    mlp_width: int
    heads: int


def draw_block(dice: Random) -> Block:
    """Widths of real models, small ones first."""
    width = dice.choice((64, 96, 128, 192, 256, 320, 384, 512, 640, 768, 1024))
    return Block(width, width * dice.choice((2, 3, 4)), dice.choice((2, 4, 8)))


def ask_block_weight_count(given: Block) -> Draft:
    """Four matrices of attention and two of the MLP."""
    d, wide, heads = given.width, given.mlp_width, given.heads
    right = 4 * d * d + 2 * d * wide
    return Draft(
        stem=(
            f"A transformer block has width {count(d)}, {heads} heads of {d // heads} each and an MLP with one "
            f"hidden layer of "
            f"{count(wide)} units. How many weights do its matrices hold in all, without biases and layer norm?"
        ),
        right=count(right),
        wrong=(
            Wrong(
                count(3 * d * d + 2 * d * wide),
                "forgot-the-output-projection",
                f"That has queries, keys and values only. A fourth matrix of {count(d)} × {count(d)} mixes the "
                f"heads' outputs.",
            ),
            Wrong(
                count(4 * d * d + d * wide),
                "counted-one-mlp-matrix",
                f"That has one matrix of the MLP. It goes up from {count(d)} to {count(wide)} *and* down again: "
                f"two matrices.",
            ),
            Wrong(
                count(heads * 4 * d * d + 2 * d * wide),
                "multiplied-by-the-heads",
                f"That gives each head matrices of {count(d)} × {count(d)}. The {heads} heads share the width, "
                f"{d // heads} each, so "
                "they cost nothing more.",
            ),
            Wrong(
                count(4 * d * d),
                "forgot-the-mlp",
                f"That is attention alone. The MLP's two matrices add 2 · {count(d)} · {count(wide)} weights.",
            ),
        ),
        solution=f"`4·d² + 2·d·d_ff = 4·{d}² + 2·{d}·{wide} = {count(right)}`",
        typed=Typed(right, unit="weights"),
    )


@dataclass(frozen=True, slots=True)
class CausalMask:
    """A sequence under a causal mask, and what is asked of it."""

    kind: Literal["seen", "entries", "weight"]
    length: int
    position: int
    first: Literal[0, 1]
    """The number of the first position."""

    @property
    def seen(self) -> int:
        """How many positions the one asked for sees, itself included."""
        return self.position - self.first + 1


def draw_causal_mask(dice: Random) -> CausalMask:
    """Positions away from both ends, where mistakes would not show."""
    kind = dice.choice(("seen", "entries", "weight"))
    shortest, longest = {"seen": (6, 40), "entries": (4, 20), "weight": (5, 8)}[kind]
    length, first = dice.randint(shortest, longest), dice.choice((0, 1))
    return CausalMask(kind, length, dice.randint(first + 2, first + length - 2), first)


def ask_causal_mask(given: CausalMask) -> Draft:
    """Position i sees 1 … i: itself and what came before."""
    match given.kind:
        case "seen":
            return _ask_seen(given)
        case "entries":
            return _ask_entries(given.length)
        case "weight":
            return _ask_masked_weight(given)


def _ask_seen(given: CausalMask) -> Draft:
    n, i, right = given.length, given.position, given.seen
    keep_apart((right, right - 1, n - right + 1, n - right), 1)
    return Draft(
        stem=(
            f"In a model with a causal mask, a sequence has {n} positions, counted from {given.first}. To how many "
            f"positions can position {i} attend within one layer?"
        ),
        right=str(right),
        wrong=(
            Wrong(
                str(right - 1),
                "left-itself-out",
                f"That counts only what came before. The mask hides the *future*; position {i} sees itself too.",
            ),
            Wrong(
                str(n - right + 1),
                "mask-the-wrong-way",
                f"That is position {i} and all after it. A causal mask hides those after it and shows those before.",
            ),
            Wrong(
                str(n),
                "no-mask-at-all",
                f"That is attention without a mask. Here positions after {i} are hidden, as they are not written yet.",
            ),
            Wrong(
                str(n - right),
                "counted-the-hidden",
                f"That is how many positions are hidden from {i}. It sees itself and all before it.",
            ),
        ),
        solution=f"It sees itself and all before it: positions {given.first} to {i}, `{i} − {given.first} + 1 = "
        f"{right}`",
        typed=Typed(right, unit="positions"),
    )


def _ask_entries(n: int) -> Draft:
    right = n * (n + 1) // 2
    return Draft(
        stem=(
            f"Self-attention over {n} positions makes a table of {n} × {n} scores for each head. How many of "
            f"these does a "
            "causal mask leave visible?"
        ),
        right=str(right),
        wrong=(
            Wrong(
                str(n * (n - 1) // 2),
                "masked-the-diagonal",
                f"That hides the diagonal too. Each of the {n} positions may look at itself, which adds {n}.",
            ),
            Wrong(
                str(n * n),
                "no-mask-at-all",
                "That is the whole table. The mask hides all scores above the diagonal, those of later positions.",
            ),
            Wrong(
                str(2 * n - 1),
                "sees-only-the-last-one",
                "That lets each position see itself and the one just before it. It sees *all* earlier positions.",
            ),
        ),
        solution=f"Rows with 1, 2, … {n} visible scores: `{n}·({n} + 1)/2 = {right}`",
        typed=Typed(right, unit="scores"),
    )


def _ask_masked_weight(given: CausalMask) -> Draft:
    n, i, seen = given.length, given.position, given.seen
    options = (1 / seen, 1 / n, 1 / (seen - 1), 1 / (n - seen + 1))
    keep_apart(options, 0.02)
    names = tuple(str(given.first + step) for step in range(n))
    return Draft(
        stem=(
            f"All scores are 0 before a causal mask hides the future; positions count from {given.first}. After "
            f"softmax, "
            f"which weight does query {i} give to key {given.first}, rounded to two decimals?"
        ),
        right=decimal(1 / seen),
        wrong=(
            Wrong(
                decimal(1 / n),
                "no-mask-at-all",
                f"That shares the weight among all {n} keys. Those after {i} are hidden: they get 0, the rest "
                f"shares 1.",
            ),
            Wrong(
                decimal(1 / (seen - 1)),
                "left-itself-out",
                f"That shares among the {seen - 1} before query {i} only. It sees its own position too: {seen} keys.",
            ),
            Wrong(
                decimal(1 / (n - seen + 1)),
                "mask-the-wrong-way",
                f"That shares among key {i} and those after it. A causal mask hides what comes *after*.",
            ),
            Wrong(
                decimal(0),
                "score-taken-for-weight",
                "0 is the score, and e⁰ = 1. Only a score of −∞, which the mask writes, becomes a weight of 0.",
            ),
        ),
        solution=f"Keys {given.first} to {i} are visible, {seen} with equal scores: `1/{seen} = "
        f"{decimal(1 / seen)}` each.",
        typed=Typed(1 / seen, 0.006),
        picture=GridPicture(
            cells=(("0",) * n,) * n,
            rows=names,
            columns=names,
            row_label="query",
            column_label="key",
            marked=(seen - 1, 0),
        ),
    )
