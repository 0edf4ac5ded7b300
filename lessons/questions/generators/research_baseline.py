"""Research: giving a baseline the same chances."""

from dataclasses import dataclass
from random import Random
from statistics import mean
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import decimal, percent, short


@dataclass(frozen=True, slots=True)
class Chances:
    """What a new method and its baseline were given."""

    kind: Literal["seeds", "tries", "compute"]
    new: tuple[float, ...]
    """Accuracies in per cent, one a seed."""
    baseline: tuple[float, ...]
    tries: tuple[int, int]
    """How many settings were tried for the new method and for the baseline."""
    runs: int
    epochs: tuple[int, int]
    """Of one run, new and baseline."""
    cost: int
    """How many times as long as the baseline's one epoch of the new method takes."""


def draw_fair_baseline(dice: Random) -> Chances:
    """Seeds that spread about as much as the methods differ; budgets that divide well."""
    centre, gain = dice.uniform(80, 93), dice.choice((-0.2, 0.1, 0.3, 0.6))
    return Chances(
        kind=dice.choice(("seeds", "tries", "compute")),
        new=tuple(round(centre + gain + dice.gauss(0, 0.7), 1) for _ in range(5)),
        baseline=tuple(round(centre + dice.gauss(0, 0.7), 1) for _ in range(5)),
        tries=(dice.choice((4, 5, 9, 10, 15, 19, 20, 30, 40, 49)), dice.choice((1, 1, 1, 2, 3, 5, 10))),
        runs=dice.choice((4, 6, 10, 12, 20, 30, 40, 50)),
        epochs=(dice.choice((5, 10, 20, 30, 60, 90)), dice.choice((5, 10, 15, 30, 60))),
        cost=dice.choice((2, 3, 4, 5)),
    )


def ask_fair_baseline(given: Chances) -> Draft:
    """Equal seeds, equal tuning, equal compute."""
    match given.kind:
        case "seeds":
            return _ask_seeds(given)
        case "tries":
            return _ask_tries(given)
        case "compute":
            return _ask_compute(given)


def _ask_seeds(given: Chances) -> Draft:
    new, base = given.new, given.baseline
    right = mean(new) - mean(base)
    if abs(right) < 0.05 or max(new) - mean(base) < 0.4:
        raise Redraw

    def points(value: float) -> str:
        return f"{decimal(value)} points"

    return Draft(
        stem=(
            f"A paper claims a gain of {decimal(max(new) - mean(base))} points: its best seed against the baseline's "
            "mean over the same number of seeds. The table shows all seeds. By how many points does the new method "
            "lead by the means of both, to two decimals (negative: it lies behind)?"
        ),
        right=points(right),
        wrong=apart(
            right,
            (
                (
                    max(new) - mean(base),
                    "best-against-mean",
                    "That is the paper's own figure. A best seed against a mean also counts the luck of the best.",
                ),
                (
                    max(new) - max(base),
                    "best-against-best",
                    "That treats both alike, but the best of five hangs on one lucky seed. Asked are the means.",
                ),
                (
                    max(new) - min(base),
                    "best-against-worst",
                    "That is the best seed against the worst. It shows the spread, not the difference.",
                ),
                (
                    new[0] - base[0],
                    "one-seed-is-enough",
                    "That compares the first seeds only. With another seed it could turn over.",
                ),
            ),
            points,
            0.06,
        ),
        solution=f"`{decimal(mean(new))} − {decimal(mean(base))} = {decimal(right)}`",
        typed=Typed(right, 0.012, "percentage points"),
        picture=GridPicture(
            cells=(tuple(decimal(each, 1) for each in new), tuple(decimal(each, 1) for each in base)),
            rows=("new", "baseline"),
            columns=("1", "2", "3", "4", "5"),
            row_label="accuracy, %",
            column_label="seed",
        ),
    )


def _ask_tries(given: Chances) -> Draft:
    new, base = given.tries
    if new <= base:
        raise Redraw
    right = new / (new + base)
    times = "once" if base == 1 else f"{base} times"
    wrong = (
        (
            0.5,
            "equal-methods-tie",
            f"That would hold for equal tries. Here the best of {new} faces the best of {base}.",
        ),
        (
            1 - 0.5**new,
            "coin-for-each-try",
            (
                f"That tosses a coin for each of the {new} tries. They all face the *same* best of the "
                "baseline, so they are not independent of each other."
            ),
        ),
        (
            base / (new + base),
            "took-the-baseline",
            f"That is the chance that the baseline wins, with its {base} of {new + base} tries.",
        ),
        (
            1 - base / new,
            "ratio-of-the-tries",
            (
                f"Each of all {new + base} tries is equally likely to be the best, so divide by {new + base}, "
                f"not by {new}."
            ),
        ),
    )
    return Draft(
        stem=(
            f"A new method is trained with {new} random settings, its baseline with {'one' if base == 1 else base}, "
            "and the best score of each is reported. In truth both are equally good: all scores are drawn "
            "independently from one continuous distribution. What is the chance that the new method wins, in per cent "
            "with one decimal?"
        ),
        right=percent(right),
        wrong=apart(right, (each for each in wrong if each[0] < 0.9985), percent, 0.008),
        solution=f"The best of all {new + base} scores is equally likely to be any of them, and the baseline drew "
        f"{times}: `{new} / {new + base} = {percent(right)}`",
        typed=Typed(100 * right, 0.06, "%"),
    )


def _ask_compute(given: Chances) -> Draft:
    (long, short_one), runs, cost = given.epochs, given.runs, given.cost
    right = runs * long * cost / short_one
    if right != round(right) or right > 600 or long == short_one or right == runs:
        raise Redraw
    wrong = (
        (
            runs,
            "same-number-of-runs",
            (
                f"Equal runs are not equal compute: they have {long} and {short_one} epochs, and the new ones "
                f"cost {cost} times as much."
            ),
        ),
        (
            runs * long / short_one,
            "forgot-the-cost",
            f"That makes the epochs equal. Each of the new method's costs {cost} of the baseline's.",
        ),
        (
            runs * cost,
            "forgot-the-length",
            f"That leaves out that the runs differ in length: {long} epochs against {short_one}.",
        ),
        (
            runs * long / (short_one * cost),
            "divided-by-the-cost",
            f"That gives the baseline less. The new epochs are {cost} times as dear, so it gets *more* runs.",
        ),
    )
    return Draft(
        stem=(
            f"A new method was tuned with {runs} runs of {long} epochs; each of its epochs takes {cost} times as long "
            f"as one of the baseline. A baseline run has {short_one} epochs. How many baseline runs cost the same "
            "compute, so that the comparison is fair?"
        ),
        right=f"{short(right)} runs",
        wrong=apart(
            right, (each for each in wrong if each[0] == round(each[0]) > 1), lambda n: f"{short(n)} runs", 0.9
        ),
        solution=f"`{runs} · {long} · {cost} / {short_one} = {short(right)}`",
        typed=Typed(right, unit="runs"),
    )
