"""The one look of all pictures that a run posts: dark card, large type, colours that everybody can tell apart.

Pictures are portrait and 1,080 pixels wide, so that a phone shows them without zooming. They carry their own
background: a transparent one would be unreadable in one of Discord's two themes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from PIL import Image

BACKGROUND = "#1e2027"
PANEL = "#282b34"
TEXT = "#eceef3"
QUIET = "#9aa1b1"
GRID = "#3a3f4c"
# Of Okabe and Ito's palette, in the order in which they stand apart best on a dark ground; line styles differ as well.
SKY, ORANGE, GREEN, PINK = "#56b4e9", "#f0a72f", "#2fb892", "#d98bbb"
COLOURS = (SKY, ORANGE, GREEN, PINK)
LINES = ("-", (0, (3, 1.2)), (0, (1, 1)), (0, (5, 1, 1, 1)))
LEVEL_COLOURS = (QUIET, GREEN, PINK)
LEVEL_LINES = ((0, (1, 2)), (0, (6, 2)), (0, (4, 1, 1, 1)))
WIDTH = 7.2  # inches, at DPI 150: 1,080 pixels
DPI = 150
FONT = 15
_LONG = 10_000  # from which on numbers on an axis are told in thousands


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot: its name in the legend, and its points."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: what it shows and in which unit stands in the title."""

    title: str
    series: Sequence[Series]
    percent: bool = False
    levels: Sequence[Series] = ()
    """Figures to hold the lines against, drawn across as thin dotted lines: only the first point's value counts."""
    bottom: float | None = None
    """Where the vertical axis begins; by default a little below the lowest value."""


def curves(panels: Sequence[Panel], across: str = "epochs") -> bytes:
    """Up to three plots, one below another over one horizontal axis, as PNG.

    Args:
        panels: From top to bottom; a panel holds up to four series.
        across: What the horizontal axis counts, in words.
    """
    height = 2.85
    figure = new_figure(0.9 + (height + 0.83) * len(panels) - 0.26)
    last = max((x for panel in panels for series in panel.series for x, _ in series.points), default=1.0)
    first = min((x for panel in panels for series in panel.series for x, _ in series.points), default=0.0)
    for place, panel in enumerate(panels):
        axes = place_axes(figure, 1.0, 0.62 + (height + 0.83) * place, 5.95, height)
        named_before = place > 0 and _names(panels[place - 1]) == _names(panel)
        _draw(axes, panel, whole=last > (2 if across.startswith("epochs") else 6), legend=not named_before)
        axes.set_xlim(min(first, 0.0) if first >= 0 else first, last if last > first else first + 1)
        if place < len(panels) - 1:
            axes.set_xticklabels([])
        else:
            axes.set_xlabel(across, color=TEXT, fontsize=FONT, labelpad=8)
    return png(figure)


def _names(panel: Panel) -> list[str]:
    return [series.name for series in (*panel.series, *panel.levels)]


def _draw(axes: Axes, panel: Panel, *, whole: bool, legend: bool) -> None:
    style(axes)
    for series, colour, line in zip(panel.series, COLOURS, LINES, strict=False):
        xs, ys = [x for x, _ in series.points], [y for _, y in series.points]
        axes.plot(xs, ys, color=colour, linestyle=line, linewidth=3, label=series.name)
        axes.plot(xs[-1:], ys[-1:], color=colour, marker="o", markersize=9, clip_on=False)
    for level, colour, line in zip(panel.levels, LEVEL_COLOURS, LEVEL_LINES, strict=False):
        axes.axhline(level.points[0][1], color=colour, linestyle=line, linewidth=2.2, label=level.name)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=whole))

    def short(value: float, _place: int | None = None) -> str:
        return _short(value, axes.get_xlim()[1])

    axes.xaxis.set_major_formatter(FuncFormatter(short))
    if panel.percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    if panel.bottom is not None:
        axes.set_ylim(bottom=panel.bottom)
    if legend and len(panel.series) + len(panel.levels) > 1:
        # Where curves are everywhere the legend stands on one: its ground lets it be read.
        axes.legend(
            loc="best",
            framealpha=0.75,
            facecolor=PANEL,
            edgecolor="none",
            labelcolor=TEXT,
            fontsize=FONT - 1,
            handlelength=2.6,
        )
    title(axes, panel.title)


def _short(value: float, most: float) -> str:
    """E.g. ``8 k`` on an axis that goes beyond 10,000: long numbers run into each other, and one axis has one unit."""
    return f"{value / 1000:g} k" if most >= _LONG and value else f"{value:g}"


def new_figure(height: float) -> Figure:
    """A figure of the usual width and this height, in inches."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    return figure


def place_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place counted in inches from the figure's upper left corner."""
    full = figure.get_figheight()
    return figure.add_axes((left / WIDTH, 1 - (top + height) / full, width / WIDTH, height / full))


def title(axes: Axes, text: str) -> None:
    """The title of a plot, which says what it shows and in which unit."""
    axes.set_title(text, loc="left", color=TEXT, fontsize=FONT + 2, pad=12)


def style(axes: Axes) -> None:
    """Panel, grid and ticks of the house."""
    axes.set_facecolor(PANEL)
    axes.grid(visible=True, color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelcolor=TEXT, labelsize=FONT, length=0, pad=6)
    for spine in axes.spines.values():
        spine.set_visible(False)


def png(figure: Figure) -> bytes:
    """The figure as PNG."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", facecolor=BACKGROUND)
    return stream.getvalue()


def gif(frames: Sequence[Image.Image], seconds: float, *, hold: float = 1.5) -> bytes:
    """Pictures of one size as a GIF that runs for ever.

    Args:
        frames: In order.
        seconds: How long each is shown.
        hold: How long the last one is.
    """
    stream = io.BytesIO()
    shown = [frame.convert("RGB").quantize(128) for frame in frames]
    times = [round(seconds * 1000)] * (len(shown) - 1) + [round(hold * 1000)]
    shown[0].save(stream, "GIF", save_all=True, append_images=shown[1:], duration=times, loop=0, disposal=1)
    return stream.getvalue()
