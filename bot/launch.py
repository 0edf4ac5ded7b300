"""Several processes as one: starts them, starts them again when they fall over, stops them together."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from db.server import EmbeddedServer

log = logging.getLogger(__name__)

STOP_WITHIN = 12.0
"""Seconds that a process has to end after SIGTERM: a worker saves its run in that time."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running."""

    name: str
    arguments: Sequence[str]
    """After ``python -m``."""
    environment: dict[str, str] = field(default_factory=dict[str, str])
    log_file: Path | None = None
    """Where its log goes; this process's stderr if there is none."""
    essential: bool = True
    """Whether nothing is of use without it: a worker that can't run leaves a bot that can."""


class Launcher:
    """Keeps children running until it is stopped."""

    def __init__(self, server: EmbeddedServer | None = None) -> None:
        self._stopping = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        if server is not None:
            self.guard(server)

    def guard(self, server: EmbeddedServer) -> None:
        """Bring the embedded server back if it dies: it belongs to this process."""
        self._keepers.append(asyncio.create_task(_keep_database(server), name="database"))

    def stop_on_signals(self) -> None:
        """SIGINT and SIGTERM stop everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self._stopping.set)

    def start(self, child: Child, says: Callable[[str], None]) -> None:
        """Keep `child` running; `says` hears each line of its stdout."""
        self._keepers.append(asyncio.create_task(self._keep(child, says), name=child.name))

    async def wait(self) -> None:
        """Until told to stop; then stop the children, the last one started first."""
        await self._stopping.wait()
        for keeper in reversed(self._keepers):
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, child: Child, says: Callable[[str], None]) -> None:
        delay = 0.5
        while True:
            started = asyncio.get_running_loop().time()
            code = await self._run(child, says)
            if code == 2:
                # A sentence about settings was printed: trying again would print it for ever.
                log.error("%s can't run: %s", child.name, _last_line(child))
                if child.essential:
                    self._stopping.set()
                return
            if asyncio.get_running_loop().time() - started > 60:
                delay = 0.5
            log.warning("%s ended (%s); again in %.1f s", child.name, code, delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 30.0)

    async def _run(self, child: Child, says: Callable[[str], None]) -> int:
        with contextlib.ExitStack() as stack:
            errors = None
            if child.log_file is not None:
                child.log_file.parent.mkdir(parents=True, exist_ok=True)
                errors = stack.enter_context(child.log_file.open("ab"))
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *child.arguments,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **child.environment},
                # Ctrl-C goes to us alone: we stop the children in order.
                start_new_session=True,
            )
            try:
                if process.stdout is not None:
                    async for line in process.stdout:
                        says(line.decode(errors="replace").rstrip())
                return await process.wait()
            finally:
                await _stop(process)


def _last_line(child: Child) -> str:
    if child.log_file is None:
        return "see above"
    lines = child.log_file.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"see {child.log_file}"


async def _keep_database(server: EmbeddedServer) -> None:
    while True:
        await asyncio.sleep(1.0)
        try:
            await asyncio.to_thread(server.revive)
        except Exception:
            log.exception("the embedded database does not start; trying again")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_WITHIN)
    except TimeoutError:
        log.warning("process %s did not end in time and is killed", process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
