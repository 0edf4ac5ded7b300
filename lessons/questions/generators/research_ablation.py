"""Research: reading an ablation table."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw, Wrong
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import decimal

PARTS = ("gating", "mixing", "rescaling", "routing", "smoothing", "warping")
"""Names of parts that say nothing on how good they are."""


def _points(value: float) -> str:
    return f"{decimal(value, 1)} points"


@dataclass(frozen=True, slots=True)
class Ablation:
    """An ablation table: the full model, and what is left without each part."""

    kind: Literal["which", "worth", "together"]
    parts: tuple[str, ...]
    full: float
    """Accuracy in per cent, like the other figures."""
    without: tuple[float, ...]
    """Of the model without that part alone."""
    bare: float
    """Of the model with none of the parts."""
    weights: tuple[float, ...]
    """Of the model without that part, in millions."""
    title: int
    """The part that the paper's title names."""
    asked: int

    @property
    def drops(self) -> tuple[float, ...]:
        """What each part brings."""
        return tuple(round(self.full - each, 1) for each in self.without)


def draw_ablation_reading(dice: Random) -> Ablation:
    """Four parts whose drops differ by more than a few tenths; one may even do harm."""
    full = round(dice.uniform(78, 94), 1)
    drops = dice.sample((-0.4, 0.2, 0.6, 1.0, 1.4, 1.9, 2.5, 3.1, 3.8), 4)
    title, asked = dice.randrange(4), dice.randrange(4)
    return Ablation(
        kind=dice.choice(("which", "which", "worth", "together")),
        parts=tuple(dice.sample(PARTS, 4)),
        full=full,
        without=tuple(round(full - drop, 1) for drop in drops),
        bare=round(full - dice.choice((4.4, 5.2, 6.3, 7.1, 8.5)), 1),
        weights=tuple(dice.sample((9.1, 9.8, 10.4, 10.9, 11.3, 11.8), 4)),
        title=title,
        asked=asked,
    )


FULL_WEIGHTS = 12.0


def ask_ablation_reading(given: Ablation) -> Draft:
    """A part is worth what is lost when it alone is taken out."""
    match given.kind:
        case "which":
            return _ask_which(given)
        case "worth":
            return _ask_worth(given)
        case "together":
            return _ask_together(given)


def _ask_which(given: Ablation) -> Draft:
    parts, drops = given.parts, given.drops
    best, least = drops.index(max(drops)), drops.index(min(drops))
    heavy = given.weights.index(min(given.weights))
    second = drops.index(sorted(drops)[-2])
    if best in (given.title, heavy):
        raise Redraw
    name = parts[best]
    wrong = [
        Wrong(
            parts[least],
            "took-the-highest-row",
            f"Without {parts[least]} the model is at its *best*, so that part brings least. Look for the largest drop.",
        ),
        Wrong(
            parts[given.title],
            "believed-the-title",
            f"The title names it, the table does not: without {parts[given.title]} only {_points(drops[given.title])} "
            f"are lost, without {name} {_points(drops[best])}.",
        ),
        Wrong(
            parts[heavy],
            "largest-part-brings-most",
            f"{parts[heavy].capitalize()} has the most weights. What a part brings is read from the accuracy without "
            "it.",
        ),
        Wrong(
            parts[second],
            "second-largest-drop",
            f"Close: without {parts[second]} {_points(drops[second])} are lost, but without {name} "
            f"{_points(drops[best])}.",
        ),
    ]
    return Draft(
        stem=(
            f"A paper called “{parts[given.title].capitalize()} is what you need” has this ablation table: the full "
            "model, and the model without one part at a time. Judged by accuracy, which part brings the most?"
        ),
        right=name,
        wrong=wrong,
        solution=(
            f"`{decimal(given.full, 1)} − {decimal(given.without[best], 1)} = {decimal(drops[best], 1)}` points, the "
            "largest drop"
        ),
        picture=GridPicture(
            cells=(
                (decimal(given.full, 1), decimal(FULL_WEIGHTS, 1)),
                *((decimal(a, 1), decimal(w, 1)) for a, w in zip(given.without, given.weights, strict=True)),
            ),
            rows=("full", *(f"without {part}" for part in parts)),
            columns=("accuracy, %", "weights, million"),
        ),
    )


def _ask_worth(given: Ablation) -> Draft:
    asked, drops = given.asked, given.drops
    name, right = given.parts[asked], drops[asked]
    whole, above_bare = given.full - given.bare, given.without[asked] - given.bare
    other = drops[(asked + 1) % len(drops)]
    return Draft(
        stem=(
            f"This ablation table shows the accuracy of the full model, of the model without one part at a time, and "
            f"of the bare model with none of them. How many percentage points does *{name}* bring to the full model?"
        ),
        right=_points(right),
        wrong=apart(
            right,
            (
                (
                    above_bare,
                    "compared-with-the-bare-model",
                    (
                        f"That is what the *other* parts bring together. {name.capitalize()} is worth what the full "
                        "model loses without it."
                    ),
                ),
                (
                    whole,
                    "took-the-whole-gain",
                    "That is what all parts bring together. Compare the full model with the row without this part.",
                ),
                (
                    whole / len(drops),
                    "shared-evenly",
                    "That shares the whole gain evenly. The table shows that the parts bring different amounts.",
                ),
                (
                    -right,
                    "turned-the-sign-over",
                    f"Taking {name} out *changes* the accuracy by that much; what it brings has the other sign.",
                ),
                (
                    other,
                    "read-the-wrong-row",
                    f"That is what {given.parts[(asked + 1) % len(drops)]} brings: another row.",
                ),
            ),
            _points,
            0.25,
        ),
        solution=f"`{decimal(given.full, 1)} − {decimal(given.without[asked], 1)} = {decimal(right, 1)}` points",
        typed=Typed(right, 0.06, "percentage points"),
        picture=GridPicture(
            cells=(
                (decimal(given.full, 1),),
                *((decimal(each, 1),) for each in given.without),
                (decimal(given.bare, 1),),
            ),
            rows=("full", *(f"without {part}" for part in given.parts), "bare"),
            columns=("accuracy, %",),
            marked=(1 + asked, 0),
        ),
    )


def _ask_together(given: Ablation) -> Draft:
    first, second = given.parts[:2]
    one, two = (round(given.full - drop - 2, 1) for drop in given.drops[:2])
    neither = given.bare
    gains = round(one - neither, 1), round(two - neither, 1)
    both = round(given.full - neither, 1)
    right = round(both - sum(gains), 1)
    if min(gains) < 0.5 or abs(right) < 0.3 or given.full <= max(one, two):
        raise Redraw
    return Draft(
        stem=(
            f"The table shows the accuracy with neither, one or both of two new parts, {first} and {second}. How many "
            "points does the gain of both lie above the *sum* of what each gains alone (negative: below it)?"
        ),
        right=_points(right),
        wrong=apart(
            right,
            (
                (
                    both,
                    "took-the-joint-gain",
                    "That is the gain of both over neither. Take off what each gains on its own.",
                ),
                (
                    -right,
                    "turned-the-sign-over",
                    (
                        f"The other way round: together they gain {_points(both)}, one by one {_points(sum(gains))} in "
                        "sum."
                    ),
                ),
                (
                    both - max(gains),
                    "compared-with-the-better",
                    "That is what both gain over the *better* of the two. Take off the other one's gain as well.",
                ),
                (
                    0.0,
                    "gains-always-add-up",
                    "Gains need not add up: two parts may mend the same mistakes, or need each other.",
                ),
            ),
            _points,
            0.25,
        ),
        solution=f"Both gain {decimal(both, 1)}, alone {decimal(gains[0], 1)} and {decimal(gains[1], 1)}: "
        f"`{decimal(both, 1)} − {decimal(gains[0], 1)} − {decimal(gains[1], 1)} = {decimal(right, 1)}`",
        typed=Typed(right, 0.06, "percentage points"),
        picture=GridPicture(
            cells=tuple((decimal(each, 1),) for each in (neither, one, two, given.full)),
            rows=("neither", f"{first} alone", f"{second} alone", "both"),
            columns=("accuracy, %",),
        ),
    )
