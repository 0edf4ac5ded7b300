"""Asking for a run: the one way, whether it came from a command, *Again* or *Change*."""

from bot.client import Press
from bot.reply import reply
from bot.run_cards import RunView, digest, now, run_card
from cogs.run._repeat import Wanted
from db import runs
from db.activity import note_active_at
from db.belongings import KeptFile
from lessons.errors import PersonError
from workers.queue import Asker, ask


async def ask_for_run(interaction: Press, wanted: Wanted) -> None:
    """Write the run and its job, answer with its card, and remember where the card is.

    Raises:
        PersonError: no ``/start`` yet, a channel without an id, or as many runs as one may have.
    """
    bot, user = interaction.client, interaction.user
    if interaction.channel_id is None:
        raise PersonError("I can't post results here. Say `/run` in a channel of your server, or in our DM.")
    asker = Asker(user.id, user.display_name, interaction.guild_id, interaction.channel_id)
    job, upload = wanted.job, wanted.job.upload
    async with bot.database.transaction() as session:
        asked = await ask(bot.queue, session, job, asker, bot.settings.quota, now(), upload_id=wanted.upload_id)
    run = asked.run
    file = wanted.file or (KeptFile(upload.name, len(upload.data)) if upload is not None else None)
    shown = run_card(RunView(run, asked.around, file=file))
    message_id = await reply(interaction, shown, private=False)
    async with bot.database.transaction() as session:
        if message_id is not None:
            await runs.remember_card(session, run.id, message_id, digest(run, shown), now())
        await note_active_at(session, user.id, now())
