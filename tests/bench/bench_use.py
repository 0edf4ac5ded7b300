"""How fast a trained model answers: from Enter on ``/use`` to the answer at the page.

    python -m tests.bench.bench_use

PostgreSQL, a bot and a worker run as processes of their own, the playground in this one. A character model and a
classifier are trained and asked: once cold, many times warm, and warm again while another run trains on all cores.
"""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from typing import Final

from PIL import Image, ImageDraw

from db import runs
from db.tables import RunState
from tests.bench.machine import machine, quantile
from tests.e2e.rig import Json, Player, player, running, words

ROUNDS: Final = 100
BESIDE: Final = 30
LIMIT: Final = 3.0
"""Seconds within which a warm model is to answer."""
KINDS: Final = {int: 4, float: 10, str: 3}


def options(subcommand: str, **given: float | str) -> list[Json]:
    """A subcommand's options as Discord sends them."""
    leaves = [{"name": name, "type": KINDS[type(value)], "value": value} for name, value in given.items()]
    return [{"name": subcommand, "type": 1, "options": leaves}]


def seven() -> bytes:
    """A photo of a digit."""
    picture = Image.new("L", (800, 600), 235)
    ImageDraw.Draw(picture).line([(280, 120), (520, 120), (360, 480)], fill=20, width=44, joint="curve")
    stream = io.BytesIO()
    picture.save(stream, "JPEG")
    return stream.getvalue()


async def train(member: Player, command: list[Json], known: set[str]) -> None:
    """Train to the result."""
    await member.say("run", command)
    result = await member.wait_for(lambda message: "Model file" in words(message) and message["id"] not in known)
    known.add(result["id"])


async def seconds(ask: Callable[[], Awaitable[Json]], expected: str) -> float:
    """From Enter to the answer at the page."""
    begun = time.perf_counter()
    answer = await ask()
    took = time.perf_counter() - begun
    if expected not in words(answer):
        raise RuntimeError(words(answer))
    return took


async def rows(what: str, ask: Callable[[], Awaitable[Json]], expected: str, rounds: int) -> str:
    """One row of the table."""
    times = [await seconds(ask, expected) for _ in range(rounds)]
    within = sum(each <= LIMIT for each in times) / rounds
    half, most = quantile(times, 0.5), quantile(times, 0.99)
    return f"| {what} | {rounds} | {half:.2f} s | {most:.2f} s | {within:.0%} |"


async def bench() -> None:
    """Run everything and print Markdown."""
    print(f"{machine()}\n")
    async with running(rate_limits=False) as rig:
        await asyncio.gather(rig.start("bot"), rig.start("worker"))
        async with player(rig, "mara", channel="study-hall") as mara:
            await mara.submit(await mara.say_for_modal("start"), {"Pace": "middle", "Time zone": "Berlin"})
            known: set[str] = set()
            await train(mara, options("rnn", dataset="pydoc", steps=100, seed=1), known)
            await train(mara, options("cnn", dataset="digits", seed=1), known)

            async def write() -> Json:
                return await mara.say("use", options("write", prompt="The statement"))

            async def classify() -> Json:
                picture = await mara.page.upload("seven.jpg", seven())
                return await mara.say("use", options("classify"), attachments={"image": picture["id"]})

            asked = {
                "`/use write`, 500 characters": (write, "Write more"),
                "`/use classify`": (classify, "Another picture"),
            }
            print(f"| from Enter to the answer | n | p50 | p99 | within {LIMIT:g} s |\n|---|---|---|---|---|")
            for name, (ask, expected) in asked.items():
                print(await rows(f"{name}, cold", ask, expected, 1))
            for name, (ask, expected) in asked.items():
                print(await rows(f"{name}, warm", ask, expected, ROUNDS))
            await mara.say("run", options("cnn", preset="best", dataset="digits", epochs=50, batch_size=8, seed=3))
            await mara.wait_for(lambda message: "step " in words(message))
            for name, (ask, expected) in asked.items():
                print(await rows(f"{name}, warm, beside a training", ask, expected, BESIDE))
            async with rig.database.session() as session:
                latest = (await runs.member_runs(session, int(mara.page.hello["me"]["id"])))[0]
            beside = "went on all the while" if latest.state == RunState.RUNNING else "ended before the last answer"
            print(f"\nThe training beside {beside}.")


if __name__ == "__main__":
    asyncio.run(bench())
