"""Asking a trained model: what is asked and what comes back. Plain data, no torch, no chat.

The heavy half is `workers/recipes/<project>_use.py`, beside the recipe, with one function::

    def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]

`load` rebuilds the network from its ``model.pt`` (kept warm between questions); what it returns answers in a second
or two on two CPU cores, and raises `PersonError` with the sentence to show for a wish that cannot be fulfilled.

One wish needs no model: to draw the curves of several runs over one another. Its heavy half is `compare_use.py`,
with the same function, called with None for the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from workers.messages import Artifact
from workers.project import UseKind
from workers.report import Report

PROMPT_MAX = 400
"""Characters of a prompt or of a sentence to judge."""
ANSWER_LIMIT = 20.0
"""Seconds that an answer may take."""
PICTURE_MAX = 10 * 2**20
"""Bytes of a picture to look at."""

WishKind: TypeAlias = UseKind | Literal["compare"]


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the runs whose curves are drawn over one another."""

    name: str
    """As the legend says it, e.g. ``run 12``."""
    curves: dict[str, list[tuple[float, float]]]
    """(epoch, value) series by name, as `workers.messages.Finished` has them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs of one project, side by side."""

    project: str
    runs: tuple[ComparedRun, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """One question to a model."""

    kind: WishKind
    text: str = ""
    """The prompt of `write`, the sentence of `sentiment`."""
    digit: int | None = None
    """What `draw` should draw; any by default."""
    temperature: float = 0.8
    """Of `write`: below 1 safer, above 1 wilder."""
    seed: int = 0
    """For what is drawn at random: the same seed gives the same answer."""
    picture: bytes | None = field(default=None, repr=False)
    """The file that was given to `classify` or `caption`, unchecked."""
    comparison: Comparison | None = None
    """What `compare` draws."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, and the pictures and files that its report shows."""

    report: Report
    artifacts: tuple[Artifact, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no answer, in a sentence for the person; `detail` goes to the log."""

    sentence: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """One subcommand of ``/use``."""

    kind: UseKind
    projects: tuple[str, ...]
    """Whose models can do it."""
    about: str
    """Its description in the chat, up to 100 characters."""


USES: Mapping[UseKind, Use] = MappingProxyType(
    {
        "classify": Use("classify", ("cnn", "transfer"), "Your classifier looks at a picture of yours"),
        "write": Use("write", ("rnn",), "Your character model goes on from your words"),
        "sentiment": Use(
            "sentiment", ("transformer",), "Your transformer judges a sentence, and shows what it looked at"
        ),
        "caption": Use("caption", ("caption",), "Your captioner says what is in a picture of yours"),
        "play": Use("play", ("rl",), "Your agent plays a game"),
        "draw": Use("draw", ("gan",), "Your GAN draws"),
    }
)
