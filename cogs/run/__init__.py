"""``/run``, ``/runs`` and ``/compare``: train, watch, find again, do again, hold side by side, share."""

from bot.client import Waypoint
from cogs.run._again import AgainButton, ChangeButton, OneChange
from cogs.run._buttons import CancelButton, ModelButton
from cogs.run._commands import RunGroup
from cogs.run._compare import BesidePicker, Compare, CompareButton
from cogs.run._list import PageButton, RunPicker, Runs, ShowButton
from cogs.run._share import ShareButton, UnshareButton


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(CancelButton, ModelButton, AgainButton, ChangeButton, OneChange, ShareButton, UnshareButton)
    bot.register(CompareButton, BesidePicker, ShowButton, PageButton, RunPicker)
    bot.tree.add_command(RunGroup())
    await bot.add_cog(Runs(bot))
    await bot.add_cog(Compare(bot))
