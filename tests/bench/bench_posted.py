"""From a worker's claim to the posted message, for each of the ten projects as `/run` starts them: preset quick.

    python -m tests.bench.bench_posted [--projects cnn,rl]

A playground, a bot and a worker run as processes, as `make playground` starts them; one run at a time, the worker warm.
The claim is the run's `started_at`, posted is when the bot has the message's id from Discord.
"""

import argparse
import asyncio
import time
from datetime import datetime

from sqlalchemy import text

from tests.bench.machine import machine
from tests.e2e.rig import Rig, player, running
from workers.catalogue import PROJECTS

LONGEST = 900.0
"""Seconds after which a run is given up."""
ROW = """
select r.project, r.dataset, r.state, r.started_at, r.finished_at, o.sent_at
from runs r left join outbox o on o.key = concat_ws(chr(58), 'run', r.id, 'result') order by r.id desc limit 1
"""


async def bench(projects: list[str]) -> None:
    """Runs them one after the other and prints a Markdown table."""
    print(machine())
    print("\n| `/run` quick | data | claim to posted | Enter to posted | of it after the run's end |")
    print("|---|---|---|---|---|")
    async with running(rate_limits=False) as rig:
        await asyncio.gather(rig.start("bot"), rig.start("worker"))
        async with player(rig, "mara") as mara:
            modal = await mara.say_for_modal("start")
            await mara.submit(modal, {"Pace": "middle", "Time zone": "Berlin"})
        for project in projects:
            print(await one(rig, project), flush=True)


async def one(rig: Rig, project: str) -> str:
    """A row of the table."""
    # A page of its own for each: one that reads nothing for minutes is closed.
    async with player(rig, "mara") as mara:
        pressed = time.time()
        # Deploy takes the newest model, as the form proposes it.
        model = [{"name": "model", "type": 4, "value": await newest_cnn(rig)}] if project == "deploy" else []
        await mara.say("run", [{"name": project, "type": 1, "options": model}])
    while time.time() < pressed + LONGEST:
        await asyncio.sleep(0.1)
        async with rig.database.session() as session:
            row = (await session.execute(text(ROW))).one()
        if row.project == project and row.sent_at is not None:
            break
    else:
        return f"| {project} | | not posted in {LONGEST:.0f} s | | |"
    sent: datetime = row.sent_at
    return (
        f"| {project} | {row.dataset} | {(sent - row.started_at).total_seconds():.1f} s | "
        f"{sent.timestamp() - pressed:.1f} s | {(sent - row.finished_at).total_seconds():.2f} s |"
        + ("" if row.state == "succeeded" else f" {row.state}")
    )


async def newest_cnn(rig: Rig) -> int:
    """The number of the run whose model can be served."""
    async with rig.database.session() as session:
        number = await session.scalar(text("select max(id) from runs where project = 'cnn' and state = 'succeeded'"))
    if not isinstance(number, int):
        raise LookupError("run cnn before deploy")
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--projects", default=",".join(PROJECTS), help="with commas between")
    asyncio.run(bench(parser.parse_args().projects.split(",")))
