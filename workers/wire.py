"""How worker and trainer talk over their socket: frames of a length and a pickle, between our own processes only."""

import asyncio
import pickle
import socket
import struct

from workers.messages import TrainerMessage, TrainingJob
from workers.recipes.sources import DataSources

_LENGTH = struct.Struct("<Q")
Order = tuple[TrainingJob, DataSources, str]
"""What a trainer is told: the job, where data comes from, and the package that holds its recipe."""


def pack(content: TrainerMessage | Order) -> bytes:
    """One frame."""
    body = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def receive_order(channel: socket.socket) -> Order:
    """The one frame that a trainer reads. Raises EOFError if the worker is gone already."""
    with channel.makefile("rb") as stream:
        head = stream.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise EOFError
        return pickle.loads(stream.read(_LENGTH.unpack(head)[0]))  # noqa: S301 written by our own worker


async def receive_message(reader: asyncio.StreamReader) -> TrainerMessage | None:
    """The trainer's next message; None once it is gone, also in the middle of one."""
    try:
        head = await reader.readexactly(_LENGTH.size)
        body = await reader.readexactly(_LENGTH.unpack(head)[0])
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return pickle.loads(body)  # noqa: S301 written by our own trainer
