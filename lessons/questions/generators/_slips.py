"""What a slip gives, and numbers that can be rounded in one way only."""

from math import floor
from typing import Final, NamedTuple

from lessons.questions.drawing import Redraw

_EDGE: Final = 0.02
"""Of the last shown digit: nearer to a half than this, careful people get different digits."""


class Slip(NamedTuple):
    """A misconception's number, as `apart` takes it."""

    value: float
    misconception: str
    feedback: str


def rounds_clearly(value: float, digits: int) -> None:
    """Raise `Redraw` where ``value`` lies halfway between two numbers of that many decimals."""
    shifted = abs(value) * 10**digits
    if abs(shifted - floor(shifted) - 0.5) < _EDGE:
        raise Redraw


def raised(exponent: int) -> str:
    """A whole exponent as it stands behind its base: ``¹⁰``."""
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
