"""``/runs``: a member's runs, one of them in full, one of them again."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import ids
from bot.client import Press, Waypoint
from bot.reply import reply, swap
from bot.result_cards import result_message
from bot.run_access import open_run, own_run
from bot.run_cards import now, run_card, run_title, view_run
from bot.run_choices import how, label, offer
from bot.ui import Card, Item, PersistentButton, PersistentSelect, button, buttons, card, text
from bot.wording import instant, plural
from cogs.run._again import again_card
from db import runs
from db.tables import Run, RunState
from lessons.errors import PersonError
from workers.messages import Failed, Finished
from workers.records import load_outcome

PAGE = 8
MARKS = {
    RunState.QUEUED: "⏳",
    RunState.RUNNING: "🏃",
    RunState.SUCCEEDED: "✅",
    RunState.FAILED: "⚠️",
    RunState.CANCELLED: "🚫",
}


class Runs(commands.GroupCog, group_name="runs", group_description="Your training runs: find, show, do again"):
    """Finding runs again."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(name="list", description="All your runs, the active ones first; cancel one here")
    async def list_runs(self, interaction: Press) -> None:
        """List the runs."""
        await reply(interaction, await list_card(interaction, 0))

    @app_commands.command(description="One run, with its result or its progress")
    @app_commands.describe(run="Which one: yours, or one that somebody shares")
    async def show(self, interaction: Press, run: int) -> None:
        """Show one."""
        await show_run(interaction, run)

    @app_commands.command(description="A run once more, as it was or with one thing changed")
    @app_commands.describe(run="Which one; the latest by default")
    async def again(self, interaction: Press, run: int | None = None) -> None:
        """Offer what can be changed about it."""
        await reply(interaction, await again_card(interaction, await self._one(interaction, run)))

    async def _one(self, interaction: Press, run_id: int | None) -> Run:
        if run_id is not None:
            return await own_run(interaction, run_id)
        async with self.bot.database.session() as session:
            latest = await runs.latest_run(session, interaction.user.id)
        if latest is None:
            raise PersonError("You have no runs yet. `/run cnn` trains your first network: it takes seconds.")
        return latest

    @show.autocomplete("run")
    @again.autocomplete("run")
    async def _pick(self, interaction: Press, current: str) -> list[app_commands.Choice[int]]:
        async with self.bot.database.session() as session:
            rows = await runs.member_runs(session, interaction.user.id, limit=100)
        return offer(rows, current, interaction.user.id)


class PageButton(PersistentButton, template=ids.template(ids.RUNS_PAGE)):
    """Another page of the list."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await swap(interaction, await list_card(interaction, int(self.ids["page"])))


class ShowButton(PersistentButton, template=ids.template(ids.RUN_SHOW)):
    """Shows one run."""

    async def press(self, interaction: Press) -> None:
        """Answer with it."""
        await show_run(interaction, int(self.ids["run_id"]))


class RunPicker(PersistentSelect, template=ids.template(ids.RUNS_PICK)):
    """Shows the run that was chosen from the list."""

    async def choose(self, interaction: Press, values: list[str]) -> None:
        """Answer with it."""
        await show_run(interaction, int(values[0]))


async def show_run(interaction: Press, run_id: int) -> None:
    """One run: its result if it has one, else its card."""
    run = await open_run(interaction, run_id)
    bot = interaction.client
    async with bot.database.session() as session:
        if isinstance(load_outcome(run), Finished | Failed):
            message = await result_message(session, bot.curriculum, run, now())
            shown, files = message.shown, message.files
        else:
            shown, files = run_card(await view_run(session, run, now())), ()
    await reply(interaction, shown, files=files)


async def list_card(interaction: Press, page: int) -> Card:
    """A page of the member's runs, active ones first."""
    async with interaction.client.database.session() as session:
        total = await runs.count_runs(session, interaction.user.id)
        pages = max(1, -(-total // PAGE))
        page = min(page, pages - 1)
        rows = await runs.member_runs(session, interaction.user.id, limit=PAGE, offset=page * PAGE)
    if not rows:
        if total:
            raise PersonError("That page is empty now. Say `/runs list` again.")
        return card(text("### No runs yet\n`/run cnn` trains your first network: the preset *quick* takes seconds."))
    lines = [f"### Your runs\n-# {plural(total, 'run')}, active ones first", *(_line(row) for row in rows)]
    picker: ui.Select[Any] = ui.Select(
        custom_id=ids.RUNS_PICK,
        placeholder="Show a run …",
        options=[discord.SelectOption(label=label(row), value=str(row.id)) for row in rows],
    )
    items: list[Item] = [text("\n".join(lines)), ui.ActionRow(picker)]
    if active := [row for row in rows if not RunState(row.state).final]:
        items.append(
            buttons(
                *(
                    button(f"Cancel run {row.id}", ids.RUN_CANCEL.format(run_id=row.id), style=ids.DANGER)
                    for row in active[:4]
                )
            )
        )
    if pages > 1:
        items.append(
            buttons(
                button("Newer", ids.RUNS_PAGE.format(page=max(page - 1, 0)), disabled=page == 0),
                button("Older", ids.RUNS_PAGE.format(page=page + 1), disabled=page + 1 >= pages),
            )
        )
    return card(*items)


def _line(run: Run) -> str:
    return f"{MARKS[RunState(run.state)]} **{run_title(run)}** · {how(run)} · {instant(run.queued_at)}"
