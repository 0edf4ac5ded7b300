"""The pictures of `/run caption`: captions beside what they are about, and where each word looked."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from workers.recipes.look import (
    FONT,
    GREEN,
    ORANGE,
    QUIET,
    TEXT,
    WIDTH,
    Panel,
    Series,
    curves,
    new_figure,
    place_axes,
    png,
)

_MARGIN = 0.3
_LINE = 0.27  # inches from one line of text to the next
_ACROSS = 3  # attention maps in a row: four are too small on a phone
_DARK = 0.3  # what stays of a place that a word did not look at
_MOST_WORDS = 19


@dataclass(frozen=True, slots=True)
class Example:
    """A picture, what was said of it, and what a person, or the grammar, says."""

    picture: Image.Image
    caption: str
    reference: str
    good: bool | None
    """None where that is not the question."""


@dataclass(frozen=True, slots=True)
class Look:
    """A picture, its caption, and for each word where it looked: ``float[words, P]``, P a square."""

    picture: Image.Image
    words: tuple[str, ...]
    maps: Tensor


def learning_curves(points: Mapping[str, Sequence[tuple[float, float]]]) -> bytes:
    """Loss over BLEU-4, over the epochs, as PNG."""
    loss = Panel(
        "Loss, in nats a word: lower is better",
        (Series("training", points["train_loss"]), Series("validation", points["validation_loss"])),
    )
    score = Panel(
        "BLEU-4 of validation captions: higher is better",
        (Series("validation, greedy", points["validation_bleu_4"]),),
        bottom=0.0,
    )
    return curves((loss, score))


def sheet(pictures: Sequence[Image.Image], captions: Sequence[str]) -> bytes:
    """Two pictures in a row, each above its caption, as PNG."""
    side, gap = 3.15, 1.15
    rows = -(-len(pictures) // 2)
    figure = new_figure(_MARGIN + rows * (side + gap))
    for place, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        row, column = divmod(place, 2)
        left, top = _MARGIN + column * (side + _MARGIN), _MARGIN + row * (side + gap)
        _picture(place_axes(figure, left, top, side, side), picture)
        _write(figure, left, top + side + 0.12, _wrapped(caption or "(nothing)", 27, 3), TEXT)
    return png(figure)


def examples(groups: Sequence[tuple[str, Sequence[Example]]]) -> bytes:
    """Groups of examples under their titles, one below another: the picture left, the words right, as PNG."""
    side, gap, head = 1.6, 0.22, 0.5
    shown = [(title, group) for title, group in groups if group]
    figure = new_figure(0.2 + sum(head + len(group) * (side + gap) for _, group in shown))
    top = 0.2
    for title, group in shown:
        _write(figure, _MARGIN, top, (title,), TEXT, size=FONT + 2)
        top += head
        for each in group:
            _picture(place_axes(figure, _MARGIN, top, side, side), each.picture)
            left = _MARGIN + side + 0.25
            said = _wrapped(each.caption or "(nothing)", 40, 3)
            _write(figure, left, top, said, {True: GREEN, False: ORANGE, None: TEXT}[each.good])
            below = top + 0.12 + _LINE * len(said)
            _write(figure, left, below, _wrapped(f"Reference: {each.reference}", 46, 3), QUIET, size=FONT - 2)
            top += side + gap
    return png(figure)


def attention(looks: Sequence[Look]) -> bytes:
    """For each picture a tile for itself and one for each word, bright where the word looked, as PNG."""
    side, gap, head = (WIDTH - 2 * _MARGIN - 0.15 * (_ACROSS - 1)) / _ACROSS, 0.42, 0.15
    counts = [1 + min(len(look.words), _MOST_WORDS) for look in looks]
    rows = [-(-count // _ACROSS) for count in counts]
    figure = new_figure(0.2 + sum(head + each * (side + gap) for each in rows))
    top = 0.2
    for look, deep, count in zip(looks, rows, counts, strict=True):
        for place in range(count):
            row, column = divmod(place, _ACROSS)
            left, upper = _MARGIN + column * (side + 0.15), top + row * (side + gap) + 0.3
            axes = place_axes(figure, left, upper, side, side)
            if place == 0:
                _picture(axes, look.picture)
                label, colour = "the picture", QUIET
            else:
                _picture(axes, lit(look.picture, look.maps[place - 1]))
                label, colour = look.words[place - 1], TEXT
            _write(figure, left, upper - 0.3, (label,), colour, size=FONT if len(label) < 14 else FONT - 3)
        top += head + deep * (side + gap)
    return png(figure)


def lit(picture: Image.Image, weights: Tensor) -> Image.Image:
    """The picture, dark except where the weights ``float[P]`` are; the strongest place keeps its full light."""
    places = round(len(weights) ** 0.5)
    # The root lifts what a network looks at besides, which the strongest place would drown.
    strength = (weights / weights.max().clamp_min(1e-12)).sqrt().view(places, places).numpy()
    side = 288
    large = picture.resize((side, side), Image.Resampling.NEAREST if picture.width < 100 else Image.Resampling.BICUBIC)
    mask = Image.fromarray((strength * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    light = _DARK + (1 - _DARK) * np.asarray(mask, np.float32)[..., None] / 255
    return Image.fromarray((np.asarray(large.convert("RGB"), np.float32) * light).astype(np.uint8))


def _picture(axes: Axes, picture: Image.Image) -> None:
    axes.imshow(
        np.asarray(picture.convert("RGB")),
        interpolation="nearest" if picture.width < 100 else "antialiased",
        aspect="auto",
    )
    axes.set_axis_off()


def _wrapped(text: str, width: int, lines: int) -> tuple[str, ...]:
    return tuple(textwrap.wrap(text, width, max_lines=lines, placeholder=" …"))


def _write(figure: Figure, left: float, top: float, lines: tuple[str, ...], colour: str, *, size: float = FONT) -> None:
    full = figure.get_figheight()
    for number, line in enumerate(lines):
        at = 1 - (top + number * _LINE * size / FONT) / full
        figure.text(left / WIDTH, at, line, color=colour, fontsize=size, va="top", parse_math=False)
