"""The result of `/run transformer`, in the order in which a person should meet it."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from workers.catalogue_transformer import TRANSFORMER
from workers.recipes import transformer_plots as plots
from workers.recipes.classified import Evaluation
from workers.recipes.handle import Run
from workers.recipes.shares import percent
from workers.recipes.transformer_baselines import Baseline
from workers.recipes.transformer_data import TextSet, tokens_of
from workers.recipes.transformer_model import Ensemble, TextInput, relevance
from workers.report import File, Part, Picture, Report, Table, Text

MEASURE = (
    "Colour: gradient × attention for the class that was said\n(Chefer et al. 2021), mean over heads and networks."
)
_FEWEST, _MOST = 4, 22
"""Words of a text that is shown as an example."""


def verdicts(probabilities: Tensor, labels: Tensor, classes: tuple[str, ...]) -> Evaluation:
    """The answers to texts: an evaluation without pictures."""
    return Evaluation(probabilities, labels, torch.empty(len(labels), 0, dtype=torch.uint8), classes)


def report(
    run: Run, data: TextSet, test: Evaluation, held_against: Sequence[Baseline], ensemble: Ensemble, texts: TextInput
) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out."""
    levels = [
        (
            f"{each.name.replace('logistic regression', 'LR')}: {percent(each.validation_accuracy)}",
            each.validation_accuracy,
        )
        for each in held_against
        if each.name != "naive Bayes"  # three levels close together can't be told apart
    ]
    run.artifact("curves.png", plots.learning_curves(run.curves, data.unit, levels))
    run.artifact("attention.png", _examples(data, test, ensemble, texts))
    run.artifact("confusion.png", plots.confusion(test.confusion.tolist(), test.classes, data.unit))
    tf_idf = held_against[0]
    ahead = (test.accuracy - tf_idf.test_accuracy) * 100
    beside = f"tf-idf {TRANSFORMER.headline.show(tf_idf.test_accuracy)}"
    parts: tuple[Part, ...] = (
        Text(_summary(run, data, test, tf_idf, ahead)),
        Picture("curves.png", "Loss and accuracy over the epochs, with the baselines as levels."),
        Picture("attention.png", "Which words counted, in test texts told right and told wrong."),
        Picture("confusion.png", "Which class was taken for which, on the test part."),
        _comparison(run, test, held_against),
        File("model.pt", "The trained networks and their words."),
        File("metrics.json", "All numbers of this run."),
    )
    what = f"{data.name} test {data.unit}" if data.name.split()[0].lower() not in data.unit else f"test {data.unit}"
    return Report(f"{TRANSFORMER.headline.show(test.accuracy)} of the {what} told right ({beside})", parts)


def _summary(run: Run, data: TextSet, test: Evaluation, tf_idf: Baseline, ahead: float) -> str:
    guess = float(torch.bincount(test.labels).max()) / test.count
    uncertain = 196 * math.sqrt(test.accuracy * (1 - test.accuracy) / test.count)
    start = f"{test.right:,} of {test.count:,} test {data.unit} told right"
    sure = f"±{uncertain:.1f} points is what chance alone does on so many {data.unit}"
    if test.accuracy <= guess + 0.02:
        return (
            f"{start}. That is hardly more than guessing: the network has not learnt. A lower learning rate may help."
        )
    if ahead >= 0.05:
        text = f"{start}, {ahead:.1f} points **above** {tf_idf.name} on the same split ({sure})."
    elif ahead > -0.05:
        text = f"{start}, as many as {tf_idf.name} on the same split ({sure})."
    else:
        text = (
            f"{start}, {-ahead:.1f} points **below** {tf_idf.name} on the same split ({sure}). "
            f"On {len(data.train.labels):,} texts that is common: a transformer earns its place with more "
            "data, or with what it learnt from other texts before."
        )
    if run.job.options["hint"] == "naive_bayes":
        text += " Each word brought naive Bayes' log-count ratios as a hint (option `hint`)."
    match test.worst_pair():
        case (true, predicted, count) if len(test.classes) > 2:
            times = {1: "once", 2: "twice"}.get(count, f"{count} times")
            pair = f"**{test.classes[true]}** for **{test.classes[predicted]}**"
            text += f" The most frequent mistake: taking {pair}, {times}."
        case _:
            pass
    if data.about:
        text += f"\n-# {data.title}. Names of packages are masked; no module is in two parts."
    return text


def _comparison(run: Run, test: Evaluation, held_against: Sequence[Baseline]) -> Table:
    members = int(run.job.options["members"])
    ours = f"transformer{f', {members} voting' if members > 1 else ''}"
    rows = [(ours, TRANSFORMER.headline.show(test.accuracy))]
    rows += [(each.name, TRANSFORMER.headline.show(each.test_accuracy)) for each in held_against]
    guess = float(torch.bincount(test.labels).max()) / test.count
    rows.append(("always the commonest class", TRANSFORMER.headline.show(guess)))
    return Table(("same split", "test accuracy"), tuple(rows), title="What it is held against")


def _examples(data: TextSet, test: Evaluation, ensemble: Ensemble, texts: TextInput) -> bytes:
    """Test texts told right, told wrong and not sure of, with the words that counted."""
    shown: list[plots.Shown] = []
    for place in _chosen(test, texts.lengths.cpu()):
        confidence, said = test.probabilities[place].max(0)
        right = int(said) == int(test.labels[place])
        line = f"said {test.classes[int(said)]} ({percent(float(confidence), 0)})"
        line += "" if right else f", it was {test.classes[int(test.labels[place])]}"
        words = tokens_of(data.test.texts[place], ensemble.shape.longest)
        strengths = relevance(ensemble, texts, place, int(said)).tolist()
        shown.append(plots.Shown(line, right, words, strengths[: len(words)]))
    return plots.looked_at(shown, "Which words counted", MEASURE)


def _chosen(test: Evaluation, lengths: Tensor) -> list[int]:
    """Up to six: the surest right ones of two or three classes, the surest wrong ones, the one nearest to a tie."""
    confidence, said = test.probabilities.max(1)
    fits = (lengths >= _FEWEST) & (lengths <= _MOST)
    right = said == test.labels

    def ranked(among: Tensor, most: int, *, descending: bool = True) -> list[int]:
        places = among.nonzero().flatten()
        return places[confidence[places].argsort(descending=descending, stable=True)][:most].tolist()

    chosen: list[int] = []
    for label in range(min(3, len(test.classes))):
        chosen += ranked(fits & right & (said == label), 1)
    chosen += ranked(fits & ~right, 2)
    chosen += [place for place in ranked(fits, 1, descending=False) if place not in chosen]
    return chosen or [int(lengths.argmin())]
