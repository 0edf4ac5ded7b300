"""Data sets in MNIST's file format, idx: four files, checked, unpacked once, and kept as one file of tensors."""

import gzip
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.recipes.fetching import RemoteFile, contents, written_once
from workers.recipes.pictures import PictureSet, split
from workers.recipes.sources import DataSources

_PARTS = ("train_x", "train_y", "test_x", "test_y")
_BYTES = 8  # the format's code for unsigned bytes


@dataclass(frozen=True, slots=True)
class IdxSet:
    """What a data set in this format is.

    Attributes:
        name: As files and data sets are called, e.g. ``mnist``.
        title: In words, e.g. ``MNIST``.
        classes: Their names, by label.
        files: Training pictures and labels, test pictures and labels.
        validation: The share of the training part that is cut off for validation.
        advice: What a person can do where it is not to be had.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    validation: float
    advice: str

    def load(self, sources: DataSources, say: Callable[[str], None]) -> PictureSet:
        """Loads it from the cache, else from the data folder, else from the network.

        Args:
            sources: Where to look.
            say: Takes a few words on what is being done.

        Raises:
            DatasetMissingError: It is not to be had; the sentence says what was tried.
        """
        say(f"Loading {self.title}")
        digest = hashlib.sha256("".join(file.digest for file in self.files).encode()).hexdigest()[:12]
        kept = sources.cache / f"{self.name}-{digest}.pt"
        if not kept.exists():
            with written_once(kept) as unfinished:
                found = [contents(file, self.title, sources, say, self.advice) for file in self.files]
                say(f"Unpacking {self.title}")
                tensors = dict(zip(_PARTS, map(read, _unpacked(found)), strict=True))
                torch.save(tensors, unfinished)
        tensors: dict[str, Tensor] = torch.load(kept, weights_only=True)
        return split(
            self.title,
            self.classes,
            tensors["train_x"],
            tensors["train_y"].to(torch.int64),
            (tensors["test_x"], tensors["test_y"].to(torch.int64)),
            validation=self.validation,
        )


def read(data: bytes) -> Tensor:
    """The values of an idx file of unsigned bytes, ``uint8`` of the shape that it names.

    The format (http://yann.lecun.com/exdb/mnist): two zero bytes, the type's code, the number of dimensions, their
    sizes as big-endian 32-bit numbers, the values.

    Raises:
        ValueError: It is something else.
    """
    dimensions = data[3] if data[:3] == bytes([0, 0, _BYTES]) and len(data) > 3 else 0
    start = 4 + 4 * dimensions
    shape = [int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4)]
    if not dimensions or len(data) != start + math.prod(shape):
        raise ValueError("no idx file of unsigned bytes")
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=start).view(shape)


def _unpacked(found: Sequence[bytes]) -> list[bytes]:
    """Files whose checksum is that of the archive are unpacked here, after the check."""
    return [gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for data in found]
