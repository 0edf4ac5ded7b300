"""Naive Bayes as a hint: how much oftener a word stands in the texts of each class (Wang and Manning 2012).

Beside its vector each token can bring the log-count ratios of its word and of the pair that it ends. A small data set
says this much about rare words, and a network that has to find it out by gradient steps overfits first.

The ratios of a training text are counted on the other nine tenths of the training data (cross-fitting), else they
would give its own label away; those of a new text on all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workers.recipes.transformer_data import tokens_of

FOLDS = 10
_START = "^"


@dataclass(frozen=True, slots=True)
class HintedTexts:
    """Where each token's ratios stand.

    Attributes:
        rows: Rows of word and pair ``int32[N, T, 2]``; 0 for one without a count.
        fold: Which table is each text's own, ``int64[N]``.
        tables: ``float32[folds, features, classes]``.
    """

    rows: Tensor
    fold: Tensor
    tables: Tensor

    def batch(self, chosen: Tensor, longest: int) -> Tensor:
        """Ratios ``float32[B, T, 2, classes]`` of the chosen texts, `longest` columns wide."""
        rows = self.rows[chosen, :longest].long()
        return self.tables[self.fold[chosen][:, None, None], rows]

    def to(self, device: str) -> "HintedTexts":
        """The same on a device."""
        return HintedTexts(self.rows.to(device), self.fold.to(device), self.tables.to(device))


@dataclass(frozen=True, slots=True)
class Hints:
    """Log-count ratios of words and pairs of words.

    Attributes:
        features: A word, or two with a blank between; row 0 stands for all others.
        table: ``float32[features, classes]``, each row's mean 0.
        longest: Tokens of a text that are looked at.
    """

    features: tuple[str, ...]
    table: Tensor
    longest: int

    def of(self, texts: Sequence[str]) -> HintedTexts:
        """The ratios of new texts."""
        rows = _rows([tokens_of(text, self.longest) for text in texts], _numbered(self.features))
        return HintedTexts(rows, torch.zeros(len(texts), dtype=torch.int64), self.table[None])


def counted(
    texts: Sequence[str], labels: Tensor, classes: int, *, longest: int, at_least: int = 1
) -> tuple[Hints, HintedTexts]:
    """The hints of a training part, and its own ratios, each text's counted without it.

    Args:
        texts: The training texts.
        labels: Their classes, ``int64[N]``.
        classes: How many classes there are.
        longest: Tokens of a text that are looked at.
        at_least: Texts that a feature must stand in to be kept.
    """
    split = [tokens_of(text, longest) for text in texts]
    seen: dict[str, int] = {}
    for words in split:
        for feature in {*words, *_pairs(words)}:
            seen[feature] = seen.get(feature, 0) + 1
    features = ("", *sorted(feature for feature, count in seen.items() if count >= at_least))
    rows = _rows(split, _numbered(features))
    fold = torch.arange(len(texts)) % FOLDS
    counts = np.zeros((FOLDS, len(features), classes), dtype=np.float32)
    for row, (here, label) in enumerate(zip(rows.tolist(), labels.tolist(), strict=True)):
        counts[row % FOLDS, list({number for pair in here for number in pair}), label] += 1
    everything = counts.sum(0)
    tables = np.stack([_ratios(everything - one) for one in counts])
    return (
        Hints(features, torch.from_numpy(_ratios(everything)), longest),
        HintedTexts(rows, fold, torch.from_numpy(tables)),
    )


def _ratios(
    counts: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]",
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """The log p(feature | class) with add-one smoothing, less its mean over the classes; 0 for what was never seen."""
    counts = counts.copy()
    counts[0] = 0
    smoothed = np.log(counts + 1) - np.log(counts.sum(0) + len(counts))
    centred = smoothed - smoothed.mean(1, keepdims=True)
    return np.where(counts.sum(1, keepdims=True) > 0, centred, 0).astype(np.float32)


def _pairs(words: list[str]) -> list[str]:
    return [f"{first} {second}" for first, second in zip([_START, *words], words, strict=False)]


def _numbered(features: Sequence[str]) -> dict[str, int]:
    return {feature: row for row, feature in enumerate(features) if row}


def _rows(split: list[list[str]], numbers: dict[str, int]) -> Tensor:
    width = max(1, *(len(words) for words in split)) if split else 1
    rows = torch.zeros(len(split), width, 2, dtype=torch.int32)
    for row, words in enumerate(split):
        if words:
            found = [
                [numbers.get(word, 0), numbers.get(pair, 0)] for word, pair in zip(words, _pairs(words), strict=True)
            ]
            rows[row, : len(words)] = torch.tensor(found, dtype=torch.int32)
    return rows
