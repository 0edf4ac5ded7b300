"""What a question shows, as a picture, and in words for those who do not see it."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final

from bot.pictures.convolution import draw_convolution, movement
from bot.pictures.curves import draw_curves
from bot.pictures.grids import draw_grid
from bot.pictures.theme import ThemeName
from bot.pictures.theme import theme as theme_of
from lessons.questions.model import ConvolutionPicture, CurvesPicture, GridPicture, QuestionPicture

DESCRIPTION_MAX: Final = 1_000
"""Characters of a description; Discord takes 1,024."""


def draw_question(picture: QuestionPicture, *, theme: ThemeName = "dark") -> bytes:
    """A PNG, 900 pixels wide; it is made for phones that show it 360 to 400 wide.

    It keeps one core busy for a moment, so call it in a thread. The same arguments give the same picture on
    one machine.

    Raises:
        OSError: a font file is missing.
    """
    colours = theme_of(theme)
    match picture:
        case ConvolutionPicture():
            return draw_convolution(picture, colours)
        case CurvesPicture():
            return draw_curves(picture, colours)
        case GridPicture():
            return draw_grid(picture, colours)


def describe_question(picture: QuestionPicture) -> str:
    """The picture in words and numbers, for its description; at most ``DESCRIPTION_MAX`` characters.

    It has every number, but of curves with very many points only as many as fit, their lowest and highest
    among them.
    """
    match picture:
        case ConvolutionPicture():
            text = _convolution(picture)
        case CurvesPicture():
            text = _curves(picture)
        case GridPicture():
            text = _grid(picture)
    return text if len(text) <= DESCRIPTION_MAX else f"{text[: DESCRIPTION_MAX - 1].rstrip()}…"


def _convolution(picture: ConvolutionPicture) -> str:
    def lines(of: Sequence[Sequence[int]]) -> str:
        return "; ".join(", ".join(map(number, line)) for line in of)

    size = f"{len(picture.values)} × {len(picture.values[0])}"
    text = (
        f"A convolution. Input {size}, row by row: {lines(picture.values)}. Filter, row by row: "
        f"{lines(picture.kernel)}. Moved with {movement(picture)}."
    )
    if picture.marked is None:
        return text
    row, column = picture.marked
    return f"{text} Asked for: the output in row {row + 1}, column {column + 1}, counted from 1."


def _curves(picture: CurvesPicture) -> str:
    count = max(map(len, picture.values))
    every = 1
    text = _listed(picture, count, every)
    while len(text) > DESCRIPTION_MAX and every < count:
        every += 1
        text = _listed(picture, count, every)
    return text


def _listed(picture: CurvesPicture, count: int, every: int) -> str:
    """The values of each curve: all of them, or every so many, with the lowest and the highest."""
    kind = "A curve" if len(picture.names) == 1 else "Curves"
    text = f"{kind} of {picture.y_label} by {picture.x_label}, {picture.x_label} 1 to {count}"
    if every == 1:
        curves = zip(picture.names, picture.values, strict=True)
        return f"{text}. " + " ".join(f"{name}: {', '.join(map(number, curve))}." for name, curve in curves)
    parts = [f"{text}, about every {every}."]
    for name, curve in zip(picture.names, picture.values, strict=True):
        parts.append(f"{name}: {', '.join(f'{place + 1}: {number(curve[place])}' for place in _chosen(curve, every))}.")
    return " ".join(parts)


def _chosen(curve: Sequence[float], every: int) -> list[int]:
    finite = [place for place, value in enumerate(curve) if isfinite(value)]
    kept = {*range(0, len(curve), every), len(curve) - 1}
    if finite:
        kept |= {min(finite, key=curve.__getitem__), max(finite, key=curve.__getitem__)}
    return sorted(kept)


def _grid(picture: GridPicture) -> str:
    return " ".join(_grid_parts(picture))


def _grid_parts(picture: GridPicture) -> Iterator[str]:
    across, down = picture.column_label, picture.row_label
    yield f"A table of {_many(len(picture.cells), 'row')} and {_many(len(picture.cells[0]), 'column')}."
    if picture.columns:
        yield f"Columns{f' ({across})' if across else ''}: {', '.join(picture.columns)}."
    elif across:
        yield f"Columns: {across}."
    if down:
        yield f"Rows: {down}."
    for index, line in enumerate(picture.cells):
        yield f"{_row_name(picture, index)}: {', '.join(line)}."
    if picture.marked is not None:
        row, column = picture.marked
        name = picture.columns[column] if picture.columns else str(column + 1)
        yield f"Marked: row {_row_name(picture, row).removeprefix('Row ')}, column {name}."


def _row_name(picture: GridPicture, index: int) -> str:
    return picture.rows[index] if picture.rows else f"Row {index + 1}"


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def number(value: float) -> str:
    """A number as it is read out: four digits that count, with a real minus."""
    if not isfinite(value):
        return "no number"
    if value and not 1e-4 <= abs(value) < 1e6:
        digits, power = f"{value:.2e}".split("e")
        return f"{digits.rstrip('0').rstrip('.')} × 10^{int(power)}".replace("-", "−")
    text = f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    return text.replace("-", "−")
