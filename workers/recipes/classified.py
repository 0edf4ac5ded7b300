"""How a classifier did on pictures that it had not seen."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Mistake:
    """One picture that was taken for something else, shaped as in its `Evaluation`, and how sure the model was."""

    picture: Tensor
    true: int
    predicted: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A classifier's answers.

    Attributes:
        probabilities: ``float[N, classes]``, rows sum to 1.
        labels: ``int64[N]``.
        pictures: ``uint8[N, height, width]``, or ``uint8[N, 3, height, width]`` in colour.
        classes: Names, by index.
    """

    probabilities: Tensor
    labels: Tensor
    pictures: Tensor
    classes: tuple[str, ...]

    @property
    def predicted(self) -> Tensor:
        """The most probable class of each picture, ``int64[N]``."""
        return self.probabilities.argmax(1)

    @property
    def count(self) -> int:
        """How many pictures there were."""
        return len(self.labels)

    @property
    def right(self) -> int:
        """How many were told right."""
        return int((self.predicted == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """The share told right."""
        return self.right / self.count

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats."""
        of_the_true = self.probabilities.gather(1, self.labels[:, None]).double()
        return float(-of_the_true.clamp_min(1e-12).log().mean())

    @property
    def confusion(self) -> Tensor:
        """Counts ``int64[classes, classes]``: row is the true class, column the predicted one."""
        size = len(self.classes)
        return torch.bincount(self.labels * size + self.predicted, minlength=size * size).view(size, size)

    def worst_pair(self) -> tuple[int, int, int] | None:
        """(true, predicted, how often) of the most frequent confusion; None when everything was right."""
        wrong = self.confusion.clone().fill_diagonal_(0)
        count = int(wrong.max())
        if count == 0:
            return None
        place = int(wrong.argmax())
        return place // len(self.classes), place % len(self.classes), count

    def surest_mistakes(self, most: int) -> list[Mistake]:
        """The wrong answers that the model was surest of, the surest first."""
        confidence, predicted = self.probabilities.max(1)
        wrong = (predicted != self.labels).nonzero().flatten()
        return self._shown(wrong[confidence[wrong].argsort(descending=True, stable=True)][:most])

    def most_doubtful(self, most: int) -> list[Mistake]:
        """The answers, right or wrong, that the model was least sure of; `true` may be what it predicted."""
        return self._shown(self.probabilities.amax(1).argsort(stable=True)[:most])

    def _shown(self, places: Tensor) -> list[Mistake]:
        confidence, predicted = self.probabilities.max(1)
        return [
            Mistake(self.pictures[i], int(self.labels[i]), int(predicted[i]), float(confidence[i]))
            for i in places.tolist()
        ]
