"""Curves of several runs over one another: the ones in common, and sentences where there are none."""

import io

import pytest
from PIL import Image

from lessons.errors import PersonError
from workers.recipes.compare_use import common_curves, load
from workers.using import ComparedRun, Comparison, Wish


def run(name: str, epochs: int, *curves: str) -> ComparedRun:
    points = [(float(epoch), 1.0 / (epoch + 1)) for epoch in range(epochs + 1)]
    return ComparedRun(name, dict.fromkeys(curves, points))


def ask(*runs: ComparedRun) -> bytes:
    answer = load(None, "cpu")(Wish("compare", comparison=Comparison("cnn", runs)))
    (made,) = answer.artifacts
    assert [part.artifact for part in answer.report.parts if part.kind == "picture"] == [made.name]
    return made.data


def size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        return picture.size


def test_validation_curves_that_all_runs_have_are_drawn_and_others_are_not() -> None:
    both = run("a", 3, "train_loss", "validation_loss", "validation_accuracy")
    one = run("b", 9, "validation_loss", "train_loss")
    assert common_curves([both, one]) == ["validation_loss"]
    assert common_curves([both, both]) == ["validation_loss", "validation_accuracy"]
    assert common_curves([run("a", 2, "train_loss"), one]) == ["train_loss"]


def test_a_panel_a_curve_readable_on_a_phone() -> None:
    one = ask(run("run 1", 3, "validation_loss"), run("run 2", 9, "validation_loss"))
    two = ask(*(run(f"run {n}", n, "validation_loss", "validation_accuracy") for n in range(1, 5)))
    assert size(one)[0] == size(two)[0] == 1080
    assert size(one)[1] < size(two)[1]


def test_longer_runs_and_runs_of_one_point_go_together() -> None:
    ask(run("run 1", 0, "validation_loss"), run("run 2", 400, "validation_loss"))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((run("a", 3, "train_loss"), run("b", 3, "reward")), "no curve in common"),
        ((run("a", 3, "train_loss"), ComparedRun("b", {"train_loss": []})), "no curve in common"),
        ((run("a", 3, "train_loss"),), "two to 4 runs"),
        (tuple(run(str(n), 3, "train_loss") for n in range(5)), "two to 4 runs"),
    ],
)
def test_what_cannot_be_drawn_is_said(runs: tuple[ComparedRun, ...], expected: str) -> None:
    with pytest.raises(PersonError, match=expected):
        ask(*runs)
