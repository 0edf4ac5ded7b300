"""Colours. Each picture brings its own background, so that it reads the same in either of Discord's themes.

The states differ by hue and by lightness, and stay apart for the three kinds of colour blindness; every mark
has a shape of its own besides. Text has a contrast of 4.5 to 1 or better. Both are held by a test.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Colour: TypeAlias = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
ThemeName: TypeAlias = Literal["dark", "light"]


def rgb(code: int) -> Colour:
    """From ``0xRRGGBB``."""
    return code >> 16 & 255, code >> 8 & 255, code & 255


def mix(front: Colour, back: Colour, share: float) -> Colour:
    """``front`` laid over ``back`` with an opacity of ``share``, 0 to 1."""
    red, green, blue = (round(f * share + b * (1 - share)) for f, b in zip(front, back, strict=True))
    return red, green, blue


@dataclass(frozen=True)
class Ink:
    """One state: its mark, what is drawn on the mark, and its words."""

    fill: Colour
    on_fill: Colour
    text: Colour


@dataclass(frozen=True)
class Theme:
    """All colours of a picture."""

    ground: Colour
    card: Colour
    edge: Colour
    """Of a card."""
    text: Colour
    quiet: Colour
    """Text of second rank."""
    track: Colour
    """The line where nobody has been yet."""
    done: Ink
    current: Ink
    late: Ink
    owed: Ink
    ahead: Ink


DARK: Final = Theme(
    ground=rgb(0x14161D),
    card=rgb(0x1E212B),
    edge=rgb(0x2C303D),
    text=rgb(0xF3F5FA),
    quiet=rgb(0xA7AEBF),
    track=rgb(0x4A5062),
    done=Ink(rgb(0x25B88A), rgb(0x0B2219), rgb(0x4FD3A8)),
    current=Ink(rgb(0x6C82FF), rgb(0x0C1030), rgb(0xA9B6FF)),
    late=Ink(rgb(0xFF6B3D), rgb(0x2A0D03), rgb(0xFF9A78)),
    owed=Ink(rgb(0xFFD34D), rgb(0x2B2000), rgb(0xFFD86B)),
    ahead=Ink(rgb(0x7C8498), rgb(0x1E212B), rgb(0xA7AEBF)),
)
LIGHT: Final = Theme(
    ground=rgb(0xEEF0F5),
    card=rgb(0xFFFFFF),
    edge=rgb(0xD9DDE7),
    text=rgb(0x191C26),
    quiet=rgb(0x596175),
    track=rgb(0xC3C8D6),
    done=Ink(rgb(0x0A8F68), rgb(0xFFFFFF), rgb(0x077051)),
    current=Ink(rgb(0x3A4FE0), rgb(0xFFFFFF), rgb(0x3347CE)),
    late=Ink(rgb(0xD63C0B), rgb(0xFFFFFF), rgb(0xB8330A)),
    owed=Ink(rgb(0xF2B600), rgb(0x2B2000), rgb(0x7D5A00)),
    ahead=Ink(rgb(0x8B93A6), rgb(0xFFFFFF), rgb(0x596175)),
)


def theme(name: ThemeName) -> Theme:
    """The theme of that name."""
    return DARK if name == "dark" else LIGHT
