"""The plots of a picture classifier: learning curves, and which class was taken for which."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from workers.recipes.classified import Mistake
from workers.recipes.look import (
    FONT,
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
from workers.recipes.shares import percent

SHORT_NAME = 2
"""Characters up to which class names fit side by side under a matrix."""
COLOUR = 3
"""Dimensions of a coloured picture."""
Curves = Mapping[str, Sequence[tuple[float, float]]]


def learning_curves(curves: Curves) -> bytes:
    """Loss over accuracy, training beside validation, as PNG.

    Args:
        curves: (epoch, value) points of ``train_loss``, ``validation_loss``, ``train_accuracy`` and
            ``validation_accuracy``.
    """
    figure = new_figure(8.0)
    top, bottom = place_axes(figure, 1.0, 0.62, 5.95, 2.85), place_axes(figure, 1.0, 4.3, 5.95, 2.85)
    for axes, kind in ((top, "loss"), (bottom, "accuracy")):
        style(axes)
        for part, colour, line in (("training", SKY, "-"), ("validation", ORANGE, (0, (3, 1.2)))):
            points = curves[f"{'train' if part == 'training' else part}_{kind}"]
            xs, ys = [x for x, _ in points], [y for _, y in points]
            axes.plot(xs, ys, color=colour, linestyle=line, linewidth=3, label=part)
            axes.plot(xs[-1:], ys[-1:], color=colour, marker="o", markersize=9, clip_on=False)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.set_xlim(0, max(x for x, _ in curves[f"train_{kind}"]))
    highest = max(value for part in ("train_loss", "validation_loss") for _, value in curves[part])
    top.set_ylim(0, highest * 1.08)
    top.set_xticklabels([])
    top.legend(loc="upper right", frameon=False, labelcolor=TEXT, fontsize=FONT, handlelength=2.6)
    title(top, "Loss, in nats: lower is better")
    lowest = min(value for part in ("train_accuracy", "validation_accuracy") for _, value in curves[part])
    bottom.set_ylim(max(0.0, lowest - 0.02), 1.0)
    bottom.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if lowest < 0.95 else 1, symbol=" %"))
    bottom.set_xlabel("epochs", color=TEXT, fontsize=FONT, labelpad=8)
    title(bottom, "Accuracy: share of pictures read right")
    return png(figure)


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str], mistakes: Sequence[Mistake]) -> bytes:
    """The confusion matrix, and below it the given mistakes as pictures, as PNG.

    Args:
        counts: Row is the true class, column the predicted one.
        classes: Their names.
        mistakes: At most 8 are drawn, four in a row.
    """
    shown = mistakes[:8]
    rows = -(-len(shown) // 4)
    words = any(len(name) > SHORT_NAME for name in classes)
    line = 0.27 if words else 0.0  # words take a second line over each picture, and stand slanted under the matrix
    top = 7.65 + (0.75 if words else 0.0)
    row_height = 1.93 + line
    figure = new_figure(top + (0.85 + line + row_height * rows if shown else 0))
    _matrix(place_axes(figure, *((1.75, 0.62, 5.2, 6.05) if words else (0.95, 0.62, 6.05, 6.05))), counts, classes)
    if shown:
        figure.text(
            0.3 / WIDTH,
            1 - (top + 0.33) / figure.get_figheight(),
            "Wrong, and surest of it",
            color=TEXT,
            fontsize=FONT + 2,
            va="center",
        )
    for place, mistake in enumerate(shown):
        row, column = divmod(place, 4)
        picture = place_axes(figure, 0.3 + 1.7 * column, top + 0.93 + line + row_height * row, 1.5, 1.5)
        pixels = mistake.picture.numpy()
        pixels = pixels.transpose(1, 2, 0) if pixels.ndim == COLOUR else pixels
        picture.imshow(pixels, cmap="gray", interpolation="nearest")
        picture.set_axis_off()
        true, predicted, sure = classes[mistake.true], classes[mistake.predicted], f"{percent(mistake.confidence, 0)}"
        said = f"{true} →\n{predicted}  {sure}" if words else f"{true} → {predicted}   {sure}"
        picture.set_title(said, color=TEXT, fontsize=FONT - (3 if words else 1), pad=6)
    return png(figure)


def _matrix(axes: Axes, counts: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
    """Mistakes are coloured by how many they are; the right answers on the diagonal stay quiet."""
    style(axes)
    axes.grid(visible=False)
    axes.set_facecolor(PANEL)
    size = len(classes)
    most = max((counts[t][p] for t in range(size) for p in range(size) if t != p), default=0)
    for true in range(size):
        for predicted in range(size):
            count = counts[true][predicted]
            if true == predicted:
                _cell(axes, true, predicted, "#343945", str(count), QUIET)
            elif count:
                strength = 0.18 + 0.82 * count / most
                _cell(
                    axes,
                    true,
                    predicted,
                    _mixed(PANEL, ORANGE, strength),
                    str(count),
                    TEXT if strength < 0.55 else "#17181c",
                )
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_ylim(size - 0.5, -0.5)
    if any(len(name) > SHORT_NAME for name in classes):
        axes.set_xticks(range(size), classes, rotation=45, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(range(size), classes)
    axes.set_yticks(range(size), classes)
    axes.tick_params(length=0)
    axes.set_xlabel("what the network said", color=TEXT, fontsize=FONT, labelpad=8)
    axes.set_ylabel("what it was", color=TEXT, fontsize=FONT, labelpad=8)
    title(axes, "Which class was taken for which")


def _cell(axes: Axes, row: int, column: int, colour: str, text: str, ink: str) -> None:
    axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=colour, linewidth=0))
    axes.text(column, row, text, color=ink, fontsize=FONT - 2, ha="center", va="center")


def _mixed(under: str, over: str, strength: float) -> str:
    pairs = zip((under[1:3], under[3:5], under[5:7]), (over[1:3], over[3:5], over[5:7]), strict=True)
    return "#" + "".join(f"{round(int(a, 16) + strength * (int(b, 16) - int(a, 16))):02x}" for a, b in pairs)
