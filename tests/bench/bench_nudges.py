"""The sweep of nudges over 100,000 members who asked: its time follows those who are due, not those who are there.

Run by ``python -m tests.bench.bench_nudges``.
"""

import asyncio
import gc
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from sqlalchemy import event, text

from bot.nudging import sweep
from db.engine import Database
from db.migrate import migrate
from db.server import EmbeddedServer
from lessons.load import load_curriculum
from lessons.nudges import Hours, next_slot
from tests.bench.machine import machine
from tests.bot.test_nudging import UTC_ZONE

MEMBERS = 100_000
HOURS = Hours(hour=12)


async def main() -> None:
    """Print a line for each number of members who are due."""
    home = Path(tempfile.mkdtemp(prefix="wn"))
    server = EmbeddedServer(home)
    url = server.start()
    migrate(url)
    print(machine())
    try:
        async with Database(url, pool_size=2) as database:
            await _fill(database)
            for due in (0, 1_000, 50_000):
                await _measure(database, due)
    finally:
        server.stop()


async def _fill(database: Database) -> None:
    curriculum = load_curriculum()
    skills = [skill.id for topic in curriculum.topics for skill in topic.skills][:20]
    async with database.transaction() as session:
        await session.execute(
            text(
                "insert into members (user_id, display_name, pace, time_zone, started_on) "
                "select n, 'member ' || n, 'middle', 'UTC', current_date - 30 from generate_series(1, :members) n"
            ),
            {"members": MEMBERS},
        )
        await session.execute(
            text("insert into nudge_plans (user_id, hour) select user_id, 12 from members"),
        )
        await session.execute(
            text(
                "insert into skill_states (user_id, skill_id, level, answers, stability, difficulty, last_answer_at, "
                "due_at) select user_id, skill, 1, 1, 1, 5, now() - interval '9 days', "
                "now() + (user_id % 20 - 2) * interval '1 day' from members, unnest(cast(:skills as varchar[])) skill"
            ),
            {"skills": skills},
        )
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("analyze"))


async def _measure(database: Database, due: int) -> None:
    now = datetime.now(UTC).replace(hour=12, minute=55, second=0, microsecond=0)
    rows: list[dict[str, object]] = []
    for user_id in range(1, MEMBERS + 1):
        slot = next_slot(HOURS, UTC_ZONE, user_id, now - timedelta(hours=1))
        rows.append({"id": user_id, "at": slot if user_id <= due else now + timedelta(days=1)})
    async with database.transaction() as session:
        await session.execute(text("truncate nudges, outbox"))
        await session.execute(
            text(
                "update nudge_plans p set next_at = v.at from unnest(cast(:ids as bigint[]), "
                "cast(:times as timestamptz[])) v(id, at) where p.user_id = v.id"
            ),
            {"ids": [row["id"] for row in rows], "times": [row["at"] for row in rows]},
        )
    rows.clear()
    gc.collect()
    queries, process = 0, psutil.Process()
    before = highest = process.memory_info().rss

    def count(*_: object) -> None:
        nonlocal queries, highest
        queries += 1
        highest = max(highest, process.memory_info().rss)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    begin, worked = time.perf_counter(), time.process_time()
    swept = await sweep(database, load_curriculum(), now)
    seconds, own = time.perf_counter() - begin, time.process_time() - worked
    event.remove(engine, "before_cursor_execute", count)
    print(
        f"{due:>6} of {MEMBERS:,} due: {seconds:.3f} s ({own:.3f} s of this process), {queries} queries, "
        f"{swept.sent} nudges written, peak memory +{(highest - before) / 2**20:.1f} MiB"
    )


if __name__ == "__main__":
    asyncio.run(main())
