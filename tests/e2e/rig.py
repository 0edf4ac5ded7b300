"""Everything that runs in production, started for a test: PostgreSQL, a playground, bots and workers as processes."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.playground import Playground, serve
from bot.process import READY
from db.engine import Database
from db.server import EmbeddedServer
from tests.conftest import SHARED
from tests.playground.page_client import Json, PageClient, open_page

PATIENCE = 180.0
"""Seconds for anything that trains; generous, since machines are shared and nothing here is a timing."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """A bot or a worker."""

    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    async def kill(self) -> None:
        """Kill it with -9."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Ask it to end."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 20)
            except TimeoutError:
                await self.kill()


@dataclass
class Rig:
    """A running Waypoint."""

    playground: Playground
    server: EmbeddedServer
    url: str
    home: Path
    database: Database
    processes: list[Process] = field(default_factory=list)

    async def start(self, what: str, **environment: str) -> Process:
        """Start a `bot` or a `worker` and wait until it is ready."""
        arguments = ("-m", "bot.cli", what, *(["--sync"] if what == "bot" else []))
        return await self.start_python(what, *arguments, **environment)

    async def start_python(self, what: str, *arguments: str, **environment: str) -> Process:
        """The same for any Python program that says when it is ready."""
        log = self.home / f"{what}-{len(self.processes)}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "WAYPOINT_"))}
        with log.open("wb") as stream:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stream,
                cwd=ROOT,
                env={
                    **kept,
                    "DATABASE_URL": self.url,
                    "WAYPOINT_HOME": str(self.home),
                    "DISCORD_API_URL": self.playground.url,
                    "DATA_DIR": str(SHARED / "data"),
                    "ALLOW_DOWNLOADS": "false",
                    **environment,
                },
            )
        started = Process(process, log)
        self.processes.append(started)
        assert process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE):
                while (line := await process.stdout.readline()).decode().strip() != READY:
                    assert line, f"{what} ended before it was ready:\n{log.read_text()}"
        except TimeoutError:
            raise AssertionError(f"{what} was not ready in time:\n{log.read_text()}") from None
        return started


@asynccontextmanager
async def running(*, rate_limits: bool = True) -> AsyncIterator[Rig]:
    """PostgreSQL and a playground; bots and workers are started by the test."""
    home = Path(tempfile.mkdtemp(prefix="we"))
    server = EmbeddedServer(home / "pg")
    url = await asyncio.to_thread(server.start)
    try:
        async with (
            serve(state=home / "playground", rate_limits=rate_limits) as playground,
            Database(url, pool_size=2) as database,
        ):
            rig = Rig(playground, server, url, home, database)
            try:
                yield rig
            finally:
                for process in reversed(rig.processes):
                    await process.stop()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


class Player:
    """A member who plays: says commands, presses, and looks at what stands in the channel."""

    def __init__(self, page: PageClient, channel: str) -> None:
        self.page = page
        self.channel_id = channel

    async def say(self, command: str, options: list[Json] | None = None, **more: object) -> Json:
        """Say a slash command and return the message that answers it; `more` holds what was uploaded for it."""
        nonce = await self.page.run(command, options, channel=self.channel_id, **more)
        return await self._answer(nonce)

    async def press(self, message: Json, label: str) -> Json | None:
        """Press the button with that label; the answer if there is a new message, else `None`."""
        return await self.press_id(message, button_id(message, label))

    async def press_id(self, message: Json, custom_id: str) -> Json | None:
        """The same by custom_id, where labels come twice."""
        return await self._answer(await self.page.use(message, custom_id))

    async def say_for_modal(self, command: str) -> Json:
        """Say a command that opens a form."""
        nonce = await self.page.run(command, channel=self.channel_id)
        return await self.page.until("MODAL", lambda data: data["nonce"] == nonce)

    async def press_for_modal(self, message: Json, label: str) -> Json:
        """Press a button that opens a form."""
        nonce = await self.page.use(message, button_id(message, label))
        return await self.page.until("MODAL", lambda data: data["nonce"] == nonce)

    async def submit(self, modal: Json, values: dict[str, str | list[str]]) -> Json:
        """Fill a form by its labels and send it; a list holds what was chosen, or the ids of uploaded files."""
        components = []
        for label in modal["components"]:
            inner = label["component"]
            components.append(
                {
                    "type": 18,
                    "id": label["id"],
                    "component": {
                        "type": inner["type"],
                        "id": inner["id"],
                        "custom_id": inner["custom_id"],
                        "values" if isinstance(values[label["label"]], list) else "value": values[label["label"]],
                    },
                }
            )
        nonce = await self.page.send(
            "MODAL_SUBMIT",
            interaction_id=modal["interaction_id"],
            custom_id=modal["custom_id"],
            components=components,
        )
        return await self._answer(nonce)

    async def _answer(self, nonce: str) -> Any:
        """What came with the acknowledgement of an interaction: a new or an edited message."""
        created: dict[str, str] = {}
        answer: Json | None = None
        pending: str | None = None
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self.page.next()
                kind, data = frame["t"], frame["d"]
                if data.get("nonce") == nonce and kind in {"INTERACTION_FAILED", "ERROR"}:
                    raise AssertionError(f"the interaction failed: {data}")
                if kind == "INTERACTION_CREATED" and data["nonce"] == nonce:
                    created["id"] = data["interaction_id"]
                if kind == "MESSAGE_PENDING" and data["nonce"] == nonce:
                    pending = data["message"]["id"]
                if kind in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
                    answer = data
                if kind == "INTERACTION_DONE" and data["nonce"] == nonce:
                    if pending is not None:  # the bot thinks first
                        return await self.page.until(
                            "MESSAGE_UPDATE", lambda edited, wanted=pending: edited["id"] == wanted
                        )
                    return answer if answer is not None else await self.page.until("MESSAGE_CREATE")

    async def wait_for(self, fits: Callable[[Json], bool], *, among: int = 50) -> Json:
        """A message in the channel that fits, now or later."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in await self.page.history(self.channel_id, limit=among):
                    if fits(message):
                        return message
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.page.next(), 0.3)


@asynccontextmanager
async def player(rig: Rig, username: str, channel: str = "training-runs") -> AsyncIterator[Player]:
    """A member at the page, in a channel."""
    async with open_page(rig.playground, username) as page:
        if not page.hello["commands"]:
            await page.until("COMMANDS")
        yield Player(page, page.channel(channel))


def words(message: Json) -> str:
    """Everything that a message says, button labels included."""
    found: list[str] = [message.get("content", "")]

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            found.extend(str(node[key]) for key in ("content", "label") if key in node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(message.get("components", []))
    return "\n".join(found)


def button_id(message: Json, label: str) -> str:
    """The custom_id of a button."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == 2 and node.get("label") == label:
                found.append(node["custom_id"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(message["components"])
    assert found, f"no button {label!r} on:\n{words(message)}"
    return found[0]
