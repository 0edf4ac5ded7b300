"""Where a member stands: what happened to each topic, what it still asks for, and the dates.

A topic is **done**, or passed, when 80 % of its skills are Familiar or better (see ``lessons.mastery``) and, where it
has a project, that has been trained once with success. ``needs`` is the one place that says so: a further condition
becomes a further case of ``Need`` there, and every rule here and in ``lessons.stepping`` goes on to hold. To say that
one has read it is noted and asked of nobody: the answers show it. The **current** topic is the first that is neither
done nor set aside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Literal, NamedTuple, Self, TypeAlias
from zoneinfo import ZoneInfo

from lessons.curriculum import Curriculum
from lessons.mastery import Level, SkillsReached, topic_passed
from lessons.model import Project, Topic
from lessons.timeline import Pace, Timeline, TopicSpan, plan, today

StampName: TypeAlias = Literal["opened_at", "read_at", "project_run_at", "done_at", "skipped_at", "placed_at"]


class Stamp(NamedTuple):
    """One thing that happened to a topic, as it is stored."""

    topic_id: str
    name: StampName
    at: datetime


@dataclass(frozen=True)
class TopicRecord:
    """When what happened to one topic. All times carry a zone; each is set once."""

    topic_id: str
    opened_at: datetime | None = None
    """When its card was first handed out."""
    read_at: datetime | None = None
    """When its member said that they had read it."""
    project_run_at: datetime | None = None
    """When its project was first trained with success, also if that was before the topic's turn."""
    done_at: datetime | None = None
    skipped_at: datetime | None = None
    """When its member set it aside; cleared only when they take it back."""
    placed_at: datetime | None = None
    """When the placement quiz had it known before it was begun; it is done since then."""

    def __post_init__(self) -> None:
        times = (self.opened_at, self.read_at, self.project_run_at, self.done_at, self.skipped_at, self.placed_at)
        if any(t is not None and t.tzinfo is None for t in times):
            raise ValueError(f"a time of the topic {self.topic_id} has no time zone")


@dataclass(frozen=True)
class Enrolment:
    """A member on the way. ``topics`` has a record for each topic to which something happened."""

    pace: Pace
    zone: ZoneInfo
    started_on: date
    """The member's local date on their first day."""
    topics: tuple[TopicRecord, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict[str, Level])
    """By skill, also by skills that the content no longer has; a skill that is missing is Untried."""

    @classmethod
    def begin(cls, pace: Pace, zone: ZoneInfo, now: datetime) -> Self:
        """A member who starts now; ``step`` then hands out the first topic."""
        return cls(pace, zone, today(now, zone))

    @cached_property
    def _by_topic(self) -> dict[str, TopicRecord]:
        return {record.topic_id: record for record in self.topics}

    def record(self, topic_id: str) -> TopicRecord:
        """What happened to that topic: an empty record where nothing did."""
        return self._by_topic.get(topic_id) or TopicRecord(topic_id)

    def skills(self, topic: Topic) -> SkillsReached:
        """How much of a topic the member has shown."""
        return topic_passed({skill.id: self.levels.get(skill.id, Level.UNTRIED) for skill in topic.skills})

    def stamped(self, stamps: Iterable[Stamp]) -> "Enrolment":
        """The enrolment once these are stored; what is set already stays as it is."""
        records = dict(self._by_topic)
        for topic_id, name, at in stamps:
            record = records.get(topic_id) or TopicRecord(topic_id)
            if getattr(record, name) is None:
                records[topic_id] = replace(record, **{name: at})
        return replace(self, topics=tuple(records.values()))


@dataclass(frozen=True)
class SkillsNeed:
    """Too few of the topic's skills are Familiar yet."""

    skills: SkillsReached


@dataclass(frozen=True)
class ProjectNeed:
    """The topic's project has not been trained with success yet."""

    project: Project


Need: TypeAlias = SkillsNeed | ProjectNeed
"""What a topic still asks for."""


def needs(topic: Topic, enrolment: Enrolment) -> tuple[Need, ...]:
    """What is missing before the topic is done; empty when it is.

    A topic that was done once stays done, also if the content later asks for more or a skill is forgotten.
    """
    record = enrolment.record(topic.id)
    if record.done_at is not None:
        return ()
    missing: list[Need] = []
    if not (skills := enrolment.skills(topic)).passed:
        missing.append(SkillsNeed(skills))
    if topic.project is not None and record.project_run_at is None:
        missing.append(ProjectNeed(topic.project))
    return tuple(missing)


class TopicState(StrEnum):
    """Where a topic stands."""

    DONE = "done"
    CURRENT = "current"
    SKIPPED = "skipped"
    """Set aside by the member, and owed."""
    AHEAD = "ahead"


@dataclass(frozen=True)
class TopicStanding:
    """One topic of a member, with its dates."""

    topic: Topic
    state: TopicState
    span: TopicSpan
    record: TopicRecord
    needs: tuple[Need, ...]
    skills: SkillsReached
    days_late: int
    """Days past the due date on the day it was done, or today if it is not; 0 if in time or ongoing."""


@dataclass(frozen=True)
class OnTime:
    """Today lies within the days of the current topic, or the phase has no end."""


@dataclass(frozen=True)
class Late:
    """The current topic was due so many days ago, at least 1."""

    days: int


@dataclass(frozen=True)
class Ahead:
    """The current topic's days begin in so many days, at least 1."""

    days: int


Schedule: TypeAlias = OnTime | Late | Ahead


@dataclass(frozen=True)
class Standing:
    """A member's whole way, as ``/roadmap`` shows it."""

    enrolment: Enrolment
    timeline: Timeline
    today: date
    topics: tuple[TopicStanding, ...]
    """One for each topic of the curriculum, in order."""
    schedule: Schedule

    @property
    def current(self) -> TopicStanding | None:
        """The topic whose turn it is; None when all are done or set aside."""
        return next((t for t in self.topics if t.state is TopicState.CURRENT), None)

    @property
    def owed(self) -> tuple[TopicStanding, ...]:
        """The topics set aside, in order."""
        return tuple(t for t in self.topics if t.state is TopicState.SKIPPED)

    @property
    def done(self) -> tuple[TopicStanding, ...]:
        """The topics done, in order."""
        return tuple(t for t in self.topics if t.state is TopicState.DONE)

    @property
    def finished(self) -> bool:
        """Whether every topic is done."""
        return len(self.done) == len(self.topics)

    def topic(self, topic_id: str) -> TopicStanding | None:
        """Where that topic stands, if the curriculum has it."""
        return next((t for t in self.topics if t.topic.id == topic_id), None)


def standing(curriculum: Curriculum, enrolment: Enrolment, now: datetime) -> Standing:
    """Where the member stands at ``now``, which carries a zone.

    Records of topics that the content no longer has change nothing here and stay in the enrolment.
    """
    local = today(now, enrolment.zone)
    timeline = plan(curriculum, enrolment.pace, enrolment.started_on)
    current = current_topic(curriculum, enrolment)
    topics: list[TopicStanding] = []
    schedule: Schedule = OnTime()
    for topic, span in zip(curriculum.topics, timeline.topics, strict=True):
        record = enrolment.record(topic.id)
        missing = needs(topic, enrolment)
        if not missing:
            state = TopicState.DONE
        elif record.skipped_at is not None:
            state = TopicState.SKIPPED
        elif current is not None and topic.id == current.id:
            state = TopicState.CURRENT
            schedule = _schedule(span, local)
        else:
            state = TopicState.AHEAD
        day = local if record.done_at is None else today(record.done_at, enrolment.zone)
        late = 0 if span.ongoing else max(0, (day - span.due).days)
        topics.append(TopicStanding(topic, state, span, record, missing, enrolment.skills(topic), late))
    return Standing(enrolment, timeline, local, tuple(topics), schedule)


def _schedule(span: TopicSpan, local: date) -> Schedule:
    if local < span.start:
        return Ahead((span.start - local).days)
    if local > span.due and not span.ongoing:
        return Late((local - span.due).days)
    return OnTime()


def current_topic(curriculum: Curriculum, enrolment: Enrolment) -> Topic | None:
    """The first topic that is neither done nor set aside; None when there is none."""
    for topic in curriculum.topics:
        if needs(topic, enrolment) and enrolment.record(topic.id).skipped_at is None:
            return topic
    return None


def owed_topics(curriculum: Curriculum, enrolment: Enrolment) -> tuple[Topic, ...]:
    """The topics that were set aside and are not done, in order."""
    return tuple(
        topic
        for topic in curriculum.topics
        if enrolment.record(topic.id).skipped_at is not None and needs(topic, enrolment)
    )
