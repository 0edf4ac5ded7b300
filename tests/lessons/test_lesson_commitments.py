"""Dates as people type them, and when a promised day has passed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.commitments import FARTHEST, DateFound, DateRefused, overdue, read_date, suggest_dates

TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", date(2026, 11, 24)),
        ("Tomorrow", date(2026, 11, 25)),
        ("in 10 days", date(2026, 12, 4)),
        ("10 days", date(2026, 12, 4)),
        ("in a week", date(2026, 12, 1)),
        ("2 weeks", date(2026, 12, 8)),
        ("next week", date(2026, 12, 1)),
        ("friday", date(2026, 11, 27)),
        ("next fri", date(2026, 11, 27)),
        ("tue", date(2026, 12, 1)),  # the next one, not today
        ("5 dec", date(2026, 12, 5)),
        ("5 December 2026", date(2026, 12, 5)),
        ("dec 5th", date(2026, 12, 5)),
        ("5th of December", date(2026, 12, 5)),
        ("3 mar", date(2027, 3, 3)),  # the one to come
        ("2026-12-05", date(2026, 12, 5)),
        ("5.12.", date(2026, 12, 5)),
        ("5.12.2026", date(2026, 12, 5)),
        ("25/12", date(2026, 12, 25)),
        ("12/25", date(2026, 12, 25)),
        ("12/12", date(2026, 12, 12)),
    ],
)
def test_dates_are_read_as_people_type_them(typed: str, day: date) -> None:
    assert read_date(typed, TODAY) == DateFound(day)
    assert read_date(f"  {typed.upper()} ", TODAY) == DateFound(day)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("5/12", "one day in Europe and another in America"),
        ("2026-11-23", "That day is over"),
        ("1.1.2020", "That day is over"),
        ("2028-01-01", "more than a year away"),
        ("31 feb", "There is no such day"),
        ("30.2.", "There is no such day"),
        ("soon", "I can't read that as a date"),
        ("", "I can't read that as a date"),
        ("🤖", "I can't read that as a date"),
        ("1e999", "I can't read that as a date"),
        ("in 0 x days", "I can't read that as a date"),
        ("9" * 4000, "longer than a date"),
        ("0/0", "There is no such day"),
    ],
)
def test_what_cannot_be_promised_is_told_in_a_sentence(typed: str, words: str) -> None:
    read = read_date(typed, TODAY)
    assert isinstance(read, DateRefused)
    assert words in read.sentence
    assert read.sentence.endswith(".")


@given(st.text(max_size=60), st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_whatever_is_typed_a_found_day_lies_ahead_and_within_a_year(typed: str, today: date) -> None:
    match read_date(typed, today):
        case DateFound(day):
            assert today <= day <= today + FARTHEST
        case DateRefused(sentence):
            assert sentence
            assert "@" not in sentence or "@" in typed


@given(st.dates(date(2020, 1, 1), date(2100, 1, 1)), st.integers(0, 366))
def test_every_day_ahead_can_be_typed_in_full(today: date, ahead: int) -> None:
    day = today + timedelta(days=ahead)
    for typed in (day.isoformat(), f"{day.day}.{day.month}.{day.year}", f"{day.day} {day:%b} {day.year}"):
        assert read_date(typed, today) == DateFound(day)


@given(st.dates(date(2020, 1, 1), date(2100, 1, 1)), st.none() | st.dates(date(2019, 1, 1), date(2101, 1, 1)))
def test_suggested_days_lie_ahead_in_order_and_once_each(today: date, due: date | None) -> None:
    offered = suggest_dates(today, due)
    assert list(offered) == sorted(set(offered))
    assert all(today <= day <= today + FARTHEST for day in offered)
    assert any(day.weekday() == 4 for day in offered)
    if due is not None and today <= due <= today + FARTHEST:
        assert due in offered


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Niue", "America/New_York"])
def test_a_day_is_the_members_whole_and_is_told_about_in_the_morning(zone: str) -> None:
    day = date(2026, 3, 28)  # summer time begins in Berlin on the next one
    local = ZoneInfo(zone)

    def at(plus: int, hour: int, minute: int = 0) -> bool:
        on = day + timedelta(days=plus)
        return overdue(day, datetime(on.year, on.month, on.day, hour, minute, tzinfo=local))

    assert [at(0, 23, 59), at(1, 0), at(1, 8, 59)] == [False] * 3
    assert [at(1, 9), at(1, 23), at(2, 0), at(60, 3)] == [True] * 4
