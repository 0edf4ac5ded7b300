"""``/run`` and ``/runs``: put a project's training into the queue, watch it, find it again, stop it."""

from bot.client import Waypoint
from cogs.run._buttons import AgainButton, CancelButton, ChangeButton, CompareButton, ModelButton
from cogs.run._commands import RunGroup
from cogs.run._list import PageButton, RunPicker, Runs, ShowButton


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(CancelButton, AgainButton, ChangeButton, CompareButton, ModelButton, ShowButton, PageButton, RunPicker)
    bot.tree.add_command(RunGroup())
    await bot.add_cog(Runs(bot))
