"""The REST side: one table of routes, and the steps every request goes through.

Version prefix, route, faults, rate limit, token, body, handler, record: in that order.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import BodyPartReader, web

from bot.playground.errors import ApiError, Code, plain, refuse
from bot.playground.exchanges import Exchange
from bot.playground.files import Upload
from bot.playground.form import Form
from bot.playground.limits import MOST_FILE_BYTES
from bot.playground.models import Json
from bot.playground.ratelimits import RateLimits
from bot.playground.wire import an_object

if TYPE_CHECKING:
    from bot.playground.interactions import Interactions
    from bot.playground.world import World

_FILE_FIELD = re.compile(r"files\[(\d+)\]")
_VERSION = re.compile(r"/api(?:/v\d+)?(?=/)")
_dump: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
VIA: Final = {"Via": "1.1 playground"}
"""discord.py takes a 429 without `Via` for a ban by Cloudflare and gives up."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as a handler sees it."""

    world: "World"
    interactions: "Interactions"
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    uploads: Mapping[int, Upload]
    gateway_url: str

    def id(self, name: str) -> int:
        """A snowflake of the path.

        Raises:
            ApiError: 50035, it is none.
        """
        value = self.params[name]
        if not value.isdecimal():
            form = Form()
            form.add((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
            form.settle()
        return int(value)

    def form(self) -> Json:
        """The JSON object of the body; an empty one if there was no body.

        Raises:
            ApiError: 50035, the body is no object.
        """
        body = cast("object", self.body)
        if not isinstance(body, dict | None):
            form = Form()
            form.add((), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            form.settle()
        return an_object(cast("object", self.body))

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number of the query.

        Raises:
            ApiError: 50035, it is none or out of bounds.
        """
        value = self.query.get(name)
        if value is None:
            return default
        form = Form()
        form.number(int(value) if value.isdecimal() else value, (name,), least, most)
        form.settle()
        return int(value)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: JSON, or 204 with none."""

    data: Any = None
    status: int = 200


NOTHING: Final = Reply(status=204)

Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path template."""

    method: str
    template: str
    handler: Handler
    needs_token: bool

    @property
    def name(self) -> str:
        """As faults and rate limits name it."""
        return f"{self.method} {self.template}"


class Table:
    """Routes by the shape of their path: a fixed segment wins over a parameter."""

    def __init__(self) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], dict[str, Route]]]] = {}

    def route(self, method: str, template: str, *, needs_token: bool = True) -> Callable[[Handler], Handler]:
        """Register a handler for a method and a template such as `/channels/{channel_id}`."""

        def register(handler: Handler) -> Handler:
            self._add(Route(method, template, handler, needs_token))
            return handler

        return register

    def routes(self) -> list[Route]:
        """All routes."""
        tables = [methods for shapes in self._by_length.values() for _, methods in shapes]
        return [route for methods in tables for route in methods.values()]

    def include(self, other: "Table") -> None:
        """Take over all routes of another table."""
        for route in other.routes():
            self._add(route)

    def _add(self, route: Route) -> None:
        shape = tuple(route.template.strip("/").split("/"))
        shapes = self._by_length.setdefault(len(shape), [])
        for known, methods in shapes:
            if known == shape:
                methods[route.method] = route
                return
        shapes.append((shape, {route.method: route}))
        shapes.sort(key=lambda entry: [segment.startswith("{") for segment in entry[0]])

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route of a request and its path parameters.

        Raises:
            ApiError: 404 for an unknown path, 405 for a method that it does not take.
        """
        segments = path.strip("/").split("/")
        found = False
        for shape, methods in self._by_length.get(len(segments), ()):
            params: dict[str, str] = {}
            for pattern, segment in zip(shape, segments, strict=True):
                if pattern.startswith("{"):
                    params[pattern[1:-1]] = segment
                elif pattern != segment:
                    break
            else:
                found = True
                if route := methods.get(method):
                    return route, params
        raise plain(405, "Method Not Allowed") if found else plain(404, "Not Found")


async def _read_multipart(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    body: Any = None
    uploads: dict[int, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "payload_json":
            body = json.loads(await part.text())
        elif part.name and (field := _FILE_FIELD.fullmatch(part.name)):
            data = bytearray()
            while chunk := await part.read_chunk(1 << 16):
                data += chunk
                if len(data) > MOST_FILE_BYTES:
                    raise refuse(Code.TOO_LARGE)
            uploads[int(field[1])] = Upload(part.filename or "file", bytes(data))
    return body, uploads


async def _read(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    try:
        if request.content_type.startswith("multipart/"):
            return await _read_multipart(request)
        if not request.can_read_body:
            return None, {}
        raw = await request.read()
        return (json.loads(raw) if raw else None), {}
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise refuse(Code.INVALID_JSON) from error


class Rest:
    """The aiohttp handler below `/api`.

    Args:
        table: the routes.
        world: the world.
        interactions: the interactions under way.
        gateway_url: where the bot finds the gateway.
    """

    def __init__(self, table: Table, world: "World", interactions: "Interactions", gateway_url: str) -> None:
        self._table = table
        self._world = world
        self._interactions = interactions
        self._gateway_url = gateway_url
        self._limits = RateLimits()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request and record the exchange."""
        started, begun = time.time(), time.perf_counter()
        path = _VERSION.sub("", request.path, count=1)
        notes = _Notes()
        try:
            reply, headers = await self._answer(request, path, notes)
        except ApiError as error:
            reply, headers = Reply(error.body(), error.status), notes.headers
        self._world.exchanges.add(
            Exchange(
                at=started,
                method=request.method,
                path=path,
                route=notes.route,
                query=dict(request.query),
                request=notes.body,
                files=tuple(upload.filename for upload in notes.uploads.values()),
                status=reply.status,
                response=reply.data,
                seconds=time.perf_counter() - begun,
            )
        )
        if reply.data is None:
            return web.Response(status=reply.status, headers=headers)
        body = _dump(reply.data).encode()
        return web.Response(body=body, status=reply.status, headers=headers, content_type="application/json")

    async def _answer(self, request: web.Request, path: str, notes: "_Notes") -> tuple[Reply, Mapping[str, str]]:
        faults = self._world.faults
        route, params = self._table.find(request.method, path)
        notes.route = route.template
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        if failure := faults.take(route.name):
            if failure.status == 429:
                return self._limited(failure.retry_after, {}, shared=True)
            raise plain(failure.status, "The playground was told to fail")
        verdict = self._limits.take(route.name, params, enforce=faults.rate_limits)
        notes.headers = verdict.headers
        if verdict.retry_after is not None:
            return self._limited(verdict.retry_after, verdict.headers)
        if route.needs_token:
            check_token(request.headers.get("Authorization", ""))
        notes.body, notes.uploads = await _read(request)
        call = Call(
            world=self._world,
            interactions=self._interactions,
            params=params,
            query=request.query,
            body=notes.body,
            uploads=notes.uploads,
            gateway_url=self._gateway_url,
        )
        return await route.handler(call), verdict.headers

    def _limited(
        self, seconds: float, headers: Mapping[str, str], *, shared: bool = False
    ) -> tuple[Reply, Mapping[str, str]]:
        words = "You are being rate limited."
        data = {"message": words, "retry_after": round(seconds, 3), "global": False, "code": int(Code.GENERAL)}
        scope = "shared" if shared else "user"
        extra = {"Retry-After": str(max(1, round(seconds))), "X-RateLimit-Scope": scope}
        return Reply(data, 429), {**headers, **VIA, **extra}


@dataclass(slots=True)
class _Notes:
    """What is known of a request so far, for the record and for the answer if it is refused."""

    route: str = ""
    body: Any = None
    uploads: Mapping[int, Upload] = None  # pyright: ignore[reportAssignmentType]
    headers: Mapping[str, str] = None  # pyright: ignore[reportAssignmentType]

    def __post_init__(self) -> None:
        self.uploads = {}
        self.headers = {}


def is_token(token: str) -> bool:
    """Whether a bot token is one that the playground takes: `playground`, alone or with parts after a dot."""
    return token.split(".", 1)[0].removeprefix("Bot ").strip() == "playground"


def check_token(authorization: str) -> None:
    """Refuse a request without the bot's token.

    Raises:
        ApiError: 401.
    """
    if not authorization.startswith("Bot ") or not is_token(authorization):
        raise plain(401, "Unauthorized")
