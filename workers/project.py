"""What a training project is, as plain data: options, presets, data sets, metrics, and the figure to beat."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lessons.errors import PersonError
from workers.messages import OptionValue, TrainingJob
from workers.options import Option

UseKind: TypeAlias = Literal["classify", "write", "sentiment", "caption", "play", "draw"]
"""What can be done with a trained model: the subcommands of ``/use``."""
OwnData: TypeAlias = Literal["pictures", "text"]
"""What a member may bring: a zip of class folders, or a .txt file."""
OWN = "own"
"""The id of the data set that a member brings."""

PresetName: TypeAlias = Literal["quick", "standard", "best"]
PRESETS: tuple[PresetName, ...] = ("quick", "standard", "best")


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of option values: `values` for every data set, `per_dataset` on top of them."""

    name: PresetName
    about: str
    values: Mapping[str, OptionValue]
    per_dataset: Mapping[str, Mapping[str, OptionValue]] = field(default_factory=dict[str, Mapping[str, OptionValue]])


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """A data set that a project can train on. An embedded one is there without a network."""

    id: str
    title: str
    about: str
    embedded: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that a recipe reports; a percentage is stored as a fraction of 1."""

    name: str
    label: str
    percent: bool
    higher_is_better: bool
    unit: str = ""
    digits: int = 4
    """Behind the point, where it is no percentage."""

    def show(self, value: float) -> str:
        """The value as people read it, e.g. ``99.05 %``, ``0.0312`` or ``2.290 bits``."""
        if self.percent:
            return f"{value * 100:.2f} %"
        return f"{value:,.{self.digits}f}{' ' if self.unit else ''}{self.unit}"

    def better(self, value: float, than: float) -> bool:
        """Whether `value` beats `than`."""
        return value > than if self.higher_is_better else value < than


@dataclass(frozen=True, slots=True)
class Reference:
    """A public figure to hold a result against: `value` of the metric named `metric`, from `source` (URL)."""

    text: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Project:
    """One `/run` subcommand and one `waypoint train` project."""

    id: str
    title: str
    topic_id: str
    emoji: str
    summary: str
    options: tuple[Option, ...]
    presets: tuple[Preset, ...]
    datasets: tuple[DatasetInfo, ...]
    default_dataset: str
    default_preset: PresetName
    headline: Metric
    progress_metrics: tuple[Metric, ...]
    """What `run.log` reports while it trains, the one to show first in front."""
    references: Mapping[str, Reference]
    """By data set id."""
    fallback_dataset: str | None = None
    """Embedded: trained on when the default is not to be had and the member named none."""
    own_data: OwnData | None = None
    """What a member's own data is, where the project takes some; its data set has the id ``own``."""
    takes_models_of: tuple[str, ...] = ()
    """The projects whose finished runs it works on; empty for a project that starts from data."""
    use: UseKind | None = None
    """What its trained model is good for."""
    searches: bool = False
    """Whether it needs a place to keep the trials of a search."""

    def option(self, name: str) -> Option:
        """The option of that name. Raises PersonError with the closest name."""
        found = next((option for option in self.options if option.name == name), None)
        if found is None:
            raise PersonError(unknown_name(f"{self.id} has no option", name, (option.name for option in self.options)))
        return found

    def preset(self, name: str) -> Preset:
        """The preset of that name. Raises PersonError with the closest name."""
        found = next((preset for preset in self.presets if preset.name == name), None)
        if found is None:
            raise PersonError(unknown_name(f"{self.id} has no preset", name, (preset.name for preset in self.presets)))
        return found

    def dataset(self, dataset_id: str) -> DatasetInfo:
        """The data set of that id. Raises PersonError with the closest id."""
        found = next((dataset for dataset in self.datasets if dataset.id == dataset_id), None)
        if found is None:
            raise PersonError(
                unknown_name(f"{self.id} has no data set", dataset_id, (data.id for data in self.datasets))
            )
        return found

    def preset_values(self, preset: str, dataset: str) -> dict[str, OptionValue]:
        """Every option's value under a preset on a data set. Raises PersonError for a wrong name."""
        chosen = self.preset(preset)
        return {**chosen.values, **chosen.per_dataset.get(self.dataset(dataset).id, {})}

    def changed(self, job: TrainingJob) -> dict[str, OptionValue]:
        """The options of a job that its member set apart from the preset's own values."""
        preset = self.preset_values(job.preset, job.dataset)
        return {name: value for name, value in job.options.items() if preset.get(name) != value}


def unknown_name(start: str, name: str, known: Iterable[str]) -> str:
    """A sentence: `start`, what was asked for, the closest known name, and all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name.casefold(), names, n=1)
    guess = f" Did you mean “{close[0]}”?" if close else ""
    return f"{start} “{name[:50]}”.{guess} There is: {', '.join(names)}."
