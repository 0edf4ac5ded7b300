"""Transfer learning: three ways on the embedded digits, their parts on photos, and what is said when one is missing."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from sklearn.linear_model import LogisticRegression

from lessons.errors import PersonError
from workers.catalogue import resolve
from workers.messages import (
    Artifact,
    Checkpoint,
    Failed,
    Finished,
    Progress,
    TrainedModel,
    TrainerMessage,
    TrainingJob,
    Upload,
)
from workers.recipes import backbones, probe, transfer, transfer_data, transfer_use
from workers.recipes.backbones import Classifier
from workers.recipes.own_pictures import OwnPictures, from_zip
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import unpack
from workers.recipes.transfer_report import Outcome, most_confused
from workers.recipes.views import augmented, looks
from workers.report import File, Picture, Table
from workers.using import Wish

JOB = resolve("transfer", dataset="digits", preset="quick", seed=5, options={"epochs": 4})
NOWHERE = DataSources(cache=Path("/nonexistent"), allow_downloads=False)


def run(
    job: TrainingJob, *, stop_asked: Callable[[], bool] = lambda: False, checkpoint_every: float | None = None
) -> tuple[Finished | Failed, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    return execute(job, NOWHERE, sent.append, stop_asked, checkpoint_every=checkpoint_every), sent


def artifacts(sent: list[TrainerMessage]) -> dict[str, bytes]:
    return {message.name: message.data for message in sent if isinstance(message, Artifact)}


def zipped(classes: dict[str, int], side: int = 80) -> bytes:
    stream, random = io.BytesIO(), np.random.default_rng(0)
    with zipfile.ZipFile(stream, "w") as archive:
        for name, count in classes.items():
            for number in range(count):
                picture = io.BytesIO()
                Image.fromarray(random.integers(0, 256, (side, side, 3), np.uint8)).save(picture, "PNG")
                archive.writestr(f"{name}/{number}.png", picture.getvalue())
    return stream.getvalue()


@pytest.fixture(scope="module")
def whole() -> tuple[Finished, list[TrainerMessage]]:
    outcome, sent = run(JOB, checkpoint_every=0.0)
    assert isinstance(outcome, Finished), outcome
    return outcome, sent


def test_what_was_learnt_on_other_digits_helps(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, sent = whole
    metrics = outcome.metrics
    assert metrics["features_accuracy"] > 0.75
    assert metrics["finetuned_accuracy"] > metrics["scratch_accuracy"] + 0.15, "in four passes over 25 pictures"
    assert metrics["test_accuracy"] == metrics["finetuned_accuracy"]
    losses = [
        message.metrics["loss"] for message in sent if isinstance(message, Progress) and "loss" in message.metrics
    ]
    assert losses[0] > 3.3, "40 turned and mirrored digits, nothing known: ln 40 is 3.7"
    assert min(losses) < 0.5
    assert outcome.curves["finetuned_loss"][-1][1] < outcome.curves["scratch_loss"][-1][1] / 2
    assert outcome.dataset == "Digits 5 to 9: 25 training and 448 test pictures of 5 classes"


def test_every_file_that_the_report_names_opens(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, sent = whole
    files = artifacts(sent)
    named = {part.artifact for part in outcome.report.parts if isinstance(part, Picture | File)}
    assert named == files.keys() == {"curves.png", "confusion.png", "model.pt", "metrics.json"}
    for name in ("curves.png", "confusion.png"):
        with Image.open(io.BytesIO(files[name])) as picture:
            assert picture.width == 1080
    written = json.loads(files["metrics.json"])
    assert sum(map(sum, written["confusion"])) == 448
    (table,) = [part for part in outcome.report.parts if isinstance(part, Table)]
    assert [row[0] for row in table.rows] == [
        "feature extraction",
        "fine-tuned",
        "from scratch",
        "always the commonest class",
    ]


def test_the_saved_model_gives_the_accuracy_that_was_reported(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, sent = whole
    net, about = transfer.load_model(artifacts(sent)["model.pt"])
    _, task = transfer_data.digits()
    with torch.no_grad():
        said = net(task.test_x).argmax(1)
    assert float((said == task.test_y).float().mean()) == pytest.approx(outcome.metrics["test_accuracy"], abs=0.005)
    assert tuple(about["classes"]) == tuple("56789")


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(
    whole: tuple[Finished, list[TrainerMessage]],
) -> None:
    again, _ = run(JOB)
    other, _ = run(replace(JOB, seed=6, options={**JOB.options, "ways": "features"}))
    assert isinstance(again, Finished)
    assert isinstance(other, Finished)
    assert (again.metrics, again.curves) == (whole[0].metrics, whole[0].curves)
    assert other.curves["features_accuracy"] != again.curves["features_accuracy"]
    assert other.metrics["test_accuracy"] == other.metrics["features_accuracy"]
    assert "scratch_accuracy" not in other.metrics, "feature extraction alone trains no other way"
    assert "curves.png" not in str(other.report)


def test_a_run_that_is_interrupted_anywhere_ends_like_one_that_was_not(
    whole: tuple[Finished, list[TrainerMessage]],
) -> None:
    outcome, sent = whole
    checkpoints = [message for message in sent if isinstance(message, Checkpoint)]
    total = checkpoints[-1].step
    for step in (300, total - 7, total - 4, total):  # pretraining, from scratch, its end, the very last
        data = next(each.data for each in checkpoints if each.step == step)
        resumed, again = run(replace(JOB, checkpoint=data))
        assert isinstance(resumed, Finished)
        assert (resumed.metrics, resumed.curves) == (outcome.metrics, outcome.curves)
        weights, expected = (unpack(artifacts(each)["model.pt"])["weights"] for each in (again, sent))
        assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_a_run_that_is_asked_to_stop_saves_its_state() -> None:
    asked = iter([False] * 30 + [True] * 1000)
    outcome, sent = run(JOB, stop_asked=lambda: next(asked), checkpoint_every=3600.0)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"
    assert [message.step for message in sent if isinstance(message, Checkpoint)]


# --- what is missing ---


def test_without_network_and_files_the_default_falls_back_on_digits_and_says_so() -> None:
    outcome, _ = run(resolve("transfer", preset="quick", seed=1, options={"ways": "features"}))
    assert isinstance(outcome, Finished)
    assert outcome.report.headline.endswith("(hymenoptera was not to be had)")
    named, _ = run(resolve("transfer", dataset="hymenoptera"))
    assert isinstance(named, Failed)
    assert named.sentence == "The ants and bees are not on this worker's disk."


def test_own_pictures_without_weights_are_told_what_is_missing() -> None:
    outcome, _ = run(resolve("transfer", upload=Upload("pets.zip", zipped({"cats": 8, "dogs": 8}))))
    assert isinstance(outcome, Failed)
    assert "SqueezeNet 1.0's ImageNet weights" in outcome.sentence
    assert "DATA_DIR/weights" in outcome.advice


def test_a_zip_with_one_class_is_refused_before_anything_is_loaded() -> None:
    outcome, _ = run(resolve("transfer", upload=Upload("pets.zip", zipped({"cats": 12}))))
    assert isinstance(outcome, Failed)
    assert outcome.sentence.startswith("Your zip has one class folder only")


def test_weights_are_held_against_the_digits_in_their_name(tmp_path: Path) -> None:
    file = backbones.official("resnet18")
    assert (file.digest, file.prefix) == ("f37072fd", True)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / file.name).write_bytes(b"not the weights")
    with pytest.raises(PersonError, match="is not what ResNet-18's ImageNet weights's checksum says"):
        backbones.pretrained("resnet18", replace(NOWHERE, cache=tmp_path / "c", folder=tmp_path), lambda _: None)


# --- data ---


def test_the_same_file_never_lies_in_both_parts() -> None:
    found = from_zip(zipped({"a": 10, "b": 10}), 16)
    rows = [*range(20), 0, 1, 12]
    labels = found.labels[rows]
    labels[21] = 1  # the second file of class a lies in class b as well
    twice = OwnPictures(
        found.classes,
        found.pictures[rows],
        labels,
        found.held_out[rows],
        tuple(found.names[row] for row in rows),
        tuple(found.digests[row] for row in rows),
        (),
    )
    task = transfer_data.from_pictures("Your pictures", twice)
    assert len(task.train_y) + len(task.test_y) == 19
    both = {picture.numpy().tobytes() for picture in task.train_x} & {
        picture.numpy().tobytes() for picture in task.test_x
    }
    assert not both
    assert "the same file a second time" in task.note
    assert "the same file lies in two classes" in task.note


def test_few_takes_so_many_of_each_class_by_the_seed() -> None:
    _, task = transfer_data.digits()
    few = transfer_data.few(task, 3, seed=1)
    assert torch.bincount(few.train_y).tolist() == [3] * 5
    assert torch.equal(few.train_x, transfer_data.few(task, 3, seed=1).train_x)
    assert not torch.equal(few.train_x, transfer_data.few(task, 3, seed=2).train_x)
    assert transfer_data.few(task, 0, seed=1) is task


def test_the_linear_layer_is_that_of_scikit_learn() -> None:
    torch.manual_seed(0)
    features, labels = torch.randn(60, 8), torch.randint(0, 3, (60,))
    ours = probe.fit(features, labels, 3, decay=0.01).scores(features)
    theirs = LogisticRegression(C=1 / (0.01 * 60), max_iter=1000).fit(features, labels)
    assert ours.softmax(1).numpy() == pytest.approx(theirs.predict_proba(features), abs=2e-3)


def test_the_decay_is_chosen_on_what_was_held_out() -> None:
    torch.manual_seed(0)
    labels = torch.arange(80) % 2
    noise = torch.randn(80, 40)
    noise[:, 0] += labels * 4
    chosen = probe.choose_and_fit(noise, labels, 2)
    assert chosen.decay == min(chosen.losses, key=lambda pair: pair[1])[0]
    assert len(chosen.losses) == len(probe.DECAYS)
    assert probe.choose_and_fit(noise[:2], labels[:2], 2).decay == probe.UNKNOWN


# --- photos, on a network with random weights ---


@pytest.mark.parametrize("name", ["squeezenet", "digits"])
def test_the_places_add_up_to_the_score(name: str) -> None:
    torch.manual_seed(0)
    net = Classifier(backbones.fresh(name), 3)
    side, channels = (8, 1) if name == "digits" else (64, 3)
    pictures = torch.randint(0, 256, (2, channels, side, side), dtype=torch.uint8)
    with torch.no_grad():
        net.spread.uniform_(0.5, 2)
        scores, seen = net(pictures)[:, 1], net.seen(pictures, 1)
        total = seen.sum((1, 2)) + net.head.bias[1]
    assert torch.allclose(total, scores, atol=1e-3)


def test_looks_are_the_picture_larger_and_its_middle_and_mirrored() -> None:
    picture = torch.zeros(1, 3, 160, 160, dtype=torch.uint8)
    picture[..., :16] = 255  # a white edge on the left
    views = looks(picture, 3)
    assert [each.shape[-1] for each in views] == [160, 160, 208, 208, 208, 208]
    assert [bool(each[..., 0].float().mean() > 200) for each in views] == [True, False, True, False, False, False]
    assert len(looks(picture[..., :8, :8], 3)) == 1, "digits are not mirrored"


def test_augmented_photos_are_crops_and_digits_move_by_a_pixel() -> None:
    photos = torch.full((6, 3, 160, 160), 100, dtype=torch.uint8)
    crops = augmented(photos, torch.Generator().manual_seed(0))
    assert crops.shape == (6, 3, 128, 128)
    assert torch.allclose(crops, torch.full_like(crops, 100), atol=0.1)
    digit = torch.zeros(40, 1, 8, 8, dtype=torch.uint8)
    digit[..., 4, 4] = 9
    moved = augmented(digit, torch.Generator().manual_seed(0))
    assert {tuple(each.nonzero()[0, 1:].tolist()) for each in moved} == {(y, x) for y in (3, 4, 5) for x in (3, 4, 5)}


def test_many_classes_are_shown_by_those_that_are_confused_most() -> None:
    torch.manual_seed(0)
    task = transfer_data.Task(
        "t",
        tuple(f"class number {i}" for i in range(30)),
        *([torch.zeros(90, 3, 9, 9, dtype=torch.uint8), torch.arange(90) % 30] * 2),
    )
    outcome = Outcome.of("features", torch.rand(90, 30).softmax(1), task, 1.0)
    counts, names, mistakes = most_confused(outcome.test)
    assert len(counts) == len(names) == 10
    assert all(len(name) <= 14 for name in names)
    assert all(max(each.true, each.predicted) < 10 for each in mistakes)


# --- using the model ---


def drawn_digit(draw: Callable[[ImageDraw.ImageDraw], None], *, mode: str = "L") -> bytes:
    picture = Image.new("L", (200, 160), 255)
    draw(ImageDraw.Draw(picture))
    stream = io.BytesIO()
    picture.convert(mode).save(stream, "PNG")
    return stream.getvalue()


def test_a_digit_of_ones_own_is_told_with_three_chances(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    answer = transfer_use.load(TrainedModel(1, "transfer", "digits", artifacts(whole[1])["model.pt"]), "cpu")
    seven = drawn_digit(lambda pen: pen.line([(60, 30), (140, 30), (90, 140)], fill=0, width=14))
    said = answer(Wish("classify", picture=seven))
    table = next(part for part in said.report.parts if isinstance(part, Table))
    assert len(table.rows) == 3
    assert "7" in [row[0] for row in table.rows]
    (picture,) = said.artifacts
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert opened.width == 1080


def test_a_digit_is_cut_out_and_made_like_those_of_the_data_set() -> None:
    ring = drawn_digit(lambda pen: pen.ellipse((20, 50, 60, 110), outline=0, width=9), mode="RGBA")
    digit = transfer_use.as_digit(Image.open(io.BytesIO(ring)).convert("RGB"))
    assert digit.shape == (1, 1, 8, 8)
    assert (int(digit.min()), int(digit.max())) == (0, 16)
    assert int(digit[0, 0, 3:5, 3:5].max()) < 6, "the hole of the ring"
    assert int(digit[0, 0, 0].max()) > 5, "it fills the square"


@pytest.mark.parametrize(
    ("picture", "words"),
    [(None, "Send a picture along"), (b"text", "no picture"), (drawn_digit(lambda _: None), "nothing")],
)
def test_a_wish_that_cannot_be_fulfilled_gets_a_sentence(
    whole: tuple[Finished, list[TrainerMessage]], picture: bytes | None, words: str
) -> None:
    answer = transfer_use.load(TrainedModel(1, "transfer", "digits", artifacts(whole[1])["model.pt"]), "cpu")
    with pytest.raises(PersonError, match=words):
        answer(Wish("classify", picture=picture))
