"""When a member may be nudged, and about what. Pure.

A nudge is only ever what somebody asked for: off until they press a button, at their hour, on their days, outside
their quiet hours, at most once a day. What goes unanswered comes less often and then not at all; any command by the
member starts it all over.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

A_WEEK: Final = 3
"""Nudges in any seven days at the most."""
WEEKLY_AFTER: Final = 3
"""Nudges in a row without a word from the member, after which one comes a week."""
REST_AFTER: Final = 5
"""The same, after which one last note comes and then nothing."""
LATEST: Final = timedelta(hours=2)
"""So late after its time a nudge may still go out; a later one is left out."""
SPREAD_MINUTES: Final = 50
"""The nudges of an hour are spread over so many of its minutes."""
EVERY_DAY: Final = frozenset(range(7))
_QUARTER: Final = timedelta(minutes=15)
"""Every zone's offset is some of these, so quiet hours begin on one."""
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_LOOK_AHEAD: Final = 15
"""Days: a clock change can take away one day of a week, never two in a row."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a member wants to be nudged, in their own time.

    Attributes:
        hour: 0 to 23.
        days: Weekdays, 0 is Monday.
        quiet_from: The hour with which the quiet hours begin.
        quiet_to: The hour with which they end; the same as `quiet_from` for none.
    """

    hour: int = 18
    days: frozenset[int] = EVERY_DAY
    quiet_from: int = 21
    quiet_to: int = 9

    def quiet_at(self, hour: int) -> bool:
        """Whether that hour of the day is a quiet one."""
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to


def next_slot(hours: Hours, zone: ZoneInfo, user_id: int, after: datetime) -> datetime | None:
    """The next time for a nudge, later than `after`, in UTC; `None` if the quiet hours leave none.

    There is one on each chosen local date: an hour that comes twice counts the first time, one that a clock change
    leaves out begins with the first minute after it.
    """
    local = after.astimezone(zone).date()
    for ahead in range(-1, _LOOK_AHEAD):
        day = local + timedelta(days=ahead)
        if day.weekday() not in hours.days:
            continue
        slot = _slot_on(hours, zone, user_id, day)
        if slot > after and not hours.quiet_at(slot.astimezone(zone).hour):
            return slot
    return None


def latest_at(hours: Hours, zone: ZoneInfo, now: datetime) -> datetime:
    """How long a nudge of now may wait for Discord: `LATEST`, and never into the quiet hours. In UTC."""
    end = now + LATEST
    at = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) + _QUARTER
    while at < end:
        if hours.quiet_at(at.astimezone(zone).hour):
            return at
        at += _QUARTER
    return end


def is_slot(hours: Hours, zone: ZoneInfo, user_id: int, at: datetime) -> bool:
    """Whether `at` is one of the member's times, as their hours and zone are now."""
    return next_slot(hours, zone, user_id, at - timedelta(seconds=1)) == at


def _slot_on(hours: Hours, zone: ZoneInfo, user_id: int, day: date) -> datetime:
    minutes = _share(user_id, "minute") * SPREAD_MINUTES
    # With fold 0, an hour that a clock change leaves out is read with the offset before it: the hour after the gap.
    begin = datetime.combine(day, time(hours.hour), tzinfo=zone).astimezone(UTC)
    return begin + timedelta(minutes=int(minutes))


def in_holdout(user_id: int, share: float) -> bool:
    """Whether chance puts the member into the group that gets none, so that the others can be compared with it."""
    return _share(user_id, "holdout") < share


def _share(user_id: int, what: str) -> float:
    """A number from 0 up to 1 that is always the same for a member."""
    digest = hashlib.blake2b(f"{what}:{user_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


@dataclass(frozen=True, slots=True)
class TopicDay:
    """The suggested day of the member's current topic is near, or has just passed."""

    topic: str
    due_on: date
    days_left: int


@dataclass(frozen=True, slots=True)
class Reviews:
    """Questions to look at again."""

    count: int


@dataclass(frozen=True, slots=True)
class OwnDate:
    """A day that the member set for themselves."""

    topic: str
    due_on: date
    days_left: int


@dataclass(frozen=True, slots=True)
class OpenQuiz:
    """Questions that were begun and not ended."""

    about: str
    topic_id: str | None
    left: int


@dataclass(frozen=True, slots=True)
class RunDone:
    """A run that ended well since the member was last here."""

    run_id: int
    project: str


Matter: TypeAlias = TopicDay | Reviews | OwnDate | OpenQuiz | RunDone
TOPIC_AHEAD: Final = 2
"""Days before a topic's suggested day from which it is told."""
TOPIC_BEHIND: Final = 7
"""Days after it: then it is not said again."""
OWN_AHEAD: Final = 3
"""Days before a date of their own."""
OWN_BEHIND: Final = 7
"""Days after it, so that whoever gets one a week hears of it too."""
_ORDER: Final = (RunDone, OpenQuiz, OwnDate, Reviews, TopicDay)
"""What takes least to do now comes first, and is what the button opens."""


def in_order(matters: Sequence[Matter]) -> tuple[Matter, ...]:
    """As a nudge tells them."""
    return tuple(sorted(matters, key=lambda matter: _ORDER.index(type(matter))))


@dataclass(frozen=True, slots=True)
class History:
    """What a member got, and whether it was heard.

    Attributes:
        days: Local dates of the nudges of the last seven days.
        unheard: Nudges in a row that no command followed, the last one among them.
        fewer: They asked for fewer: one a week.
    """

    days: tuple[date, ...] = ()
    unheard: int = 0
    fewer: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """A nudge about these."""

    matters: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class SayGoodbye:
    """The last note; nothing comes after it until the member does something."""


@dataclass(frozen=True, slots=True)
class StayQuiet:
    """Nothing now."""


Decision: TypeAlias = Send | SayGoodbye | StayQuiet


def decide(history: History, today: date, matters: Sequence[Matter]) -> Decision:
    """What to do at one of the member's times.

    Args:
        history: of the member.
        today: their local date.
        matters: all that is due; with nothing due nothing is said.
    """
    recent = [day for day in history.days if day > today - _WEEK]
    if today in recent or any(day > today for day in recent):
        return StayQuiet()
    if history.unheard and today - _DAY in recent:
        return StayQuiet()  # a day in between: three in a row and then four days of nothing helps nobody
    weekly = history.fewer or history.unheard >= WEEKLY_AFTER
    if len(recent) >= (1 if weekly else A_WEEK):
        return StayQuiet()
    if history.unheard >= REST_AFTER:
        return SayGoodbye()
    return Send(in_order(matters)) if matters else StayQuiet()


def rest_of_days(zone: ZoneInfo, now: datetime, days: int) -> datetime:
    """The member's midnight so many days from today, in UTC: a snooze ends with it, whatever the time of the press."""
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def bits(days: frozenset[int]) -> int:
    """Weekdays as they are stored: a bit each, the lowest is Monday."""
    return sum(1 << day for day in days)


def weekdays(stored: int) -> frozenset[int]:
    """The weekdays that were stored."""
    return frozenset(day for day in range(7) if stored >> day & 1)
