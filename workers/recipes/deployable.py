"""Which trained models can be deployed, and what is needed of each: one function a project."""

import io
import json
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from workers.messages import TrainedModel
from workers.recipes import cnn, transformer_files, transformer_model
from workers.recipes.handle import Run, TrainingError
from workers.recipes.serving.about import About

CHECKED = 500
"""Test texts that are turned into numbers."""
SHORT = 160
"""Characters of a text that fits a picture."""
DIGITS = {"digits", "mnist"}
"""Data sets whose pictures can be drawn by hand."""


@dataclass(frozen=True, slots=True)
class Example:
    """One real request."""

    body: bytes
    media_type: str
    curl: str
    """What stands in the curl line for the body, e.g. ``--data-binary @digit.png``."""
    true: str
    """The right answer."""


@dataclass(frozen=True, slots=True)
class Deployable:
    """A network ready to be exported.

    Attributes:
        net: In evaluation mode, on the CPU; takes prepared inputs, gives logits ``float[N, classes]``.
        about: What a server must know.
        inputs: Real prepared inputs that it was not trained on, each ``[N, …]``.
        labels: Their classes ``int64[N]``, where they are known.
        calibration: Prepared inputs that it was trained on; None where they are not to be had.
        example: A request to show.
        title: The data in words.
        size: Bytes of its weights as they are kept.
        weights: The ``model.pt``, where a server needs it to make inputs.
    """

    net: nn.Module
    about: About
    inputs: tuple[Tensor, ...]
    labels: Tensor | None
    calibration: Tensor | None
    example: Example
    title: str
    size: int
    weights: bytes | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, by index."""
        return self.about.classes


def deployable(run: Run) -> Deployable:
    """The model that the job works on.

    Raises:
        TrainingError: There is none, or it cannot be deployed.
    """
    match run.job.model:
        case TrainedModel(project="cnn") as model:
            return _cnn(run, model)
        case TrainedModel(project="transformer") as model:
            return _transformer(run, model)
        case TrainedModel() as model:
            raise TrainingError(f"A model of {model.project} can't be deployed.", "Deploy a cnn or a transformer.")
        case None:
            raise TrainingError("There is no model to deploy.", "Name a finished run of yours as `model`.")


def _cnn(run: Run, model: TrainedModel) -> Deployable:
    net, classes = cnn.load_model(model.data)
    data = cnn.load(run.on(model.dataset))
    colour = data.test_x.ndim == 4
    largest = 16 if model.dataset == "digits" else 255
    pixels = data.test_x[0]
    about = About(
        title=_title(model),
        kind="digit" if model.dataset in DIGITS else "picture",
        classes=classes,
        height=pixels.shape[-2],
        width=pixels.shape[-1],
        colour=colour,
        largest=largest,
    )
    with torch.no_grad():
        sure = int(net(data.test_x[:100]).softmax(1).amax(1).argmax())
    example = Example(
        body=png_of(data.test_x[sure], largest),
        media_type="image/png",
        curl="--data-binary @picture.png",
        true=classes[int(data.test_y[sure])],
    )
    return Deployable(net, about, (data.test_x,), data.test_y, data.train_x, example, data.title, weights_size(net))


class _LogProbabilities(nn.Module):
    """The mean probabilities of an ensemble as logits: their softmax is the probabilities again."""

    def __init__(self, ensemble: nn.Module) -> None:
        super().__init__()
        self.ensemble = ensemble

    def forward(self, words: Tensor, letters: Tensor, ratios: Tensor) -> Tensor:
        """``float[N, classes]`` for the inputs of `transformer_model.Net.forward`."""
        return self.ensemble(words, letters, ratios).clamp_min(1e-9).log()


def _transformer(run: Run, model: TrainedModel) -> Deployable:
    trained = transformer_model.load_model(model.data)
    data = transformer_files.load(model.dataset, run.sources, run.stage)
    texts, labels = data.test.texts[:CHECKED], data.test.labels[:CHECKED]
    net = _LogProbabilities(trained.ensemble).eval()
    inputs = trained.numbers(texts).batch_padded(trained.vocabulary.longest)
    with torch.no_grad():
        said = net(*inputs)
    right = (said.argmax(1) == labels).nonzero().flatten()
    short = [place for place in right.tolist() if len(texts[place]) < SHORT] or [0]
    shown = max(short, key=lambda place: float(said[place].amax()))
    example = Example(
        body=json.dumps({"text": texts[shown]}, ensure_ascii=False).encode(),
        media_type="application/json",
        curl="""-H 'Content-Type: application/json' -d '{"text": "…"}'""",
        true=trained.classes[int(labels[shown])],
    )
    about = About(title=_title(model), kind="text", classes=trained.classes, masked=model.dataset == "docstrings")
    return Deployable(net, about, inputs, labels, None, example, data.title, weights_size(net), weights=model.data)


def _title(model: TrainedModel) -> str:
    number = f", run {model.run_id}" if model.run_id else ""
    return f"{model.project} on {model.dataset}{number}"


def weights_size(net: nn.Module) -> int:
    """Bytes of all parameters and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in (*net.parameters(), *net.buffers()))


def png_of(pixels: Tensor, largest: int, *, scale: int = 10) -> bytes:
    """A grey or colour input ``uint8[height, width]`` or ``uint8[3, height, width]`` as a PNG that can be looked at."""
    values = pixels.numpy().astype(np.float64) * (255 / largest)
    if values.ndim == 3:
        values = values.transpose(1, 2, 0)
    picture = Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    stream = io.BytesIO()
    picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()
