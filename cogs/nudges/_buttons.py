"""What is pressed on the settings and on a nudge."""

from datetime import UTC, datetime

from bot import ids
from bot.client import Press
from bot.nudge_cards import done_card, off_card
from bot.reply import beside_or_instead, enrolled, reply, swap
from bot.ui import Card, PersistentButton
from bot.wording import day
from cogs.nudges._form import ChangeModal
from cogs.nudges._show import organises, settings_of
from db import nudges
from lessons.errors import PersonError
from lessons.nudges import in_holdout, rest_of_days

SNOOZES = {"1d": 1, "3d": 3, "1w": 7}


class OpenButton(PersistentButton, template=ids.template(ids.NUDGES)):
    """*Nudge settings*."""

    async def press(self, interaction: Press) -> None:
        """Show them."""
        await beside_or_instead(interaction, await settings_of(interaction))


class OnButton(PersistentButton, template=ids.template(ids.NUDGES_ON)):
    """*Nudge me*: the consent."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        await beside_or_instead(interaction, await _turned_on(interaction))


class OnBesideButton(PersistentButton, template=ids.template(ids.NUDGES_ON_BESIDE)):
    """*Nudge me* on a card that is to stay."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        await reply(interaction, await _turned_on(interaction))


async def _turned_on(interaction: Press) -> Card:
    bot, now, user_id = interaction.client, datetime.now(UTC), interaction.user.id
    async with bot.database.transaction() as session:
        enrolment = await enrolled(session, interaction)
        held_out = in_holdout(user_id, bot.settings.nudge_holdout)
        await nudges.turn_on(session, user_id, enrolment.zone, now, held_out=held_out)
    return await settings_of(interaction)


class OffButton(PersistentButton, template=ids.template(ids.NUDGES_OFF)):
    """*Stop* on the settings."""

    async def press(self, interaction: Press) -> None:
        """No more."""
        async with interaction.client.database.transaction() as session:
            await nudges.turn_off(session, interaction.user.id, datetime.now(UTC))
        await swap(interaction, off_card(interaction.client.settings.nudge_holdout))


class PauseButton(PersistentButton, template=ids.template(ids.NUDGES_PAUSE)):
    """*Pause a week*, *Go on*."""

    async def press(self, interaction: Press) -> None:
        """Do it."""
        now = datetime.now(UTC)
        async with interaction.client.database.transaction() as session:
            zone = (await enrolled(session, interaction)).zone
            until = rest_of_days(zone, now, 7) if self.ids["onoff"] == "on" else None
            await nudges.pause(session, interaction.user.id, zone, now, until)
        await swap(interaction, await settings_of(interaction))


class MoreButton(PersistentButton, template=ids.template(ids.NUDGES_MORE)):
    """*3 a week again*."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        async with interaction.client.database.transaction() as session:
            await nudges.ask_for_fewer(session, interaction.user.id, fewer=False)
        await swap(interaction, await settings_of(interaction))


class HereButton(PersistentButton, template=ids.template(ids.NUDGES_HERE)):
    """An organiser's word on a channel."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        here, guild_id = interaction.channel_id, interaction.guild_id
        if not organises(interaction) or here is None or guild_id is None:
            raise PersonError("Whether I may mention members here is for those who manage this server.")
        async with interaction.client.database.transaction() as session:
            allowed = self.ids["onoff"] == "on"
            await nudges.allow_nudges(session, here, guild_id, interaction.user.id, allowed=allowed)
        await swap(interaction, await settings_of(interaction))


class ChangeButton(PersistentButton, template=ids.template(ids.NUDGES_CHANGE)):
    """*Change*."""

    async def press(self, interaction: Press) -> None:
        """Open the form."""
        async with interaction.client.database.session() as session:
            wanted = await nudges.wanted(session, interaction.user.id)
            here = interaction.channel_id
            allowed = here is not None and await nudges.allows_nudges(session, here)
        if wanted is None or not wanted.on:
            raise PersonError("Nudges are off. `/nudges` turns them on.")
        await interaction.response.send_modal(ChangeModal(wanted, here if allowed else None))


class NudgeButton(PersistentButton, template=ids.template(ids.NUDGE_ACT)):
    """Snooze, *Fewer*, *Stop* on a nudge."""

    async def press(self, interaction: Press) -> None:
        """Do it, and say so in the nudge's place."""
        user_id = int(self.ids["user_id"])
        self.only_for(interaction, user_id)
        now = datetime.now(UTC)
        async with interaction.client.database.transaction() as session:
            zone = (await enrolled(session, interaction)).zone
            match self.ids["nudge_act"]:
                case "stop":
                    await nudges.turn_off(session, user_id, now)
                    sentence = "🔕 Nudges are off. `/nudges` turns them on again."
                case "fewer":
                    on = await nudges.ask_for_fewer(session, user_id)
                    sentence = "🔔 One a week at most from now on." if on else "🔕 Nudges are off already."
                case act:
                    until = rest_of_days(zone, now, SNOOZES[act])
                    on = await nudges.pause(session, user_id, zone, now, until)
                    until_day = day(until.astimezone(zone).date(), today=now.astimezone(zone).date())
                    sentence = f"💤 Nothing before {until_day}." if on else "🔕 Nudges are off already."
        await swap(interaction, done_card(sentence))
