"""What a trainer process says to its worker while it trains, and at its end. Plain data, picklable, no torch."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from workers.report import Report

OptionValue: TypeAlias = int | float | str | bool


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """All that a trainer needs to know about a run."""

    project: str
    preset: str
    dataset: str
    seed: int
    options: dict[str, OptionValue]
    """The recipe's configuration: preset values with the member's own on top (see `workers.catalogue.resolve`)."""
    checkpoint: bytes | None = None
    """State saved by an earlier attempt of the same run, to go on from."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The trainer entered a named stage, e.g. ``Loading MNIST``: shown until the next stage or step."""

    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Optimiser step `step` of `total` is done; `metrics` are the latest numbers (loss, accuracy, …)."""

    step: int
    total: int
    metrics: dict[str, float]
    eta_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A finished file: plot, GIF, model weights."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """Something to look at while training goes on: a picture, or a text."""

    step: int
    caption: str
    picture: bytes | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State from which another process can go on after `step`."""

    step: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall time: loading data, training (evaluation during it included), everything."""

    load: float
    train: float
    total: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The run succeeded."""

    metrics: dict[str, float]
    """Final numbers; the catalogue's headline metric is among them."""
    dataset: str
    """Which data it was, in words, e.g. ``MNIST, 60,000 training and 10,000 test pictures``."""
    seconds: Seconds
    device: str
    versions: dict[str, str]
    report: Report
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict[str, list[tuple[float, float]]])
    """(epoch, value) series by name, e.g. ``train_loss``, ``validation_accuracy``: for comparing runs."""


FailureCause: TypeAlias = Literal[
    "person",  # the wish cannot be fulfilled: the data set is not to be had, the options do not go together
    "diverged",  # the loss is no longer a number
    "memory",  # the run's limit, the GPU's or the machine's
    "time",  # the run's time limit
    "disk",  # no room left
    "stopped",  # somebody asked for it: a member's cancel, or a worker that shuts down
    "killed",  # the trainer ended without a word, or fell silent
    "bug",  # an exception that nobody foresaw; `detail` has the traceback
]


@dataclass(frozen=True, slots=True)
class Failed:
    """The run failed: `sentence` says why to its member, `advice` what to try, `detail` goes to the log."""

    sentence: str
    advice: str
    detail: str = ""
    cause: FailureCause = "bug"


Outcome: TypeAlias = Finished | Failed
TrainerMessage: TypeAlias = Stage | Progress | Artifact | Sample | Checkpoint | Finished | Failed
