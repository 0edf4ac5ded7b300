"""A server's digest comes once a week at its hour, whatever the clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lessons.digest_times import next_due, still_worth_it, week_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]).map(ZoneInfo)
TIMES = st.integers(0, 5000 * 86_400).map(lambda seconds: datetime(2018, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


@given(st.integers(0, 6), st.integers(0, 23), ZONES, TIMES)
def test_it_is_due_on_its_weekday_and_never_twice_in_a_week(
    weekday: int, hour: int, zone: ZoneInfo, after: datetime
) -> None:
    first = next_due(weekday, hour, zone, after)
    second = next_due(weekday, hour, zone, first)
    assert first > after
    assert first.astimezone(zone).weekday() == weekday
    assert week_of(second, zone) - week_of(first, zone) == timedelta(weeks=1)


def test_the_hour_that_is_left_out_is_the_one_after_it_and_of_two_it_is_the_first() -> None:
    spring = next_due(6, 2, BERLIN, datetime(2026, 3, 28, tzinfo=UTC))
    assert spring == datetime(2026, 3, 29, 1, tzinfo=UTC)
    autumn = next_due(6, 2, BERLIN, datetime(2026, 10, 24, tzinfo=UTC))
    assert autumn == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_what_was_missed_comes_once_and_not_right_before_the_next() -> None:
    due = datetime(2026, 11, 23, 8, tzinfo=UTC)
    following = due + timedelta(weeks=1)
    assert still_worth_it(due, following, due + timedelta(hours=1))
    assert still_worth_it(due, following, due + timedelta(days=4))
    assert not still_worth_it(due, following, due + timedelta(days=6))
