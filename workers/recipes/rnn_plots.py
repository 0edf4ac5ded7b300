"""The plots of a character model: what surprises it, and what its memory is worth."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.font_manager import findfont, get_font
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from workers.recipes.look import (
    BACKGROUND,
    FONT,
    LINES,
    ORANGE,
    PANEL,
    QUIET,
    SKY,
    TEXT,
    WIDTH,
    new_figure,
    place_axes,
    png,
    style,
    title,
)
from workers.recipes.rnn_data import Corpus

COLUMNS, ROWS = 44, 15
MOST_BITS = 8.0
"""Where the colours end: as unlikely as one in 256."""
_CELL, _LINE = 0.149, 0.36  # inches


def line_start(corpus: Corpus) -> int:
    """Where a fresh paragraph or line begins near the start of the validation part, counted from there."""
    start = corpus.text(corpus.ids[corpus.start : corpus.start + 2000])
    found = max(start.find("\n\n", 0, 1000) + 2, 0) if "\n\n" in start[:1000] else start.find("\n", 0, 200) + 1
    return found if found < len(corpus.ids) - corpus.start - COLUMNS else 0


def surprise(text: str, nats: npt.NDArray[np.floating]) -> bytes:
    """The beginning of a text, each character on a ground as bright as it was unexpected, as PNG.

    Args:
        text: What was read.
        nats: Surprise at each of its characters, at least as many as are shown.
    """
    figure = new_figure(1.65 + _LINE * ROWS)
    axes = place_axes(figure, 0.32, 0.62, COLUMNS * _CELL, ROWS * _LINE)
    axes.set_facecolor(BACKGROUND)
    axes.set_axis_off()
    axes.set_xlim(0, COLUMNS)
    axes.set_ylim(ROWS, 0)
    title(axes, "What surprised it, in text it had never seen")
    shades = LinearSegmentedColormap.from_list("surprise", (PANEL, "#7d5f33", ORANGE))
    font = get_font(findfont("monospace"))
    cells: list[Rectangle] = []
    colours: list[tuple[float, float, float, float]] = []
    row, column = 0, 0
    for character, bits in zip(text, nats / np.log(2), strict=False):
        if row >= ROWS:
            break
        shown = {"\n": "↵", "\t": "→"}.get(character, character)
        if not font.get_char_index(ord(shown)):
            shown = "□"
        strength = min(float(bits) / MOST_BITS, 1.0)
        cells.append(Rectangle((column, row + 0.06), 1, 0.88))
        colours.append(shades(strength))
        ink = "#17181c" if strength > 0.6 else QUIET if shown in "↵→" else TEXT
        axes.text(
            column + 0.5, row + 0.53, shown, color=ink, fontsize=FONT - 1, family="monospace", ha="center", va="center"
        )
        column += 1
        if column == COLUMNS or character == "\n":
            row, column = row + 1, 0
    axes.add_collection(PatchCollection(cells, facecolors=colours, linewidths=0), autolim=False)
    bar = place_axes(figure, 1.6, 0.62 + ROWS * _LINE + 0.28, 4.0, 0.22)
    bar.imshow(np.linspace(0, 1, 256)[None], aspect="auto", cmap=shades, extent=(0, MOST_BITS, 0, 1))
    style(bar)
    bar.grid(visible=False)
    bar.yaxis.set_major_locator(NullLocator())
    bar.xaxis.set_major_locator(FixedLocator([0, 2, 4, 6, 8]))
    bar.set_xticklabels(["0", "2", "4", "6", "8 bits"])
    height = figure.get_figheight()
    middle = 1 - (0.62 + ROWS * _LINE + 0.39) / height
    figure.text(1.5 / WIDTH, middle, "expected", color=TEXT, fontsize=FONT, ha="right", va="center")
    figure.text(5.7 / WIDTH, middle, "a surprise", color=TEXT, fontsize=FONT, ha="left", va="center")
    return png(figure)


def memory(by_context: Sequence[float], by_order: Sequence[float], cell: object) -> bytes:
    """Bits per character over how many characters were read before, the network's and n-grams', as PNG.

    Args:
        by_context: The network's after 1, 2, … characters.
        by_order: Those of n-grams, the unigram first: of no, one, two … characters before.
        cell: The name of the network's cell.
    """
    figure = new_figure(4.75)
    axes = place_axes(figure, 1.0, 0.62, 5.95, 3.15)
    style(axes)
    xs, ys = _smoothed(by_context)
    axes.plot(xs, ys, color=SKY, linewidth=3, label=f"this {str(cell).upper()}", marker="o", markersize=7)
    orders = list(range(1, len(by_order)))
    axes.plot(
        orders, by_order[1:], color=ORANGE, linestyle=LINES[1], linewidth=3, label="n-grams", marker="s", markersize=8
    )
    axes.set_xscale("log", base=2)
    ticks = [2**power for power in range(7) if 2**power <= max(*xs, orders[-1])]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([str(tick) for tick in ticks])
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("characters read since its memory was empty", color=TEXT, fontsize=FONT, labelpad=8)
    axes.legend(loc="upper right", frameon=False, labelcolor=TEXT, fontsize=FONT, handlelength=2.6)
    title(axes, "What memory is worth: bits per character")
    return png(figure)


def _smoothed(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Single values up to 8 characters, then means over groups that grow: late points would be noisy by themselves."""
    edges = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64]
    edges = [edge for edge in edges if edge < len(values)] + [len(values)]
    groups = [(edges[i], edges[i + 1]) for i in range(len(edges) - 1)]
    xs = [float(np.sqrt((low + 1) * high)) for low, high in groups]
    return xs, [float(np.mean(values[low:high])) for low, high in groups]
