"""The result of `/run gan`: pictures, the sentence that says whether it collapsed, and a table beside real pictures."""

import io
from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from workers.catalogue_gan import GAN
from workers.recipes import look
from workers.recipes.gan_quality import SURE, Figures
from workers.recipes.handle import Run
from workers.recipes.look import Panel, Series
from workers.report import File, Part, Picture, Report, Table, Text

SHEET = 900
"""Pixels across the drawings of a sheet, at most."""
_GAP = 4
_HEAD = 44
NOTHING_LEARNT = 0.3
"""Share of clear drawings below which the sentence says that it has not learnt."""


def report(
    run: Run, figures: Figures, frames: Sequence[tuple[float, Tensor]], top: int, levels: tuple[float, float]
) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out.

    Args:
        run: Its curves and seconds.
        figures: The quality of the drawings beside real pictures.
        frames: (epoch, drawings ``uint8[N, side, side]`` of the same noise) in order.
        top: The grey value of white.
        levels: Losses of discriminator and generator where the former cannot tell.
    """
    epochs = run.job.options["epochs"]
    across = len(figures.classes)
    sheets = [sheet(drawn, across, top, f"epoch {at:.1f} of {epochs}") for at, drawn in frames]
    run.artifact("drawings.png", sheet_png(sheet(frames[-1][1], across, top, "drawn at the end")))
    run.artifact("learning.gif", look.gif(sheets, 0.3, hold=2.5))
    run.artifact("curves.png", curves(run, levels))
    title = GAN.dataset(run.job.dataset).title
    parts: tuple[Part, ...] = (
        Text(summary(figures)),
        Picture("drawings.png", f"Pictures like those of {title}, drawn from noise{_columns(run)}."),
        Picture("learning.gif", "The same noise, drawn again and again while it learnt."),
        Picture(
            "curves.png",
            "Losses of both networks, how often the discriminator is right, and how good the drawings are.",
        ),
        _table(run, figures),
        Text(_how_to_read(figures, levels)),
        File("model.pt", "The trained generator, and the judge."),
        File("metrics.json", "All numbers of this run."),
    )
    return Report(headline=f"{GAN.headline.show(figures.drawn.sure)} of the drawings are clear {title}", parts=parts)


def summary(figures: Figures) -> str:
    """What came out, in two or three sentences; mode collapse first of all."""
    drawn = figures.drawn
    told = (
        f"The judge is more than {SURE * 100:.0f} % sure of {_share(drawn.sure)} of 10,000 drawings "
        f"(real ones: {_share(figures.real.sure)})"
    )
    asked = f" and takes {_share(drawn.as_asked)} for what was asked." if drawn.as_asked is not None else "."
    if figures.missing:
        collapse = (
            f" **Mode collapse:** it hardly ever draws {_list(figures.missing)}. "
            "Another seed or a lower generator_rate helps."
        )
    elif figures.alike:
        collapse = (
            f" **Mode collapse:** its drawings of {_list(figures.alike)} look much alike, less than half as varied as "
            "real ones. A lower generator_rate or more epochs help."
        )
    else:
        collapse = (
            f" No mode collapse: all {len(figures.classes)} classes are drawn, and within a class the drawings are "
            f"{_share(drawn.mean_variety)} as varied as real ones."
        )
    if drawn.sure < NOTHING_LEARNT:
        collapse += " Most drawings are no clear pictures yet: more epochs help."
    return told + asked + collapse


def curves(run: Run, levels: tuple[float, float]) -> bytes:
    """Losses, who is right, and quality over the epochs, as PNG."""
    made = run.curves
    quality = [Series(f"the judge is over {SURE * 100:.0f} % sure", made["sure"])]
    if "as_asked" in made:
        quality.append(Series("taken for what was asked", made["as_asked"]))
    return look.curves(
        (
            Panel(
                "Losses of both networks, in nats" if run.job.options["loss"] != "hinge" else "Losses of both networks",
                (
                    Series("discriminator", made["discriminator_loss"]),
                    Series("generator", made["generator_loss"]),
                ),
                levels=(
                    Series(f"one that can't tell: {levels[0]:.2f}", [(0, levels[0])]),
                    Series(f"generator against it: {levels[1]:.2f}", [(0, levels[1])]),
                ),
                bottom=0.0
                if min(y for name in ("discriminator_loss", "generator_loss") for _, y in made[name]) >= 0
                else None,
            ),
            Panel(
                "What the discriminator gets right",
                (
                    Series("real pictures", made["real_told"]),
                    Series("drawings", made["drawn_told"]),
                ),
                percent=True,
                levels=(Series("guessing", [(0, 0.5)]),),
            ),
            Panel("How good the drawings are", quality, percent=True),
        )
    )


def sheet(drawn: Tensor, across: int, top: int, said: str) -> Image.Image:
    """Drawings side by side, enlarged crisply, under a line of text.

    Args:
        drawn: ``uint8[N, side, side]``.
        across: How many in a row.
        top: The grey value of white.
        said: The line.
    """
    side = drawn.shape[1]
    zoom = max(1, (SHEET // across - _GAP) // side)
    cell = side * zoom + _GAP
    rows = -(-len(drawn) // across)
    canvas = Image.new("RGB", (across * cell + _GAP, rows * cell + _GAP + _HEAD), look.BACKGROUND)
    ImageDraw.Draw(canvas).text((10, 8), said, fill=look.TEXT, font=ImageFont.load_default(24))
    large = (drawn.to(torch.int64) * 255 // top).to(torch.uint8).repeat_interleave(zoom, 1).repeat_interleave(zoom, 2)
    for place, picture in enumerate(large):
        row, column = divmod(place, across)
        at = (_GAP + column * cell, _HEAD + _GAP + row * cell)
        canvas.paste(Image.fromarray(picture.numpy()), at)
    return canvas


def sheet_png(picture: Image.Image) -> bytes:
    """A sheet as PNG."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _table(run: Run, figures: Figures) -> Table:
    drawn, real = figures.drawn, figures.real
    rows = [
        ("clear", _share(drawn.sure), _share(real.sure)),
        ("as asked", "–" if drawn.as_asked is None else _share(drawn.as_asked), _share(figures.judge_accuracy)),
        ("Fréchet distance", f"{drawn.frechet:.2f}", f"{figures.floor:.2f}"),
        ("variety in a class", f"{drawn.mean_variety:.2f}", "1.00"),
        ("entropy of classes", f"{drawn.entropy:.3f}", f"{real.entropy:.3f}"),
        ("training", f"{run.seconds['train']:.1f} s", "–"),
    ]
    return Table(("", "drawn", "real"), tuple(rows), title="Drawings beside real pictures")


def _how_to_read(figures: Figures, levels: tuple[float, float]) -> str:
    return (
        "The losses of a GAN do not fall like others: against a discriminator that can't tell, they would be "
        f"{levels[0]:.2f} (its own) and {levels[1]:.2f} (the generator's), the thin lines. So a judge looks at the "
        f"drawings: a small CNN trained on real pictures only, right on {_share(figures.judge_accuracy)} of the test "
        "pictures. The Fréchet distance compares its features of the drawings and of the test pictures (0: alike); "
        f"{figures.floor:.2f} is that of {figures.floor_count:,} real training pictures, the floor."
    )


def _columns(run: Run) -> str:
    return "; one class a column" if run.job.options["conditional"] == "yes" else ""


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
