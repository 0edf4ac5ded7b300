"""The transformer encoder, written out (Vaswani et al. 2017), and a few of them that vote.

A token is a vector: its word's, plus the mean of its letter groups', plus where it stands. A block lets every token
look at every other (attention) and then thinks about each alone (two linear layers); both add to what was there.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.recipes.state import unpack
from workers.recipes.transformer_data import HIDDEN, PADDING, Tokens, Vocabulary
from workers.recipes.transformer_hints import HintedTexts, Hints

EVALUATION_BATCH = 256
INNER = 2  # the inner layer of a block is this many times as wide
START = 0.05  # standard deviation of fresh embeddings


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is needed to build one network again."""

    words: int
    buckets: int
    longest: int
    width: int
    depth: int
    heads: int
    classes: int
    pooling: str
    positions: str
    hinted: bool
    dropout: float = 0.0


@dataclass(frozen=True, slots=True)
class TextInput:
    """Texts as a network takes them: tokens, and their hints where the model uses some."""

    tokens: Tokens
    hints: HintedTexts | None
    lengths: Tensor

    def __init__(self, tokens: Tokens, hints: HintedTexts | None) -> None:
        object.__setattr__(self, "tokens", tokens)
        object.__setattr__(self, "hints", hints)
        object.__setattr__(self, "lengths", tokens.lengths)

    @classmethod
    def of(cls, texts: Sequence[str], vocabulary: Vocabulary, hints: Hints | None) -> "TextInput":
        """New texts as numbers."""
        return cls(vocabulary.numbers(texts), hints.of(texts) if hints is not None else None)

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Words ``int64[B, T]``, letters ``int64[B, T, K]``, ratios ``float[B, T, 2, C]`` (C is 0 without hints)."""
        longest = int(self.lengths[chosen].max())
        words, letters = self.tokens.batch(chosen, longest)
        if self.hints is None:
            return words, letters, torch.zeros(*words.shape, 2, 0, device=words.device)
        return words, letters, self.hints.batch(chosen, longest)

    def batch_padded(self, longest: int) -> tuple[Tensor, Tensor, Tensor]:
        """All texts as in `batch`, every one padded to `longest` tokens: one shape for an exported network."""
        parts = self.batch(torch.arange(len(self.lengths)))
        missing = longest - parts[0].shape[1]
        words, letters, ratios = parts
        return F.pad(words, (0, missing)), F.pad(letters, (0, 0, 0, missing)), F.pad(ratios, (0, 0, 0, 0, 0, missing))

    def to(self, device: str) -> "TextInput":
        """The same on a device."""
        return TextInput(self.tokens.to(device), self.hints.to(device) if self.hints is not None else None)


class Attention(nn.Module):
    """Multi-head self-attention (section 3.2): each token asks, every token answers by how well its key fits."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, padding: Tensor, keep: list[Tensor] | None = None) -> Tensor:
        """Tokens ``float[B, T, width]`` to what they gathered, ``float[B, T, width]``.

        Args:
            x: The tokens.
            padding: ``bool[B, T]``, True where there is no token: nobody looks there.
            keep: Gets the weights ``float[B, heads, T, T]``; row: who looks, column: at whom. A row's sum is 1.
        """
        batch, tokens, width = x.shape

        def split(each: Tensor) -> Tensor:  # to [B, heads, T, width / heads]
            return each.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        fits = query @ key.transpose(-2, -1) / math.sqrt(width // self.heads)
        weights = fits.masked_fill(padding[:, None, None, :], float("-inf")).softmax(-1)
        if keep is not None:
            keep.append(weights)
        gathered = F.dropout(weights, self.dropout, self.training) @ value
        return self.out(gathered.transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    """Attention, then two linear layers, each on a normalised copy and added to what was there."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.before_attention, self.before_thinking = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, dropout)
        self.wider, self.back = nn.Linear(width, INNER * width), nn.Linear(INNER * width, width)

    def forward(self, x: Tensor, padding: Tensor, keep: list[Tensor] | None = None) -> Tensor:
        """Tokens ``float[B, T, width]`` to tokens of the same shape."""
        x = x + F.dropout(self.attention(self.before_attention(x), padding, keep), self.dropout, self.training)
        return x + F.dropout(self.back(F.gelu(self.wider(self.before_thinking(x)))), self.dropout, self.training)


class Net(nn.Module):
    """Embeddings, encoder blocks, one vector for the whole text, and a linear layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.words = _embedding(shape.words, width)
        self.letters = _embedding(shape.buckets + 1, width) if shape.buckets else None
        if shape.positions == "learned":
            self.places = nn.Parameter(torch.randn(shape.longest, width) * 0.02)
        else:
            self.register_buffer("places", waves(shape.longest, width), persistent=False)
        self.blocks = nn.ModuleList(Block(width, shape.heads, shape.dropout) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(width)
        self.look = nn.Linear(width, 1) if shape.pooling == "attention" else None
        self.classify = nn.Linear(width, shape.classes)
        if shape.hinted:
            self.hint = nn.Linear(2 * shape.classes, width, bias=False)
            self.trust = nn.Parameter(torch.full((2,), 0.3))
            """How much the sums of the words' and of the pairs' ratios count as scores."""

    def forward(self, words: Tensor, letters: Tensor, ratios: Tensor, keep: list[Tensor] | None = None) -> Tensor:
        """Class scores ``float[B, classes]``.

        Args:
            words: ``int64[B, T]``, padded with 0.
            letters: ``int64[B, T, K]``, padded with 0.
            ratios: ``float[B, T, 2, classes]`` where the network is hinted.
            keep: Gets each block's attention weights ``float[B, heads, T, T]``.
        """
        shape, dropout = self.shape, self.shape.dropout
        padding = words == PADDING
        x = self.words(words)
        if self.letters is not None:
            if torch.compiler.is_exporting():  # ONNX has no such operator, and its substitute is a slow loop
                groups = self.letters(letters).sum(2)
            else:
                groups = F.embedding_bag(letters.flatten(0, 1), self.letters.weight, mode="sum", padding_idx=0)
            x = x + groups.view_as(x) / math.sqrt(6)  # about as many as a short word has
        if shape.hinted:
            x = x + 0.3 * self.hint(ratios.flatten(2))
        if shape.positions != "none":
            x = x + self.places[: words.shape[1]]
        x = F.dropout(x, dropout, self.training)
        for block in self.blocks:
            x = block(x, padding, keep)
        x = F.dropout(self.pooled(self.norm(x), padding), dropout, self.training)
        scores = self.classify(x)
        if shape.hinted:
            scores = scores + (ratios * self.trust[:, None]).sum((1, 2))
        return scores

    def pooled(self, x: Tensor, padding: Tensor) -> Tensor:
        """One vector ``float[B, width]`` of the tokens ``float[B, T, width]``."""
        return (
            (self.shares(x, padding)[..., None] * x).sum(1)
            if self.shape.pooling != "max"
            else (x.masked_fill(padding[..., None], float("-inf")).amax(1))
        )

    def shares(self, x: Tensor, padding: Tensor) -> Tensor:
        """How much each token counts in the text's vector, ``float[B, T]``; a row's sum is 1."""
        if self.look is not None:
            return self.look(x).squeeze(-1).masked_fill(padding, float("-inf")).softmax(-1)
        if self.shape.pooling == "first":
            return F.one_hot(torch.zeros_like(padding[:, 0], dtype=torch.int64), padding.shape[1]).to(x.dtype)
        there = (~padding).to(x.dtype)
        return there / there.sum(1, keepdim=True)


class Ensemble(nn.Module):
    """Networks of one shape and different beginnings; the text gets the mean of their probabilities."""

    def __init__(self, shape: Shape, members: int) -> None:
        super().__init__()
        self.shape = shape
        self.members = nn.ModuleList(Net(shape) for _ in range(members))

    @property
    def nets(self) -> list[Net]:
        """The networks."""
        return cast("list[Net]", list(self.members))

    def forward(self, words: Tensor, letters: Tensor, ratios: Tensor) -> Tensor:
        """Probabilities ``float[B, classes]``, for the inputs of `Net.forward`."""
        return torch.stack([net(words, letters, ratios).float().softmax(1) for net in self.nets]).mean(0)


def probabilities(ensemble: Ensemble, texts: TextInput) -> Tensor:
    """Class probabilities ``float32[N, classes]`` of texts, without dropout; the mode is as before afterwards."""
    before = ensemble.training
    ensemble.eval()
    said = torch.zeros(len(texts.lengths), ensemble.shape.classes, device=texts.lengths.device)
    with torch.no_grad():
        for chosen in texts.lengths.argsort(stable=True).split(EVALUATION_BATCH):
            said[chosen] = ensemble(*texts.batch(chosen))
    ensemble.train(before)
    return said


def relevance(ensemble: Ensemble, texts: TextInput, chosen: int, label: int) -> Tensor:
    """How much each token of a text speaks for a class, by gradient × attention, ``float[T]``, 0 and more.

    Chefer, Gur and Wolf 2021 (equations 5 and 6): each block's attention weights, times the gradient of the class
    score by them, where positive, mean over heads; carried through the blocks; mean over the networks. What a token
    passes straight on to itself is left out.
    """
    ensemble.eval()
    total = torch.zeros(int(texts.lengths[chosen]), device=texts.lengths.device)
    for net in ensemble.nets:
        keep: list[Tensor] = []
        with torch.enable_grad():
            scores = net(*texts.batch(torch.tensor([chosen], device=total.device)), keep)
            gradients = torch.autograd.grad(scores[0, label], keep)
        carried = torch.eye(len(total), device=total.device)
        for weights, gradient in zip(keep, gradients, strict=True):
            mixed = (weights.detach() * gradient).clamp_min(0).mean(1)[0]
            carried = carried + mixed @ carried
        passed = carried - torch.eye(len(total), device=total.device)
        rows = passed[0] if net.shape.pooling == "first" else passed.mean(0)
        total += rows / rows.sum().clamp_min(1e-12)
    return total / len(ensemble.nets)


@dataclass(frozen=True, slots=True)
class HeadMap:
    """Where one head looks.

    Attributes:
        weights: ``float[T, T]``; row: who looks, column: at whom. A row's sum is 1.
        network: Its number among the ensemble's, from 1; so are `block` and `head`.
        evenness: Its rows' mean entropy as a share of the greatest possible: 1 for a head that looks at all alike.
    """

    weights: Tensor
    network: int
    block: int
    head: int
    evenness: float


def most_decided_head(ensemble: Ensemble, texts: TextInput, chosen: int) -> HeadMap:
    """The head that looks at the words of a text least evenly, of all blocks and networks."""
    ensemble.eval()
    found: list[HeadMap] = []
    with torch.no_grad():
        for network, net in enumerate(ensemble.nets, 1):
            keep: list[Tensor] = []
            net(*texts.batch(torch.tensor([chosen], device=texts.lengths.device)), keep)
            for block, weights in enumerate(keep, 1):
                entropy = -(weights[0] * weights[0].clamp_min(1e-12).log()).sum(-1).mean(-1)
                share = entropy / math.log(max(2, weights.shape[-1]))
                head = int(share.argmin())
                found.append(HeadMap(weights[0, head], network, block, head + 1, float(share[head])))
    return min(found, key=lambda each: each.evenness)


def waves(longest: int, width: int) -> Tensor:
    """Sines and cosines of falling frequency, ``float[longest, width]`` (section 3.5)."""
    place = torch.arange(longest)[:, None]
    frequency = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    table = torch.zeros(longest, width)
    table[:, 0::2] = torch.sin(place * frequency)
    table[:, 1::2] = torch.cos(place * frequency[: width // 2])
    return table * START


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that can be asked."""

    ensemble: Ensemble
    vocabulary: Vocabulary
    hints: Hints | None
    classes: tuple[str, ...]
    data: str
    test_accuracy: float

    @property
    def known(self) -> frozenset[str]:
        """The words of its vocabulary."""
        return frozenset(self.vocabulary.words[HIDDEN + 1 :])

    def numbers(self, texts: Sequence[str]) -> TextInput:
        """New texts as the networks take them."""
        return TextInput.of(texts, self.vocabulary, self.hints)


def load_model(data: bytes) -> Trained:
    """The trained networks of a ``model.pt``, ready to be asked."""
    model: Mapping[str, Any] = unpack(data)
    shape = Shape(**model["shape"])
    ensemble = Ensemble(shape, len(model["weights"]))
    for net, weights in zip(ensemble.nets, model["weights"], strict=True):
        net.load_state_dict(weights)
    hints = model["hints"]
    return Trained(
        ensemble.eval(),
        Vocabulary(tuple(model["words"]), shape.buckets, shape.longest),
        Hints(tuple(hints["features"]), hints["table"], shape.longest) if hints else None,
        tuple(model["classes"]),
        str(model["data"]),
        float(model["test_accuracy"]),
    )


def _embedding(rows: int, width: int) -> nn.Embedding:
    table = nn.Embedding(rows, width, padding_idx=PADDING)
    nn.init.normal_(table.weight, std=START)
    with torch.no_grad():
        table.weight[PADDING] = 0
    return table
