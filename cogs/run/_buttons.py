"""Buttons on a run's cards: stop it, take its model."""

import io

import discord
from discord import ui

from bot import ids
from bot.client import Press
from bot.reply import reply, swap
from bot.run_access import own_run
from bot.run_cards import now, run_card, view_run
from bot.ui import PersistentButton, card, text
from db import runs
from db.tables import RunState
from lessons.errors import PersonError
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
                raise PersonError(f"There is no run {run_id} here. `/runs list` shows yours.")
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
