"""Logistic regression on frozen features, its strength of regularisation chosen by cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from workers.recipes.pictures import stratified

DECAYS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5)
"""From strong to weak: weights in front of ½·‖W‖², beside the mean cross-entropy."""
UNKNOWN = 1e-3
"""Where there are too few pictures to choose."""
_FOLDS = 5
_MANY = 1000  # rows above which one fold of a fifth says enough
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Probe:
    """A fitted linear classifier: ``weight float[classes, D]``, ``bias float[classes]``."""

    weight: Tensor
    bias: Tensor
    decay: float
    """The regularisation that was used."""
    losses: tuple[tuple[float, float], ...] = ()
    """(decay, held-out cross-entropy) as cross-validation found them."""

    def scores(self, features: Tensor) -> Tensor:
        """``float[N, classes]``."""
        return F.linear(features, self.weight, self.bias)


def fit(features: Tensor, labels: Tensor, classes: int, decay: float, start: Probe | None = None) -> Probe:
    """Minimises mean cross-entropy + decay/2·‖W‖² by L-BFGS: convex, so that there is one answer and no learning rate.

    Args:
        features: ``float[N, D]``, standardised.
        labels: ``int64[N]``.
        classes: How many.
        decay: Strength of the regularisation.
        start: Where to begin; from zero by default.
    """
    if start is None:
        weight, bias = features.new_zeros(classes, features.shape[1]), features.new_zeros(classes)
    else:
        weight, bias = start.weight.clone(), start.bias.clone()
    weight.requires_grad_()
    bias.requires_grad_()
    optimiser = torch.optim.LBFGS(
        (weight, bias), max_iter=_STEPS, tolerance_grad=1e-5, history_size=10, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        optimiser.zero_grad()
        loss = F.cross_entropy(F.linear(features, weight, bias), labels) + decay / 2 * weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(objective)  # pyright: ignore[reportArgumentType] its stub wants floats
    return Probe(weight.detach(), bias.detach(), decay)


def choose_and_fit(features: Tensor, labels: Tensor, classes: int, decays: Sequence[float] = DECAYS) -> Probe:
    """The fit on all rows with the decay whose held-out cross-entropy is lowest in stratified cross-validation.

    With one row of a class there is nothing to hold out, and `UNKNOWN` is used.
    """
    smallest = int(torch.bincount(labels, minlength=classes).min())
    if smallest < 2:
        return fit(features, labels, classes, UNKNOWN)
    sums = torch.zeros(len(decays))
    rows = 0
    for train, held_out in _folds(labels, min(_FOLDS, smallest)):
        probe: Probe | None = None
        for place, decay in enumerate(decays):  # from strong to weak: each start is near its answer
            probe = fit(features[train], labels[train], classes, decay, probe)
            sums[place] += float(F.cross_entropy(probe.scores(features[held_out]), labels[held_out], reduction="sum"))
        rows += len(held_out)
    losses = tuple((decay, float(total) / rows) for decay, total in zip(decays, sums, strict=True))
    best = fit(features, labels, classes, decays[int(sums.argmin())])
    return Probe(best.weight, best.bias, best.decay, losses)


def _folds(labels: Tensor, count: int) -> list[tuple[Tensor, Tensor]]:
    """(training rows, held-out rows) for each fold; the classes keep their shares."""
    if len(labels) > _MANY:
        return [stratified(labels.cpu(), 1 / count)]
    generator = torch.Generator().manual_seed(0)
    fold = torch.empty(len(labels), dtype=torch.int64)
    for label in labels.cpu().unique():
        members = (labels.cpu() == label).nonzero().flatten()
        fold[members[torch.randperm(len(members), generator=generator)]] = torch.arange(len(members)) % count
    return [((fold != number).nonzero().flatten(), (fold == number).nonzero().flatten()) for number in range(count)]
