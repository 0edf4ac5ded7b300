"""Asking a trained GAN for drawings: of one class, or a mix of what it has learnt."""

from collections.abc import Callable

import torch
from torch import Tensor

from lessons.errors import PersonError
from workers.messages import Artifact, TrainedModel
from workers.recipes.augment import mixed
from workers.recipes.gan_judge import unpacked
from workers.recipes.gan_nets import load_model
from workers.recipes.gan_report import sheet, sheet_png
from workers.recipes.state import unpack
from workers.report import Picture, Report, Table, Text
from workers.using import Answer, Wish

ACROSS = 4
_COUNT = ACROSS * ACROSS
PICTURE = "drawings.png"


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    """The generator and the judge of a ``model.pt``, ready to draw on `device`."""
    saved = unpack(model.data)
    generator, judge = load_model(saved).to(device), unpacked(saved["judge"]).to(device)
    classes: tuple[str, ...] = tuple(saved["classes"])
    shape = generator.shape

    def draw(wish: Wish) -> Answer:
        """Sixteen drawings. Raises PersonError for a class that it cannot draw."""
        _check(wish.digit, classes, conditional=shape.conditions > 1)
        random = torch.Generator().manual_seed(mixed(wish.seed, 0, 6))
        noise = torch.randn(_COUNT, shape.latent, generator=random)
        labels = torch.randint(shape.conditions, (_COUNT,), generator=random)
        if wish.digit is not None:
            labels = torch.full_like(labels, wish.digit)
        drawn = generator.draw(noise.to(device), labels.to(device))
        certainty, taken_for = (values.cpu() for values in judge.look(drawn).probabilities.max(1))
        asked = None if wish.digit is None else classes[wish.digit]
        # The picture has no words of its own but these: it is shown large, and shared without its card.
        picture = sheet(drawn.cpu(), ACROSS, shape.top, f"{asked or 'a mix'}, seed {wish.seed}")
        report = Report(
            headline=f"Drawn for you: {asked or 'a mix'}",
            parts=(
                Text(_said(asked, classes, certainty, taken_for)),
                Picture(PICTURE, f"Sixteen drawings: {asked or 'a mix'}."),
                _table(classes, certainty, taken_for),
            ),
        )
        return Answer(report, (Artifact(PICTURE, "image/png", sheet_png(picture)),))

    return draw


def _check(digit: int | None, classes: tuple[str, ...], *, conditional: bool) -> None:
    if digit is None:
        return
    if not conditional:
        raise PersonError(
            "This GAN was trained without classes (conditional:no), so it can't be asked for one. Leave `digit` out."
        )
    if not 0 <= digit < len(classes):
        raise PersonError(f"This GAN draws 0 to {len(classes) - 1}; you asked for {digit}.")


def _said(asked: str | None, classes: tuple[str, ...], certainty: Tensor, taken_for: Tensor) -> str:
    sure = f"It is {float(certainty.mean()) * 100:.0f} % sure on average."
    if asked is None:
        return f"The judge, a small CNN, sees {len(taken_for.unique())} different things in the 16 drawings. {sure}"
    right = int((taken_for == classes.index(asked)).sum())
    return f"The judge, a small CNN, takes {right} of the 16 drawings for “{asked}”. {sure}"


def _table(classes: tuple[str, ...], certainty: Tensor, taken_for: Tensor) -> Table:
    """One cell a drawing, in the picture's own order."""
    cells = [
        f"{classes[label]} {sure * 100:.0f}" for label, sure in zip(taken_for.tolist(), certainty.tolist(), strict=True)
    ]
    rows = [tuple(cells[start : start + ACROSS]) for start in range(0, _COUNT, ACROSS)]
    title = "What the judge sees in each, and how sure it is in %"
    return Table(("1st", "2nd", "3rd", "4th"), tuple(rows), title=title)
