"""Which run a person may see, use or make again."""

import discord

from bot.client import Press
from db import runs
from db.tables import Run
from lessons.errors import PersonError


async def own_run(interaction: Press, run_id: int) -> Run:
    """The run of that number, for its member.

    Raises:
        PersonError: it is somebody else's, or there is none.
    """
    run = await _run(interaction, run_id)
    if run.user_id != interaction.user.id:
        raise _theirs(run)
    return run


async def open_run(interaction: Press, run_id: int) -> Run:
    """The run of that number, for its member and, if they share it, for everybody.

    Raises:
        PersonError: it is somebody else's and not shared, or there is none.
    """
    run = await _run(interaction, run_id)
    if run.user_id != interaction.user.id and run.shared_at is None:
        raise _theirs(run)
    return run


async def _run(interaction: Press, run_id: int) -> Run:
    async with interaction.client.database.session() as session:
        run = await runs.get_run(session, run_id)
    if run is None:
        raise PersonError(f"There is no run {run_id}. `/runs list` shows yours.")
    return run


def _theirs(run: Run) -> PersonError:
    name = discord.utils.escape_markdown(run.user_name)
    return PersonError(f"Run {run.id} is {name}'s. Start one of your own with `/run {run.project}`.")
