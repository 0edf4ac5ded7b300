"""Authors, from the one string that a feed has for all of them."""

import re
from typing import Final

from workers.papers.latex import readable

_OPEN: Final = "([{"
_CLOSE: Final = ")]}"
_AFFILIATION: Final = re.compile(r"\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*")
_SUFFIX: Final = re.compile(r"(?:Jr|Sr|II|III|IV)\.?", re.IGNORECASE)
_LONGEST: Final = 120
"""Characters of a name; longer ones are no names."""


def split_authors(line: str) -> tuple[str, ...]:
    """The names in `line`, in order, accents decoded, without affiliations.

    Commas inside brackets belong to an affiliation: ``Ada Lovelace (MIT, Cambridge), Alan Turing`` are two people.
    """
    parts = _at_depth_0(line)
    if parts is None:
        # Brackets that don't match: better an affiliation taken for a person than everybody in one.
        parts = line.split(",")
    names: list[str] = []
    for part in parts:
        name = readable(_AFFILIATION.sub(" ", part)).strip(" ,;")
        if name and names and _SUFFIX.fullmatch(name):
            names[-1] = f"{names[-1]}, {name}"
        elif name:
            names.append(name[:_LONGEST])
    return tuple(names)


def _at_depth_0(line: str) -> list[str] | None:
    parts = [""]
    depth = 0
    for character in line:
        depth += (character in _OPEN) - (character in _CLOSE)
        if depth < 0:
            return None
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts if depth == 0 else None
