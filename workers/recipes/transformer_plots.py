"""The pictures of a text classifier: curves, what each word counted for, and which class was taken for which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.textpath import TextPath

from workers.recipes.look import (
    FONT,
    ORANGE,
    PANEL,
    QUIET,
    SKY,
    TEXT,
    WIDTH,
    Panel,
    Series,
    curves,
    new_figure,
    place_axes,
    png,
    style,
)
from workers.recipes.shares import percent

_LINE = 0.42  # inches from one line of words to the next
_LEFT, _RIGHT = 0.35, WIDTH - 0.35
_WORD = FONT + 1
_LONGEST_WORD = 28
MOST_IN_A_MAP = 20
"""Tokens above which a map of who looks at whom cannot be read on a phone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text to draw: a line above it, its words, and how much each counted (0 and more)."""

    said: str
    right: bool | None
    """Whether that is so; None where nobody knows."""
    words: Sequence[str]
    strengths: Sequence[float]


def learning_curves(
    points: Mapping[str, Sequence[tuple[float, float]]], unit: str, levels: Sequence[tuple[str, float]]
) -> bytes:
    """Loss over accuracy, training beside validation, and the baselines as levels, as PNG.

    Args:
        points: (epoch, value) of ``train_loss``, ``validation_loss``, ``train_accuracy``, ``validation_accuracy``.
        unit: What is classified, e.g. ``sentences``.
        levels: What the legend says of each baseline, and its validation accuracy.
    """
    panels = [
        Panel(
            "Loss, in nats: lower is better",
            [Series("training", points["train_loss"]), Series("validation", points["validation_loss"])],
        ),
        Panel(
            f"Accuracy: share of {unit} told right",
            [Series("training", points["train_accuracy"]), Series("validation", points["validation_accuracy"])],
            percent=True,
            levels=[Series(name, [(0.0, value)]) for name, value in levels],
        ),
    ]
    return curves(panels)


def looked_at(shown: Sequence[Shown], heading: str, footnote: str) -> bytes:
    """Texts whose words are coloured by how much they counted, as PNG.

    Args:
        shown: From top to bottom.
        heading: The title.
        footnote: What the colour is, in a line or two.
    """
    laid_out = [_lines(each.words) for each in shown]
    notes = footnote.split("\n")
    height = 0.95 + sum(0.62 + _LINE * len(lines) + 0.2 for lines in laid_out) + 0.3 * len(notes) + 0.2
    figure = new_figure(height)
    _text(figure, _LEFT, 0.42, heading, TEXT, FONT + 2)
    top = 0.95
    for each, lines in zip(shown, laid_out, strict=True):
        mark = {True: "✓ ", False: "✗ ", None: ""}[each.right]
        _text(figure, _LEFT, top, f"{mark}{each.said}", ORANGE if each.right is False else QUIET, FONT)
        top += 0.45
        _words(figure, top, lines, each.strengths)
        top += _LINE * len(lines) + 0.37
    for place, note in enumerate(notes):
        _text(figure, _LEFT, top + 0.3 * place, note, QUIET, FONT - 2)
    return png(figure)


def who_looks_at_whom(words: Sequence[str], weights: Sequence[Sequence[float]], heading: str) -> bytes:
    """The attention of one text as a map, as PNG: each row is a word, bright is where it looks; its sum is 1."""
    size = 5.2
    names = [_short(word, 14) for word in words]
    longest = max(map(len, names))
    figure = new_figure(0.62 + size + 0.85 + 0.13 * longest)
    axes = place_axes(figure, 1.75, 0.62, size, size)
    style(axes)
    axes.grid(visible=False)
    most = max(max(row) for row in weights)
    for y, row in enumerate(weights):
        for x, weight in enumerate(row):
            _square(axes, y, x, mixed(PANEL, SKY, weight / most))
    _limits(axes, names)
    small = FONT if len(words) <= 12 else FONT - 4
    axes.tick_params(labelsize=small)
    axes.tick_params(axis="x", rotation=90)
    axes.set_xlabel(f"at which word (brightest: {percent(most, 0)} of a row)", color=TEXT, fontsize=FONT, labelpad=8)
    _text(figure, _LEFT, 0.36, heading, TEXT, FONT + 2)
    return png(figure)


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str], unit: str) -> bytes:
    """Which class was taken for which, as PNG. Row is the true class, column the predicted one."""
    many = len(classes) > 4
    left, size = 1.85, 5.1 if many else 3.6
    figure = new_figure(0.62 + size + (2.0 if many else 1.15))
    axes = place_axes(figure, left, 0.62, size, size)
    style(axes)
    axes.grid(visible=False)
    most = max((count for t, row in enumerate(counts) for p, count in enumerate(row) if t != p), default=0)
    for true, row in enumerate(counts):
        for predicted, count in enumerate(row):
            strength = 0.18 + 0.82 * count / most if true != predicted and count else 0.0
            _square(axes, true, predicted, "#343945" if true == predicted else mixed(PANEL, ORANGE, strength))
            if true == predicted or count:
                ink = QUIET if true == predicted else TEXT if strength < 0.55 else "#17181c"
                axes.text(predicted, true, f"{count:,}", color=ink, fontsize=FONT, ha="center", va="center")
    _limits(axes, classes)
    if many:
        axes.tick_params(axis="x", rotation=60)
    axes.set_ylabel("what it was", color=TEXT, fontsize=FONT, labelpad=4)
    axes.set_xlabel("what the transformer said", color=TEXT, fontsize=FONT, labelpad=8)
    _text(figure, _LEFT, 0.36, f"Which class was taken for which (test {unit})", TEXT, FONT + 2)
    return png(figure)


def mixed(under: str, over: str, strength: float) -> str:
    """A colour between two, ``#rrggbb``."""
    pairs = zip((under[1:3], under[3:5], under[5:7]), (over[1:3], over[3:5], over[5:7]), strict=True)
    return "#" + "".join(f"{round(int(a, 16) + strength * (int(b, 16) - int(a, 16))):02x}" for a, b in pairs)


def _limits(axes: Axes, names: Sequence[str]) -> None:
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks(range(len(names)), [_plain(name) for name in names])
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])


def _square(axes: Axes, row: int, column: int, colour: str) -> None:
    axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=colour, linewidth=0))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A word of a line, its number in the text, and where it begins and ends, in inches."""

    word: str
    number: int
    left: float
    right: float


def _lines(words: Sequence[str]) -> list[list[_Placed]]:
    """Words broken into lines."""
    lines: list[list[_Placed]] = [[]]
    left = _LEFT
    for number, word in enumerate(words):
        shown = _short(word, _LONGEST_WORD)
        breadth = _breadth(shown) + 0.16
        if left + breadth > _RIGHT and lines[-1]:
            lines.append([])
            left = _LEFT
        lines[-1].append(_Placed(shown, number, left, left + breadth))
        left += breadth + 0.05
    return lines


def _words(figure: Figure, top: float, lines: list[list[_Placed]], strengths: Sequence[float]) -> None:
    height = figure.get_figheight()
    most = max(strengths, default=0.0) or 1.0
    for line, words in enumerate(lines):
        middle = top + _LINE * line
        for each in words:
            strength = strengths[each.number] / most
            figure.add_artist(
                FancyBboxPatch(
                    (each.left / WIDTH, 1 - (middle + 0.17) / height),
                    (each.right - each.left) / WIDTH,
                    0.34 / height,
                    boxstyle="square,pad=0",
                    facecolor=mixed(PANEL, ORANGE, strength),
                    linewidth=0,
                    transform=figure.transFigure,
                )
            )
            ink = TEXT if strength < 0.55 else "#17181c"
            _text(figure, (each.left + each.right) / 2, middle, each.word, ink, _WORD, across="center")


def _text(
    figure: Figure, left: float, top: float, text: str, colour: str, size: float, *, across: str = "left"
) -> None:
    height = figure.get_figheight()
    figure.text(left / WIDTH, 1 - top / height, _plain(text), color=colour, fontsize=size, va="center", ha=across)


def _plain(text: str) -> str:
    """Text in which matplotlib finds no formula."""
    return text.replace("$", r"\$")


def _short(word: str, most: int) -> str:
    return word if len(word) <= most else word[: most - 1] + "…"


def _breadth(word: str) -> float:
    """Breadth of a word in inches."""
    if not word.strip():
        return 0.1
    return float(TextPath((0, 0), _plain(word), size=_WORD, prop=FontProperties()).get_extents().width) / 72
