"""The playground as one aiohttp server: REST, gateway, CDN and page on one loopback port."""

import socket as sockets
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.playground import rest_channels, rest_commands, rest_guild, rest_interactions, rest_messages
from bot.playground.cdn import Cdn
from bot.playground.exchanges import Exchanges
from bot.playground.files import Files
from bot.playground.gateway import Gateway
from bot.playground.interactions import Interactions
from bot.playground.limits import MOST_FILE_BYTES, MOST_FILES
from bot.playground.page import Page
from bot.playground.rest import Rest, Table
from bot.playground.store import Store
from bot.playground.world import World

STATIC: Final = Path(__file__).parent / "static"
_LARGEST_BODY: Final = (MOST_FILES + 1) * MOST_FILE_BYTES


@dataclass(frozen=True, slots=True)
class Playground:
    """A running playground.

    Attributes:
        world: its world; `world.faults` and `world.exchanges` are there for tests.
        gateway: the bot's sessions.
        interactions: the interactions under way.
        port: the port it listens on.
    """

    world: World
    gateway: Gateway
    interactions: Interactions
    port: int

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """What `discord.http.Route.BASE` has to be."""
        return self.url + "/api/v10"

    @property
    def gateway_url(self) -> str:
        """What `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY` has to be."""
        return f"ws://127.0.0.1:{self.port}/gateway"


def _routes() -> Table:
    table = Table()
    for module in (rest_guild, rest_channels, rest_messages, rest_commands, rest_interactions):
        table.include(module.table)
    return table


async def _front(request: web.Request) -> web.StreamResponse:
    del request
    page = STATIC / "index.html"
    if not page.is_file():
        return web.Response(text="The playground is running, but its page is not installed.")
    return web.FileResponse(page, headers={"Cache-Control": "no-cache"})


@asynccontextmanager
async def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    state: Path | None = None,
    record: Path | None = None,
    rate_limits: bool = True,
) -> AsyncGenerator[Playground]:
    """Run a playground.

    Args:
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one.
        state: where it keeps its world; a folder that is thrown away after, if none is named.
        record: a file that every REST exchange of the bot is added to, one JSON object a line.
        rate_limits: whether requests over the limits are refused.

    Yields:
        The running playground.

    Raises:
        OSError: the port is taken, or the folder cannot be written.
    """
    listener = sockets.create_server((host, port))
    taken = listener.getsockname()[1]
    origin = f"http://127.0.0.1:{taken}"
    with tempfile.TemporaryDirectory(prefix="playground-") as scratch:
        store = Store(state or Path(scratch), origin)
        exchanges = Exchanges(record)
        world = World(store=store, files=Files(store.files, origin), exchanges=exchanges)
        world.faults.rate_limits = rate_limits
        world.wake()
        gateway = Gateway(world, f"ws://127.0.0.1:{taken}/gateway")
        interactions = Interactions(world, gateway.deliver, lambda: gateway.online)
        page = Page(world, gateway, interactions)
        playground = Playground(world, gateway, interactions, taken)
        application = _application(playground, page)

        async def hang_up(_: web.Application) -> None:
            await page.close()
            await gateway.close()

        application.on_shutdown.append(hang_up)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield playground
        finally:
            await runner.cleanup()
            exchanges.close()
            store.close()


def _application(playground: Playground, page: Page) -> web.Application:
    world = playground.world
    application = web.Application(client_max_size=_LARGEST_BODY)
    rest = Rest(_routes(), world, playground.interactions, playground.gateway_url)
    cdn = Cdn(world)
    router = application.router
    router.add_route("*", "/api/{path:.*}", rest.handle)
    router.add_get("/gateway", playground.gateway.handle)
    router.add_get("/gateway/", playground.gateway.handle)
    router.add_get("/cdn/embed/avatars/{n}.png", cdn.default_picture)
    router.add_get("/cdn/{kind:avatars|icons}/{id}/{name}", cdn.picture)
    router.add_get("/attachments/{channel}/{id}/{name}", cdn.file)
    router.add_get("/page/ws", page.handle)
    router.add_post("/page/upload", page.upload)
    router.add_get("/page/faults", page.faults)
    router.add_post("/page/faults", page.faults)
    router.add_get("/", _front)
    if STATIC.is_dir():
        router.add_static("/static", STATIC)
    return application
