"""The record of what the bot asked and was answered: in memory, and as JSON lines in a file on demand."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TextIO

MOST_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One REST request of the bot and its answer.

    Attributes:
        at: when it came, in seconds of Unix time.
        method: such as `POST`.
        path: without `/api/v10`.
        route: the path's template, such as `/channels/{channel_id}/messages`; empty for an unknown route.
        query: the query's parameters.
        request: the JSON body, or the `payload_json` of a multipart body; None if there was none.
        files: the names of the files that came with it.
        status: the answer's HTTP status.
        response: the answer's JSON body; None if it had none.
        seconds: how long the playground took.
    """

    at: float
    method: str
    path: str
    route: str
    query: dict[str, str]
    request: Any
    files: tuple[str, ...]
    status: int
    response: Any
    seconds: float


class Exchanges:
    """The last exchanges, oldest first.

    Args:
        path: a file that every exchange is added to as one line of JSON.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._kept: deque[Exchange] = deque(maxlen=MOST_KEPT)
        self._file: TextIO | None = path.open("a", encoding="utf-8", buffering=1) if path else None

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, exchange: Exchange) -> None:
        """Keep one more."""
        self._kept.append(exchange)
        if self._file is not None:
            self._file.write(json.dumps(asdict(exchange), ensure_ascii=False) + "\n")

    def clear(self) -> None:
        """Forget those in memory; the file keeps them."""
        self._kept.clear()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
