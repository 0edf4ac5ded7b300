"""The gateway: the websocket over which the bot hears what happens.

Source: https://discord.com/developers/docs/events/gateway
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, cast

from aiohttp import WSMsgType, web

from bot.playground.compression import Compressor, compressor_for
from bot.playground.faults import SocketFault
from bot.playground.models import Json, User
from bot.playground.rest import is_token
from bot.playground.shapes import thread_member_json
from bot.playground.world import Event, World

HEARTBEAT_MS: Final = 41_250
RESUMABLE_SECONDS: Final = 180.0
"""How long a session whose socket broke can be resumed. Discord says only "a few minutes"."""
_MOST_MISSED: Final = 10_000
_LARGEST_FRAME: Final = 4096
_dump: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Op(IntEnum):
    """The gateway's opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Close(IntEnum):
    """Why the gateway hangs up."""

    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQ = 4007
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    INVALID_INTENTS = 4013


_GUILDS, _MEMBERS, _MESSAGE_CONTENT = 1 << 0, 1 << 1, 1 << 15
_GUILD_MESSAGES, _DM_MESSAGES = 1 << 9, 1 << 12
_GUILD_TYPING, _DM_TYPING = 1 << 11, 1 << 14
_ALL_INTENTS: Final = (1 << 26) - 1

_INTENTS: Final[Mapping[str, tuple[int, int]]] = {
    "MESSAGE_CREATE": (_GUILD_MESSAGES, _DM_MESSAGES),
    "MESSAGE_UPDATE": (_GUILD_MESSAGES, _DM_MESSAGES),
    "MESSAGE_DELETE": (_GUILD_MESSAGES, _DM_MESSAGES),
    "TYPING_START": (_GUILD_TYPING, _DM_TYPING),
    "CHANNEL_CREATE": (_GUILDS, 0),
    "CHANNEL_UPDATE": (_GUILDS, 0),
    "CHANNEL_DELETE": (_GUILDS, 0),
    "THREAD_CREATE": (_GUILDS, 0),
    "THREAD_UPDATE": (_GUILDS, 0),
    "THREAD_DELETE": (_GUILDS, 0),
    "THREAD_MEMBERS_UPDATE": (_GUILDS, 0),
    "GUILD_ROLE_CREATE": (_GUILDS, 0),
    "GUILD_ROLE_UPDATE": (_GUILDS, 0),
    "GUILD_ROLE_DELETE": (_GUILDS, 0),
    "GUILD_MEMBER_UPDATE": (_MEMBERS, 0),
}
"""What a session must have asked for to hear of an event, in the guild and in a DM. Others are the page's alone."""
_CONTENT: Final = {"content": "", "embeds": [], "attachments": [], "components": []}


@dataclass(slots=True)
class Session:
    """What the bot identified as. It outlives its socket for a while, and keeps what was missed."""

    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque[tuple[int, str]](maxlen=_MOST_MISSED))
    socket: "_Socket | None" = None
    lost_at: float = 0.0

    def dispatch(self, name: str, data: Json) -> None:
        """Send an event, and keep it for a RESUME."""
        self.seq += 1
        text = _dump({"op": Op.DISPATCH, "t": name, "s": self.seq, "d": data})
        self.sent.append((self.seq, text))
        if self.socket is not None:
            self.socket.send_text(text)

    def resumable(self) -> bool:
        """Whether the bot can still come back to it."""
        return self.socket is not None or time.monotonic() - self.lost_at < RESUMABLE_SECONDS


class _Socket:
    """One websocket of the bot: a queue and the task that empties it, so that nobody waits for the wire."""

    def __init__(
        self, ws: web.WebSocketResponse, transport: asyncio.Transport | None, compress: Compressor
    ) -> None:
        self.ws = ws
        self.transport = transport
        self._compress = compress
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self.session: Session | None = None

    def send(self, op: Op, data: object = None) -> None:
        self.send_text(_dump({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        self._queue.put_nowait(text)

    async def write(self) -> None:
        while True:
            frame = self._compress(await self._queue.get())
            with suppress(ConnectionResetError):
                if isinstance(frame, str):
                    await self.ws.send_str(frame)
                else:
                    await self.ws.send_bytes(frame)

    async def close(self, code: int) -> None:
        await self.ws.close(code=code)

    def cut(self) -> None:
        """Drop the connection as a broken network would."""
        if self.transport is not None:
            self.transport.abort()


class Gateway:
    """All sessions of the bot. Several may be open: shards, or several processes.

    Args:
        world: the world whose events it passes on.
        url: its own address, that READY gives for resuming.
    """

    def __init__(self, world: World, url: str) -> None:
        self._world = world
        self._url = url
        self._sessions: dict[str, Session] = {}
        self._sockets: set[_Socket] = set()
        self._online = False
        world.listen(self._hear)
        world.faults.on_socket = self._disturb

    @property
    def online(self) -> bool:
        """Whether a bot is connected and identified."""
        return any(session.socket is not None for session in self._sessions.values())

    def deliver(self, payload: Json) -> bool:
        """Hand an INTERACTION_CREATE to the bot; false if there is none, not even one that may come back."""
        guild_id = int(payload.get("guild_id") or 0)
        sessions = [one for one in self._live() if _covers(one, guild_id)]
        for session in sessions:
            session.dispatch("INTERACTION_CREATE", payload)
        return bool(sessions)

    def _live(self) -> list[Session]:
        dead = [key for key, one in self._sessions.items() if not one.resumable()]
        for key in dead:
            del self._sessions[key]
        return list(self._sessions.values())

    def _hear(self, event: Event) -> None:
        intents = _INTENTS.get(event.name)
        if intents is None or event.only is not None:
            return
        channel, world = event.channel, self._world
        in_dm = channel is not None and channel.is_dm
        if channel is not None and not world.may_see(world.bot_id, channel):
            return
        data = event.data
        if not in_dm and event.name.startswith(("MESSAGE_", "TYPING_")):
            data = self._in_guild(data)
        for session in self._live():
            if session.intents & intents[1 if in_dm else 0] and _covers(
                session, 0 if in_dm else world.guild_id
            ):
                session.dispatch(event.name, data if in_dm else self._veil(session, data))

    def _in_guild(self, data: Json) -> Json:
        """Add what events have beyond the REST object: the guild and, for a person, the member."""
        user_id = (data.get("author") or {}).get("id") or data.get("user_id")
        more: Json = {"guild_id": str(self._world.guild_id)}
        if user_id is not None and int(user_id) in self._world.members:
            more["member"] = self._world.member(int(user_id)).raw()
        return data | more

    def _veil(self, session: Session, data: Json) -> Json:
        """Without the message content intent, a bot reads only its own messages and those that mention it."""
        if session.intents & _MESSAGE_CONTENT or "content" not in data:
            return data
        me = str(self._world.bot_id)
        mine = data["author"]["id"] == me or any(one["id"] == me for one in data["mentions"])
        return data if mine else data | _CONTENT

    def _disturb(self, fault: SocketFault) -> None:
        for socket in [one for one in self._sockets if one.session is not None]:
            match fault:
                case SocketFault.CUT:
                    socket.cut()
                case SocketFault.RECONNECT:
                    socket.send(Op.RECONNECT)
                case SocketFault.INVALIDATE:
                    if socket.session is not None:
                        self._sessions.pop(socket.session.id, None)
                    socket.send(Op.INVALID_SESSION, data=False)

    async def close(self) -> None:
        """Hang up on the bot; it comes back by itself."""
        for socket in list(self._sockets):
            await socket.close(1001)

    def _tell_presence(self) -> None:
        if self.online != self._online:
            self._online = self.online
            self._world.emit("PRESENCE", {"online": self._online})

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket of the bot."""
        ws = web.WebSocketResponse(max_msg_size=1 << 20, compress=False)
        await ws.prepare(request)
        socket = _Socket(ws, request.transport, compressor_for(request.query.get("compress")))
        self._sockets.add(socket)
        writer = asyncio.create_task(socket.write())
        try:
            socket.send(Op.HELLO, {"heartbeat_interval": HEARTBEAT_MS})
            await self._read(socket)
        finally:
            writer.cancel()
            self._sockets.discard(socket)
            self._lose(socket, ws.close_code)
        return ws

    def _lose(self, socket: _Socket, code: int | None) -> None:
        session = socket.session
        if session is None or session.socket is not socket:
            return
        session.socket = None
        session.lost_at = time.monotonic()
        if code in {1000, 1001}:  # a bot that says goodbye gives its session up
            self._sessions.pop(session.id, None)
        self._tell_presence()

    async def _read(self, socket: _Socket) -> None:
        while True:
            try:
                frame = await socket.ws.receive(timeout=2 * HEARTBEAT_MS / 1000)
            except TimeoutError:
                await socket.close(Close.SESSION_TIMED_OUT)
                return
            if frame.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            if (code := self._understand(socket, frame.data)) is not None:
                await socket.close(code)
                return

    def _understand(self, socket: _Socket, text: str | bytes) -> Close | None:
        try:
            message = json.loads(text)
            op, data = Op(message["op"]), message.get("d")
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
            return Close.DECODE_ERROR
        except ValueError:
            return Close.UNKNOWN_OPCODE
        match op:
            case Op.HEARTBEAT:
                socket.send(Op.HEARTBEAT_ACK)
            case Op.IDENTIFY:
                return self._identify(socket, cast("Json", data or {}))
            case Op.RESUME:
                return self._resume(socket, cast("Json", data or {}))
            case _ if socket.session is None:
                return Close.NOT_AUTHENTICATED
            case Op.REQUEST_MEMBERS:
                self._send_members(socket.session, cast("Json", data or {}))
            case Op.PRESENCE_UPDATE | Op.VOICE_STATE_UPDATE:
                pass
            case _:
                return Close.UNKNOWN_OPCODE
        return None

    def _identify(self, socket: _Socket, data: Json) -> Close | None:
        if socket.session is not None:
            return Close.ALREADY_AUTHENTICATED
        if not is_token(str(data.get("token"))):
            return Close.AUTHENTICATION_FAILED
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= _ALL_INTENTS:
            return Close.INVALID_INTENTS
        shard = cast("list[Any]", data.get("shard") or [0, 1])
        if len(shard) != 2 or not 0 <= int(shard[0]) < int(shard[1]):
            return Close.INVALID_SHARD
        session = Session(secrets.token_hex(16), intents, (int(shard[0]), int(shard[1])), socket=socket)
        self._sessions[session.id] = socket.session = session
        self._greet(session)
        self._tell_presence()
        return None

    def _greet(self, session: Session) -> None:
        world = self._world
        guild_here = _covers(session, world.guild_id) and bool(session.intents & _GUILDS)
        ready: Json = {
            "v": 10,
            "user": world.user(world.bot_id).raw() | {"mfa_enabled": True, "verified": True, "email": None},
            "guilds": [{"id": str(world.guild_id), "unavailable": True}] if guild_here else [],
            "session_id": session.id,
            "resume_gateway_url": self._url,
            "session_type": "normal",
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "guild_join_requests": [],
            "geo_ordered_rtc_regions": [],
            "shard": list(session.shard),
            "application": {"id": str(world.application_id), "flags": 0},
        }
        session.dispatch("READY", ready)
        if guild_here:
            session.dispatch("GUILD_CREATE", self._guild_create(session))

    def _guild_create(self, session: Session) -> Json:
        world = self._world
        shown = world.members if session.intents & _MEMBERS else (world.bot_id,)
        bot = world.bot_id
        threads = [
            world.channel_raw(one) | {"member": thread_member_json(one.id, bot)}
            if one.thread and bot in one.thread.members
            else world.channel_raw(one)
            for one in world.threads()
        ]
        return world.guild_raw() | {
            "joined_at": world.member(bot).joined_at,
            "large": False,
            "unavailable": False,
            "member_count": len(world.members),
            "members": [world.member_raw(one) for one in shown],
            "channels": [world.channel_raw(one) for one in world.guild_channels()],
            "threads": threads,
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def _resume(self, socket: _Socket, data: Json) -> Close | None:
        if not is_token(str(data.get("token"))):
            return Close.AUTHENTICATION_FAILED
        session = self._sessions.get(str(data.get("session_id")))
        seq = data.get("seq")
        kept = session is not None and isinstance(seq, int)
        if session is None or not kept or not session.resumable():
            socket.send(Op.INVALID_SESSION, data=False)
            return None
        if cast("int", seq) > session.seq:
            return Close.INVALID_SEQ
        missed = [text for number, text in session.sent if number > cast("int", seq)]
        if len(missed) < session.seq - cast("int", seq):  # more was missed than was kept
            socket.send(Op.INVALID_SESSION, data=False)
            return None
        if session.socket is not None:
            session.socket.session = None
            session.socket.cut()
        socket.session, session.socket = session, socket
        for text in missed:
            socket.send_text(text)
        session.dispatch("RESUMED", {})
        self._tell_presence()
        return None

    def _send_members(self, session: Session, data: Json) -> None:
        world = self._world
        wanted = data.get("user_ids")
        query = str(data.get("query") or "").casefold()
        if wanted is not None:
            listed = cast("list[Any]", wanted if isinstance(wanted, list) else [wanted])
            found = [int(one) for one in listed if int(one) in world.members]
        else:
            found = [one for one in world.members if _named(world.user(one), query)]
            found = found[: int(data.get("limit") or 0) or None]
        chunk: Json = {
            "guild_id": str(world.guild_id),
            "members": [world.member_raw(one) for one in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if "nonce" in data:
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)


def _named(user: User, query: str) -> bool:
    return user.username.casefold().startswith(query) or user.display.casefold().startswith(query)


def _covers(session: Session, guild_id: int) -> bool:
    """Whether a guild's events belong to a session's shard; DMs (guild 0) are the first shard's."""
    number, count = session.shard
    return (guild_id >> 22) % count == number
