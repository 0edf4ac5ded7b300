"""The options of a ``/run`` subcommand as plain data, with descriptions that Discord has room for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands

from workers.catalogue import MAX_SEED, ChoiceOption, FloatOption, IntOption, Option, Project

COMMAND_MAX: Final = 8000
"""Characters of names, descriptions and choices that Discord takes in one command with all its subcommands."""
DESCRIPTION_MAX: Final = 100
_SHORTEST: Final = 20
_FILE: Final = {"pictures": "Your own data: a .zip with one folder of pictures a class", "text": "Your own .txt file"}


@dataclass(frozen=True, slots=True)
class Field:
    """One option of a subcommand: its annotation for discord.py, and what people read."""

    name: str
    annotation: Any
    about: str
    choices: tuple[tuple[str, str], ...] = ()
    """Name and value of each."""
    required: bool = False

    @property
    def fixed(self) -> int:
        """Characters that count and can't be saved."""
        return len(self.name) + sum(len(name) + len(value) for name, value in self.choices)


def fields(project: Project) -> list[Field]:
    """All that can be said behind ``/run <project>``; what is required comes first, as Discord wants it."""
    found: list[Field] = []
    if project.takes_models_of:
        about = f"The number of a finished run of yours: {', '.join(project.takes_models_of)}"
        found.append(Field("model", int, about, required=True))
    found += [
        Field(
            "preset",
            str,
            "How much to train",
            tuple((preset.name, preset.name) for preset in project.presets),
        ),
        Field("dataset", str, "The data to train on", tuple((data.title[:100], data.id) for data in project.datasets)),
    ]
    if project.own_data is not None:
        found.append(Field("file", discord.Attachment, _FILE[project.own_data]))
    found += [_field(option) for option in project.options]
    found.append(Field("seed", app_commands.Range[int, 0, MAX_SEED], "Same seed, same run"))
    return found


def descriptions(projects: Iterable[Project]) -> Mapping[str, Mapping[str, str]]:
    """By project and option, each as long as it can be for the whole command to be taken: the longest give way."""
    listed = list(projects)
    plan = {project.id: fields(project) for project in listed}
    names = sum(len(project.id) + min(len(project.summary), DESCRIPTION_MAX) for project in listed)
    fixed = names + DESCRIPTION_MAX + sum(field.fixed for each in plan.values() for field in each)
    most = DESCRIPTION_MAX
    while most > _SHORTEST and fixed + _length(plan.values(), most) > COMMAND_MAX:
        most -= 2
    return {name: {field.name: brief(field.about, most) for field in each} for name, each in plan.items()}


def brief(about: str, most: int) -> str:
    """The beginning of a description: whole, else up to the end of a clause, else of a word."""
    about = about.rstrip(". ")
    if len(about) <= most:
        return about
    for mark in (". ", "; ", ": ", " ("):
        place = about.rfind(mark, 0, most + 1)
        if place >= most // 2:
            return about[:place]
    return about[: most - 1].rsplit(" ", 1)[0].rstrip(",;:(") + "…"


def _length(plan: Iterable[list[Field]], most: int) -> int:
    return sum(len(brief(field.about, most)) for each in plan for field in each)


def _field(option: Option) -> Field:
    match option:
        case IntOption(minimum=low, maximum=high):
            return Field(option.name, app_commands.Range[int, low, high], option.help)
        case FloatOption(minimum=low, maximum=high):
            return Field(option.name, app_commands.Range[float, float(low), float(high)], option.help)
        case ChoiceOption(choices=choices):
            return Field(option.name, str, option.help, tuple((choice, choice) for choice in choices))
