"""The two ways to have everything at once: `waypoint up` on Discord, `waypoint playground` in a browser."""

import asyncio
import contextlib
import importlib.util
import socket
import time
from pathlib import Path

from rich.console import Console

from bot.launch import Child, Launcher
from bot.process import PLAYGROUND_TOKEN, READY, open_database, token_of
from bot.settings import Settings
from db.server import EmbeddedServer

NO_TORCH = (
    "No worker here: torch is not installed, so runs wait in the queue. "
    "Install it with: pip install 'waypoint-tutor[worker]' -c constraints.txt"
)


def has_torch() -> bool:
    """Whether a worker can run on this machine."""
    return importlib.util.find_spec("torch") is not None


def free_port(wanted: int) -> int:
    """`wanted`, or any free port if something listens there."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as probe:
            return probe.getsockname()[1]
    return 0


async def run_up(settings: Settings, *, workers: int, console: Console) -> None:
    """The bot and workers on Discord.

    Raises:
        PersonError: the token is missing.
    """
    token_of(settings)
    url, server = await open_database(settings)
    environment = _environment(settings, url)
    launcher = Launcher(server)
    launcher.stop_on_signals()
    launcher.start(
        Child("bot", ["bot.cli", "bot", "--sync"], environment),
        lambda line: console.print("The bot is online.") if line == READY else None,
    )
    _start_workers(launcher, workers, environment, console)
    try:
        await launcher.wait()
    finally:
        if server is not None:
            server.stop()


async def run_playground(settings: Settings, *, workers: int, record: Path | None, console: Console) -> None:
    """The playground, the bot on it and workers; prints the page's address when the bot is there."""
    begun = time.monotonic()
    logs = settings.home / "logs"
    launcher = Launcher()
    launcher.stop_on_signals()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def hear_address(line: str) -> None:
        if line.startswith("playground: ") and not address.done():
            address.set_result(line.removeprefix("playground: "))

    port = free_port(settings.playground_port)
    if settings.playground_port not in {0, port}:
        console.print(f"Port {settings.playground_port} is taken, so another one it is.", style="yellow")
    arguments = [
        "bot.playground",
        "--port",
        str(port),
        "--state",
        str(settings.home / "playground"),
    ]
    if record is not None:
        arguments += ["--record", str(record)]
    launcher.start(Child("playground", arguments, log_file=logs / "playground.log"), hear_address)
    # A database of its own: on the one that `waypoint up` or DATABASE_URL uses, this bot would take real results
    # out of the outbox, and find none of their channels.
    server = EmbeddedServer(settings.home / "playground-pg")
    url, _ = await open_database(settings, own=server)
    launcher.guard(server)
    stopped = asyncio.create_task(launcher.wait())
    await asyncio.wait({address, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if address.done():
        base = address.result()
        environment = {
            **_environment(settings, url),
            "DISCORD_API_URL": base,
            # Said outright, since an empty value would let those of an operator's .env through.
            "DISCORD_TOKEN": PLAYGROUND_TOKEN,
            "DISCORD_GUILD_ID": "0",
            "SHARD_IDS": "[0]",
            "SHARD_COUNT": "1",
        }

        def hear_ready(line: str) -> None:
            if line == READY:
                console.print(
                    f"\n  [bold]Open {base} in your browser[/bold] and type [bold]/start[/bold].\n"
                    f"  [dim]Ready after {time.monotonic() - begun:.1f} s. Logs are in {logs}. Ctrl-C stops it.[/dim]\n"
                )

        launcher.start(Child("bot", ["bot.cli", "bot", "--sync"], environment, log_file=logs / "bot.log"), hear_ready)
        _start_workers(launcher, workers, environment, console, logs)
    try:
        await stopped
    finally:
        server.stop()


def _start_workers(
    launcher: Launcher, count: int, environment: dict[str, str], console: Console, logs: Path | None = None
) -> None:
    if count and not has_torch():
        console.print(NO_TORCH, style="yellow", markup=False)
        return
    for number in range(1, count + 1):
        name = "worker" if count == 1 else f"worker-{number}"
        log_file = None if logs is None else logs / f"{name}.log"
        launcher.start(
            Child(name, ["bot.cli", "worker"], environment, log_file=log_file, essential=False), lambda _: None
        )


def _environment(settings: Settings, url: str) -> dict[str, str]:
    """What the children must know beyond what they read themselves: this process's database is theirs."""
    return {"DATABASE_URL": url, "WAYPOINT_HOME": str(settings.home)}
