"""What a trainer process says to its worker while it trains, and at its end. Plain data, picklable, no torch."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from lessons.questions.run_facts import RunFacts
from workers.report import Report

OptionValue: TypeAlias = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a member gave for a run: a zip of pictures, a text. Nothing about it has been checked."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A finished run to start from: its number (0 on the command line), project, data set and ``model.pt``."""

    run_id: int
    project: str
    dataset: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fallback:
    """What to train on instead when the data set is not to be had and its member did not name it."""

    dataset: str
    options: dict[str, OptionValue]


@dataclass(frozen=True, slots=True)
class StudyPlace:
    """Where the trials of a search are kept, so that several workers can search together."""

    url: str = field(repr=False)
    """Of the database, for SQLAlchemy; it carries a password."""
    name: str
    assisting: bool = False
    """Whether this trainer only adds trials to a study that another one leads."""


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """All that a trainer needs to know about a run."""

    project: str
    preset: str
    dataset: str
    seed: int
    options: dict[str, OptionValue]
    """The recipe's configuration: preset values with the member's own on top (see `workers.catalogue.resolve`)."""
    checkpoint: bytes | None = field(default=None, repr=False)
    """State saved by an earlier attempt of the same run, to go on from."""
    fallback: Fallback | None = None
    upload: Upload | None = None
    """The member's own data, when the data set is ``own``."""
    model: TrainedModel | None = None
    """The finished run that this one works on, for a project that takes one."""
    study: StudyPlace | None = None
    """For a project that searches; without a place it keeps its trials in memory."""


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
class Serving:
    """A process of its own now answers for a deployed model; it outlives the trainer, not the worker."""

    pid: int
    address: str
    """Base URL, without the key."""
    key: str = field(repr=False)
    expires_at: datetime


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
    instead: Fallback | None = None
    """What it was trained on, where that is not what the job named first."""
    facts: RunFacts | None = None
    """What questions can be made of, without the curves; `workers.records.facts_of` puts them in."""


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
TrainerMessage: TypeAlias = Stage | Progress | Artifact | Sample | Checkpoint | Serving | Finished | Failed
