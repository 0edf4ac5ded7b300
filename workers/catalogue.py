"""The training projects that there are, and how a person's wishes become a job for one of them.

The bot builds its cards and checks a member's options from here without importing torch; the recipe with the
same id (`workers/recipes/<id>.py`) trains from the job that `resolve` returns.
"""

import secrets
from collections.abc import Mapping
from types import MappingProxyType

from lessons.errors import PersonError
from workers.catalogue_caption import CAPTION
from workers.catalogue_cnn import CNN
from workers.catalogue_deploy import DEPLOY
from workers.catalogue_gan import GAN
from workers.catalogue_preprocess import PREPROCESS
from workers.catalogue_rl import RL
from workers.catalogue_rnn import RNN
from workers.catalogue_transfer import TRANSFER
from workers.catalogue_transformer import TRANSFORMER
from workers.catalogue_tune import TUNE
from workers.messages import Fallback, OptionValue, TrainedModel, TrainingJob, Upload
from workers.options import ChoiceOption, FloatOption, IntOption, Option
from workers.project import OWN, PRESETS, DatasetInfo, Metric, Preset, PresetName, Project, Reference, unknown_name

__all__ = [
    "MAX_SEED",
    "OWN",
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

PROJECTS: Mapping[str, Project] = MappingProxyType(
    {project.id: project for project in (PREPROCESS, CNN, RNN, TRANSFER, GAN, TRANSFORMER, CAPTION, TUNE, DEPLOY, RL)}
)


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
    upload: Upload | None = None,
    model: TrainedModel | None = None,
) -> TrainingJob:
    """Turns what a person asked for into a complete job. None means the default; a missing seed is drawn.

    Raises:
        PersonError: A wrong name, type, bound, preset, data set, file or model, in one sentence.
    """
    chosen = project(project_id)
    preset = chosen.preset(preset if preset is not None else chosen.default_preset).name
    if upload is not None and dataset is None:
        dataset = OWN
    _check_belongings(chosen, dataset, upload, model)
    own = {name: chosen.option(name).check(value) for name, value in (options or {}).items() if value is not None}
    named = chosen.dataset(dataset if dataset is not None else chosen.default_dataset).id
    fallback = None
    if dataset is None and chosen.fallback_dataset not in (None, named):
        fallback = Fallback(chosen.fallback_dataset, {**chosen.preset_values(preset, chosen.fallback_dataset), **own})
    return TrainingJob(
        project=chosen.id,
        preset=preset,
        dataset=named,
        seed=_seed(seed),
        options={**chosen.preset_values(preset, named), **own},
        fallback=fallback,
        upload=upload,
        model=model,
    )


def _check_belongings(chosen: Project, dataset: str | None, upload: Upload | None, model: TrainedModel | None) -> None:
    """Raises PersonError where a file or a model is given to a project that takes none, or is missing."""
    if upload is not None:
        if chosen.own_data is None:
            raise PersonError(f"{chosen.id} trains on built-in data sets and takes no file of yours.")
        if dataset != OWN:
            raise PersonError(f"You gave a file and chose dataset:{dataset}. Leave one of the two out.")
    if dataset == OWN and chosen.own_data is not None and upload is None:
        kind = {"pictures": "a zip of pictures in one folder a class", "text": "a .txt file"}[chosen.own_data]
        raise PersonError(f"dataset:own needs your file: {kind}, as the option `file`.")
    if chosen.takes_models_of and model is None:
        raise PersonError(f"{chosen.id} works on a model that you trained: name a finished run as the option `model`.")
    if model is not None and model.project not in chosen.takes_models_of:
        takes = ", ".join(chosen.takes_models_of) or "none"
        raise PersonError(f"{chosen.id} can't take the model of a {model.project} run; it takes: {takes}.")


def _seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbelow(_DRAWN_SEEDS)
    return int(IntOption("seed", "Seed", "Same seed, same run.", minimum=0, maximum=MAX_SEED).check(seed))
