"""The result of `/run cnn`, in the order in which a person should meet it."""

from torch import nn

from workers.catalogue_cnn import CNN
from workers.recipes import plots
from workers.recipes.augment import Augmenter
from workers.recipes.classified import Evaluation
from workers.recipes.handle import Run
from workers.recipes.pictures import PictureSet
from workers.report import File, Part, Picture, Report, Table, Text

SHOWN_MISTAKES = 8
LEARNT_NOTHING = 0.2
"""Test accuracy below which ten classes are hardly told apart: guessing gets 0.1."""


def report(run: Run, data: PictureSet, test: Evaluation, net: nn.Module, seen: Augmenter) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out."""
    mistakes = test.surest_mistakes(SHOWN_MISTAKES)
    run.artifact("curves.png", plots.learning_curves(run.curves))
    run.artifact("confusion.png", plots.confusion(test.confusion.tolist(), test.classes, mistakes))
    dataset = CNN.dataset(run.job.dataset)
    parts: tuple[Part, ...] = (
        Text(_summary(run, test)),
        Picture("curves.png", "Loss and accuracy over the epochs, on training and validation pictures."),
        Picture("confusion.png", "Which digits were taken for which, and the mistakes that the network was surest of."),
        _comparison(run, test),
        File("model.pt", "The trained network."),
        File("metrics.json", "All numbers of this run."),
    )
    return Report(
        headline=f"{CNN.headline.show(test.accuracy)} of the {dataset.title} test pictures read right", parts=parts
    )


def _summary(run: Run, test: Evaluation) -> str:
    wrong = test.count - test.right
    sentence = f"{test.right:,} of {test.count:,} test pictures read right, {wrong:,} wrong."
    if test.accuracy < LEARNT_NOTHING:
        advice = "A lower learning rate usually helps." if run.job.options != _preset(run) else "Try another seed."
        return f"{sentence} That is hardly more than guessing: the network has not learnt. {advice}"
    match test.worst_pair():
        case None:
            return f"{sentence} Not one mistake: a harder data set is next."
        case (true, predicted, count):
            times = {1: "once", 2: "twice"}.get(count, f"{count} times")
            pair = f"a **{test.classes[true]}** for a **{test.classes[predicted]}**"
            return f"{sentence} The most frequent mistake: taking {pair}, {times}."


def _preset(run: Run) -> dict[str, int | float | str | bool]:
    return CNN.preset_values(run.job.preset, run.job.dataset)


def _comparison(run: Run, test: Evaluation) -> Table:
    rows = [("this run", CNN.headline.show(test.accuracy), f"{run.seconds['train']:.1f} s")]
    if (reference := CNN.references.get(run.job.dataset)) is not None:
        rows.append((reference.text, CNN.headline.show(reference.value), "–"))
    return Table(("", "test accuracy", "training"), tuple(rows), title="Beside a public reference")
