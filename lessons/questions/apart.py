"""Options of numeric questions that are far enough apart to be told from each other."""

from collections.abc import Callable, Iterable
from itertools import combinations

from lessons.questions.drawing import Redraw, Wrong


def apart(
    right: float, wrong: Iterable[tuple[float, str, str]], write: Callable[[float], str], gap: float
) -> tuple[Wrong, ...]:
    """The misconceptions whose values keep a distance from the answer and from each other.

    Args:
        right: The answer.
        wrong: What each mistake gives, its name, and its feedback; of two near ones the first stays.
        write: A value as an option's text.
        gap: The smallest distance, clearly more than the tolerance of a typed answer.
    """
    kept, taken = list[Wrong](), [right]
    for value, misconception, feedback in wrong:
        if all(abs(value - other) >= gap for other in taken):
            taken.append(value)
            kept.append(Wrong(write(value), misconception, feedback))
    return tuple(kept)


def keep_apart(values: Iterable[float], gap: float) -> None:
    """Two options that nearly agree make no good question.

    Raises:
        Redraw: Two of the values are closer than `gap`.
    """
    if any(abs(one - other) < gap for one, other in combinations(values, 2)):
        raise Redraw
