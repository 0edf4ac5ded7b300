"""When a skill comes back."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.reviews import DAILY_CAP, Memory, choose_due, day_start, due_until, retrievability, review

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
AUCKLAND = ZoneInfo("Pacific/Auckland")
DAY = timedelta(days=1)


def learnt(days_ago: float, now: datetime = NOON) -> Memory:
    return review(None, True, now - days_ago * DAY)


def test_the_first_answer_sets_when_it_comes_back() -> None:
    # The first four parameters of FSRS are the first stabilities; an interval at 90 % is the stability, in whole days.
    good, hard, again = review(None, True, NOON), review(None, True, NOON, hinted=True), review(None, False, NOON)
    assert [each.stability for each in (again, hard, good)] == [0.212, 1.2931, 2.3065]
    assert [each.due_at - NOON for each in (again, hard, good)] == [DAY, DAY, 2 * DAY]
    assert good.last_review_at == NOON
    assert good.reviews == 1


def test_a_hint_does_not_help_a_wrong_answer() -> None:
    assert review(None, False, NOON, hinted=True) == review(None, False, NOON)


def test_right_answers_on_time_are_asked_ever_more_rarely_and_after_half_a_year_at_most() -> None:
    memory, waits = review(None, True, NOON), list[timedelta]()
    for _ in range(9):
        waits.append(memory.due_at - memory.last_review_at)
        memory = review(memory, True, memory.due_at)
    assert waits[:5] == sorted(set(waits[:5]))
    assert max(waits) == 180 * DAY
    assert memory.reviews == 10


def test_a_forgotten_skill_comes_back_soon() -> None:
    memory = review(None, True, NOON)
    for _ in range(4):
        memory = review(memory, True, memory.due_at)
    lapsed = review(memory, False, memory.due_at)
    assert lapsed.due_at - lapsed.last_review_at < (memory.due_at - memory.last_review_at) / 4
    assert lapsed.difficulty > memory.difficulty


def test_the_chance_to_remember_is_nine_in_ten_when_it_is_due() -> None:
    memory = review(review(None, True, NOON), True, NOON + 2 * DAY)
    assert retrievability(memory, memory.due_at) == pytest.approx(0.9, abs=0.01)
    assert retrievability(memory, memory.last_review_at) == 1


def test_times_of_any_zone_are_one_time_and_naive_ones_are_refused() -> None:
    here = NOON.astimezone(BERLIN)
    assert review(None, True, here) == review(None, True, NOON)
    assert review(None, True, here).due_at.tzinfo is UTC
    assert review(None, True, NOON.astimezone(timezone(timedelta(0), "other"))) == review(None, True, NOON)
    naive = NOON.replace(tzinfo=None)
    for call in (
        lambda: review(None, True, naive),
        lambda: retrievability(learnt(1), naive),
        lambda: choose_due({"a": learnt(1)}, naive, UTC),
    ):
        with pytest.raises(ValueError, match="zone"):
            call()


def test_a_clock_that_was_set_back_changes_no_past() -> None:
    memory = review(None, True, NOON)
    again = review(memory, True, NOON - 3 * DAY)
    assert again.last_review_at == NOON
    assert again.stability >= memory.stability


def test_what_is_most_at_risk_comes_first() -> None:
    memories = {"fresh": learnt(2), "old": learnt(20), "older": learnt(40), "not due": learnt(0.5)}
    assert choose_due(memories, NOON, BERLIN) == ("older", "old", "fresh")


def test_at_most_five_a_day_those_already_done_among_them() -> None:
    memories = {number: learnt(10 + number) for number in range(12)}
    asked = list[int]()
    for minute in range(12):
        now = NOON + timedelta(minutes=minute)
        for key in choose_due(memories, now, BERLIN, done_today=len(asked))[:1]:
            memories[key] = review(memories[key], True, now)
            asked.append(key)
    assert asked == [11, 10, 9, 8, 7]
    assert len(choose_due(memories, NOON + DAY, BERLIN)) == DAILY_CAP


def test_what_was_learnt_today_takes_no_review_away() -> None:
    memories = {f"new {number}": learnt(0.01) for number in range(9)} | {"old": learnt(9)}
    assert choose_due(memories, NOON, BERLIN) == ("old",)


def test_the_day_is_that_of_the_member() -> None:
    # 12:30 UTC is the next day in Auckland already: what was reviewed in the morning was yesterday's there.
    morning, now = NOON - timedelta(hours=2), NOON + timedelta(minutes=30)
    assert day_start(now, BERLIN) < morning < day_start(now, AUCKLAND) < now
    assert day_start(now, BERLIN) + DAY == due_until(now, BERLIN)


def test_an_evening_s_review_can_be_done_a_little_earlier_the_next_time() -> None:
    evening = datetime(2026, 3, 2, 20, tzinfo=BERLIN)
    memories = {"a": review(None, False, evening)}
    assert choose_due(memories, evening + timedelta(hours=3), BERLIN) == ()
    assert choose_due(memories, datetime(2026, 3, 3, 8, tzinfo=BERLIN), BERLIN) == ("a",)


@pytest.mark.parametrize(("day", "hours"), [(28, 24), (29, 23)])  # summer time begins on 29 March 2026
def test_a_day_ends_at_the_member_s_midnight_in_summer_time_too(day: int, hours: int) -> None:
    start = datetime(2026, 3, day, tzinfo=BERLIN).astimezone(UTC)
    assert due_until(start, BERLIN) - start == timedelta(hours=hours)
    assert due_until(due_until(start, BERLIN) - timedelta(seconds=1), BERLIN) == due_until(start, BERLIN)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0, 400)), min_size=1, max_size=25))
def test_whatever_is_answered_the_next_date_is_one_to_180_days_away(answers: list[tuple[bool, bool, float]]) -> None:
    memory, now = None, NOON
    for right, hinted, days in answers:
        now += days * DAY
        before, memory = memory, review(memory, right, now, hinted)
        assert DAY <= memory.due_at - now <= 180 * DAY
        assert 1 <= memory.difficulty <= 10
        assert memory.stability > 0
        assert 0 < retrievability(memory, now + 1000 * DAY) < retrievability(memory, now) == 1
        wrong = review(before, False, now)
        assert wrong.due_at <= review(before, True, now, hinted=True).due_at <= review(before, True, now).due_at


@given(
    st.dictionaries(st.integers(0, 50), st.tuples(st.floats(0, 90), st.floats(0, 60)), max_size=30),
    st.integers(0, 8),
    st.sampled_from([UTC, BERLIN, AUCKLAND]),
)
def test_what_is_chosen_is_due_and_never_too_much(
    ages: dict[int, tuple[float, float]], cap: int, zone: ZoneInfo
) -> None:
    memories = {key: review(learnt(first + then), True, NOON - then * DAY) for key, (first, then) in ages.items()}
    chosen = choose_due(memories, NOON, zone, cap=cap)
    assert len(set(chosen)) == len(chosen) <= cap
    risks = [retrievability(memories[key], NOON) for key in chosen]
    assert risks == sorted(risks)
    left_out = [memory for key, memory in memories.items() if key not in chosen]
    for memory in map(memories.__getitem__, chosen):
        assert memory.due_at < due_until(NOON, zone)
    if chosen:
        due_left_out = [memory for memory in left_out if memory.due_at < due_until(NOON, zone)]
        assert all(retrievability(memory, NOON) >= risks[-1] for memory in due_left_out)
