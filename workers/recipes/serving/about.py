"""What a server must know of the model that it answers for: plain data beside the ``model.onnx``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["digit", "picture", "text"]
"""What is asked: a drawn digit, any picture, or a text."""


class Vocabulary(BaseModel):
    """How a text becomes numbers, see `workers.recipes.serving.inputs.token_ids`."""

    model_config = ConfigDict(frozen=True)

    tokens: tuple[str, ...]
    """By id."""
    length: int
    """The most tokens of one text; longer texts are cut."""


class About(BaseModel):
    """The model, its classes and the shape of its input."""

    model_config = ConfigDict(frozen=True)

    title: str
    """E.g. ``cnn on mnist, run 12``."""
    kind: Kind
    classes: tuple[str, ...]
    height: int = 0
    width: int = 0
    colour: bool = False
    largest: int = 255
    """The value of the brightest pixel: 255, or 16 for scikit-learn's digits."""
    vocabulary: Vocabulary | None = None
