"""The buttons on a run's cards."""

import io
from typing import Any

import discord
from discord import ui

from bot import ids
from bot.client import Press
from bot.reply import reply, swap
from bot.result_cards import comparison
from bot.run_cards import in_order, now, run_card, view_run
from bot.ui import PersistentButton, SafeModal, card, text
from cogs.run._ask import ask_for_run, own_run
from db import runs
from db.tables import Run, RunState
from lessons.errors import PersonError
from workers.catalogue import MAX_SEED, Option, Project, project, resolve
from workers.messages import OptionValue
from workers.queue import AlreadyOver, CancelledAtOnce, Stopping, cancel

UPLOAD_LIMIT = 10 * 2**20
"""Bytes that a bot may attach in a server without boosts."""


class CancelButton(PersistentButton, template=ids.template(ids.RUN_CANCEL)):
    """Cancels a queued or running run."""

    async def press(self, interaction: Press) -> None:
        """For its member, and for those who manage the server."""
        bot, run_id = interaction.client, int(self.ids["run_id"])
        if not interaction.permissions.manage_guild or interaction.guild_id is None:
            await own_run(interaction, run_id)
        async with bot.database.transaction() as session:
            run = await runs.get_run(session, run_id)
            if run is None or (run.user_id != interaction.user.id and run.guild_id != interaction.guild_id):
                raise PersonError(f"There is no run {run_id} here. `/runs` lists yours.")
            result = await cancel(bot.queue, session, run, by=interaction.user.display_name, now=now())
        match result:
            case AlreadyOver(RunState.CANCELLED):
                raise PersonError(f"Run {run_id} was cancelled before.")
            case AlreadyOver():
                raise PersonError(f"Run {run_id} has ended already; there is nothing left to cancel.")
            case CancelledAtOnce() | Stopping():
                pass
        async with bot.database.session() as session:
            run = await runs.get_run(session, run_id)
            if run is None:
                raise PersonError(f"Run {run_id} is gone.")
            shown = run_card(await view_run(session, run, now()))
        await swap(interaction, shown)


class AgainButton(PersistentButton, template=ids.template(ids.RUN_AGAIN)):
    """The same run with another seed: how much of the result was luck?"""

    async def press(self, interaction: Press) -> None:
        """Ask for it."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        options: dict[str, OptionValue | None] = dict(run.options)
        await ask_for_run(interaction, resolve(run.project, preset=run.preset, dataset=run.dataset, options=options))


class ChangeButton(PersistentButton, template=ids.template(ids.RUN_CHANGE)):
    """The same run with other options."""

    async def press(self, interaction: Press) -> None:
        """Open the form, filled in."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        await interaction.response.send_modal(ChangeModal(project(run.project), run))


class CompareButton(PersistentButton, template=ids.template(ids.RUN_COMPARE)):
    """Holds the run against the member's others."""

    async def press(self, interaction: Press) -> None:
        """Answer with a table."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        async with interaction.client.database.session() as session:
            others = await runs.comparable_runs(session, run, limit=14)
        await reply(interaction, comparison(run, others))


class ModelButton(PersistentButton, template=ids.template(ids.RUN_MODEL)):
    """Hands out the trained weights."""

    async def press(self, interaction: Press) -> None:
        """Answer with the file."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        async with interaction.client.database.session() as session:
            data = await runs.artifact(session, run.id, runs.MODEL_FILE)
        if data is None:
            raise PersonError(f"Run {run.id} kept no model file.")
        name = f"{run.project}-{run.dataset}-run{run.id}.pt"
        limit = interaction.filesize_limit or UPLOAD_LIMIT
        if len(data) > limit:
            raise PersonError(
                f"The model file has {len(data) / 2**20:.0f} MB and Discord takes {limit / 2**20:.0f} here. "
                "Whoever runs this bot can hand it to you."
            )
        shown = card(
            text(
                f"### The model of run {run.id}\nWeights and what is needed to rebuild the network: "
                f"`torch.load('{name}', weights_only=True)`."
            ),
            ui.File(f"attachment://{name}"),
        )
        await reply(interaction, shown, files=[discord.File(io.BytesIO(data), name)])


class ChangeModal(SafeModal):
    """The options of a run as lines to edit: a modal has room for five fields, a project for more options."""

    def __init__(self, chosen: Project, run: Run) -> None:
        super().__init__(title=f"Change run {run.id}")
        self._project = chosen
        self._run_preset = run.preset
        self.dataset: ui.Select[Any] = ui.Select(
            options=[
                discord.SelectOption(
                    label=data.title,
                    value=data.id,
                    description=data.about[:100],
                    default=data.id == run.dataset,
                )
                for data in chosen.datasets
            ]
        )
        lines = "\n".join(f"{name}: {_shown(value)}" for name, value in in_order(chosen, run.options))
        self.options: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, default=lines, max_length=1000
        )
        self.seed: ui.TextInput[Any] = ui.TextInput(default=str(run.seed), required=False, max_length=12)
        self.add_item(ui.Label(text="Data set", component=self.dataset))
        self.add_item(ui.Label(text="Options", description="One a line; change what you like.", component=self.options))
        self.add_item(ui.Label(text="Seed", description=f"0 to {MAX_SEED}; empty draws one.", component=self.seed))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Read the lines and ask for the run."""
        seed = self.seed.value.strip()
        if seed and not seed.isdecimal():
            raise PersonError(f"The seed must be a whole number; you gave “{seed[:20]}”.")
        job = resolve(
            self._project.id,
            preset=self._run_preset,
            dataset=self.dataset.values[0] if self.dataset.values else None,
            seed=int(seed) if seed else None,
            options=read_lines(self._project, self.options.value),
        )
        await ask_for_run(interaction, job)


def read_lines(chosen: Project, lines: str) -> dict[str, OptionValue | None]:
    """Options from lines such as ``epochs: 5`` (``=`` will do too).

    Raises:
        PersonError: a line that is not of that form, an unknown name or a wrong value.
    """
    values: dict[str, OptionValue | None] = {}
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        name, separator, value = line.replace("=", ":", 1).partition(":")
        if not separator:
            raise PersonError(f"I can't read “{line[:40]}”. Write one option a line, e.g. `epochs: 5`.")
        option: Option = chosen.option(name.strip().lower().replace(" ", "_"))
        values[option.name] = option.parse(value.strip())
    return values


def _shown(value: OptionValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
