"""TeX in titles, names and abstracts, made readable in a chat: accents decoded, maths in Unicode.

What arXiv's feeds hold is the authors' own TeX, often not quite TeX: ``costs $800 and not $900`` has no maths in it,
``10% better`` no comment, ``~5x`` no fixed space. So the text is looked at first, and only what is TeX goes to the
decoder.
"""

import re
from functools import lru_cache
from typing import Final

from pylatexenc.latex2text import LatexNodes2Text  # pyright: ignore[reportMissingTypeStubs] - has none

_DECODE: Final = LatexNodes2Text(math_mode="text", strict_latex_spaces=True, keep_comments=True)

# Pandoc's rule: no blank after the opening dollar or before the closing one, no digit after the closing one.
_MATHS: Final = re.compile(
    r"(?<![\\$])\$\$(?P<display>[^$]+)\$\$"
    r"|(?<![\\$])\$(?P<inline>[^\s$](?:[^$]*[^\s$\\])?)\$(?!\d)"
    r"|\\\((?P<round>.+?)\\\)"
    r"|\\\[(?P<square>.+?)\\\]",
    re.DOTALL,
)
_TEX: Final = re.compile(r"\\[A-Za-z'\"`^~=.&%$#_{}]|\{|``|''")
_LONE_PERCENT: Final = re.compile(r"(?<!\\)%")
_EMPTY: Final = re.compile(r"(?:^| )\(\s*\)")
_FONT: Final = re.compile(r"\\(?:texttt|textsf|textsl|textmd|textup|mbox|hbox|url)(?=\{)")
"""Macros that the decoder knows and whose contents it leaves out; without them the contents stay."""
_FIXED_SPACE: Final = re.compile(r"(?<=\w)~(?=\w)")
_DASHES: Final = re.compile(r"(?<!-)-{2,3}(?!-)")
_SUPERSCRIPTS: Final = str.maketrans("0123456789+-=()niTd*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵈ*")
_SUBSCRIPTS: Final = str.maketrans("0123456789+-=()aeijkmnoprstux", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₖₘₙₒₚᵣₛₜᵤₓ")
_UP: Final = re.compile(r"\^\{([0-9+\-=()niTd]{1,6})\}|\^([0-9niTd])(?![A-Za-z])")
_DOWN: Final = re.compile(r"_\{([0-9+\-=()aeijkmnoprstux]{1,6})\}|_([0-9aeijkmnoprstux])(?![A-Za-z])")
_GROUP: Final = re.compile(r"([\^_])\{([^{}\\]{2,})\}")
"""What there are no small letters for."""
_PRIVATE: Final = {"^": "\ue000", "_": "\ue001", "~": "\ue002", "&": "\ue003"}
"""Stand-ins for what the decoder would take for something else; out of Unicode's private use area."""
_ROMAN: Final = re.compile(r"\\(?:operatorname\*?|mathrm|text|mathsf|mathtt|mathit|mathbf|boldsymbol|bm|mbox)\b")
_FUNCTION: Final = re.compile(r"\\(ln|log|exp|sin|cos|tan|max|min|sup|inf|arg|det|dim|tr|Pr)(?![A-Za-z])")
_CURLY_LETTERS: Final = str.maketrans(
    {chr(code): chr(ord("A") + n) for n, code in enumerate(range(0x1D49C, 0x1D49C + 26))}
    | dict(zip("ℬℰℱℋℐℒℳℛ", "BEFHILMR", strict=True))
)
"""Few fonts have the script letters of ``\\mathcal``; a plain O(n) is as clear."""


@lru_cache(maxsize=4096)
def readable(text: str) -> str:
    """`text` on one line, its TeX as Unicode as far as that goes; what is no TeX stays as it is."""
    if not (_TEX.search(text) or "$" in text or _FIXED_SPACE.search(text) or "--" in text):
        return _one_line(text)
    parts: list[str] = []
    end = 0
    for maths in _MATHS.finditer(text):
        parts.append(_prose(text[end : maths.start()]))
        parts.append(_maths(next(group for group in maths.groups() if group is not None)))
        end = maths.end()
    parts.append(_prose(text[end:]))
    # A macro of the authors' own, like ``\ours``, leaves nothing, and then its brackets say nothing either.
    return _one_line(_EMPTY.sub("", "".join(parts)))


def _prose(text: str) -> str:
    text = _DASHES.sub("–", _FIXED_SPACE.sub(" ", text))
    if not _TEX.search(text):
        return text
    # A percent sign would be a comment that eats the rest, a dollar maths that never ends.
    held = _LONE_PERCENT.sub(r"\\%", _FONT.sub("", text))
    held = re.sub(r"(?<!\\)\$", r"\\$", held)
    for sign, stand_in in _PRIVATE.items():
        held = re.sub(rf"(?<!\\){re.escape(sign)}", stand_in, held)
    decoded = _decoded(held)
    for sign, stand_in in _PRIVATE.items():
        decoded = decoded.replace(stand_in, sign)
    return decoded


def _maths(text: str) -> str:
    text = _FUNCTION.sub(r" \1 ", _ROMAN.sub("", text))
    # The empty braces keep a small letter apart from the name of the symbol before it.
    text = _UP.sub(lambda found: "{}" + (found[1] or found[2]).translate(_SUPERSCRIPTS), text)
    text = _DOWN.sub(lambda found: "{}" + (found[1] or found[2]).translate(_SUBSCRIPTS), text)
    text = _GROUP.sub(r"\1(\2)", text)
    text = _LONE_PERCENT.sub(r"\\%", text)
    return re.sub(r"\s+", " ", _decoded(text)).strip().translate(_CURLY_LETTERS)


def _decoded(text: str) -> str:
    # It reads on over what it does not understand, and raises only on what is broken beyond that.
    try:
        return str(_DECODE.latex_to_text(text))
    except (ValueError, IndexError, KeyError, RecursionError):
        return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
