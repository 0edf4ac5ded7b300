"""When arXiv is asked: on weekdays from 00:20 at its own clock, six times at most, and missed days are made up for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lessons.paper_feed import (
    FeedState,
    announces,
    feed_day,
    is_silent,
    missed_days,
    poll_due,
    silent_days,
    submitted_between,
)

EASTERN = ZoneInfo("America/New_York")
TUESDAY = date(2026, 10, 13)
KNOWN = FeedState(since=date(2026, 9, 1), succeeded_on=TUESDAY - timedelta(days=1))


def eastern(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=EASTERN).astimezone(UTC)


def tries_of(day: date, state: FeedState) -> list[str]:
    """The times at arXiv at which the feed would be asked, if nothing ever came, looked at every minute."""
    times: list[str] = []
    moment, end = eastern(day, 0), eastern(day + timedelta(days=1), 0)
    while moment < end:
        if poll_due(state, moment):
            times.append(f"{moment.astimezone(EASTERN):%H:%M}")
            tries = state.tries + 1 if state.tried_on == day else 1
            state = FeedState(state.since, state.succeeded_on, day, tries, moment)
        moment += timedelta(minutes=1)
    return times


def test_a_silent_day_is_tried_six_times_ever_later() -> None:
    assert tries_of(TUESDAY, KNOWN) == ["00:20", "00:40", "01:20", "03:20", "06:20", "10:20"]


@pytest.mark.parametrize("day", [date(2026, 10, 17), date(2026, 10, 18)])
def test_nobody_is_asked_on_a_weekend(day: date) -> None:
    assert tries_of(day, KNOWN) == []


def test_after_a_success_the_day_is_done() -> None:
    assert tries_of(TUESDAY, FeedState(KNOWN.since, succeeded_on=TUESDAY)) == []


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2026, 11, 2), date(2026, 3, 6), date(2026, 10, 30)])
def test_the_hour_is_that_of_new_york_in_summer_and_in_winter(day: date) -> None:
    assert tries_of(day, KNOWN)[0] == "00:20"


def test_a_machine_that_slept_tries_at_once_and_then_not_faster_than_every_twenty_minutes() -> None:
    at = eastern(TUESDAY, 15)
    assert poll_due(KNOWN, at)
    tried = FeedState(KNOWN.since, KNOWN.succeeded_on, TUESDAY, 1, at)
    assert not poll_due(tried, at + timedelta(minutes=19))
    assert poll_due(tried, at + timedelta(minutes=20))


def test_the_day_is_arxivs_not_ours() -> None:
    assert feed_day(datetime(2026, 10, 13, 3, 59, tzinfo=UTC)) == date(2026, 10, 12)


def test_missed_weekdays_are_known_up_to_a_week_back() -> None:
    assert missed_days(KNOWN, TUESDAY) == ()
    over_a_weekend = FeedState(KNOWN.since, succeeded_on=date(2026, 10, 8))
    assert missed_days(over_a_weekend, TUESDAY) == (date(2026, 10, 9), date(2026, 10, 12))
    long_ago = FeedState(KNOWN.since, succeeded_on=date(2026, 8, 1))
    assert missed_days(long_ago, TUESDAY)[0] == date(2026, 10, 6)
    assert len(missed_days(FeedState(since=TUESDAY), TUESDAY)) == 5, "a new server gets the week before"


def test_a_gap_is_asked_for_by_when_papers_were_submitted() -> None:
    begin, end = submitted_between((date(2026, 10, 12), date(2026, 10, 12)))
    # Monday's feed holds what came from Thursday 14:00 to Friday 14:00.
    assert begin <= eastern(date(2026, 10, 8), 14)
    assert end >= eastern(date(2026, 10, 9), 14)


def test_the_operator_is_told_after_two_silent_weekdays() -> None:
    state = FeedState(since=date(2026, 9, 1), succeeded_on=date(2026, 10, 6))
    assert not is_silent(state, eastern(date(2026, 10, 8), 12)), "Thursday may still bring something"
    assert is_silent(state, eastern(date(2026, 10, 9), 0))
    used_up = FeedState(state.since, state.succeeded_on, date(2026, 10, 8), 6, eastern(date(2026, 10, 8), 10))
    assert is_silent(used_up, eastern(date(2026, 10, 8), 12))


def test_a_weekend_and_holidays_are_no_silence() -> None:
    friday = FeedState(since=date(2026, 9, 1), succeeded_on=date(2026, 10, 9))
    assert silent_days(friday, eastern(date(2026, 10, 13), 0)) == 1, "Monday alone"
    before_thanksgiving = FeedState(since=date(2026, 9, 1), succeeded_on=date(2026, 11, 25))
    assert not is_silent(before_thanksgiving, eastern(date(2026, 11, 30), 12))
    christmas = FeedState(since=date(2026, 9, 1), succeeded_on=date(2026, 12, 24))
    assert not is_silent(christmas, eastern(date(2027, 1, 4), 0))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 12, 31), False),  # a captured feed of that day is empty
        (date(2024, 3, 26), True),
        (date(2026, 4, 27), True),
        (date(2026, 1, 1), False),
        (date(2026, 5, 25), False),
        (date(2026, 11, 26), False),
        (date(2026, 10, 17), False),
    ],
)
def test_days_with_and_without_announcements(day: date, expected: bool) -> None:
    assert announces(day) is expected
