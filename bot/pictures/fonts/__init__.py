"""The typeface of every picture: three cuts of Inter that come with the package, so that all machines draw alike."""

import unicodedata
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_FOLDER: Final = Path(__file__).parent
_NO_GLYPH: Final = "\U0010ffff"
"""A code point that no font has: it is drawn as the font's box for missing ones."""


class Weight(Enum):
    """The cuts, each with its file."""

    MEDIUM = "Inter-Medium.ttf"
    SEMIBOLD = "Inter-SemiBold.ttf"
    BOLD = "Inter-Bold.ttf"
    """Cut for large sizes."""


def missing_fonts() -> list[str]:
    """The font files that are not there or cannot be read; empty when pictures can be drawn."""
    missing: list[str] = []
    for weight in Weight:
        try:
            ImageFont.truetype(_FOLDER / weight.value, 36)
        except OSError:
            missing.append(weight.value)
    return missing


@lru_cache(maxsize=64)
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """That cut at ``size`` pixels an em.

    Raises:
        OSError: the file is missing; ``missing_fonts`` says which.
    """
    return ImageFont.truetype(_FOLDER / weight.value, size)


@lru_cache(maxsize=4096)
def width(text: str, weight: Weight, size: int) -> float:
    """How far ``text`` runs, in pixels."""
    return font(weight, size).getlength(text)


def printable(text: str) -> str:
    """What of ``text`` these fonts can draw, on one line; may be empty.

    People decorate their names: letters in disguise (𝓐, Ａ) become plain ones, what has no glyph (emoji, scripts
    that Inter lacks) is left out, and so is the white space around it.
    """
    plain = unicodedata.normalize("NFKC", text)
    return " ".join("".join(c if c.isspace() or _has_glyph(c) else "" for c in plain).split())


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    return character.isprintable() and _drawn(character) != _drawn(_NO_GLYPH)


@lru_cache(maxsize=4)
def _drawn(character: str) -> bytes:
    sheet = Image.new("L", (72, 72))
    ImageDraw.Draw(sheet).text((12, 54), character, 255, font(Weight.MEDIUM, 36), anchor="ls")
    return sheet.tobytes()
