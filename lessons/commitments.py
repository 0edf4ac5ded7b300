"""A member's own deadline for a topic: the date as people type it, and what may be promised.

A commitment device works because the member chooses it (Patterson 2018: +40 % completion), so a date is never proposed
unasked, moving it is always possible, and a missed one is told without a word of blame.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

FARTHEST: Final = timedelta(days=366)
LONGEST: Final = 40
"""Characters of a date; far more than any needs."""
MONTHS: Final = 12
MORNING: Final = 9
"""Hour, in the member's zone."""
SHORTEST_NAME: Final = 3
"""Letters of a weekday that tell it from the others."""
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_CLEAR: Final = "Write it like 5 Dec, 2026-12-05, friday or in 10 days."


@dataclass(frozen=True, slots=True)
class DateFound:
    """A day that can be promised."""

    day: date


@dataclass(frozen=True, slots=True)
class DateRefused:
    """No day, or none that can be promised: what is the matter and what to type."""

    sentence: str


DateRead: TypeAlias = DateFound | DateRefused


def read_date(typed: str, today: date) -> DateRead:
    """The day that somebody means, on or after ``today``, which is theirs. Never raises.

    A day and month without a year is the next one to come; a weekday is the next of that name, never today.
    """
    plain = " ".join(typed.strip().lower().replace(",", " ").split())
    if len(plain) > LONGEST:
        return DateRefused(f"That is longer than a date. {_CLEAR}")
    found = _relative(plain, today) or _weekday(plain, today) or _named(plain, today) or _numeric(plain, today)
    if found is None:
        return DateRefused(f"I can't read that as a date. {_CLEAR}")
    if isinstance(found, DateRefused):
        return found
    if found < today:
        return DateRefused("That day is over. Choose today or a day to come.")
    if found - today > FARTHEST:
        return DateRefused("That is more than a year away. Choose a nearer day: it can be moved.")
    return DateFound(found)


def _relative(plain: str, today: date) -> date | None:
    if plain in {"today", "tomorrow"}:
        return today + timedelta(days=plain == "tomorrow")
    match = re.fullmatch(r"(?:in )?(a|an|one|[0-9]{1,3}) (day|week|month)s?", plain)
    if match is None:
        return {"next week": today + timedelta(weeks=1)}.get(plain)
    count = 1 if match[1] in {"a", "an", "one"} else int(match[1])
    return today + timedelta(days=count * {"day": 1, "week": 7, "month": 30}[match[2]])


def _weekday(plain: str, today: date) -> date | None:
    name = plain.removeprefix("next ").removeprefix("on ").removesuffix(".")
    if len(name) < SHORTEST_NAME:
        return None
    for number, weekday in enumerate(_WEEKDAYS):
        if weekday.startswith(name):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return None


def _named(plain: str, today: date) -> date | DateRefused | None:
    """With the month as a word: "5 dec", "dec 5", "5. december 2026"."""
    words = re.fullmatch(r"([0-9]{1,2})(?:\.|st|nd|rd|th)? (?:of )?([a-z]{3,9})\.?(?: ([0-9]{4}))?", plain)
    if words is not None:
        number, name, year = words[1], words[2], words[3]
    elif (words := re.fullmatch(r"([a-z]{3,9})\.? ([0-9]{1,2})(?:\.|st|nd|rd|th)?(?: ([0-9]{4}))?", plain)) is not None:
        number, name, year = words[2], words[1], words[3]
    else:
        return None
    month = next((place for place, each in enumerate(_MONTHS, 1) if each.startswith(name)), None)
    return None if month is None else _on(int(number), month, int(year) if year else None, today)


def _numeric(plain: str, today: date) -> date | DateRefused | None:
    """Digits: "2026-12-05" and "5.12." are clear; "5/12" is December in one country and May in another."""
    if (iso := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", plain)) is not None:
        return _on(int(iso[3]), int(iso[2]), int(iso[1]), today)
    if (dots := re.fullmatch(r"([0-9]{1,2})\. ?([0-9]{1,2})\.? ?([0-9]{4})?", plain)) is not None:
        return _on(int(dots[1]), int(dots[2]), int(dots[3]) if dots[3] else None, today)
    slashes = re.fullmatch(r"([0-9]{1,2})[/-]([0-9]{1,2})(?:[/-]([0-9]{4}))?", plain)
    if slashes is None:
        return None
    first, second, year = int(slashes[1]), int(slashes[2]), int(slashes[3]) if slashes[3] else None
    if first == second or max(first, second) > MONTHS >= min(first, second):
        return _on(max(first, second), min(first, second), year, today)
    return DateRefused(f"{plain} is one day in Europe and another in America. {_CLEAR}")


def _on(number: int, month: int, year: int | None, today: date) -> date | DateRefused:
    # Eight years on there is a 29 February in any case.
    years = [year] if year is not None else range(today.year, today.year + 9)
    for each in years:
        try:
            day = date(each, month, number)
        except ValueError:
            continue
        if year is not None or day >= today:
            return day
    return DateRefused(f"There is no such day. {_CLEAR}")


def suggest_dates(today: date, due: date | None) -> tuple[date, ...]:
    """Days to offer, in order: next Friday and its Sunday, a week and two from now, the timeline's own date."""
    friday = today + timedelta(days=(4 - today.weekday() - 1) % 7 + 1)
    offered = {friday, friday + timedelta(days=2), today + timedelta(weeks=1), today + timedelta(weeks=2)}
    if due is not None and today <= due <= today + FARTHEST:
        offered.add(due)
    return tuple(sorted(offered))


def overdue(due_on: date, local: datetime) -> bool:
    """Whether a day has passed without the topic, and it is an hour to tell: from nine on the next morning.

    Args:
        due_on: the promised day, which is the member's whole.
        local: now, in the member's zone.
    """
    return local.date() > due_on + timedelta(days=1) or (local.date() > due_on and local.hour >= MORNING)
