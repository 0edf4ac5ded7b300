"""The bot's gateway sessions: what each asked to hear, what it was sent, and the socket it has."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from aiohttp import web

from bot.playground.compression import Compressor
from bot.playground.models import Json

RESUMABLE_SECONDS: Final = 180.0
"""How long a session whose socket broke can be resumed. Discord says only "a few minutes"."""
MOST_MISSED: Final = 10_000
"""How many events are kept for a RESUME."""
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


GUILDS, MEMBERS, MESSAGE_CONTENT = 1 << 0, 1 << 1, 1 << 15
_GUILD_MESSAGES, _DM_MESSAGES = 1 << 9, 1 << 12
_GUILD_TYPING, _DM_TYPING = 1 << 11, 1 << 14
ALL_INTENTS: Final = (1 << 26) - 1

INTENTS: Final[Mapping[str, tuple[int, int]]] = {
    "MESSAGE_CREATE": (_GUILD_MESSAGES, _DM_MESSAGES),
    "MESSAGE_UPDATE": (_GUILD_MESSAGES, _DM_MESSAGES),
    "MESSAGE_DELETE": (_GUILD_MESSAGES, _DM_MESSAGES),
    "TYPING_START": (_GUILD_TYPING, _DM_TYPING),
    "CHANNEL_CREATE": (GUILDS, 0),
    "CHANNEL_UPDATE": (GUILDS, 0),
    "CHANNEL_DELETE": (GUILDS, 0),
    "THREAD_CREATE": (GUILDS, 0),
    "THREAD_UPDATE": (GUILDS, 0),
    "THREAD_DELETE": (GUILDS, 0),
    "THREAD_MEMBERS_UPDATE": (GUILDS, 0),
    "GUILD_ROLE_CREATE": (GUILDS, 0),
    "GUILD_ROLE_UPDATE": (GUILDS, 0),
    "GUILD_ROLE_DELETE": (GUILDS, 0),
    "GUILD_MEMBER_UPDATE": (MEMBERS, 0),
}
"""What a session must have asked for to hear of an event, in the guild and in a DM. Others are the page's alone."""


@dataclass(slots=True)
class Session:
    """What the bot identified as. It outlives its socket for a while, and keeps what was missed."""

    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque[tuple[int, str]](maxlen=MOST_MISSED))
    socket: "Socket | None" = None
    lost_at: float = 0.0

    def dispatch(self, name: str, data: Json) -> None:
        """Send an event, and keep it for a RESUME."""
        self.seq += 1
        text = _dump({"op": Op.DISPATCH, "t": name, "s": self.seq, "d": data})
        self.sent.append((self.seq, text))
        if self.socket is not None:
            self.socket.send_text(text)

    def acknowledge(self, seq: int) -> None:
        """The bot has seen everything up to `seq`: forget it."""
        while self.sent and self.sent[0][0] <= seq:
            self.sent.popleft()

    def missed_since(self, seq: int) -> list[str] | None:
        """The events after `seq`; None if some of them are forgotten."""
        missed = [text for number, text in self.sent if number > seq]
        return missed if len(missed) == self.seq - seq else None

    def resumable(self) -> bool:
        """Whether the bot can still come back to it."""
        return self.socket is not None or time.monotonic() - self.lost_at < RESUMABLE_SECONDS

    def covers(self, guild_id: int) -> bool:
        """Whether a guild's events belong to its shard; DMs (guild 0) are the first shard's."""
        number, count = self.shard
        return (guild_id >> 22) % count == number


class Socket:
    """One websocket of the bot: a queue and the task that empties it, so that nobody waits for the wire."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None, compress: Compressor) -> None:
        self.ws = ws
        self.session: Session | None = None
        self._transport = transport
        self._compress = compress
        self._queue: asyncio.Queue[str] = asyncio.Queue()

    def send(self, op: Op, data: object = None) -> None:
        """Send one frame that is no event."""
        self.send_text(_dump({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        """Send one frame that is already JSON."""
        self._queue.put_nowait(text)

    async def write(self) -> None:
        """Empty the queue, for as long as the socket lives."""
        while True:
            frame = self._compress(await self._queue.get())
            with suppress(ConnectionResetError):
                if isinstance(frame, str):
                    await self.ws.send_str(frame)
                else:
                    await self.ws.send_bytes(frame)

    async def close(self, code: int) -> None:
        """Hang up properly."""
        await self.ws.close(code=code)

    def cut(self) -> None:
        """Drop the connection as a broken network would."""
        if self._transport is not None:
            self._transport.abort()
