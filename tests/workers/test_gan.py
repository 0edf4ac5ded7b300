"""The GAN learns to draw, gives the same figures for the same seed, and goes on where it was interrupted."""

import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from lessons.errors import PersonError
from workers.catalogue_gan import GAN
from workers.messages import (
    Artifact,
    Checkpoint,
    Failed,
    Finished,
    Progress,
    Sample,
    TrainedModel,
    TrainerMessage,
    TrainingJob,
)
from workers.recipes import gan, gan_use
from workers.recipes.gan import Config
from workers.recipes.gan_nets import ConditionalNorm, Generator, Shape, load_model
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import unpack
from workers.report import File, Picture
from workers.using import Wish


def job(seed: int = 5, **options: float | str) -> TrainingJob:
    values = {**GAN.preset_values("quick", "digits"), **options}
    checked = {name: GAN.option(name).check(value) for name, value in values.items()}
    return TrainingJob("gan", "quick", "digits", seed, checked)


SHORT = job(epochs=2, batch_size=128, width=8, latent=16)  # 20 steps


def never() -> bool:
    return False


def run(
    wish: TrainingJob, *, stop_asked: Callable[[], bool] = never, checkpoint_every: float | None = None
) -> tuple[Finished | Failed, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    return execute(wish, sources, sent.append, stop_asked, checkpoint_every=checkpoint_every), sent


def artifacts(sent: list[TrainerMessage]) -> dict[str, bytes]:
    return {message.name: message.data for message in sent if isinstance(message, Artifact)}


@pytest.fixture(scope="module")
def finished() -> tuple[Finished, list[TrainerMessage]]:
    outcome, sent = run(job(epochs=20))
    assert isinstance(outcome, Finished), outcome
    return outcome, sent


@pytest.fixture(scope="module")
def short() -> tuple[Finished, list[TrainerMessage]]:
    outcome, sent = run(SHORT, checkpoint_every=0.0)
    assert isinstance(outcome, Finished), outcome
    return outcome, sent


def test_twenty_epochs_on_digits_draw_what_is_asked(finished: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, _ = finished
    metrics = outcome.metrics
    assert metrics["as_asked"] > 0.8, "guessing gets 0.1"
    assert metrics["sure"] > 0.6
    assert metrics["variety"] > 0.7
    assert metrics["class_entropy"] > 0.97
    assert 0 < metrics["real_frechet_distance"] < metrics["frechet_distance"]
    assert metrics["judge_accuracy"] > 0.97
    losses = [value for _, value in outcome.curves["generator_loss"]]
    assert losses[-1] < losses[0] - 0.2, "the generator catches up with a discriminator that was ahead"
    assert outcome.report.headline == f"{metrics['sure'] * 100:.2f} % of the drawings are clear Digits"
    assert "No mode collapse" in str(outcome.report.parts[0])


def test_every_file_that_the_report_names_is_there_and_opens(finished: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, sent = finished
    files = artifacts(sent)
    named = {part.artifact for part in outcome.report.parts if isinstance(part, Picture | File)}
    assert named == files.keys() == {"drawings.png", "learning.gif", "curves.png", "model.pt", "metrics.json"}
    for name in ("drawings.png", "curves.png"):
        with Image.open(io.BytesIO(files[name])) as picture:
            picture.load()
    with Image.open(io.BytesIO(files["learning.gif"])) as film:
        assert getattr(film, "n_frames", 1) > 15
        assert len(files["learning.gif"]) < 5 * 2**20
    written = json.loads(files["metrics.json"])
    assert sum(written["drawn_of_each_class"]) == 10_000
    samples = [message for message in sent if isinstance(message, Sample)]
    assert len(samples) == 3
    for sample in samples:
        Image.open(io.BytesIO(sample.picture or b"")).load()


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(
    short: tuple[Finished, list[TrainerMessage]],
) -> None:
    same, other = run(SHORT)[0], run(replace(SHORT, seed=6))[0]
    assert isinstance(same, Finished)
    assert isinstance(other, Finished)
    assert (same.metrics, same.curves) == (short[0].metrics, short[0].curves)
    assert other.curves != same.curves


def test_a_run_that_is_interrupted_anywhere_ends_like_one_that_was_not(
    short: tuple[Finished, list[TrainerMessage]],
) -> None:
    whole, sent = short
    checkpoints = [message for message in sent if isinstance(message, Checkpoint)]
    assert [checkpoint.step for checkpoint in checkpoints] == list(range(1, 21))
    for at in (0, 12):  # the first step, the middle of the second epoch
        resumed, again = run(replace(SHORT, checkpoint=checkpoints[at].data))
        assert isinstance(resumed, Finished)
        assert (resumed.metrics, resumed.curves) == (whole.metrics, whole.curves)
        weights, expected = (unpack(artifacts(each)["model.pt"])["weights"] for each in (again, sent))
        assert all(torch.equal(weights[name], expected[name]) for name in expected)
        assert artifacts(again)["learning.gif"] == artifacts(sent)["learning.gif"]


def test_a_run_that_is_asked_to_stop_does_so_after_the_step_and_saves_its_state() -> None:
    asked = iter([False] * 150 + [True] * 1000)  # the judge asks as well, once in each of its 132 steps
    outcome, sent = run(SHORT, stop_asked=lambda: next(asked), checkpoint_every=3600.0)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"
    (checkpoint,) = [message for message in sent if isinstance(message, Checkpoint)]
    assert 1 < checkpoint.step < 20


def test_a_checkpoint_of_other_options_is_left_aside(short: tuple[Finished, list[TrainerMessage]]) -> None:
    checkpoint = next(message for message in short[1] if isinstance(message, Checkpoint))
    outcome, sent = run(replace(SHORT, options={**SHORT.options, "epochs": 1}, checkpoint=checkpoint.data))
    assert isinstance(outcome, Finished)
    assert next(message for message in sent if isinstance(message, Progress)).step == 1


def test_an_unconditional_hinge_gan_without_average_trains_and_draws() -> None:
    outcome, sent = run(job(epochs=1, batch_size=256, width=8, loss="hinge", conditional="no", average=0))
    assert isinstance(outcome, Finished), outcome
    assert "as_asked" not in outcome.metrics
    model = TrainedModel(1, "gan", "digits", artifacts(sent)["model.pt"])
    draw = gan_use.load(model, "cpu")
    draw(Wish("draw"))
    with pytest.raises(PersonError, match="conditional:no"):
        draw(Wish("draw", digit=3))


CONFIG = Config.of(GAN.preset_values("quick", "mnist"))


def test_the_losses_are_those_of_the_papers_and_a_discriminator_that_cannot_tell_is_at_the_best_it_can_be() -> None:
    real, drawn = torch.tensor([0.3, -1.2]), torch.tensor([0.7, -0.4])
    p, q = torch.sigmoid(real), torch.sigmoid(drawn)
    by_hand = -(0.9 * p.log() + 0.1 * (1 - p).log()).mean() - (1 - q).log().mean()
    assert float(gan.discriminator_loss(CONFIG, real, drawn)) == pytest.approx(float(by_hand), rel=1e-6)
    assert float(gan.generator_loss(CONFIG, drawn)) == pytest.approx(float(-q.log().mean()), rel=1e-6)
    hinge = replace(CONFIG, loss="hinge")
    assert float(gan.discriminator_loss(hinge, real, drawn)) == pytest.approx((0.7 + 2.2 + 1.7 + 0.6) / 2)
    assert float(gan.generator_loss(hinge, drawn)) == pytest.approx(-0.15)
    plain = replace(CONFIG, smoothing=0.0)
    assert gan.cannot_tell(plain) == pytest.approx((2 * math.log(2), math.log(2)))
    assert gan.cannot_tell(hinge) == pytest.approx((2, 0))
    best = gan.cannot_tell(CONFIG)[0]
    others = [torch.full((1,), score) for score in (-0.5, -0.3, -0.1, 0.0)]
    assert all(float(gan.discriminator_loss(CONFIG, score, score)) > best for score in others)


def test_the_average_follows_weights_and_running_statistics() -> None:
    old, new = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2)
    for tensor in (new.weight, new.bias, new.running_mean, new.running_var):
        assert isinstance(tensor, Tensor)
        tensor.data.fill_(3.0)
    before = {name: tensor.clone() for name, tensor in old.state_dict().items()}
    gan.follow(old.requires_grad_(requires_grad=False), new, 0.75)
    for name in ("weight", "bias", "running_mean", "running_var"):
        assert torch.allclose(old.state_dict()[name], 0.75 * before[name] + 0.25 * 3.0)


def test_the_conditional_norm_is_batch_norm_with_a_scale_and_shift_of_the_class() -> None:
    norm = ConditionalNorm(2, 3).double()
    torch.nn.init.normal_(norm.scale.weight)
    x = torch.randn(4, 2, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    labels = torch.tensor([0, 2, 2, 1])
    spread = (x - x.mean((0, 2, 3), keepdim=True)) / (x.var((0, 2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
    expected = spread * norm.scale.weight[labels][:, :, None, None] + norm.shift.weight[labels][:, :, None, None]
    assert torch.allclose(norm(x, labels), expected)
    assert torch.autograd.gradcheck(norm, (x, labels))


def test_noise_changes_a_drawing_and_so_does_the_class() -> None:
    torch.manual_seed(0)
    shape = Shape(width=8, latent=4, side=28, conditions=10, top=255)
    generator = Generator(shape)
    torch.nn.init.normal_(generator.norm3.scale.weight)
    noise, labels = torch.randn(3, 4), torch.tensor([1, 1, 7])
    drawn = generator.draw(torch.stack([noise[0], noise[1], noise[0]]), labels)
    assert drawn.shape == (3, 28, 28)
    assert drawn.dtype == torch.uint8
    assert not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.fixture(scope="module")
def draw(finished: tuple[Finished, list[TrainerMessage]]) -> Callable[[Wish], Any]:
    return gan_use.load(TrainedModel(1, "gan", "digits", artifacts(finished[1])["model.pt"]), "cpu")


def test_the_saved_model_draws_what_it_is_asked_for_and_says_how_sure_the_judge_is(draw: Callable[[Wish], Any]) -> None:
    answer = draw(Wish("draw", digit=0, seed=3))
    said = str(answer.report.parts[0])
    right = int(said.split("takes ")[1].split(" of", maxsplit=1)[0])
    assert right >= 12
    with Image.open(io.BytesIO(answer.artifacts[0].data)) as picture:
        picture.load()
        assert picture.width <= picture.height <= 1080
    assert draw(Wish("draw", digit=0, seed=3)).artifacts == answer.artifacts
    assert draw(Wish("draw", digit=0, seed=4)).artifacts != answer.artifacts
    assert "different things" in str(draw(Wish("draw")).report.parts[0])


@pytest.mark.parametrize("digit", [-1, 10, 10**9])
def test_a_digit_that_there_is_not_is_refused_in_a_sentence(draw: Callable[[Wish], Any], digit: int) -> None:
    with pytest.raises(PersonError, match=f"draws 0 to 9; you asked for {digit}"):
        draw(Wish("draw", digit=digit))


def test_the_model_file_holds_the_generator_that_was_judged(finished: tuple[Finished, list[TrainerMessage]]) -> None:
    model = unpack(artifacts(finished[1])["model.pt"])
    generator = load_model(model)
    assert tuple(model["classes"]) == tuple("0123456789")
    assert generator.shape.top == 16
