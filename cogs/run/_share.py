"""*Share*: a run that others may look at, use, compare and make again."""

from bot import ids
from bot.client import Press
from bot.reply import reply, swap
from bot.run_access import own_run
from bot.run_cards import kept_file, now
from bot.share_cards import share_card, unshared_card
from bot.ui import PersistentButton
from db import runs
from lessons.errors import PersonError
from workers.messages import Finished
from workers.records import load_outcome


class ShareButton(PersistentButton, template=ids.template(ids.RUN_SHARE)):
    """Shares one's own run, with a card for everybody."""

    async def press(self, interaction: Press) -> None:
        """Post the card; a run that is shared already is posted again, wherever its member is now."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        outcome = load_outcome(run)
        if not isinstance(outcome, Finished):
            raise PersonError(f"Run {run.id} has no result to share.")
        async with interaction.client.database.transaction() as session:
            await runs.share(session, run.id, now())
            file = await kept_file(session, run)
        await reply(interaction, share_card(run, outcome, file), private=False)


class UnshareButton(PersistentButton, template=ids.template(ids.RUN_UNSHARE)):
    """Takes it back."""

    async def press(self, interaction: Press) -> None:
        """For its member; the card then says so."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        async with interaction.client.database.transaction() as session:
            await runs.share(session, run.id, None)
        await swap(interaction, unshared_card(run))
