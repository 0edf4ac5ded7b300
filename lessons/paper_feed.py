"""When arXiv's feed is asked for: pure rules on times that come in as arguments.

arXiv makes its feeds anew once a day at 00:00 US Eastern, from Monday to Friday. What a feed says about its own date
is the time at which it was served, so a day counts as done when something came that was not there before, never
because of a date. A day without anything new is asked for again, later and later, six times at most.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EASTERN: Final = ZoneInfo("America/New_York")
FIRST_TRY: Final = time(0, 20)
MAX_TRIES: Final = 6
GAP_DAYS: Final = 7
"""How far back missed days are made up for."""
SILENT_DAYS: Final = 2
"""After so many weekdays without anything new, somebody should have a look."""

_AFTER_FIRST: Final = tuple(timedelta(minutes=minutes) for minutes in (0, 20, 60, 180, 360, 600))
"""When each try of a day is due, counted from the first."""
_APART: Final = timedelta(minutes=20)
"""Between two tries, also when the machine was off at the proper times."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known about a feed. Days are those of the US East coast.

    Attributes:
        since: The day on which this deployment began to follow it.
        succeeded_on: The last day on which something unseen came.
        tried_on: The last day on which it was asked for …
        tries: … and how often on that day.
        last_try_at: When that was.
    """

    since: date
    succeeded_on: date | None = None
    tried_on: date | None = None
    tries: int = 0
    last_try_at: datetime | None = None


def feed_day(now: datetime) -> date:
    """The date at arXiv."""
    return now.astimezone(EASTERN).date()


def poll_due(state: FeedState, now: datetime) -> bool:
    """Whether the feed is to be asked for now."""
    day = feed_day(now)
    if day.weekday() >= 5 or state.succeeded_on == day:
        return False
    tries = state.tries if state.tried_on == day else 0
    if tries >= MAX_TRIES:
        return False
    # Added in UTC: on a day of 23 or 25 hours, an hour later is an hour later.
    due = datetime.combine(day, FIRST_TRY, EASTERN).astimezone(UTC) + _AFTER_FIRST[tries]
    if state.last_try_at is not None:
        due = max(due, state.last_try_at + _APART)
    return now >= due


def missed_days(state: FeedState, today: date) -> tuple[date, ...]:
    """The announcement days before `today` that brought nothing, oldest first, within `GAP_DAYS`.

    For a feed that never brought anything they are all days of the week before: a new server need not wait a week
    for its first digest.
    """
    earliest = today - timedelta(days=GAP_DAYS)
    first = earliest if state.succeeded_on is None else max(earliest, state.succeeded_on + timedelta(days=1))
    days = (first + timedelta(days=n) for n in range((today - first).days))
    return tuple(day for day in days if announces(day))


def submitted_between(missed: tuple[date, date]) -> tuple[datetime, datetime]:
    """When the papers of missed announcement days, first and last, were submitted: from and to, generously, in UTC.

    An announcement holds what came in until 14:00 on the weekday before, and Monday's what came since Thursday;
    moderation holds some up for longer.
    """
    begin = datetime.combine(missed[0] - timedelta(days=5), time(14), EASTERN)
    end = datetime.combine(missed[-1], time(0), EASTERN)
    return begin.astimezone(UTC), end.astimezone(UTC)


def silent_days(state: FeedState, now: datetime) -> int:
    """Announcement days since the last success that are over, or whose tries are used up, without anything new."""
    today = feed_day(now)
    last = state.succeeded_on or state.since - timedelta(days=1)
    over = sum(announces(last + timedelta(days=n)) for n in range(1, (today - last).days))
    used_up = state.tried_on == today and state.tries >= MAX_TRIES and announces(today) and last < today
    return over + used_up


def is_silent(state: FeedState, now: datetime) -> bool:
    """Whether the operator should be told."""
    return silent_days(state, now) >= SILENT_DAYS


def announces(day: date) -> bool:
    """Whether a feed with something in it is to be expected on that day."""
    return day.weekday() < 5 and not _holiday(day)


def _holiday(day: date) -> bool:
    # arXiv skips the evening of a holiday, so the feed of the morning after is the empty one; some of its own
    # holidays are announced late and differ by a day. Both days count: who is told a day later has lost little.
    return any(each in _days_off(each.year) for each in (day, day - timedelta(days=1)))


def _days_off(year: int) -> frozenset[date]:
    """Those that arXiv has kept in past years: US holidays, and the days between Christmas and New Year."""
    thanksgiving = _nth(year, 11, weekday=3, n=4)
    end_of_year = {date(year, 12, day) for day in range(24, 32)}
    return frozenset(
        {
            date(year, 1, 1),
            _nth(year, 1, weekday=0, n=3),
            _nth(year, 6, weekday=0, n=1) - timedelta(days=7),  # Memorial Day: the last Monday of May
            date(year, 6, 19),
            date(year, 7, 4),
            _nth(year, 9, weekday=0, n=1),
            thanksgiving,
            thanksgiving + timedelta(days=1),
        }
        | end_of_year
    )


def _nth(year: int, month: int, *, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
