"""Active days are those of the member's own calendar."""

from datetime import UTC, date, datetime

import pytest

from db.activity import active_days, note_active, note_active_at
from db.engine import Database
from db.members import enrol

LATE = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # in Berlin it is the 29th, the day that summer time begins


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("America/Lima", date(2026, 3, 28)),
        ("Pacific/Auckland", date(2026, 3, 29)),
    ],
)
async def test_a_moment_is_a_day_of_the_member_s_zone(database: Database, zone: str, day: date) -> None:
    async with database.transaction() as session:
        await enrol(session, user_id=7, display_name="A", pace="middle", time_zone=zone, started_on=date(2026, 1, 1))
    async with database.transaction() as session:
        await note_active_at(session, 7, LATE)
        await note_active_at(session, 7, LATE)
        await note_active(session, 7, day)
    async with database.session() as session:
        assert await active_days(session, 7) == {day}


async def test_who_is_no_member_has_no_days(database: Database) -> None:
    async with database.transaction() as session:
        await note_active_at(session, 7, LATE)
    async with database.session() as session:
        assert await active_days(session, 7) == frozenset()
