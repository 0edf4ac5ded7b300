"""What can be found out about pictures without training on them: what is there twice, and what is odd."""

from dataclasses import dataclass

import torch
from torch import Tensor

SIDE = 16
"""Pixels a side to which larger pictures are averaged before they are compared."""
_BLOCK = 1000
_NEIGHBOURS = 5
PAIRS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that are alike: their indices, and their correlation; 1 for the same pixels."""

    first: int
    second: int
    correlation: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to know.

    Attributes:
        exact: Pictures whose very pixels are there before them.
        pairs: Near-duplicates that are not exact ones, the most alike first.
        groups: ``int64[N]``: the index of the first of the pictures that each is alike to, itself if there is none.
        contradictions: Pictures of one group that have different labels.
        outliers: Indices of the pictures farthest from the others of their class, the oddest first.
        counts: Pictures of each class.
    """

    exact: int
    pairs: tuple[Pair, ...]
    groups: Tensor
    contradictions: int
    outliers: tuple[int, ...]
    counts: tuple[int, ...]


def inspect(pictures: Tensor, labels: Tensor, classes: int, alike: float) -> Findings:
    """Looks at all pictures.

    Args:
        pictures: ``uint8[N, channels, height, width]``.
        labels: ``int64[N]``.
        classes: How many there are.
        alike: The correlation from which two pictures count as near-duplicates.
    """
    groups = torch.arange(len(labels))
    first: dict[bytes, int] = {}
    for place, picture in enumerate(pictures.flatten(1).numpy()):
        groups[place] = first.setdefault(picture.tobytes(), place)
    exact = int((groups != torch.arange(len(labels))).sum())
    features = _comparable(pictures)
    pairs: list[Pair] = []
    for start in range(0, len(features), _BLOCK):
        block = features[start : start + _BLOCK]
        likeness = block @ features[: start + len(block)].T
        rows, columns = (likeness >= alike).nonzero(as_tuple=True)
        for row, column in zip((rows + start).tolist(), columns.tolist(), strict=True):
            if column < row and groups[row] != groups[column]:
                pairs.append(Pair(column, row, float(likeness[row - start, column])))
        if len(pairs) > 50 * PAIRS_MAX:
            break  # everything is like everything: the first tens of thousands of pairs say so
    roots = _joined(groups, pairs)
    pairs.sort(key=lambda pair: -pair.correlation)
    different = sum(
        int(len(set(labels[roots == root].tolist())) > 1) for root in roots[roots != torch.arange(len(roots))].unique()
    )
    return Findings(
        exact=exact,
        pairs=tuple(pairs[:PAIRS_MAX]),
        groups=roots,
        contradictions=different,
        outliers=_outliers(features, labels, classes),
        counts=tuple(torch.bincount(labels, minlength=classes).tolist()),
    )


def _comparable(pictures: Tensor) -> Tensor:
    """Rows whose products are correlations of pixels: small, grey, mean 0, length 1."""
    grey = pictures.float().mean(1, keepdim=True)
    if max(grey.shape[-2:]) > 2 * SIDE:
        grey = torch.nn.functional.adaptive_avg_pool2d(grey, SIDE)
    rows = grey.flatten(1)
    rows = rows - rows.mean(1, keepdim=True)
    return torch.nn.functional.normalize(rows)


def _joined(groups: Tensor, pairs: list[Pair]) -> Tensor:
    """The groups after everything that is alike has been put together (union and find)."""
    parent = groups.tolist()

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for pair in pairs:
        a, b = sorted((root(pair.first), root(pair.second)))
        parent[b] = a
    return torch.tensor([root(place) for place in range(len(parent))])


def _outliers(features: Tensor, labels: Tensor, classes: int, most: int = 8) -> tuple[int, ...]:
    """The pictures whose nearest neighbours of the same class are farthest (Ramaswamy et al. 2000, section 2)."""
    distance = torch.zeros(len(labels))
    for label in range(classes):
        members = (labels == label).nonzero().flatten()
        if len(members) <= _NEIGHBOURS:
            continue
        own = features[members]
        for start in range(0, len(own), _BLOCK):
            likeness = own[start : start + _BLOCK] @ own.T
            nearest = likeness.topk(_NEIGHBOURS + 1).values[:, -1]  # the first is the picture itself
            distance[members[start : start + _BLOCK]] = 1 - nearest
    return tuple(distance.argsort(descending=True, stable=True)[:most].tolist())
