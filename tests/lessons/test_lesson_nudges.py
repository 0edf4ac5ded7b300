"""Nudges come at the hour that a member chose, seldom enough, and never about nothing."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.nudge_stats import Group, difference, wilson
from lessons.nudges import (
    A_WEEK,
    EVERY_DAY,
    LATEST,
    SPREAD_MINUTES,
    History,
    Hours,
    Matter,
    Reviews,
    RunDone,
    SayGoodbye,
    Send,
    StayQuiet,
    TopicDay,
    bits,
    decide,
    in_holdout,
    is_slot,
    latest_at,
    next_slot,
    rest_of_days,
    weekdays,
)

BERLIN = ZoneInfo("Europe/Berlin")
DUE: tuple[Matter, ...] = (Reviews(3),)
TODAY = date(2026, 11, 24)

zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]
)
times = st.integers(0, 15 * 365 * 86_400).map(
    lambda seconds: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
all_hours = st.builds(
    Hours,
    st.integers(0, 23),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 23),
    st.integers(0, 23),
)


def slots(hours: Hours, zone: ZoneInfo, after: datetime, count: int, user_id: int = 7) -> list[datetime]:
    found: list[datetime] = []
    while len(found) < count:
        slot = next_slot(hours, zone, user_id, found[-1] if found else after)
        assert slot is not None
        found.append(slot)
    return found


@given(all_hours, zones, times, st.integers(1, 2**63))
def test_a_time_is_on_a_chosen_day_out_of_the_quiet_hours_and_one_a_day(
    hours: Hours, name: str, after: datetime, user_id: int
) -> None:
    zone = ZoneInfo(name)
    first = next_slot(hours, zone, user_id, after)
    if first is None:
        assert hours.quiet_at(hours.hour)
        return
    assert first > after
    local = first.astimezone(zone)
    assert local.weekday() in hours.days
    assert not hours.quiet_at(local.hour)
    assert is_slot(hours, zone, user_id, first)
    assert not is_slot(hours, zone, user_id, first + timedelta(minutes=1))
    second = next_slot(hours, zone, user_id, first)
    assert second is None or second.astimezone(zone).date() > local.date()


@given(all_hours, zones, times)
def test_a_nudge_may_wait_for_discord_for_two_hours_but_never_into_the_quiet_ones(
    hours: Hours, name: str, after: datetime
) -> None:
    zone = ZoneInfo(name)
    sent = next_slot(hours, zone, 7, after)
    if sent is None:
        return
    end = latest_at(hours, zone, sent)
    assert sent < end <= sent + LATEST
    minutes = int((end - sent).total_seconds()) // 60
    assert not any(hours.quiet_at((sent + timedelta(minutes=n)).astimezone(zone).hour) for n in range(minutes))
    assert end == sent + LATEST or hours.quiet_at(end.astimezone(zone).hour)


def test_an_hour_that_a_clock_change_leaves_out_begins_right_after_it() -> None:
    hours = Hours(hour=2, quiet_from=0, quiet_to=0)
    found = slots(hours, BERLIN, datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    assert [slot.astimezone(BERLIN).date().day for slot in found] == [28, 29, 30]
    assert [slot.astimezone(BERLIN).hour for slot in found] == [2, 3, 2]


def test_an_hour_that_comes_twice_counts_the_first_time() -> None:
    hours = Hours(hour=2, quiet_from=0, quiet_to=0)
    found = slots(hours, BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert [slot.astimezone(BERLIN).date().day for slot in found] == [25, 26]
    assert found[0].astimezone(BERLIN).utcoffset() == timedelta(hours=2)
    assert found[1] - found[0] == timedelta(hours=25)


def test_an_hour_that_would_be_pushed_into_the_quiet_ones_is_left_out_that_day() -> None:
    hours = Hours(hour=2, quiet_from=3, quiet_to=9)
    found = slots(hours, BERLIN, datetime(2026, 3, 27, 12, tzinfo=UTC), 2)
    assert [slot.astimezone(BERLIN).date().day for slot in found] == [28, 30]


def test_the_members_of_an_hour_are_spread_over_it() -> None:
    after = datetime(2026, 11, 24, tzinfo=UTC)
    minutes = [slots(Hours(), BERLIN, after, 1, user_id=user_id)[0].minute for user_id in range(5000)]
    assert set(minutes) == set(range(SPREAD_MINUTES))
    assert max(minutes.count(minute) for minute in range(SPREAD_MINUTES)) < 200


def test_a_snooze_ends_with_the_members_midnight() -> None:
    assert rest_of_days(BERLIN, datetime(2026, 10, 24, 21, tzinfo=UTC), 1) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert rest_of_days(BERLIN, datetime(2026, 10, 24, 21, tzinfo=UTC), 3) == datetime(2026, 10, 26, 23, tzinfo=UTC)


@given(st.frozensets(st.integers(0, 6)))
def test_weekdays_are_stored_and_found_again(days: frozenset[int]) -> None:
    assert weekdays(bits(days)) == days
    assert weekdays(127) == EVERY_DAY


def test_nothing_due_nothing_said() -> None:
    assert decide(History(), TODAY, ()) == StayQuiet()


def test_what_takes_least_comes_first() -> None:
    matters = (TopicDay("CNNs", TODAY, 0), Reviews(2), RunDone(3, "cnn"))
    assert decide(History(), TODAY, matters) == Send((RunDone(3, "cnn"), Reviews(2), TopicDay("CNNs", TODAY, 0)))


@given(st.lists(st.booleans(), min_size=1, max_size=120), st.booleans(), st.integers(0, 6))
def test_never_more_than_three_in_seven_days_and_one_a_day(due: list[bool], fewer: bool, unheard: int) -> None:
    days: list[date] = []
    for ahead, is_due in enumerate(due):
        today = TODAY + timedelta(days=ahead)
        for _ in range(2):  # asked twice a day, as two processes might
            match decide(History(tuple(days[-8:]), min(unheard, 4), fewer), today, DUE if is_due else ()):
                case Send():
                    days.append(today)
                case SayGoodbye() | StayQuiet():
                    pass
    assert len(days) == len(set(days))
    cap = 1 if fewer or unheard >= 3 else A_WEEK
    assert all(sum(day <= other < day + timedelta(days=7) for other in days) <= cap for day in days)


def test_three_unheard_make_it_weekly_and_two_more_end_it_with_one_note() -> None:
    sent: list[tuple[int, str]] = []
    days: list[date] = []
    for ahead in range(60):
        today = TODAY + timedelta(days=ahead)
        match decide(History(tuple(days[-8:]), len(days)), today, DUE):
            case Send():
                days.append(today)
                sent.append((ahead, "nudge"))
            case SayGoodbye():
                sent.append((ahead, "last"))
                break
            case StayQuiet():
                pass
    assert sent == [(0, "nudge"), (2, "nudge"), (4, "nudge"), (11, "nudge"), (18, "nudge"), (25, "last")]


def test_one_in_ten_is_held_out_always_the_same_and_nobody_at_zero() -> None:
    drawn = [user_id for user_id in range(20_000) if in_holdout(user_id, 0.1)]
    assert 1800 < len(drawn) < 2200
    assert all(in_holdout(user_id, 0.1) for user_id in drawn[:50])
    assert not any(in_holdout(user_id, 0.0) for user_id in range(1000))


def test_the_interval_is_that_of_the_paper() -> None:
    # Newcombe 1998, table II, example (a): 56/70 against 48/80, method 10.
    found = difference(Group(70, 56), Group(80, 48))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.clear
    assert difference(Group(0, 0), Group(3, 1)) is None
    with pytest.raises(ValueError, match="empty"):
        wilson(Group(0, 0))
