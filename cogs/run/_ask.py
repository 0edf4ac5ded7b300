"""Asking for a run: the one way, whether it came from a command, *Again* or *Change*."""

import discord

from bot.client import Press
from bot.reply import reply
from bot.run_cards import RunView, digest, now, run_card
from db import runs
from db.tables import Run
from lessons.errors import PersonError
from workers.messages import TrainingJob
from workers.queue import Asker, ask


async def ask_for_run(interaction: Press, job: TrainingJob) -> None:
    """Write the run and its job, answer with its card, and remember where the card is.

    Raises:
        PersonError: no ``/start`` yet, a channel without an id, or as many runs as one may have.
    """
    bot, user = interaction.client, interaction.user
    if interaction.channel_id is None:
        raise PersonError("I can't post results here. Say `/run` in a channel of your server, or in our DM.")
    asker = Asker(user.id, user.display_name, interaction.guild_id, interaction.channel_id)
    async with bot.database.transaction() as session:
        asked = await ask(bot.queue, session, job, asker, bot.settings.quota, now())
    run = asked.run
    shown = run_card(RunView(run, asked.around))
    message_id = await reply(interaction, shown, private=False)
    if message_id is not None:
        async with bot.database.transaction() as session:
            await runs.remember_card(session, run.id, message_id, digest(run, shown), now())


async def own_run(interaction: Press, run_id: int) -> Run:
    """The run of that number, for its member.

    Raises:
        PersonError: it is somebody else's, or there is none.
    """
    async with interaction.client.database.session() as session:
        run = await runs.get_run(session, run_id)
    if run is None:
        raise PersonError(f"There is no run {run_id}. `/runs` lists yours.")
    if run.user_id != interaction.user.id:
        name = discord.utils.escape_markdown(run.user_name)
        raise PersonError(f"Run {run_id} is {name}'s. Start one of your own with `/run {run.project}`.")
    return run
