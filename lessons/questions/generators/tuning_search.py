"""Searching: the chances of random runs, and the scale to draw a setting on."""

from dataclasses import dataclass
from math import ceil, log, log10
from random import Random
from typing import Literal

from lessons.questions.apart import keep_apart
from lessons.questions.drawing import Draft, Redraw, Wrong
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, percent, short


@dataclass(frozen=True, slots=True)
class RandomSearch:
    """Independent runs with settings drawn by chance."""

    kind: Literal["chance", "runs"]
    best: int
    """The share of the space that is good enough, in per cent."""
    runs: int
    wanted: int
    """The chance to be reached, in per cent."""


def draw_random_search(dice: Random) -> RandomSearch:
    """Budgets of a study group: some runs, not thousands."""
    return RandomSearch(
        kind=dice.choice(("chance", "chance", "runs")),
        best=dice.choice((1, 2, 4, 5, 10, 20)),
        runs=dice.choice((3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40)),
        wanted=dice.choice((50, 60, 75, 80, 90, 95, 99)),
    )


def ask_random_search_chance(given: RandomSearch) -> Draft:
    """Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization"."""
    return _ask_chance(given) if given.kind == "chance" else _ask_runs(given)


def _ask_chance(given: RandomSearch) -> Draft:
    n, q = given.runs, given.best / 100
    right, missed = 1 - (1 - q) ** n, (1 - q) ** n
    if n * q > 1 or right > 0.985:
        raise Redraw
    keep_apart((right, missed, n * q, q), 0.005)
    return Draft(
        stem=(
            f"A random search makes {n} independent runs. What is the chance that at least one of them falls into the "
            f"best {given.best} % of the search space, in per cent with one decimal?"
        ),
        right=percent(right),
        wrong=(
            Wrong(
                percent(n * q),
                "added-the-chances",
                f"That is {n} · {given.best} %. Searches in which several runs hit are counted several times, and "
                "with enough runs the sum passes 100 %.",
            ),
            Wrong(
                percent(missed),
                "chance-that-all-miss",
                f"That is the chance that *all* {n} runs miss. At least one hit is the rest: 1 minus that.",
            ),
            Wrong(
                percent(q),
                "more-runs-do-not-help",
                f"That is the chance of a single run. Each of the {n} runs is another try, so together they hit more "
                "often.",
            ),
        ),
        solution=f"All miss with `{short(1 - q)}^{n} = {decimal(missed, 3)}`, so "
        f"`1 − {short(1 - q)}^{n} = {decimal(right, 3)}`: {percent(right)}",
        typed=Typed(100 * right, 0.06, "%"),
    )


def runs_needed(chance: float, best: float) -> int:
    """The smallest number of runs that hits the best share with at least that chance."""
    return ceil(round(log(1 - chance) / log(1 - best), 9))  # rounded, lest 1.0000000000000002 runs become 2


def _ask_runs(given: RandomSearch) -> Draft:
    q, wanted = given.best / 100, given.wanted / 100
    right = runs_needed(wanted, q)
    single, linear, swapped = -(-100 // given.best), -(-given.wanted // given.best), runs_needed(wanted, 1 - q)
    if right < 4:
        raise Redraw
    return Draft(
        stem=(
            f"How many independent random runs does a search need at least, so that with a chance of {given.wanted} % "
            f"or more one of them falls into the best {given.best} % of the search space?"
        ),
        right=str(right),
        wrong=tuple(
            each
            for each in (
                Wrong(
                    str(single),
                    "one-over-the-share",
                    f"That is 1 / {short(q)}: so many runs hit once *on average*, but often not at all. The "
                    f"chance of a "
                    f"hit is {percent(1 - (1 - q) ** single)}, not {given.wanted} %.",
                ),
                Wrong(
                    str(linear),
                    "added-the-chances",
                    f"That adds the runs' chances up to {given.wanted} %. Some runs hit together, so {linear} "
                    f"runs give "
                    f"only {percent(1 - (1 - q) ** linear)}.",
                ),
                Wrong(
                    str(swapped),
                    "swapped-hit-and-miss",
                    f"That takes powers of {short(q)}, the chance to hit. All runs miss with {short(1 - q)} to the "
                    "power of n.",
                ),
            )
            if abs(int(each.text) - right) > 1
        ),
        solution=f"All n miss with `{short(1 - q)}ⁿ ≤ {short(1 - wanted)}`, so "
        f"`n ≥ ln {short(1 - wanted)} / ln {short(1 - q)} = {decimal(log(1 - wanted) / log(1 - q), 1)}`: {right} runs",
        typed=Typed(right, unit="runs"),
    )


@dataclass(frozen=True, slots=True)
class LogScale:
    """A range of powers of ten for a setting, and what is asked of it."""

    kind: Literal["share", "waste", "value"]
    low: int
    high: int
    """Exponents of the limits."""
    cut: int
    """The exponent that divides the range."""
    setting: Literal["learning rate", "weight decay"] = "learning rate"


def draw_log_scale(dice: Random) -> LogScale:
    """Two to four decades, as for a learning rate or a weight decay."""
    low = dice.choice((-5, -4, -3))
    high = min(0, low + dice.choice((2, 3, 4)))
    kind, setting = dice.choice(("share", "waste", "value")), dice.choice(("learning rate", "weight decay"))
    return LogScale(kind, low, high, dice.randrange(low + 1, high), setting)


def ask_log_scale_sampling(given: LogScale) -> Draft:
    """A log-uniform draw gives each decade the same chance."""
    if given.kind == "value":
        return _ask_value(given)
    low, high, cut = (10.0**exponent for exponent in (given.low, given.high, given.cut))
    decades, below = given.high - given.low, given.cut - given.low
    logarithmic, linear = below / decades, (cut - low) / (high - low)
    limits = f"{short(low, 6)} to {short(high, 6)}"
    if given.kind == "share":
        right, counted = logarithmic, (below + 1) / (decades + 1)
        keep_apart((right, linear, 1 - right, counted), 0.01)
        return Draft(
            stem=(
                f"A {given.setting} is drawn from {limits}, uniformly on a *logarithmic* scale. What share of "
                f"the draws "
                f"falls below {short(cut, 6)}, in per cent with one decimal?"
            ),
            right=percent(right),
            wrong=(
                Wrong(
                    percent(linear),
                    "linear-scale",
                    f"That is the share on a *linear* scale. On a logarithmic one each of the {decades} decades "
                    f"gets the "
                    "same share.",
                ),
                Wrong(
                    percent(1 - right),
                    "share-above",
                    f"That is the share *above* {short(cut, 6)}: {decades - below} of {decades} decades.",
                ),
                Wrong(
                    percent(counted),
                    "counted-limits-not-steps",
                    f"That counts powers of ten, both ends included. From one to the next is *one* decade: {below} of "
                    f"{decades} lie below.",
                ),
            ),
            solution=f"{below} of {decades} decades lie below: `{below} / {decades} = {percent(right)}`",
            typed=Typed(100 * right, 0.06, "%"),
        )
    right = linear
    keep_apart((right, logarithmic, 1 - right, cut), 0.002)
    shown = 2 if right < 0.1 else 1
    return Draft(
        stem=(
            f"A {given.setting} is drawn from {limits}, uniformly on a *linear* scale. What share of the draws "
            f"falls below "
            f"{short(cut, 6)}, in per cent with {'two decimals' if shown == 2 else 'one decimal'}?"
        ),
        right=percent(right, shown),
        wrong=(
            Wrong(
                percent(logarithmic, shown),
                "logarithmic-scale",
                f"That is the share on a *logarithmic* scale, where each decade counts alike. Here it is the length "
                f"{short(cut - low, 6)} out of {short(high - low, 6)}.",
            ),
            Wrong(
                percent(1 - right, shown),
                "share-above",
                f"That is the share *above* {short(cut, 6)}, where a linear scale spends nearly all of its runs.",
            ),
            Wrong(
                percent(cut, shown),
                "limit-taken-for-share",
                f"That reads {short(cut, 6)} itself as a share. Divide the length below it by the length of the whole "
                "range.",
            ),
        ),
        solution=f"`({short(cut, 6)} − {short(low, 6)}) / ({short(high, 6)} − {short(low, 6)}) = "
        f"{percent(right, shown)}`. On a logarithmic scale it would be {percent(logarithmic)}.",
        typed=Typed(100 * right, 0.6 * 10.0**-shown, "%"),
    )


def _figures(value: float) -> str:
    """Three significant figures without powers of ten."""
    return short(value, 2 - int(log10(value) // 1))


def _ask_value(given: LogScale) -> Draft:
    low, high = 10.0**given.low, 10.0**given.high
    decades, below = given.high - given.low, given.cut - given.low
    u = below / decades
    if u not in {0.25, 0.5, 0.75}:
        raise Redraw
    right = 10.0**given.cut
    linear = low + u * (high - low)
    return Draft(
        stem=(
            f"A {given.setting} from {short(low, 6)} to {short(high, 6)} is drawn uniformly on a logarithmic "
            f"scale. The random "
            f"number is `u = {short(u)}` (0 is the lower limit, 1 the upper). Which {given.setting} is that, to three "
            "significant figures?"
        ),
        right=_figures(right),
        wrong=(
            Wrong(
                _figures(linear),
                "linear-scale",
                f"That goes {short(u)} of the way on a *linear* scale. Go that far between the exponents, "
                f"{short(given.low)} "
                f"and {short(given.high)}.",
            ),
            Wrong(
                _figures(10.0 ** (given.high - u * decades)),
                "from-the-other-end",
                "That starts at the upper limit and goes down. u = 0 is the lower limit, so go up from it.",
            ),
            Wrong(
                _figures(10.0 ** (given.low + u * (decades + 1))),
                "counted-limits-not-steps",
                f"That takes {decades + 1} decades, counting both ends. From {short(low, 6)} to {short(high, 6)} it is "
                f"{decades} steps of ten.",
            ),
            Wrong(
                _figures(10.0 ** (given.low - u * given.low)),
                "went-up-to-one",
                f"That goes {short(u)} of the way from {short(low, 6)} to 1. The range ends at {short(high, 6)}.",
            ),
        ),
        solution=f"Exponent `{short(given.low)} + {short(u)} · {decades} = {short(given.cut)}`, so `{_figures(right)}`",
        typed=Typed(right, right * 0.006),
    )
