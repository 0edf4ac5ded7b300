"""The result of `/run transfer`, in the order in which a person should meet it."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from workers.catalogue_transfer import TRANSFER
from workers.recipes import plots
from workers.recipes.classified import Evaluation, Mistake
from workers.recipes.handle import Run
from workers.recipes.look import Panel, Series, curves
from workers.recipes.own_pictures import in_markdown
from workers.recipes.transfer_data import Task
from workers.report import File, Part, Picture, Report, Table, Text

NAMES = {"features": "feature extraction", "finetuned": "fine-tuned", "scratch": "from scratch"}
SHOWN_MISTAKES = 8
SHOWN_CLASSES = 10
"""Classes that a matrix has room for; of more, the ones that are confused most."""
_NAME_MAX = 14


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way's answers to the test pictures, and the seconds that it took."""

    way: str
    test: Evaluation
    seconds: float

    @classmethod
    def of(cls, way: str, probabilities: Tensor, task: Task, seconds: float) -> "Outcome":
        """With the task's pictures and labels beside the answers."""
        pictures = task.test_x.cpu()
        shown = pictures[:, 0] if pictures.shape[1] == 1 else pictures
        return cls(way, Evaluation(probabilities, task.test_y.cpu(), shown, task.classes), seconds)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the result tells: the last of `outcomes` is the one whose model is kept."""

    task: Task
    backbone: str
    outcomes: tuple[Outcome, ...]
    stood_in: str
    """Why the backbone is not the one that was asked for; empty when it is."""
    epochs: int

    def way(self, name: str) -> Outcome | None:
        """The outcome of that way, if it was tried."""
        return next((each for each in self.outcomes if each.way == name), None)


def report(run: Run, shown: Shown) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out."""
    kept = shown.outcomes[-1]
    dataset = TRANSFER.dataset(run.job.dataset)
    parts: list[Part] = [Text(_summary(shown))]
    if len(shown.outcomes) > 1:
        run.artifact("curves.png", _curves(run))
        parts.append(Picture("curves.png", "Test accuracy and training loss of the three ways over the epochs."))
    parts.append(_comparison(run, shown))
    counts, classes, mistakes = most_confused(kept.test)
    run.artifact("confusion.png", plots.confusion(counts, classes, mistakes))
    parts += [
        Picture("confusion.png", "Which class was taken for which, and the mistakes that the network was surest of."),
        File("model.pt", "The trained network."),
        File("metrics.json", "All numbers of this run."),
    ]
    notes = " ".join(note for note in (shown.stood_in, shown.task.note) if note)
    if notes:
        parts.insert(1, Text(notes))
    accuracy = TRANSFER.headline.show(kept.test.accuracy)
    return Report(headline=f"{accuracy} of the {dataset.title} test pictures told right", parts=tuple(parts))


def _curves(run: Run) -> bytes:
    def panel(title: str, what: str, *, percent: bool) -> Panel:
        series = [Series(name, run.curves[f"{way}_{what}"]) for way, name in NAMES.items()]
        return Panel(title, series, percent=percent, bottom=None if percent else 0.0)

    return curves(
        (
            panel("Share of test pictures told right", "accuracy", percent=True),
            panel("Loss on training pictures, in nats", "loss", percent=False),
        ),
        across="epochs: passes over the labelled pictures",
    )


def _summary(shown: Shown) -> str:
    kept = shown.outcomes[-1]
    test = kept.test
    per_class = torch.bincount(shown.task.train_y.cpu(), minlength=len(shown.task.classes))
    fewest, most = int(per_class.min()), int(per_class.max())
    amount = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    start = f"From {amount} labelled pictures a class, on features of {shown.backbone}"
    sentences = [f"{start}: {test.right:,} of {test.count:,} test pictures told right."]
    if (scratch := shown.way("scratch")) is not None:
        gain = (test.accuracy - scratch.test.accuracy) * 100
        if gain > _noise(test) * 100:
            sentences.append(
                f"The same network without its past gets {TRANSFER.headline.show(scratch.test.accuracy)}: what it had "
                f"seen before is worth {gain:.0f} points."
            )
        else:
            sentences.append("Training from scratch does as well here: there are enough pictures, or the task is easy.")
    sentences.append(f"With {test.count:,} test pictures, ±{_noise(test) * 100:.0f} points are luck.")
    if (pair := test.worst_pair()) is not None:
        true, predicted, count = pair
        names = [in_markdown(test.classes[place]) for place in (true, predicted)]
        sentences.append(f"Most often **{names[0]}** was taken for **{names[1]}**: {count}×.")
    else:
        sentences.append("Not one mistake.")
    return " ".join(sentences)


def _noise(test: Evaluation) -> float:
    """Twice the standard error of an accuracy: how far another test set of this size could easily be off."""
    share = min(max(test.accuracy, 1 / test.count), 1 - 1 / test.count)
    return 2 * math.sqrt(share * (1 - share) / test.count)


def _comparison(run: Run, shown: Shown) -> Table:
    rows = [
        (NAMES[each.way], TRANSFER.headline.show(each.test.accuracy), f"{each.seconds:.1f} s")
        for name in NAMES
        if (each := shown.way(name)) is not None
    ]
    counts = torch.bincount(shown.task.train_y.cpu(), minlength=len(shown.task.classes))
    always = float((shown.task.test_y.cpu() == counts.argmax()).float().mean())
    rows.append(("always the commonest class", TRANSFER.headline.show(always), "–"))
    if (reference := TRANSFER.references.get(run.job.dataset)) is not None:
        rows.append((reference.text, TRANSFER.headline.show(reference.value), "–"))
    return Table(
        ("", "test accuracy", "training"), tuple(rows), title="Three ways" if len(shown.outcomes) > 1 else "Beside"
    )


def most_confused(test: Evaluation) -> tuple[list[list[int]], list[str], list[Mistake]]:
    """Counts, names and mistakes that a picture has room for: of many classes, those that are confused most."""
    names = [name if len(name) <= _NAME_MAX else f"{name[: _NAME_MAX - 1]}…" for name in test.classes]
    mistakes = test.surest_mistakes(test.count)
    counts = test.confusion
    if len(names) <= SHOWN_CLASSES:
        return counts.tolist(), names, mistakes[:SHOWN_MISTAKES]
    wrong = counts.clone().fill_diagonal_(0)
    shown = (wrong.sum(0) + wrong.sum(1)).argsort(descending=True, stable=True)[:SHOWN_CLASSES].sort().values
    place = {label: place for place, label in enumerate(shown.tolist())}
    inside = [
        replace(each, true=place[each.true], predicted=place[each.predicted])
        for each in mistakes
        if each.true in place and each.predicted in place
    ]
    return counts[shown][:, shown].tolist(), [names[label] for label in place], inside[:SHOWN_MISTAKES]
