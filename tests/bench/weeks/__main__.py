"""Run by ``make weeks``: `python -m tests.bench.weeks [FOLDER]` writes ``eight-weeks.txt`` into the folder."""

import argparse
import asyncio
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text

from bot.playground.components import text_of
from bot.playground.models import Message
from tests.bench.machine import machine
from tests.bench.weeks import people, record
from tests.bench.weeks.arxiv import Announcements, captured
from tests.bench.weeks.clock import Clock, start_again_with_a_clock
from tests.bench.weeks.people import READER, Somebody
from tests.bench.weeks.record import Arrival
from tests.e2e.rig import Json, Process, Rig, running
from tests.papers import small_arxiv
from workers.queue import PAPERS_POLL_TASK, PAPERS_RANK_TASK, RUN_TASK

BEGIN: Final = datetime(2027, 3, 1, tzinfo=UTC)
WEEKS: Final = 8
STEP: Final = timedelta(minutes=10)
SLEEP: Final = (BEGIN + timedelta(days=17, hours=6), BEGIN + timedelta(days=17, hours=14))
"""Everything sleeps for eight hours: nobody sweeps."""
JUMP: Final = BEGIN + timedelta(days=30, hours=12)
"""The clocks go three days ahead, and back after one look."""
DEATH: Final = BEGIN + timedelta(days=11, hours=17)
"""From here on a bot is killed in the middle of each of twelve sweeps."""
DEATHS: Final = 12
WORKER_RESTS: Final = (20, 4)
"""Hours of UTC in which the worker stands still: what is asked for then ends while its member is away."""

_WAITING: Final = text(
    "select (select count(*) from outbox where sent_at is null and failed_at is null and due_at <= :now)"
    " + (select count(*) from procrastinate_jobs where status in ('todo', 'doing') and task_name = any(:tasks)"
    " and (scheduled_at is null or scheduled_at <= :now))"
)
_ARRIVED: Final = text(
    "select id, kind, user_id, channel_id, message_id, payload, sent_at from outbox"
    " where id > :after and message_id is not null order by id"
)
_MAY_BE_LATE: Final = 200
"""Rows: one that was tried again comes after others that were written later."""


@dataclass
class World:
    """All that runs."""

    rig: Rig
    clock: Clock
    chance: random.Random
    everybody: list[Somebody]
    bots: list[Process] = field(default_factory=list[Process])
    worker: Process | None = None
    resting: bool = False
    arrived: dict[int, Arrival] = field(default_factory=dict[int, Arrival])
    """By the row of the outbox: what came, as it was when it came. Rows are tidied away after a month."""
    todo: list[tuple[datetime, Callable[[], Awaitable[None]]]] = field(
        default_factory=list[tuple[datetime, Callable[[], Awaitable[None]]]]
    )
    acts: int = 0

    async def start(self, feed: str) -> None:
        """Two bots, one of which hears what members do, and a worker."""
        self.bots = [await self._bot("bot"), await self._bot("bot", "--deaf")]
        self.worker = await self.rig.start(
            "worker", PAPER_FEED_URL=f"{feed}/rss", PAPER_QUERY_URL=f"{feed}/api/query", LOG_LEVEL="INFO"
        )

    async def _bot(self, name: str, *arguments: str) -> Process:
        return await self.rig.start_python(name, "-m", "tests.bench.weeks.stepped_bot", *arguments)

    async def step(self, now: datetime) -> None:
        """It is `now`: both bots do what is due at the same time, and everything that follows from it happens."""
        self.clock.set(now)
        self._rest(now)
        for bot in self.bots:
            _ask(bot)
        if DEATH <= now < DEATH + DEATHS * STEP:
            await asyncio.sleep(self.chance.random() * 0.03)
            await self.bots[1].kill()
            await _told(self.bots[0])
            self.bots[1] = await self._bot("bot", "--deaf")
        else:
            await asyncio.gather(*(_told(bot) for bot in self.bots))
        await self.settled()

    def _rest(self, now: datetime) -> None:
        assert self.worker is not None
        rests = now.hour >= WORKER_RESTS[0] or now.hour < WORKER_RESTS[1]
        if rests != self.resting:
            self.resting = rests
            self.worker.process.send_signal(signal.SIGSTOP if rests else signal.SIGCONT)

    async def settled(self) -> None:
        """Wait until what is to be sent is sent, and what is to be worked is worked."""
        tasks = [] if self.resting else [RUN_TASK, PAPERS_POLL_TASK, PAPERS_RANK_TASK]
        async with asyncio.timeout(180), self.rig.database.session() as session:
            while await session.scalar(_WAITING, {"now": self.clock.now(), "tasks": tasks}):
                await session.commit()
                await asyncio.sleep(0.005)

    async def arrivals(self, now: datetime) -> None:
        """Members see what came, and decide what to do about it."""
        after = max(self.arrived, default=0) - _MAY_BE_LATE
        async with self.rig.database.session() as session:
            rows = (await session.execute(_ARRIVED, {"after": after})).all()
        for row in rows:
            message = self.message(row.message_id)
            if row.id in self.arrived or message is None:
                continue
            said = text_of(message.wire["components"])
            self.arrived[row.id] = Arrival(
                row.kind, row.user_id, row.channel_id, message.id, row.sent_at, row.payload, said
            )
            if row.kind == "nudge":
                who = next(each for each in self.everybody if each.user.id == row.payload["user_id"])
                self._about_nudge(who, self._raw(message, who), row.payload, now)
            if row.kind == "digest" and row.user_id is None:
                for place, who in enumerate(self.chance.sample(self.everybody, 12)):
                    self._plan(now, 15 * place + 5, people.read_digest, who, self._raw(message, who), self.chance)

    def _about_nudge(self, who: Somebody, message: Json, nudge: Json, now: datetime) -> None:
        who.got += 1
        if nudge["last"]:
            return
        match who.way:
            case "answers at once":
                self._plan(now, 30, people.do_it_now, who, message, nudge["label"], self.chance)
            case "answers every third" if who.got % 3 == 0:
                self._plan(now, 120, people.do_it_now, who, message, nudge["label"], self.chance)
            case "snoozes three days":
                self._plan(now, 5, people.press_nudge, who, message, "3 days")
            case "asks for fewer" if who.got == 2:
                self._plan(now, 5, people.press_nudge, who, message, "Fewer")
            case "stops after three" if who.got == 3:
                self._plan(now, 5, people.press_nudge, who, message, "Stop")
            case _:
                pass

    def routine(self, now: datetime) -> None:
        """What members do unasked: an hour at the weekend, and now and then an evening."""
        for who in self.everybody:
            local = now.astimezone(who.zone)
            if local.minute >= 10:
                continue
            away = who.way == "is away for four weeks" and timedelta(weeks=1) < now - BEGIN < timedelta(weeks=5)
            weekend = who.way in {"comes at weekends", "is away for four weeks"} and local.weekday() == 5
            evening = who.way == "answers at once" and local.weekday() in {1, 3}
            first = who.way == "asks for fewer" and now - BEGIN < timedelta(weeks=1) and local.weekday() == 4
            if not away and ((weekend and local.hour == 11) or ((evening or first) and local.hour == 21)):
                self._plan(now, self.chance.randrange(50), people.study, who, self.chance)

    def _plan(self, now: datetime, minutes: int, act: Callable[..., Awaitable[None]], *arguments: object) -> None:
        self.todo.append((now + timedelta(minutes=minutes), lambda: act(self.rig, *arguments)))

    async def act(self, now: datetime) -> None:
        """What members do now, one after the other."""
        due = [each for each in self.todo if each[0] <= now]
        self.todo = [each for each in self.todo if each[0] > now]
        for _, act in due:
            await act()
            self.acts += 1
            await self.settled()

    def message(self, message_id: int) -> Message | None:
        """A message that the playground holds."""
        world = self.rig.playground.world
        return next((kept[message_id] for kept in world.messages.values() if message_id in kept), None)

    def _raw(self, message: Message, who: Somebody) -> Json:
        return self.rig.playground.world.message_raw(message, who.user.id)


def _ask(bot: Process) -> None:
    assert bot.process.stdin is not None
    bot.process.stdin.write(b"\n")


async def _told(bot: Process) -> None:
    assert bot.process.stdout is not None
    async with asyncio.timeout(120):
        line = await bot.process.stdout.readline()
    assert line == b"done\n", f"{line!r}:\n{bot.log.read_text()[-4000:]}"


async def live(folder: Path, weeks: int) -> None:
    """Play it all; raises AssertionError where a promise was broken."""
    about = machine()  # with the real date, while that is what the clock shows
    clock, chance = Clock(), random.Random(5)  # noqa: S311 - nothing secret
    clock.set(BEGIN - timedelta(hours=1))
    began = time.monotonic()
    with small_arxiv() as arxiv:
        Announcements(captured(), BEGIN.date(), WEEKS).serve(arxiv)
        async with running(rate_limits=False) as rig:
            world = World(rig, clock, chance, people.everybody(rig, chance, BEGIN))
            await world.start(arxiv.address)
            await people.organise(rig)
            for who in world.everybody:
                minutes = chance.randrange(0, 24 * 60, 10)
                world.todo.append((BEGIN + timedelta(minutes=minutes), lambda who=who: people.join(rig, who)))
            now, jumped = BEGIN, False
            while now < BEGIN + timedelta(weeks=weeks):
                if not SLEEP[0] <= now < SLEEP[1]:
                    await world.step(now)
                    if now >= JUMP and not jumped:
                        jumped = True
                        await world.step(now + timedelta(days=3))
                        clock.set(now)
                    await world.arrivals(now)
                    world.routine(now)
                    await world.act(now)
                if now.weekday() == 6 and (now.hour, now.minute) == (23, 0):
                    print(f"{now:%d %b}: {world.acts} acts, {time.monotonic() - began:.0f} s", flush=True)
                now += STEP
            lines = await record.read_all(rig, world.everybody, list(world.arrived.values()), READER)
            keep_logs(rig)
    head = f"{about}, {time.monotonic() - began:.0f} s for {weeks} weeks, {world.acts} acts of members on the page."
    await asyncio.to_thread((folder / "eight-weeks.txt").write_text, "\n".join([head, "", *lines]) + "\n", "utf-8")
    print("\n".join([head, *lines[:6]]))


def keep_logs(rig: Rig) -> None:
    """What the processes logged, for a look when something was odd."""
    kept = Path(tempfile.gettempdir(), "weeks-logs")
    kept.mkdir(exist_ok=True)
    for process in rig.processes:
        shutil.copy(process.log, kept / process.log.name)


if __name__ == "__main__":
    start_again_with_a_clock(Path(tempfile.mkdtemp(prefix="wk")), "tests.bench.weeks")
    parser = argparse.ArgumentParser(prog="python -m tests.bench.weeks")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs"))
    parser.add_argument("--weeks", type=int, default=WEEKS)
    given = parser.parse_args()
    asyncio.run(live(given.folder, given.weeks))
