"""Questions on the training and the test of a member's own run: updates, curves, confusions, noise."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil, sqrt
from random import Random
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw, Wrong
from lessons.questions.model import CurvesPicture, GridPicture, Typed
from lessons.questions.own_net import Ask
from lessons.questions.run_facts import RunFacts
from lessons.questions.wording import count, decimal, percent, short


def ask_updates(facts: RunFacts, _dice: Random) -> Draft:
    """How many steps its optimiser took."""
    n, b, epochs = facts.training, facts.batch_size, facts.epochs
    per_epoch = ceil(n / b)
    right = per_epoch * epochs
    wrong = (
        (
            n // b * epochs,
            "dropped-the-last-batch",
            f"The last {n % b} pictures of an epoch are a batch too, a smaller one.",
        ),
        (per_epoch, "one-epoch-only", f"That is one epoch. The run made {epochs} of them."),
        (n * epochs, "update-for-each-picture", f"An update is made after a batch of {b} pictures, not after each."),
        (epochs, "update-for-each-epoch", f"An update is made after each batch; an epoch has {count(per_epoch)}."),
        (
            ceil((n + facts.validation + facts.test) / b) * epochs,
            "trained-on-all-pictures",
            "That counts validation and test pictures too. They are looked at, but nothing is learnt from them.",
        ),
    )
    return Draft(
        stem=(
            f"Your run trained on {count(n)} pictures in batches of {b} for {epochs} epoch{'s' * (epochs != 1)}; the "
            "last batch of an epoch may be smaller. How many updates did it make?"
        ),
        right=count(right),
        wrong=apart(right, wrong, lambda value: count(round(value)), 1),
        solution=f"`⌈{n} / {b}⌉ · {epochs} = {per_epoch} · {epochs} = {count(right)}`",
        typed=Typed(right, unit="updates"),
    )


def _lowest(values: Sequence[float]) -> int:
    return min(range(len(values)), key=lambda place: values[place])


def _unit(facts: RunFacts) -> str:
    """What the points of its curves are: epochs, or, in a run of few epochs, measurements within them."""
    whole = all(abs(mark - place) < 0.02 for place, mark in enumerate(facts.marks, 1))
    return "epoch" if whole else "measurement"


def ask_lowest_loss(facts: RunFacts, _dice: Random) -> Draft:
    """When validation loss was lowest."""
    training, validation = facts.curve("train_loss"), facts.curve("validation_loss")
    accuracy, unit, points = facts.curve("validation_accuracy"), _unit(facts), len(validation)
    if points < 3 or not len(training) == points == len(accuracy):
        raise Redraw
    best = _lowest(validation)
    if sorted(validation)[1] - validation[best] < 0.002:
        raise Redraw  # too near to be told apart in a picture
    gaps = [abs(one - other) for one, other in zip(training, validation, strict=True)]
    turned = best < points - 1

    def point(place: float) -> str:
        return f"{unit.capitalize()} {round(place) + 1}"

    wrong = (
        (
            points - 1,
            "took-the-last",
            f"That is the end of the training. Validation loss had turned before, at {unit} {best + 1}.",
        ),
        (
            _lowest(training),
            "read-the-training-loss",
            "There the *training* loss is lowest. What new pictures cost is shown by the validation loss.",
        ),
        (
            _lowest([-each for each in accuracy]),
            "took-the-best-accuracy",
            "There validation *accuracy* is highest. The loss also counts how sure the network is when it is wrong.",
        ),
        (
            _lowest(gaps),
            "took-the-smallest-gap",
            "There the two curves are closest. A small gap says nothing on how low they are.",
        ),
        (0, "took-the-first", "That is the first point of the curves, after which validation loss still fell."),
    )
    return Draft(
        stem="These are the loss curves of your run. "
        + (
            "After which epoch was its validation loss lowest?"
            if unit == "epoch"
            else f"At which of the {points} measurements was its validation loss lowest?"
        ),
        right=point(best),
        wrong=apart(best, wrong, point, 1),
        solution=f"It was lowest at {unit} {best + 1}: {decimal(validation[best], 3)}. "
        + (
            f"Then it rose, to {decimal(validation[-1], 3)} at the end: a sign that the network began to learn the "
            "training pictures by heart."
            if turned
            else "It fell to the very end: longer training might still have helped."
        ),
        typed=Typed(best + 1, unit=unit),
        picture=CurvesPicture(("training", "validation"), (training, validation), x_label=unit),
    )


_SMOOTH, _STEPPED = 0.2, 0.4
"""Shares of a curve that are level: at most in a smooth fall, at least in one of jumps."""
Course: TypeAlias = Literal["rose", "fell", "stepped", "stayed"]
COURSES: Final[Mapping[Course, tuple[str, str, str]]] = MappingProxyType(
    {
        "rose": (
            "They grew at first, then shrank",
            "saw-a-warm-up",
            "The curve has no rise at its beginning: its highest value is the first.",
        ),
        "fell": (
            "They shrank smoothly from the start",
            "saw-a-smooth-fall",
            "A smooth fall changes a little from point to point and never goes up or stands still.",
        ),
        "stepped": (
            "They shrank in a few sudden jumps",
            "saw-jumps",
            "Jumps show as level stretches with sudden falls between them.",
        ),
        "stayed": (
            "They stayed the same throughout",
            "constant-rate",
            "Then the curve would be level. Here the learning rate changes.",
        ),
    }
)
"""What a learning rate can do: the answer, the misconception that sees it where it is not, and its feedback."""


def course_of(rates: Sequence[float]) -> Course:
    """What the learning rate did.

    Raises:
        Redraw: It fell, but its few points do not show whether smoothly or in jumps.
    """
    highest = max(rates)
    if highest - min(rates) < 0.01 * highest:
        return "stayed"
    if rates[0] < 0.99 * highest:
        return "rose"
    level = sum(abs(one - other) < 1e-3 * highest for one, other in pairwise(rates)) / (len(rates) - 1)
    if _SMOOTH < level < _STEPPED:
        raise Redraw
    return "stepped" if level >= _STEPPED else "fell"


def ask_learning_rate(facts: RunFacts, _dice: Random) -> Draft:
    """What its learning rate did."""
    rates = facts.curve("learning_rate")
    if len(rates) < 4:
        raise Redraw
    course = course_of(rates)
    return Draft(
        stem=(
            "This is the learning rate of your run. What did it do to the steps of plain gradient descent, for "
            "gradients of equal length?"
        ),
        right=COURSES[course][0],
        wrong=[Wrong(*each) for name, each in COURSES.items() if name != course],
        solution=f"A step is `η · gradient`, so it follows the rate: {_rate(rates[0])} at the first point, "
        f"{_rate(max(rates))} at the highest, {_rate(rates[-1])} at the last.",
        picture=CurvesPicture(("learning rate",), (rates,), x_label=_unit(facts), y_label="learning rate"),
    )


def _rate(value: float) -> str:
    """Two digits that count."""
    if value < 1e-6:
        return "almost 0"
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.6f}".rstrip("0").rstrip(".")


def ask_confusion(facts: RunFacts, _dice: Random) -> Draft:
    """Which class was most often taken for which."""
    names, counts = facts.classes, facts.confusion
    wrong = sorted(
        (
            (counts[row][column], row, column)
            for row in range(len(names))
            for column in range(len(names))
            if row != column
        ),
        key=lambda each: (-each[0], each[1], each[2]),
    )
    if len(wrong) < 3 or wrong[0][0] == wrong[1][0]:
        raise Redraw
    times, row, column = wrong[0]

    def taken(true: int, said: int) -> str:
        return f"{names[true]} taken for {names[said]}"

    mutual = max(
        (counts[a][b] + counts[b][a], counts[a][b], a, b)
        for a in range(len(names))
        for b in range(len(names))
        if a != b
    )
    often = max(range(len(names)), key=lambda each: sum(line[each] for line in counts) - counts[each][each])
    culprit = max((each for each in range(len(names)) if each != often), key=lambda each: counts[each][often])
    return Draft(
        stem="This is the confusion matrix of your run on its test pictures. Which mistake was the most frequent?",
        right=taken(row, column),
        wrong=[
            Wrong(
                taken(column, row),
                "read-rows-as-columns",
                (
                    "The other way round: rows are what the picture *was*. That mistake was made "
                    f"{_times(counts[column][row])}."
                ),
            ),
            Wrong(
                taken(mutual[2], mutual[3]),
                "counted-both-ways",
                f"Both ways together that is {mutual[0]}, but one way only {mutual[1]}.",
            ),
            Wrong(
                taken(culprit, often),
                "looked-at-the-worst-column",
                f"{names[often]} was said wrongly most often in all, but not most often for this one class.",
            ),
            Wrong(
                taken(wrong[1][1], wrong[1][2]),
                "second-most-frequent",
                f"Close: that was made {_times(wrong[1][0])}, the most frequent one {_times(times)}.",
            ),
        ],
        solution=f"{taken(row, column)}: {_times(times)}, in row {names[row]}, column {names[column]}",
        picture=GridPicture(
            cells=tuple(tuple(map(str, line)) for line in counts),
            rows=names,
            columns=names,
            row_label="was",
            column_label="taken for",
        ),
    )


def _times(often: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(often, f"{often} times")


def ask_recall(facts: RunFacts, dice: Random) -> Draft:
    """How many of one class were found: the class is one with mistakes in its row or its column."""
    names, counts = facts.classes, facts.confusion
    columns = [sum(line[each] for line in counts) for each in range(len(names))]
    able = [
        each
        for each, line in enumerate(counts)
        if 0 < line[each] < sum(line) and abs(line[each] / sum(line) - line[each] / columns[each]) > 0.004
    ]
    if not able:
        raise Redraw
    chosen = dice.choice(able)
    line = counts[chosen]
    found, size, said = line[chosen], sum(line), columns[chosen]
    right, total = found / size, sum(map(sum, counts))
    return Draft(
        stem=(
            f"Of your run's test pictures, {count(size)} are of class *{names[chosen]}*. {count(found)} of these were "
            f"called {names[chosen]}, and so were {count(said - found)} of other classes. What is the recall of "
            f"{names[chosen]}, in per cent with one decimal?"
        ),
        right=percent(right),
        wrong=apart(
            right,
            (
                (
                    found / said,
                    "precision-for-recall",
                    (
                        f"That is the *precision*: of the {count(said)} called so, how many were right. Recall asks "
                        f"how many of the {count(size)} were found."
                    ),
                ),
                (
                    facts.right / total,
                    "accuracy-for-recall",
                    "That is the accuracy over all classes. Recall looks at one class only.",
                ),
                (
                    1 - right,
                    "share-that-was-missed",
                    "That is the share of them that was missed. Recall is the share that was found.",
                ),
                (
                    found / (size + said - found),
                    "mixed-up-both",
                    "That divides by all that were so or called so. Recall divides by those that *are* so.",
                ),
            ),
            percent,
            0.003,
        ),
        solution=f"`{found} / {size} = {percent(right)}`",
        typed=Typed(100 * right, 0.06, "%"),
    )


def ask_noise(facts: RunFacts, _dice: Random) -> Draft:
    """Whether test accuracy and best validation accuracy differ by more than chance."""
    accuracies = facts.curve("validation_accuracy")
    if not accuracies or facts.views > 1 or not facts.test:
        raise Redraw
    best, test = max(accuracies), facts.right / facts.test
    p = (best * facts.validation + facts.right) / (facts.validation + facts.test)
    if p >= 1:
        raise Redraw
    gap = 100 * abs(best - test)
    parts = [100 * sqrt(p * (1 - p) / n) for n in (facts.test, facts.validation)]
    error = sqrt(sum(part**2 for part in parts))
    if abs(gap - 2 * error) < 0.05:
        raise Redraw

    def verdict(limit: float) -> str:
        return f"{'Yes' if gap > limit else 'No'}, two standard errors are {decimal(limit)} points"

    return Draft(
        stem=(
            f"Your run read {percent(test, 2)} of {count(facts.test)} test pictures right; its best validation "
            f"accuracy was {percent(best, 2)} on {count(facts.validation)}. With `√(p(1 − p)/n₁ + p(1 − p)/n₂)` and "
            f"p = {percent(p, 2)}: are the {decimal(gap)} points between them more than two standard errors?"
        ),
        right=verdict(2 * error),
        wrong=[
            Wrong(
                verdict(error),
                "one-error-for-two",
                f"{decimal(error)} points are *one* standard error. Chance alone gets beyond one in about a third of "
                "all cases.",
            ),
            Wrong(
                verdict(2 * parts[0]),
                "noise-of-the-test-only",
                "That leaves out that the validation accuracy is chance in part, too: it rests on "
                f"{count(facts.validation)} pictures.",
            ),
            Wrong(
                verdict(2 * sum(parts)),
                "added-the-two-errors",
                "That adds the two standard errors. Independent *variances* add up; the root comes after.",
            ),
        ],
        solution=f"`2 · √({short(p)} · {short(1 - p)} · (1/{facts.test} + 1/{facts.validation})) = "
        f"{decimal(error / 50, 4)}`. The best of {len(accuracies)} validation figures also flatters a little.",
    )


ABOUT_THE_TRAINING: Final[Mapping[str, tuple[str, Ask]]] = MappingProxyType(
    {
        "updates": ("updates_per_training", ask_updates),
        "lowest_loss": ("fit_diagnosis", ask_lowest_loss),
        "learning_rate": ("gradient_descent_step", ask_learning_rate),
        "confusion": ("fit_diagnosis", ask_confusion),
        "recall": ("fit_diagnosis", ask_recall),
        "noise": ("accuracy_difference", ask_noise),
    }
)
"""By kind: the skill that it asks for, and how it is asked."""
