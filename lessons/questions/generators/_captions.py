"""Captions beside their references, with words that occur too often, as captioners write them."""

from dataclasses import dataclass
from random import Random
from typing import Final

Caption = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Captions:
    """What a model wrote, and one or two references."""

    caption: Caption
    references: tuple[Caption, ...]


_CAPTIONS: Final = (
    "a {one} and a {two} on a {place}",
    "the {one} is on the {place} near the {two}",
    "a {one} a {one} and a {two}",
    "a {one} on a {place} with a {two}",
    "the {one} and the {one} on the {place}",
    "a {two} with a {one} on a {one}",
    "the {two} on the {place} the {place}",
)
_REFERENCES: Final = (
    "a {one} sits on the {place}",
    "the {one} looks at a {two}",
    "one {one} is near a {two} on the {place}",
    "there is a {one} on the wet {place}",
    "a small {one} beside the {two}",
    "two people watch a {one} on the {place}",
    "the {two} follows a {one}",
    "a {one} and its {two}",
)
_SUBJECTS: Final = ("dog", "cat", "man", "girl", "bird", "horse")
_COMPANIONS: Final = ("ball", "bike", "boat", "child", "chair", "tree")
_PLACES: Final = ("beach", "field", "street", "bench", "hill", "table")


def draw_captions(dice: Random) -> Captions:
    """Words of the same small scene; in one case of three there are two references."""
    scene = {"one": dice.choice(_SUBJECTS), "two": dice.choice(_COMPANIONS), "place": dice.choice(_PLACES)}
    references = dice.sample(_REFERENCES, dice.choice((1, 1, 2)))
    return Captions(
        tuple(dice.choice(_CAPTIONS).format(**scene).split()),
        tuple(tuple(each.format(**scene).split()) for each in references),
    )


def quoted(caption: Caption) -> str:
    """A caption in quotation marks."""
    return f"“{' '.join(caption)}”"
