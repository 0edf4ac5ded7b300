"""The transformer learns, gives the same figures for the same seed, and goes on where it was interrupted."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from lessons.errors import PersonError
from workers.catalogue import resolve
from workers.messages import Artifact, Checkpoint, Failed, Finished, OptionValue, Progress, TrainerMessage, TrainingJob
from workers.recipes import transformer, transformer_files, transformer_report
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import unpack
from workers.recipes.transformer_model import load_model, probabilities
from workers.report import File, Picture

GOOD = ("lovely", "warm", "bright", "clever", "moving")
BAD = ("dull", "cold", "clumsy", "stale", "empty")
NOUNS = ("film", "story", "cast", "score", "plot", "ending")
SMALL = {
    "epochs": 3,
    "learning_rate": 0.003,
    "batch_size": 16,
    "width": 16,
    "depth": 2,
    "heads": 2,
    "members": 2,
    "word_dropout": 0.1,
    "longest": 16,
}
JOB = resolve("transformer", dataset="imdb", preset="quick", seed=5, options=SMALL)
STEPS = 3 * 12  # 190 of 200 training reviews in batches of 16


def never() -> bool:
    return False


def reviews(folder: Path) -> Path:
    """A film review corpus in IMDB's layout: `not` turns a review round."""
    generator = torch.Generator().manual_seed(1)

    def pick(words: tuple[str, ...]) -> str:
        return words[int(torch.randint(len(words), (), generator=generator))]

    for part, count in (("train", 100), ("test", 40)):
        for kind, adjectives in (("pos", GOOD), ("neg", BAD)):
            place = folder / "aclImdb" / part / kind
            place.mkdir(parents=True)
            for number in range(count):
                text = f"The {pick(NOUNS)} is {pick(adjectives)}, the {pick(NOUNS)} {pick(adjectives)}.<br />"
                (place / f"{number}_1.txt").write_text(text)
    return folder


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> DataSources:
    folder = tmp_path_factory.mktemp("data")
    return DataSources(cache=folder / "cache", folder=reviews(folder), allow_downloads=False)


def run(
    job: TrainingJob,
    sources: DataSources,
    *,
    stop_asked: Callable[[], bool] = never,
    checkpoint_every: float | None = None,
) -> tuple[Finished | Failed, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    return execute(job, sources, sent.append, stop_asked, checkpoint_every=checkpoint_every), sent


def artifacts(sent: list[TrainerMessage]) -> dict[str, bytes]:
    return {message.name: message.data for message in sent if isinstance(message, Artifact)}


@pytest.fixture(scope="module")
def finished(sources: DataSources) -> tuple[Finished, dict[str, bytes]]:
    outcome, sent = run(JOB, sources)
    assert isinstance(outcome, Finished), outcome
    return outcome, artifacts(sent)


def test_it_learns_to_tell_good_reviews_from_bad_ones(finished: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, _ = finished
    assert outcome.metrics["test_accuracy"] > 0.95
    losses = [value for _, value in outcome.curves["train_loss"]]
    assert losses[-1] < losses[0] / 2
    assert outcome.dataset == "IMDB: 190 training, 10 validation and 80 test reviews"
    assert outcome.report.headline.startswith("100.00 % of the IMDB test reviews told right (tf-idf 100.00 %)")


def test_every_file_that_the_report_names_is_there_and_opens(finished: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, files = finished
    named = {part.artifact for part in outcome.report.parts if isinstance(part, Picture | File)}
    assert named == files.keys() == {"curves.png", "attention.png", "confusion.png", "model.pt", "metrics.json"}
    for name in ("curves.png", "attention.png", "confusion.png"):
        with Image.open(io.BytesIO(files[name])) as picture:
            assert picture.width == 1080
            picture.load()
    written = json.loads(files["metrics.json"])
    assert written["config"] == JOB.options
    assert sum(map(sum, written["confusion"])) == 80
    names = [each["name"] for each in written["baselines"]]
    assert names == ["tf-idf + logistic regression", "naive Bayes", "bag of embeddings"]


def test_the_saved_model_gives_the_accuracy_that_was_reported(
    finished: tuple[Finished, dict[str, bytes]], sources: DataSources
) -> None:
    outcome, files = finished
    model = load_model(files["model.pt"])
    test = transformer_files.imdb(sources).test
    said = probabilities(model.ensemble, model.numbers(test.texts))
    right = float((said.argmax(1) == test.labels).float().mean())
    assert right == pytest.approx(outcome.metrics["test_accuracy"])
    assert model.classes == ("negative", "positive")


def test_another_seed_gives_other_figures_and_an_interrupted_run_the_same(sources: DataSources) -> None:
    whole, sent = run(JOB, sources, checkpoint_every=0.0)
    other, _ = run(replace(JOB, seed=6, options={**JOB.options, "epochs": 1}), sources)
    assert isinstance(whole, Finished)
    assert isinstance(other, Finished)
    assert whole.curves["train_loss"][0] != other.curves["train_loss"][0]
    checkpoints = [message for message in sent if isinstance(message, Checkpoint)]
    assert [checkpoint.step for checkpoint in checkpoints] == list(range(1, STEPS + 1))
    for at in (STEPS // 2, STEPS - 1):  # within an epoch, and the very last
        resumed, again = run(replace(JOB, checkpoint=checkpoints[at].data), sources)
        assert isinstance(resumed, Finished)
        assert (resumed.metrics, resumed.curves) == (whole.metrics, whole.curves)
        for weights, expected in zip(
            *(unpack(artifacts(each)["model.pt"])["weights"] for each in (again, sent)), strict=True
        ):
            assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_the_same_seed_gives_the_same_figures(
    finished: tuple[Finished, dict[str, bytes]], sources: DataSources
) -> None:
    again, sent = run(JOB, sources)
    assert isinstance(again, Finished)
    assert (again.metrics, again.curves) == (finished[0].metrics, finished[0].curves)
    steps = [message.step for message in sent if isinstance(message, Progress)]
    assert steps == sorted(steps), "progress comes in order …"
    assert steps[-1] == STEPS, "… and ends at the last step"
    last = next(message for message in reversed(sent) if isinstance(message, Progress))
    assert last.metrics.keys() == {"loss", "accuracy", "validation_loss", "validation_accuracy"}


def test_a_run_that_is_asked_to_stop_does_so_after_the_step_and_saves_its_state(sources: DataSources) -> None:
    asked = False

    def send(message: TrainerMessage) -> None:
        nonlocal asked
        asked = asked or (isinstance(message, Progress) and message.step >= 1)
        sent.append(message)

    sent: list[TrainerMessage] = []
    outcome = execute(JOB, sources, send, lambda: asked, checkpoint_every=3600.0)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"
    (checkpoint,) = [message for message in sent if isinstance(message, Checkpoint)]
    assert checkpoint.step == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"learning_rate": 1e-5, "letters": "off", "positions": "none"}, "below"),
        ({"hint": "naive_bayes", "positions": "waves", "width": 8, "heads": 8, "longest": 8}, "log-count ratios"),
    ],
)
def test_the_text_of_a_result_says_what_happened(
    options: dict[str, OptionValue], sentence: str, sources: DataSources
) -> None:
    edge = {"depth": 1, "members": 1, "epochs": 1, "dropout": 0.8, "word_dropout": 0.8, **options}
    outcome, _ = run(replace(JOB, options={**JOB.options, **edge}), sources)
    assert isinstance(outcome, Finished), outcome
    text = str(outcome.report.parts[0])
    assert sentence in text or "hardly more than guessing" in text
    assert (outcome.metrics["test_accuracy"] < outcome.metrics["tf_idf_accuracy"]) == (
        "**below**" in text or "guessing" in text
    )


def test_heads_that_cannot_share_the_width_are_refused_with_those_that_can(sources: DataSources) -> None:
    outcome, _ = run(replace(JOB, options={**JOB.options, "width": 20, "heads": 3}), sources)
    assert isinstance(outcome, Failed)
    assert outcome.sentence == "The heads share the width, and 20 can't be shared by 3."
    assert outcome.advice == "With width:20, heads can be 1, 2, 4, 5, 10."


@pytest.mark.parametrize(
    ("option", "value"),
    [("epochs", 0), ("width", 513), ("dropout", 0.81), ("members", 9), ("pooling", "sum"), ("longest", 7)],
)
def test_options_beyond_their_bounds_are_refused(option: str, value: float | str) -> None:
    with pytest.raises(PersonError):
        resolve("transformer", options={option: value})


def test_every_text_is_in_one_batch_of_an_epoch_and_batches_hold_texts_of_like_length() -> None:
    lengths = torch.randint(1, 50, (1000,), generator=torch.Generator().manual_seed(0))
    batches = transformer.epoch_batches(3, lengths, 32)
    assert sorted(torch.cat(batches).tolist()) == list(range(1000))
    assert len(batches) == 32  # as many as optimiser steps are counted with
    spread = [int(lengths[batch].max() - lengths[batch].min()) for batch in batches]
    assert sorted(spread)[len(spread) // 2] < 8
    assert [batch.tolist() for batch in batches] != [b.tolist() for b in transformer.epoch_batches(4, lengths, 32)]


def test_what_is_shown_are_surest_answers_and_mistakes() -> None:
    said = torch.tensor([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.51, 0.49], [0.99, 0.01]])
    test = transformer_report.verdicts(said, torch.tensor([0, 1, 0, 0, 0]), ("a", "b"))
    assert transformer_report._chosen(test, torch.tensor([5, 5, 5, 5, 200])) == [0, 1, 2, 3]
    assert transformer_report._chosen(test, torch.full((5,), 1)) == [0], "texts that don't fit: one all the same"
