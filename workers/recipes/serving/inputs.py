"""From what a request holds to what the network takes. No torch here: a server needs none."""

from typing import Any

import numpy as np

from lessons.errors import PersonError
from workers.recipes.decoding import decode, square
from workers.recipes.framing import frame_digit
from workers.recipes.serving.about import About, Vocabulary

TEXT_MAX = 2_000
"""Characters of a text."""
_MOST_PIXELS = 20_000_000


def prepare(about: About, given: bytes | str) -> np.ndarray[Any, Any]:
    """One input without its batch axis.

    Returns:
        ``uint8[height, width]`` for a digit, ``uint8[3, height, width]`` for a picture in colour, ``int64[length]``
        for a text.

    Raises:
        PersonError: It cannot be used; the sentence says why.
    """
    match about.kind, given:
        case "text", str() as text:
            if about.vocabulary is None:
                raise ValueError(about.title)
            return _ids(text, about.vocabulary)
        case "digit", bytes() as data:
            return frame_digit(decode(data, most_pixels=_MOST_PIXELS), about.height, largest=about.largest)
        case "picture", bytes() as data:
            picture = square(decode(data, most_pixels=_MOST_PIXELS), about.height)
            if not about.colour:
                return np.asarray(picture.convert("L"))
            return np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1))
        case _:
            raise PersonError("That is not what this model takes.")


def _ids(text: str, vocabulary: Vocabulary) -> np.ndarray[Any, Any]:
    raise NotImplementedError
