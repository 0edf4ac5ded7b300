"""Members and their topics: nothing that happened is overwritten, no time is without a zone."""

import asyncio
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from db import members
from db.engine import Database
from lessons.progress import Stamp, TopicRecord
from lessons.timeline import Pace
from tests.runs import at, sql

FIRST_DAY = date(2026, 3, 2)


async def enrol(database: Database, pace: str = "middle", zone: str = "Europe/Berlin", day: date = FIRST_DAY) -> bool:
    async with database.transaction() as session:
        return await members.enrol(session, user_id=7, display_name="Alice", pace=pace, time_zone=zone, started_on=day)


async def record_of(database: Database, topic_id: str) -> TopicRecord:
    async with database.session() as session:
        enrolment = await members.load_enrolment(session, 7)
    assert enrolment is not None
    return enrolment.record(topic_id)


async def test_starting_again_changes_pace_and_zone_and_keeps_day_one(database: Database) -> None:
    assert await enrol(database) is True
    assert await enrol(database, "long", "America/Lima", date(2026, 5, 5)) is False
    async with database.session() as session:
        again = await members.load_enrolment(session, 7)
    assert again is not None
    assert (again.pace, again.zone.key, again.started_on) == (Pace.LONG, "America/Lima", FIRST_DAY)


async def test_two_first_presses_at_once_make_one_member(database: Database) -> None:
    async with database.transaction() as first:
        await members.enrol(first, user_id=7, display_name="Alice", pace="short", time_zone="UTC", started_on=FIRST_DAY)
        second = asyncio.create_task(enrol(database, "long", "America/Lima", date(2026, 9, 9)))
        await asyncio.sleep(0.2)
        assert not second.done()  # it waits for the first, which nobody else can see yet
    await second
    rows = await sql(database, "select pace, time_zone, started_on from members")
    assert rows == [("long", "America/Lima", FIRST_DAY)]


async def test_nobody_is_a_member_before_start(database: Database) -> None:
    async with database.session() as session:
        assert await members.load_enrolment(session, 7) is None


async def test_a_second_press_does_not_move_the_time_of_the_first(database: Database) -> None:
    await enrol(database)
    first, second = at(-3600), at()
    for moment in (first, second):
        async with database.transaction() as session:
            await members.stamp_topics(session, 7, [Stamp("cnn", "read_at", moment)])
    assert (await record_of(database, "cnn")).read_at == first


async def test_stamps_of_one_topic_stand_side_by_side(database: Database) -> None:
    await enrol(database)
    read, trained = at(-60), at()
    async with database.transaction() as session:
        await members.stamp_topics(session, 7, [Stamp("cnn", "read_at", read), Stamp("rnn", "opened_at", read)])
        await members.stamp_topics(session, 7, [Stamp("cnn", "project_run_at", trained)])
    assert await record_of(database, "cnn") == TopicRecord("cnn", read_at=read, project_run_at=trained)
    assert await record_of(database, "rnn") == TopicRecord("rnn", opened_at=read)


async def test_a_topic_taken_back_is_no_longer_set_aside_and_keeps_the_rest(database: Database) -> None:
    await enrol(database)
    moment = at()
    async with database.transaction() as session:
        await members.stamp_topics(session, 7, [Stamp("rnn", "opened_at", moment), Stamp("rnn", "skipped_at", moment)])
    async with database.transaction() as session:
        await members.clear_skip(session, 7, "rnn")
    assert await record_of(database, "rnn") == TopicRecord("rnn", opened_at=moment)


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    await enrol(database)
    naive = datetime(2026, 3, 2, 12, 0)  # noqa: DTZ001 - the very thing that must not get in
    with pytest.raises(StatementError, match="naive datetime"):
        async with database.transaction() as session:
            await members.stamp_topics(session, 7, [Stamp("cnn", "read_at", naive)])
    assert await sql(database, "select * from topic_progress") == []


async def test_times_come_back_in_utc_whatever_zone_they_were_given_in(database: Database) -> None:
    await enrol(database)
    in_lima = datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=-5)))
    async with database.transaction() as session:
        await members.stamp_topics(session, 7, [Stamp("cnn", "read_at", in_lima)])
    read = (await record_of(database, "cnn")).read_at
    assert read == in_lima
    assert read.utcoffset() == timedelta(0)
