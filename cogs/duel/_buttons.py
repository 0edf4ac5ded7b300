"""The buttons of a duel. All work after a restart, and on cards of any age: those then show how it stands."""

from bot import ids
from bot.client import Press
from bot.ui import PersistentButton
from cogs.duel._commands import challenge_again
from cogs.duel._play import next_question, reply_to_challenge, skip_question, take_answer
from lessons.duels import Reply


class ReplyButton(PersistentButton, template=ids.template(ids.DUEL_REPLY)):
    """*Accept*, *No thanks*, *Withdraw*."""

    async def press(self, interaction: Press) -> None:
        """Begin, or not."""
        shown = await reply_to_challenge(interaction, int(self.ids["duel_id"]), Reply(self.ids["duel_reply"]))
        await shown.show(interaction)


class DuelAnswerButton(PersistentButton, template=ids.template(ids.DUEL_ANSWER)):
    """A, B or C."""

    async def press(self, interaction: Press) -> None:
        """Note it; with it the question may be decided."""
        place, option = int(self.ids["place"]), int(self.ids["option"])
        shown = await take_answer(interaction, int(self.ids["duel_id"]), place, self.ids["digest"], option)
        await shown.show(interaction)


class SkipDuelButton(PersistentButton, template=ids.template(ids.DUEL_SKIP)):
    """*Skip*."""

    async def press(self, interaction: Press) -> None:
        """Pass the question over."""
        await (await skip_question(interaction, int(self.ids["duel_id"]), int(self.ids["place"]))).show(interaction)


class NextDuelButton(PersistentButton, template=ids.template(ids.DUEL_NEXT)):
    """*Next question*."""

    async def press(self, interaction: Press) -> None:
        """Ask it."""
        await (await next_question(interaction, int(self.ids["duel_id"]), int(self.ids["place"]))).show(interaction)


class RematchButton(PersistentButton, template=ids.template(ids.DUEL_REMATCH)):
    """*Rematch*: whoever of the two presses it is the challenger."""

    async def press(self, interaction: Press) -> None:
        """Challenge; the result stays where it is."""
        await challenge_again(interaction, int(self.ids["duel_id"]))
