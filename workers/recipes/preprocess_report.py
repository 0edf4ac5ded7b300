"""The result of `/run preprocess`: what the data is like, and what scaling does."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from workers.recipes.augment import Augmentation, Augmenter
from workers.recipes.handle import Run
from workers.recipes.inspecting import Findings
from workers.recipes.look import (
    FONT,
    ORANGE,
    SKY,
    TEXT,
    Panel,
    Series,
    curves,
    new_figure,
    place_axes,
    png,
    style,
    title,
)
from workers.recipes.shares import percent
from workers.report import File, Part, Picture, Report, Table, Text

if TYPE_CHECKING:
    from workers.recipes.preprocess import Gathered

BARS_MAX = 20
_EIGHT = 8


@dataclass(frozen=True, slots=True)
class Trainings:
    """Training loss and validation accuracy after each epoch, by scale; an infinite loss has diverged."""

    losses: Mapping[str, list[float]]
    accuracies: Mapping[str, list[float]]


def report(
    run: Run,
    data: "Gathered",
    findings: Findings,
    trainings: Trainings,
    parts_of: tuple[Tensor, Tensor],
    statistics: tuple[Tensor, Tensor],
) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out."""
    run.artifact("classes.png", balance(data.classes, findings.counts))
    run.artifact("training.png", training_picture(trainings))
    run.artifact("augmented.png", augmentation_sheet(data.pictures, data.labels, run.job.seed))
    run.artifact("odd.png", oddities(data, findings))
    training, validation = parts_of
    parts: list[Part] = [
        Text(_about_data(data, findings)),
        Picture("classes.png", "How many pictures each class has."),
        Picture("odd.png", "The most alike pairs, and the pictures that are least like their class."),
        Text(_about_training(trainings)),
        Picture("training.png", "The same network on raw, scaled and standardised pictures."),
        Picture("augmented.png", "Real pictures of the data set, and what augmentations make of them."),
        _table(data, findings, (len(training), len(validation)), statistics),
        File("split.json", "The split, and mean and deviation to standardise with."),
        File("metrics.json", "All numbers of this run."),
    ]
    best = trainings.accuracies["standardised"][-1]
    raw = trainings.accuracies["raw"][-1]
    return Report(
        f"{len(data.labels):,} pictures inspected; standardising them gets {percent(best)}, raw pixels {percent(raw)}",
        tuple(parts),
    )


def _about_data(data: "Gathered", findings: Findings) -> str:
    counts = findings.counts
    most, least = max(counts), min(counts)
    names = data.classes
    if most > 1.5 * least:
        balance_line = (
            f"The classes are uneven: {names[counts.index(most)]} has {most:,} pictures, {names[counts.index(least)]} "
            f"{least:,}. Weigh the loss or draw the rare ones more often."
        )
    else:
        balance_line = f"The classes are balanced: {least:,} to {most:,} pictures each."
    near = len(findings.pairs)
    if findings.exact or near:
        twins = (
            f"{findings.exact:,} pictures are there twice to the pixel, and {near:,} "
            f"pair{'' if near == 1 else 's'} nearly so; the split keeps what is alike on one side."
        )
    else:
        twins = "No picture is there twice, not even nearly."
    if findings.contradictions:
        twins += f" {findings.contradictions:,} groups of like pictures have different labels: look at them first."
    return " ".join(part for part in (balance_line, twins, data.note) if part)


def _about_training(trainings: Trainings) -> str:
    raw, scaled, standardised = (trainings.accuracies[scale][-1] for scale in ("raw", "scaled", "standardised"))
    if any(math.isinf(loss) for loss in trainings.losses["raw"]):
        first = "on **raw** pixels the loss blew up"
    else:
        first = f"on **raw** pixels it reaches {percent(raw)}"
    return (
        "One small network, one learning rate, one order of pictures, and only the scale of the inputs differs: "
        f"{first}, **scaled** to 0…1 {percent(scaled)}, **standardised** to mean 0 and deviation 1 "
        f"{percent(standardised)}."
    )


def _table(data: "Gathered", findings: Findings, sizes: tuple[int, int], statistics: tuple[Tensor, Tensor]) -> Table:
    mean, deviation = (", ".join(f"{value:.1f}" for value in each.tolist()) for each in statistics)
    channels, height, width = data.pictures.shape[1:]
    rows = (
        ("picture", f"{width}×{height}, {'colour' if channels > 1 else 'grey'}"),
        ("training", f"{sizes[0]:,}"),
        ("validation", f"{sizes[1]:,}"),
        ("exact duplicates", f"{findings.exact:,}"),
        ("near-duplicates", f"{len(findings.pairs):,}"),
        ("mean of pixels", mean),
        ("deviation", deviation),
    )
    return Table(("what", "value"), rows, title="To prepare new pictures the same way")


def balance(classes: Sequence[str], counts: Sequence[int]) -> bytes:
    """A bar a class, as PNG; of many classes the largest and the smallest."""
    ranked = sorted(zip(classes, counts, strict=True), key=lambda item: -item[1])
    if len(ranked) > BARS_MAX:
        ranked = [*ranked[: BARS_MAX // 2], *ranked[-BARS_MAX // 2 :]]
        about = f"Pictures of each class: the {BARS_MAX // 2} largest and smallest"
    else:
        ranked = list(zip(classes, counts, strict=True))
        about = "Pictures of each class"
    height = 0.42 * len(ranked) + 0.2
    figure = new_figure(height + 0.95)
    axes = place_axes(figure, 1.9, 0.62, 4.9, height)
    style(axes)
    axes.grid(visible=False)
    axes.barh(range(len(ranked)), [count for _, count in ranked], color=SKY, height=0.66)
    axes.set_yticks(range(len(ranked)), [_short(name) for name, _ in ranked])
    axes.invert_yaxis()
    axes.set_xticks([])
    most = max(count for _, count in ranked)
    axes.set_xlim(0, most * 1.18)
    for row, (_, count) in enumerate(ranked):
        axes.text(count + most * 0.015, row, f"{count:,}", color=TEXT, fontsize=FONT - 1, va="center")
    title(axes, about)
    return png(figure)


def training_picture(trainings: Trainings) -> bytes:
    """Loss and accuracy of the three trainings, as PNG."""
    highest = 1.5 * max(trainings.losses["standardised"][0], trainings.losses["scaled"][0])
    return curves(
        [
            Panel(
                "Training loss, in nats: lower is better",
                [
                    Series(scale, [(epoch, min(loss, highest)) for epoch, loss in enumerate(values, start=1)])
                    for scale, values in trainings.losses.items()
                ],
                bottom=0.0,
            ),
            Panel(
                "Accuracy on validation pictures",
                [Series(scale, list(enumerate(values, start=1))) for scale, values in trainings.accuracies.items()],
                percent=True,
            ),
        ]
    )


def augmentation_sheet(pictures: Tensor, labels: Tensor, seed: int) -> bytes:
    """Six real pictures and what each augmentation makes of them, as PNG."""
    classes = labels.unique()
    chosen = [int((labels == label).nonzero()[0]) for label in classes.tolist()[:6]]
    some = pictures[chosen]
    grey = some.shape[1] == 1
    stack = some[:, 0] if grey else some
    side = some.shape[-1]
    ways = (
        ("as it is", Augmentation()),
        ("moved", Augmentation(shift=max(1, side // 8))),
        ("bent", Augmentation(warp=1.5)),
        ("mirrored", Augmentation(mirror=True)),
        ("partly hidden", Augmentation(erase=max(2, side // 3))),
    )
    cell = 0.88
    figure = new_figure(0.85 + cell * len(ways))
    for row, (name, how) in enumerate(ways):
        shown = _changed(stack, how, seed)
        figure.text(
            0.25 / 7.2,
            1 - (0.75 + cell * (row + 0.5)) / figure.get_figheight(),
            name,
            color=TEXT,
            fontsize=FONT - 1,
            va="center",
        )
        for column, picture in enumerate(shown):
            axes = place_axes(figure, 1.75 + cell * column, 0.75 + cell * row, cell * 0.92, cell * 0.92)
            _show(axes, picture)
    _heading(figure, "The same pictures, augmented: is it still what it was?")
    return png(figure)


def _changed(stack: Tensor, how: Augmentation, seed: int) -> Tensor:
    """Each picture once, changed; a mirror is turned for all of them."""
    if how.mirror:
        return stack.flip(-1)
    if not how:
        return stack
    every = Augmenter(stack, how, seed, hidden=float(stack.float().mean()))
    return every.batch(torch.arange(len(stack)), 0, 0)


def oddities(data: "Gathered", findings: Findings) -> bytes:
    """The most alike pairs, if there are any, and the oddest pictures, as PNG."""
    pairs = findings.pairs[:4]
    top = 1.9 if pairs else 0.0
    figure = new_figure(2.35 + top)
    if pairs:
        _heading(figure, "The most alike, and their correlation")
    for place, pair in enumerate(pairs):
        for side, index in enumerate((pair.first, pair.second)):
            _show(place_axes(figure, 0.3 + 1.68 * place + 0.78 * side, 0.75, 0.76, 0.76), data.pictures[index])
        labels = [data.classes[int(data.labels[index])] for index in (pair.first, pair.second)]
        same = labels[0] == labels[1]
        said = f"{pair.correlation:.3f}" if same else " / ".join(_short(label, 7) for label in labels)
        _write(figure, 0.3 + 1.68 * place, 1.72, said, TEXT if same else ORANGE)
    _heading(figure, "Least like their class", top)
    for place, index in enumerate(findings.outliers[:_EIGHT]):
        _show(place_axes(figure, 0.3 + 0.84 * place, 0.75 + top, 0.8, 0.8), data.pictures[index])
        _write(figure, 0.3 + 0.84 * place, 1.77 + top, _short(data.classes[int(data.labels[index])], 8), TEXT)
    return png(figure)


def _write(figure: Figure, left: float, top: float, text: str, colour: str) -> None:
    at = 1 - top / figure.get_figheight()
    figure.text(left / 7.2, at, text, color=colour, fontsize=FONT - 3, va="center")


def _heading(figure: Figure, text: str, top: float = 0.0) -> None:
    figure.text(0.3 / 7.2, 1 - (0.35 + top) / figure.get_figheight(), text, color=TEXT, fontsize=FONT + 2, va="center")


def _show(axes: Axes, picture: Tensor) -> None:
    """Draws ``uint8`` or ``float[height, width]`` or ``[channels, height, width]``."""
    values = picture.float().numpy()
    if values.ndim == 3:
        values = values.transpose(1, 2, 0) if values.shape[0] > 1 else values[0]
    largest = max(1.0, float(values.max()))
    axes.imshow(np.clip(values / (255 if largest > 16 else largest), 0, 1), cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def _short(name: str, most: int = 16) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
