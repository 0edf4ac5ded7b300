"""When a server's weekly digest is due. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

TOO_NEAR: Final = timedelta(days=2)
"""A digest that was missed is left to the next one if that is so near."""
RANK_BEFORE: Final = timedelta(hours=1)
"""So long before it is due the papers are ranked for it."""
WAIT_FOR_RANKING: Final = timedelta(minutes=30)
"""So long after its hour a digest waits for a ranking that has not come."""


def next_due(weekday: int, hour: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The next hour of that weekday, later than `after`, in UTC.

    An hour that a clock change leaves out is the one after it; of one that comes twice it is the first.
    """
    day = after.astimezone(zone).date()
    for ahead in range(9):
        there = day + timedelta(days=ahead)
        due = datetime.combine(there, time(hour), tzinfo=zone).astimezone(UTC)
        if there.weekday() == weekday and due > after:
            return due
    raise AssertionError("nine days hold every weekday")


def week_of(now: datetime, zone: ZoneInfo) -> date:
    """The Monday of the server's week."""
    day = now.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def still_worth_it(due: datetime, following: datetime, now: datetime) -> bool:
    """Whether a digest that was due is sent now: in time always, late only if the following one is not near.

    However many weeks were missed, this is one digest.
    """
    return now - due <= timedelta(hours=6) or following - now > TOO_NEAR
