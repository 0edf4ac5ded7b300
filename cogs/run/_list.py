"""``/runs``: a member's runs, one of them in full."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import ids
from bot.client import Press, Waypoint
from bot.reply import reply, swap
from bot.result_cards import result_message
from bot.run_cards import now, run_card, run_title, view_run
from bot.ui import Card, Item, PersistentButton, PersistentSelect, button, buttons, card, text
from bot.wording import duration, instant, plural
from cogs.run._ask import own_run
from db import runs
from db.tables import Run, RunState
from lessons.errors import PersonError
from workers.catalogue import project
from workers.messages import Failed, Finished, Progress
from workers.records import load_outcome, load_progress

PAGE = 8
MARKS = {
    RunState.QUEUED: "⏳",
    RunState.RUNNING: "🏃",
    RunState.SUCCEEDED: "✅",
    RunState.FAILED: "⚠️",
    RunState.CANCELLED: "🚫",
}


class Runs(commands.Cog):
    """Finding runs again."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="Your training runs: see them, show one, cancel one")
    @app_commands.describe(run="One run to show, with its result or its progress")
    async def runs(self, interaction: Press, run: int | None = None) -> None:
        """List the runs, or show one."""
        if run is not None:
            await show_run(interaction, run)
            return
        await reply(interaction, await list_card(interaction, 0))

    @runs.autocomplete("run")
    async def _pick(self, interaction: Press, current: str) -> list[app_commands.Choice[int]]:
        async with self.bot.database.session() as session:
            rows = await runs.member_runs(session, interaction.user.id, limit=100)
        labels = [(_label(row), row.id) for row in rows]
        return [
            app_commands.Choice(name=label[:100], value=run_id)
            for label, run_id in labels
            if current.casefold() in label.casefold()
        ][:25]


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
    run = await own_run(interaction, run_id)
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
            raise PersonError("That page is empty now. Say `/runs` again.")
        return card(text("### No runs yet\n`/run cnn` trains your first network: the preset *quick* takes seconds."))
    lines = [f"### Your runs\n-# {plural(total, 'run')}, active ones first", *(_line(row) for row in rows)]
    picker: ui.Select[Any] = ui.Select(
        custom_id=ids.RUNS_PICK,
        placeholder="Show a run …",
        options=[discord.SelectOption(label=_label(row)[:100], value=str(row.id)) for row in rows],
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
    return f"{MARKS[RunState(run.state)]} **{run_title(run)}** · {_how(run)} · {instant(run.queued_at)}"


def _label(run: Run) -> str:
    """For lists that show no Markdown."""
    return f"{run_title(run)} · {_how(run)}".replace("**", "")


def _how(run: Run) -> str:
    match load_outcome(run):
        case Finished() as finished:
            metric = project(run.project).headline
            value = finished.metrics.get(metric.name)
            number = f"{metric.label.lower()} {metric.show(value)}, " if value is not None else ""
            return f"{number}{duration(finished.seconds.total)}"
        case None:
            progress = load_progress(run)
            if run.state == RunState.RUNNING and isinstance(progress, Progress) and progress.total:
                return f"running, {progress.step / progress.total:.0%}"
            return run.state
        case _:
            return run.state
