"""Tuning: reading two curves, and the luck of the best score; `tuning_search` has the rest."""

from dataclasses import dataclass
from random import Random
from typing import Any

from lessons.questions.apart import keep_apart
from lessons.questions.drawing import Draft, Generator, Redraw, Wrong
from lessons.questions.generators.tuning_search import (
    ask_log_scale_sampling,
    ask_random_search_chance,
    draw_log_scale,
    draw_random_search,
)
from lessons.questions.model import CurvesPicture, GridPicture, Typed
from lessons.questions.wording import decimal, percent, short


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Accuracies in tenths of a per cent."""

    people: int
    training: int
    validation: int


@dataclass(frozen=True, slots=True)
class LossCurves:
    """Losses after each epoch, in hundredths."""

    training: tuple[int, ...]
    validation: tuple[int, ...]


def draw_fit(dice: Random) -> Accuracies | LossCurves:
    """Figures with one clear fault, or curves with one clear turn."""
    if dice.random() < 0.5:
        people = dice.randrange(950, 996)
        small, large = dice.randrange(5, 31), dice.randrange(80, 221)
        unfit, overfit = dice.choice(((large, small), (small, large)))
        return Accuracies(people, people - unfit, people - unfit - overfit)
    epochs, turn = dice.randrange(8, 11), dice.randrange(3, 7)
    training, validation = [dice.randrange(150, 180)], [dice.randrange(150, 185)]
    for epoch in range(2, epochs + 1):
        training.append(training[-1] * dice.randrange(72, 86) // 100)
        validation.append(validation[-1] + (-dice.randrange(8, 26) if epoch <= turn else dice.randrange(3, 12)))
    return LossCurves(tuple(training), tuple(validation))


def ask_fit_diagnosis(given: Accuracies | LossCurves) -> Draft:
    """What training and validation say together."""
    match given:
        case Accuracies():
            return _ask_verdict(given)
        case LossCurves():
            return _ask_best_epoch(given)


def _ask_verdict(given: Accuracies) -> Draft:
    people, training, validation = (decimal(each / 10, 1) for each in (given.people, given.training, given.validation))
    unfit, overfit = given.people - given.training, given.training - given.validation
    whole = decimal((unfit + overfit) / 10, 1)
    under = f"Underfitting: training is {decimal(unfit / 10, 1)} points below what is possible"
    over = f"Overfitting: validation is {decimal(overfit / 10, 1)} points below training"
    underfits = unfit > overfit
    return Draft(
        stem=(
            f"People reach {people} % on a task, which is about what is possible. A network reaches {training} "
            f"% on its "
            f"training data and {validation} % on validation data. What is its main problem?"
        ),
        right=under if underfits else over,
        wrong=(
            Wrong(
                over if underfits else under,
                "took-the-smaller-gap",
                "That gap is the small one. "
                + (
                    f"{decimal(unfit / 10, 1)} points are lost on the training data already: more capacity, more steps "
                    "or another learning rate."
                    if underfits
                    else f"{decimal(overfit / 10, 1)} points are lost between training and validation: more data, "
                    "augmentation or regularisation."
                ),
            ),
            Wrong(
                f"{'Overfitting' if underfits else 'Underfitting'}: validation is {whole} points below what is "
                f"possible",
                "looked-at-validation-alone",
                f"{whole} points is the sum of both gaps and does not tell which it is. Compare training with what is "
                "possible, then validation with training.",
            ),
            Wrong(
                f"Neither: both figures lie within {whole} points of what is possible",
                "no-gap-is-a-problem",
                f"{decimal(max(unfit, overfit) / 10, 1)} points can be won in one place: "
                + ("on the training data itself." if underfits else "between training and validation."),
            ),
        ),
        solution=f"Below what is possible: `{people} − {training} = {decimal(unfit / 10, 1)}`; below training: "
        f"`{training} − {validation} = {decimal(overfit / 10, 1)}`. The larger gap comes first.",
    )


def _ask_best_epoch(given: LossCurves) -> Draft:
    training, validation = given.training, given.validation
    epochs = len(validation)
    best = min(range(epochs), key=validation.__getitem__) + 1
    gaps = [abs(v - t) for t, v in zip(training, validation, strict=True)]
    closest = min(range(epochs), key=gaps.__getitem__) + 1
    opens = next((e + 1 for e in range(epochs) if validation[e] > training[e] + 5), epochs)
    if (
        min(validation) < 15
        or sorted(validation)[1] == min(validation)
        or sorted(gaps)[1] == min(gaps)
        or closest > best
    ):
        raise Redraw
    listed = " ".join(decimal(loss / 100) for loss in validation)
    return Draft(
        stem=(
            f"The picture shows the losses of a training. Validation loss after epochs 1 to {epochs}: `{listed}`. The "
            "weights after which epoch should be kept?"
        ),
        right=f"Epoch {best}",
        wrong=(
            Wrong(
                f"Epoch {epochs}",
                "lowest-training-loss",
                f"There the *training* loss is lowest. Validation loss has risen since epoch {best}: the "
                f"network learns "
                "its training data by heart.",
            ),
            Wrong(
                f"Epoch {closest}",
                "smallest-gap",
                f"There both curves are closest, but validation loss falls on until epoch {best}. A gap does no harm "
                "while validation still gets better.",
            ),
            Wrong(
                f"Epoch {best + 1}",
                "first-rise",
                f"There the rise is first *seen*: validation is worse again. The weights from before it, epoch {best}, "
                "are better.",
            ),
            *(
                (
                    Wrong(
                        f"Epoch {opens}",
                        "curves-part",
                        f"There the curves part, which is no harm by itself: validation loss falls on until "
                        f"epoch {best}.",
                    ),
                )
                if opens < best and opens != closest
                else ()
            ),
        ),
        solution=f"Validation loss is lowest after epoch {best}: `{decimal(validation[best - 1] / 100)}`.",
        typed=Typed(best, unit="epoch"),
        picture=CurvesPicture(
            names=("training", "validation"),
            values=(tuple(each / 100 for each in training), tuple(each / 100 for each in validation)),
        ),
    )


@dataclass(frozen=True, slots=True)
class LuckyBest:
    """Settings of equal worth whose validation scores scatter by chance."""

    settings: int
    accuracy: int
    scatter: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Accuracies of settings in tenths of a per cent."""

    validation: tuple[int, ...]
    test: tuple[int, ...]


def draw_validation_selection(dice: Random) -> LuckyBest | Candidates:
    """How much the best of some flatters, or what to report."""
    if dice.random() < 0.2:  # candidates are drawn again more often
        return LuckyBest(dice.choice((3, 4)), dice.randrange(70, 96), dice.choice((1, 2, 3, 4)))
    base = dice.randrange(780, 900)
    validation = tuple(dice.sample(range(base, base + 60, 3), 4))
    test = tuple(each - dice.randrange(-15, 35) for each in validation)
    return Candidates(validation, test)


def ask_validation_selection(given: LuckyBest | Candidates) -> Draft:
    """The best of several noisy scores is too good; the test figure of the chosen one is not."""
    match given:
        case LuckyBest():
            return _ask_lucky_best(given)
        case Candidates():
            return _ask_report(given)


def _ask_lucky_best(given: LuckyBest) -> Draft:
    k, centre, s = given.settings, given.accuracy, given.scatter
    right = centre + s - 2 * s * 0.5**k
    averaged = centre + s / k
    keep_apart((right, averaged, centre, centre + s), 0.1)
    low, high = centre - s, centre + s
    return Draft(
        stem=(
            f"{k} settings all have a true accuracy of {centre} %. By chance each one's validation accuracy "
            f"comes out as "
            f"{low} % or {high} %, equally likely and independently. What is the best of the {k} validation "
            f"accuracies on "
            "average?"
        ),
        right=f"{short(right)} %",
        wrong=(
            Wrong(
                f"{centre} %",
                "best-is-unbiased",
                f"Each score by itself is {centre} % on average, but the *best* is picked for its luck: it is {low} % "
                f"only if all {k} are.",
            ),
            Wrong(
                f"{high} %",
                "best-is-always-lucky",
                f"It is {high} % as soon as one has luck, but with chance {short(0.5**k)} none has, and the best is "
                f"{low} %.",
            ),
            Wrong(
                f"{short(averaged, 2)} %",
                "luck-averages-out",
                f"That shrinks the luck to {s} / {k}. Choosing the best does not average luck out: more "
                f"settings make it "
                "*larger*.",
            ),
        ),
        solution=f"`{low} · {short(0.5**k)} + {high} · {short(1 - 0.5**k)} = {short(right)} %`, "
        f"{short(right - centre)} too good. A test set that chose nothing does not flatter.",
        typed=Typed(right, 0.006, "%"),
    )


def _ask_report(given: Candidates) -> Draft:
    validation, test = given.validation, given.test
    chosen = validation.index(max(validation))
    best_test = test.index(max(test))
    right, mean = test[chosen], sum(test) / len(test)
    if chosen == best_test:
        raise Redraw
    keep_apart((right, validation[chosen], test[best_test], mean), 2)
    names = tuple("ABCD"[: len(test)])
    return Draft(
        stem=(
            "You choose a setting by its validation accuracy. The table has the test accuracies of all four as well. "
            "Which accuracy do you report as the estimate of how the chosen one does on new data?"
        ),
        right=percent(right / 1000),
        wrong=(
            Wrong(
                percent(validation[chosen] / 1000),
                "reported-the-score-that-chose",
                f"That is {names[chosen]}'s validation accuracy, which was the best partly by luck: it chose. "
                f"Report its "
                f"test accuracy, {percent(right / 1000)}.",
            ),
            Wrong(
                percent(test[best_test] / 1000),
                "chose-on-the-test-set",
                f"That is the best test accuracy, {names[best_test]}'s. Who picks it chooses on the test set, and the "
                "figure flatters again.",
            ),
            Wrong(
                percent(mean / 1000),
                "averaged-the-candidates",
                f"That is the mean of all test accuracies. You will use {names[chosen]} alone, so its own test "
                f"accuracy "
                "counts.",
            ),
        ),
        solution=f"{names[chosen]} has the best validation accuracy, {percent(validation[chosen] / 1000)}; its "
        f"test accuracy "
        f"is {percent(right / 1000)}, from data that chose nothing.",
        typed=Typed(right / 10, 0.06, "%"),
        picture=GridPicture(
            cells=tuple((percent(v / 1000), percent(t / 1000)) for v, t in zip(validation, test, strict=True)),
            rows=names,
            columns=("validation", "test"),
            row_label="setting",
            column_label="accuracy",
        ),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("random_search_chance", draw_random_search, ask_random_search_chance),
    Generator("log_scale_sampling", draw_log_scale, ask_log_scale_sampling),
    Generator("fit_diagnosis", draw_fit, ask_fit_diagnosis),
    Generator("validation_selection", draw_validation_selection, ask_validation_selection),
)
"""The questions of this topic."""
