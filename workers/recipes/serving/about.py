"""What a server must know of the model that it answers for: plain data beside the ``model.onnx``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["digit", "picture", "text"]
"""What is asked: a drawn digit, any picture, or a text."""


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
    masked: bool = False
    """Whether names of packages and code are cut out of a text first, as they were in training."""
