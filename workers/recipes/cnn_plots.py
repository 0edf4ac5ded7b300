"""The pictures that show what a CNN learnt and where it looked, in the look of all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from workers.recipes.look import BACKGROUND, FONT, ORANGE, QUIET, SKY, TEXT, WIDTH, new_figure, place_axes, png
from workers.recipes.pictures import GREY

Pixels = NDArray[np.float64]
"""``float[height, width, 3]``, 0 to 1."""
MARGIN, FULL = 0.3, WIDTH - 0.6
ACROSS = 8
"""Filters and feature maps in a row."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One picture and where the network looked for two classes.

    Attributes:
        picture: ``uint8[height, width]`` or ``uint8[3, height, width]``.
        said: What the network said, in words, e.g. ``9, 97 %``.
        was: What it was.
        for_said: ``float[height, width]``: above 0 where the picture speaks for what the network said.
        for_was: The same for what it was.
    """

    picture: Tensor
    said: str
    was: str
    for_said: Tensor
    for_was: Tensor


def inside(picture: Tensor, about: str, filters: Tensor, stages: Sequence[tuple[str, Tensor]]) -> bytes:
    """One picture, the first filters, and its strongest feature maps after each stage, as PNG.

    Args:
        picture: ``uint8[height, width]`` or ``uint8[3, height, width]``.
        about: What it is, in words.
        filters: ``float[N, channels, k, k]``.
        stages: A title and maps ``float[≤ 8, height, width]`` from 0 to 1 each.
    """
    wants = "bright wants light, dark wants dark" if filters.shape[1] == 1 else "the light and colours they want"
    grids = [(f"First filters: {wants}", tiles(_filters(filters), ACROSS))]
    grids += [(title, tiles([_coloured(one.numpy()) for one in maps], ACROSS)) for title, maps in stages]
    heights = [FULL * grid.shape[0] / grid.shape[1] for _, grid in grids]
    figure = new_figure(2.35 + sum(heights) + 0.68 * len(grids) + 0.15)
    _show(figure, MARGIN, 0.3, 1.9, 1.9, pixels(picture))
    _say(figure, 2.5, 0.75, "Inside the network", FONT + 5)
    _say(figure, 2.5, 1.3, about, FONT, QUIET)
    top = 2.35
    for (title, grid), height in zip(grids, heights, strict=True):
        _say(figure, MARGIN, top + 0.36, title)
        _show(figure, MARGIN, top + 0.6, FULL, height, grid)
        top += height + 0.68
    return png(figure)


def looked(pictures: Sequence[Looked], title: str) -> bytes:
    """Where the network looked, one picture a row, as PNG.

    Args:
        pictures: At most four.
        title: What they have in common.
    """
    side, gap, head, top = 2.06, 0.21, 0.46, 1.62
    figure = new_figure(top + (side + head) * len(pictures) + 0.2)
    _say(figure, MARGIN, 0.42, title, FONT + 3)
    for at, colour, text in ((0.85, ORANGE, "speaks for it"), (0.85, SKY, "speaks against it")):
        left = MARGIN if colour == ORANGE else 2.6
        _say(figure, left, at, "■", FONT + 4, colour)
        _say(figure, left + 0.3, at, text, FONT, QUIET)
    _say(figure, MARGIN, 1.22, "Each part was hidden in turn; each map has its own scale.", FONT - 1, QUIET)
    for row, one in enumerate(pictures):
        y = top + (side + head) * row
        grey = pixels(one.picture).mean(2, keepdims=True)
        said, was = (part.numpy() / max(float(part.abs().max()), 1e-6) for part in (one.for_said, one.for_was))
        columns = (
            ("the picture", pixels(one.picture)),
            (f"for {one.said}", _heat(grey, said)),
            (f"for {one.was}", _heat(grey, was)),
        )
        for column, (text, image) in enumerate(columns):
            left = MARGIN + (side + gap) * column
            _say(figure, left, y + 0.14, text, FONT - 1, QUIET if column == 0 else TEXT)
            _show(figure, left, y + 0.32, side, side, image)
    return png(figure)


def changed(rows: Sequence[Sequence[Tensor]], title: str) -> bytes:
    """Training pictures as they are, and beside each what the network saw in a few steps, as PNG.

    Args:
        rows: A picture as it is, then its changed versions; each row equally many.
        title: What was done to them.
    """
    grid = tiles([pixels(one) for row in rows for one in row], len(rows[0]))
    height = FULL * grid.shape[0] / grid.shape[1]
    figure = new_figure(1.32 + height + 0.25)
    _say(figure, MARGIN, 0.4, title, FONT + 2)
    _say(figure, MARGIN, 0.95, "as it is", FONT - 1, QUIET)
    _say(figure, MARGIN + FULL / len(rows[0]), 0.95, "as the network sees it, each time anew", FONT - 1, QUIET)
    _show(figure, MARGIN, 1.2, FULL, height, grid)
    return png(figure)


def pixels(picture: Tensor) -> Pixels:
    """A picture ``[height, width]`` or ``[3, height, width]`` as it is drawn; grey values reach from black to white."""
    values = picture.float().numpy().astype(np.float64)
    if picture.ndim == GREY:
        return np.clip(values.transpose(1, 2, 0) / 255, 0, 1)
    return np.repeat((values / max(values.max(), 1.0))[:, :, None], 3, axis=2)


def tiles(images: Sequence[Pixels], across: int) -> Pixels:
    """Pictures of one size in rows, enlarged to about equal sizes, with gaps in the card's colour."""
    factor = max(1, 100 // images[0].shape[0])
    large = [image.repeat(factor, 0).repeat(factor, 1) for image in images]
    height, width = large[0].shape[:2]
    gap = max(1, width // 14)
    rows = -(-len(large) // across)
    ground = np.array([int(BACKGROUND[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    canvas = np.tile(ground, (rows * (height + gap) - gap, across * (width + gap) - gap, 1))
    for place, image in enumerate(large):
        top, left = (place // across) * (height + gap), (place % across) * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def _filters(filters: Tensor) -> list[Pixels]:
    """Each filter around mid-grey, scaled by its own strongest weight."""
    weights = filters.float().numpy().astype(np.float64)
    scaled = 0.5 + 0.5 * weights / np.maximum(np.abs(weights).max((1, 2, 3), keepdims=True), 1e-9)
    shown = scaled.transpose(0, 2, 3, 1)
    return list(shown if shown.shape[3] > 1 else shown.repeat(3, 3))


def _coloured(values: NDArray[np.float32]) -> Pixels:
    return np.asarray(mpl.colormaps["magma"](values), np.float64)[..., :3]


def _heat(grey: Pixels, strength: NDArray[Any]) -> Pixels:
    """The picture, dimmed, with places from -1 to 1 coloured by how much they speak against or for."""
    colours = [np.array([int(name[at : at + 2], 16) / 255 for at in (1, 3, 5)]) for name in (SKY, ORANGE)]
    amount = np.clip(np.abs(strength), 0, 1)[..., None] ** 0.7
    tint = np.where(strength[..., None] < 0, colours[0], colours[1])
    return (0.12 + 0.5 * grey) * (1 - 0.75 * amount) + tint * 0.75 * amount


def _show(figure: Figure, left: float, top: float, width: float, height: float, image: Pixels) -> None:
    axes = place_axes(figure, left, top, width, height)
    axes.imshow(image, interpolation="nearest", aspect="auto")
    axes.set_axis_off()


def _say(figure: Figure, left: float, top: float, text: str, size: float = FONT + 1, colour: str = TEXT) -> None:
    figure.text(left / WIDTH, 1 - top / figure.get_figheight(), text, color=colour, fontsize=size, va="center")
