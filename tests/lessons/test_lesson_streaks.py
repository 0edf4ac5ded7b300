"""A streak of weeks, and what bridges a gap in it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.streaks import FREEZES, Streak, local_day, weekly_streak

MONDAY = date(2026, 1, 5)
WEEK = timedelta(weeks=1)


def streak(weeks: str, days_later: int = 0) -> Streak:
    """The streak after these weeks, one character each: ``x`` active; the last one is running on its Monday."""
    active = {MONDAY + number * WEEK for number, mark in enumerate(weeks) if mark == "x"}
    return weekly_streak(active, MONDAY + (len(weeks) - 1) * WEEK + timedelta(days=days_later))


def test_who_never_began_has_no_streak_and_both_freezes() -> None:
    assert weekly_streak(frozenset(), MONDAY) == Streak(0, FREEZES, False, 0, None)


@pytest.mark.parametrize(
    ("weeks", "length", "freezes"),
    [
        ("x", 1, 2),
        ("xxx", 3, 2),
        ("xxx.", 3, 2),  # the running week is not over
        ("xx.x", 3, 1),  # bridged
        ("xx..x", 3, 0),
        ("xx..", 2, 1),
        ("xx...", 2, 0),
        ("xx....", 0, 2),  # over; whoever comes back starts with both
        ("xx....x", 1, 2),
        ("x.xxx", 4, 1),
        ("x.xxxx", 5, 2),  # four active weeks earned it back
        ("x..xxxx", 5, 1),
        ("x..xxxxxxxx", 9, 2),
        ("x..xxx.x", 1, 2),  # the third gap finds no freeze: a new streak
    ],
)
def test_freezes_bridge_weeks_and_are_earned_back(weeks: str, length: int, freezes: int) -> None:
    after = streak(weeks)
    assert (after.weeks, after.freezes) == (length, freezes)


def test_it_says_how_far_the_next_freeze_is() -> None:
    assert streak("xx").weeks_to_freeze is None
    assert streak("x.").weeks_to_freeze is None
    assert streak("x.x").weeks_to_freeze == 3
    assert streak("x.xxx").weeks_to_freeze == 1
    assert streak("x.xxx..").weeks_to_freeze == 4


def test_the_longest_streak_is_kept() -> None:
    assert streak("xxxxx....xx").longest == 5
    assert streak("xxxxx....xx").weeks == 2


def test_any_day_of_the_week_counts_and_twice_is_once() -> None:
    for day in range(7):
        assert weekly_streak({MONDAY + timedelta(days=day), MONDAY}, MONDAY + timedelta(days=day)).weeks == 1
    sunday, monday = MONDAY + timedelta(days=6), MONDAY + WEEK
    assert weekly_streak({sunday, monday}, monday).weeks == 2


def test_the_turn_of_a_year_is_a_week_like_any_other() -> None:
    # 2026 has 53 weeks, and its last one ends on 3 January 2027.
    days = {date(2026, 12, 24), date(2027, 1, 1), date(2027, 1, 5)}
    assert weekly_streak(days, date(2027, 1, 5)) == Streak(3, 2, True, 3, None)


def test_a_sunday_night_counts_for_the_week_in_which_it_was_for_the_member() -> None:
    at = datetime(2026, 1, 11, 23, 30, tzinfo=UTC)
    assert local_day(at, ZoneInfo("America/New_York")) == date(2026, 1, 11)
    assert local_day(at, ZoneInfo("Europe/Berlin")) == date(2026, 1, 12)
    with pytest.raises(ValueError, match="zone"):
        local_day(at.replace(tzinfo=None), UTC)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), 28),  # 23:59 in winter time
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), 29),  # 23:59 in summer time, the Sunday of 23 hours
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), 30),
    ],
)
def test_summer_time_moves_midnight_and_no_week(at: datetime, day: int) -> None:
    assert local_day(at, ZoneInfo("Europe/Berlin")) == date(2026, 3, day)


def test_a_flight_over_the_date_line_costs_no_week() -> None:
    # Monday morning on Kiritimati (UTC+14) is still Sunday at UTC−12: the week that has begun stays begun.
    at = datetime(2026, 1, 11, 20, tzinfo=UTC)
    there = local_day(at, ZoneInfo("Pacific/Kiritimati"))
    here = local_day(at + timedelta(minutes=5), ZoneInfo("Etc/GMT+12"))
    assert there == date(2026, 1, 12)
    assert here == date(2026, 1, 11)
    before = weekly_streak({MONDAY, there}, there)
    assert weekly_streak({MONDAY, there}, here) == before == Streak(2, 2, True, 2, None)


def test_dates_far_ahead_are_no_activity() -> None:
    assert weekly_streak({MONDAY, MONDAY + 50 * WEEK}, MONDAY).longest == 1


active_days = st.sets(st.integers(0, 500).map(lambda day: MONDAY + timedelta(days=day)), max_size=60)


@given(active_days, st.integers(0, 600))
def test_every_streak_is_within_its_bounds(active: set[date], days: int) -> None:
    today = MONDAY + timedelta(days=days)
    after = weekly_streak(active, today)
    assert 0 <= after.weeks <= after.longest <= len({day.isocalendar()[:2] for day in active})
    assert 0 <= after.freezes <= FREEZES
    assert (after.weeks_to_freeze is None) == (after.freezes == FREEZES)
    if after.active_this_week:
        assert after.weeks > 0


@given(active_days, st.integers(500, 600))
def test_doing_something_today_never_costs_anything(active: set[date], days: int) -> None:
    today = MONDAY + timedelta(days=days)
    without, after = weekly_streak(active, today), weekly_streak(active | {today}, today)
    assert after.active_this_week
    assert after.weeks == without.weeks + (not without.active_this_week)
    assert after.freezes >= without.freezes
    assert after.longest >= without.longest


@given(active_days, st.integers(500, 599))
def test_within_a_week_waiting_changes_nothing(active: set[date], days: int) -> None:
    today = MONDAY + timedelta(days=days)
    monday = today - timedelta(days=today.weekday())
    past = {day for day in active if day <= monday}
    assert weekly_streak(past, today) == weekly_streak(past, monday)


@given(active_days, st.integers(0, 600), st.integers(-2, 2))
def test_a_move_to_another_zone_keeps_the_longest_streak(active: set[date], days: int, moved: int) -> None:
    today = MONDAY + timedelta(days=days)
    past = {day for day in active if day <= today}
    before, after = weekly_streak(past, today), weekly_streak(past, today + timedelta(days=moved))
    assert after.longest == before.longest
