"""The figures of drawings against cases worked by hand and against SciPy."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from workers.recipes.gan_judge import Seen
from workers.recipes.gan_quality import Figures, entropy, frechet_distance, quality, variety
from workers.recipes.gan_report import summary


def gaussian(count: int, mean: list[float], deviation: list[float], seed: int) -> torch.Tensor:
    """Features of exactly this mean and these deviations, without correlation."""
    random = torch.randn(count, len(mean), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    centred = random - random.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov(centred.T))
    white = centred @ vectors / values.sqrt()
    return white * torch.tensor(deviation) + torch.tensor(mean)


def test_the_frechet_distance_of_two_gaussians_worked_by_hand() -> None:
    first = gaussian(500, [0.0, 0.0, 1.0], [1.0, 2.0, 3.0], seed=1)
    second = gaussian(400, [3.0, 4.0, 1.0], [2.0, 2.0, 1.0], seed=2)
    # |m₁ - m₂|² = 9 + 16; of diagonal covariances the rest is the sum of (σ₁ - σ₂)² = 1 + 0 + 4.
    assert frechet_distance(first, second) == pytest.approx(30.0, rel=1e-9)
    assert frechet_distance(first, first) == pytest.approx(0.0, abs=1e-9)


def test_the_frechet_distance_is_the_one_with_scipys_matrix_root() -> None:
    random = np.random.default_rng(4)
    first = random.normal(size=(300, 8)) @ random.normal(size=(8, 8))
    second = random.normal(size=(250, 8)) @ random.normal(size=(8, 8)) + 0.5
    one, two = np.cov(first.T), np.cov(second.T)
    apart = first.mean(0) - second.mean(0)
    expected = apart @ apart + np.trace(one + two - 2 * np.real(sqrtm(one @ two)))
    assert frechet_distance(torch.from_numpy(first), torch.from_numpy(second)) == pytest.approx(expected, rel=1e-8)


def test_features_that_never_fire_do_no_harm() -> None:
    first, second = torch.rand(100, 5), torch.rand(100, 5)
    first[:, 2:], second[:, 2:] = 0, 0
    assert math.isfinite(frechet_distance(first, second))


def test_the_entropy_is_one_for_all_classes_alike_and_zero_for_one_alone() -> None:
    assert entropy(torch.tensor([7, 7, 7, 7])) == pytest.approx(1.0)
    assert entropy(torch.tensor([0, 9, 0, 0])) == 0.0
    assert entropy(torch.tensor([5, 5, 0, 0])) == pytest.approx(0.5)


def test_variety_is_the_ratio_of_the_spreads_within_a_class() -> None:
    real = torch.randn(200, 3, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(200) % 2
    half = real.clone()
    half[labels == 1] *= 0.5
    assert variety(half, labels, real, labels, 2).tolist() == pytest.approx([1.0, 0.5], rel=1e-6)
    nothing = variety(real[:0], labels[:0], real, labels, 2)
    assert nothing.isnan().all()


def seen(labels: torch.Tensor, certainty: float, spread: float, classes: int = 4) -> Seen:
    probabilities = torch.full((len(labels), classes), (1 - certainty) / (classes - 1))
    probabilities[torch.arange(len(labels)), labels] = certainty
    centres = 10 * torch.eye(classes)
    noise = torch.randn(len(labels), classes, generator=torch.Generator().manual_seed(len(labels)))
    return Seen(centres[labels] + spread * noise, probabilities)


REAL_LABELS = torch.arange(400) % 4
REAL = seen(REAL_LABELS, 0.99, 1.0)


def figures(drawn: Seen, asked: torch.Tensor) -> Figures:
    judged = quality(drawn, asked, REAL, REAL_LABELS)
    return Figures(judged, quality(REAL, REAL_LABELS, REAL, REAL_LABELS), 0.1, 400, tuple("abcd"))


def test_good_drawings_are_said_to_be_good() -> None:
    asked = torch.arange(800) % 4
    told = figures(seen(asked, 0.95, 0.9), asked)
    assert told.drawn.sure == 1.0
    assert told.drawn.as_asked == 1.0
    assert told.drawn.counts == (200, 200, 200, 200)
    assert (told.missing, told.alike) == ([], [])
    assert "No mode collapse: all 4 classes" in summary(told)


def test_a_class_that_is_not_drawn_any_more_is_said() -> None:
    asked = torch.arange(800) % 4
    drawn = torch.where(asked == 3, 0, asked)
    told = figures(seen(drawn, 0.95, 0.9), asked)
    assert told.missing == ["d"]
    assert told.drawn.as_asked == pytest.approx(0.75)
    assert told.drawn.entropy < 0.8
    assert "**Mode collapse:** it hardly ever draws d." in summary(told)


def test_drawings_that_are_sure_and_as_asked_but_all_alike_are_said_to_be_collapsed() -> None:
    asked = torch.arange(800) % 4
    told = figures(seen(asked, 0.99, 0.2), asked)
    assert (told.drawn.sure, told.drawn.as_asked, told.drawn.entropy) == pytest.approx((1, 1, 1))
    assert told.alike == ["a", "b", "c", "d"]
    assert "**Mode collapse:** its drawings of a, b, c and d look much alike" in summary(told)


def test_unclear_drawings_are_not_counted() -> None:
    asked = torch.arange(800) % 4
    told = figures(seen(asked, 0.9 - 1e-3, 1.0), asked)
    assert told.drawn.sure == 0.0
    assert "more epochs" in summary(told)
