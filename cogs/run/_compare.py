"""``/compare`` and *Compare*: finished runs held against one another."""

from collections.abc import Sequence

from discord import app_commands
from discord.ext import commands

from bot import ids
from bot.client import Press, Waypoint
from bot.compare_cards import SIDE_BY_SIDE, Compared, comparison, finished_runs, side_by_side, wish_of
from bot.render import Rendered, render_report
from bot.reply import reply
from bot.run_access import open_run
from bot.run_choices import offer
from bot.ui import Item, PersistentButton, PersistentSelect, card, text
from db import runs
from lessons.errors import PersonError
from workers.using import Wish


class Compare(commands.Cog):
    """Runs side by side."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="Up to four finished runs side by side: options, results, curves")
    @app_commands.describe(
        run1="One run: yours, or one that somebody shares",
        run2="Another one of the same project",
        run3="A third one",
        run4="A fourth one",
    )
    async def compare(
        self, interaction: Press, run1: int, run2: int, run3: int | None = None, run4: int | None = None
    ) -> None:
        """Put them side by side."""
        await put_beside(interaction, [each for each in (run1, run2, run3, run4) if each is not None])

    @compare.autocomplete("run1")
    @compare.autocomplete("run2")
    @compare.autocomplete("run3")
    @compare.autocomplete("run4")
    async def _pick(self, interaction: Press, current: str) -> list[app_commands.Choice[int]]:
        """Runs that go with those that stand there already."""
        named = {value for name, value in interaction.namespace if name.startswith("run") and isinstance(value, int)}
        async with self.bot.database.session() as session:
            first = await runs.get_run(session, min(named)) if named else None
            kind = first.project if first is not None else None
            rows = await runs.open_runs(session, interaction.user.id, kind, limit=100)
        return offer([row for row in rows if row.id not in named], current, interaction.user.id)


class CompareButton(PersistentButton, template=ids.template(ids.RUN_COMPARE)):
    """Holds the run against the member's others."""

    async def press(self, interaction: Press) -> None:
        """Answer with a table, from which some can be put side by side."""
        run = await open_run(interaction, int(self.ids["run_id"]))
        async with interaction.client.database.session() as session:
            others = await runs.comparable_runs(session, run, interaction.user.id, limit=14)
        await reply(interaction, comparison(run, others))


class BesidePicker(PersistentSelect, template=ids.template(ids.RUN_BESIDE)):
    """Puts the run beside those that were chosen."""

    async def choose(self, interaction: Press, values: list[str]) -> None:
        """Answer with them side by side."""
        await put_beside(interaction, [int(self.ids["run_id"]), *map(int, values)])


async def put_beside(interaction: Press, run_ids: Sequence[int]) -> None:
    """Answer with the tables at once, and put the curves in when a worker has drawn them.

    Raises:
        PersonError: fewer than two runs, one that did not finish, one that is somebody's own, different projects.
    """
    compared = await _compared(interaction, list(dict.fromkeys(run_ids)))
    tables = side_by_side(compared, interaction.user.id)
    await reply(interaction, card(*tables, text("-# 🖍️ Drawing the curves …")))
    drawn = await _drawn(interaction, compared)
    await interaction.edit_original_response(
        view=card(*side_by_side(compared, interaction.user.id), *drawn.items), attachments=drawn.files
    )


async def _drawn(interaction: Press, compared: Sequence[Compared]) -> Rendered:
    """The curves over one another, or a line that says why there are none."""
    try:
        answered = await interaction.client.answers.ask(
            interaction.user.id, Wish("compare", comparison=wish_of(compared))
        )
    except PersonError as refused:
        line: Item = text(f"-# No curves this time: {refused.sentence}")
        return Rendered((line,), ())
    return render_report(answered.report, answered.artifacts)


async def _compared(interaction: Press, run_ids: Sequence[int]) -> list[Compared]:
    if not 2 <= len(run_ids) <= SIDE_BY_SIDE:
        raise PersonError(f"Name two to {SIDE_BY_SIDE} different runs.")
    rows = [await open_run(interaction, run_id) for run_id in run_ids]
    projects = {row.project for row in rows}
    if len(projects) > 1:
        raise PersonError(
            f"These are runs of different projects ({', '.join(sorted(projects))}), whose figures can't be compared. "
            "Choose runs of one project."
        )
    compared = finished_runs(rows)
    if missing := {row.id for row in rows} - {each.run.id for each in compared}:
        raise PersonError(f"Run {min(missing)} has no result to compare. Choose runs that came to a good end.")
    return compared
