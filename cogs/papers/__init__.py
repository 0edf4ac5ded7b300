"""``/papers``: what is new in machine learning, and the server's weekly digest."""

from bot.client import Waypoint
from cogs.papers._buttons import DigestPage, DmButton, LatestPage, PaperButton, SavedPage, SearchPage
from cogs.papers._commands import Papers


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(LatestPage, SearchPage, SavedPage, DmButton, DigestPage, PaperButton)
    await bot.add_cog(Papers(bot))
