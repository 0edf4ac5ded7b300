"""The transformer questions against torch."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from lessons.questions.drawing import Draft
from lessons.questions.generators.transformer_blocks import (
    Block,
    CausalMask,
    ask_block_weight_count,
    ask_causal_mask,
)
from lessons.questions.generators.transformers import (
    Attention,
    HeadScore,
    PairScore,
    ScoreSpread,
    TwoTokens,
    ask_attention_scaling,
    ask_attention_score_shape,
    ask_attention_weight,
)
from lessons.questions.model import GridPicture, Question
from tests.lessons.questions.checks import every_seed


def _typed(question: Question) -> float:
    assert question.typed is not None
    return question.typed.value


def _number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_attention_score_shape() -> None:
    def check(given: Attention, question: Question) -> None:
        layer = nn.MultiheadAttention(given.width, given.heads, batch_first=True, device="meta")
        queries = torch.empty(given.batch, given.queries, given.width, device="meta")
        keys = torch.empty(given.batch, given.keys, given.width, device="meta")
        _, weights = layer(queries, keys, keys, average_attn_weights=False)
        assert question.answer.text == f"`{tuple(weights.shape)}`"

    every_seed("attention_score_shape", check)


def _scaled_score(query: torch.Tensor, key: torch.Tensor) -> float:
    """The score inside torch's attention, read off its weight beside a key of zeros, whose score is 0."""
    keys = torch.stack((key, torch.zeros_like(key)))
    weights = functional.scaled_dot_product_attention(query[None], keys, torch.eye(2, dtype=query.dtype))
    return float(weights[0, 0].logit())


def _spread(key_size: int) -> float:
    """The exact deviation of a sum of independent ±1, from its distribution."""
    distribution, step = torch.ones(1, dtype=torch.float64), torch.tensor([0.5, 0, 0.5], dtype=torch.float64)
    for _ in range(key_size):
        distribution = functional.conv1d(distribution[None, None], step[None, None], padding=2)[0, 0]
    values = torch.arange(-key_size, key_size + 1, dtype=torch.float64)
    return float((distribution * values**2).sum().sqrt())


_SPREADS = {size: _spread(size) for size in (16, 25, 36, 49, 64, 81, 100, 121, 144, 196, 256)}


def test_attention_scaling() -> None:
    def check(given: HeadScore | PairScore | ScoreSpread, question: Question) -> None:
        match given:
            case HeadScore(width, heads, product):
                query = torch.full((width // heads,), 0.2, dtype=torch.float64)
                key = torch.full_like(query, product / (0.2 * len(query)))
                expected = _scaled_score(query, key)
            case PairScore(query, key):
                expected = _scaled_score(
                    torch.tensor(query, dtype=torch.float64), torch.tensor(key, dtype=torch.float64)
                )
            case ScoreSpread(key_size):
                expected = _SPREADS[key_size]
        assert _typed(question) == pytest.approx(expected, abs=1e-6)
        assert _number(question.answer.text) == pytest.approx(expected, abs=1e-6)

    every_seed("attention_scaling", check)


def test_attention_weight() -> None:
    def check(given: TwoTokens, question: Question) -> None:
        query = torch.tensor([given.query], dtype=torch.float64)
        keys = torch.tensor(given.keys, dtype=torch.float64)
        weights = functional.scaled_dot_product_attention(query, keys, torch.eye(2, dtype=torch.float64))
        expected = weights[0, given.asked - 1].item()
        assert _typed(question) == pytest.approx(expected)
        assert _number(question.answer.text) == pytest.approx(expected, abs=0.0051)

    every_seed("attention_weight", check)


def test_block_weight_count() -> None:
    def check(given: Block, question: Question) -> None:
        block = nn.TransformerEncoderLayer(given.width, given.heads, given.mlp_width, device="meta")
        weights = sum(each.numel() for each in block.parameters() if each.dim() == 2)
        assert _typed(question) == weights
        assert _number(question.answer.text) == weights

    every_seed("block_weight_count", check)


def test_causal_mask() -> None:
    def check(given: CausalMask, question: Question) -> None:
        visible = torch.ones(given.length, given.length, dtype=torch.bool).tril()
        row = given.position - given.first
        match given.kind:
            case "seen":
                expected = visible[row].sum().item()
            case "entries":
                expected = visible.sum().item()
            case "weight":
                zeros = torch.zeros(given.length, 4, dtype=torch.float64)
                eye = torch.eye(given.length, dtype=torch.float64)
                expected = functional.scaled_dot_product_attention(zeros, zeros, eye, is_causal=True)[row, 0].item()
                assert isinstance(question.picture, GridPicture)
                assert question.picture.marked == (row, 0)
                assert question.picture.rows[row] == str(given.position)
        assert _typed(question) == pytest.approx(expected)
        assert _number(question.answer.text) == pytest.approx(expected, abs=0.0051)

    every_seed("causal_mask", check)


def test_mistakes_worked_by_hand() -> None:
    def wrong(draft: Draft) -> dict[str, str]:
        return {each.misconception: each.text for each in draft.wrong}

    assert wrong(ask_attention_scaling(PairScore((1, 2, 2, 4), (2, 1, 2, 4)))) == {
        "forgot-the-scaling": "24",
        "forgot-the-root": "6",
        "took-the-cosine": "0.96",
    }
    assert wrong(ask_attention_weight(TwoTokens((1, 1, 0, 0), ((2, 2, 0, 0), (1, 1, 0, 0)), 1))) == {
        "forgot-the-scaling": "0.88",
        "forgot-the-root": "0.62",
        "weight-of-the-other-token": "0.27",
        "forgot-the-exponential": "0.67",
    }
    assert wrong(ask_attention_score_shape(Attention(2, 4, 64, 10, 6))) == {
        "shape-of-the-output": "`(2, 4, 10, 16)`",
        "forgot-the-heads": "`(2, 10, 6)`",
        "multiplied-the-other-way": "`(2, 4, 16, 16)`",
        "forgot-the-batch": "`(4, 10, 6)`",
        "swapped-queries-and-keys": "`(2, 4, 6, 10)`",
    }
    assert wrong(ask_causal_mask(CausalMask("entries", 4, 2, 0))) == {
        "masked-the-diagonal": "6",
        "no-mask-at-all": "16",
        "sees-only-the-last-one": "7",
    }


def test_each_mistake_in_a_block_is_a_block_without_that_part() -> None:
    block = nn.TransformerEncoderLayer(64, 4, 256, device="meta")
    sizes = {name: each.numel() for name, each in block.named_parameters() if each.dim() == 2}
    wrong = {each.misconception: _number(each.text) for each in ask_block_weight_count(Block(64, 256, 4)).wrong}
    whole = sum(sizes.values())
    assert wrong["forgot-the-output-projection"] == whole - sizes["self_attn.out_proj.weight"]
    assert wrong["counted-one-mlp-matrix"] == whole - sizes["linear2.weight"]
    assert wrong["forgot-the-mlp"] == whole - sizes["linear1.weight"] - sizes["linear2.weight"]
