"""A small process that has already imported torch and forks trainers and the like on request, in about 10 ms.

`ForkServer` is the worker's side; run as a program, this module is the server's side. The standard library's
forkserver would import the worker's main module again in each child, chat libraries included.

Between the two there is one socket, the server's standard input. The worker sends one byte, which says what the child
is to be, with the child's end of a socket pair attached; the server answers in lines: ``ready``, ``unable <why>``,
``born <pid>``, ``ended <pid> <wait status>``. When the worker is gone, however that came about, its end closes: the
server ends, and each child sees the same on a socket of its own.
"""

import asyncio
import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn, cast

from workers.recipes.threads import wait_politely

_SECRETS = ("DATABASE_URL", "DISCORD_TOKEN")  # a trainer has no use for them
UNKNOWN_STATUS = -1


class ForkServerError(Exception):
    """The server cannot be started, or is gone: the sentence says why."""


class ForkServer:
    """The worker's side: starts the server and asks it for children.

    Args:
        children: What a child can be: ``module:function`` to call with its end of the socket pair.
        preload: Modules that are imported once, before any fork.
    """

    def __init__(self, children: Sequence[str], preload: Sequence[str]) -> None:
        self._children = tuple(children)
        self._command = (sys.executable, "-m", "workers.forkserver", ",".join(children), *preload)
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Starts the server, unless it is there, and waits until it has imported everything.

        Raises:
            ForkServerError: A module cannot be imported, or the server ended.
        """
        async with self._lock:
            await self._start()

    async def fork(self, channel: socket.socket, child: str | None = None) -> tuple[int, "asyncio.Future[int]"]:
        """Forks a child that gets `channel`: its process id, and its wait status to be.

        `child` is one of the server's `children`, the first by default. The caller closes its own copy of `channel`.
        The status is `UNKNOWN_STATUS` if the server ends before the child.

        Raises:
            ForkServerError: The server cannot be started, or is gone.
        """
        async with self._lock:
            await self._start()
            assert self._control is not None  # noqa: S101 set by every start that returns
            try:
                socket.send_fds(
                    self._control, [bytes([self._children.index(child) if child else 0])], [channel.fileno()]
                )
            except OSError as error:
                raise ForkServerError(f"the trainer server is gone ({error})") from error
            pid = await self._born.get()
            if pid <= 0:
                raise ForkServerError("no process could be started")
            return pid, self._ended[pid]

    async def close(self) -> None:
        """Ends the server and waits until it is gone."""
        async with self._lock:
            await self._close()

    async def _start(self) -> None:
        if self._listener is not None and not self._listener.done():
            return
        await self._close()
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path or "." for path in sys.path))
        wait_politely(environment)
        # An imported module that merely asks whether there is a GPU would otherwise open it, and a forked child of a
        # process that has opened it cannot use it.
        environment.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
        with theirs:
            self._process = await asyncio.create_subprocess_exec(*self._command, stdin=theirs.fileno(), env=environment)
        self._control = ours
        reader, self._writer = await asyncio.open_connection(sock=ours)
        first = (await reader.readline()).decode().strip()
        if first != "ready":
            await self._close()
            raise ForkServerError(first.removeprefix("unable ") or "the trainer server ended while it started")
        self._born = asyncio.Queue()
        self._listener = asyncio.create_task(self._listen(reader), name="trainer server")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Notes births and deaths until the server is gone."""
        loop = asyncio.get_running_loop()
        try:
            while line := await reader.readline():
                what, pid, *status = line.decode().split()
                if what == "born":
                    self._ended[int(pid)] = loop.create_future()
                    self._born.put_nowait(int(pid))
                else:
                    self._ended.pop(int(pid)).set_result(int(status[0]))
        except ConnectionError:
            pass  # it was killed while we wrote to it
        finally:
            for ended in self._ended.values():
                ended.set_result(UNKNOWN_STATUS)
            self._ended.clear()
            self._born.put_nowait(0)  # wakes a `fork` that waits for an answer

    async def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._listener is not None:
            await self._listener
        if self._process is not None:
            await self._process.wait()
        self._process = self._control = self._writer = self._listener = None


def main() -> None:
    """The server's side: imports, then forks until its standard input is closed."""
    children, *preload = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which then stops its trainers
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        for module in preload:
            importlib.import_module(module)
        entries = [_entry(child) for child in children.split(",")]
    except ImportError as error:
        control.sendall(f"unable {error}\n".replace("\n", " ").encode() + b"\n")
        return
    gc.collect()
    gc.freeze()  # a child's collector then leaves the shared pages alone
    with contextlib.suppress(BrokenPipeError):  # the worker went away while it was told something
        control.sendall(b"ready\n")
        _serve(control, entries)


def _serve(control: socket.socket, entries: Sequence[Callable[[socket.socket], None]]) -> None:
    awake, alarm = socket.socketpair()
    awake.setblocking(False)
    alarm.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # a handler there must be for the alarm to ring
    signal.set_wakeup_fd(alarm.fileno())
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    selector.register(awake, selectors.EVENT_READ)
    while True:
        ready = {key.fileobj for key, _ in selector.select()}
        if awake in ready:
            with contextlib.suppress(BlockingIOError):
                awake.recv(4096)
            _reap(control)
        if control in ready:
            said, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not said:
                return
            channel = socket.socket(fileno=descriptors[0])
            try:
                pid = os.fork()
            except OSError:  # too many processes, or no memory for one more
                pid = -1
            if pid == 0:
                selector.close()
                for mine in (control, awake, alarm):
                    mine.close()
                _live(entries[said[0]], channel)
            channel.close()
            control.sendall(f"born {pid}\n".encode())


def _reap(control: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0] != 0:
            control.sendall(f"ended {found[0]} {found[1]}\n".encode())


def _live(entry: Callable[[socket.socket], None], channel: socket.socket) -> NoReturn:
    """The child's whole life. It leaves without the clean-up of a process that it was forked from."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        entry(channel)
        status = 0
    except BaseException:  # noqa: BLE001 the last stop of any error, which the worker reads off the exit status
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _entry(name: str) -> Callable[[socket.socket], None]:
    module, _, function = name.partition(":")
    return cast("Callable[[socket.socket], None]", getattr(importlib.import_module(module), function))


if __name__ == "__main__":
    main()
