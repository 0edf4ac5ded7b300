"""What a member chose for `/run transfer`, how far the run has come, and its checkpoints."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from workers.messages import OptionValue
from workers.recipes.backbones import Classifier
from workers.recipes.handle import Run
from workers.recipes.state import pack, unpack


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; presets and bounds are in the catalogue."""

    ways: str
    backbone: str
    epochs: int
    learning_rate: float
    """The highest while fine-tuning."""
    scratch_rate: float
    """The highest from scratch."""
    batch_size: int
    image_size: int
    views: int
    """Looks at a picture whose features are averaged (`backbones.looks`)."""
    labelled: int
    """Training pictures of each class; 0 for all."""

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job."""
        return cls(
            ways=str(options["ways"]),
            backbone=str(options["backbone"]),
            epochs=int(options["epochs"]),
            learning_rate=float(options["learning_rate"]),
            scratch_rate=float(options["scratch_rate"]),
            batch_size=int(options["batch_size"]),
            image_size=int(options["image_size"]),
            views=int(options["views"]),
            labelled=int(options["labelled"]),
        )


@dataclass(slots=True)
class Progress:
    """What has been done: enough to go on from after any step."""

    config: Config
    total: int
    """Steps of all phases."""
    step: int = 0
    """Steps done in all phases."""
    done: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Results of finished phases: what later ones need of the weights, and the probabilities of the test pictures."""
    within: dict[str, Any] | None = None
    """The phase that is under way: its name, step, weights, optimiser and loss."""


def finish(progress: Progress, phase: str, net: Classifier, scores: Tensor | None, **more: float) -> None:
    """Notes what a phase came to."""
    match phase:  # checkpoints stay small: no weights twice, and none that nobody will use
        case "features":
            kept = {name: tensor for name, tensor in net.state_dict().items() if not name.startswith("trunk.")}
        case "scratch":
            kept = {}
        case _:
            kept = net.state_dict()
    weights = {name: tensor.cpu().clone() for name, tensor in kept.items()}
    probabilities = None if scores is None else scores.float().softmax(1).cpu()
    progress.done[phase] = {"weights": weights, "probabilities": probabilities, **more}
    progress.within = None


def save(run: Run, progress: Progress) -> None:
    """Hands over a checkpoint when one is wanted."""
    if run.wants_checkpoint():
        state = {
            "config": asdict(progress.config),
            "step": progress.step,
            "done": progress.done,
            "within": progress.within,
            "curves": run.curves,
            "seconds": run.seconds,
        }
        run.checkpoint(progress.step, pack(state))


def go_on(run: Run, progress: Progress) -> None:
    """Takes over what an earlier attempt with the same configuration had done."""
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(progress.config):
        progress.step, progress.done, progress.within = saved["step"], saved["done"], saved["within"]
        run.go_on(saved["curves"], saved["seconds"])
