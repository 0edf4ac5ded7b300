"""A picture of one handwritten digit → the frame that a network of digits was trained on. Needs no torch.

MNIST was made so (http://yann.lecun.com/exdb/mnist): the digit is scaled to fit a box of 20 × 20 pixels with its
proportions kept, and placed in 28 × 28 with its centre of mass in the middle. A photo first has to be told apart from
its paper: the light on the paper is fitted and taken away, Otsu's threshold (Otsu 1979, "A threshold selection method
from gray-level histograms") parts ink from paper, and specks, lines and table edges are left out. A thin pen's line,
which would all but vanish on 20 pixels, is drawn broader.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage as _ndimage

from lessons.errors import PersonError

ndimage: Any = _ndimage  # its types leave out what its functions return
_WORK = 320  # pixels of the longer side while looking for the digit
_BOX = 20 / 28  # of the frame, as in MNIST
_SMALL_BOX = 1.0  # scikit-learn's digits fill their 8 × 8 pixels
_FAINT = 16  # grey values between ink and paper below which there is nothing to see
_NOISE = 5  # deviations of the paper's own grain below which it is no ink
_KNOTS = 48  # rows and columns of the coarse picture on which the paper's light is fitted
_SPECK = 0.04  # of the largest mark's ink: less is a speck
_NEAR = 0.25  # of the digit's size: a mark within it belongs to the digit, as the bar of a 5 does
_PIECE = 0.35  # of the largest mark's ink: less, and near, is a piece of it, wherever it stands
_STROKE = 0.13  # of the digit's size: MNIST's pen, at least


@dataclass(frozen=True, slots=True)
class FoundDigit:
    """Where a digit is on a picture.

    Attributes:
        ink: ``float[height, width]``, 0 for paper to 1 for full ink, cut to the digit.
        box: Left, top, right, bottom in the picture's own pixels.
        others: Marks of about its size that were left out.
    """

    ink: NDArray[np.float64]
    box: tuple[int, int, int, int]
    others: int


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
    return framed(find_digit(picture), side, largest=largest)


def find_digit(picture: Image.Image) -> FoundDigit:
    """Finds the largest mark that can be a digit, and what belongs to it.

    Raises:
        PersonError: Nothing is drawn on it.
    """
    grey = picture.convert("L")
    grey.thumbnail((_WORK, _WORK))
    ink = _ink(np.asarray(grey, np.float64))
    threshold = _otsu(np.clip(np.rint(ink), 0, 255).astype(np.int64))
    marks = ink > threshold
    grain = float(np.median(np.abs(ink[~marks]))) / 0.6745 if not marks.all() else 0.0
    if float(ink.max()) < max(_FAINT, _NOISE * grain) or not marks.any():
        raise PersonError("I see no digit on that picture: draw one, dark on light or light on dark.")
    chosen, others = _digit_of(marks, ink)
    rows, columns = (np.flatnonzero(chosen.any(axis)) for axis in (1, 0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    around = ndimage.binary_dilation(chosen, iterations=2)  # a stroke's soft edge belongs to it
    cut = np.where(around & (ink > threshold * 0.5), ink, 0.0)[top:bottom, left:right]
    cut = np.clip(cut / max(float(np.percentile(ink[chosen], 75)), 1.0), 0, 1)
    scale = picture.width / grey.width, picture.height / grey.height
    box = (round(left * scale[0]), round(top * scale[1]), round(right * scale[0]), round(bottom * scale[1]))
    return FoundDigit(cut, box, others)


def framed(found: FoundDigit, side: int, *, largest: int = 255) -> NDArray[np.uint8]:
    """The digit in its frame ``uint8[side, side]``, scaled, broadened where its line is thin, and centred."""
    ink = _broadened(found.ink)
    box = side * (_BOX if side > 16 else _SMALL_BOX)
    scale = box / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    small = np.asarray(Image.fromarray((ink * 255).astype(np.uint8)).resize(size, Image.Resampling.BOX), np.float64)
    return _placed(small * (255 / max(small.max(), 1)), side, largest)


def _ink(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each pixel differs from the paper under it, towards the ink: the rarer of the two greys.

    The paper's light is a surface of second order, fitted again three times without what differs most from it.
    """
    height, width = grey.shape
    step = max(1, max(height, width) // _KNOTS)
    coarse = grey[::step, ::step]
    terms, full = (_terms(np.linspace(-1, 1, h), np.linspace(-1, 1, w)) for h, w in (coarse.shape, grey.shape))
    values, paper = coarse.ravel(), np.full(coarse.size, float(np.median(grey)))
    kept = np.ones(coarse.size, bool)
    weights = np.zeros(terms.shape[1])
    weights[0] = paper[0]
    for _ in range(4):
        away = np.abs(values - paper)
        kept = away <= max(3 * float(np.median(away[kept])), 4.0)
        if kept.sum() < 4 * terms.shape[1]:
            break  # too little paper to say how the light falls
        weights = np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0]
        paper = terms @ weights
    away = (full @ weights).reshape(grey.shape) - grey
    darker, lighter = float((away[away > _FAINT]).sum()), float(-(away[away < -_FAINT]).sum())
    return np.clip(away if darker >= lighter else -away, 0, 255)


def _terms(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    y, x = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 1)


def _digit_of(marks: NDArray[np.bool_], ink: NDArray[np.float64]) -> tuple[NDArray[np.bool_], int]:
    """The pixels of the digit, and how many marks of about its size there are beside it."""
    height, width = marks.shape
    gap = max(1, max(height, width) // 80)
    joined = ndimage.binary_closing(np.pad(marks, gap), iterations=gap)[gap:-gap, gap:-gap] | marks
    labels, count = ndimage.label(joined, np.ones((3, 3)))
    places = ndimage.find_objects(labels)
    weights = np.asarray(ndimage.sum_labels(ink, labels, np.arange(1, count + 1)))
    possible = [
        not _runs_along_the_edge(rows, columns, labels[rows, columns] == number, height, width)
        for number, (rows, columns) in enumerate(places, 1)
    ]
    ranked = np.where(possible, weights, 0.0) if any(possible) else weights
    first = int(ranked.argmax())
    rows, columns = places[first]
    reach = _NEAR * max(rows.stop - rows.start, columns.stop - columns.start)
    belongs, others = [first + 1], 0
    for number, (its_rows, its_columns) in enumerate(places, 1):
        if number == first + 1 or ranked[number - 1] < _SPECK * ranked[first]:
            continue
        apart = max(
            its_rows.start - rows.stop,
            rows.start - its_rows.stop,
            its_columns.start - columns.stop,
            columns.start - its_columns.stop,
        )
        overlaps = min(its_columns.stop, columns.stop) - max(its_columns.start, columns.start)
        small = weights[number - 1] < _PIECE * weights[first]
        if apart <= reach and (small or overlaps > (its_columns.stop - its_columns.start) / 3):
            belongs.append(number)
        else:
            others += 1
    return np.isin(labels, belongs) & marks, others


def _runs_along_the_edge(rows: slice, columns: slice, mark: NDArray[np.bool_], height: int, width: int) -> bool:
    """Whether a mark is no digit but the rim of the paper, a shadow or a line: it spans a side, or lies in a corner."""
    touches = rows.start == 0, rows.stop == height, columns.start == 0, columns.stop == width
    spans = (touches[0] and touches[1]) or (touches[2] and touches[3])
    corner = (touches[0] or touches[1]) and (touches[2] or touches[3])
    filled = float(mark.mean()) > 0.6
    return (spans or corner or (any(touches) and filled)) and not all(touches)


def _broadened(ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """The digit with strokes of at least MNIST's width: a pixel's mean distance to the paper is a quarter of it."""
    size = max(ink.shape)
    distance = ndimage.distance_transform_edt(np.pad(ink > 0.5, 1))
    inside = distance[distance > 0]
    width = 4 * float(inside.mean()) - 1 if len(inside) else 1.0
    missing = _STROKE * size - width
    radius = round(missing / 2)
    if radius < 1:
        return ink
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disk = x * x + y * y <= radius * radius
    return np.asarray(ndimage.grey_dilation(np.pad(ink, radius), footprint=disk), np.float64)


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
