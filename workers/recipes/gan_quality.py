"""How good drawings are, in figures: Fréchet distance, certainty, as asked, spread over classes, variety."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.recipes.gan_judge import Seen

SURE = 0.9
"""A drawing counts as clear when the judge gives its class more than this."""
COLLAPSED = 0.5
"""Variety of a class below which its drawings are called alike."""


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """The Fréchet distance of two sets of features, each taken for a Gaussian: 0 for the same mean and covariance.

    ``|m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½)``: Heusel et al. 2017, equation 6. They use 2,048 features of an
    Inception network and 50,000 pictures; the figures of other features cannot be held against theirs.

    Args:
        first: ``float[N, D]``; N well above D, or the covariance is guesswork.
        second: ``float[M, D]``.
    """
    first, second = first.double().cpu(), second.double().cpu()
    apart = first.mean(0) - second.mean(0)
    one, two = (torch.cov(features.T).reshape(features.shape[1], -1) for features in (first, second))
    # C₁ C₂ has the eigenvalues of the symmetric C₁^½ C₂ C₁^½, whose roots need no complex numbers.
    values, vectors = torch.linalg.eigh(one)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    together = torch.linalg.eigvalsh(root @ two @ root).clamp_min(0).sqrt().sum()
    return max(0.0, float(apart @ apart + one.trace() + two.trace() - 2 * together))


def entropy(counts: Tensor) -> float:
    """The entropy of a distribution over classes, as a share of the most that is possible: 1 for all alike, 0 for one.

    Args:
        counts: ``[classes]``, not negative; how often each occurs.
    """
    shares = counts.double() / counts.sum()
    return float(torch.special.entr(shares).sum()) / math.log(len(counts))


def variety(features: Tensor, labels: Tensor, real_features: Tensor, real_labels: Tensor, classes: int) -> Tensor:
    """How much the drawings of a class differ from each other, beside real pictures: 1 is as much, 0 all the same.

    The root of the ratio of the traces of the covariances within a class.

    Args:
        features: ``float[N, D]`` of the drawings.
        labels: ``int64[N]``, what was asked for or taken for.
        real_features: ``float[M, D]``.
        real_labels: ``int64[M]``.
        classes: How many there are.

    Returns:
        ``float64[classes]``; NaN for a class of which fewer than two were drawn.
    """

    def spread(values: Tensor, of: Tensor) -> Tensor:
        members = [values[of == label].double() for label in range(classes)]
        return torch.stack([some.var(0).sum() if len(some) > 1 else some.new_tensor(math.nan) for some in members])

    return (spread(features, labels) / spread(real_features, real_labels)).sqrt().cpu()


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of a set of pictures, drawn or real."""

    frechet: float
    sure: float
    """The share that the judge gives more than `SURE` to one class."""
    as_asked: float | None
    """The share taken for the class that was asked for; None for a generator that cannot be asked."""
    entropy: float
    """Over the classes they were taken for."""
    counts: tuple[int, ...]
    """How many were taken for each class."""
    variety: tuple[float, ...]
    """Of each class; see `variety`."""

    @property
    def missing(self) -> list[int]:
        """Classes that were drawn less than a fifth as often as they would be in a fair share."""
        fair = sum(self.counts) / len(self.counts)
        return [label for label, count in enumerate(self.counts) if count < fair / 5]

    @property
    def mean_variety(self) -> float:
        """Over the classes; one that was not drawn counts as 0."""
        return sum(0.0 if math.isnan(value) else value for value in self.variety) / len(self.variety)


def quality(drawn: Seen, asked: Tensor | None, real: Seen, real_labels: Tensor) -> Quality:
    """The figures of drawings beside real pictures that neither the GAN nor the judge has learnt from.

    Args:
        drawn: What the judge saw in the drawings.
        asked: ``int64[N]``, the class that each was asked to be, or None.
        real: What it saw in the real pictures.
        real_labels: ``int64[M]``.
    """
    classes = drawn.probabilities.shape[1]
    certainty, taken_for = drawn.probabilities.max(1)
    counts = torch.bincount(taken_for, minlength=classes)
    spread = variety(drawn.features, taken_for, real.features, real_labels, classes)
    return Quality(
        frechet=frechet_distance(drawn.features, real.features),
        sure=float((certainty > SURE).double().mean()),
        as_asked=None if asked is None else float((taken_for == asked).double().mean()),
        entropy=entropy(counts),
        counts=tuple(counts.tolist()),
        variety=tuple(spread.tolist()),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a result tells: the drawings beside real pictures."""

    drawn: Quality
    real: Quality
    """Of the test pictures themselves."""
    floor: float
    """The Fréchet distance of real training pictures from real test pictures: nobody needs to come closer."""
    floor_count: int
    """Of how many training pictures that is."""
    classes: tuple[str, ...]

    @property
    def judge_accuracy(self) -> float:
        """The share of real test pictures that the judge reads right."""
        return self.real.as_asked or 0.0

    @property
    def alike(self) -> list[str]:
        """Names of the classes whose drawings are less than half as varied as real ones."""
        return [name for name, value in zip(self.classes, self.drawn.variety, strict=True) if value < COLLAPSED]

    @property
    def missing(self) -> list[str]:
        """Names of the classes that are hardly drawn."""
        return [self.classes[label] for label in self.drawn.missing]
