"""`/use classify` with a model of `/run transfer`: the three likeliest classes, and where it looked."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import Tensor

from lessons.errors import PersonError
from workers.messages import Artifact, TrainedModel
from workers.recipes import look
from workers.recipes.backbones import Classifier
from workers.recipes.decoding import decode, square
from workers.recipes.own_pictures import in_markdown
from workers.recipes.transfer import load_model
from workers.recipes.views import SMALL, looks
from workers.report import Picture, Report, Table, Text
from workers.using import Answer, Wish

SHOWN = 3
UNSURE = 0.6
"""Probability below which the answer is called a guess."""
_DIGIT_PIXELS, _DIGIT_INK = 8, 16
_NAME_MAX = 22


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    """The function that answers with this model."""
    net, about = load_model(model.data)
    net.to(device)
    classes = tuple(str(name) for name in about["classes"])

    def answer(wish: Wish) -> Answer:
        if wish.picture is None:
            raise PersonError("Send a picture along: a photo for a model of photos, a digit for one of digits.")
        picture = decode(wish.picture, side=int(about["side"]))
        pixels = as_digit(picture) if about["backbone"] == "digits" else as_photo(picture, int(about["side"]))
        return told(net, pixels.to(device), classes, int(about["views"]))

    return answer


def as_photo(picture: Image.Image, side: int) -> Tensor:
    """``uint8[1, 3, side, side]``, as the training pictures were cut."""
    return torch.from_numpy(np.array(square(picture, side)).transpose(2, 0, 1))[None]


def as_digit(picture: Image.Image) -> Tensor:
    """``uint8[1, 1, 8, 8]`` from 0 to 16, light on dark and filling the square, as scikit-learn's digits are."""
    grey = np.asarray(picture.convert("L")).astype(np.float32)
    edge = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    ink = np.abs(grey - np.median(edge))
    if ink.max() < 20:
        raise PersonError("There is nothing on that picture. Draw one digit, thick and in the middle.")
    ink /= ink.max()
    rows, columns = (np.nonzero((ink > 0.3).any(axis))[0] for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape
    side = max(height, width)
    canvas = np.zeros((side, side), dtype=np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[top : top + height, left : left + width] = cut
    small = F.interpolate(torch.from_numpy(canvas)[None, None], (_DIGIT_PIXELS, _DIGIT_PIXELS), mode="area")
    return (small / small.max() * _DIGIT_INK).round().to(torch.uint8)


def told(net: Classifier, pixels: Tensor, classes: tuple[str, ...], views: int) -> Answer:
    """What the network says about one picture, ``uint8[1, C, side, side]``."""
    with torch.no_grad():
        features = torch.stack([net.pooled(view) for view in looks(pixels, views)]).mean(0)
        chances = net.judge(features).softmax(1)[0].cpu()
        best: list[int] = chances.argsort(descending=True, stable=True)[:SHOWN].tolist()
        seen = (net.seen(pixels, best[0]) - net.seen(pixels, best[1]))[0].cpu()  # rather than for the second
    name, sure = in_markdown(classes[best[0]]), float(chances[best[0]])
    headline = f"{name}, {sure * 100:.0f} % sure" if sure >= UNSURE else f"Perhaps {name}: {sure * 100:.0f} % sure"
    others = ", ".join(in_markdown(each) for each in classes[:20])
    text = f"It knows {len(classes)} classes and has to name one of them: {others}{' …' if len(classes) > 20 else ''}."
    rows = tuple((classes[i][:_NAME_MAX], f"{float(chances[i]) * 100:.1f} %") for i in best)
    report = Report(
        headline,
        (
            Text(text),
            Picture("looked.png", f"The picture as the network got it, and the places that spoke for {name}."),
            Table(("class", "probability"), rows),
        ),
    )
    return Answer(report, (Artifact("looked.png", "image/png", drawn(pixels[0].cpu(), seen, classes, chances, best)),))


def drawn(pixels: Tensor, seen: Tensor, classes: tuple[str, ...], chances: Tensor, best: list[int]) -> bytes:
    """The picture, the places that spoke for the answer, and the likeliest classes as bars, as PNG.

    Args:
        pixels: ``uint8[C, side, side]``.
        seen: What each place added to the score of the likeliest class, less that of the next, ``float[h, w]``.
        classes: Names by index.
        chances: Probability of each class.
        best: The classes to draw, likeliest first.
    """
    side = pixels.shape[-1]
    image = pixels.permute(1, 2, 0).numpy() if pixels.shape[0] == 3 else pixels[0].numpy()
    figure = look.new_figure(4.2 + 0.62 * len(best))
    for left, title in ((0.3, "What it got"), (3.75, f"What spoke for {_short(classes[best[0]])}")):
        axes = look.place_axes(figure, left, 0.62, 3.15, 3.15)
        axes.imshow(image, cmap="gray", interpolation="nearest" if side <= SMALL else "bilinear")
        axes.set_axis_off()
        look.title(axes, title)
        if left > 1:
            places = F.interpolate(seen[None, None], (side, side), mode="bilinear", align_corners=False)[0, 0]
            strength = (places / places.quantile(0.98).clamp_min(1e-6)).clamp(0, 1).numpy()
            if side > SMALL:
                axes.imshow(np.zeros((side, side, 3)), alpha=0.8 * (1 - strength))
            else:
                axes.imshow(strength, cmap="cividis", alpha=0.6, interpolation="nearest")
    bars = look.place_axes(figure, 2.3, 4.05, 3.9, 0.62 * len(best) - 0.12)
    look.style(bars)
    bars.grid(visible=False)
    values = [float(chances[i]) for i in best]
    bars.barh(range(len(best)), values, color=look.SKY, height=0.62)
    for row, value in enumerate(values):
        bars.text(value + 0.015, row, f"{value * 100:.1f} %", color=look.TEXT, fontsize=look.FONT, va="center")
    bars.set_xlim(0, 1)
    bars.set_ylim(len(best) - 0.5, -0.5)
    bars.set_xticks([])
    bars.set_yticks(range(len(best)), [_short(classes[i]) for i in best])
    return look.png(figure)


def _short(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:15]}…"
