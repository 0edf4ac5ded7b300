"""`waypoint playground` as somebody who starts it: an address, a page, and nothing left behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import psutil

from tests.e2e.rig import PATIENCE, ROOT


async def test_it_prints_an_address_heals_a_fallen_bot_and_leaves_nothing_behind(tmp_path: Path) -> None:
    # An operator's own settings lie beside it: a rehearsal must touch none of what they name.
    (tmp_path / ".env").write_text(
        "DISCORD_TOKEN=real\nDATABASE_URL=postgresql://127.0.0.1:9/real\nDISCORD_GUILD_ID=5\nSHARD_IDS=[3]\nSHARD_COUNT=4\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "DATABASE_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.cli",
        "playground",
        "--home",
        str(tmp_path / "home"),
        "--port",
        "0",
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        address = await _address(process.stdout)
        async with aiohttp.ClientSession() as session, session.get(address) as page:
            assert page.status == 200
            assert "Waypoint playground" in await page.text()
        children = psutil.Process(process.pid).children(recursive=True)
        (bot,) = [child for child in children if child.cmdline()[-2:] == ["bot", "--sync"]]
        bot.kill()
        assert await _address(process.stdout) == address, "the bot comes back by itself, and says so"
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    _, left = psutil.wait_procs(children, timeout=10)
    assert left == []


async def _address(output: asyncio.StreamReader) -> str:
    """The address that is printed once everything is up."""
    async with asyncio.timeout(PATIENCE):
        while line := (await output.readline()).decode():
            if "Open http" in line:
                return next(word for word in line.split() if word.startswith("http"))
    raise AssertionError("it ended without printing an address")
