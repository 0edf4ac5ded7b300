"""Reviews due for 100,000 members × 40 skills: by index, in a real PostgreSQL.

    python -m tests.bench.bench_reviews [--members 100000] [--skills 40]

The rows are spread as after a year: each skill was asked some days ago and is due from three weeks ago to half a year
ahead. What is timed is what `/review` and `/next` ask.
"""

import argparse
import asyncio
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bot.reviewing import to_review
from db.engine import Database
from db.migrate import migrate
from db.server import EmbeddedServer
from db.skills import due_skills
from lessons.load import load_curriculum
from lessons.reviews import due_until
from tests.bench.machine import machine, quantile

FILL_MEMBERS = """
insert into members (user_id, display_name, pace, time_zone, started_on)
select 1000000 + m, 'member ' || m, 'middle', 'Europe/Berlin', date '2026-01-01' from generate_series(1, :members) m
"""
FILL_SKILLS = """
insert into skill_states
  (user_id, skill_id, level, recent, answers, reviewed, stability, difficulty, last_answer_at, due_at)
select 1000000 + m, skill, 2, '11', 3, 1, 5, 5, now() - interval '5 days',
  now() + (random() * 201 - 21) * interval '1 day'
from generate_series(1, :members) m, unnest(cast(:skills as text[])) skill
"""
LOOKS = 2_000


async def bench(members: int, skills: int) -> None:
    """Fill, look, print."""
    curriculum = load_curriculum()
    ids = [skill.id for topic in curriculum.topics for skill in topic.skills][:skills]
    with tempfile.TemporaryDirectory(prefix="wpr") as folder:
        server = EmbeddedServer(Path(folder) / "pg")
        url = server.start()
        try:
            migrate(url)
            async with Database(url) as database:
                await measure(database, members, ids)
        finally:
            server.stop()


async def measure(database: Database, members: int, ids: list[str]) -> None:
    """What it takes, printed as a Markdown table."""
    curriculum, zone, now = load_curriculum(), ZoneInfo("Europe/Berlin"), datetime.now(UTC)
    begun = time.perf_counter()
    async with database.transaction() as session:
        await session.execute(text(FILL_MEMBERS), {"members": members})
        await session.execute(text(FILL_SKILLS), {"members": members, "skills": ids})
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("vacuum analyze skill_states"))
    filled = time.perf_counter() - begun
    dice = random.Random(7)  # noqa: S311 not for secrets
    until = due_until(now, zone)
    queries: list[float] = []
    choices: list[float] = []
    rows = 0
    for _ in range(LOOKS):
        user_id = 1_000_000 + dice.randint(1, members)
        async with database.session() as session:
            begun = time.perf_counter()
            rows += len(await due_skills(session, user_id, until))
            queries.append(time.perf_counter() - begun)
        async with database.session() as session:
            begun = time.perf_counter()
            await to_review(session, curriculum, user_id, zone, now)
            choices.append(time.perf_counter() - begun)
    explain = "explain (format text) select * from skill_states where user_id = 1000007 and due_at < now()"
    async with database.session() as session:
        plan = "\n".join(row[0] for row in await session.execute(text(explain)))
        table = await session.scalar(text("select pg_size_pretty(pg_table_size('skill_states'))"))
        index = await session.scalar(text("select pg_size_pretty(pg_indexes_size('skill_states'))"))
    if "ix_skill_states_user_id_due_at" not in plan:
        raise RuntimeError(f"not by index:\n{plan}")
    print(machine())
    print(f"{members * len(ids):,} rows filled and analysed in {filled:.0f} s; table {table}, indexes {index}\n")
    print("| what, of one member | p50 | p99 |\n|---|---|---|")
    print(f"| query by index, {rows / LOOKS:.1f} rows due | {show(queries)} |")
    print(f"| the same with what to ask now, by FSRS | {show(choices)} |")
    print(f"\n{plan}")


def show(times: list[float]) -> str:
    """Two cells."""
    return f"{quantile(times, 0.5) * 1e3:.2f} ms | {quantile(times, 0.99) * 1e3:.2f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--skills", type=int, default=40)
    wish = parser.parse_args()
    asyncio.run(bench(wish.members, wish.skills))
