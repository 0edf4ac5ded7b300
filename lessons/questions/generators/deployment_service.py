"""Deployment: what a model does when it serves: evaluation mode, and how long requests take."""

from dataclasses import dataclass
from math import ceil
from random import Random
from statistics import mean, median
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, percent, short


@dataclass(frozen=True, slots=True)
class Mode:
    """A layer that differs between training and evaluation, and what it gets."""

    kind: Literal["dropout", "batch_norm", "running"]
    training: bool
    value: float
    rate: float
    """Of dropout."""
    running_mean: float
    running_deviation: int
    batch_mean: float
    batch_deviation: int


def draw_evaluation_mode(dice: Random) -> Mode:
    """Means and deviations with a clear difference between the running ones and the batch's."""
    return Mode(
        kind=dice.choice(("dropout", "batch_norm", "batch_norm", "running")),
        training=dice.random() < 0.35,
        value=dice.choice((1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 9.0, 12.0)),
        rate=dice.choice((0.2, 0.25, 0.4, 0.5, 0.75)),
        running_mean=float(dice.randint(-4, 8)),
        running_deviation=dice.choice((2, 4, 5)),
        batch_mean=float(dice.randint(-4, 8)),
        batch_deviation=dice.choice((2, 4, 5)),
    )


def ask_evaluation_mode(given: Mode) -> Draft:
    """As PyTorch's layers do it."""
    match given.kind:
        case "dropout":
            return _ask_dropout(given)
        case "batch_norm":
            return _ask_batch_norm(given)
        case "running":
            return _ask_running(given)


def _ask_dropout(given: Mode) -> Draft:
    x, p = given.value, given.rate
    kept = x / (1 - p)
    right = kept if given.training else x
    wrong = (
        (
            x if given.training else kept,
            "forgot-the-scaling" if given.training else "scaled-as-in-training",
            f"In training PyTorch divides what is kept by `1 − {p}`, so that the mean stays the same."
            if given.training
            else f"Dividing by `1 − {p}` belongs to training. In evaluation mode dropout does nothing at all.",
        ),
        (
            x * (1 - p),
            "scaled-down",
            (
                f"Multiplying by `1 − {p}` is the original paper's way at *test* time. PyTorch divides in training and "
                "leaves evaluation alone."
            ),
        ),
        (
            x * p,
            "kept-the-dropped-share",
            f"{p} is the share that is dropped; the value itself is never multiplied by it.",
        ),
    )
    mode = "training mode and does not drop this value" if given.training else "evaluation mode (`model.eval()`)"
    return Draft(
        stem=f"The value {short(x)} goes into PyTorch's `nn.Dropout({p})`, which is in {mode}. What comes out, to two "
        "decimals?",
        right=decimal(right),
        wrong=apart(right, wrong, decimal, 0.05),
        solution=f"Kept values are divided by `1 − p`: `{short(x)} / {short(1 - p)} = {decimal(right)}`"
        if given.training
        else f"In evaluation mode dropout passes everything on as it is: {decimal(right)}",
        typed=Typed(right, 0.006),
    )


def _ask_batch_norm(given: Mode) -> Draft:
    x = given.value
    running, batch = (given.running_mean, given.running_deviation), (given.batch_mean, given.batch_deviation)
    used, other = (batch, running) if given.training else (running, batch)
    if running[0] == batch[0] or running[1] == batch[1]:
        raise Redraw
    right, swapped, mixed = ((x - centre) / width for centre, width in (used, other, (used[0], other[1])))
    if abs(right) > 3 or abs(swapped) > 3.5:
        raise Redraw
    whose = "the batch's own" if given.training else "the running"
    return Draft(
        stem=(
            f"A batch norm layer (γ = 1, β = 0, ε left out) has running mean {short(running[0])} and running variance "
            f"{running[1] ** 2}. The batch at hand has mean {short(batch[0])} and variance {batch[1] ** 2}. What does "
            f"{short(x)} become in {'training' if given.training else 'evaluation'} mode, to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(
            right,
            (
                (
                    swapped,
                    "took-the-other-statistics",
                    (
                        f"That uses {'the running' if given.training else 'the batch’s'} mean and variance. In "
                        f"{'training' if given.training else 'evaluation'} mode it is {whose} ones."
                    ),
                ),
                (
                    (x - used[0]) / used[1] ** 2,
                    "divided-by-the-variance",
                    f"That divides by the variance {used[1] ** 2}. It is its root, {used[1]}, that x is divided by.",
                ),
                (mixed, "mixed-the-statistics", f"Mean and variance have to come from one place: {whose} ones."),
                (x - used[0], "forgot-the-division", f"That only takes the mean off; then divide by {used[1]}."),
            ),
            decimal,
            0.05,
        ),
        solution=f"With {whose} mean and variance: "
        f"`({short(x)} − {bracketed(used[0])}) / √{used[1] ** 2} = {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


def _ask_running(given: Mode) -> Draft:
    old, new = given.running_mean, given.batch_mean
    updated = 0.9 * old + 0.1 * new
    right = updated if given.training else old
    if abs(old - new) < 2:
        raise Redraw
    mode = "training" if given.training else "evaluation"
    wrong = (
        (
            old if given.training else updated,
            "never-updated" if given.training else "updated-while-serving",
            "In training every batch moves the running mean a tenth of the way."
            if given.training
            else "The running mean moves in training only. In evaluation mode it is used and left as it is.",
        ),
        (
            0.1 * old + 0.9 * new,
            "turned-the-momentum-over",
            "That moves nine tenths of the way. "
            + (
                "The momentum 0.1 is the share of the *new* mean."
                if given.training
                else "In evaluation mode it does not move."
            ),
        ),
        (
            new,
            "took-the-batch",
            "That forgets all earlier batches. "
            + ("The new mean counts only a tenth." if given.training else "In evaluation mode no batch counts."),
        ),
        (
            (old + new) / 2,
            "averaged-the-two",
            "That weighs the two alike. "
            + ("The batch counts 0.1, the past 0.9." if given.training else "In evaluation mode no batch counts."),
        ),
    )
    return Draft(
        stem=(
            f"PyTorch's `nn.BatchNorm1d` (momentum 0.1) has the running mean {short(old)}. A batch with mean "
            f"{short(new)} goes through it in {mode} mode. What is the running mean afterwards, to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(right, wrong, decimal, 0.05),
        solution=f"`0.9 · {bracketed(old)} + 0.1 · {bracketed(new)} = {decimal(right)}`"
        if given.training
        else f"Evaluation mode only reads the running mean: it stays {decimal(right)}",
        typed=Typed(right, 0.006),
    )


def bracketed(value: float) -> str:
    """As it stands after an operator."""
    return short(value) if value >= 0 else f"({short(value)})"


@dataclass(frozen=True, slots=True)
class Latencies:
    """Ten requests, or a page that waits for several."""

    kind: Literal["median", "percentile", "together"]
    times: tuple[int, ...]
    """Milliseconds, in the order in which they were measured."""
    share: int
    """The percentile."""
    calls: int


def draw_latency_percentile(dice: Random) -> Latencies:
    """Most requests are quick and one or two slow, as in life."""
    slow = dice.choice((1, 1, 2))
    times = [dice.randint(18, 70) for _ in range(10 - slow)] + [dice.randrange(150, 900, 10) for _ in range(slow)]
    dice.shuffle(times)
    return Latencies(
        kind=dice.choice(("median", "percentile", "percentile", "together")),
        times=tuple(times),
        share=dice.choice((80, 90, 95, 99)),
        calls=dice.choice((5, 8, 10, 20, 25, 40, 50, 100)),
    )


def ask_latency_percentile(given: Latencies) -> Draft:
    """By nearest rank; several calls as in Dean and Barroso 2013, "The Tail at Scale"."""
    match given.kind:
        case "median":
            return _ask_median(given)
        case "percentile":
            return _ask_percentile(given)
        case "together":
            return _ask_together(given)


def _ms(value: float) -> str:
    return f"{short(value, 1)} ms"


def _ask_median(given: Latencies) -> Draft:
    times, ranked = given.times, sorted(given.times)
    right, average = median(times), mean(times)
    return Draft(
        stem=(
            f"Ten requests took {', '.join(map(str, times))} ms. What is the median? With an even number of values it "
            "is the mean of the two in the middle."
        ),
        right=_ms(right),
        wrong=apart(
            right,
            (
                (
                    average,
                    "took-the-mean",
                    (
                        f"That is the mean, which the {ranked[-1]} ms alone pull up. The median is the middle of the "
                        "sorted list."
                    ),
                ),
                (
                    (times[4] + times[5]) / 2,
                    "forgot-to-sort",
                    f"That is the middle of the list as measured ({times[4]} and {times[5]}). Sort it first.",
                ),
                (
                    (ranked[0] + ranked[-1]) / 2,
                    "middle-of-the-range",
                    (
                        "That lies half-way between the quickest and the slowest. The median has half of the "
                        "*requests* on each side."
                    ),
                ),
                (
                    (ranked[5] + ranked[6]) / 2,
                    "one-rank-too-high",
                    "Those are the 6th and 7th of the sorted list. Of ten, the 5th and 6th are in the middle.",
                ),
            ),
            _ms,
            1.5,
        ),
        solution=f"Sorted, the 5th and 6th are {ranked[4]} and {ranked[5]}: `({ranked[4]} + {ranked[5]}) / 2 = "
        f"{short(right, 1)}` ms",
        typed=Typed(right, 0.06, "ms"),
    )


def _ask_percentile(given: Latencies) -> Draft:
    times, ranked = given.times, sorted(given.times)
    rank = ceil(given.share * len(times) / 100)
    right = ranked[rank - 1]
    beside = ranked[rank] if rank < len(times) else ranked[rank - 2]
    return Draft(
        stem=(
            f"Ten requests took {', '.join(map(str, times))} ms. What is the {given.share}th percentile by nearest "
            f"rank: the smallest of these times that at least {given.share} % of the requests did not exceed?"
        ),
        right=_ms(right),
        wrong=apart(
            right,
            (
                (
                    beside,
                    "one-rank-off",
                    (
                        f"That is the {rank + 1 if rank < len(times) else rank - 1}th of the sorted list. "
                        f"{given.share} % of ten, rounded up, is {rank}."
                    ),
                ),
                (
                    times[rank - 1],
                    "forgot-to-sort",
                    f"That is the {rank}th as measured. Sort the times first.",
                ),
                (
                    given.share / 100 * ranked[-1],
                    "share-of-the-slowest",
                    f"That is {given.share} % of the slowest *time*. A percentile counts requests.",
                ),
                (
                    mean(times),
                    "took-the-mean",
                    (
                        "That is the mean, which hides how slow the slow requests are. A percentile is read from the "
                        "sorted list."
                    ),
                ),
            ),
            _ms,
            1.5,
        ),
        solution=f"`⌈{given.share / 100} · 10⌉ = {rank}`, and the {rank}th of the sorted times is {right} ms",
        typed=Typed(right, 0.06, "ms"),
    )


def _ask_together(given: Latencies) -> Draft:
    slow, calls = 1 - given.share / 100, given.calls
    if given.share < 95 or slow * calls > 1:
        raise Redraw
    right = 1 - (1 - slow) ** calls
    return Draft(
        stem=(
            f"A service answers slower than 400 ms, its {given.share}th percentile, in {percent(slow, 0)} of the "
            f"calls. A page makes {calls} such calls at once, independent of each other, and waits for all. What is "
            "the chance that it waits longer than 400 ms, in per cent with one decimal?"
        ),
        right=percent(right),
        wrong=apart(
            right,
            (
                (
                    slow,
                    "as-rare-as-one-call",
                    f"That is the chance for *one* call. The page waits if any of its {calls} calls is slow.",
                ),
                (
                    calls * slow,
                    "added-the-chances",
                    f"That is {calls} · {percent(slow, 0)}. It counts pages with several slow calls more than once.",
                ),
                (
                    1 - right,
                    "chance-that-all-are-quick",
                    f"That is the chance that all {calls} calls are quick. The page waits in the other cases.",
                ),
            ),
            percent,
            0.004,
        ),
        solution=f"All are quick with `{short(1 - slow)}^{calls} = {decimal(1 - right, 3)}`; the rest is "
        f"{percent(right)}",
        typed=Typed(100 * right, 0.06, "%"),
    )
