"""From what a request holds to what the network takes. A server of pictures needs no torch for it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lessons.errors import PersonError
from workers.recipes.decoding import decode, square
from workers.recipes.framing import frame_digit
from workers.recipes.serving.about import About

TEXT_MAX = 2_000
"""Characters of a text."""
_MOST_PIXELS = 20_000_000


Arrays = tuple[np.ndarray[Any, Any], ...]
Numbers = Callable[[str], Arrays]
"""Makes the inputs of a text, without a batch axis."""


def prepare(about: About, given: bytes | str, numbers: Numbers | None = None) -> Arrays:
    """The inputs of one request without their batch axis.

    Args:
        about: The model.
        given: A picture's file, or a text.
        numbers: What makes inputs of a text, for a model of texts.

    Returns:
        ``uint8[height, width]`` for a digit, ``uint8[3, height, width]`` for a picture in colour; for a text what
        `numbers` makes of it.

    Raises:
        PersonError: It cannot be used; the sentence says why.
    """
    match about.kind, given:
        case "text", str() as text if numbers is not None:
            return numbers(text)
        case "digit", bytes() as data:
            return (frame_digit(decode(data, most_pixels=_MOST_PIXELS), about.height, largest=about.largest),)
        case "picture", bytes() as data:
            picture = square(decode(data, most_pixels=_MOST_PIXELS), about.height)
            if not about.colour:
                return (np.asarray(picture.convert("L")),)
            return (np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1)),)
        case _:
            raise PersonError("That is not what this model takes.")


def text_numbers(model: bytes, about: About) -> Numbers:
    """What makes inputs of a text, from the ``model.pt`` of the classifier: its words and hints stand in there."""
    # Only a model of texts pays for torch in its server.
    from workers.recipes.transformer_model import load_model  # noqa: PLC0415

    trained = load_model(model)

    def numbers(text: str) -> Arrays:
        from workers.recipes.transformer_docstrings import cleaned  # noqa: PLC0415

        read = cleaned(text) if about.masked else text
        batch = trained.numbers([read]).batch_padded(trained.vocabulary.longest)
        if not bool((batch[0] != 0).any()):
            raise PersonError("There is no word in that text.")
        return tuple(part[0].numpy() for part in batch)

    return numbers
