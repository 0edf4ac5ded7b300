"""The real bot with one more command, which answers and does nothing else: what any answer costs here."""

import asyncio

import discord
from discord import app_commands

from bot.client import Waypoint
from bot.process import run_bot, start_logging
from bot.settings import Settings


class WithNothing(Waypoint):
    async def setup_hook(self) -> None:
        await super().setup_hook()
        self.tree.add_command(nothing)


@app_commands.command()
async def nothing(interaction: discord.Interaction) -> None:
    """Does nothing."""
    await interaction.response.send_message("Done.", ephemeral=True)


if __name__ == "__main__":
    start_logging("WARNING")
    asyncio.run(run_bot(Settings(), sync=True, bot_class=WithNothing))
