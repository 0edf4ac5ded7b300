"""The CNN learns, gives the same figures for the same seed, and goes on where it was interrupted."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from sklearn.metrics import confusion_matrix, log_loss

from workers.catalogue import resolve
from workers.catalogue_cnn import CNN
from workers.messages import Artifact, Checkpoint, Failed, Finished, Progress, TrainerMessage, TrainingJob
from workers.options import FloatOption, IntOption
from workers.recipes import cnn, digits, plots
from workers.recipes.classified import Evaluation
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import unpack
from workers.report import File, Picture

JOB = resolve("cnn", dataset="digits", preset="quick", seed=5)
SHORT = replace(JOB, options={**JOB.options, "epochs": 2, "shift": 1})
EVERYTHING = replace(
    JOB,
    options={
        **JOB.options,
        "epochs": 2,
        "width": 4,
        "depth": 2,
        "normalisation": "batch",
        "dropout": 0.2,
        "label_smoothing": 0.1,
        "warp": 0.5,
        "shift": 1,
        "mirror": "on",
        "erase": 2,
        "average": "on",
        "views": 5,
    },
)


def never() -> bool:
    return False


def run(
    job: TrainingJob, *, stop_asked: Callable[[], bool] = never, checkpoint_every: float | None = None
) -> tuple[Finished | Failed, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    return execute(job, sources, sent.append, stop_asked, checkpoint_every=checkpoint_every), sent


def artifacts(sent: list[TrainerMessage]) -> dict[str, bytes]:
    return {message.name: message.data for message in sent if isinstance(message, Artifact)}


@pytest.fixture(scope="module")
def finished() -> tuple[Finished, dict[str, bytes]]:
    outcome, sent = run(JOB)
    assert isinstance(outcome, Finished)
    return outcome, artifacts(sent)


def test_ten_epochs_on_digits_read_the_test_digits(finished: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, _ = finished
    assert outcome.metrics["test_accuracy"] > 0.97
    losses = [value for _, value in outcome.curves["train_loss"]]
    assert losses[-1] < losses[0] / 20
    assert [epoch for epoch, _ in outcome.curves["validation_accuracy"]] == pytest.approx(list(range(1, 11)))
    assert outcome.dataset == "scikit-learn digits: 1,295 training, 143 validation and 359 test pictures"
    assert outcome.report.headline == f"{outcome.metrics['test_accuracy']:.2%}".replace("%", " %") + (
        " of the Digits test pictures read right"
    )


def test_every_file_that_the_report_names_is_there_and_opens(finished: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, files = finished
    named = {part.artifact for part in outcome.report.parts if isinstance(part, Picture | File)}
    pictures = {"curves.png", "confusion.png", "looked.png", "inside.png"}
    assert named == files.keys() == {*pictures, "model.pt", "metrics.json"}
    for name in pictures:
        with Image.open(io.BytesIO(files[name])) as picture:
            assert picture.width == 1080
            picture.load()
    written = json.loads(files["metrics.json"])
    assert written["config"] == JOB.options
    assert sum(map(sum, written["confusion"])) == 359


def test_the_saved_model_gives_the_accuracy_that_was_reported(finished: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, files = finished
    net, classes = cnn.load_model(files["model.pt"])
    data = digits.load()
    said = cnn.scores_of(net, data.test_x, "cpu").argmax(1)
    assert float((said == data.test_y).float().mean()) == pytest.approx(outcome.metrics["test_accuracy"])
    assert classes == tuple("0123456789")


@pytest.fixture(scope="module")
def short() -> tuple[Finished, list[TrainerMessage]]:
    """A short run with a checkpoint after each step."""
    outcome, sent = run(SHORT, checkpoint_every=0.0)
    assert isinstance(outcome, Finished)
    return outcome, sent


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(
    short: tuple[Finished, list[TrainerMessage]],
) -> None:
    same, other = (run(replace(SHORT, seed=seed))[0] for seed in (5, 6))
    assert isinstance(same, Finished)
    assert isinstance(other, Finished)
    assert (same.metrics, same.curves) == (short[0].metrics, short[0].curves)
    assert other.curves != same.curves


@pytest.mark.parametrize(
    "options",
    [
        {"optimiser": "sgd", "learning_rate": 0.1, "weight_decay": 1e-3, "schedule": "cosine"},
        {"optimiser": "rmsprop", "learning_rate": 1e-3, "weight_decay": 0.0, "schedule": "one_cycle"},
        {"schedule": "step", "activation": "gelu", "normalisation": "batch"},
        {"schedule": "constant", "learning_rate": 3e-3, "activation": "tanh", "normalisation": "group", "width": 5},
        {"activation": "silu", "depth": 3, "normalisation": "batch", "pooling": "max", "dropout": 0.1},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_every_way_to_train_learns(options: dict[str, int | float | str]) -> None:
    outcome, _ = run(replace(JOB, options={**JOB.options, "epochs": 5, "width": 8, **options}))
    assert isinstance(outcome, Finished)
    losses = [value for _, value in outcome.curves["train_loss"]]
    assert losses[-1] < losses[0] / 3
    assert outcome.metrics["test_accuracy"] > 0.9


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_a_network_at_the_bounds_of_its_options_takes_a_step(end: str) -> None:
    numbers = [option for option in CNN.options if isinstance(option, IntOption | FloatOption)]
    extreme = {option.name: getattr(option, end) for option in numbers}
    job = resolve("cnn", dataset="digits", options={**extreme, "batch_size": 8, "normalisation": "group"}, seed=1)
    outcome, sent = run(job, stop_asked=lambda: True)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped", outcome.detail
    assert [message.step for message in sent if isinstance(message, Progress)] == [1]


@pytest.mark.parametrize("at", [0, 20, 41], ids=["first step", "second epoch", "last step"])
def test_a_run_that_is_interrupted_anywhere_ends_like_one_that_was_not(
    short: tuple[Finished, list[TrainerMessage]], at: int
) -> None:
    whole, sent = short
    checkpoints = [message for message in sent if isinstance(message, Checkpoint)]
    assert [checkpoint.step for checkpoint in checkpoints] == list(range(1, 43))
    ends_alike(SHORT, checkpoints[at], whole, sent)


def ends_alike(job: TrainingJob, checkpoint: Checkpoint, whole: Finished, sent: list[TrainerMessage]) -> None:
    resumed, again = run(replace(job, checkpoint=checkpoint.data))
    assert isinstance(resumed, Finished)
    assert (resumed.metrics, resumed.curves) == (whole.metrics, whole.curves)
    weights, expected = (unpack(artifacts(each)["model.pt"])["weights"] for each in (again, sent))
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_with_everything_switched_on_a_run_goes_on_as_well() -> None:
    whole, sent = run(EVERYTHING, checkpoint_every=0.0)
    assert isinstance(whole, Finished)
    ends_alike(EVERYTHING, [message for message in sent if isinstance(message, Checkpoint)][24], whole, sent)
    with Image.open(io.BytesIO(artifacts(sent)["changed.png"])) as picture:
        assert picture.width == 1080
    assert "Each was looked at from 5 places" in str(whole.report.parts[0])


def test_a_checkpoint_of_other_options_is_left_aside(short: tuple[Finished, list[TrainerMessage]]) -> None:
    checkpoint = next(message for message in short[1] if isinstance(message, Checkpoint))
    wider = replace(SHORT, options={**SHORT.options, "width": 8}, checkpoint=checkpoint.data)
    _, sent = run(wider, stop_asked=lambda: True)
    first = next(message for message in sent if isinstance(message, Progress))
    assert first.step == 1


def test_a_run_that_is_asked_to_stop_does_so_after_the_step_and_saves_its_state() -> None:
    asked = iter([False] * 30 + [True] * 100)
    outcome, sent = run(SHORT, stop_asked=lambda: next(asked), checkpoint_every=3600.0)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"
    (checkpoint,) = [message for message in sent if isinstance(message, Checkpoint)]
    assert 1 <= checkpoint.step < 42


def test_a_learning_rate_that_is_too_high_is_told_with_an_advice() -> None:
    hot = replace(JOB, options={**JOB.options, "learning_rate": 1.0, "width": 64, "epochs": 3})
    outcome, _ = run(hot)
    match outcome:
        case Failed(cause=cause, advice=advice):
            assert cause == "diverged"
            assert "lower learning rate" in advice
        case Finished(report=report):
            assert "A lower learning rate usually helps." in str(report.parts[0])


def test_progress_comes_in_order_and_ends_at_the_last_step(short: tuple[Finished, list[TrainerMessage]]) -> None:
    _, sent = short
    steps = [message.step for message in sent if isinstance(message, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] == 42
    last = next(message for message in reversed(sent) if isinstance(message, Progress))
    assert last.metrics.keys() == {"loss", "accuracy", "validation_loss", "validation_accuracy"}


def test_the_parts_of_a_data_set_share_no_picture_index_and_keep_the_shares_of_the_classes() -> None:
    data = digits.load()
    sizes = [len(labels) for labels in (data.train_y, data.validation_y, data.test_y)]
    assert sum(sizes) == 1797
    for labels, share in ((data.test_y, 0.2), (data.validation_y, 0.08)):
        counts = torch.bincount(labels)
        assert (counts - 179.7 * share).abs().max() < 2


@pytest.mark.parametrize("pooling", ["max", "flatten"])
def test_the_network_takes_pictures_of_any_size(pooling: str) -> None:
    net = cnn.Net(cnn.Shape(4, pooling, 28, 20, 7, 10.0, 5.0))
    assert net(torch.zeros(3, 28, 20, dtype=torch.uint8)).shape == (3, 7)
    colour = cnn.Net(cnn.Shape(4, pooling, 32, 32, 10, 10.0, 5.0, channels=3, depth=2, normalisation="batch"))
    assert colour(torch.zeros(3, 3, 32, 32, dtype=torch.uint8)).shape == (3, 10)
    assert [tuple(maps.shape) for maps in colour.stages(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))] == [
        (1, 4, 16, 16),
        (1, 8, 8, 8),
        (1, 16, 8, 8),
    ]


def test_the_figures_of_an_evaluation_are_those_of_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(3)
    probabilities = torch.rand(200, 4, generator=generator, dtype=torch.float64).softmax(1)
    labels = torch.randint(0, 4, (200,), generator=generator)
    test = Evaluation(probabilities, labels, torch.zeros(200, 2, 2, dtype=torch.uint8), tuple("abcd"))
    assert test.confusion.tolist() == confusion_matrix(labels, test.predicted).tolist()
    assert test.loss == pytest.approx(log_loss(labels, probabilities), rel=1e-5)
    assert test.accuracy == (test.predicted == labels).double().mean()


def test_the_mistakes_that_are_shown_are_the_surest_ones() -> None:
    probabilities = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.05, 0.95]])
    test = Evaluation(probabilities, torch.tensor([1, 1, 1, 0]), torch.zeros(4, 2, 2, dtype=torch.uint8), ("a", "b"))
    assert [round(mistake.confidence, 2) for mistake in test.surest_mistakes(2)] == [0.95, 0.9]
    assert test.worst_pair() == (1, 0, 2)
    assert [round(mistake.confidence, 2) for mistake in test.most_doubtful(2)] == [0.6, 0.8]


def test_a_result_without_a_mistake_has_a_picture_too() -> None:
    plots.confusion([[5, 0], [0, 5]], ("a", "b"), [])
    everything_right = Evaluation(
        torch.eye(2), torch.tensor([0, 1]), torch.zeros(2, 2, 2, dtype=torch.uint8), ("a", "b")
    )
    assert everything_right.worst_pair() is None
