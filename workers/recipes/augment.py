"""Training pictures changed at random, in whole batches: moved, mirrored, bent, partly hidden.

Every change is drawn from the run's seed and the step alone, so that a run that goes on from a checkpoint sees the same
pictures as one that was never interrupted, on any device.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor

from workers.recipes.pictures import GREY

TURN, STRETCH, BEND = math.radians(12), 0.12, 1.2
"""At warp 1: the most that a picture is turned, scaled or slanted, and the deviation of its bending in pixels."""
KNOTS = 5
"""Rows and columns of random displacements from which a bending is interpolated."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What may happen to a training picture."""

    shift: int = 0
    """It moves by up to this many pixels, sideways and up or down."""
    warp: float = 0.0
    """It is turned, scaled, slanted and bent: 1 by up to 12 degrees and 12 %, bent by about a pixel."""
    mirror: bool = False
    """It is mirrored in every second epoch."""
    erase: int = 0
    """A square of this many pixels is hidden (DeVries and Taylor 2017, "Cutout", arXiv 1708.04552)."""

    def __bool__(self) -> bool:
        """Whether anything happens at all."""
        return bool(self.shift or self.warp or self.mirror or self.erase)


class Augmenter:
    """The training pictures on their device, given out in changed batches.

    Args:
        pictures: ``uint8[N, height, width]`` or ``uint8[N, channels, height, width]``.
        how: What may happen to them.
        seed: Of the run.
        hidden: The grey value of what is erased.
    """

    def __init__(self, pictures: Tensor, how: Augmentation, seed: int, hidden: float) -> None:
        self.how, self._seed, self._hidden = how, seed, round(hidden)
        self._colour = pictures.ndim > GREY
        # Channels come last here, so that a pixel is copied at once and the batch fits a channels_last network.
        canvas = pictures.permute(0, 2, 3, 1) if self._colour else pictures
        if how.shift and not how.warp:
            canvas = _bordered(canvas, how.shift) if self._colour else F.pad(canvas, (how.shift,) * 4)
        self._canvas = canvas.contiguous()
        coins = torch.Generator().manual_seed(mixed(seed, 0, 5))
        self._coin = torch.randint(0, 2, (len(pictures),), generator=coins).bool().to(pictures.device)

    def batch(self, chosen: Tensor, step: int, epoch: int) -> Tensor:
        """The chosen pictures, changed anew: shaped like the pictures, uint8, or float where they are warped.

        Args:
            chosen: Indices, ``int64[B]``.
            step: Optimiser steps done.
            epoch: Epochs begun, from 0.
        """
        how = self.how
        if how.shift and not how.warp:
            pictures = moved(self._canvas, chosen, how.shift, self._seed, step)
        else:
            pictures = self._canvas[chosen]
        if self._colour:
            pictures = pictures.permute(0, 3, 1, 2)
        if how.mirror:
            # Each picture is seen as often one way as the other (Jordan 2024, arXiv 2404.00498, section 3.6).
            turned = (self._coin[chosen] ^ bool(epoch % 2)).view(-1, *(1,) * (pictures.ndim - 1))
            pictures = torch.where(turned, pictures.flip(-1), pictures)
        if how.warp:
            pictures = warped(pictures, how.warp, how.shift, self._seed, step)
        if how.erase:
            pictures = erased(pictures, how.erase, self._hidden, self._seed, step)
        return pictures


def epoch_order(seed: int, epoch: int, count: int) -> Tensor:
    """The order of an epoch's pictures: ``int64[count]``, from seed and epoch alone, so that a run can go on in it."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(mixed(seed, epoch, 1)))


def moved(canvas: Tensor, chosen: Tensor, shift: int, seed: int, step: int) -> Tensor:
    """Cuts each chosen picture out of its padded canvas at a random place, from seed and step alone.

    Args:
        canvas: ``uint8[N, height + 2 shift, width + 2 shift]``, or the same with channels as a last dimension.
        chosen: Indices of the pictures, ``int64[B]``.
        shift: Pixels of padding on each side.
        seed: Of the run.
        step: Of the run.

    Returns:
        ``uint8[B, height, width]``, with channels last where the canvas has them.
    """
    generator = torch.Generator().manual_seed(mixed(seed, step, 2))
    corner = torch.randint(0, 2 * shift + 1, (2, len(chosen), 1), generator=generator).to(canvas.device)
    rows = corner[0] + torch.arange(canvas.shape[1] - 2 * shift, device=canvas.device)
    columns = corner[1] + torch.arange(canvas.shape[2] - 2 * shift, device=canvas.device)
    return canvas[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]


def warped(pictures: Tensor, strength: float, shift: int, seed: int, step: int) -> Tensor:
    """Each picture turned, scaled, slanted, moved and bent on its own, in one interpolation.

    The bending is the elastic distortion of Simard, Steinkraus and Platt 2003 ("Best practices for convolutional neural
    networks applied to visual document analysis", section 2), its smooth field interpolated from a few random knots.

    Args:
        pictures: ``[B, height, width]`` or ``[B, channels, height, width]``.
        strength: 0 for none; see `Augmentation.warp`.
        shift: The most that a picture moves, in pixels.
        seed: Of the run.
        step: Of the run.

    Returns:
        ``float32`` of the same shape; outside of the picture is its edge.
    """
    grey = pictures.ndim == GREY
    images = (pictures.unsqueeze(1) if grey else pictures).float()
    count, _, height, width = images.shape
    generator = torch.Generator().manual_seed(mixed(seed, step, 4))
    turn, grow, slant, across, down = 2 * torch.rand(5, count, generator=generator) - 1
    knots = torch.randn(count, 2, KNOTS, KNOTS, generator=generator)

    turn, scale, slant = turn * TURN * strength, 1 + grow * STRETCH * strength, slant * STRETCH * strength
    half = torch.tensor([width / 2, height / 2])  # grid coordinates run from -1 to 1
    rows = (
        torch.stack([scale * turn.cos(), scale * (slant - turn.sin()), across * shift / half[0]], 1),
        torch.stack([scale * turn.sin(), scale * turn.cos(), down * shift / half[1]], 1),
    )
    grid = F.affine_grid(torch.stack(rows, 1).to(images.device), [count, 1, height, width], align_corners=False)
    bend = F.interpolate(knots.to(images.device) * BEND * strength, (height, width), mode="bicubic", align_corners=True)
    grid = grid + bend.permute(0, 2, 3, 1) / half.to(images.device)
    result = F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return result.squeeze(1) if grey else result


def erased(pictures: Tensor, size: int, value: float, seed: int, step: int) -> Tensor:
    """Each picture with a square of `size` pixels set to `value`; its centre is anywhere in the picture.

    Args:
        pictures: ``[B, height, width]`` or ``[B, channels, height, width]``.
        size: Pixels of the square's side.
        value: What is put there.
        seed: Of the run.
        step: Of the run.
    """
    height, width = pictures.shape[-2:]
    generator = torch.Generator().manual_seed(mixed(seed, step, 6))
    centre = torch.rand(2, len(pictures), 1, generator=generator).to(pictures.device)
    rows = torch.arange(height, device=pictures.device) - (centre[0] * height).floor() + size // 2
    columns = torch.arange(width, device=pictures.device) - (centre[1] * width).floor() + size // 2
    hidden = ((rows >= 0) & (rows < size))[:, :, None] & ((columns >= 0) & (columns < size))[:, None, :]
    return pictures.masked_fill(hidden if pictures.ndim == GREY else hidden.unsqueeze(1), value)


def mixed(seed: int, number: int, purpose: int) -> int:
    """A seed of its own for each use, so that neighbouring seeds and steps share no stream."""
    return (seed * 1_000_003 + number) * 7 + purpose & 0x7FFF_FFFF_FFFF_FFFF


def _bordered(canvas: Tensor, border: int) -> Tensor:
    """Pictures with channels last, continued by their mirror image: a black frame would give the shift away."""
    for dimension in (1, 2):
        size = canvas.shape[dimension]
        index = torch.arange(-border, size + border, device=canvas.device).abs()
        canvas = canvas.index_select(dimension, torch.where(index < size, index, 2 * size - 2 - index))
    return canvas
