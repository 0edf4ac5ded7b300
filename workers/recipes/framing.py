"""A picture of one handwritten digit → the frame that a network of digits was trained on. Needs no torch.

MNIST was made so (http://yann.lecun.com/exdb/mnist): the digit is scaled to fit a box of 20 × 20 pixels with its
proportions kept, and placed in 28 × 28 with its centre of mass in the middle. A photo first has to be told apart from
its paper: by Otsu's threshold (Otsu 1979, "A threshold selection method from gray-level histograms").
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lessons.errors import PersonError

_WORK = 256  # pixels of the longer side while looking for the digit
_BOX = 20 / 28  # of the frame, as in MNIST
_SMALL_BOX = 1.0  # scikit-learn's digits fill their 8 × 8 pixels
_FAINT = 24  # grey values between ink and paper below which there is nothing to see


def frame_digit(picture: Image.Image, side: int, *, largest: int = 255) -> NDArray[np.uint8]:
    """Finds the digit and puts it where the network expects it.

    Args:
        picture: RGB; dark ink on light paper or the other way round.
        side: Pixels of the frame's side.
        largest: The value of full ink.

    Returns:
        ``uint8[side, side]``, bright ink on 0.

    Raises:
        PersonError: Nothing is drawn on it.
    """
    ink = _ink(picture)
    threshold = _otsu(ink)
    rows, columns = (np.flatnonzero((ink > threshold).any(axis)) for axis in (1, 0))
    if int(ink.max()) < _FAINT or not len(rows):
        raise PersonError("I see no digit on that picture: draw one, dark on light or light on dark.")
    cut = np.where(ink > threshold * 0.5, ink, 0)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut = cut.astype(np.float64) / cut.max()
    box = side * (_BOX if side > 16 else _SMALL_BOX)
    scale = box / max(cut.shape)
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    small = np.asarray(Image.fromarray((cut * 255).astype(np.uint8)).resize(size, Image.Resampling.BOX), np.float64)
    small *= 255 / max(small.max(), 1)
    return _placed(small, side, largest)


def _ink(picture: Image.Image) -> NDArray[np.int64]:
    """How much each pixel differs from the paper, which is what most of the border shows."""
    grey = picture.convert("L")
    grey.thumbnail((_WORK, _WORK))
    values = np.asarray(grey, np.int64)
    border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    paper = int(np.median(border))
    return np.clip((values - paper) if paper < 128 else (paper - values), 0, 255)


def _otsu(values: NDArray[np.int64]) -> int:
    """The threshold that parts the values into two classes of the greatest variance between them."""
    counts = np.bincount(values.ravel(), minlength=256).astype(np.float64)
    weight = np.cumsum(counts)
    total = np.cumsum(counts * np.arange(256))
    rest = weight[-1] - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        between = weight * rest * (total / weight - (total[-1] - total) / rest) ** 2
    return int(np.nanargmax(np.nan_to_num(between)))


def _placed(small: NDArray[np.float64], side: int, largest: int) -> NDArray[np.uint8]:
    """The digit in its frame, centre of mass in the middle as far as it fits."""
    mass = max(float(small.sum()), 1.0)
    height, width = small.shape
    top = round(side / 2 - 0.5 - float((small.sum(1) * np.arange(height)).sum()) / mass)
    left = round(side / 2 - 0.5 - float((small.sum(0) * np.arange(width)).sum()) / mass)
    top, left = (int(np.clip(at, 0, side - size)) for at, size in ((top, height), (left, width)))
    frame = np.zeros((side, side), np.uint8)
    frame[top : top + height, left : left + width] = np.rint(small * (largest / 255)).astype(np.uint8)
    return frame
