"""Whoever asked gets a nudge when something is due: one, in time, and nothing else."""

import asyncio
import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from bot.delivery import Delivery
from bot.nudging import Swept, sweep
from bot.playground import seed
from bot.playground.models import User
from db import nudges
from db.engine import Database
from db.learning_tables import Commitment, SkillState
from db.members import enrol
from db.nudge_stats import groups, still_in_window
from db.nudge_sweep import claim_due
from db.tables import TopicProgress
from lessons.load import load_curriculum
from lessons.nudge_stats import Group
from lessons.nudges import Hours, rest_of_days
from tests.bot.test_delivery import deliver
from tests.bot.town import AIKO, CHANNEL, MARA, NADIA, TOMAS, Town
from tests.runs import at, sql

CURRICULUM = load_curriculum()
UTC_ZONE = ZoneInfo("UTC")
ANY_HOUR = Hours(hour=0, quiet_from=0, quiet_to=0)


def midnight(days: int = 1) -> datetime:
    """The start of a day to come: real time is before it, so nothing that is sent then is too late."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


async def ask(
    database: Database,
    *people: User,
    hours: Hours = ANY_HOUR,
    channel_id: int | None = None,
    by_dm: bool = True,
    held_out: bool = False,
) -> None:
    """Members on their first day who ask for nudges, the first of which comes after the next midnight."""
    past_todays = max(at(), midnight(0) + timedelta(hours=1))
    for person in people:
        async with database.transaction() as session:
            await enrol(
                session,
                user_id=person.id,
                display_name=person.display,
                pace="middle",
                time_zone="UTC",
                started_on=at().date(),
            )
            await session.flush()
            await nudges.turn_on(session, person.id, UTC_ZONE, at(), held_out=held_out)
            await nudges.change(
                session, person.id, UTC_ZONE, past_todays, hours=hours, by_dm=by_dm, channel_id=channel_id
            )
        async with database.transaction() as session:
            session.add_all(due_skill(person.id, number) for number in range(3))


def due_skill(user_id: int, number: int) -> SkillState:
    """A skill that is to be reviewed since yesterday."""
    skills = [skill.id for topic in CURRICULUM.topics for skill in topic.skills]
    return SkillState(
        user_id=user_id,
        skill_id=skills[number],
        level=1,
        answers=1,
        stability=1.0,
        difficulty=5.0,
        last_answer_at=at() - timedelta(days=9),
        due_at=at() - timedelta(days=1),
    )


async def swept(database: Database, moment: datetime) -> Swept:
    return await sweep(database, CURRICULUM, moment)


async def test_one_message_holds_everything_that_is_due_and_its_buttons(town: Town) -> None:
    await ask(town.database, TOMAS)
    async with town.database.transaction() as session:
        session.add(Commitment(user_id=TOMAS.id, topic_id="cnn", due_on=midnight(2).date(), channel_id=1))
    assert await swept(town.database, midnight() + timedelta(hours=1)) == Swept(1, 1)
    await deliver(Delivery(await town.log_in()))
    (said,) = town.whispered(TOMAS.id)
    assert "3 questions to review, about 2 minutes." in said
    assert "Your own date for **" in said
    assert "is tomorrow." in said


async def test_an_own_date_is_told_before_and_after_it_and_two_in_a_row_begin_otherwise(town: Town) -> None:
    await ask(town.database, TOMAS)
    due = midnight(3).date()
    async with town.database.transaction() as session:
        await session.execute(delete(SkillState))
        topic = CURRICULUM.topics[0]
        session.add(Commitment(user_id=TOMAS.id, topic_id=topic.id, due_on=due, channel_id=CHANNEL))
    said: list[str] = []
    for days in range(1, 9):
        async with town.database.transaction() as session:
            await nudges.note_heard(session, TOMAS.id, midnight(days))
        await swept(town.database, midnight(days) + timedelta(hours=1))
        said = [str(row[0]) for row in await sql(town.database, "select about->'lines' from nudges order by day")]
    own = [re.search(r"own date for \*\*.+?\*\* ([^.]+)\.", each) for each in said]
    when = f"{due:%a} {due.day} {due:%b}"
    after = f"was {when}; `/commit` sets another"
    assert [found[1] for found in own if found] == [f"is {when}", "is tomorrow", "is today", after]
    assert all(a.partition(",")[0] != b.partition(",")[0] for a, b in itertools.pairwise(said))


async def test_an_own_date_that_has_passed_is_said_once_with_how_to_set_another(town: Town) -> None:
    await ask(town.database, TOMAS)
    async with town.database.transaction() as session:
        yesterday = midnight(0).date()
        topic = CURRICULUM.topics[0]
        session.add(Commitment(user_id=TOMAS.id, topic_id=topic.id, due_on=yesterday, channel_id=CHANNEL))
    for days in (1, 2):
        async with town.database.transaction() as session:
            await nudges.note_heard(session, TOMAS.id, midnight(days))
        await swept(town.database, midnight(days) + timedelta(hours=1))
    await deliver(Delivery(await town.log_in()))
    first, second = town.whispered(TOMAS.id)
    assert "was yesterday; `/commit` sets another." in first
    assert "own date" not in second


async def test_two_processes_that_sweep_at_once_send_one_each(town: Town) -> None:
    await ask(town.database, TOMAS, AIKO, NADIA)
    moment = midnight() + timedelta(hours=1)
    found = await asyncio.gather(*(swept(town.database, moment) for _ in range(4)))
    assert sum(each.sent for each in found) == 3
    assert (await swept(town.database, moment + timedelta(minutes=1))).sent == 0


async def test_a_process_that_dies_in_the_middle_of_a_sweep_leaves_everything_to_the_next(town: Town) -> None:
    await ask(town.database, TOMAS)
    moment = midnight() + timedelta(hours=1)

    async def dies() -> None:
        async with town.database.transaction() as session:
            assert len(await claim_due(session, moment, limit=10)) == 1
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await dies()
    assert (await swept(town.database, moment)).sent == 1


async def test_after_eight_hours_of_sleep_nobody_gets_a_stale_one(town: Town) -> None:
    await ask(town.database, TOMAS)
    assert await swept(town.database, midnight() + timedelta(hours=8)) == Swept(1, 0)
    assert (await swept(town.database, midnight(2) + timedelta(hours=1))).sent == 1


async def test_a_clock_that_jumps_ahead_and_back_sends_no_second_one(town: Town) -> None:
    await ask(town.database, TOMAS)
    assert (await swept(town.database, midnight(4) + timedelta(minutes=50))).sent == 0, "days late"
    assert (await swept(town.database, midnight(5) + timedelta(minutes=50))).sent == 1
    await sql(town.database, "update nudge_plans set next_at = '2020-01-01Z'")
    assert (await swept(town.database, midnight(1) + timedelta(minutes=55))).sent == 0, "no time of theirs"
    assert (await swept(town.database, midnight(2) + timedelta(minutes=55))).sent == 0, "the clock was ahead"
    assert (await swept(town.database, midnight(5) + timedelta(minutes=55))).sent == 0


async def test_nothing_due_is_nothing_said_and_a_held_out_member_hears_nothing(town: Town) -> None:
    await ask(town.database, TOMAS)
    await sql(town.database, "delete from skill_states")
    await ask(town.database, AIKO, held_out=True)
    assert await swept(town.database, midnight() + timedelta(hours=1)) == Swept(1, 0)


async def test_a_zone_that_is_gone_from_the_database_of_zones_stops_nobodys_nudge(town: Town) -> None:
    await ask(town.database, TOMAS, AIKO)
    await sql(town.database, "update members set time_zone = 'Pluto/Charon' where user_id = :id", id=TOMAS.id)
    assert (await swept(town.database, midnight() + timedelta(hours=1))).sent == 2


async def test_closed_dms_are_noted_and_tried_again_only_after_the_next_command(town: Town) -> None:
    await ask(town.database, AIKO)
    town.ground.world.set_dms(AIKO.id, is_open=False)
    delivery = Delivery(await town.log_in())
    assert (await swept(town.database, midnight() + timedelta(hours=1))).sent == 1
    await deliver(delivery)
    for days in (2, 3):
        assert (await swept(town.database, midnight(days) + timedelta(hours=1))).sent == 0
    town.ground.world.set_dms(AIKO.id, is_open=True)
    async with town.database.transaction() as session:
        await nudges.note_heard(session, AIKO.id, midnight(4) + timedelta(hours=9))
    await swept(town.database, midnight(4) + timedelta(hours=10))
    assert (await swept(town.database, midnight(5) + timedelta(hours=1))).sent == 1
    await deliver(delivery)
    assert len(town.whispered(AIKO.id)) == 1


async def test_who_chose_a_channel_for_closed_dms_is_mentioned_there(town: Town) -> None:
    await ask(town.database, AIKO, channel_id=CHANNEL)
    town.ground.world.set_dms(AIKO.id, is_open=False)
    delivery = Delivery(await town.log_in())
    await swept(town.database, midnight() + timedelta(hours=1))
    await deliver(delivery)
    assert [text.startswith(f"<@{AIKO.id}>") for text in town.posted()] == [True]
    for days in (2, 3):
        await swept(town.database, midnight(days) + timedelta(hours=1))
    await deliver(delivery)
    assert len(town.posted()) == 2, "the channel at once, no DM is tried"
    assert town.whispered(AIKO.id) == []


async def test_when_the_channel_is_gone_they_get_dms_again_and_the_organiser_hears_of_it_once(town: Town) -> None:
    async with town.database.transaction() as session:
        await nudges.allow_nudges(session, CHANNEL, seed.GUILD_ID, MARA.id, allowed=True)
    await ask(town.database, TOMAS, AIKO, channel_id=CHANNEL, by_dm=False)
    town.ground.world.drop(town.ground.world.channel(CHANNEL))
    delivery = Delivery(await town.connect())
    await swept(town.database, midnight() + timedelta(hours=1))
    await deliver(delivery)
    for person in (TOMAS, AIKO):
        (said,) = town.whispered(person.id)
        assert "3 questions to review" in said
        assert f"<@{person.id}>" not in said
    (note,) = town.whispered(MARA.id)
    assert f"I can't post in <#{CHANNEL}>" in note
    assert "nudges go to their members by DM" in note
    assert await sql(town.database, "select channel_id, by_dm from nudge_plans") == [(None, True)] * 2


async def test_with_both_dm_and_channel_closed_a_dm_is_tried_once_and_then_not_before_their_next_command(
    town: Town,
) -> None:
    await ask(town.database, AIKO, channel_id=CHANNEL)
    town.ground.world.set_dms(AIKO.id, is_open=False)
    town.ground.world.drop(town.ground.world.channel(CHANNEL))
    await swept(town.database, midnight() + timedelta(hours=1))
    await deliver(Delivery(await town.log_in()))
    tries = [each for each in town.ground.world.exchanges if each.method == "POST" and each.status == 403]
    assert len(tries) == 1
    assert (await town.outbox())[0][3], "given up"
    assert (await swept(town.database, midnight(2) + timedelta(hours=1))).sent == 0


async def test_what_could_not_be_sent_in_its_hour_is_not_sent_at_all(town: Town) -> None:
    await ask(town.database, TOMAS)
    await swept(town.database, midnight() + timedelta(hours=1))
    await sql(town.database, 'update outbox set payload = payload || \'{"expires_at": "2020-01-01T00:00:00+00:00"}\'')
    await deliver(Delivery(await town.log_in()))
    assert town.whispered(TOMAS.id) == []
    assert (await town.outbox())[0][1:4] == (1, False, True)
    assert await sql(town.database, "select unheard from nudge_plans") == [(0,)], "what nobody saw is not ignored"


async def test_a_snooze_a_stop_and_other_hours_hold_at_once(town: Town) -> None:
    await ask(town.database, TOMAS, AIKO, NADIA)
    async with town.database.transaction() as session:
        await nudges.pause(session, TOMAS.id, UTC_ZONE, at(), rest_of_days(UTC_ZONE, at(), 3))
        await nudges.turn_off(session, AIKO.id, at())
        later = Hours(hour=12, quiet_from=0, quiet_to=0)
        await nudges.change(session, NADIA.id, UTC_ZONE, at(), hours=later, by_dm=True, channel_id=None)
    assert (await swept(town.database, midnight() + timedelta(hours=1))).sent == 0
    assert (await swept(town.database, midnight() + timedelta(hours=13))).sent == 1
    assert (await swept(town.database, midnight(3) + timedelta(hours=1))).sent == 1


async def test_silence_makes_them_rare_then_ends_them_and_a_command_starts_them_again(town: Town) -> None:
    await ask(town.database, TOMAS)
    sent = [day for day in range(1, 60) if (await swept(town.database, midnight(day) + timedelta(hours=1))).sent]
    assert sent == [1, 3, 5, 12, 19, 26]
    assert await sql(town.database, "select resting_since is not null, next_at from nudge_plans") == [(True, None)]
    await deliver(Delivery(await town.log_in()))
    assert "I'll stop writing now" in town.whispered(TOMAS.id)[-1]
    async with town.database.transaction() as session:
        await nudges.note_heard(session, TOMAS.id, midnight(60) + timedelta(hours=9))
    assert (await swept(town.database, midnight(60) + timedelta(hours=10))).sent == 0
    assert (await swept(town.database, midnight(61) + timedelta(hours=1))).sent == 1


async def test_the_groups_are_compared_once_their_window_is_over(town: Town) -> None:
    await ask(town.database, TOMAS, AIKO)
    await ask(town.database, NADIA, held_out=True)
    async with town.database.transaction() as session:
        session.add(TopicProgress(user_id=TOMAS.id, topic_id="cnn", done_at=at() + timedelta(days=1)))
    async with town.database.session() as session:
        assert await groups(session, at()) == (Group(0, 0), Group(0, 0))
        assert await still_in_window(session, at()) == 3
        assert await groups(session, at() + timedelta(days=29)) == (Group(2, 1), Group(1, 0))
