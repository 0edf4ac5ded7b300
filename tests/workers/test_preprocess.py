"""A data set is looked at before it is trained on: duplicates, oddities, a split without leaks, scales."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.preprocessing import StandardScaler

from lessons.errors import PersonError
from workers.catalogue import resolve
from workers.messages import Artifact, Checkpoint, Failed, Finished, TrainerMessage, TrainingJob, Upload
from workers.recipes.inspecting import inspect
from workers.recipes.preprocess import channel_statistics, on_scale, split_without_leaks
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources

JOB = resolve("preprocess", dataset="digits", seed=3, options={"epochs": 4})


def run(
    job: TrainingJob, stop: Callable[[], bool] = lambda: False
) -> tuple[Finished | Failed, dict[str, bytes], list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    outcome = execute(job, sources, sent.append, stop, checkpoint_every=None)
    return outcome, {message.name: message.data for message in sent if isinstance(message, Artifact)}, sent


@pytest.fixture(scope="module")
def finished() -> tuple[Finished, dict[str, bytes]]:
    outcome, files, _ = run(JOB)
    assert isinstance(outcome, Finished), outcome
    return outcome, files


def test_standardised_digits_are_learnt_best(finished: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, files = finished
    metrics = outcome.metrics
    assert metrics["standardised_accuracy"] > 0.9
    assert metrics["standardised_loss"] < metrics["scaled_loss"]
    losses = [value for _, value in outcome.curves["train_loss"]]
    assert losses[-1] < losses[0] / 3
    for name in ("classes.png", "odd.png", "training.png", "augmented.png"):
        assert Image.open(io.BytesIO(files[name])).width == 1080
    split = json.loads(files["split.json"])
    assert len(split["training"]) + len(split["validation"]) == metrics["pictures"] == 1438
    assert not set(split["training"]) & set(split["validation"])


def test_the_same_seed_gives_the_same_figures(finished: tuple[Finished, dict[str, bytes]]) -> None:
    again, _, _ = run(JOB)
    assert isinstance(again, Finished)
    assert again.metrics == finished[0].metrics


def test_a_run_goes_on_where_it_was_interrupted(finished: tuple[Finished, dict[str, bytes]]) -> None:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)

    def stop() -> bool:
        return sum(isinstance(message, Checkpoint) for message in sent) >= 6

    stopped = execute(JOB, sources, sent.append, stop, checkpoint_every=0.0)
    assert isinstance(stopped, Failed)
    assert stopped.cause == "stopped"
    last = [message for message in sent if isinstance(message, Checkpoint)][-1]
    gone_on, _, _ = run(replace(JOB, checkpoint=last.data))
    assert isinstance(gone_on, Finished)
    assert gone_on.metrics == finished[0].metrics


def pictures(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (count, 1, 12, 12), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def test_duplicates_are_found_and_counted() -> None:
    some = pictures(30)
    some[7] = some[2]
    some[9] = some[2]
    some[20] = some[5].clamp(3, 250)  # nearly the same
    labels = torch.zeros(30, dtype=torch.int64)
    labels[9] = 1
    found = inspect(some, labels, 2, 0.99)
    assert found.exact == 2
    assert [(pair.first, pair.second) for pair in found.pairs] == [(5, 20)]
    assert found.groups[[2, 7, 9]].unique().tolist() == [2]
    assert found.groups[20] == 5
    assert found.contradictions == 1
    assert found.counts == (29, 1)


def test_what_is_alike_never_lies_in_both_parts() -> None:
    groups = torch.arange(400)
    groups[100:140] = 3
    groups[200:260:2] = 201
    labels = torch.arange(400) % 4
    for seed in range(5):
        training, validation = split_without_leaks(groups, labels, 0.25, seed)
        assert not set(groups[training].tolist()) & set(groups[validation].tolist())
        assert sorted([*training.tolist(), *validation.tolist()]) == list(range(400))
        for label in range(4):
            assert 20 <= int((labels[validation] == label).sum()) <= 70


def test_the_oddest_picture_of_a_class_is_the_one_unlike_the_others() -> None:
    base = pictures(1)
    some = (base.float() + torch.randn(40, 1, 12, 12, generator=torch.Generator().manual_seed(1)) * 20).clamp(0, 255)
    some[17] = pictures(1, seed=9).float()
    found = inspect(some.to(torch.uint8), torch.zeros(40, dtype=torch.int64), 1, 1.0)
    assert found.outliers[0] == 17


def test_standardising_is_what_scikit_learn_does() -> None:
    some = pictures(50)
    ours = on_scale(some, "standardised", channel_statistics(some))
    theirs = StandardScaler().fit_transform(some.float().reshape(-1, 1).numpy()).reshape(50, -1)
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-5)
    assert float(on_scale(some, "scaled", channel_statistics(some)).max()) == 1.0


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def picture(colour: tuple[int, int, int], seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 60, (24, 30, 3))
    stream = io.BytesIO()
    Image.fromarray(np.clip(noise + colour, 0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def test_a_members_own_zip_is_inspected_and_what_was_left_out_is_said() -> None:
    files = {
        f"leaves/{kind}/{n}.png": picture(colour, n)
        for kind, colour in (("oak", (20, 120, 20)), ("elm", (150, 90, 10)))
        for n in range(12)
    }
    files["leaves/oak/again.png"] = files["leaves/oak/3.png"]
    files["leaves/elm/broken.png"] = b"\x89PNG\r\n\x1a\n nothing more"
    job = resolve("preprocess", seed=1, options={"epochs": 2, "side": 16}, upload=Upload("leaves.zip", zipped(files)))
    outcome, made, _ = run(job)
    assert isinstance(outcome, Finished), outcome
    assert outcome.metrics["pictures"] == 25
    assert outcome.metrics["exact_duplicates"] == 1
    assert "broken.png" in repr(outcome.report)
    assert "oak/again.png" in json.dumps(json.loads(made["split.json"]))


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"no zip at all", "zip"), (zipped({"only/a.png": picture((1, 2, 3), 1)}), "class"), (zipped({}), "picture")],
)
def test_a_file_that_cannot_be_used_gives_a_sentence_before_any_training(data: bytes, says: str) -> None:
    outcome, _, sent = run(resolve("preprocess", upload=Upload("mine.zip", data)))
    assert isinstance(outcome, Failed)
    assert outcome.cause == "person"
    assert says in outcome.sentence
    assert not [message for message in sent if isinstance(message, Artifact)]


def test_a_zip_and_a_named_data_set_do_not_go_together() -> None:
    with pytest.raises(PersonError, match="Leave one of the two out"):
        resolve("preprocess", dataset="digits", upload=Upload("x.zip", b""))
    with pytest.raises(PersonError, match="needs your file"):
        resolve("preprocess", dataset="own")
