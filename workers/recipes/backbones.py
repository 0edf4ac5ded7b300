"""Networks that turn a picture into a map of features: pretrained on ImageNet, fresh, or small enough for digits.

The ImageNet weights are torchvision's: their addresses come from its weights API, and the digits at the end of each
file's name are the beginning of its SHA-256, which is what torchvision itself checks.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

import torch
from torch import Tensor, nn

from workers.recipes.fetching import RemoteFile, contents, on_disk, written_once
from workers.recipes.handle import DatasetMissingError
from workers.recipes.sources import DataSources
from workers.recipes.torchvision_shim import import_torchvision

BackboneName: TypeAlias = Literal["squeezenet", "resnet18", "resnet50", "digits"]
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FOLDERS = (".", "weights", "checkpoints", "hub/checkpoints", "torch/hub/checkpoints")
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class _Pretrained:
    """Where a backbone comes from: its title, torchvision's names for it, and the most that its file may weigh."""

    title: str
    builder: str
    weights: str
    most_bytes: int
    also: tuple[RemoteFile, ...] = ()
    """Other files that hold the same network, tried after torchvision's own."""


_IMAGENET: Final[dict[str, _Pretrained]] = {
    "squeezenet": _Pretrained(
        "SqueezeNet 1.0",
        "squeezenet1_0",
        "SqueezeNet1_0_Weights",
        6 * _MIB,
        also=(
            # Deep Compression's network (Han, Mao and Dally 2016) under torchvision's names, in half precision
            RemoteFile(
                "squeezenet1_0_deepcomp_fp16.pt",
                2_514_319,
                "b81f7f68bad4c6d80c802c7dd951a7b9cc7aee4641fdada67542baa8fa0e185c",
                folders=("squeezenet1_0", *_FOLDERS),
            ),
        ),
    ),
    "resnet18": _Pretrained("ResNet-18", "resnet18", "ResNet18_Weights", 50 * _MIB),
    "resnet50": _Pretrained("ResNet-50", "resnet50", "ResNet50_Weights", 110 * _MIB),
}


class Trunk(nn.Module):
    """A backbone without its classifier: pictures ``uint8[N, channels, H, W]`` → features ``float[N, D, h, w]``."""

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        layers: nn.Module,
        features: int,
        mean: tuple[float, ...],
        deviation: tuple[float, ...],
        *,
        positions: int = 0,
    ) -> None:
        super().__init__()
        self.layers = layers
        self.maps = features
        """D, the number of feature maps."""
        self.positions = positions
        """h · w, where the classifier is to know where a feature was; 0 where it is pooled over all places."""
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1) * 255, persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(-1, 1, 1) * 255, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Takes ``uint8`` or ``float`` values from 0 to 255."""
        x = (pictures.float() - self.mean) / self.deviation
        return self.layers(x.contiguous(memory_format=torch.channels_last))


def fresh(name: str) -> Trunk:
    """The network with random weights, drawn from torch's global generator."""
    if name == "digits":
        # scikit-learn's digits have 8×8 pixels with values from 0 to 16
        layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
        )
        return Trunk(layers, 64, (4.9 / 255,), (6.0 / 255,), positions=16)
    return _trunk(getattr(import_torchvision().models, _IMAGENET[name].builder)(weights=None))


def pretrained(name: str, sources: DataSources, say: Callable[[str], None]) -> Trunk:
    """The network with its ImageNet weights: from the cache, the data folder, the mirror, or torchvision's address.

    Raises:
        DatasetMissingError: They are not to be had.
    """
    net: nn.Module = getattr(import_torchvision().models, _IMAGENET[name].builder)(weights=None)
    state: dict[str, Tensor] = torch.load(io.BytesIO(_weights(name, sources, say)), weights_only=True)
    net.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in state.items()})
    return _trunk(net)


def title(name: str) -> str:
    """The backbone in words, e.g. ``ResNet-18``."""
    return _IMAGENET[name].title if name in _IMAGENET else "a small network"


def official(name: str) -> RemoteFile:
    """The weights file that torchvision's API names; its name carries the beginning of its SHA-256."""
    url: str = getattr(import_torchvision().models, _IMAGENET[name].weights).DEFAULT.url
    file = url.rsplit("/", 1)[-1]
    digest = file.removesuffix(".pth").rsplit("-", 1)[-1]
    return RemoteFile(file, _IMAGENET[name].most_bytes, digest, folders=_FOLDERS, urls=(url,), prefix=True)


def _weights(name: str, sources: DataSources, say: Callable[[str], None]) -> bytes:
    """The checked file, from the first place that has one; what was downloaded stays in the cache."""
    entry = _IMAGENET[name]
    files = (official(name), *entry.also)
    what = f"{entry.title}'s ImageNet weights"
    say(f"Loading {what}")
    cache = replace(sources, folder=sources.cache, allow_downloads=False)
    for place in (cache, replace(sources, allow_downloads=False)):
        for file in files:
            if any(True for _ in on_disk(file, place)):
                try:
                    return contents(file, what, place, say, "")
                except DatasetMissingError:
                    continue  # a broken copy: the next place is asked, and the last one says what was tried
    advice = (
        f"The operator of this bot can put {files[0].name} under DATA_DIR/weights; dataset:digits needs no weights."
    )
    first: DatasetMissingError | None = None
    for file in files:
        try:
            data = contents(file, what, sources, say, advice)
        except DatasetMissingError as error:
            first = first or error
            continue
        with written_once(sources.cache / file.name) as path:
            path.write_bytes(data)
        return data
    raise first or AssertionError


def _trunk(net: Any) -> Trunk:  # noqa: ANN401 torchvision has no types
    """A torchvision classifier up to its last feature maps."""
    if hasattr(net, "features"):
        layers, features = net.features, 512
    else:
        layers, features = nn.Sequential(*list(net.children())[:-2]), net.fc.in_features
    return Trunk(layers, features, IMAGENET_MEAN, IMAGENET_DEVIATION)


class Classifier(nn.Module):
    """Trunk, mean and strongest value of each feature map, standardised, and one linear layer.

    A trunk with `positions` is not pooled: on 8×8 pixels it matters where a stroke is.

    Attributes:
        centre: Mean of each of the F features over the training pictures, ``float[F]``.
        spread: Their standard deviation, times √F, so that the features of a picture have norm about 1.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, trunk: Trunk, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        features = trunk.maps * (trunk.positions or 2)
        self.head = nn.Linear(features, classes)
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))

    def pooled(self, pictures: Tensor) -> Tensor:
        """``float[N, F]``: the mean of each feature map, then its maximum; or all values, where positions matter."""
        maps = self.trunk(pictures).float()
        return maps.flatten(1) if self.trunk.positions else torch.cat((maps.mean((2, 3)), maps.amax((2, 3))), 1)

    def judge(self, pooled: Tensor) -> Tensor:
        """Pooled features ``float[N, F]`` to class scores ``float[N, classes]``."""
        return self.head((pooled - self.centre) / self.spread)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures ``uint8[N, channels, H, W]`` to class scores ``float[N, classes]``."""
        return self.judge(self.pooled(pictures))

    def seen(self, pictures: Tensor, label: int) -> Tensor:
        """What each place of the feature maps adds to the score of a class: ``float[N, h, w]``.

        Exact, as the head is linear: the places add up to the score, less its constant part. The mean adds its share
        everywhere, the maximum where it was found (class activation mapping, Zhou et al. 2016, for both poolings).
        """
        maps = self.trunk(pictures).float()
        count, depth, height, width = maps.shape
        weights = self.head.weight[label] / self.spread
        if self.trunk.positions:
            return (maps * weights.view(depth, height, width)).sum(1)
        by_mean, by_max = weights.split(depth)
        shares = torch.einsum("ndhw,d->nhw", maps, by_mean) / (height * width)
        value, place = maps.flatten(2).max(2)
        strongest = torch.zeros(count, height * width, device=maps.device).scatter_add(1, place, value * by_max)
        return shares + strongest.view(count, height, width)
