"""The training projects that there are, and how a person's wishes become a job for one of them.

The bot builds its cards and checks a member's options from here without importing torch; the recipe with the
same id (`workers/recipes/<id>.py`) trains from the job that `resolve` returns.
"""

import secrets
from collections.abc import Mapping
from types import MappingProxyType

from lessons.errors import PersonError
from workers.catalogue_cnn import CNN
from workers.messages import OptionValue, TrainingJob
from workers.options import ChoiceOption, FloatOption, IntOption, Option
from workers.project import PRESETS, DatasetInfo, Metric, Preset, PresetName, Project, Reference, unknown_name

__all__ = [
    "MAX_SEED",
    "PRESETS",
    "PROJECTS",
    "ChoiceOption",
    "DatasetInfo",
    "FloatOption",
    "IntOption",
    "Metric",
    "Option",
    "Preset",
    "PresetName",
    "Project",
    "Reference",
    "project",
    "resolve",
]

MAX_SEED = 2**31 - 1
_DRAWN_SEEDS = 1_000_000  # a drawn seed stays short enough to be said aloud and typed again

PROJECTS: Mapping[str, Project] = MappingProxyType({project.id: project for project in (CNN,)})


def project(project_id: str) -> Project:
    """The project of that id. Raises PersonError that names the known ones."""
    try:
        return PROJECTS[project_id]
    except KeyError:
        raise PersonError(unknown_name("There is no project", project_id, PROJECTS)) from None


def resolve(
    project_id: str,
    *,
    preset: str | None = None,
    dataset: str | None = None,
    seed: int | None = None,
    options: Mapping[str, OptionValue | None] | None = None,
) -> TrainingJob:
    """Turns what a person asked for into a complete job. None means the default; a missing seed is drawn.

    Raises:
        PersonError: A wrong name, type, bound, preset or data set, in one sentence.
    """
    chosen = project(project_id)
    preset = chosen.preset(preset if preset is not None else chosen.default_preset).name
    dataset = chosen.dataset(dataset if dataset is not None else chosen.default_dataset).id
    values = chosen.preset_values(preset, dataset)
    for name, value in (options or {}).items():
        if value is not None:
            values[name] = chosen.option(name).check(value)
    return TrainingJob(project=chosen.id, preset=preset, dataset=dataset, seed=_seed(seed), options=values)


def _seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbelow(_DRAWN_SEEDS)
    return int(IntOption("seed", "Seed", "Same seed, same run.", minimum=0, maximum=MAX_SEED).check(seed))
