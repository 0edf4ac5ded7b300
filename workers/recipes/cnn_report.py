"""The result of `/run cnn`, in the order in which a person should meet it."""

from typing import TYPE_CHECKING

import torch

from workers.catalogue_cnn import CNN
from workers.recipes import cnn_inside, cnn_plots, plots
from workers.recipes.augment import Augmenter
from workers.recipes.classified import Evaluation, Mistake
from workers.recipes.handle import Run
from workers.recipes.pictures import PictureSet
from workers.report import File, Part, Picture, Report, Table, Text

if TYPE_CHECKING:
    from workers.recipes.cnn import Net

SHOWN_MISTAKES = 8
LOOKED_AT = 3
SHOWN_CHANGES = (4, 6)
"""Training pictures, and how often each is shown as the network sees it."""
LEARNT_NOTHING = 0.2
"""Test accuracy below which ten classes are hardly told apart: guessing gets 0.1."""


def report(run: Run, data: PictureSet, test: Evaluation, net: "Net", augmenter: Augmenter) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out."""
    net = net.cpu().eval()  # a handful of pictures from here on
    mistakes = test.surest_mistakes(SHOWN_MISTAKES)
    run.artifact("curves.png", plots.learning_curves(run.curves))
    run.artifact("confusion.png", plots.confusion(test.confusion.tolist(), test.classes, mistakes))
    run.artifact("inside.png", _inside(test, net))
    run.artifact("looked.png", _looked(test, net, mistakes[:LOOKED_AT]))
    parts: list[Part] = [
        Text(_summary(run, data, test)),
        Picture("curves.png", "Loss and accuracy over the epochs, on training and validation pictures."),
        Picture("confusion.png", "Which class was taken for which, and the mistakes that the network was surest of."),
        Picture("looked.png", "Where the network looked: the parts that speak for what it said and for the truth."),
        Picture("inside.png", "Its first filters, and the feature maps of one picture, stage by stage."),
    ]
    if augmenter.how:
        run.artifact("changed.png", _changed(data, augmenter))
        parts.append(Picture("changed.png", "Training pictures, and how the network got to see them."))
    parts += [
        _comparison(run, data, test),
        File("model.pt", "The trained network."),
        File("metrics.json", "All numbers of this run."),
    ]
    title = CNN.dataset(run.job.dataset).title
    return Report(
        headline=f"{CNN.headline.show(test.accuracy)} of the {title} test pictures read right", parts=tuple(parts)
    )


def _inside(test: Evaluation, net: "Net") -> bytes:
    """One picture on its way through the network: the first that was read right, or the very first."""
    right = (test.predicted == test.labels).nonzero().flatten()
    chosen = int(right[0]) if len(right) else 0
    picture = test.pictures[chosen]
    with torch.no_grad():
        stages = net.stages(picture[None])
    about = f"A test picture, read as “{test.classes[int(test.predicted[chosen])]}”,\nand what it becomes on its way."
    shown = [cnn_inside.strongest_maps(maps[0], cnn_plots.ACROSS) for maps in stages]
    titles = [
        f"After stage {place}: {len(some)} of {len(maps[0])} feature maps, {maps.shape[2]} × {maps.shape[3]}"
        for place, (maps, some) in enumerate(zip(stages, shown, strict=True), 1)
    ]
    filters = net.first_filters[: 2 * cnn_plots.ACROSS]
    return cnn_plots.inside(picture, about, filters, list(zip(titles, shown, strict=True)))


def _looked(test: Evaluation, net: "Net", mistakes: list[Mistake]) -> bytes:
    """Occlusion on the worst mistakes; on the most doubtful right answers where there are none."""
    title = "Wrong, and surest of it: where it looked" if mistakes else "Right, and least sure: where it looked"
    shown = mistakes or test.most_doubtful(LOOKED_AT)
    rows: list[cnn_plots.Looked] = []
    for one in shown:
        with torch.no_grad():
            maps = cnn_inside.occlusion(net, one.picture, (one.predicted, one.true))
        said, was = test.classes[one.predicted], test.classes[one.true]
        rows.append(
            cnn_plots.Looked(one.picture, f"“{said}”, {one.confidence:.0%}".replace("%", " %"), f"“{was}”", *maps)
        )
    return cnn_plots.looked(rows, title)


def _changed(data: PictureSet, augmenter: Augmenter) -> bytes:
    pictures, times = SHOWN_CHANGES
    first = torch.arange(pictures, device=data.train_x.device)
    batches = [augmenter.batch(first, step=step, epoch=step).cpu() for step in range(times)]
    rows = [[data.train_x[place].cpu(), *(batch[place] for batch in batches)] for place in range(pictures)]
    return cnn_plots.changed(rows, "What happens to training pictures")


def _summary(run: Run, data: PictureSet, test: Evaluation) -> str:
    wrong = test.count - test.right
    sentence = f"{test.right:,} of {test.count:,} test pictures read right, {wrong:,} wrong."
    if test.accuracy < LEARNT_NOTHING:
        advice = "A lower learning rate usually helps." if run.job.options != _preset(run) else "Try another seed."
        return f"{sentence} That is hardly more than guessing: the network has not learnt. {advice}"
    views = int(run.job.options["views"])
    if views > 1:
        sentence += f" Each was looked at from {views} places, a pixel apart."
    if data.caveat:
        sentence += f" The data is {data.caveat}."
    match test.worst_pair():
        case None:
            return f"{sentence} Not one mistake: a harder data set is next."
        case (true, predicted, count):
            times = {1: "once", 2: "twice"}.get(count, f"{count} times")
            pair = f"**{test.classes[true]}** for **{test.classes[predicted]}**"
            return f"{sentence} The most frequent mistake: taking {pair}, {times}."


def _preset(run: Run) -> dict[str, int | float | str | bool]:
    return CNN.preset_values(run.job.preset, run.job.dataset)


def _comparison(run: Run, data: PictureSet, test: Evaluation) -> Table:
    rows = [("this run", CNN.headline.show(test.accuracy), f"{run.seconds['train']:.1f} s")]
    reference = CNN.references.get(run.job.dataset)
    if reference is not None and not data.caveat:
        rows.append((reference.text, CNN.headline.show(reference.value), "–"))
    return Table(("", "test accuracy", "training"), tuple(rows), title="Beside a public reference")
