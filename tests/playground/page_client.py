"""A page without a browser: its websocket, and what a member does with it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.playground import Playground

Json = dict[str, Any]
PATIENCE = 10.0
STRING, INTEGER, ATTACHMENT, SUBCOMMAND = 3, 4, 11, 1


class PageClient:
    """One member at the page."""

    def __init__(
        self, playground: Playground, session: aiohttp.ClientSession, ws: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._playground = playground
        self._session = session
        self._ws = ws
        self._nonces = (str(number) for number in itertools.count(1))
        self.seen: list[Json] = []
        self.hello: Json = {}

    async def next(self) -> Json:
        """The next frame."""
        frame = await self._ws.receive_json(timeout=PATIENCE)
        self.seen.append(frame)
        if frame["t"] == "COMMANDS":
            self.hello["commands"] = frame["d"]["commands"]
        return frame

    async def until(self, kind: str, where: Callable[[Json], bool] = lambda _: True) -> Json:
        """The data of the next frame of a kind."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self.next()
                if frame["t"] == kind and where(frame["d"]):
                    return frame["d"]

    async def quiet(self, seconds: float = 0.3) -> list[Json]:
        """Everything that comes until it has been quiet for a while."""
        frames: list[Json] = []
        while True:
            try:
                frames.append(await self._ws.receive_json(timeout=seconds))
            except TimeoutError:
                return frames

    async def send(self, kind: str, **data: object) -> str:
        """Send a frame; returns its nonce."""
        nonce = next(self._nonces)
        await self._ws.send_json({"t": kind, "d": {"nonce": nonce, **data}})
        return nonce

    def channel(self, name: str) -> str:
        """A channel's id."""
        return next(one["id"] for one in self.hello["channels"] if one["name"] == name)

    def command_id(self, name: str) -> str:
        """A command's id."""
        return next(one["id"] for one in self.hello["commands"] if one["name"] == name)

    async def run(self, name: str, options: list[Json] | None = None, *, channel: str = "", **more: object) -> str:
        """Run a slash command; in #study-hall if no channel id is given."""
        return await self.send(
            "COMMAND",
            channel_id=channel or self.channel("study-hall"),
            command_id=self.command_id(name),
            options=options or [],
            **more,
        )

    async def use(self, message: Json, custom_id: str, values: list[str] | None = None) -> str:
        """Press a button or choose in a select."""
        more = {} if values is None else {"values": values}
        place = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.send("COMPONENT", custom_id=custom_id, **place, **more)

    async def upload(self, name: str, data: bytes) -> Json:
        """Upload one file; what is said instead if it is refused."""
        form = aiohttp.FormData()
        form.add_field("files[0]", data, filename=name)
        async with self._session.post(self._playground.url + "/page/upload", data=form) as response:
            body = await response.json()
        return body["files"][0] if response.status == 200 else body

    async def history(self, channel_id: str, **more: object) -> list[Json]:
        """A channel's messages, oldest first."""
        nonce = await self.send("HISTORY", channel_id=channel_id, **more)
        return (await self.until("HISTORY", lambda one: one["nonce"] == nonce))["messages"]


@asynccontextmanager
async def open_page(playground: Playground, username: str = "aiko") -> AsyncIterator[PageClient]:
    """Open the page as a member."""
    user = next(one for one in playground.world.users.values() if one.username == username)
    url = f"{playground.url}/page/ws?as={user.id}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        page = PageClient(playground, session, ws)
        page.hello = await page.until("HELLO")
        yield page
