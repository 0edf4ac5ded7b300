"""A run whose loss stays above where it began is ended, and one that goes on after a stop is not ended for less."""

import math
from pathlib import Path

import pytest

from workers.messages import Checkpoint, TrainerMessage, TrainingJob
from workers.recipes.handle import Run, TrainingError
from workers.recipes.sources import DataSources

TOTAL = 1000


def opened(checkpoint: bytes | None = None) -> tuple[Run, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    job = TrainingJob("cnn", "quick", "digits", 0, {}, checkpoint=checkpoint)
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    return Run(job, sources, "cpu", sent.append, lambda: False), sent


def train(run: Run, losses: list[float], *, after: int = 0) -> None:
    for step, loss in enumerate(losses, start=after + 1):
        run.log(step, TOTAL, always=True, loss=loss)


def stopped_after(losses: list[float]) -> bytes:
    run, sent = opened()
    train(run, losses)
    run.checkpoint(len(losses), b"weights")
    (checkpoint,) = [message for message in sent if isinstance(message, Checkpoint)]
    return checkpoint.data


FELL = [2.3] * 3 + [0.02] * 497


def test_a_run_that_goes_on_with_a_small_loss_survives_hard_batches() -> None:
    run, _ = opened(stopped_after(FELL))
    assert run.resumed == b"weights"
    train(run, [0.02, 0.03, 0.01, 1.25] + [0.4] * 496, after=500)


def test_a_run_that_goes_on_and_then_rises_above_its_first_start_is_ended() -> None:
    run, _ = opened(stopped_after(FELL))
    with pytest.raises(TrainingError, match=r"rose from 2\.30 to 9\.00 and stayed there"):
        train(run, [9.0] * 500, after=500)


def test_the_patience_counts_from_where_a_run_goes_on() -> None:
    run, _ = opened(stopped_after(FELL))
    train(run, [9.0] * 150, after=500)


def test_a_checkpoint_of_an_older_version_still_opens_and_only_nan_ends_it() -> None:
    run, _ = opened(b"digits\nweights")
    assert run.resumed == b"weights"
    train(run, [9.0] * 400, after=500)
    with pytest.raises(TrainingError, match="NaN"):
        train(run, [math.nan], after=900)


def test_a_checkpoint_before_the_first_losses_is_as_good_as_a_fresh_start() -> None:
    run, _ = opened(stopped_after([]))
    assert run.resumed == b"weights"
    with pytest.raises(TrainingError, match=r"rose from 1\.00 to 5\.00"):
        train(run, [1.0] * 3 + [5.0] * 400)
