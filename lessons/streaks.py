"""A streak of weeks in which a member did something, by their own calendar.

Weeks, not days: a course beside a job is done at weekends. The rules, which `/progress` can tell in two sentences:

- A week runs from Monday to Sunday. One active day makes it count; the running week is never held against anyone.
- A week without one is bridged by a freeze, if one is left; the streak neither grows nor ends. Without one, it ends.
- A streak begins with two freezes, a new one as well: whoever comes back starts with everything they had.
- Four active weeks since a freeze was last spent or earned earn one back, up to two.

Days are given as the member's local dates at the time when they were active, so a summer-time change moves nothing,
and a move to another zone rewrites no past. Right after a flight to the west, "today" can lie up to two days before a
day on which they were active; that day still counts.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

FREEZES: Final = 2
WEEKS_FOR_A_FREEZE: Final = 4
_ZONES_APART: Final = timedelta(days=2)
"""UTC+14 and UTC−12 are 26 hours apart, so their dates are up to two days apart."""
_WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Streak:
    """A member's streak."""

    weeks: int
    """Active weeks of the running streak, the running week among them if it has an active day; 0 without a streak."""
    freezes: int
    """Freezes that are left."""
    active_this_week: bool
    longest: int
    """The longest streak so far, the running one among them."""
    weeks_to_freeze: int | None
    """Active weeks until a freeze is earned back; None when both are there."""


def local_day(at: datetime, zone: tzinfo) -> date:
    """The day that it was for a member in ``zone``.

    Raises:
        ValueError: ``at`` has no time zone.
    """
    if at.utcoffset() is None:
        raise ValueError("a time without its zone")
    return at.astimezone(zone).date()


def weekly_streak(active: AbstractSet[date], today: date) -> Streak:
    """The streak of a member who was active on those local dates. Dates after ``today`` plus two days are ignored."""
    active_weeks = {_monday(day) for day in active if day <= today + _ZONES_APART}
    if not active_weeks:
        return Streak(0, FREEZES, False, 0, None)
    this_week = max(_monday(today), *active_weeks)
    weeks, longest, freezes, earning = 0, 0, FREEZES, 0
    week = min(active_weeks)
    while week <= this_week:
        if week in active_weeks:
            if weeks == 0:
                freezes, earning = FREEZES, 0
            weeks += 1
            longest = max(longest, weeks)
            earning = earning + 1 if freezes < FREEZES else 0
            if earning == WEEKS_FOR_A_FREEZE:
                freezes, earning = freezes + 1, 0
        elif week < this_week and weeks > 0:
            if freezes > 0:
                freezes, earning = freezes - 1, 0
            else:
                weeks = 0
        week += _WEEK
    if weeks == 0:
        freezes = FREEZES
    left = WEEKS_FOR_A_FREEZE - earning if freezes < FREEZES else None
    return Streak(weeks, freezes, this_week in active_weeks, longest, left)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
