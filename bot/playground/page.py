"""The page's side: one websocket a member, with frames `{"t": TYPE, "d": {...}}` both ways."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final, cast
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, WSMsgType, web

from bot.playground.asking import Asking
from bot.playground.cdn import upload_json
from bot.playground.errors import ApiError, Code, refuse
from bot.playground.faults import SocketFault
from bot.playground.files import Upload
from bot.playground.gateway import Gateway
from bot.playground.interactions import Interactions
from bot.playground.limits import MOST_FILES, MOST_UPLOAD_BYTES
from bot.playground.messages import Draft, post
from bot.playground.models import LOADING, Attachment, Channel, Json
from bot.playground.permissions import Permission
from bot.playground.rest_messages import reply_extra
from bot.playground.wire import a_list, a_number, an_object
from bot.playground.world import Event, World

VERSION: Final = 1
_dump: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_FRAMES: Final[Mapping[str, str]] = {
    "MESSAGE_CREATE": "MESSAGE_CREATE",
    "MESSAGE_UPDATE": "MESSAGE_UPDATE",
    "MESSAGE_DELETE": "MESSAGE_DELETE",
    "TYPING_START": "TYPING_START",
    "CHANNEL_CREATE": "CHANNEL_CREATE",
    "CHANNEL_UPDATE": "CHANNEL_UPDATE",
    "THREAD_CREATE": "CHANNEL_CREATE",
    "THREAD_UPDATE": "CHANNEL_UPDATE",
    "CHANNEL_DELETE": "CHANNEL_DELETE",
    "THREAD_DELETE": "CHANNEL_DELETE",
    "GUILD_MEMBER_UPDATE": "MEMBER_UPDATE",
    "PRESENCE": "PRESENCE",
    "COMMANDS": "COMMANDS",
}
"""The world's events that the page hears of, and what they are called there."""


class PageSocket:
    """One open page: a queue and the task that empties it."""

    def __init__(self, ws: web.WebSocketResponse, user_id: int) -> None:
        self.ws = ws
        self.user_id = user_id
        self._queue: asyncio.Queue[str] = asyncio.Queue()

    def send(self, kind: str, data: Json) -> None:
        """Send one frame."""
        self._queue.put_nowait(_dump({"t": kind, "d": data}))

    async def write(self) -> None:
        """Empty the queue, for as long as the socket lives."""
        while True:
            text = await self._queue.get()
            with suppress(ConnectionResetError):
                await self.ws.send_str(text)


Act = Callable[[PageSocket, Json], Awaitable[None]] | Callable[[PageSocket, Json], None]


class Page:
    """All open pages, and what they can ask for."""

    def __init__(self, world: World, gateway: Gateway, interactions: Interactions) -> None:
        self._world = world
        self._gateway = gateway
        self._interactions = interactions
        self._asking = Asking(world, interactions)
        self._sockets: set[PageSocket] = set()
        self._started = time.time()
        self._acts: Mapping[str, Act] = {
            "HISTORY": self._history,
            "MESSAGE": self._message,
            "OPEN_DM": self._open_dm,
            "READY_TYPING": self._typing,
            "COMMAND": self._asking.command,
            "AUTOCOMPLETE": self._asking.autocomplete,
            "COMPONENT": self._asking.component,
            "MODAL_SUBMIT": self._asking.modal,
        }
        world.listen(self._hear)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one page's websocket, as the member in `as` (the organiser, if none is named)."""
        refuse_strangers(request)
        asked = request.query.get("as") or str(self._world.owner_id)
        user = self._world.users.get(int(asked)) if asked.isdecimal() else None
        if user is None or user.bot:
            raise web.HTTPNotFound(text="There is no such member.")
        ws = web.WebSocketResponse(max_msg_size=1 << 20, heartbeat=30.0)
        await ws.prepare(request)
        socket = PageSocket(ws, user.id)
        writer = asyncio.create_task(socket.write())
        self._sockets.add(socket)
        try:
            socket.send("HELLO", self._hello(user.id))
            async for frame in ws:
                if frame.type is WSMsgType.TEXT:
                    await self._understand(socket, frame.data)
        finally:
            self._sockets.discard(socket)
            writer.cancel()
        return ws

    async def close(self) -> None:
        """Say goodbye to all pages; they come back by themselves."""
        for socket in list(self._sockets):
            await socket.ws.close(code=1001)

    def _hello(self, user_id: int) -> Json:
        world = self._world
        threads = [one for one in world.threads() if world.may_see(user_id, one)]
        seen = [one for one in world.guild_channels() if world.may_see(user_id, one)]
        dm = world.dm_with(user_id)
        raw = world.guild_raw()
        return {
            "me": world.user(user_id).raw(),
            "members": [world.user(one).raw() for one in world.members if not world.user(one).bot],
            "roles": {str(one): world.role_names(one) for one in world.members},
            "bot": {"user": world.user(world.bot_id).raw(), "online": self._gateway.online},
            "guild": {key: raw[key] for key in ("id", "name", "icon", "owner_id", "roles")},
            "channels": [world.channel_raw(one) for one in (*seen, *threads)],
            "dms": [world.channel_raw(dm)] if dm else [],
            "commands": self._commands(),
            "server": {"version": VERSION, "started_at": self._started, "faults": world.faults.raw()},
        }

    def _commands(self) -> list[Json]:
        return [one.wire for one in self._world.commands.values()]

    def _hear(self, event: Event) -> None:
        kind = _FRAMES.get(event.name)
        if kind is None:
            return
        for socket in self._sockets:
            if event.only not in {None, socket.user_id}:
                continue
            if event.channel is not None and not self._world.may_see(socket.user_id, event.channel):
                continue
            if kind == "MESSAGE_CREATE" and event.data["flags"] & LOADING:
                socket.send("MESSAGE_PENDING", self._pending(socket, event.data))
            elif kind == "MEMBER_UPDATE":
                user_id = event.data["user"]["id"]
                socket.send(kind, {"user_id": user_id, "roles": self._world.role_names(int(user_id))})
            else:
                socket.send(kind, event.data)

    def _pending(self, socket: PageSocket, message: Json) -> Json:
        interaction_id = message["interaction_metadata"]["id"]
        interaction = self._interactions.find(int(interaction_id))
        mine = interaction is not None and interaction.user_id == socket.user_id
        return {
            "channel_id": message["channel_id"],
            "nonce": interaction.nonce if interaction and mine else None,
            "interaction_id": interaction_id,
            "message": message,
        }

    async def _understand(self, socket: PageSocket, text: str) -> None:
        nonce: object = None
        try:
            frame = json.loads(text)
            data = an_object(frame.get("d"))
            nonce = data.get("nonce")
            act = self._acts.get(str(frame.get("t")))
            if act is None:
                raise ApiError(400, Code.GENERAL, f"The playground knows no frame {frame.get('t')!r}.")
            waiting = act(socket, data)
            if waiting is not None:
                await waiting
        except ApiError as error:
            socket.send("ERROR", {"nonce": nonce, "code": int(error.code), "message": _sentence(error)})
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
            words = f"The frame is not in the page's protocol: {type(error).__name__}: {error}"
            socket.send("ERROR", {"nonce": nonce, "code": int(Code.INVALID_JSON), "message": words})

    def _channel(self, socket: PageSocket, data: Json, *needed: Permission) -> Channel:
        channel = self._world.channel(a_number(data["channel_id"]))
        held = self._world.permissions(socket.user_id, channel)
        if not held & Permission.VIEW_CHANNEL:
            raise refuse(Code.MISSING_ACCESS)
        if any(not held & one for one in needed):
            raise refuse(Code.MISSING_PERMISSIONS)
        return channel

    def _history(self, socket: PageSocket, data: Json) -> None:
        channel = self._channel(socket, data)
        limit = min(a_number(data.get("limit")) or 50, 100)
        before = a_number(data.get("before")) or None
        found: list[Json] = []
        has_more = False
        for message in self._world.history(channel.id, viewer=socket.user_id):
            if before is not None and message.id >= before:
                continue
            if len(found) == limit:
                has_more = True
                break
            found.append(self._world.message_raw(message, socket.user_id))
        answer = {"nonce": data.get("nonce"), "channel_id": str(channel.id), "has_more": has_more}
        socket.send("HISTORY", answer | {"messages": found[::-1]})

    async def _message(self, socket: PageSocket, data: Json) -> None:
        channel = self._channel(socket, data)
        if channel.thread is not None:
            self._channel(socket, data, Permission.SEND_MESSAGES_IN_THREADS)
        else:
            self._channel(socket, data, Permission.SEND_MESSAGES)
        stored = tuple(self._asking.upload(one) for one in a_list(data.get("attachments")))
        extra: Json = {}
        if data.get("reply_to"):
            replied = self._world.message(channel.id, a_number(data["reply_to"]))
            extra = reply_extra(self._world.guild_id, channel, replied)
        body = {"content": data.get("content") or "", "nonce": data.get("nonce"), "enforce_nonce": True}
        await post(self._world, Draft(channel, socket.user_id, body, stored=stored, extra=extra))

    def _open_dm(self, socket: PageSocket, data: Json) -> None:
        del data
        known = self._world.dm_with(socket.user_id)
        if known is None:
            self._world.open_dm(socket.user_id)
        else:
            socket.send("CHANNEL_CREATE", self._world.channel_raw(known))

    def _typing(self, socket: PageSocket, data: Json) -> None:
        channel = self._channel(socket, data)
        data = {"channel_id": str(channel.id), "user_id": str(socket.user_id)}
        self._world.emit("TYPING_START", data | {"timestamp": int(time.time())}, channel=channel)

    async def upload(self, request: web.Request) -> web.Response:
        """`POST /page/upload`: keep the files in `files[n]`, to be sent with a frame later."""
        refuse_strangers(request)
        try:
            stored = [upload_json(await self._keep(one)) for one in await _uploads(request)]
        except ApiError as error:
            return web.json_response(error.body(), status=error.status)
        return web.json_response({"files": stored})

    async def _keep(self, upload: Upload) -> Attachment:
        attachment = await self._world.files.save(self._world.ids.next(), upload, channel_id=0, most=MOST_UPLOAD_BYTES)
        self._world.keep(attachment)
        return attachment

    async def faults(self, request: web.Request) -> web.Response:
        """`GET /page/faults` shows the trouble that is set; `POST` sets some.

        Body: `{"fail": {"route", "status", "times", "retry_after"?}, "latency_ms", "rate_limits", "socket":
        "cut"|"reconnect"|"invalidate", "dms": {user_id: open}}`, each part optional.
        """
        faults = self._world.faults
        if request.method == "POST":
            refuse_strangers(request)
            try:
                self._set_faults(cast("Json", await request.json()))
            except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
                return web.json_response({"message": f"Not understood: {error}"}, status=400)
            except ApiError as error:
                return web.json_response(error.body(), status=error.status)
        return web.json_response(faults.raw())

    def _set_faults(self, body: Json) -> None:
        faults = self._world.faults
        if fail := body.get("fail"):
            pause = float(fail.get("retry_after", 1.0))
            faults.fail(str(fail["route"]), int(fail["status"]), int(fail.get("times", 1)), retry_after=pause)
        if "latency_ms" in body:
            faults.latency_ms = float(body["latency_ms"])
        if "rate_limits" in body:
            faults.rate_limits = bool(body["rate_limits"])
        for user_id, is_open in an_object(body.get("dms")).items():
            self._world.set_dms(a_number(user_id), is_open=bool(is_open))
        if "socket" in body:
            faults.socket(SocketFault(body["socket"]))


def refuse_strangers(request: web.Request) -> None:
    """Turn away other web sites: a browser says whose page it is that asks.

    Raises:
        web.HTTPForbidden: the request comes from another site's page.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="This playground only talks to its own page.")


async def _uploads(request: web.Request) -> list[Upload]:
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.filename:
            continue
        data = bytearray()
        while chunk := await part.read_chunk(1 << 16):
            data += chunk
            if len(data) > MOST_UPLOAD_BYTES:
                raise _too_large(part.filename)
        uploads.append(Upload(part.filename, bytes(data)))
        if len(uploads) > MOST_FILES:
            raise refuse(Code.TOO_LARGE)
    return uploads


def _too_large(name: str) -> ApiError:
    words = f"{name} is too large: a member can send files of up to {MOST_UPLOAD_BYTES // 2**20} MB here."
    return ApiError(413, Code.TOO_LARGE, words)


def _sentence(error: ApiError) -> str:
    """What a refusal says to a person: the first thing that is wrong in a form, with where it is."""
    node, path = error.errors, list[str]()
    while node and "_errors" not in node:
        step, node = next(iter(node.items()))
        path.append(step)
    if not node:
        return error.message
    words = str(node["_errors"][0]["message"])
    named = [step for step in path if not step.isdecimal() and step not in {"options", "value", "data"}]
    return f"{named[-1]}: {words}" if named else words
