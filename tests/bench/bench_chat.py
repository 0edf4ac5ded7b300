"""How fast the chat side is: acknowledgements beside an empty command, first step, start and memory.

    python -m tests.bench.bench_chat

A playground runs in a process of its own, and so does the bot, which gets one more command that does nothing.
The four commands take turns, so that whatever else the machine does slows all of them alike.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil
from sqlalchemy import text

from db import runs
from db.engine import Database
from db.migrate import migrate
from db.server import EmbeddedServer
from tests.bench.machine import machine, quantile
from tests.playground.page_client import Json

ROOT = Path(__file__).resolve().parents[2]
READY = "waypoint: ready"
ROUNDS = 500
FIRST_STEPS = 20
STARTS = 5
CNN: list[Json] = [{"name": "cnn", "type": 1, "options": []}]
COMMANDS: dict[str, tuple[str, list[Json]]] = {
    "does nothing": ("nothing", []),
    "`/next`": ("next", []),
    "`/quiz`, a new round": ("quiz", []),
    "`/quiz`, going on": ("quiz", []),
    "`/run cnn`": ("run", CNN),
}
"""What is said in turn, by how it is called in the table."""


class Member:
    """One page, with a stopwatch."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, hello: Json) -> None:
        self._socket = socket
        self._commands = {each["name"]: each["id"] for each in hello["commands"]}
        self.user_id = int(hello["me"]["id"])
        self._channel = next(each["id"] for each in hello["channels"] if each["name"] == "study-hall")
        self._nonce = 0

    async def acknowledged(self, command: str, options: list[Json] | None = None) -> float:
        """Seconds from pressing Enter to the acknowledgement at the page."""
        self._nonce += 1
        nonce = str(self._nonce)
        data = {
            "nonce": nonce,
            "channel_id": self._channel,
            "command_id": self._commands[command],
            "options": options or [],
        }
        begun = time.perf_counter()
        await self._socket.send_json({"t": "COMMAND", "d": data})
        while True:
            frame = await self._socket.receive_json(timeout=20)
            if frame["d"].get("nonce") != nonce:
                continue
            if frame["t"] == "INTERACTION_DONE":
                return time.perf_counter() - begun
            if frame["t"] in {"INTERACTION_FAILED", "ERROR"}:
                raise RuntimeError(f"/{command}: {frame['d']}")


@asynccontextmanager
async def child(
    *arguments: str, ready: str, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process, once it has printed a line that begins with `ready`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        line = ""
        while process.stdout is not None and not line.startswith(ready):
            line = (await process.stdout.readline()).decode().strip()
            if not line and process.stdout.at_eof():
                raise RuntimeError(f"{arguments} ended before it was ready")
        yield process, line.removeprefix(ready)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@asynccontextmanager
async def member(address: str, *wanted: str) -> AsyncIterator[Member]:
    """The page, once the bot has registered the wanted commands."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{address}/page/ws") as socket:
        hello: Json = {}
        while not set(wanted) <= {each["name"] for each in hello.get("commands", [])}:
            frame = await socket.receive_json(timeout=30)
            if frame["t"] == "HELLO":
                hello = frame["d"]
            elif frame["t"] == "COMMANDS":
                hello["commands"] = frame["d"]["commands"]
        yield Member(socket, hello)


async def acknowledgements(address: str, database: Database) -> list[str]:
    """Rows: the empty command, /next, /quiz with a new round and going on with it, and /run."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    async with member(address, "nothing", "next", "quiz", "run", "start") as mara:
        await mara.acknowledged("start", [{"name": "pace", "type": 3, "value": "middle"}])
        for number in range(-20, ROUNDS):
            for name, (command, options) in COMMANDS.items():
                seconds = await mara.acknowledged(command, options)
                if number >= 0:
                    times[name].append(seconds)
            # Otherwise the quota of three would end the bench; rounds go with them. Outside the stopwatch.
            await _forget_runs(database)
    empty = [quantile(times["does nothing"], q) for q in (0.5, 0.99)]
    rows = ["| command | p50 | p99 | p50 ÷ empty | p99 ÷ empty |", "|---|---|---|---|---|"]
    for name, seconds in times.items():
        half, most = quantile(seconds, 0.5), quantile(seconds, 0.99)
        rows.append(
            f"| {name} | {half * 1000:.1f} ms | {most * 1000:.1f} ms | {half / empty[0]:.2f} | {most / empty[1]:.2f} |"
        )
    return rows


async def _forget_runs(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("truncate runs cascade"))
        await session.execute(text("delete from procrastinate_jobs"))


async def first_steps(address: str, database: Database) -> str:
    """A row: from Enter on /run cnn to the trainer's first step, as its worker writes it down."""
    seconds: list[float] = []
    async with member(address, "run") as mara:
        for _ in range(FIRST_STEPS):
            begun = datetime.now(UTC)
            await mara.acknowledged("run", CNN)
            while True:
                async with database.session() as session:
                    run = (await runs.member_runs(session, mara.user_id, limit=1))[0]
                if run.finished_at is not None and run.first_step_at is not None:
                    seconds.append((run.first_step_at - begun).total_seconds())
                    break
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.5)
    return (
        f"| from Enter on `/run cnn` to the first step, warm worker ({FIRST_STEPS} runs) | "
        f"{quantile(seconds, 0.5):.2f} s (p50), {max(seconds):.2f} s (slowest) |"
    )


async def starts(environment: dict[str, str]) -> list[str]:
    """Rows: seconds to ready, and memory once there."""
    seconds: list[float] = []
    memory: list[float] = []
    torch_inside = False
    for _ in range(STARTS):
        begun = time.perf_counter()
        async with child("bot.cli", "bot", "--sync", ready=READY, **environment) as (process, _):
            seconds.append(time.perf_counter() - begun)
            await asyncio.sleep(1)
            memory.append(psutil.Process(process.pid).memory_info().rss / 2**20)
            maps = {each.path for each in psutil.Process(process.pid).memory_maps()}
            torch_inside = torch_inside or any("torch" in path for path in maps)
    inside = "yes" if torch_inside else "no"
    half, slowest = quantile(seconds, 0.5), max(seconds)
    return [
        f"| start of the bot, process to ready ({STARTS} starts) | {half:.2f} s (p50), {slowest:.2f} s (slowest) |",
        f"| its resident memory | {quantile(memory, 0.5):.0f} MiB; torch inside: {inside} |",
    ]


async def bench() -> None:
    """Run everything and print Markdown."""
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory(prefix="wb") as folder:
        home = Path(folder)
        server = EmbeddedServer(home / "pg")
        url = server.start()
        migrate(url)
        environment = {"DATABASE_URL": url, "WAYPOINT_HOME": folder, "DISCORD_TOKEN": ""}
        try:
            ground = ("bot.playground", "--port", "0", "--no-rate-limits")
            async with (
                child(*ground, ready="playground: ") as (_, address),
                Database(url, pool_size=1) as database,
            ):
                environment["DISCORD_API_URL"] = address
                async with child("tests.bench.bot_with_nothing", ready=READY, **environment):
                    for row in await acknowledgements(address, database):
                        print(row)
                    async with child("bot.cli", "worker", ready=READY, **environment):
                        await asyncio.sleep(2)
                        print("\n| what | measured |\n|---|---|")
                        print(await first_steps(address, database))
                for row in await starts(environment):
                    print(row)
        finally:
            server.stop()


if __name__ == "__main__":
    asyncio.run(bench())
