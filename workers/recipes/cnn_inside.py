"""Looking into a trained CNN: its first filters, its feature maps, and what it saw in a picture."""

from collections.abc import Callable

import torch
from torch import Tensor

from workers.recipes.pictures import GREY

Ask = Callable[[Tensor], Tensor]
"""Pictures ``uint8[N, …]`` to class scores ``float[N, classes]``."""
PATCH_SHARE = 4  # the hidden square is a quarter of the picture's height
_STRIDES = 12  # places of the square along a side, about


def strongest_maps(features: Tensor, most: int) -> Tensor:
    """The feature maps of one picture with the highest values, the strongest first.

    Args:
        features: ``float[channels, height, width]``.
        most: How many.

    Returns:
        ``float32[≤ most, height, width]``, each scaled to 0 to 1.
    """
    features = features.float()
    order = features.amax((1, 2)).argsort(descending=True, stable=True)[:most]
    chosen = features[order]
    low, high = chosen.amin((1, 2), keepdim=True), chosen.amax((1, 2), keepdim=True)
    return (chosen - low) / (high - low).clamp_min(1e-6)


def occlusion(ask: Ask, picture: Tensor, classes: tuple[int, ...]) -> Tensor:
    """How much each part of a picture speaks for some classes: it is hidden, and the network asked again.

    Zeiler and Fergus 2014 ("Visualizing and understanding convolutional networks", arXiv 1311.2901, section 4.2)
    slide a square over the picture and watch the probability of the class. Here it is the log-probability, which still
    moves when the network is sure, and a pixel gets the mean over all squares that cover it.

    Args:
        ask: The network.
        picture: ``uint8[height, width]`` or ``uint8[channels, height, width]``.
        classes: Which classes to watch.

    Returns:
        ``float32[len(classes), height, width]`` in nats: above 0 where hiding makes the class less probable, so that
        the place speaks for it.
    """
    height, width = picture.shape[-2:]
    size = max(2, height // PATCH_SHARE)
    stride = max(1, round((height - size) / _STRIDES))
    tops, lefts = ([*range(0, length - size, stride), length - size] for length in (height, width))
    paper = picture.flatten(-2).median(-1).values[..., None, None]  # the paper of a drawing, a common tone of a photo
    hidden = torch.zeros(len(tops) * len(lefts), height, width, dtype=torch.bool, device=picture.device)
    for place, (top, left) in enumerate((top, left) for top in tops for left in lefts):
        hidden[place, top : top + size, left : left + size] = True
    shown = torch.where(hidden if picture.ndim < GREY else hidden[:, None], paper, picture)
    said = ask(torch.cat([picture[None], shown])).float().log_softmax(1)[:, list(classes)]
    drop = said[0] - said[1:]  # [places, classes]
    covered = hidden.float()
    return torch.einsum("pc,phw->chw", drop, covered) / covered.sum(0)
