"""Asking a trained classifier about many pictures, each from one place or from several."""

import torch
from torch import Tensor, nn

from workers.recipes.device import half_precision

MOVES = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Where a picture is looked at, in pixels down and right, the first `views` of them."""
_BATCH = 1000


def scores_of(net: nn.Module, pictures: Tensor, device: str) -> Tensor:
    """Class scores ``float32[N, classes]`` of pictures ``uint8[N, …]``, with dropout off and stored statistics."""
    training = net.training
    net.eval()
    with torch.no_grad(), half_precision(device):
        scores = torch.cat([net(batch).float() for batch in pictures.split(_BATCH)])
    net.train(training)
    return scores


def probabilities_of(net: nn.Module, pictures: Tensor, device: str, views: int, *, mirror: bool) -> Tensor:
    """Class probabilities ``float32[N, classes]``: the mean over `views` places, a pixel apart, and mirror images.

    Simonyan and Zisserman 2015 (arXiv 1409.1556, section 3.2) call it dense and multi-crop evaluation.
    """
    looks = [(pictures, move) for move in MOVES[:views]]
    if mirror and views > 1:
        looks += [(pictures.flip(-1), move) for move in MOVES[:views]]
    asked = (scores_of(net, seen_from(seen, down, right), device).softmax(1) for seen, (down, right) in looks)
    return torch.stack(list(asked)).mean(0)


def seen_from(pictures: Tensor, down: int, right: int) -> Tensor:
    """Pictures moved by a pixel or none, their edge repeated where something is missing."""
    height, width = pictures.shape[-2:]
    rows = (torch.arange(height, device=pictures.device) - down).clamp(0, height - 1)
    columns = (torch.arange(width, device=pictures.device) - right).clamp(0, width - 1)
    return pictures if down == right == 0 else pictures.index_select(-2, rows).index_select(-1, columns)
