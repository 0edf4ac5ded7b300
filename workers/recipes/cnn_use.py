"""`/use classify` with a model of `/run cnn`: a member's own picture is put as the training pictures were, and read."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lessons.errors import PersonError
from workers.messages import Artifact, TrainedModel
from workers.recipes.asking import probabilities_of
from workers.recipes.cnn import Net, load_model
from workers.recipes.cnn_plots import pixels
from workers.recipes.decoding import decode
from workers.recipes.framing import find_digit, framed
from workers.recipes.look import FONT, ORANGE, PANEL, QUIET, SKY, TEXT, WIDTH, new_figure, place_axes, png
from workers.report import Picture, Report, Table, Text
from workers.using import Answer, Wish

PICTURE = "seen.png"
SHOWN = 3
"""Classes whose probabilities are given."""
_ENOUGH = 480  # pixels of a photo's shorter side: no network here needs more
_DIGIT_LARGEST = {"digits": 16, "mnist": 255}
"""The value of full ink, by data set."""
_EDGE = 2  # pixels along a border that tell what is behind a piece of clothing
_SURE, _UNSURE = 0.9, 0.5


@dataclass(frozen=True, slots=True)
class Prepared:
    """A member's picture as the network gets it.

    Attributes:
        pixels: ``uint8[height, width]`` or ``uint8[3, height, width]``.
        box: What was cut out of the picture: left, top, right, bottom.
        note: What else should be said about it.
    """

    pixels: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    note: str = ""


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    """The network of a finished run, ready to classify pictures."""
    net, classes = load_model(model.data)
    net.to(device)

    def answer(wish: Wish) -> Answer:
        """What the network says about a picture. Raises PersonError for one that cannot be used."""
        if wish.picture is None:
            raise PersonError("Add a picture: the option `image`.")
        photo = decode(wish.picture, side=_ENOUGH)
        photo.thumbnail((3 * _ENOUGH, 3 * _ENOUGH))
        prepared = prepare(photo, model.dataset, net)
        seen = torch.from_numpy(prepared.pixels)
        probabilities = probabilities_of(net, seen[None].to(device), device, 1, mirror=False)[0].cpu()
        best = probabilities.topk(min(SHOWN, len(classes)))
        ranked = [
            (classes[place], value) for place, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]
        return _answer(photo, prepared, ranked)

    return answer


def prepare(photo: Image.Image, dataset: str, net: Net) -> Prepared:
    """A picture as those of the data set were made.

    Raises:
        PersonError: Nothing is on it.
    """
    match dataset:
        case "digits" | "mnist":
            found = find_digit(photo)
            note = ""
            if found.others:
                note = "There is more than one mark on it; I read the largest."
            return Prepared(framed(found, net.shape.height, largest=_DIGIT_LARGEST[dataset]), found.box, note)
        case "fashion-mnist":
            return _clothing(photo, net.shape.height)
        case _:
            return _photo(photo, net.shape.height, net.shape.breadth)


def _photo(photo: Image.Image, height: int, width: int) -> Prepared:
    """The middle of a colour photo, scaled: ``uint8[3, height, width]``."""
    scale = min(photo.width / width, photo.height / height)
    across, down = round(width * scale), round(height * scale)
    left, top = (photo.width - across) // 2, (photo.height - down) // 2
    small = ImageOps.fit(photo, (width, height), Image.Resampling.BOX if scale > 1 else Image.Resampling.BICUBIC)
    return Prepared(np.asarray(small, np.uint8).transpose(2, 0, 1).copy(), (left, top, left + across, top + down))


def _clothing(photo: Image.Image, side: int) -> Prepared:
    """Clothes as Fashion-MNIST shows them, bright on black: ``uint8[side, side]``.

    Xiao et al. 2017, section 2: the border is trimmed, the longest edge scaled to 28 pixels, the negative taken.
    """
    grey = np.asarray(photo.convert("L"), np.float64)
    border = np.concatenate(
        [grey[:_EDGE].ravel(), grey[-_EDGE:].ravel(), grey[:, :_EDGE].ravel(), grey[:, -_EDGE:].ravel()]
    )
    ground = float(np.median(border))
    away = np.abs(grey - ground)
    rows, columns = (np.flatnonzero((away > max(16.0, 0.15 * away.max())).any(axis)) for axis in (1, 0))
    if not len(rows):
        raise PersonError("I see nothing on that picture: one piece of clothing on a plain background is best.")
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    values = 255 - grey if ground > 127 else grey
    values = np.clip(values - (255 - ground if ground > 127 else ground), 0, 255)[top:bottom, left:right]
    scale = side / max(values.shape)
    size = (max(1, round(values.shape[1] * scale)), max(1, round(values.shape[0] * scale)))
    small = np.asarray(Image.fromarray(values.astype(np.uint8)).resize(size, Image.Resampling.LANCZOS))
    frame = np.zeros((side, side), np.uint8)
    y, x = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    frame[y : y + small.shape[0], x : x + small.shape[1]] = small
    return Prepared(frame, (left, top, right, bottom))


def _answer(photo: Image.Image, prepared: Prepared, ranked: list[tuple[str, float]]) -> Answer:
    name, probability = ranked[0]
    sure = _percent(probability)
    if probability >= _SURE:
        headline = f"That is {name}: {sure} sure"
    elif probability >= _UNSURE:
        headline = f"Probably {name}: {sure} sure"
    else:
        headline = f"Hard to say; {name} if I must: {sure} sure"
    rows = tuple((label, _percent(value)) for label, value in ranked)
    said = "The network knows its own classes only, and only pictures like those that it was trained on."
    report = Report(
        headline,
        (
            Picture(PICTURE, "Your picture, what the network sees of it, and what it takes it for."),
            Table(("class", "probability"), rows),
            Text(f"{prepared.note} {said}".strip()),
        ),
    )
    return Answer(report, (Artifact(PICTURE, "image/png", draw(photo, prepared, ranked)),))


def draw(photo: Image.Image, prepared: Prepared, ranked: list[tuple[str, float]]) -> bytes:
    """The member's picture with what was cut out of it, what the network sees, and the probabilities, as PNG."""
    side, gap, top = 3.15, 0.3, 0.75
    figure = new_figure(top + side + 0.75 + 0.62 * len(ranked) + 0.3)
    height = figure.get_figheight()
    seen = pixels(torch.from_numpy(prepared.pixels))
    scale = side / max(photo.size)
    width, tall = photo.width * scale, photo.height * scale
    left, above = gap + (side - width) / 2, top + (side - tall) / 2
    yours = place_axes(figure, left, above, width, tall)
    yours.imshow(np.asarray(photo), aspect="auto")
    x, y, right, bottom = prepared.box
    if (right - x, bottom - y) != photo.size:
        yours.add_patch(Rectangle((x, y), right - x, bottom - y, fill=False, edgecolor=ORANGE, linewidth=3))
    network = place_axes(figure, WIDTH - gap - side, top, side, side)
    network.imshow(seen, interpolation="nearest")
    for axes in (yours, network):
        axes.set_axis_off()
    for text, at in (("your picture", gap), ("what the network sees", WIDTH - gap - side)):
        figure.text(at / WIDTH, 1 - 0.4 / height, text, color=TEXT, fontsize=FONT + 1, va="center")
    words = max(len(name) for name, _ in ranked)
    start = gap + 0.25 + 0.13 * words
    for place, (name, probability) in enumerate(ranked):
        line = top + side + 0.45 + 0.62 * place
        bar = place_axes(figure, start, line, WIDTH - 1.25 - start, 0.4)
        bar.set_facecolor(PANEL)
        bar.barh([0], [probability], height=1, color=SKY if place else ORANGE)
        bar.set_xlim(0, 1)
        bar.set_ylim(-0.5, 0.5)
        bar.set_xticks([])
        bar.set_yticks([])
        for spine in bar.spines.values():
            spine.set_visible(False)
        middle = 1 - (line + 0.2) / height
        figure.text(gap / WIDTH, middle, name, color=TEXT, fontsize=FONT + 1, va="center")
        figure.text(1 - gap / WIDTH, middle, _percent(probability), color=QUIET, fontsize=FONT, va="center", ha="right")
    return png(figure)


def _percent(share: float) -> str:
    """A probability that never claims certainty."""
    return "> 99.9 %" if share > 0.999 else "< 0.1 %" if share < 0.001 else f"{share * 100:.1f} %"
