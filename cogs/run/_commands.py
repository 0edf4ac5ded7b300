"""``/run``: a group with one typed subcommand a project, made from the project's catalogue entry."""

import inspect
from typing import Any

import discord
from discord import app_commands

from bot.client import Press
from cogs.run._ask import ask_for_run
from workers.catalogue import (
    MAX_SEED,
    PROJECTS,
    ChoiceOption,
    FloatOption,
    IntOption,
    Option,
    Project,
    resolve,
)


class RunGroup(app_commands.Group):
    """The group; its subcommands follow the catalogue."""

    def __init__(self) -> None:
        super().__init__(name="run", description="Train a project of the roadmap and see what comes out")
        for project in PROJECTS.values():
            self.add_command(subcommand(project))


def subcommand(project: Project) -> app_commands.Command[Any, ..., None]:
    """The subcommand of one project: Discord checks types, choices and bounds before we see anything.

    discord.py reads the parameters from the callback's signature, so the callback is given the one that the
    catalogue describes: bounds stand in one place.
    """

    async def callback(interaction: Press, **values: Any) -> None:  # noqa: ANN401 - typed by the signature below
        preset, dataset, seed = (values.pop(name, None) for name in ("preset", "dataset", "seed"))
        await ask_for_run(interaction, resolve(project.id, preset=preset, dataset=dataset, seed=seed, options=values))

    parameters = [
        inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction),
        _parameter("preset", str),
        _parameter("dataset", str),
        *(_parameter(option.name, _type_of(option)) for option in project.options),
        _parameter("seed", app_commands.Range[int, 0, MAX_SEED]),
    ]
    # No annotation is a string here, so discord.py resolves none in this module's namespace.
    callback.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess] - read by inspect.signature
    callback.__qualname__ = callback.__name__
    described = {
        "preset": "How much to train: " + ", ".join(preset.name for preset in project.presets),
        "dataset": "The data to train on",
        "seed": "The same seed gives the same run; drawn if you give none",
        **{option.name: option.help[:100] for option in project.options},
    }
    choices = {
        "preset": [app_commands.Choice(name=preset.name, value=preset.name) for preset in project.presets],
        "dataset": [app_commands.Choice(name=data.title, value=data.id) for data in project.datasets],
        **{
            option.name: [app_commands.Choice(name=choice, value=choice) for choice in option.choices]
            for option in project.options
            if isinstance(option, ChoiceOption)
        },
    }
    decorated = app_commands.describe(**described)(app_commands.choices(**choices)(callback))
    return app_commands.Command(name=project.id, description=project.summary[:100], callback=decorated)


def _parameter(name: str, kind: Any) -> inspect.Parameter:  # noqa: ANN401 - a type, or discord.py's Range
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=kind | None)


def _type_of(option: Option) -> Any:  # noqa: ANN401 - a type, or discord.py's Range
    match option:
        case IntOption(minimum=minimum, maximum=maximum):
            return app_commands.Range[int, minimum, maximum]
        case FloatOption(minimum=minimum, maximum=maximum):
            return app_commands.Range[float, minimum, maximum]
        case ChoiceOption():
            return str
