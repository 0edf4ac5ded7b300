"""Public threads that the bot opens in a channel."""

import discord

from bot.client import Waypoint

ARCHIVED_AFTER = 7 * 24 * 60
"""Minutes without a message; a week is the most that Discord takes."""
NAME_MAX = 100


async def open_thread(bot: Waypoint, channel_id: int, name: str) -> int:
    """Open a thread that hangs on no message; returns its id.

    Raises:
        discord.HTTPException: Discord refused; `Forbidden` where the bot may not.
    """
    thread = await bot.http.start_thread_without_message(
        channel_id,
        name=name[:NAME_MAX],
        auto_archive_duration=ARCHIVED_AFTER,
        type=discord.ChannelType.public_thread.value,
    )
    return int(thread["id"])
