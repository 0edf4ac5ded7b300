"""The card of settings, for whoever asks."""

from datetime import UTC, datetime

from bot.client import Press
from bot.nudge_cards import settings_card
from bot.reply import enrolled
from bot.ui import Card
from db import nudges


async def settings_of(interaction: Press) -> Card:
    """What the person asked for, as it is now."""
    bot = interaction.client
    organiser, here = organises(interaction), interaction.channel_id
    async with bot.database.session() as session:
        await enrolled(session, interaction)
        wanted = await nudges.wanted(session, interaction.user.id)
        allowed = organiser and here is not None and await nudges.allows_nudges(session, here)
    share = bot.settings.nudge_holdout
    return settings_card(wanted, datetime.now(UTC), organiser=organiser, allowed_here=allowed, holdout=share)


def organises(interaction: Press) -> bool:
    """Whether the person may say what happens in this channel."""
    return interaction.guild_id is not None and interaction.permissions.manage_guild
