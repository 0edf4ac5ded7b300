"""When each topic is suggested to be done: the roadmap's durations, spread over its topics.

The rules, all on the member's local dates:

- A phase starts on the day after the one before it ends; the first starts on the member's first day.
- **Weeks** are 7 days. A **month** is a calendar month: a phase of one month that starts on 10 March ends on
  9 April, and one that starts on 31 January ends on 27 February, since "31 February" is clipped to the 28th.
- The **short** pace takes the short end of each duration, the **long** pace the long end. The **middle** pace
  ends half-way in days between the two, the odd day given to the member.
- Within a phase the days are spread by the topics' weights. Every topic has at least one day, the spans
  follow one another without gaps, and the last one is due on the day the phase ends.
- An **ongoing** phase has no end. Its topics are suggested at the tempo of the phase before: as many days for
  one unit of weight as there, rounded down. Past the last of them there is no date at all.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lessons.curriculum import Curriculum
from lessons.model import Duration, DurationUnit, Phase, Topic


class Pace(StrEnum):
    """Which end of the suggested durations a member plans with."""

    SHORT = "short"
    MIDDLE = "middle"
    LONG = "long"


@dataclass(frozen=True)
class TopicSpan:
    """The days suggested for one topic, both ends included."""

    topic_id: str
    start: date
    due: date
    ongoing: bool
    """Whether these are mere suggestions, because the topic's phase has no end."""

    @property
    def days(self) -> int:
        """At least 1."""
        return (self.due - self.start).days + 1


@dataclass(frozen=True)
class PhaseSpan:
    """The days suggested for one phase."""

    phase_id: str
    start: date
    end: date | None
    """The last day; None for an ongoing phase."""
    topics: tuple[TopicSpan, ...]


@dataclass(frozen=True)
class Timeline:
    """A member's plan. The phases and their topics stand in the order of the curriculum."""

    pace: Pace
    phases: tuple[PhaseSpan, ...]

    @property
    def start(self) -> date:
        """The first day."""
        return self.phases[0].start

    @property
    def end(self) -> date | None:
        """The last day of the last phase that has an end."""
        ends = [phase.end for phase in self.phases if phase.end is not None]
        return ends[-1] if ends else None

    @property
    def topics(self) -> tuple[TopicSpan, ...]:
        """Every topic's span, in order."""
        return tuple(span for phase in self.phases for span in phase.topics)

    def topic(self, topic_id: str) -> TopicSpan:
        """The span of that topic. Raises KeyError where the curriculum had none of that id."""
        for span in self.topics:
            if span.topic_id == topic_id:
                return span
        raise KeyError(topic_id)

    def phase(self, phase_id: str) -> PhaseSpan:
        """The span of that phase. Raises KeyError where the curriculum had none of that id."""
        for span in self.phases:
            if span.phase_id == phase_id:
                return span
        raise KeyError(phase_id)


def plan(curriculum: Curriculum, pace: Pace, start: date) -> Timeline:
    """The timeline of a member whose first day is ``start``, a local date."""
    phases: list[PhaseSpan] = []
    days_each_weight = (0, 1)  # of the phase before, as a fraction; the loader refuses an ongoing first phase
    for phase in curriculum.phases:
        topics = curriculum.topics_in(phase.id)
        weight = sum(topic.weight for topic in topics)
        if phase.duration is None:
            days = max(len(topics), weight * days_each_weight[0] // days_each_weight[1])
        else:
            days = _days(phase.duration, pace, start)
            days_each_weight = (days, weight)
        span = _phase_span(phase, topics, start, days)
        phases.append(span)
        start = span.topics[-1].due + timedelta(days=1)
    return Timeline(pace, tuple(phases))


def add_months(day: date, months: int) -> date:
    """The same day so many calendar months later, clipped to the end of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def spread(days: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Splits ``days`` by ``weights`` so that the parts sum exactly and each is at least 1.

    Parts whose fair share is less than a day get one; the rest is split by largest remainder among the
    others (Hamilton's method), earlier ones first where remainders are equal.

    Raises:
        ValueError: fewer days than weights, or a weight below 1.
    """
    if days < len(weights) or min(weights, default=1) < 1:
        raise ValueError(f"cannot spread {days} days over the weights {list(weights)}")
    small: set[int] = set()
    while True:
        large = [i for i in range(len(weights)) if i not in small]
        rest, total = days - len(small), sum(weights[i] for i in large)
        too_small = {i for i in large if rest * weights[i] < total}
        if not too_small:
            break
        small |= too_small
    parts = [1 if i in small else rest * weight // total for i, weight in enumerate(weights)]
    by_remainder = sorted(large, key=lambda i: (-(rest * weights[i] % total), i))
    for i in by_remainder[: days - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def due_at(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which that local day is over: the first one of the next day.

    Zones that skip midnight for summer time are right too: the day is over when the clock jumps.
    """
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return midnight.astimezone(UTC)


def today(now: datetime, zone: ZoneInfo) -> date:
    """The local date at ``now``.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("a time without a time zone says nothing about the date")
    return now.astimezone(zone).date()


def _days(duration: Duration, pace: Pace, start: date) -> int:
    short, long = _length(duration, duration.short, start), _length(duration, duration.long, start)
    match pace:
        case Pace.SHORT:
            return short
        case Pace.MIDDLE:
            return (short + long + 1) // 2
        case Pace.LONG:
            return long


def _length(duration: Duration, count: int, start: date) -> int:
    match duration.unit:
        case DurationUnit.WEEKS:
            return 7 * count
        case DurationUnit.MONTHS:
            return (add_months(start, count) - start).days


def _phase_span(phase: Phase, topics: Sequence[Topic], start: date, days: int) -> PhaseSpan:
    spans: list[TopicSpan] = []
    first = start
    for topic, share in zip(topics, spread(days, [topic.weight for topic in topics]), strict=True):
        due = first + timedelta(days=share - 1)
        spans.append(TopicSpan(topic.id, first, due, phase.ongoing))
        first = due + timedelta(days=1)
    return PhaseSpan(phase.id, start, None if phase.ongoing else spans[-1].due, tuple(spans))
