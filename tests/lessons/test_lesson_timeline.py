"""The dates that a member gets."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.load import load_curriculum
from lessons.timeline import Pace, Timeline, add_months, due_at, plan, spread, today

CURRICULUM = load_curriculum()
ZONES = sorted(available_timezones() - {"Factory", "localtime"})

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
paces = st.sampled_from(Pace)


def at(pace: Pace, start: date = date(2026, 1, 5)) -> Timeline:
    return plan(CURRICULUM, pace, start)


@pytest.mark.parametrize(
    ("pace", "ends"),
    [
        # 5 January 2026 is a Monday: three weeks end on a Sunday, a month from the 26th on the 25th, and so on
        (Pace.SHORT, [date(2026, 1, 25), date(2026, 2, 25), date(2026, 4, 25), None]),
        (Pace.MIDDLE, [date(2026, 1, 29), date(2026, 3, 14), date(2026, 5, 30), None]),
        (Pace.LONG, [date(2026, 2, 1), date(2026, 4, 1), date(2026, 7, 1), None]),
    ],
)
def test_the_phases_of_a_member_who_starts_on_a_monday_in_january(pace: Pace, ends: list[date | None]) -> None:
    timeline = at(pace)
    assert [phase.end for phase in timeline.phases] == ends
    assert timeline.end == ends[2]
    assert timeline.start == date(2026, 1, 5)


def test_the_first_phase_at_the_short_pace_goes_by_weight() -> None:
    # 21 days over the weights 3, 2, 2
    spans = at(Pace.SHORT).phases[0].topics
    assert [(span.topic_id, span.days) for span in spans] == [
        ("python-math", 9),
        ("neural-networks", 6),
        ("preprocessing", 6),
    ]
    assert [span.due for span in spans] == [date(2026, 1, 13), date(2026, 1, 19), date(2026, 1, 25)]


def test_the_ongoing_phase_is_suggested_at_the_tempo_of_the_phase_before() -> None:
    timeline = at(Pace.SHORT)
    advanced, expert = timeline.phases[2:]
    assert [span.ongoing for span in advanced.topics] == [False] * 4
    assert [span.ongoing for span in expert.topics] == [True] * 4
    before = sum(span.days for span in advanced.topics)  # 26 February to 25 April for a weight of 12
    assert before == 59
    assert sum(span.days for span in expert.topics) == 11 * 59 // 12
    assert expert.end is None


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 3, 10), 12, date(2027, 3, 10)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(start=days, pace=paces)
def test_topics_follow_one_another_without_gaps_and_end_with_their_phase(start: date, pace: Pace) -> None:
    timeline = plan(CURRICULUM, pace, start)
    assert [span.topic_id for span in timeline.topics] == [topic.id for topic in CURRICULUM.topics]
    expected = start
    for phase in timeline.phases:
        assert phase.start == expected
        for span in phase.topics:
            assert span.start == expected
            assert span.due >= span.start
            expected = span.due + timedelta(days=1)
        assert phase.end in {None, phase.topics[-1].due}


@given(start=days)
def test_a_longer_pace_never_asks_for_anything_earlier(start: date) -> None:
    short, middle, long = (plan(CURRICULUM, pace, start).topics for pace in Pace)
    for a, b, c in zip(short, middle, long, strict=True):
        assert a.due <= b.due <= c.due


@given(start=days, pace=paces)
def test_durations_stay_within_what_the_roadmap_suggests(start: date, pace: Pace) -> None:
    lengths = [sum(span.days for span in phase.topics) for phase in plan(CURRICULUM, pace, start).phases]
    assert 21 <= lengths[0] <= 28
    assert 28 <= lengths[1] <= 62
    assert 59 <= lengths[2] <= 92


@given(st.lists(st.integers(1, 100), min_size=1, max_size=30), st.integers(0, 400))
def test_days_are_spread_exactly_and_fairly(weights: list[int], spare: int) -> None:
    total = len(weights) + spare
    parts = spread(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 1
    for (part, weight), (other, heavier) in zip(
        zip(parts, weights, strict=True), zip(parts[1:], weights[1:], strict=True), strict=False
    ):
        assert part >= other if weight >= heavier else part <= other
    if all(total * weight >= sum(weights) for weight in weights):  # nobody's fair share is below a day
        assert all(abs(p - total * w / sum(weights)) < 1 for p, w in zip(parts, weights, strict=True))


@pytest.mark.parametrize(("total", "weights"), [(2, [1, 1, 1]), (5, [1, 0]), (0, [1])])
def test_days_that_cannot_be_spread_are_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="cannot spread"):
        spread(total, weights)


def test_a_topic_is_due_when_its_day_is_over_where_the_member_lives() -> None:
    day = date(2026, 3, 28)  # the clocks in Berlin go forward in the night after
    assert due_at(day, ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert due_at(day + timedelta(days=1), ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert due_at(day, ZoneInfo("Pacific/Kiritimati")) == datetime(2026, 3, 28, 10, tzinfo=UTC)
    assert due_at(day, ZoneInfo("America/Los_Angeles")) == datetime(2026, 3, 29, 7, tzinfo=UTC)


def test_a_day_whose_midnight_is_skipped_ends_when_the_clock_jumps() -> None:
    # In Cairo 24 April 2026 begins at 01:00: midnight is skipped.
    cairo = ZoneInfo("Africa/Cairo")
    end = due_at(date(2026, 4, 23), cairo)
    assert end == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert end.astimezone(cairo).replace(tzinfo=None) == datetime(2026, 4, 24, 1)  # noqa: DTZ001  local wall time


@given(day=days, zone=st.sampled_from(ZONES).map(ZoneInfo))
def test_the_instant_parts_the_day_from_the_next(day: date, zone: ZoneInfo) -> None:
    end = due_at(day, zone)
    assert today(end - timedelta(microseconds=1), zone) <= day < today(end, zone)


@given(
    now=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_today_is_not_yet_due_and_yesterday_is(now: datetime, zone: ZoneInfo) -> None:
    assert due_at(today(now, zone), zone) > now
    assert due_at(today(now, zone) - timedelta(days=1), zone) <= now


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        today(datetime(2026, 1, 1), ZoneInfo("UTC"))  # noqa: DTZ001


def test_spans_are_found_by_id() -> None:
    timeline = at(Pace.LONG)
    assert timeline.topic("cnn") in timeline.phase("core").topics
    with pytest.raises(KeyError):
        timeline.topic("chess")
    with pytest.raises(KeyError):
        timeline.phase("chess")
