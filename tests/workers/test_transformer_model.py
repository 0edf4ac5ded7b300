"""The transformer's own layers against PyTorch's, and how texts become numbers."""

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from sklearn.naive_bayes import MultinomialNB
from torch import nn

from workers.recipes import transformer_hints
from workers.recipes.transformer_data import HIDDEN, UNKNOWN, Vocabulary, letter_groups, tokens_of
from workers.recipes.transformer_model import (
    Attention,
    Block,
    Ensemble,
    Net,
    Shape,
    TextInput,
    most_decided_head,
    probabilities,
    relevance,
    waves,
)

PADDING = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
SHAPE = Shape(20, 7, 12, 8, 2, 2, 3, "mean", "learned", hinted=True)


def attention() -> tuple[Attention, torch.Tensor]:
    torch.manual_seed(0)
    return Attention(8, 2, dropout=0.0).double(), torch.randn(2, 5, 8, dtype=torch.float64, requires_grad=True)


def as_pytorch(ours: Attention) -> nn.MultiheadAttention:
    theirs = nn.MultiheadAttention(8, 2, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        parts = (ours.query, ours.key, ours.value)
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    return theirs


def test_attention_and_its_gradients_are_those_of_pytorch() -> None:
    ours, x = attention()
    theirs = as_pytorch(ours)
    keep: list[torch.Tensor] = []
    got = ours(x, PADDING, keep)
    expected, weights = theirs(x, x, x, key_padding_mask=PADDING, average_attn_weights=False)
    assert torch.allclose(got, expected)
    assert torch.allclose(keep[0], weights)
    aim = torch.randn(got.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    here = torch.autograd.grad((got * aim).sum(), [x, ours.query.weight, ours.key.weight, ours.value.weight])
    there = torch.autograd.grad((expected * aim).sum(), [x, theirs.in_proj_weight])
    assert torch.allclose(here[0], there[0])
    assert torch.allclose(torch.cat(here[1:]), there[1])


def test_attention_is_scaled_dot_product_attention() -> None:
    ours, x = attention()

    def split(each: torch.Tensor) -> torch.Tensor:
        return each.unflatten(-1, (2, 4)).transpose(1, 2)

    gathered = F.scaled_dot_product_attention(
        split(ours.query(x)), split(ours.key(x)), split(ours.value(x)), attn_mask=~PADDING[:, None, None, :]
    )
    assert torch.allclose(ours(x, PADDING), ours.out(gathered.transpose(1, 2).flatten(2)))


def test_the_gradients_of_a_block_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    block = Block(4, 2, dropout=0.0).double()
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    padding = torch.tensor([[False] * 3, [False, False, True]])
    assert torch.autograd.gradcheck(lambda tokens: block(tokens, padding), (x,))


def test_a_block_is_the_encoder_layer_of_pytorch() -> None:
    torch.manual_seed(0)
    ours = Block(8, 2, dropout=0.0).double().eval()
    theirs = nn.TransformerEncoderLayer(
        8, 2, 16, 0.0, activation="gelu", batch_first=True, norm_first=True, dtype=torch.float64
    )
    theirs.self_attn = as_pytorch(ours.attention)
    for mine, other in (
        (ours.before_attention, theirs.norm1),
        (ours.before_thinking, theirs.norm2),
        (ours.wider, theirs.linear1),
        (ours.back, theirs.linear2),
    ):
        other.load_state_dict(mine.state_dict())
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    expected = theirs.train()(x, src_key_padding_mask=PADDING)  # in eval mode it takes a path of its own
    assert torch.allclose(ours(x, PADDING)[~PADDING], expected[~PADDING])


def inputs(count: int = 2, tokens: int = 6) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    words = torch.randint(3, 20, (count, tokens), generator=generator)
    letters = torch.randint(0, 8, (count, tokens, 4), generator=generator)
    return words, letters, torch.randn(count, tokens, 2, 3, generator=generator)


@pytest.mark.parametrize("pooling", ["mean", "max", "attention", "first"])
@pytest.mark.parametrize("positions", ["learned", "waves", "none"])
def test_padding_changes_nothing(pooling: str, positions: str) -> None:
    torch.manual_seed(0)
    net = Net(Shape(20, 7, 12, 8, 2, 2, 3, pooling, positions, hinted=True)).eval()
    padded = [F.pad(each, (0, 0) * (each.dim() - 2) + (0, 3)) for each in inputs()]
    assert torch.allclose(net(*inputs()), net(*padded), atol=1e-6)


@pytest.mark.parametrize(("positions", "same"), [("none", True), ("learned", False), ("waves", False)])
def test_order_counts_only_with_positions(positions: str, same: bool) -> None:
    torch.manual_seed(0)
    net = Net(Shape(20, 7, 12, 8, 2, 2, 3, "mean", positions, hinted=True)).eval()
    turned = [each.flip(1) for each in inputs()]
    assert torch.allclose(net(*inputs()), net(*turned), atol=1e-6) == same


def test_an_ensemble_says_the_mean_of_what_its_networks_say() -> None:
    torch.manual_seed(0)
    ensemble = Ensemble(SHAPE, 3).eval()
    alone = [net(*inputs()).softmax(1) for net in ensemble.nets]
    assert torch.allclose(ensemble(*inputs()), sum(alone, torch.zeros(2, 3)) / 3, atol=1e-6)
    assert not torch.allclose(alone[0], alone[1])


def test_waves_are_those_of_the_paper() -> None:
    table = waves(50, 7)
    assert table[3, 0] / table[0, 1] == pytest.approx(math.sin(3.0), rel=1e-5)
    assert table[3, 3] / table[0, 1] == pytest.approx(math.cos(3.0 / 10_000 ** (2 / 7)), rel=1e-5)


@pytest.fixture(scope="module")
def texts() -> tuple[Ensemble, TextInput]:
    torch.manual_seed(0)
    vocabulary = Vocabulary.of(["a warm film", "a cold film"], buckets=5, longest=9, at_least=1)
    shape = Shape(len(vocabulary.words), 5, 9, 8, 2, 2, 2, "mean", "learned", hinted=False)
    return Ensemble(shape, 2), TextInput(vocabulary.numbers(["a warm film", "cold", "?", ""]), None)


def test_probabilities_are_the_same_in_any_company(texts: tuple[Ensemble, TextInput]) -> None:
    ensemble, four = texts
    together = probabilities(ensemble, four)
    assert torch.allclose(together.sum(1), torch.ones(4))
    assert ensemble.training, "the mode is as before"
    ensemble.eval()
    for row in range(4):
        assert torch.allclose(ensemble(*four.batch(torch.tensor([row])))[0], together[row], atol=1e-6)


def test_relevance_is_a_share_of_each_word(texts: tuple[Ensemble, TextInput]) -> None:
    ensemble, four = texts
    for label in (0, 1):
        shares = relevance(ensemble, four, 0, label)
        assert shares.shape == (3,)
        assert (shares >= 0).all()
        assert 0 < float(shares.sum()) < 1.001


def test_the_most_decided_head_is_the_one_of_least_entropy(texts: tuple[Ensemble, TextInput]) -> None:
    ensemble, four = texts
    head = most_decided_head(ensemble, four, 0)
    assert torch.allclose(head.weights.sum(1), torch.ones(3))
    assert 0 < head.evenness <= 1
    with torch.no_grad():  # the last network's second block now looks very sharply
        block = ensemble.nets[1].blocks[1]
        assert isinstance(block, Block)
        block.attention.query.weight.mul_(1000)
    sharp = most_decided_head(ensemble, four, 0)
    assert (sharp.network, sharp.block) == (2, 2)
    assert sharp.evenness < head.evenness


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I don't know; it's GREAT!", ["i", "do", "n't", "know", ";", "it", "'s", "great", "!"]),
        ("they can’t do n't", ["they", "ca", "n't", "do", "n't"]),
        ("x_1 = 日本語 🙂", ["x", "_", "1", "=", "日本語", "🙂"]),
        (" \n\t", []),
    ],
)
def test_words_marks_and_contractions(text: str, tokens: list[str]) -> None:
    assert tokens_of(text, 50) == tokens
    assert tokens_of(text, 2) == tokens[:2]


def test_a_megabyte_without_a_blank_is_read_in_no_time() -> None:
    assert len(tokens_of("a" * 10**6, 8)) == 1


def test_words_become_numbers_and_strangers_keep_their_letters() -> None:
    vocabulary = Vocabulary.of(["good good film", "film good", "rare"], buckets=100, longest=4)
    assert vocabulary.words[HIDDEN + 1 :] == ("good", "film")
    tokens = vocabulary.numbers(["film rare goodness", "a b c d e f", ""])
    words, letters = tokens.batch(torch.arange(3), 4)
    assert words.tolist() == [[4, UNKNOWN, UNKNOWN, 0], [UNKNOWN] * 4, [UNKNOWN, 0, 0, 0]]
    assert tokens.lengths.tolist() == [3, 4, 1]
    shared = set(letter_groups("goodness", 10**6)) & set(letter_groups("good", 10**6))
    assert len(shared) == 6, "<go, goo, ood, <goo, good, <good"
    assert (letters[0, 0] > 0).sum() == len(letter_groups("film", 100))
    assert letters[2].sum() == 0


def test_hints_on_all_texts_are_naive_bayes() -> None:
    texts = ["warm warm film", "cold film", "warm", "cold dull film", "warm story"] * 3
    labels = torch.tensor([1, 0, 1, 0, 1] * 3)
    hints, _ = transformer_hints.counted(texts, labels, 2, longest=9)
    split = [tokens_of(text, 9) for text in texts]
    features = hints.features[1:]
    present = [[int(f in words or f in transformer_hints._pairs(words)) for f in features] for words in split]
    model = MultinomialNB().fit(present, labels)
    expected = torch.tensor(model.feature_log_prob_.T)
    # Ours counts one feature more in the denominator, for what was never seen: the same for every feature.
    ours, theirs = (table[:, 1] - table[:, 0] for table in (hints.table[1:], expected))
    assert torch.allclose((ours - theirs.float()), (ours - theirs.float()).mean().expand(len(features)), atol=1e-5)
    assert torch.allclose(hints.table.sum(1), torch.zeros(len(hints.features)), atol=1e-5)


def test_hints_of_a_training_text_are_counted_without_it() -> None:
    texts = [f"word{number}" for number in range(20)]
    _, own = transformer_hints.counted(texts, torch.tensor([0, 1] * 10), 2, longest=9)
    assert (own.rows[:, 0, 0] > 0).all()
    ratios = own.batch(torch.arange(20), 1)
    assert (ratios == 0).all(), "a word of one text only would give its label away"
    shared = [f"warm{number % 2}" for number in range(20)]
    hints, own = transformer_hints.counted(shared, torch.tensor([0, 1] * 10), 2, longest=9)
    assert (own.batch(torch.arange(20), 1)[:, 0, 0].argmax(1) == torch.tensor([0, 1] * 10)).all()
    fresh: Callable[[str], torch.Tensor] = lambda text: hints.of([text]).batch(torch.tensor([0]), 9)  # noqa: E731
    assert fresh("never seen").abs().sum() == 0
    assert fresh("").shape[1] == 1
