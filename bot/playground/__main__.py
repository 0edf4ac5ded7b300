"""`python -m bot.playground`: run the playground until Ctrl-C or SIGTERM."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from bot.playground.server import serve


async def _run(port: int, state: Path | None, record: Path | None, *, rate_limits: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with serve(port=port, state=state, record=record, rate_limits=rate_limits) as playground:
        sys.stdout.write(f"playground: {playground.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bot.playground", description="A small Discord on loopback.")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: a free one)")
    parser.add_argument("--state", type=Path, help="the folder that keeps the world between runs (default: none)")
    parser.add_argument("--record", type=Path, help="a file for every REST exchange, one JSON object a line")
    parser.add_argument("--no-rate-limits", action="store_true", help="never answer 429 (for benches)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    work = _run(arguments.port, arguments.state, arguments.record, rate_limits=not arguments.no_rate_limits)
    try:
        asyncio.run(work)
    except OSError as error:
        sys.exit(f"The playground cannot start: {error}")


if __name__ == "__main__":
    main()
