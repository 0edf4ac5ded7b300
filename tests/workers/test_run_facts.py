"""A finished CNN run keeps what questions need, and the questions made of it are right."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, recall_score
from torch import nn

from db.tables import Run
from lessons.questions.model import CurvesPicture, GridPicture, Question
from lessons.questions.own_run import KINDS, RunFacts, question_about, questions_about
from lessons.questions.own_training import COURSES
from tests.lessons.questions.checks import assert_well_made
from workers.catalogue import resolve
from workers.messages import Artifact, Failed, Finished, Progress, TrainerMessage, TrainingJob
from workers.recipes import cnn, digits
from workers.recipes import facts as facts_of_net
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.records import dump_outcome, facts_of

JOB = resolve(
    "cnn", dataset="digits", preset="quick", seed=5, options={"epochs": 8, "width": 4, "learning_rate": 0.003}
)


def trained(job: TrainingJob) -> tuple[Finished, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    outcome = execute(job, sources, sent.append, lambda: False, checkpoint_every=None)
    assert isinstance(outcome, Finished)
    return outcome, sent


def stored(outcome: Finished) -> Run:
    """The run's row, its outcome gone through JSON as in the database."""
    return Run(outcome=json.loads(json.dumps(dump_outcome(outcome))))


@pytest.fixture(scope="module")
def finished() -> tuple[RunFacts, cnn.Net, list[TrainerMessage]]:
    outcome, sent = trained(JOB)
    facts = facts_of(stored(outcome))
    assert facts is not None
    (model,) = [message.data for message in sent if isinstance(message, Artifact) and message.name == "model.pt"]
    return facts, cnn.load_model(model)[0], sent


def asked(facts: RunFacts, kind: str, seed: int = 1) -> Question:
    question = question_about(facts, kind, seed)
    assert question is not None, kind
    return question


def value(question: Question) -> float:
    assert question.typed is not None
    return question.typed.value


def test_a_run_on_digits_gives_nearly_every_kind_of_question_and_the_same_ones_again(
    finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]],
) -> None:
    facts, *_ = finished
    questions = questions_about(facts, 3)
    assert {question.item_id.removeprefix("run:") for question in questions} >= KINDS.keys() - {
        "confusion",
        "lowest_loss",
    }
    for seed in range(50):
        for question in questions_about(facts, seed):
            assert_well_made(question)
    assert questions == questions_about(facts, 3)


def test_parameters_are_those_that_torch_counts(finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]]) -> None:
    facts, net, _ = finished
    counts = [
        sum(weights.numel() for weights in layer.parameters())
        for layer in net.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    seen = {value(asked(facts, "conv_parameters", seed)) for seed in range(40)}
    assert seen == set(counts)
    assert value(asked(facts, "classifier_parameters")) == sum(weights.numel() for weights in net.classify.parameters())


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("normalisation", ["none", "batch"])
def test_the_receptive_field_is_where_the_gradient_reaches(
    finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]], depth: int, normalisation: str
) -> None:
    facts = finished[0]
    shape = replace(finished[1].shape, depth=depth, normalisation=normalisation)
    facts = replace(facts, layers=tuple(facts_of_net.layers_of(cnn.Net(shape))))
    # with averages for maxima and positive weights, every pixel that can count does
    same_windows = nn.Sequential()
    for layer in cnn.Net(shape).modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 0.1)
            same_windows.append(layer)
        elif isinstance(layer, nn.MaxPool2d):
            same_windows.append(nn.AvgPool2d(2))
    pixels = torch.zeros(1, 1, 128, 128, requires_grad=True)
    out = same_windows(pixels)
    (reached,) = torch.autograd.grad(out[0, 0, 16, 16], pixels)
    assert value(asked(facts, "receptive_field")) == int((reached[0, 0].abs().sum(0) > 0).sum())


def test_the_last_maps_have_the_size_that_they_have(finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]]) -> None:
    facts, net, _ = finished
    last = net.stages(torch.zeros(1, *facts.size))[-1]
    assert value(asked(facts, "map_size")) == last.shape[-1]


def test_updates_are_those_that_the_run_counted(finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]]) -> None:
    facts, _, sent = finished
    totals = {message.total for message in sent if isinstance(message, Progress)}
    assert totals == {value(asked(facts, "updates"))}


def test_confusions_are_those_of_the_saved_model(finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]]) -> None:
    facts, net, _ = finished
    data = digits.load()
    said = cnn.scores_of(net, data.test_x, "cpu").argmax(1)
    matrix = confusion_matrix(data.test_y, said)
    assert np.array_equal(matrix, facts.confusion)
    recalls = recall_score(data.test_y, said, average=None)
    for seed in range(10):
        question = asked(facts, "recall", seed)
        name = question.stem.split("of class *")[1].split("*")[0]
        assert value(question) == pytest.approx(100 * recalls[int(name)])
    np.fill_diagonal(matrix, 0)
    question = question_about(facts, "confusion", 1)
    if question is not None:
        was, taken = question.answer.text.split(" taken for ")
        assert matrix[int(was), int(taken)] == matrix.max()
        assert isinstance(question.picture, GridPicture)
    else:
        assert (matrix == matrix.max()).sum() > 1, "no single most frequent one"


def test_the_curves_are_the_runs_own(finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]]) -> None:
    facts, *_ = finished
    question = question_about(facts, "lowest_loss", 1)
    losses = np.array(facts.curves["validation_loss"])
    if question is not None:
        assert value(question) == pytest.approx(losses[losses[:, 1].argmin(), 0]), "eight epochs, eight points"
        assert isinstance(question.picture, CurvesPicture)
        assert question.picture.values[1] == tuple(losses[:, 1])
    else:
        assert np.diff(np.sort(losses[:, 1]))[0] < 0.002


def test_whether_test_and_validation_differ_by_more_than_chance(
    finished: tuple[RunFacts, cnn.Net, list[TrainerMessage]],
) -> None:
    facts, *_ = finished
    best = max(share for _, share in facts.curves["validation_accuracy"])
    # the two samples as single answers, and the spread of the difference of their means
    tested = np.repeat([1.0, 0.0], [facts.right, facts.test - facts.right])
    validated = np.repeat(
        [1.0, 0.0], [round(best * facts.validation), facts.validation - round(best * facts.validation)]
    )
    variance = np.concatenate([tested, validated]).var()
    error = np.sqrt(variance / len(tested) + variance / len(validated))
    text = asked(facts, "noise").answer.text
    assert text.startswith("Yes" if abs(tested.mean() - validated.mean()) > 2 * error else "No")
    assert text.endswith(f"{200 * error:.2f} points")


@pytest.mark.parametrize(
    ("schedule", "course"), [("one_cycle", "rose"), ("cosine", "fell"), ("step", "stepped"), ("constant", "stayed")]
)
@pytest.mark.parametrize("epochs", [1, 8, 12])
def test_the_learning_rate_is_seen_to_do_what_its_schedule_does(schedule: str, course: str, epochs: int) -> None:
    job = replace(JOB, options={**JOB.options, "schedule": schedule, "epochs": epochs})
    facts = facts_of(stored(trained(job)[0]))
    assert facts is not None
    question = asked(facts, "learning_rate")
    assert question.answer.text == COURSES[course][0]
    assert_well_made(question)


def test_a_run_without_facts_has_none() -> None:
    failed = Failed("The loss became NaN.", "Try a lower learning rate.")
    assert facts_of(Run(outcome=dump_outcome(failed))) is None
    assert facts_of(Run(outcome=None)) is None
    old = json.loads(json.dumps(dump_outcome(trained(replace(JOB, options={**JOB.options, "epochs": 1}))[0])))
    del old["facts"]
    assert facts_of(Run(outcome=old)) is None, "a run of an older version still opens"
