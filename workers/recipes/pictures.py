"""A labelled picture data set in memory, whole, and how it is split."""

from dataclasses import dataclass

import torch
from torch import Tensor

GREY = 3
"""Dimensions of a stack of grey pictures; a stack of coloured ones has one more."""
_SPLIT_SEED = 0  # the split is part of the data set: the same for every seed of a run


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Pictures and their classes ``int64[N]``, in three parts.

    Grey pictures are ``uint8[N, height, width]``, coloured ones ``uint8[N, 3, height, width]``.

    The validation part is cut from the training data and serves the curves. The test part is looked at once,
    at the end, and picks nothing.
    """

    title: str
    """In words, with the sizes, e.g. ``MNIST: 58,000 training, 2,000 validation and 10,000 test pictures``."""
    classes: tuple[str, ...]
    train_x: Tensor
    train_y: Tensor
    validation_x: Tensor
    validation_y: Tensor
    test_x: Tensor
    test_y: Tensor
    caveat: str = ""
    """What must be said beside every figure on this data, e.g. that it is a lossy copy."""

    @property
    def channels(self) -> int:
        """1 for grey pictures, 3 for coloured ones."""
        return 1 if self.train_x.ndim == GREY else int(self.train_x.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of a picture, in pixels."""
        height, width = self.train_x.shape[-2:]
        return int(height), int(width)

    def to(self, device: str) -> "PictureSet":
        """The same data on a device."""
        if device == "cpu":
            return self
        parts = (self.train_x, self.train_y, self.validation_x, self.validation_y, self.test_x, self.test_y)
        return PictureSet(self.title, self.classes, *(part.to(device) for part in parts), caveat=self.caveat)

    def mean_and_deviation(self) -> tuple[float, float]:
        """Mean and standard deviation of the training pixels, counted by value: exact and without a float copy.

        One pair for all channels: those of CIFAR-10 differ by less than a fifth of the deviation.
        """
        counts = torch.bincount(self.train_x.flatten(), minlength=256).to(torch.float64)
        values = torch.arange(256, dtype=torch.float64, device=counts.device)
        mean = (counts * values).sum() / counts.sum()
        variance = (counts * (values - mean) ** 2).sum() / counts.sum()
        return float(mean), max(float(variance.sqrt()), 1e-6)


def split(
    name: str,
    classes: tuple[str, ...],
    pictures: Tensor,
    labels: Tensor,
    test: tuple[Tensor, Tensor],
    *,
    validation: float,
) -> PictureSet:
    """Cuts a stratified share `validation` off the training data."""
    kept, held_out = stratified(labels, validation)
    counts = f"{len(kept):,} training, {len(held_out):,} validation and {len(test[1]):,} test pictures"
    return PictureSet(
        f"{name}: {counts}", classes, pictures[kept], labels[kept], pictures[held_out], labels[held_out], *test
    )


def stratified(labels: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Indices of two parts; the second has `share` of each class, rounded, and at least one of each.

    Args:
        labels: ``int64[N]``.
        share: Between 0 and 1.
    """
    generator = torch.Generator().manual_seed(_SPLIT_SEED)
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        count = max(1, round(share * len(members)))
        held_out[members[torch.randperm(len(members), generator=generator)[:count]]] = True
    return (~held_out).nonzero().flatten(), held_out.nonzero().flatten()
