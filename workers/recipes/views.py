"""How a picture is looked at: several times when it is judged, at random when it is learnt from."""

from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

SMALL: Final = 32
"""Pixels a side up to which pictures are drawings, which are not mirrored: a mirrored 5 is no digit."""
LEAST_CROP = 0.6  # of a side: training pictures are seen at random from this close to whole
TRAINED_AT = 0.8  # of a side: the size at which random crops are trained on, which saves a third of the time


def looks(pictures: Tensor, views: int) -> list[Tensor]:
    """The looks at pictures whose pooled features are averaged, each with its mirror image.

    The whole picture; the whole, 1.3 times as large; its middle, 0.8 of each side, at that size. `SMALL`
    pictures are taken as they are.

    Args:
        pictures: ``uint8[N, C, side, side]``.
        views: 1 to 3.

    Returns:
        Pictures as ``float`` or ``uint8``.
    """
    side = pictures.shape[-1]
    if side <= SMALL:
        return [pictures]
    large = round(side * 1.3 / 16) * 16
    margin = round(side * 0.1)
    chosen = [pictures]
    if views > 1:
        chosen.append(_resized(pictures, large))
    if views > 2:
        chosen.append(_resized(pictures[..., margin : side - margin, margin : side - margin], large))
    return [look for each in chosen for look in (each, each.flip(3))]


def _resized(pictures: Tensor, side: int) -> Tensor:
    return F.interpolate(pictures.float(), (side, side), mode="bicubic", align_corners=False, antialias=True).clamp(
        0, 255
    )


def augmented(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Random crops, some mirrored, of photos; digits move by up to a pixel.

    Args:
        pictures: ``uint8[B, C, side, side]``.
        generator: What is drawn comes from it.

    Returns:
        ``float[B, C, s, s]`` from 0 to 255, photos a little smaller than they were.
    """
    count, _, side, _ = pictures.shape
    if side <= SMALL:
        corner = torch.randint(0, 3, (2, count, 1), generator=generator).to(pictures.device)
        rows, columns = (corner[axis] + torch.arange(side, device=pictures.device) for axis in (0, 1))
        return F.pad(pictures, (1, 1, 1, 1))[:, 0][
            torch.arange(count, device=pictures.device)[:, None, None], rows[:, :, None], columns[:, None, :]
        ][:, None]
    draw = torch.rand((4, count), generator=generator)
    scale = LEAST_CROP + (1 - LEAST_CROP) * draw[0]
    mirrored = torch.where(draw[1] < 0.5, -1.0, 1.0)
    shift_x, shift_y = ((2 * draw[place] - 1) * (1 - scale) for place in (2, 3))
    zero = torch.zeros(count)
    affine = torch.stack(
        (torch.stack((scale * mirrored, zero, shift_x), 1), torch.stack((zero, scale, shift_y), 1)), 1
    ).to(pictures.device)
    small = round(side * TRAINED_AT / 16) * 16
    grid = F.affine_grid(affine, [count, pictures.shape[1], small, small], align_corners=False)
    return F.grid_sample(pictures.float(), grid, mode="bilinear", padding_mode="reflection", align_corners=False)
