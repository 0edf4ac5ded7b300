"""Transfer learning: what is still trained, how much to unfreeze, and the preprocessing that weights expect."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw, Wrong
from lessons.questions.generators._freezing import ask_trainable_after_freeze, draw_frozen
from lessons.questions.generators._pretrained import ask_pretrained_preprocessing, draw_pixel
from lessons.questions.generators._slips import Slip
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import short


@dataclass(frozen=True, slots=True)
class Arms:
    """Accuracy in % of four ways of training, as (training, validation), and what is asked."""

    kind: Literal["choose", "transfer", "tuning"]
    scratch: tuple[int, int]
    frozen: tuple[int, int]
    top: tuple[int, int]
    everything: tuple[int, int]


NAMES: Final = ("from random weights", "frozen, new head only", "last stage unfrozen", "everything unfrozen")


def draw_arms(dice: Random) -> Arms:
    """Each of the three pretrained ways is best in a third of the draws; the more is trained, the larger the gap."""
    best, level = dice.randrange(3), dice.randint(84, 94)
    frozen, top, everything = (level if place == best else level - dice.randint(3, 12) for place in range(3))
    scratch = dice.randint(48, 68)

    def arm(validation: int, least: int, most: int) -> tuple[int, int]:
        return min(100, validation + dice.randint(least, most)), validation

    return Arms(
        kind=dice.choice(("choose", "choose", "transfer", "tuning")),
        scratch=arm(scratch, 8, 30),
        frozen=arm(frozen, 1, 3),
        top=arm(top, 4, 7),
        everything=arm(everything, 5, 20),
    )


def ask_choose_freezing(given: Arms) -> Draft:
    """Validation accuracy decides, and gains are differences of it (Kornblith et al. 2019 compare such ways)."""
    validations = [given.scratch[1], given.frozen[1], given.top[1], given.everything[1]]
    if len(set(validations)) < len(validations):
        raise Redraw
    return _ask_choice(given) if given.kind == "choose" else _ask_gain(given)


def _points(value: float) -> str:
    return f"{short(value)} point{'' if abs(value) == 1 else 's'}"


def _table(given: Arms) -> GridPicture:
    arms = (given.scratch, given.frozen, given.top, given.everything)
    return GridPicture(
        cells=tuple((str(train), str(validation)) for train, validation in arms),
        rows=NAMES,
        columns=("training", "validation"),
        column_label="accuracy in %",
    )


def _ask_choice(given: Arms) -> Draft:
    arms = (given.scratch, given.frozen, given.top, given.everything)
    best = max(range(4), key=lambda place: arms[place][1])
    by_training = max(range(4), key=lambda place: arms[place][0])
    by_gap = min(range(4), key=lambda place: arms[place][0] - arms[place][1])
    gaps = [train - validation for train, validation in arms]
    lead = arms[best][1] - max(arms[place][1] for place in range(4) if place != best)
    if lead < 3 or gaps.count(min(gaps)) > 1 or best == 0:
        raise Redraw
    if [train for train, _ in arms].count(arms[by_training][0]) > 1:
        raise Redraw
    others = [
        Wrong(
            NAMES[place],
            name,
            f"{reason} On validation data it gets {arms[place][1]} %, and “{NAMES[best]}” gets {arms[best][1]} %.",
        )
        for place, name, reason in (
            (by_training, "chose-by-training-accuracy", "That has the best *training* accuracy."),
            (by_gap, "chose-the-smallest-gap", "That has the smallest gap, but a small gap alone wins nothing."),
            (1, "always-freeze", "Freezing everything is the safe choice, not always the best one."),
            (3, "always-unfreeze", "More freedom is not always better: it can also be used to overfit."),
            (2, "always-the-middle", "The middle way is often good, but it is not a rule."),
        )
        if place != best
    ]
    return Draft(
        stem=(
            "Four ways of training were tried on the same split, with 2,000 pictures for validation. The table shows "
            "their accuracy in %. Which one should be taken, if quality on new pictures is all that counts?"
        ),
        right=NAMES[best],
        wrong=others,
        solution=(
            f"“{NAMES[best]}” has the best validation accuracy, {arms[best][1]} %, {_points(lead)} ahead of the next. "
            f"Its gap to training, {_points(gaps[best])}, does not matter for the choice."
        ),
        picture=_table(given),
    )


def _ask_gain(given: Arms) -> Draft:
    arms = (given.scratch, given.frozen, given.top, given.everything)
    if given.kind == "transfer":
        right = given.frozen[1] - given.scratch[1]
        control, against, gained = given.scratch, "random weights", given.frozen
        stem = (
            "The table shows accuracy in % on the same split. How many percentage points of validation accuracy do the "
            "pretrained features give, with nothing but a new head trained, over training from random weights?"
        )
    else:
        right = given.everything[1] - given.frozen[1]
        control, against, gained = given.frozen, "the frozen features", given.everything
        stem = (
            "The table shows accuracy in % on the same split. How many percentage points of validation accuracy does "
            "unfreezing everything give over the frozen backbone with a new head? A loss counts as negative."
        )
    if abs(right) < 2:
        raise Redraw
    best = max(validation for _, validation in arms)
    return Draft(
        stem=stem,
        right=_points(right),
        wrong=apart(
            right,
            (
                Slip(
                    gained[0] - control[0],
                    "compared-training-accuracy",
                    f"That compares the training column, {gained[0]} − {control[0]}. What counts is how it does on "
                    "pictures it was not trained on.",
                ),
                Slip(
                    gained[0] - gained[1],
                    "gave-the-gap",
                    f"That is the gap between training and validation in one row, {gained[0]} − {gained[1]}: how far "
                    "it overfits, not what it gains.",
                ),
                Slip(
                    gained[1] - (given.scratch if given.kind == "tuning" else given.top)[1],
                    "took-another-baseline",
                    f"That compares with another row. The question's baseline is {against}, at {control[1]} %.",
                ),
                Slip(
                    best - control[1],
                    "took-the-best-row",
                    f"That takes the best row, {best} %. The question names another: it gets {gained[1]} %.",
                ),
                Slip(
                    -right,
                    "turned-the-difference-round",
                    f"That subtracts the wrong way round. The gain is {gained[1]} − {control[1]}.",
                ),
            ),
            _points,
            1,
        ),
        solution=f"Validation less its baseline: `{gained[1]} − {control[1]} = {short(right)}` percentage points.",
        typed=Typed(right, unit="points"),
        picture=_table(given),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("trainable_after_freeze", draw_frozen, ask_trainable_after_freeze),
    Generator("choose_freezing", draw_arms, ask_choose_freezing),
    Generator("pretrained_preprocessing", draw_pixel, ask_pretrained_preprocessing),
)
"""The questions of this topic."""
