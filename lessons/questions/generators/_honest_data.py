"""Data that says what it seems to: splits without leaks, flips that keep the label."""

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import count, percent, short


@dataclass(frozen=True, slots=True)
class LeakySplit:
    """A test set some of whose pictures also stand in the training data, and how many were recognised."""

    copies: int
    copies_right: int
    new: int
    new_right: int


def draw_leaky_split(dice: Random) -> LeakySplit:
    """Copies are recognised almost always, new pictures less often."""
    total = dice.choice((400, 500, 600, 800, 1000))
    copies = total * dice.choice((10, 20, 25, 30, 40, 50)) // 100
    new = total - copies
    share = dice.choice((50, 60, 65, 70, 75, 80))
    return LeakySplit(copies, copies - dice.choice((0, 0, 2, 4)), new, new * share // 100)


def ask_leak_free_split(given: LeakySplit) -> Draft:
    """What the model has seen says nothing on new pictures: only the others count."""
    total, hits = given.copies + given.new, given.copies_right + given.new_right
    right = 100 * given.new_right / given.new
    if right * 10 % 1:
        raise Redraw

    def write(value: float) -> str:
        return percent(value / 100)

    return Draft(
        stem=(
            f"Of {count(total)} test pictures, {given.copies} turn out to be copies of training pictures. The "
            f"model got "
            f"{given.copies_right} of these copies right, and {given.new_right} of the other {given.new} "
            f"pictures. Which "
            "accuracy do these test pictures support for new pictures (in %, one decimal)?"
        ),
        right=write(right),
        wrong=apart(
            right,
            (
                (
                    100 * hits / total,
                    "counted-the-copies",
                    (
                        f"That counts the {given.copies} copies too. The model had their answers in training, so "
                        f"they say nothing on new pictures."
                    ),
                ),
                (
                    100 * given.new_right / total,
                    "kept-the-full-count",
                    (
                        f"That takes the copies out above the line, but not below: only {given.new} pictures are "
                        f"left to divide by."
                    ),
                ),
                (
                    100 * given.copies_right / given.copies,
                    "took-the-memorised-part",
                    "That is the accuracy on the copies, which were learned by heart. The other pictures are the test.",
                ),
                (
                    50 * (given.copies_right / given.copies + given.new_right / given.new),
                    "averaged-the-two",
                    "That averages copies and new pictures. The copies do not belong in the figure at all.",
                ),
                (
                    100 - right,
                    "gave-the-error-rate",
                    (
                        f"That is the share of errors among the other {given.new}. The accuracy is the share that "
                        f"is right."
                    ),
                ),
            ),
            write,
            0.9,
        ),
        solution=(
            f"Without the copies: `{given.new_right} / {given.new} = {write(right)}`. With them it would seem to be "
            f"`{hits} / {count(total)} = {write(100 * hits / total)}`."
        ),
        typed=Typed(right, tolerance=0.06, unit="%"),
        picture=GridPicture(
            cells=(
                (str(given.copies_right), str(given.copies - given.copies_right)),
                (str(given.new_right), str(given.new - given.new_right)),
            ),
            rows=("copies", "others"),
            columns=("right", "wrong"),
            row_label="test pictures",
            column_label="the model's answers",
        ),
    )


MIRROR: Final = frozenset("AHIMOTUVWXY")
"""Plain capitals that a mirror (left and right swapped) leaves as they are."""
UPENDED: Final = frozenset("CDEHIOX")
"""Those that look the same with top and bottom swapped."""
TURNED: Final = frozenset("HINOSXZ")
"""Those that look the same after half a turn."""
LETTERS: Final = "ACDEFHILMNOPRSTUVWXYZ"
"""Letters on which plain fonts agree; B, K, G, J and Q are left out."""

Move = Literal["mirrored", "upended", "turned"]
KEPT: Final[dict[Move, frozenset[str]]] = {"mirrored": MIRROR, "upended": UPENDED, "turned": TURNED}
_WORDS: Final[dict[Move, str]] = {
    "mirrored": "flips pictures left to right",
    "upended": "flips pictures top to bottom",
    "turned": "turns pictures by 180°",
}


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Classes of a data set of printed capitals, and what an augmentation does to each picture."""

    letters: str
    move: Move


def draw_augmentation(dice: Random) -> Augmentation:
    """Six classes."""
    return Augmentation("".join(sorted(dice.sample(LETTERS, 6))), dice.choice(("mirrored", "upended", "turned")))


def ask_label_preserving_augmentation(given: Augmentation) -> Draft:
    """An augmentation is safe for a class if the picture still shows that class."""
    kept = [letter for letter in given.letters if letter in KEPT[given.move]]
    right, total = len(kept), len(given.letters)
    if not 0 < right < total:
        raise Redraw
    lost = ", ".join(letter for letter in given.letters if letter not in kept)
    others = tuple(
        (
            sum(letter in KEPT[move] for letter in given.letters),
            f"took-another-move-{move}",
            (
                f"That is the count for an augmentation that {_WORDS[move]}. This one {_WORDS[given.move]}, and the "
                f"same letter remains for {', '.join(kept)}."
            ),
        )
        for move in KEPT
        if move != given.move
    )
    return Draft(
        stem=(
            f"A classifier learns six printed capitals: `{' '.join(given.letters)}` (plain, without serifs). An "
            f"augmentation {_WORDS[given.move]}. For how many of the six classes does the picture still show "
            f"the same letter?"
        ),
        right=str(right),
        wrong=apart(
            right,
            (
                *others,
                (
                    total,
                    "thought-flips-are-always-safe",
                    (
                        f"Not every class survives: {lost} {'is' if len(lost) == 1 else 'are'} no longer what the "
                        f"label says."
                    ),
                ),
                (0, "thought-flips-are-never-safe", f"Symmetric letters look the same afterwards: {', '.join(kept)}."),
                (
                    total - right,
                    "counted-the-spoilt-ones",
                    f"Those are the classes whose label becomes wrong: {lost}. The question is how many stay true.",
                ),
            ),
            short,
            1,
        ),
        solution=f"The same letter: {', '.join(kept)}, so `{right}`. Not: {lost}.",
        typed=Typed(right, unit="classes"),
    )
