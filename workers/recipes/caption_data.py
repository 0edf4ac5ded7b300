"""Pictures with captions: the words, the vocabulary, and a data set in parts, the same for scenes and photos."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from PIL import Image
from torch import Tensor

from workers.recipes import scenes
from workers.recipes.caption_net import END, PAD, SPECIAL, START, UNKNOWN
from workers.recipes.scenes import Scene

LONGEST = 22
"""Words of a caption that are learnt from; longer ones are cut, which in Flickr8k is one in fifty."""
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SCENES_SEED = 2015
HELD_OUT = 300
"""Scenes in each of the four parts that are not trained on."""


def plain(sentence: str) -> str:
    """A caption as its words: small letters and digits, one blank between them, no punctuation."""
    return " ".join(_WORD.findall(sentence.lower()))


class Vocabulary:
    """Words and their numbers; the first four are `SPECIAL`."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._numbers = {word: number for number, word in enumerate(self.words)}

    @classmethod
    def of(cls, captions: Iterable[str], min_count: int) -> "Vocabulary":
        """Every word that is in the captions at least `min_count` times, in alphabetical order."""
        counts = Counter(word for caption in captions for word in caption.split())
        return cls([*SPECIAL, *sorted(word for word, count in counts.items() if count >= min_count)])

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, captions: Sequence[str]) -> Tensor:
        """``int64[N, LONGEST + 2]``: `START`, the words, `END`, filled up with `PAD`."""
        rows = torch.full((len(captions), LONGEST + 2), PAD)
        for row, caption in zip(rows, captions, strict=True):
            numbers = [self._numbers.get(word, UNKNOWN) for word in caption.split()[:LONGEST]]
            row[: len(numbers) + 2] = torch.tensor([START, *numbers, END])
        return rows

    def decode(self, numbers: Iterable[int]) -> str:
        """The words again."""
        return " ".join(self.words[number] for number in numbers)


@dataclass(frozen=True, slots=True)
class Part:
    """Some pictures of a data set."""

    name: str
    """In words, e.g. ``test pictures``."""
    rows: Tensor
    """Which of the data set's pictures, ``int64[N]``."""
    references: tuple[tuple[str, ...], ...]
    """Of each, its captions as `plain` gives them."""
    scenes: tuple[Scene, ...] = ()
    """Of each, what it shows, where that is known."""


@dataclass(frozen=True, slots=True)
class CaptionSet:
    """A data set of pictures with captions, split."""

    title: str
    inputs: Tensor
    """What the network gets of all pictures: ``uint8[N, side, side, 3]`` or ``float16[N, side², channels]``."""
    sees: Literal["pixels", "features"]
    side: int
    channels: int
    train: Part
    validation: Part
    tests: tuple[Part, ...]
    """The first is the one whose scores are the headline."""
    picture: Callable[[int], Image.Image]
    """The picture of a row, to look at."""
    backbone: dict[str, Any] | None = None
    """What made the features, plain data and tensors, so that it travels in ``model.pt``."""


def made_scenes(count: int) -> CaptionSet:
    """`count` training pictures of `scenes`, and as many others as always."""
    sizes = {"training": count, "validation": HELD_OUT, **dict.fromkeys(scenes.KINDS, HELD_OUT)}
    pictures: list[Tensor] = []
    parts: list[Part] = []
    at = 0
    for number, (name, size) in enumerate(sizes.items()):
        pixels, shown, references = scenes.make(
            size, name if name in scenes.KINDS else "seen kinds", _SCENES_SEED + number
        )
        pictures.append(pixels)
        parts.append(Part(name, torch.arange(at, at + size), tuple(references), tuple(shown)))
        at += size
    inputs = torch.cat(pictures)
    train, validation, *tests = parts
    return CaptionSet(
        title=f"Scenes: {count:,} training, {HELD_OUT} validation and {len(tests)} × {HELD_OUT} test pictures",
        inputs=inputs,
        sees="pixels",
        side=scenes.SIDE,
        channels=3,
        train=train,
        validation=validation,
        tests=tuple(tests),
        picture=lambda row: Image.fromarray(inputs[row].numpy()),
    )


def nearest(data: CaptionSet, part: Part) -> tuple[str, ...]:
    """A captioner that learns nothing: for each picture, a caption of the training picture that is most like it.

    Pictures are compared by the cosine of what the network gets: the mean of the features, or coarse pixels.
    """
    known, asked = (_coarse(data.inputs, rows) for rows in (data.train.rows, part.rows))
    mean, deviation = known.mean(0), known.std(0) + 1e-6
    known, asked = ((each - mean) / deviation for each in (known, asked))
    known = known / known.norm(dim=1, keepdim=True)
    return tuple(data.train.references[row][0] for row in (asked @ known.T).argmax(1).tolist())


def _coarse(inputs: Tensor, rows: Tensor) -> Tensor:
    if inputs.dim() == 3:
        return torch.cat([inputs[some].float().mean(1) for some in rows.split(512)])
    return F.avg_pool2d(inputs[rows].permute(0, 3, 1, 2).float(), 4).flatten(1)
