"""What a finished training run tells about itself, as far as questions can be made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the trained network that has a size: in the order in which pictures go through."""

    kind: Literal["convolution", "pooling", "normalisation", "linear"]
    inputs: int = 0
    """Channels, or features of a linear layer. Pooling has as many as come to it: 0."""
    outputs: int = 0
    kernel: int = 1
    """Side of the square window; likewise below."""
    stride: int = 1
    padding: int = 0
    bias: bool = False


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A picture classifier's run: its network, its data, its training and its test."""

    project: str
    dataset: str
    """Its title, e.g. ``MNIST``."""
    size: tuple[int, int]
    """Height and breadth of a picture in pixels."""
    channels: int
    layers: tuple[Layer, ...]
    training: int
    """Examples to train on; likewise the next two."""
    validation: int
    test: int
    batch_size: int
    epochs: int
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Counts of test examples: row is the true class, column the predicted one."""
    views: int = 1
    """From how many places each test picture was looked at; validation pictures only from one."""
    curves: Mapping[str, Sequence[tuple[float, float]]] = field(
        default_factory=dict[str, Sequence[tuple[float, float]]]
    )
    """(epoch, value) series by name, which a run keeps apart from its other facts."""

    def curve(self, name: str) -> tuple[float, ...]:
        """The values of a series, none if the run has none of that name."""
        return tuple(value for _, value in self.curves.get(name, ()))

    @property
    def marks(self) -> tuple[float, ...]:
        """The epochs at which validation was measured."""
        return tuple(epoch for epoch, _ in self.curves.get("validation_loss", ()))

    @property
    def convolutional(self) -> tuple[Layer, ...]:
        """The layers with a window."""
        return tuple(layer for layer in self.layers if layer.kind in {"convolution", "pooling"})

    @property
    def right(self) -> int:
        """Test examples that were told right."""
        return sum(row[place] for place, row in enumerate(self.confusion))
