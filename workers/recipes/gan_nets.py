"""The two networks of `/run gan`: one draws, one tells drawings from real pictures.

Sizes and weights at the start are those of DCGAN (Radford et al. 2015, arXiv 1511.06434), for pictures of 28×28 or 8×8
pixels; classes enter through conditional batch norm (Dumoulin et al. 2016, arXiv 1610.07629) and a
projection (Miyato and Koyama 2018, arXiv 1802.05637).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

AT_ONCE = 500
"""Drawings in one batch, where nothing is learnt from them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is needed to build the two networks again."""

    width: int
    latent: int
    side: int
    """Of a picture, in pixels; a multiple of 4."""
    conditions: int
    """Classes that can be asked for; 1 for a generator that cannot be asked."""
    top: int
    """The grey value of white."""


class ConditionalNorm(nn.Module):
    """Batch norm whose scale and shift belong to the class: it says what to draw, and the noise says how.

    Noise and class given to the first layer side by side went wrong: the generator soon ignored the noise and drew one
    picture a class.
    """

    def __init__(self, channels: int, conditions: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Embedding(conditions, channels)
        self.shift = nn.Embedding(conditions, channels)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """``float[N, channels, height, width]`` and ``int64[N]`` to the same shape."""
        return self.norm(x) * self.scale(labels)[:, :, None, None] + self.shift(labels)[:, :, None, None]


class Generator(nn.Module):
    """Noise to a picture: a linear layer makes a small one of many channels, two convolutions double its side."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, conditions = shape.width, shape.conditions
        self.begin = nn.Linear(shape.latent, 4 * width * (shape.side // 4) ** 2, bias=False)
        self.norm1 = ConditionalNorm(4 * width, conditions)
        self.up1 = nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.norm2 = ConditionalNorm(2 * width, conditions)
        self.up2 = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False)
        self.norm3 = ConditionalNorm(width, conditions)
        self.ink = nn.Conv2d(width, 1, 3, padding=1)
        start(self)

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Noise ``float[N, latent]`` and classes ``int64[N]`` to ``float[N, 1, side, side]`` from -1 to 1."""
        x = self.begin(noise).view(len(noise), -1, self.shape.side // 4, self.shape.side // 4)
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.up1(F.relu(self.norm1(x, labels)))
        x = self.up2(F.relu(self.norm2(x, labels)))
        return torch.tanh(self.ink(F.relu(self.norm3(x, labels))))

    @torch.no_grad()
    def draw(self, noise: Tensor, labels: Tensor) -> Tensor:
        """The same as grey values ``uint8[N, side, side]``."""
        pairs = zip(noise.split(AT_ONCE), labels.split(AT_ONCE), strict=True)
        drawn = torch.cat([self(some, asked)[:, 0].float() for some, asked in pairs])
        return ((drawn + 1) * (self.shape.top / 2)).round().to(torch.uint8)


class Discriminator(nn.Module):
    """A picture to one score: above 0 for real. The class enters as a direction in which features count."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, conditions = shape.width, shape.conditions
        features = 4 * width * (shape.side // 4) ** 2
        self.look = nn.Conv2d(1, 2 * width, 4, stride=2, padding=1)
        self.closer = nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4 * width)
        self.real = nn.Linear(features, 1)
        self.fits = nn.Embedding(conditions, features) if conditions > 1 else None
        start(self)
        if self.fits is not None:
            nn.init.normal_(self.fits.weight, 0.0, 0.02)

    def forward(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Pictures ``float[N, 1, side, side]`` and classes ``int64[N]`` to scores ``float32[N]``."""
        x = F.leaky_relu(self.look(pictures), 0.2)
        x = F.leaky_relu(self.norm(self.closer(x)), 0.2).flatten(1)
        score = self.real(x)[:, 0].float()
        return score if self.fits is None else score + (x * self.fits(labels).to(x.dtype)).sum(1).float()


def start(net: nn.Module) -> None:
    """Small normal weights, as in DCGAN, section 4."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.02)


def load_model(model: Mapping[str, Any]) -> Generator:
    """The trained generator of an unpacked ``model.pt``, ready to draw."""
    generator = Generator(Shape(**model["shape"]))
    generator.load_state_dict(model["weights"])
    return generator.eval()
