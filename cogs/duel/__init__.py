"""``/duel``: five questions to two members in public."""

from bot.client import Waypoint
from cogs.duel._buttons import DuelAnswerButton, NextDuelButton, RematchButton, ReplyButton, SkipDuelButton
from cogs.duel._commands import Duels


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(ReplyButton, DuelAnswerButton, SkipDuelButton, NextDuelButton, RematchButton)
    await bot.add_cog(Duels(bot))
