"""The network of `/run caption`: an eye, a memory that writes word after word, and attention between the two.

Sources: attention over the places of a picture while a caption is written, Xu et al. 2015 (Show, Attend and Tell);
its simpler form after the recurrent cell, which lets a whole caption be trained in one go, Luong et al. 2015
(section 3.1, global attention, score ``general``); one matrix for reading and writing words, Press and Wolf 2017.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

PAD, START, END, UNKNOWN = 0, 1, 2, 3
"""Words that are none: filling, before the first word, after the last, a word too rare to be known."""
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
State = Tensor | tuple[Tensor, Tensor]
"""What the cell remembers: ``h`` of a GRU, ``(h, c)`` of an LSTM; ``float[1, N, width]`` each."""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is needed to build the network again."""

    words: int
    """Size of the vocabulary, `SPECIAL` included."""
    sees: Literal["pixels", "features"]
    """Small RGB pictures through an eye of its own, or what a pretrained network saw at each place."""
    side: int
    """Height and width of a picture in pixels, or places along one side of the feature map."""
    channels: int
    """Of the feature map; 3 for pixels."""
    cell: str
    """``gru`` or ``lstm``."""
    width: int
    embedding: int
    attention: str
    """``xu``: the cell looks before it takes in a word; ``luong``: after it; ``none``: always at the mean of all."""
    dropout: float = 0.0


class Seen(NamedTuple):
    """A picture after the encoder: what is at each of its P places, and all of it in one vector."""

    places: Tensor  # float[N, P, width]
    gist: Tensor  # float[N, width]


class Eye(nn.Module):
    """Five convolutions from RGB pixels to a map of an eighth of their side; it learns with the rest."""

    def __init__(self, channels: int = 96) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_block(3, 24, 5, stride=2),
            *_block(24, 48, 3, stride=2),
            *_block(48, 64, 3, stride=1),
            *_block(64, channels, 3, stride=2),
            *_block(channels, channels, 3, stride=1),  # sees 41 pixels: what lies beside it
        )
        self.channels = channels

    def forward(self, pictures: Tensor) -> Tensor:
        """``uint8[N, H, W, 3]`` to ``float[N, (H / 8) (W / 8), channels]``."""
        x = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1  # its memory is channels_last already
        return self.layers(x).flatten(2).transpose(1, 2)


def _block(before: int, after: int, size: int, stride: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(before, after, size, stride, size // 2, bias=False).to(memory_format=torch.channels_last),  # pyright: ignore[reportCallIssue] torch's stub lacks the argument
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


class Pretrained(nn.Module):
    """Feature maps of a network that has seen a million photos: each channel to mean 0 and deviation 1."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def forward(self, features: Tensor) -> Tensor:
        """``float16[N, P, channels]`` to ``float[N, P, channels]``."""
        return (features.float() - self.mean) / self.deviation


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Attention written out: each query takes a mean of the values, weighted by how well their keys fit it.

    Luong et al. 2015, equations 7 and 8; scaled as in Vaswani et al. 2017, so that the softmax does not start out
    saturated.

    Args:
        queries: One for each word, ``float[N, T, D]``.
        keys: One for each place, ``float[N, P, D]``.
        values: What is there, ``float[N, P, V]``.

    Returns:
        The context of each word, ``float[N, T, V]``, and its map over the places, ``float[N, T, P]``, whose rows
        sum to 1.
    """
    scores = queries @ keys.transpose(1, 2) / math.sqrt(queries.shape[-1])
    weights = (scores - scores.amax(-1, keepdim=True)).exp()  # the largest is e⁰: nothing overflows
    weights = weights / weights.sum(-1, keepdim=True)
    return weights @ values, weights


class Captioner(nn.Module):
    """Pictures and the words so far to scores of the next word."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        # --- the encoder ---
        self.eye = Eye() if shape.sees == "pixels" else Pretrained(shape.channels)
        places = (shape.side // 8) ** 2 if shape.sees == "pixels" else shape.side**2
        self.where = nn.Parameter(0.3 * torch.randn(places, width))  # a convolution does not know where it is
        self.look = nn.Linear(self.eye.channels, width)
        self.even = nn.LayerNorm(width)  # or all places would look alike to the attention for many steps
        self.first = nn.Linear(width, width)
        # --- the decoder ---
        self.embed = nn.Embedding(shape.words, shape.embedding, padding_idx=PAD)
        nn.init.normal_(self.embed.weight, std=shape.embedding**-0.5)
        taken_in = shape.embedding + (width if shape.attention == "xu" else 0)
        self.cell = (nn.GRU if shape.cell == "gru" else nn.LSTM)(taken_in, width, batch_first=True)
        self.key = nn.Linear(width, width, bias=False)
        self.combine = nn.Linear(2 * width, shape.embedding)
        self.bias = nn.Parameter(torch.zeros(shape.words))
        self.dropout = nn.Dropout(shape.dropout)

    def get_used_to(self, pictures: Tensor) -> None:
        """Takes mean and deviation of each channel of given features; for pixels there is nothing to do."""
        if isinstance(self.eye, Pretrained):
            channels = pictures.float().flatten(0, 1)
            self.eye.mean.copy_(channels.mean(0))
            self.eye.deviation.copy_(channels.std(0) + 1e-3)

    def see(self, pictures: Tensor) -> Seen:
        """The encoder: ``uint8[N, H, W, 3]`` pixels, or ``float16[N, P, channels]`` features."""
        places = self.dropout(self.even(F.relu(self.look(self.eye(pictures)) + self.where)))
        return Seen(places, places.mean(1))

    def begin(self, seen: Seen) -> State:
        """The cell's memory before the first word: the gist of the picture."""
        h = torch.tanh(self.first(seen.gist))[None]
        return h if self.shape.cell == "gru" else (h, torch.zeros_like(h))

    def write(self, seen: Seen, words: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """The decoder over T words: all at once when they are known (training), one at a time when not.

        Args:
            seen: The pictures, from `see`.
            words: The words so far, ``int64[N, T]``; the first is `START`.
            state: The cell's memory before them.

        Returns:
            What is to be said after each word, ``float[N, T, embedding]``; the attention maps, ``float[N, T, P]``;
            the memory after the last.
        """
        read = self.dropout(self.embed(words))
        match self.shape.attention:
            case "luong":  # the cell runs over all words; then each looks
                hidden, state = self.cell(read, state)
                context, maps = attend(hidden, self.key(seen.places), seen.places)
            case "xu":  # what the cell remembers decides where to look, and what is there goes in with the word
                hidden, context, maps, state = self._looking_before(seen, read, state)
            case _:
                hidden, state = self.cell(read, state)
                context = seen.gist[:, None].expand_as(hidden)
                maps = hidden.new_full((*words.shape, seen.places.shape[1]), 1 / seen.places.shape[1])
        said = torch.tanh(self.combine(torch.cat([hidden, context], -1)))  # Luong et al. 2015, equation 5
        return self.dropout(said), maps, state

    def _looking_before(self, seen: Seen, read: Tensor, state: State) -> tuple[Tensor, Tensor, Tensor, State]:
        """Xu et al. 2015, section 3.1.2: word by word, as each look depends on the word before it."""
        keys = self.key(seen.places)
        steps: list[tuple[Tensor, Tensor, Tensor]] = []
        for word in read.split(1, 1):
            memory = state[0] if isinstance(state, tuple) else state
            context, map_ = attend(memory.transpose(0, 1), keys, seen.places)
            hidden, state = self.cell(torch.cat([word, context], -1), state)
            steps.append((hidden, context, map_))
        hidden, context, maps = (torch.cat(each, 1) for each in zip(*steps, strict=True))
        return hidden, context, maps, state

    def score(self, said: Tensor) -> Tensor:
        """How well each word of the vocabulary fits: ``float[..., embedding]`` to ``float[..., words]``."""
        return F.linear(said, self.embed.weight, self.bias)

    def forward(self, pictures: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Scores ``float[N, T, words]`` of the word after each given one, and the attention maps."""
        seen = self.see(pictures)
        said, maps, _ = self.write(seen, words, self.begin(seen))
        return self.score(said), maps
