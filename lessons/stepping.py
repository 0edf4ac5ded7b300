"""How a member moves on: what ``/next`` shows, and what their presses and runs do.

Nothing is stepped over in silence. Setting a topic aside is an act of the member (``skip``); it stays on
record as owed until the topic is done, and can be undone (``take_back``). Every rule is a pure function of
the enrolment: it returns a closed result with the enrolment as it is afterwards and the stamps to store. A
stamp that is set is never moved, so that pressing twice, or at once in two places, does what pressing
once does.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from lessons.curriculum import Curriculum
from lessons.model import Phase, Topic
from lessons.progress import Enrolment, Need, Stamp, current_topic, needs, owed_topics


@dataclass(frozen=True)
class Stay:
    """The current topic asks for more: show it again, with what is missing (at least one thing)."""

    topic: Topic
    needs: tuple[Need, ...]
    owed: tuple[Topic, ...]


@dataclass(frozen=True)
class MovedOn:
    """A topic is handed out for the first time."""

    left: Topic | None
    """The topic that was done or set aside last; None at the very start."""
    to: Topic
    new_phase: Phase | None
    """The phase of ``to``, where ``left`` was in another or there was none."""
    owed: tuple[Topic, ...]
    enrolment: Enrolment
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True)
class OnlyOwed:
    """Every other topic is done; these are set aside, at least one: the member takes one back."""

    owed: tuple[Topic, ...]


@dataclass(frozen=True)
class Finished:
    """Every topic is done. What follows is the curriculum's ``roadmap.afterwards``."""

    finished_at: datetime
    """When the last one was."""


Step: TypeAlias = Stay | MovedOn | OnlyOwed | Finished


def step(curriculum: Curriculum, enrolment: Enrolment, now: datetime) -> Step:
    """What ``/next`` shows at ``now``. Only ``MovedOn`` changes the enrolment."""
    current = current_topic(curriculum, enrolment)
    owed = owed_topics(curriculum, enrolment)
    if current is None:
        if owed:
            return OnlyOwed(owed)
        ends = [enrolment.record(topic.id).done_at for topic in curriculum.topics]
        return Finished(max((end for end in ends if end is not None), default=now))
    if enrolment.record(current.id).opened_at is not None:
        return Stay(current, needs(current, enrolment), owed)
    stamps = (Stamp(current.id, "opened_at", now),)
    left = _closed_last(curriculum, enrolment)
    new_phase = None if left is not None and left.phase == current.phase else curriculum.phase_of(current)
    return MovedOn(left, current, new_phase, owed, enrolment.stamped(stamps), stamps)


def _closed_last(curriculum: Curriculum, enrolment: Enrolment) -> Topic | None:
    """The topic that was done or set aside last."""
    records = ((topic, enrolment.record(topic.id)) for topic in curriculum.topics)
    ends = ((record.done_at or record.skipped_at, topic) for topic, record in records)
    closed = [(end, topic) for end, topic in ends if end is not None]
    return max(closed, key=lambda pair: pair[0])[1] if closed else None


@dataclass(frozen=True)
class Noted:
    """It is on record, and the topic asks for more. Nothing may be new in it: then ``stamps`` is empty."""

    topic: Topic
    needs: tuple[Need, ...]
    enrolment: Enrolment
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True)
class TopicDone:
    """With this the topic is done. ``following`` is what ``/next`` shows from now on, if anything is left."""

    topic: Topic
    following: Topic | None
    enrolment: Enrolment
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True)
class AlreadyDone:
    """The topic had been done before; nothing changes."""

    topic: Topic


@dataclass(frozen=True)
class NotOpened:
    """The topic's turn has not come; ``current`` is whose turn it is."""

    topic: Topic
    current: Topic | None


Marked: TypeAlias = Noted | TopicDone | AlreadyDone | NotOpened


def mark_read(curriculum: Curriculum, enrolment: Enrolment, topic_id: str, now: datetime) -> Marked:
    """The member says that they have read the topic: the current one, or one they had set aside.

    Raises:
        UnknownTopicError: the content has no such topic (any more).
    """
    topic = curriculum.topic(topic_id)
    if enrolment.record(topic_id).opened_at is None:
        return NotOpened(topic, current_topic(curriculum, enrolment))
    return _mark(curriculum, enrolment, topic, "read_at", now)


def note_run(
    curriculum: Curriculum,
    enrolment: Enrolment,
    project_id: str,
    now: datetime,
) -> Noted | TopicDone | AlreadyDone | None:
    """A run of that project has ended with success; None where no topic asks for the project.

    It counts also before the topic's turn: nobody has to train the same thing twice.
    """
    topic = curriculum.topic_of_project(project_id)
    return None if topic is None else _mark(curriculum, enrolment, topic, "project_run_at", now)


def note_skills(curriculum: Curriculum, enrolment: Enrolment, topic_id: str, now: datetime) -> TopicDone | None:
    """The member has answered questions about that topic, and ``enrolment.levels`` are those after it.

    None where that did not pass the topic: it asks for more, was done before, or is no longer in the content. A topic
    counts also before its turn: who knows it need not wait for it.
    """
    topic = curriculum.find(topic_id)
    if topic is None or enrolment.record(topic_id).done_at is not None or needs(topic, enrolment):
        return None
    stamps = (Stamp(topic_id, "done_at", now),)
    after = enrolment.stamped(stamps)
    return TopicDone(topic, current_topic(curriculum, after), after, stamps)


def settle(curriculum: Curriculum, enrolment: Enrolment, now: datetime) -> tuple[Stamp, ...]:
    """The topics that are done and nobody has said so yet.

    Two last conditions that are met at the same moment in two places leave ``done_at`` unset, since each saw the other
    missing; so does content that asks for less than it did.
    """
    return tuple(
        Stamp(topic.id, "done_at", now)
        for topic in curriculum.topics
        if enrolment.record(topic.id).done_at is None and not needs(topic, enrolment)
    )


def place_at(curriculum: Curriculum, enrolment: Enrolment, topic_id: str, now: datetime) -> tuple[Stamp, ...]:
    """Begin at that topic, as the placement quiz proposed: the ones before it, as far as they are not done, are known.

    Raises:
        UnknownTopicError: the content has no such topic (any more).
    """
    start = curriculum.place(topic_id)
    known = [topic for topic in curriculum.topics[: start - 1] if enrolment.record(topic.id).done_at is None]
    return (
        *(Stamp(topic.id, name, now) for topic in known for name in ("placed_at", "done_at")),
        Stamp(topic_id, "opened_at", now),
    )


def _mark(
    curriculum: Curriculum,
    enrolment: Enrolment,
    topic: Topic,
    name: Literal["read_at", "project_run_at"],
    now: datetime,
) -> Noted | TopicDone | AlreadyDone:
    record = enrolment.record(topic.id)
    if record.done_at is not None:
        return AlreadyDone(topic)
    stamps = (Stamp(topic.id, name, now),) if getattr(record, name) is None else ()
    after = enrolment.stamped(stamps)
    missing = needs(topic, after)
    if missing:
        return Noted(topic, missing, after, stamps)
    stamps = (*stamps, Stamp(topic.id, "done_at", now))
    after = after.stamped(stamps)
    return TopicDone(topic, current_topic(curriculum, after), after, stamps)


@dataclass(frozen=True)
class SetAside:
    """The topic is owed from now on, and ``to`` is open; None where only owed ones are left."""

    topic: Topic
    to: Topic | None
    enrolment: Enrolment
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True)
class NotCurrent:
    """Only the current topic can be set aside: this was pressed on a card from before."""

    topic: Topic
    current: Topic | None


def skip(
    curriculum: Curriculum,
    enrolment: Enrolment,
    topic_id: str,
    now: datetime,
) -> SetAside | NotCurrent:
    """Opens the next topic although this one is not done. The id guards against a press on an old card.

    Raises:
        UnknownTopicError: the content has no such topic (any more).
    """
    topic = curriculum.topic(topic_id)
    current = current_topic(curriculum, enrolment)
    if current is None or current.id != topic.id or enrolment.record(topic_id).opened_at is None:
        return NotCurrent(topic, current)
    stamps: tuple[Stamp, ...] = (Stamp(topic_id, "skipped_at", now),)
    to = current_topic(curriculum, enrolment.stamped(stamps))
    if to is not None:
        stamps = (*stamps, Stamp(to.id, "opened_at", now))
    return SetAside(topic, to, enrolment.stamped(stamps), stamps)


@dataclass(frozen=True)
class TakenBack:
    """The topic is current again; its ``skipped_at`` is to be cleared where it is stored."""

    topic: Topic
    needs: tuple[Need, ...]
    enrolment: Enrolment


@dataclass(frozen=True)
class NotOwed:
    """The topic is not set aside, or it is done by now; nothing changes."""

    topic: Topic


def take_back(curriculum: Curriculum, enrolment: Enrolment, topic_id: str) -> TakenBack | NotOwed:
    """Undoes ``skip``: the earliest topic taken back has its turn before the later ones go on.

    Raises:
        UnknownTopicError: the content has no such topic (any more).
    """
    topic = curriculum.topic(topic_id)
    record = enrolment.record(topic_id)
    missing = needs(topic, enrolment)
    if record.skipped_at is None or not missing:
        return NotOwed(topic)
    records = tuple(replace(r, skipped_at=None) if r.topic_id == topic_id else r for r in enrolment.topics)
    return TakenBack(topic, missing, replace(enrolment, topics=records))
