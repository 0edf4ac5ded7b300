"""Questions on a run's facts: made-up runs with a known answer, and runs that give no good question."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lessons.questions.model import CurvesPicture, GridPicture, Question
from lessons.questions.own_run import KINDS, Layer, RunFacts, question_about, questions_about
from tests.lessons.questions.checks import SEEDS, assert_well_made

TURNED = (1.9, 1.0, 0.62, 0.55, 0.61, 0.7)
RUN = RunFacts(
    project="cnn",
    dataset="Digits",
    size=(8, 8),
    channels=1,
    layers=(
        Layer("convolution", 1, 16, kernel=5, padding=2, bias=True),
        Layer("pooling", kernel=2, stride=2),
        Layer("convolution", 16, 32, kernel=3, padding=1, bias=True),
        Layer("pooling", kernel=2, stride=2),
        Layer("convolution", 32, 64, kernel=3, padding=1, bias=True),
        Layer("linear", 256, 3, bias=True),
    ),
    training=1295,
    validation=143,
    test=300,
    batch_size=64,
    epochs=6,
    classes=("cat", "dog", "bird"),
    confusion=((90, 8, 2), (3, 95, 2), (1, 5, 94)),
    curves={
        "train_loss": [(float(epoch), loss) for epoch, loss in enumerate((2.3, 1.3, 0.65, 0.4, 0.25, 0.15), 1)],
        "validation_loss": [(float(epoch), loss) for epoch, loss in enumerate(TURNED, 1)],
        "validation_accuracy": [
            (float(epoch), share) for epoch, share in enumerate((0.4, 0.7, 0.8, 0.9, 0.93, 0.92), 1)
        ],
        "learning_rate": [(float(epoch), rate) for epoch, rate in enumerate((0.01, 0.02, 0.015, 0.01, 0.004, 1e-7), 1)],
    },
)


def asked(facts: RunFacts, kind: str, seed: int = 0) -> Question:
    question = question_about(facts, kind, seed)
    assert question is not None, kind
    return question


def options(facts: RunFacts, kind: str) -> dict[str | None, str]:
    """Every option that the kind can show for these facts, by its misconception; None is the right one."""
    shown = (asked(facts, kind, seed).options for seed in range(30))
    return {option.misconception: option.text for each in shown for option in each}


def test_a_run_that_has_everything_gives_every_kind() -> None:
    questions = questions_about(RUN, 7)
    assert [question.item_id for question in questions] == [f"run:{kind}" for kind in KINDS]
    assert len(questions) >= 6


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_questions_are_well_made_and_the_same_for_a_seed(seed: int) -> None:
    questions = questions_about(RUN, seed)
    assert questions == questions_about(RUN, seed)
    for question in questions:
        assert_well_made(question)


def test_each_mistake_gives_what_it_gives() -> None:
    assert options(RUN, "updates") == {
        None: "126",
        "dropped-the-last-batch": "120",
        "one-epoch-only": "21",
        "update-for-each-picture": "7,770",
        "update-for-each-epoch": "6",
        "trained-on-all-pictures": "168",
    }
    assert options(RUN, "confusion") == {
        None: "cat taken for dog",
        "read-rows-as-columns": "dog taken for cat",
        "second-most-frequent": "bird taken for dog",
    }
    assert options(RUN, "lowest_loss") == {
        None: "Epoch 4",
        "took-the-last": "Epoch 6",
        "took-the-best-accuracy": "Epoch 5",
        "took-the-smallest-gap": "Epoch 3",
        "took-the-first": "Epoch 1",
    }
    assert options(RUN, "receptive_field") == {
        None: "20 pixels",
        "forgot-that-pooling-strides": "11 pixels",
        "forgot-the-pooling-window": "17 pixels",
        "last-kernel-only": "12 pixels",
    }


def test_a_short_runs_points_are_measurements_and_not_epochs() -> None:
    curves = {name: [(epoch / 3, value) for epoch, value in points] for name, points in RUN.curves.items()}
    question = asked(replace(RUN, epochs=2, curves=curves), "lowest_loss")
    assert question.answer.text == "Measurement 4"
    assert "of the 6 measurements" in question.stem
    assert isinstance(question.picture, CurvesPicture)
    assert question.picture.x_label == "measurement"


def test_pictures_show_the_runs_own_figures() -> None:
    losses, table = asked(RUN, "lowest_loss").picture, asked(RUN, "confusion").picture
    assert isinstance(losses, CurvesPicture)
    assert losses.values[1] == TURNED
    assert isinstance(table, GridPicture)
    assert table.cells == tuple(tuple(map(str, row)) for row in RUN.confusion)


@given(
    st.lists(st.sampled_from((3, 5, 7)), min_size=2, max_size=5),
    st.sets(st.integers(0, 4), min_size=1, max_size=3),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_stack_of_layers_is_counted_as_torch_counts_it(kernels: list[int], pooled: set[int], bias: bool) -> None:
    layers, modules, channels = list[Layer](), list[nn.Module](), 1
    for place, kernel in enumerate(kernels):
        layers.append(Layer("convolution", channels, channels + 2, kernel, 1, kernel // 2, bias))
        modules.append(nn.Conv2d(channels, channels + 2, kernel, padding=kernel // 2, bias=bias))
        channels += 2
        if place in pooled:
            layers.append(Layer("pooling", kernel=2, stride=2))
            modules.append(nn.AvgPool2d(2))
    facts = replace(RUN, layers=tuple(layers), size=(64, 64))
    counts = {sum(each.numel() for each in module.parameters()) for module in modules} - {0}
    for seed in range(8):
        typed = asked(facts, "conv_parameters", seed).typed
        assert typed is not None
        assert typed.value in counts
    question = question_about(facts, "receptive_field", 0)
    if question is not None:
        line = torch.zeros(1, 1, 256, 256, requires_grad=True)
        out = line
        for module in modules:
            if isinstance(module, nn.Conv2d):
                nn.init.constant_(module.weight, 0.1)
            out = module(out)
        middle = out.shape[-1] // 2
        (reached,) = torch.autograd.grad(out[0, 0, middle, middle], line)
        assert question.typed is not None
        assert question.typed.value == int((reached.abs().sum((0, 1, 2)) > 0).sum())


@given(st.integers(0, 100), st.integers(20, 2000), st.integers(20, 2000))
@settings(max_examples=200, deadline=None)
def test_noise_is_that_of_two_samples_of_answers(share: int, test: int, validation: int) -> None:
    hits = round(test * share / 100)
    facts = replace(RUN, test=test, validation=validation, confusion=((hits, test - hits), (0, 0)))
    question = question_about(facts, "noise", 0)
    if question is None:
        return
    p = (hits + 0.93 * validation) / (test + validation)
    spread = np.sqrt(np.dot([p, 1 - p], [(1 - p) ** 2, p**2]) * (1 / test + 1 / validation))
    assert question.answer.text.startswith("Yes" if abs(hits / test - 0.93) > 2 * spread else "No")
    assert question.answer.text.endswith(f"{200 * spread:.2f} points")


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("confusion", replace(RUN, confusion=((100, 0, 0), (0, 100, 0), (0, 0, 100)))),
        ("confusion", replace(RUN, confusion=((95, 5, 0), (0, 95, 5), (0, 0, 100)))),
        ("recall", replace(RUN, confusion=((100, 0, 0), (0, 100, 0), (0, 0, 100)))),
        ("lowest_loss", replace(RUN, curves={})),
        ("learning_rate", replace(RUN, curves={})),
        ("noise", replace(RUN, views=9)),
        ("receptive_field", replace(RUN, layers=())),
        ("conv_parameters", replace(RUN, layers=())),
        ("classifier_parameters", replace(RUN, layers=())),
        ("map_size", replace(RUN, size=(8, 9))),
    ],
)
def test_a_run_that_gives_no_good_question_is_not_asked_it(kind: str, facts: RunFacts) -> None:
    assert question_about(facts, kind, 1) is None
    assert all(question.item_id != f"run:{kind}" for question in questions_about(facts, 1))
