"""``/run``: a group with one typed subcommand a project, made from the project's catalogue entry."""

import inspect
from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands

from bot.client import Press
from bot.run_choices import offer
from cogs.run._ask import ask_for_run
from cogs.run._files import check_offer, fetch, while_fetching
from cogs.run._options import Field, descriptions, fields
from cogs.run._repeat import Wanted, trained_model
from db import runs
from workers.catalogue import PROJECTS, Project, resolve
from workers.messages import Upload


class RunGroup(app_commands.Group):
    """The group; its subcommands follow the catalogue."""

    def __init__(self, projects: Mapping[str, Project] = PROJECTS) -> None:
        super().__init__(name="run", description="Train a project of the roadmap and see what comes out")
        described = descriptions(projects.values())
        for project in projects.values():
            self.add_command(subcommand(project, described[project.id]))


def subcommand(project: Project, described: Mapping[str, str]) -> app_commands.Command[Any, ..., None]:
    """The subcommand of one project: Discord checks types, choices and bounds before we see anything.

    discord.py reads the parameters from the callback's signature, so the callback is given the one that the
    catalogue describes: bounds stand in one place.
    """

    async def callback(interaction: Press, **values: Any) -> None:  # noqa: ANN401 - typed by the signature below
        await start(interaction, project, values)

    known = fields(project)
    parameters = [
        inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction),
        *map(_parameter, known),
    ]
    # No annotation is a string here, so discord.py resolves none in this module's namespace.
    callback.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess] - read by inspect.signature
    callback.__qualname__ = callback.__name__
    choices = {
        field.name: [app_commands.Choice(name=name, value=value) for name, value in field.choices]
        for field in known
        if field.choices
    }
    decorated = app_commands.describe(**described)(app_commands.choices(**choices)(callback))
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=project.id, description=project.summary[:100], callback=decorated
    )
    if project.takes_models_of:
        command.autocomplete("model")(_models(project))
    return command


async def start(interaction: Press, project: Project, values: dict[str, Any]) -> None:
    """Ask for the run that was described, with the member's file or model if it has one.

    Raises:
        PersonError: something about the wish, the file or the model is not right.
    """
    preset, dataset, seed = (values.pop(name, None) for name in ("preset", "dataset", "seed"))
    file: discord.Attachment | None = values.pop("file", None)
    model_id: int | None = values.pop("model", None)
    model = None
    if model_id is not None:
        async with interaction.client.database.session() as session:
            model = await trained_model(session, model_id, interaction.user.id)

    def job(upload: Upload | None = None) -> Wanted:
        return Wanted(
            resolve(project.id, preset=preset, dataset=dataset, seed=seed, options=values, upload=upload, model=model)
        )

    if file is None:
        await ask_for_run(interaction, job())
        return
    check_offer(project, file, interaction.client.settings.max_upload_mb)
    async with while_fetching(interaction, file):
        await ask_for_run(interaction, job(await fetch(project, file)))


def _parameter(field: Field) -> inspect.Parameter:
    if field.required:
        return inspect.Parameter(field.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=field.annotation)
    annotation = field.annotation | None
    return inspect.Parameter(field.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)


def _models(project: Project) -> Any:  # noqa: ANN401 - discord.py's own type of a callback
    async def pick(interaction: Press, current: str) -> list[app_commands.Choice[int]]:
        user_id = interaction.user.id
        async with interaction.client.database.session() as session:
            rows = await runs.finished_models(session, user_id, project.takes_models_of, limit=100)
        return offer(rows, current, user_id)

    return pick
