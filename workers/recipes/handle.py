"""What a recipe sees of the world: `Run`. It knows no torch, no queue and no chat."""

import copy
import math
import os
import statistics
import struct
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import SupportsFloat

from lessons.errors import PersonError
from lessons.questions.run_facts import RunFacts
from workers.messages import (
    Artifact,
    Checkpoint,
    FailureCause,
    Progress,
    Sample,
    Serving,
    Stage,
    TrainerMessage,
    TrainingJob,
)
from workers.recipes.sources import DataSources
from workers.report import Report

MAX_ARTIFACT_BYTES = 256 * 2**20
_START_LOSSES = 3
"""Losses whose median is where a run began."""
_FAR_ABOVE, _SLACK = 1.3, 0.1
"""A loss this many times the start, plus a little, counts as above it."""
_PATIENCE_SHARE, _PATIENCE_STEPS = 0.2, 50
"""How long it may stay there: a share of all steps, and steps."""
_START_MARK = b"start\n"
"""Before the losses of the start in a checkpoint; one saved by an older version has none."""
MEDIA_TYPES = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".json": "application/json",
    ".txt": "text/plain",
    ".html": "text/html",
}


class TrainingError(PersonError):
    """A run cannot go on, and its member can do something about it: `advice` says what."""

    def __init__(self, sentence: str, advice: str = "", *, cause: FailureCause = "person") -> None:
        super().__init__(sentence)
        self.advice = advice
        self.cause: FailureCause = cause


class DatasetMissingError(TrainingError):
    """The data set is not to be had here: the run falls back on another one, if its member named none."""


class StopAskedError(Exception):
    """The run was asked to stop and did so between two steps."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a recipe returns: final numbers, the data set in words, and the report to show."""

    metrics: dict[str, float]
    dataset: str
    report: Report
    facts: RunFacts | None = None
    """What questions can be made of."""


class Run:
    """A recipe's one connection to whoever started it.

    A recipe calls `log` after every step, `wants_checkpoint`/`checkpoint` and `stop_if_asked` between steps; the
    messages are throttled here, so that the loop of a recipe stays free of clocks.

    Args:
        job: What to train.
        sources: Where data sets come from.
        device: ``cpu`` or ``cuda``.
        send: Takes each message; may block until there is room.
        stop_asked: Whether the run should end at the next step.
        checkpoint_every: Seconds between checkpoints; None for a run that keeps none.
        progress_every: Seconds between progress messages.
        guard: The process with whose end a server that the run leaves behind ends too; this one by default.
    """

    def __init__(
        self,
        job: TrainingJob,
        sources: DataSources,
        device: str,
        send: Callable[[TrainerMessage], None],
        stop_asked: Callable[[], bool],
        *,
        checkpoint_every: float | None = 5.0,
        progress_every: float = 0.1,
        guard: int | None = None,
    ) -> None:
        self.job = job
        self.sources = sources
        self.device = device
        self.guard = guard if guard is not None else os.getpid()
        self._mark = f"{job.dataset}\n".encode()
        saved = job.checkpoint
        self.resumed: bytes | None = None
        """State that an earlier attempt saved on the same data set, or None."""
        self._start: list[float] = []
        self._above: int | None = None
        if saved and saved.startswith(self._mark):
            self._start, self.resumed = _start_losses(saved.removeprefix(self._mark))
        self._seconds: dict[str, float] = {}
        self._running: dict[str, float] = {}
        self.curves: dict[str, list[tuple[float, float]]] = {}
        """(epoch, value) series by name; a recipe adds to them with `point`."""
        self.last: Progress | None = None
        self._send = send
        self._stop_asked = stop_asked
        self._checkpoint_every = checkpoint_every
        self._checkpoint_at = time.monotonic()
        self._progress_every = progress_every
        self._progress_at = -math.inf
        self._first: tuple[int, float] | None = None

    def on(self, dataset: str) -> "Run":
        """This run as the loader of another project's data sees it."""
        other = copy.copy(self)
        other.job = replace(self.job, dataset=dataset)
        return other

    def stage(self, text: str) -> None:
        """Says in a few words what the run is doing now, e.g. ``Loading MNIST``."""
        self._send(Stage(text))

    def log(self, step: int, total: int, *, always: bool = False, **metrics: SupportsFloat) -> None:
        """Reports that `step` of `total` is done.

        Metrics may be tensors: they are read, which waits for a GPU, only when it is time to send.

        Args:
            step: Optimiser steps done, from 1.
            total: Optimiser steps in all.
            always: Sends even when a message has just gone out, e.g. for figures of an evaluation.
            metrics: The latest numbers; one left out keeps its last value.

        Raises:
            TrainingError: `loss` is not a finite number, or has stayed above where it began for long. Another
                metric whose name ends in ``loss`` is only held to be finite.
        """
        now = time.monotonic()
        if self._first is None:
            self._first = (step - 1, now)
        if not always and step < total and now - self._progress_at < self._progress_every:
            return
        self._progress_at = now
        values = {name: float(value) for name, value in metrics.items()}
        for name, value in values.items():
            if name.endswith("loss") and not math.isfinite(value):
                raise TrainingError(
                    f"The loss became {'NaN' if math.isnan(value) else 'infinite'} at step {step:,} of {total:,}.",
                    "Try a lower learning rate: a tenth of it is a good start.",
                    cause="diverged",
                )
        if "loss" in values:
            self._watch(values["loss"], step, total)
        first_step, first_time = self._first
        eta = (now - first_time) / (step - first_step) * (total - step) if step > first_step + 1 else None
        self.last = Progress(step, total, {**(self.last.metrics if self.last else {}), **values}, eta)
        self._send(self.last)

    def _watch(self, loss: float, step: int, total: int) -> None:
        """Ends a run whose loss has stayed clearly above where it began for a fifth of its steps.

        Where it began travels with the checkpoints: a run that goes on with a loss near nothing would else be
        measured against that, and its first hard batch would end it.
        """
        if len(self._start) < _START_LOSSES:
            self._start.append(loss)
            return
        start = statistics.median(self._start)
        if self._above is None or loss <= _FAR_ABOVE * start + _SLACK:
            self._above = step
        elif step - self._above > max(_PATIENCE_SHARE * total, _PATIENCE_STEPS):
            raise TrainingError(
                f"The loss rose from {start:.2f} to {loss:.2f} and stayed there, so the run was stopped at step "
                f"{step:,} of {total:,}.",
                "Try a lower learning rate: a tenth of it is a good start.",
                cause="diverged",
            )

    def point(self, epoch: float, **values: float) -> None:
        """Adds to the curves: one value for each named series, at a time counted in epochs."""
        for name, value in values.items():
            self.curves.setdefault(name, []).append((epoch, value))

    def sample(self, step: int, caption: str, *, picture: bytes | None = None, text: str | None = None) -> None:
        """Shows something while training goes on: a PNG, or a text."""
        self._send(Sample(step, caption, picture, text))

    def artifact(self, name: str, content: bytes | Path) -> None:
        """Hands over a finished file. Raises TrainingError for one too large to keep."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        if len(data) > MAX_ARTIFACT_BYTES:
            size = f"{len(data) / 2**20:,.0f} MiB"
            raise TrainingError(
                f"The file {name} is {size}, more than the {MAX_ARTIFACT_BYTES // 2**20} MiB that are kept.",
                "Try a smaller model.",
            )
        self._send(Artifact(name, MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream"), data))

    @property
    def cancelled(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stop_asked()

    def wants_checkpoint(self) -> bool:
        """Whether it is time to save state: every few seconds, and when the run was asked to stop."""
        if self._checkpoint_every is None:
            return False
        return self.cancelled or time.monotonic() - self._checkpoint_at >= self._checkpoint_every

    def checkpoint(self, step: int, state: bytes) -> None:
        """Hands over the state after `step`, from which `train` can go on to the same result."""
        self._checkpoint_at = time.monotonic()
        start = _START_MARK + struct.pack(f"<B{len(self._start)}d", len(self._start), *self._start)
        self._send(Checkpoint(step, self._mark + start + state))

    def serving(self, pid: int, address: str, key: str, expires_at: datetime) -> None:
        """Says that a process of its own answers for the model now, so that the worker looks after it."""
        self._send(Serving(pid, address, key, expires_at))

    def stop_if_asked(self) -> None:
        """Ends the run here when it was asked to stop. Raises StopAskedError."""
        if self.cancelled:
            raise StopAskedError

    @contextmanager
    def timed(self, section: str) -> Generator[None]:
        """Counts the wall time of the block towards `seconds[section]`, also when it raises."""
        self._running[section] = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[section] = self.seconds[section]
            del self._running[section]

    @property
    def seconds(self) -> dict[str, float]:
        """Wall time by `timed` section so far, in all attempts; an open section counts up to now."""
        now = time.perf_counter()
        opened = {name: self._seconds.get(name, 0.0) + now - start for name, start in self._running.items()}
        return {**self._seconds, **opened}

    def go_on(self, curves: Mapping[str, list[tuple[float, float]]], seconds: Mapping[str, float]) -> None:
        """Takes over the curves and times that an earlier attempt saved in its checkpoint."""
        self.curves = {name: [(epoch, value) for epoch, value in points] for name, points in curves.items()}
        for section, value in seconds.items():
            self._seconds[section] = self._seconds.get(section, 0.0) + value


def _start_losses(saved: bytes) -> tuple[list[float], bytes]:
    """The losses that the run began with, and the recipe's own state."""
    if not saved.startswith(_START_MARK):
        return [math.inf] * _START_LOSSES, saved  # not known: nothing counts as above it
    rest = saved.removeprefix(_START_MARK)
    size = 1 + 8 * rest[0]
    return list(struct.unpack(f"<{rest[0]}d", rest[1:size])), rest[size:]
