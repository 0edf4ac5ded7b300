"""Draws the learning curves of up to four runs over one another: the ones that all of them have."""

from collections.abc import Callable, Sequence

from lessons.errors import PersonError
from workers.catalogue import PROJECTS
from workers.messages import Artifact, TrainedModel
from workers.project import Metric
from workers.recipes.look import COLOURS, Panel, Series, curves
from workers.report import Picture, Report
from workers.using import Answer, ComparedRun, Comparison, Wish

PANELS_MAX = 3
PICTURE = "compared.png"
ACROSS = {"rl": "steps", "tune": "trials"}
"""What the curves of a project count along, where that is not epochs."""


def load(model: TrainedModel | None, device: str) -> Callable[[Wish], Answer]:
    """What answers a wish to compare; there is nothing to load."""
    del model, device
    return answer


def answer(wish: Wish) -> Answer:
    """The curves that the runs have in common, those on validation data if there are any.

    Raises:
        PersonError: there is nothing to compare, or the runs have no curve in common.
    """
    asked = wish.comparison
    if asked is None or not 2 <= len(asked.runs) <= len(COLOURS):
        raise PersonError(f"Name two to {len(COLOURS)} runs to compare.")
    names = common_curves(asked.runs)[:PANELS_MAX]
    if not names:
        raise PersonError("These runs have no curve in common.")
    known = {metric.name: metric for metric in PROJECTS[asked.project].progress_metrics}
    drawn = curves([_panel(name, known.get(name), asked) for name in names], ACROSS.get(asked.project, "epochs"))
    words = " and ".join(_words(name, known.get(name)).lower() for name in names)
    report = Report(f"{len(asked.runs)} runs over one another", (Picture(PICTURE, f"As they trained: {words}."),))
    return Answer(report, (Artifact(PICTURE, "image/png", drawn),))


def common_curves(runs: Sequence[ComparedRun]) -> list[str]:
    """The names of the curves with a point in every run, in the first run's order; validation before all others.

    Where there are curves on validation data the ones on training data say little, and are left out.
    """
    shared = [name for name in runs[0].curves if all(run.curves.get(name) for run in runs)]
    validation = [name for name in shared if name.startswith("validation")]
    return validation or shared


def _panel(name: str, metric: Metric | None, asked: Comparison) -> Panel:
    better = ""
    if metric is not None:
        better = ": higher is better" if metric.higher_is_better else ": lower is better"
    unit = f", in {metric.unit}" if metric is not None and metric.unit else ""
    return Panel(
        title=f"{_words(name, metric)}{unit}{better}",
        series=[Series(run.name, run.curves[name]) for run in asked.runs],
        percent=metric.percent if metric is not None else name.endswith("accuracy"),
    )


def _words(name: str, metric: Metric | None) -> str:
    return metric.label if metric is not None else name.replace("_", " ").capitalize()
