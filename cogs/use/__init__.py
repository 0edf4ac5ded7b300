"""``/use`` and *Use it*: what was trained is put to work."""

from bot.client import Waypoint
from cogs.use._buttons import UseButton
from cogs.use._commands import UseGroup


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(UseButton)
    bot.tree.add_command(UseGroup())
