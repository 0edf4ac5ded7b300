"""The gateway: the websocket over which the bot hears what happens.

Source: https://discord.com/developers/docs/events/gateway
"""

import asyncio
import json
import secrets
import time
from typing import Final

from aiohttp import WSMsgType, web

from bot.playground.compression import compressor_for
from bot.playground.events import guild_create, hears_guild, in_guild, members_chunk, ready, veiled
from bot.playground.faults import SocketFault
from bot.playground.models import Json
from bot.playground.rest import is_token
from bot.playground.sessions import ALL_INTENTS, INTENTS, MESSAGE_CONTENT, Close, Op, Session, Socket
from bot.playground.wire import a_number, an_object, ids
from bot.playground.world import Event, World

HEARTBEAT_MS: Final = 41_250
ACK_AFTER: Final = 0.05
"""Seconds, like a real network's."""


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
        self._sockets: set[Socket] = set()
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
        sessions = [one for one in self._live() if one.covers(guild_id)]
        for session in sessions:
            session.dispatch("INTERACTION_CREATE", payload)
        return bool(sessions)

    def _live(self) -> list[Session]:
        dead = [key for key, one in self._sessions.items() if not one.resumable()]
        for key in dead:
            del self._sessions[key]
        return list(self._sessions.values())

    def _hear(self, event: Event) -> None:
        intents = INTENTS.get(event.name)
        channel, world = event.channel, self._world
        if intents is None or event.only is not None:
            return
        if channel is not None and not world.may_see(world.bot_id, channel):
            return
        in_dm = channel is not None and channel.is_dm
        data = event.data if in_dm else in_guild(world, event.name, event.data)
        for session in self._live():
            if session.intents & intents[1 if in_dm else 0] and session.covers(0 if in_dm else world.guild_id):
                shown = data if in_dm or session.intents & MESSAGE_CONTENT else veiled(world, data)
                session.dispatch(event.name, shown)

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
        socket = Socket(ws, request.transport, compressor_for(request.query.get("compress")))
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

    def _lose(self, socket: Socket, code: int | None) -> None:
        session = socket.session
        if session is None or session.socket is not socket:
            return
        session.socket = None
        session.lost_at = time.monotonic()
        if code in {1000, 1001}:  # a bot that says goodbye gives its session up
            self._sessions.pop(session.id, None)
        self._tell_presence()

    async def _read(self, socket: Socket) -> None:
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

    def _understand(self, socket: Socket, text: str | bytes) -> Close | None:
        """Act on one frame of the bot; returns why to hang up, if there is a reason to."""
        parsed = _parse(text)
        if isinstance(parsed, Close):
            return parsed
        op, data = parsed
        match op:
            case Op.HEARTBEAT:
                # discord.py notes when it sent a heartbeat only after it was sent: over loopback an answer at once
                # comes before that, and it takes the whole interval for a delay.
                asyncio.get_running_loop().call_later(ACK_AFTER, socket.send, Op.HEARTBEAT_ACK)
                if socket.session is not None and isinstance(data, int):
                    socket.session.acknowledge(data)
            case Op.IDENTIFY:
                return self._identify(socket, an_object(data))
            case Op.RESUME:
                return self._resume(socket, an_object(data))
            case _ if socket.session is None:
                return Close.NOT_AUTHENTICATED
            case Op.REQUEST_MEMBERS:
                socket.session.dispatch("GUILD_MEMBERS_CHUNK", members_chunk(self._world, an_object(data)))
            case Op.PRESENCE_UPDATE | Op.VOICE_STATE_UPDATE:
                pass
            case _:
                return Close.UNKNOWN_OPCODE
        return None

    def _identify(self, socket: Socket, data: Json) -> Close | None:
        refusal = _refusal(socket, data)
        if refusal is not None:
            return refusal
        number, count = ids(data.get("shard")) or (0, 1)
        session = Session(secrets.token_hex(16), int(data["intents"]), (number, count), socket=socket)
        self._sessions[session.id] = socket.session = session
        session.dispatch("READY", ready(self._world, session, self._url))
        if hears_guild(self._world, session):
            session.dispatch("GUILD_CREATE", guild_create(self._world, session))
        self._tell_presence()
        return None

    def _resume(self, socket: Socket, data: Json) -> Close | None:
        if not is_token(str(data.get("token"))):
            return Close.AUTHENTICATION_FAILED
        session = self._sessions.get(str(data.get("session_id")))
        seq = a_number(data.get("seq"), -1)
        missed = session.missed_since(seq) if session and session.resumable() else None
        if session is None or missed is None:
            socket.send(Op.INVALID_SESSION, data=False)
            return Close.INVALID_SEQ if session and seq > session.seq else None
        if session.socket is not None:
            session.socket.session = None
            session.socket.cut()
        socket.session, session.socket = session, socket
        for text in missed:
            socket.send_text(text)
        session.dispatch("RESUMED", {})
        self._tell_presence()
        return None


def _parse(text: str | bytes) -> tuple[Op, object] | Close:
    """The opcode and data of a frame, or why it cannot be read."""
    try:
        message = an_object(json.loads(text))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return Close.DECODE_ERROR
    op = message.get("op")
    return (Op(op), message.get("d")) if op in set(Op) else Close.UNKNOWN_OPCODE


def _refusal(socket: Socket, data: Json) -> Close | None:
    """What is wrong with an IDENTIFY."""
    if socket.session is not None:
        return Close.ALREADY_AUTHENTICATED
    if not is_token(str(data.get("token"))):
        return Close.AUTHENTICATION_FAILED
    if not 0 <= a_number(data.get("intents"), -1) <= ALL_INTENTS:
        return Close.INVALID_INTENTS
    shard = ids(data.get("shard")) or [0, 1]
    if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
        return Close.INVALID_SHARD
    return None
