"""``/nudges``: asked for, changed, paused and stopped by a press."""

from bot.client import Waypoint
from cogs.nudges._buttons import (
    ChangeButton,
    HereButton,
    MoreButton,
    NudgeButton,
    OffButton,
    OnBesideButton,
    OnButton,
    OpenButton,
    PauseButton,
)
from cogs.nudges._commands import Nudges


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(OpenButton, OnButton, OnBesideButton, OffButton, PauseButton, MoreButton, HereButton, ChangeButton)
    bot.register(NudgeButton)
    await bot.add_cog(Nudges(bot))
