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
from workers.messages import Artifact, Checkpoint, Failed, Finished, Progress, TrainerMessage, TrainingJob
from workers.recipes import cnn, digits, plots
from workers.recipes.classified import Evaluation
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import unpack
from workers.report import File, Picture

JOB = resolve("cnn", dataset="digits", preset="quick", seed=5)
SHORT = replace(JOB, options={**JOB.options, "epochs": 2, "shift": 1})


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
    assert named == files.keys() == {"curves.png", "confusion.png", "model.pt", "metrics.json"}
    for name in ("curves.png", "confusion.png"):
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


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    first, second, other = (run(replace(SHORT, seed=seed))[0] for seed in (5, 5, 6))
    assert isinstance(first, Finished)
    assert isinstance(second, Finished)
    assert isinstance(other, Finished)
    assert (first.metrics, first.curves) == (second.metrics, second.curves)
    assert first.curves != other.curves


def test_a_run_that_is_interrupted_anywhere_ends_like_one_that_was_not() -> None:
    whole, sent = run(SHORT, checkpoint_every=0.0)
    checkpoints = [message for message in sent if isinstance(message, Checkpoint)]
    assert [checkpoint.step for checkpoint in checkpoints] == list(range(1, 43))
    for at in (0, 20, 41):  # the first step, the middle of the second epoch, the very last
        resumed, again = run(replace(SHORT, checkpoint=checkpoints[at].data))
        assert isinstance(resumed, Finished)
        assert isinstance(whole, Finished)
        assert (resumed.metrics, resumed.curves) == (whole.metrics, whole.curves)
        weights, expected = (unpack(artifacts(each)["model.pt"])["weights"] for each in (again, sent))
        assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_a_checkpoint_of_other_options_is_left_aside() -> None:
    _, sent = run(SHORT, checkpoint_every=0.0)
    checkpoint = next(message for message in sent if isinstance(message, Checkpoint))
    wider = replace(SHORT, options={**SHORT.options, "width": 8})
    fresh, _ = run(wider)
    resumed, _ = run(replace(wider, checkpoint=checkpoint.data))
    assert isinstance(fresh, Finished)
    assert isinstance(resumed, Finished)
    assert resumed.metrics == fresh.metrics


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


def test_progress_comes_in_order_and_ends_at_the_last_step() -> None:
    _, sent = run(SHORT)
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


def test_moved_pictures_are_the_same_pictures_elsewhere() -> None:
    pictures = torch.zeros(50, 5, 5, dtype=torch.uint8)
    pictures[:, 2, 2] = torch.arange(1, 51).to(torch.uint8)
    canvas = torch.nn.functional.pad(pictures, (1, 1, 1, 1))
    chosen = torch.tensor([4, 9, 41])
    moved = [cnn.moved(canvas, chosen, 1, seed=1, step=step) for step in range(40)]
    places = {tuple(batch[0].nonzero()[0].tolist()) for batch in moved}
    assert places == {(y, x) for y in (1, 2, 3) for x in (1, 2, 3)}, "all nine places are reached"
    assert all(batch.amax((1, 2)).tolist() == [5, 10, 42] for batch in moved)


@pytest.mark.parametrize("pooling", ["max", "flatten"])
def test_the_network_takes_pictures_of_any_size(pooling: str) -> None:
    net = cnn.Net(cnn.Shape(4, pooling, 28, 20, 7, 10.0, 5.0))
    assert net(torch.zeros(3, 28, 20, dtype=torch.uint8)).shape == (3, 7)


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


def test_a_result_without_a_mistake_has_a_picture_too() -> None:
    plots.confusion([[5, 0], [0, 5]], ("a", "b"), [])
    everything_right = Evaluation(
        torch.eye(2), torch.tensor([0, 1]), torch.zeros(2, 2, 2, dtype=torch.uint8), ("a", "b")
    )
    assert everything_right.worst_pair() is None
