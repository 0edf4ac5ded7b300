"""The command."""

from discord import app_commands
from discord.ext import commands

from bot.client import Press, Waypoint
from bot.reply import reply
from cogs.nudges._show import settings_of


class Nudges(commands.Cog):
    """The command."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="A message when something is due: when, where, how often, or not at all")
    async def nudges(self, interaction: Press) -> None:
        """Show what is set."""
        await reply(interaction, await settings_of(interaction))
