"""The real bot, whose schedule looks at the clock whenever a line comes in, and says when it has done what was due.

With ``--deaf`` it hears nothing from Discord and only sweeps and delivers: a second process beside the first.
"""

import asyncio
import sys

from apscheduler.events import (  # pyright: ignore[reportMissingTypeStubs] - has none
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MISSED,
    EVENT_JOB_SUBMITTED,
)

from bot.background import Background
from bot.client import Waypoint
from bot.discord_url import use_discord_at
from bot.process import PLAYGROUND_TOKEN, open_database, say_ready, start_logging, sync_commands
from bot.settings import Settings


class Stepped:
    """Wakes the schedule and waits until the sweeps that were due are over."""

    def __init__(self, background: Background) -> None:
        self._scheduler = background._scheduler
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._scheduler.add_listener(
            self._note, EVENT_JOB_SUBMITTED | EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED
        )

    def _note(self, event: object) -> None:
        code: int = event.code  # pyright: ignore[reportAttributeAccessIssue] - untyped library
        if code == EVENT_JOB_SUBMITTED:
            self._running += 1
        elif code in {EVENT_JOB_EXECUTED, EVENT_JOB_ERROR, EVENT_JOB_MISSED} and self._running:
            self._running -= 1
        if self._running:
            self._quiet.clear()
        else:
            self._quiet.set()

    async def look(self) -> None:
        """Do what is due now."""
        self._scheduler.wakeup()
        await asyncio.sleep(0.002)
        await self._quiet.wait()


async def main() -> None:
    """Until stdin ends."""
    settings, deaf = Settings(), "--deaf" in sys.argv
    assert settings.discord_api_url is not None
    use_discord_at(settings.discord_api_url)
    url, _ = await open_database(settings)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with Waypoint(settings, url) as bot:
        await bot.login(PLAYGROUND_TOKEN)
        if not deaf:
            await sync_commands(bot, None)
        async with Background(bot) as background:
            hearing = None if deaf else asyncio.create_task(bot.connect(reconnect=True))
            if hearing is not None:
                await bot.wait_until_ready()
            stepped = Stepped(background)
            say_ready()
            while await lines.readline():
                await stepped.look()
                sys.stdout.write("done\n")
                sys.stdout.flush()
            if hearing is not None:
                hearing.cancel()


if __name__ == "__main__":
    start_logging("INFO")
    asyncio.run(main())
