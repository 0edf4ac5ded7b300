"""The result of `/run tune`: what was found, what mattered, and whether it holds on fresh seeds."""

import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from matplotlib.transforms import Affine2D, Transform, blended_transform_factory
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState
from scipy import stats

from workers.recipes.handle import Run
from workers.recipes.look import (
    FONT,
    GREEN,
    ORANGE,
    QUIET,
    SKY,
    TEXT,
    new_figure,
    place_axes,
    png,
    style,
    title,
)
from workers.report import File, Part, Picture, Report, Table, Text

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Contest:
    """Test accuracies of the best setting and of the default, trained with the same seeds."""

    best: tuple[float, ...]
    default: tuple[float, ...]
    epochs: int
    wanted_epochs: int

    @property
    def mean_best(self) -> float:
        """Of the best setting."""
        return statistics.mean(self.best)

    @property
    def mean_default(self) -> float:
        """Of the default."""
        return statistics.mean(self.default)

    @property
    def gain(self) -> float:
        """By how much the best setting is better on average."""
        return self.mean_best - self.mean_default

    @property
    def half_width(self) -> float:
        """Half of the 95 % confidence interval of the gain: Student's t of the differences, seed by seed."""
        differences = [a - b for a, b in zip(self.best, self.default, strict=True)]
        if len(differences) < 2:
            return float("inf")
        error = statistics.stdev(differences) / len(differences) ** 0.5
        return float(stats.t.ppf((1 + CONFIDENCE) / 2, len(differences) - 1)) * error


def report(run: Run, study: optuna.Study, data: str, contest: Contest | None) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out; nothing without a comparison."""
    if contest is None:
        return Report(f"Helped to search on {data}", ())
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    pruned = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
    importance = importances(study)
    run.artifact("search.png", search_picture(done, pruned))
    run.artifact("parallel.png", parallel_picture(done, study.best_trial))
    run.artifact("contest.png", contest_picture(contest))
    parts: list[Part] = [Text(_verdict(contest)), Picture("contest.png", "Best setting and default on test data.")]
    if importance:
        run.artifact("importance.png", importance_picture(importance))
        first = _words(max(importance, key=lambda name: importance[name]))
        parts += [
            Text(f"What mattered most in {len(done) + len(pruned)} trials: **{first}**."),
            Picture("importance.png", "How much each setting mattered, by fANOVA."),
        ]
    parts += [
        Picture("parallel.png", "All finished trials: one line a trial, from setting to setting."),
        Picture("search.png", "The accuracy of each trial, and the best so far."),
        _settings(study),
        File("model.pt", "A network trained with the best setting."),
        File("metrics.json", "All trials."),
    ]
    return Report(
        f"{contest.mean_best * 100:.2f} % with the best of {len(done) + len(pruned)} settings, "
        f"{contest.gain * 100:+.2f} points over the default",
        tuple(parts),
    )


def _verdict(contest: Contest) -> str:
    interval = f"{contest.gain * 100:+.2f} ± {contest.half_width * 100:.2f} points"
    count = len(contest.best)
    about = f"over {count} fresh seeds on test data, trained alike for {contest.epochs} epochs on all pictures"
    if contest.epochs < contest.wanted_epochs:
        about += f" (you wanted {contest.wanted_epochs}: the time was up)"
    if contest.gain > contest.half_width:
        return f"The best setting beats the default by {interval} (95 % confidence), {about}."
    if contest.gain > 0:
        return (
            f"The best setting is ahead by {interval} (95 % confidence), {about}: that may be chance. More seeds tell."
        )
    return f"The best setting of the short trials is not better: {interval}, {about}. Longer trials are a fairer test."


def _settings(study: optuna.Study) -> Table:
    first = study.get_trials(deepcopy=False)[0].params
    rows = [(_words(name), _value(value), _value(first.get(name))) for name, value in study.best_params.items()]
    return Table(("setting", "best", "default"), tuple(rows), title="What was found")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def importances(study: optuna.Study) -> dict[str, float]:
    """How much of the accuracy's variation each setting explains (fANOVA, Hutter et al. 2014); empty if unknown."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(done) < 4 or len({trial.value for trial in done}) < 2:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of being experimental
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        return optuna.importance.get_param_importances(study, evaluator=evaluator)


def search_picture(done: Sequence[FrozenTrial], pruned: Sequence[FrozenTrial]) -> bytes:
    """Each trial's accuracy in its order, and the best so far, as PNG."""
    figure = new_figure(4.55)
    axes = place_axes(figure, 1.0, 0.62, 5.95, 3.1)
    style(axes)
    ended = sorted(done, key=lambda trial: trial.number)
    xs = [trial.number + 1 for trial in ended]
    ys = [trial.value or 0.0 for trial in ended]
    stopped = [(trial.number + 1, max(trial.intermediate_values.values(), default=0.0)) for trial in pruned]
    if stopped:
        axes.plot(*zip(*stopped, strict=True), "x", color=QUIET, markersize=9, label="stopped early")
    axes.plot(xs, ys, "o", color=SKY, markersize=9, label="finished")
    axes.step(xs, np.maximum.accumulate(ys), color=ORANGE, linewidth=3, where="post", label="best so far")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel("trial", color=TEXT, fontsize=FONT, labelpad=8)
    axes.legend(loc="lower right", frameon=False, labelcolor=TEXT, fontsize=FONT - 1)
    title(axes, "Accuracy on validation pictures")
    return png(figure)


def importance_picture(importance: dict[str, float]) -> bytes:
    """A bar a setting, the longest first, as PNG."""
    ranked = sorted(importance.items(), key=lambda item: item[1])
    height = 0.5 * len(ranked)
    figure = new_figure(height + 0.95)
    axes = place_axes(figure, 2.2, 0.62, 4.7, height)
    style(axes)
    axes.grid(visible=False)
    axes.barh([_words(name) for name, _ in ranked], [value for _, value in ranked], color=SKY, height=0.62)
    for row, (_, value) in enumerate(ranked):
        axes.text(value + 0.01 * ranked[-1][1], row, f"{value:.0%}", color=TEXT, fontsize=FONT, va="center")
    axes.set_xlim(0, ranked[-1][1] * 1.18)
    axes.set_xticks([])
    title(axes, "Share of the variation that it explains")
    return png(figure)


def parallel_picture(done: Sequence[FrozenTrial], best: FrozenTrial) -> bytes:
    """One line a trial through all settings to its accuracy, the best in front, as PNG."""
    names = list(best.params)
    row = 0.72
    figure = new_figure(0.95 + row * (len(names) + 1) + 0.9)
    axes = place_axes(figure, 1.95, 0.62, 4.7, row * (len(names) + 1))
    style(axes)
    axes.grid(visible=False)
    values = np.array([trial.value or 0.0 for trial in done])
    low, high = float(values.min()), float(values.max())
    span = (high - low) or 1.0
    colours = colormaps["cividis"]
    for trial in sorted(done, key=lambda each: each.value or 0.0):
        places = [_place(best.distributions[name], trial.params.get(name)) for name in names]
        places.append(((trial.value or 0.0) - low) / span)
        mine = trial.number == best.number
        colour = GREEN if mine else colours(0.15 + 0.85 * places[-1])
        axes.plot(
            places,
            range(len(places)),
            color=colour,
            linewidth=4 if mine else 1.6,
            alpha=1.0 if mine else 0.55,
            zorder=3 if mine else 2,
        )
    _scales(axes, names, best, (low, high))
    title(axes, "Every line is a trial; green is the best")
    return png(figure)


def _scales(axes: Axes, names: Sequence[str], best: FrozenTrial, accuracies: tuple[float, float]) -> None:
    """A horizontal scale for each setting, with its ends written on it."""
    axes.set_ylim(len(names) + 0.45, -0.45)
    axes.set_xlim(-0.04, 1.04)
    axes.set_xticks([])
    axes.set_yticks(range(len(names) + 1), [*(_words(name) for name in names), "accuracy"])
    for at, name in enumerate([*names, "accuracy"]):
        axes.axhline(at, color=QUIET, linewidth=1, zorder=1)
        match best.distributions.get(name):
            case CategoricalDistribution(choices=choices):
                marks = [(_place(best.distributions[name], choice), str(choice)) for choice in choices]
            case FloatDistribution(low=low, high=high):
                marks = [(0.0, f"{low:.2g}"), (1.0, f"{high:.2g}")]
            case _:
                marks = [(0.0, f"{accuracies[0]:.1%}"), (1.0, f"{accuracies[1]:.1%}")]
        for x, text in marks:
            side = "left" if x < 0.5 else "right" if x > 0.5 else "center"
            axes.text(x, at - 0.13, text, color=TEXT, fontsize=FONT - 4, ha=side, va="bottom", zorder=4)


def _place(distribution: BaseDistribution, value: object) -> float:
    """Where on its scale, from 0 to 1, a value lies."""
    match distribution:
        case CategoricalDistribution(choices=choices):
            return choices.index(value) / max(1, len(choices) - 1)
        case FloatDistribution(low=low, high=high, log=True):
            return float(np.log(float(str(value)) / low) / np.log(high / low))
        case FloatDistribution(low=low, high=high):
            return (float(str(value)) - low) / (high - low)
        case _:
            raise TypeError(distribution)


def contest_picture(contest: Contest) -> bytes:
    """A point a seed for both settings, and their means with 95 % intervals, as PNG."""
    figure = new_figure(3.6)
    axes = place_axes(figure, 1.4, 0.62, 5.5, 2.0)
    style(axes)
    for row, (name, values, colour) in enumerate((("best", contest.best, GREEN), ("default", contest.default, ORANGE))):
        spread = np.linspace(-0.14, 0.14, len(values)) if len(values) > 1 else np.zeros(1)
        axes.plot(values, row + 0.2 + spread * 0.5, "o", color=colour, markersize=8, alpha=0.75)
        mean = statistics.mean(values)
        half = float(stats.t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5
        axes.plot([mean - half, mean + half], [row - 0.18] * 2, color=colour, linewidth=5, solid_capstyle="butt")
        axes.plot([mean], [row - 0.18], "D", color=TEXT, markersize=9)
        axes.text(0.0, row, name, color=TEXT, fontsize=FONT, ha="right", va="center", transform=_left_of(axes))
    axes.set_ylim(1.6, -0.6)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=1, symbol=" %"))
    axes.set_xlabel("test accuracy: a point a seed, mean with 95 % interval", color=TEXT, fontsize=FONT - 1, labelpad=8)
    title(axes, f"Trained alike, {len(contest.best)} seeds each")
    return png(figure)


def _left_of(axes: Axes) -> Transform:
    """To the left of the axes, at a height given in data."""
    return blended_transform_factory(axes.transAxes, axes.transData) + Affine2D().translate(-14, 0)
