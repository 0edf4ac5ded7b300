"""When a skill is asked again: FSRS, the forgetting model of Anki, by the package `fsrs`.

A card is one member's memory of one skill. A right answer is Good, a right one after a hint Hard, a wrong one or
"I don't know" Again; Easy is never given, since nobody grades themselves here. The scheduler has no steps of minutes
(a course that is read once a day has no use for them), no fuzz (the same answers give the same dates), and waits half a
year at most.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, TypeVar

from fsrs import Card, Rating, Scheduler, State

DAILY_CAP: Final = 5
"""Reviews a day, those already done among them."""

_SCHEDULER: Final = Scheduler(learning_steps=(), relearning_steps=(), maximum_interval=180, enable_fuzzing=False)
_CARD_ID: Final = 1
"""Never looked at; without one, `Card` sleeps a millisecond to make one up."""

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a member is believed to remember of a skill. Times are in UTC."""

    stability: float
    """Days until the chance to remember has fallen to 90 %."""
    difficulty: float
    """From 1, easy, to 10."""
    last_review_at: datetime
    due_at: datetime
    reviews: int
    """Answers so far, the first among them."""


def review(memory: Memory | None, right: bool, now: datetime, hinted: bool = False) -> Memory:
    """The memory after an answer; ``memory`` is None at the first one.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    at = _utc(now)
    if memory is not None:
        at = max(at, memory.last_review_at)  # a clock that was set back must not make a review of minus one day
    rating = Rating.Again if not right else Rating.Hard if hinted else Rating.Good
    card, _ = _SCHEDULER.review_card(_card(memory, at), rating, at)
    if card.stability is None or card.difficulty is None:
        raise AssertionError("fsrs gives a reviewed card both")
    return Memory(card.stability, card.difficulty, at, card.due, (memory.reviews if memory else 0) + 1)


def retrievability(memory: Memory, now: datetime) -> float:
    """The chance, 0 to 1, that the member still knows it; it changes once a day.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    at = _utc(now)
    return _SCHEDULER.get_card_retrievability(_card(memory, at), at)


def due_until(now: datetime, zone: tzinfo) -> datetime:
    """The end of the member's day, in UTC: whatever is due before it can be asked now.

    A review that was done at nine in the evening is due at nine; who comes at eight should not be sent away.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    tomorrow = _utc(now).astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, zone).astimezone(UTC)


def day_start(now: datetime, zone: tzinfo) -> datetime:
    """The member's last midnight, in UTC: reviews since then are today's.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    return datetime.combine(_utc(now).astimezone(zone).date(), time.min, zone).astimezone(UTC)


def choose_due(
    memories: Mapping[K, Memory], now: datetime, zone: tzinfo, *, done_today: int = 0, cap: int = DAILY_CAP
) -> tuple[K, ...]:
    """The skills to review now: those most at risk of being forgotten first, never more than are left for today.

    How many more would be due is not told to anyone: a backlog makes people leave.

    Args:
        memories: by what is to be returned; those that are not due may be left out.
        now: with its time zone.
        zone: the member's, for the end of their day.
        done_today: reviews answered since their midnight, which count against ``cap``.
        cap: reviews a day.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    until = due_until(now, zone)
    due = [(key, memory) for key, memory in memories.items() if memory.due_at < until]
    due.sort(key=lambda each: (retrievability(each[1], now), each[1].due_at))
    return tuple(key for key, _ in due[: max(0, cap - done_today)])


def reviews_ahead(
    due: Iterable[datetime], now: datetime, zone: tzinfo, *, days: int = 7, cap: int = DAILY_CAP
) -> tuple[tuple[date, int], ...]:
    """How many reviews each of the next days brings, today first, days without any left out.

    What is overdue is today's. More than ``cap`` a day are told as ``cap``: so many are asked.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    today = _utc(now).astimezone(zone).date()
    on = Counter(max(today, at.astimezone(zone).date()) for at in due)
    return tuple((day, min(on[day], cap)) for day in sorted(on) if day < today + timedelta(days=days))


def _card(memory: Memory | None, now: datetime) -> Card:
    if memory is None:
        return Card(card_id=_CARD_ID, due=now)
    return Card(
        card_id=_CARD_ID,
        state=State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due_at,
        last_review=memory.last_review_at,
    )


def _utc(now: datetime) -> datetime:
    if now.utcoffset() is None:
        raise ValueError("a time without its zone")
    return now.astimezone(UTC)  # fsrs takes datetime.timezone.utc itself and no other zone of the same offset
