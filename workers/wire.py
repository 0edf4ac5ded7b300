"""How a worker and its children talk over a socket: frames of a length and a pickle, between our own processes only."""

import asyncio
import pickle
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workers.messages import TrainedModel, TrainerMessage, TrainingJob
from workers.recipes.sources import DataSources
from workers.using import Answer, Refused, Wish

_LENGTH = struct.Struct("<Q")
Order = tuple[TrainingJob, DataSources, str]
"""What a trainer is told: the job, where data comes from, and the package that holds its recipe."""


@dataclass(frozen=True, slots=True)
class Question:
    """What an answering process is asked."""

    wish: Wish
    project: str
    """Whose heavy half answers: `workers/recipes/<project>_use.py`."""
    run_id: int | None = None
    """Whose model is asked; none for a wish that needs no model."""
    model: TrainedModel | None = field(default=None, repr=False)
    """Left out where the process has said that it holds the run's model already."""
    package: str = "workers.recipes"
    """Where the heavy halves are."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What it says."""

    said: Answer | Refused
    holds: frozenset[int] = frozenset()
    """Runs whose models it keeps, for the next question."""


def pack(content: TrainerMessage | Order | Question | Reply) -> bytes:
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


def questions(channel: socket.socket) -> Iterator[Question]:
    """What an answering process is asked, until the worker is gone."""
    with channel.makefile("rb") as stream:
        while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
            body = stream.read(length := _LENGTH.unpack(head)[0])
            if len(body) < length:
                return
            yield pickle.loads(body)  # noqa: S301 written by our own worker


async def receive_message(reader: asyncio.StreamReader) -> TrainerMessage | None:
    """The trainer's next message; None once it is gone, also in the middle of one."""
    return await _receive(reader)


async def receive_reply(reader: asyncio.StreamReader) -> Reply | None:
    """The answering process's reply; None once it is gone."""
    return await _receive(reader)


async def _receive(reader: asyncio.StreamReader) -> Any:  # noqa: ANN401 - whatever the other side packed
    try:
        head = await reader.readexactly(_LENGTH.size)
        body = await reader.readexactly(_LENGTH.unpack(head)[0])
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return pickle.loads(body)  # noqa: S301 written by our own child
