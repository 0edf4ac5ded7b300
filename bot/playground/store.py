"""What survives a restart: one SQLite file for the objects, one folder for the bytes of sent files.

The world lives in memory; changes go to a writer thread that commits them in batches, so that no request waits
for the disk. A kill loses what the last few milliseconds brought, never what was there before.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from bot.playground.models import Entity

_log = logging.getLogger(__name__)

E = TypeVar("E", bound=Entity)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entity (kind TEXT, id INTEGER, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_PUT = "INSERT OR REPLACE INTO entity VALUES (?, ?, ?)"
_DROP = "DELETE FROM entity WHERE kind = ? AND id = ?"
_RETRY_SECONDS = 1.0
_BATCH = 1000

_Write = tuple[str, tuple[str | int, ...]]


class Store:
    """The playground's disk.

    Args:
        folder: where it lies; made if absent.
        origin: this life's address (`http://127.0.0.1:…`); those of an earlier life are turned into it.

    Raises:
        sqlite3.Error: the folder holds no usable store.
        OSError: the folder cannot be made or written.
    """

    def __init__(self, folder: Path, origin: str) -> None:
        self.files = folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "world.sqlite3", check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)
        row = self._database.execute("SELECT value FROM fact WHERE name = 'origin'").fetchone()
        self._origins = (row[0] if row else origin, origin)
        self._adopt(*self._origins)
        self._closing = False
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="playground-store", daemon=True)
        self._writer.start()

    def _adopt(self, old: str, new: str) -> None:
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO fact VALUES ('origin', ?)", (new,))
            if old != new:
                self._database.execute(
                    "UPDATE entity SET body = replace(body, ?, ?) WHERE kind = 'Message'",
                    (old + "/", new + "/"),
                )
                self._database.execute(
                    "UPDATE entity SET body = replace(body, ?, ?) WHERE kind = 'Attachment'",
                    (old + "/", new + "/"),
                )

    def load(self, kind: type[E]) -> Iterator[E]:
        """Everything of one kind, oldest id first. Only to be used before the first `put`."""
        rows = self._database.execute("SELECT body FROM entity WHERE kind = ? ORDER BY id", (kind.__name__,))
        for (body,) in rows:
            yield kind.model_validate_json(body)

    def put(self, entity: Entity) -> None:
        """Have an entity written, new or changed."""
        self._writes.put((_PUT, (type(entity).__name__, entity.id, entity.model_dump_json())))

    def drop(self, entity: Entity) -> None:
        """Have an entity removed."""
        self._writes.put((_DROP, (type(entity).__name__, entity.id)))

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self._closing = True
        self._writes.put(None)
        self._writer.join()
        self._database.close()

    def _write(self) -> None:
        last = False
        while not last:
            batch = [self._writes.get()]
            while len(batch) < _BATCH and not self._writes.empty():
                batch.append(self._writes.get())
            last = None in batch
            self._commit([write for write in batch if write is not None])

    def _commit(self, batch: list[_Write]) -> None:
        """Commit a batch; a full disk is waited out, since the world in memory is still right."""
        while True:
            try:
                with self._database:
                    for statement, values in batch:
                        self._database.execute(statement, values)
            except sqlite3.OperationalError:
                _log.exception("The playground's state could not be written.")
                if self._closing:
                    return
                time.sleep(_RETRY_SECONDS)
            else:
                return
