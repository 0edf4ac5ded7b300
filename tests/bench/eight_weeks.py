"""Fifty members through eight simulated weeks: `make weeks` writes every message that anybody got into a file to read.

The bot is the real one, in a process of its own, and sends what the sweeps write to the playground. The sweeps run
here, every ten simulated minutes and two at a time, through the clock changes of March and April; once everything
sleeps for eight hours, and once the clock jumps three days ahead and back. The members answer, or don't, each in
their own way. At the end the promises are checked on what arrived.
"""

import asyncio
import random
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.nudging import sweep
from bot.playground import seed
from bot.playground.components import text_of
from bot.playground.models import Member, User
from db import nudges
from db.engine import Database
from db.learning_tables import Commitment, QuizQuestionRow, QuizRow, SkillState
from db.members import enrol
from db.nudge_tables import NudgeRow
from db.tables import Run, TopicProgress
from lessons.load import load_curriculum
from lessons.nudges import EVERY_DAY, LATEST, Hours, in_holdout, rest_of_days
from tests.e2e.rig import Rig, running

BEGIN = datetime(2027, 3, 1, tzinfo=UTC)
WEEKS = 8
STEP = timedelta(minutes=10)
SLEEP = (BEGIN + timedelta(days=17, hours=6), BEGIN + timedelta(days=17, hours=14))
JUMP = BEGIN + timedelta(days=30, hours=12)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo", "Europe/London")
WAYS = (
    "answers at once",
    "answers at once",
    "comes at weekends",
    "comes at weekends",
    "never answers",
    "answers every third",
    "snoozes three days",
    "asks for fewer",
    "stops after three",
    "is away for four weeks",
)
CURRICULUM = load_curriculum()
SKILLS = [skill.id for topic in CURRICULUM.topics for skill in topic.skills]


@dataclass
class Somebody:
    """A member, and how they are."""

    user: User
    zone: ZoneInfo
    hours: Hours
    way: str
    place: str
    got: int = 0
    topics: int = 0
    answers_at: datetime | None = None
    seen: set[date] = field(default_factory=set[date])


async def live(folder: Path) -> None:
    """Run it all; raises AssertionError where a promise was broken."""
    chance = random.Random(5)  # noqa: S311 - nothing secret
    async with running(rate_limits=False) as rig:
        people = [_somebody(rig, number, chance) for number in range(50)]
        await rig.start("bot")
        for each in people:
            await _joins(rig.database, each, chance)
        now, jumped = BEGIN, False
        while now < BEGIN + timedelta(weeks=WEEKS):
            if not SLEEP[0] <= now < SLEEP[1]:
                await asyncio.gather(*(sweep(rig.database, CURRICULUM, now) for _ in range(2)))
            if now >= JUMP and not jumped:
                await sweep(rig.database, CURRICULUM, now + timedelta(days=3))
                jumped = True
            await _react(rig.database, people, now, chance)
            now += STEP
        await _delivered(rig.database)
        lines = await _read_all(rig, people)
    (folder / "eight-weeks.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(lines[0])


def _somebody(rig: Rig, number: int, chance: random.Random) -> Somebody:
    user = User(
        id=seed.USERS[-1].id + 1000 + number,
        username=f"member{number:02}",
        display=f"Member {number:02}",
        avatar=seed.picture_hash("member", number),
        colour=0x4F6BED,
    )
    rig.playground.world.keep(user)
    rig.playground.world.keep(Member(id=user.id, roles=(), joined_at=BEGIN.isoformat()))
    days = EVERY_DAY if number % 3 else frozenset(chance.sample(range(7), 3))
    place = (
        "channel" if number % 10 == 3 else "closed, channel" if number % 10 == 5 else "closed" if number == 17 else "dm"
    )
    if place.startswith("closed"):
        rig.playground.world.set_dms(user.id, is_open=False)
    hours = Hours(hour=chance.choice((9, 12, 17, 18, 19, 20)), days=days)
    way = WAYS[(number + number // 10) % len(WAYS)]
    return Somebody(user, ZoneInfo(ZONES[number % len(ZONES)]), hours, way, place)


async def _joins(database: Database, who: Somebody, chance: random.Random) -> None:
    channel = seed.CHANNELS[1].id
    async with database.transaction() as session:
        await enrol(
            session,
            user_id=who.user.id,
            display_name=who.user.display,
            pace=chance.choice(("short", "middle", "long")),
            time_zone=who.zone.key,
            started_on=BEGIN.astimezone(who.zone).date(),
        )
        await nudges.allow_nudges(session, channel, seed.GUILD_ID, seed.OWNER_ID, allowed=True)
        await session.flush()
        await nudges.turn_on(session, who.user.id, who.zone, BEGIN, held_out=in_holdout(who.user.id, 0.1))
        await nudges.change(
            session,
            who.user.id,
            who.zone,
            BEGIN,
            hours=who.hours,
            by_dm=who.place != "channel",
            channel_id=channel if "channel" in who.place else None,
        )
        for skill in SKILLS[: chance.randrange(3, 12)]:
            session.add(_skill(who, skill, BEGIN + timedelta(days=chance.randrange(2, 30))))
        session.add(
            Commitment(
                user_id=who.user.id,
                topic_id=CURRICULUM.topics[chance.randrange(1, 4)].id,
                due_on=(BEGIN + timedelta(days=chance.randrange(5, 40))).date(),
                channel_id=channel,
            )
        )


def _skill(who: Somebody, skill: str, due_at: datetime) -> SkillState:
    return SkillState(
        user_id=who.user.id,
        skill_id=skill,
        level=1,
        answers=1,
        stability=3.0,
        difficulty=5.0,
        last_answer_at=BEGIN,
        due_at=due_at,
    )


async def _react(database: Database, people: list[Somebody], now: datetime, chance: random.Random) -> None:
    """Members see what came, and do what they do."""
    async with database.session() as session:
        rows = await session.execute(
            select(NudgeRow.user_id, NudgeRow.day).where(NudgeRow.sent_at > now - STEP, NudgeRow.sent_at <= now)
        )
        fresh = {row.user_id: row.day for row in rows}
    for who in people:
        if (day := fresh.get(who.user.id)) is not None and day not in who.seen:
            who.seen.add(day)
            who.got += 1
            await _answers(database, who, now)
        local = now.astimezone(who.zone)
        at_home = not (who.way == "is away for four weeks" and timedelta(weeks=1) < now - BEGIN < timedelta(weeks=5))
        weekend = who.way in {"comes at weekends", "is away for four weeks"} and local.weekday() == 5
        if at_home and weekend and (local.hour, local.minute // 10) == (11, 0):
            await _studies(database, who, now, chance)
        if who.answers_at is not None and now >= who.answers_at:
            who.answers_at = None
            await _studies(database, who, now, chance)


async def _answers(database: Database, who: Somebody, now: datetime) -> None:
    async with database.transaction() as session:
        match who.way:
            case "answers at once":
                who.answers_at = now + timedelta(minutes=30)
            case "answers every third" if who.got % 3 == 0:
                who.answers_at = now + timedelta(hours=2)
            case "snoozes three days":
                await nudges.note_heard(session, who.user.id, now)
                await nudges.pause(session, who.user.id, who.zone, now, rest_of_days(who.zone, now, 3))
            case "asks for fewer" if who.got == 2:
                await nudges.note_heard(session, who.user.id, now)
                await nudges.ask_for_fewer(session, who.user.id)
            case "stops after three" if who.got == 3:
                await nudges.turn_off(session, who.user.id, now)
            case _:
                pass


async def _studies(database: Database, who: Somebody, now: datetime, chance: random.Random) -> None:
    """An evening: some reviews, now and then a topic, a run, a quiz that is left in the middle."""
    async with database.transaction() as session:
        await nudges.note_heard(session, who.user.id, now)
        await session.execute(
            update(SkillState)
            .where(SkillState.user_id == who.user.id, SkillState.due_at < now)
            .values(due_at=now + timedelta(days=chance.randrange(2, 15)))
        )
        match chance.randrange(5):
            case 0 if who.topics < 6:
                topic = CURRICULUM.topics[who.topics].id
                session.add(TopicProgress(user_id=who.user.id, topic_id=topic, opened_at=BEGIN, done_at=now))
                await session.execute(
                    update(Commitment)
                    .where(Commitment.user_id == who.user.id, Commitment.topic_id == topic)
                    .values(met_at=now)
                )
                who.topics += 1
            case 1:
                session.add(
                    Run(
                        user_id=who.user.id,
                        user_name=who.user.display,
                        channel_id=seed.CHANNELS[2].id,
                        project="cnn",
                        preset="quick",
                        dataset="digits",
                        seed=1,
                        options={},
                        state="succeeded",
                        finished_at=now + timedelta(hours=1),
                    )
                )
            case 2:
                await _leaves_a_quiz(session, who, now)
            case _:
                pass


async def _leaves_a_quiz(session: AsyncSession, who: Somebody, now: datetime) -> None:
    topic = CURRICULUM.topics[who.topics]
    await session.execute(update(QuizRow).where(QuizRow.user_id == who.user.id).values(ended_at=now))
    quiz = QuizRow(user_id=who.user.id, kind="topic", topic_id=topic.id, started_at=now)
    session.add(quiz)
    await session.flush()
    for place in range(1, 7):
        session.add(
            QuizQuestionRow(
                quiz_id=quiz.id,
                place=place,
                user_id=who.user.id,
                skill_id=topic.skills[0].id,
                item_id="x",
                seed=place,
                asked_at=now,
                answered_at=now if place < 3 else None,
            )
        )


async def _delivered(database: Database) -> None:
    async with asyncio.timeout(300):
        while True:
            async with database.session() as session:
                waiting = await session.scalar(
                    text("select count(*) from outbox where sent_at is null and failed_at is null")
                )
            if not waiting:
                return
            await asyncio.sleep(0.5)


async def _read_all(rig: Rig, people: list[Somebody]) -> list[str]:
    """Every message as it stands in the playground, in the order of the simulated days; checks the promises."""
    arrived: dict[int, str] = {
        message.id: text_of(message.wire["components"])
        for kept in rig.playground.world.messages.values()
        for message in kept.values()
        if message.author_id == seed.BOT_ID
    }
    async with rig.database.session() as session:
        rows = (
            await session.execute(
                text(
                    "select n.user_id, n.day, n.sent_at, o.message_id, o.channel_id, o.last_error from nudges n "
                    "join outbox o on o.key = concat_ws(chr(58), 'nudge', n.user_id, n.day) order by n.sent_at"
                )
            )
        ).all()
    by_id = {who.user.id: who for who in people}
    days: dict[int, list[date]] = defaultdict(list)
    lines: list[str] = []
    for user_id, day, sent_at, message_id, channel_id, error in rows:
        who = by_id[user_id]
        local = sent_at.astimezone(who.zone)
        assert local.date() == day
        assert day not in days[user_id], "two on a day"
        assert local.weekday() in who.hours.days
        late = local.hour - who.hours.hour
        troubled = SLEEP[0] <= sent_at - LATEST <= SLEEP[1] or sent_at == JUMP + timedelta(days=3)
        assert late == 0 or (0 < late <= 2 and troubled), f"{local}: {who.hours}"
        assert not who.hours.quiet_at(local.hour)
        days[user_id].append(day)
        where = "never sent" if message_id is None else "channel" if channel_id is not None else "DM"
        said = arrived.pop(message_id, "") if message_id is not None else f"({error})"
        lines += [f"--- {local:%a %d %b %Y %H:%M} {who.zone.key} · {who.user.display}, {who.way} · {where}", said, ""]
    for user_id, got in days.items():
        for day in got:
            assert sum(day <= other < day + timedelta(days=7) for other in got) <= 3, f"{user_id} had over three"
    held_out = [who for who in people if in_holdout(who.user.id, 0.1)]
    assert not any(who.user.id in days for who in held_out)
    ways: Counter[str] = Counter(dict.fromkeys(WAYS, 0))
    for user_id, got in days.items():
        ways[by_id[user_id].way] += len(got)
    busiest = max(len(got) for got in days.values())
    head = (
        f"{len(people)} members, {WEEKS} weeks from {BEGIN:%d %B %Y}: {len(rows)} nudges, at most {busiest} to one "
        f"member, {len(held_out)} members held out. {dict(ways)}"
    )
    return [head, "", *lines]


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs")))
