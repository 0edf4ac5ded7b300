"""The character model learns, gives the same figures for the same seed, and goes on where it was interrupted."""

import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from workers.catalogue import resolve
from workers.messages import (
    Artifact,
    Checkpoint,
    Failed,
    Finished,
    Progress,
    Sample,
    TrainerMessage,
    TrainingJob,
    Upload,
)
from workers.recipes import rnn, rnn_data
from workers.recipes.muon import orthogonalised
from workers.recipes.rnn_cells import Weights, gru_step, lstm_step, rnn_step
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import unpack
from workers.report import File, Picture, Text

TINY = {"steps": 18, "units": 16, "batch_size": 8, "length": 16}
TEXT = rnn_data.manual()[:60_000]
UPLOAD = Upload("manual.txt", TEXT.encode())
JOB = resolve("rnn", upload=UPLOAD, preset="quick", seed=5, options={"steps": 80, "units": 64})
SHORT = resolve("rnn", upload=UPLOAD, preset="quick", seed=5, options={**TINY, "dropout": 0.2, "layers": 2})


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
def finished() -> tuple[Finished, list[TrainerMessage]]:
    outcome, sent = run(JOB)
    assert isinstance(outcome, Finished)
    return outcome, sent


def test_eighty_steps_teach_it_more_than_the_frequencies_of_letters(
    finished: tuple[Finished, list[TrainerMessage]],
) -> None:
    outcome, sent = finished
    losses = [message.metrics["loss"] for message in sent if isinstance(message, Progress)]
    assert losses[0] > 4.2
    assert losses[-1] < losses[0] - 1.5
    assert outcome.metrics["bits_per_character"] < 3.9, "letter frequencies alone need about 4.6"
    assert 2.0 < outcome.metrics["ngram_bits"] < 3.2
    assert outcome.metrics["bits_per_character"] == pytest.approx(outcome.metrics["validation_loss"] / math.log(2))
    assert outcome.curves["validation_bits"][-1][1] == pytest.approx(outcome.metrics["bits_per_character"])
    assert outcome.report.headline.startswith(f"{outcome.metrics['bits_per_character']:.3f} bits per character")


def test_every_file_that_the_report_names_is_there_and_opens(
    finished: tuple[Finished, list[TrainerMessage]],
) -> None:
    outcome, sent = finished
    files = artifacts(sent)
    named = {part.artifact for part in outcome.report.parts if isinstance(part, Picture | File)}
    assert named == files.keys() == {"curves.png", "surprise.png", "memory.png", "model.pt", "metrics.json"}
    for name in ("curves.png", "surprise.png", "memory.png"):
        with Image.open(io.BytesIO(files[name])) as picture:
            assert picture.width == 1080
            picture.load()
    metrics = json.loads(files["metrics.json"])
    assert metrics["config"] == JOB.options
    assert [len(text) for text in metrics["samples"].values()] == [rnn.SAMPLE] * 3


def test_samples_are_shown_while_it_learns_and_at_three_temperatures_at_the_end(
    finished: tuple[Finished, list[TrainerMessage]],
) -> None:
    outcome, sent = finished
    samples = [message for message in sent if isinstance(message, Sample)]
    assert len(samples) == rnn.EVALUATIONS
    assert len({sample.text for sample in samples}) == len(samples)
    shown = [part.markdown for part in outcome.report.parts if isinstance(part, Text)]
    assert sum(text.startswith("**Temperature ") for text in shown) == 3


def test_the_saved_model_gives_the_bits_that_were_reported(finished: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, sent = finished
    net, characters = rnn.load_model(artifacts(sent)["model.pt"])
    corpus = rnn_data.own(UPLOAD)
    assert outcome.dataset == corpus.title
    assert characters == corpus.characters
    nats = rnn.surprise(net, corpus.ids, corpus.start)
    assert len(nats) == len(corpus.ids) - corpus.start
    assert float(nats.mean()) == pytest.approx(outcome.metrics["validation_loss"])


def test_surprise_is_that_of_reading_one_character_after_another() -> None:
    torch.manual_seed(0)
    net = rnn.Net(rnn.Shape("lstm", 8, 1, 0.0, 11))
    ids = torch.randint(0, 11, (1000,))
    nats = rnn.surprise(net, ids, 700)
    state, expected = None, []
    with torch.no_grad():
        for place in range(700 - rnn.LEAD_IN - 1, 775):
            scores, state = net(ids[None, place : place + 1], state)
            expected.append(-scores[0, 0].log_softmax(0)[ids[place + 1]])
    assert len(nats) == 300
    assert torch.allclose(nats[:75], torch.stack(expected)[rnn.LEAD_IN :][:75], atol=0.02), "bfloat16 rounds"


@pytest.mark.parametrize(
    "options",
    [{"cell": "rnn"}, {"cell": "gru"}, {"optimiser": "adamw"}, {"layers": 3, "dropout": 0.5}],
    ids=lambda options: next(iter(options.values())),
)
def test_the_other_cells_and_optimisers_learn_too(options: dict[str, str | int | float]) -> None:
    outcome, sent = run(replace(SHORT, options={**SHORT.options, **options}))
    assert isinstance(outcome, Finished)
    losses = [value for _, value in outcome.curves["train_bits"]]
    assert losses[-1] < losses[0] - 0.4
    assert "model.pt" in artifacts(sent)


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
    assert [checkpoint.step for checkpoint in checkpoints] == list(range(1, 19))
    for at in (0, 10):
        resumed, again = run(replace(SHORT, checkpoint=checkpoints[at].data))
        assert isinstance(resumed, Finished)
        assert isinstance(whole, Finished)
        assert (resumed.metrics, resumed.curves) == (whole.metrics, whole.curves)
        weights, expected = (unpack(artifacts(each)["model.pt"])["weights"] for each in (again, sent))
        assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_a_run_that_is_asked_to_stop_does_so_after_the_step_and_saves_its_state() -> None:
    asked = iter([False] * 12 + [True] * 100)
    outcome, sent = run(SHORT, stop_asked=lambda: next(asked), checkpoint_every=3600.0)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"
    (checkpoint,) = [message for message in sent if isinstance(message, Checkpoint)]
    assert 1 <= checkpoint.step < 18


def test_where_validation_rises_the_best_weights_are_kept_and_the_result_says_so() -> None:
    by_heart = resolve(
        "rnn",
        upload=Upload("short.txt", TEXT[:6_000].encode()),
        seed=1,
        options={"steps": 250, "units": 96, "batch_size": 16, "length": 32, "learning_rate": 0.02},
    )
    outcome, _ = run(by_heart)
    assert isinstance(outcome, Finished)
    validation = [value for _, value in outcome.curves["validation_bits"]]
    assert min(validation) < validation[-1] - 0.1
    assert outcome.metrics["bits_per_character"] == pytest.approx(min(validation))
    assert "by heart" in str(outcome.report.parts[0])


def test_tiny_shakespeare_that_is_not_to_be_had_falls_back_on_the_built_in_text_unless_it_was_named() -> None:
    unnamed, _ = run(resolve("rnn", seed=1, options=TINY))
    assert isinstance(unnamed, Finished)
    assert unnamed.instead is not None
    assert unnamed.instead.dataset == "pydoc"
    assert "tinyshakespeare was not to be had" in unnamed.report.headline
    named, _ = run(resolve("rnn", dataset="tinyshakespeare", seed=1, options=TINY))
    assert isinstance(named, Failed)
    assert "dataset:pydoc" in named.advice


def test_written_cells_are_what_torch_computes_forward_and_backward() -> None:
    generator = torch.Generator().manual_seed(1)
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        layer = kind(5, 7).double()
        x = torch.randn(9, 3, 5, generator=generator, dtype=torch.float64)
        fused, _ = layer(x)
        weights = Weights.of(layer)
        h = c = torch.zeros(3, 7, dtype=torch.float64)
        states: list[torch.Tensor] = []
        for each in x:
            match kind:
                case nn.LSTM:
                    h, c = lstm_step(each, h, c, weights)
                case nn.GRU:
                    h = gru_step(each, h, weights)
                case _:
                    h = rnn_step(each, h, weights)
            states.append(h)
        ours = torch.stack(states)
        assert torch.allclose(ours, fused)
        parameters = list(layer.parameters())
        for mine, theirs in zip(
            torch.autograd.grad(ours.pow(2).sum(), parameters),
            torch.autograd.grad(fused.pow(2).sum(), parameters),
            strict=True,
        ):
            assert torch.allclose(mine, theirs)


@pytest.mark.parametrize("shape", [(4, 32, 32), (3, 64, 24), (2, 24, 64)])
def test_muon_steps_go_equally_far_in_every_direction(shape: tuple[int, int, int]) -> None:
    gradient = torch.randn(*shape, generator=torch.Generator().manual_seed(2))
    gradient = gradient * torch.linspace(0.2, 3.0, shape[2])
    turned = orthogonalised(gradient)
    stretch = torch.linalg.svdvals(turned)
    assert turned.shape == gradient.shape
    assert stretch.median() > 0.7
    assert (stretch > 0.3).float().mean() > 0.95, "but for directions in which there is almost no gradient"
    assert stretch.max() < 1.4
    u, _, v = torch.linalg.svd(gradient, full_matrices=False)
    alike = (turned * (u @ v)).sum((1, 2)) / (turned.norm(dim=(1, 2)) * (u @ v).norm(dim=(1, 2)))
    assert alike.min() > 0.95


def test_streams_read_the_whole_text_in_order_with_the_next_character_as_the_answer() -> None:
    inputs, targets = rnn.streams(torch.arange(101), 4, 5)
    assert inputs.shape == targets.shape == (25, 4)
    assert torch.equal(inputs.T.flatten(), torch.arange(100))
    assert torch.equal(targets, inputs + 1)
    few, _ = rnn.streams(torch.arange(50), 64, 20)
    assert few.shape == (24, 2)


def test_sampling_follows_the_scores_and_a_low_temperature_is_greedy() -> None:
    torch.manual_seed(3)
    net = rnn.Net(rnn.Shape("gru", 8, 1, 0.0, 5))
    prompt = torch.tensor([1, 2])
    greedy = rnn.written(net, prompt, 1, (0.001,), seed=1)
    with torch.no_grad():
        scores, _ = net(prompt[:, None])
    assert int(greedy[0, 0]) == int(scores[-1, 0].argmax())
    first = [int(rnn.written(net, prompt, 1, (1.0,), seed=seed)[0, 0]) for seed in range(1500)]
    assert np.bincount(first, minlength=5) / 1500 == pytest.approx(scores[-1, 0].softmax(0).numpy(), abs=0.05)
    assert torch.equal(rnn.written(net, prompt, 30, (1.0,), seed=4), rnn.written(net, prompt, 30, (1.0,), seed=4))
