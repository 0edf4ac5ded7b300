"""The playground as a process of its own: started by hand, killed, started again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.playground import seed
from tests.playground.page_client import PATIENCE

ROOT = Path(__file__).parents[2]
HEADERS = {"Authorization": "Bot playground"}


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.playground", *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode().strip()
        yield process, line.removeprefix("playground: ")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_what_was_said_survives_a_kill(tmp_path: Path) -> None:
    path = f"/api/v10/channels/{seed.CHANNELS[0].id}/messages"
    arguments = ("--port", "0", "--state", str(tmp_path / "state"), "--record", str(tmp_path / "log.jsonl"))
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        async with running(*arguments) as (process, url):
            assert url.startswith("http://127.0.0.1:")
            async with session.post(url + path, json={"content": "still here"}) as response:
                sent = await response.json()
            await asyncio.sleep(0.2)  # the writer's batch
            process.kill()
        assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1
        async with running(*arguments) as (process, url):
            async with session.get(url + path) as response:
                assert [one["id"] for one in await response.json()] == [sent["id"]]
            process.terminate()
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 0


async def test_a_port_that_is_taken_ends_with_an_error(tmp_path: Path) -> None:
    async with running("--port", "0") as (_, url), running("--port", url.rpartition(":")[2]) as (second, line):
        assert line == ""
        assert await second.wait() == 1
