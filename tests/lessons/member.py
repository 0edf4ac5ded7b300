"""A member for the tests: presses buttons and keeps what comes of it, as the bot does."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lessons.load import load_curriculum
from lessons.mastery import Level
from lessons.progress import Enrolment
from lessons.stepping import (
    AlreadyDone,
    Finished,
    MovedOn,
    NotCurrent,
    Noted,
    NotOpened,
    NotOwed,
    OnlyOwed,
    SetAside,
    Stay,
    TakenBack,
    TopicDone,
    mark_read,
    note_run,
    note_skills,
    settle,
    skip,
    step,
    take_back,
)
from lessons.timeline import Pace

CURRICULUM = load_curriculum()
TOPICS = tuple(topic.id for topic in CURRICULUM.topics)
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def later(days: float) -> datetime:
    return START + timedelta(days=days)


@dataclass
class Member:
    """The enrolment changes with each press that changes it; ``now`` is set by the test."""

    enrolment: Enrolment
    now: datetime = START

    @classmethod
    def starts(cls, pace: Pace = Pace.SHORT) -> "Member":
        member = cls(Enrolment.begin(pace, BERLIN, START))
        member.next()
        return member

    def next(self) -> Stay | MovedOn | OnlyOwed | Finished:
        self.enrolment = self.enrolment.stamped(settle(CURRICULUM, self.enrolment, self.now))
        result = step(CURRICULUM, self.enrolment, self.now)
        if isinstance(result, MovedOn):
            self.enrolment = result.enrolment
        return result

    def reads(self, topic_id: str) -> Noted | TopicDone | AlreadyDone | NotOpened:
        result = mark_read(CURRICULUM, self.enrolment, topic_id, self.now)
        if isinstance(result, Noted | TopicDone):
            self.enrolment = result.enrolment
        return result

    def trains(self, project_id: str) -> Noted | TopicDone | AlreadyDone | None:
        result = note_run(CURRICULUM, self.enrolment, project_id, self.now)
        if isinstance(result, Noted | TopicDone):
            self.enrolment = result.enrolment
        return result

    def knows(self, topic_id: str, skills: int | None = None) -> TopicDone | None:
        """Answers until so many of the topic's skills are Familiar, all of them by default."""
        shown = {skill.id: Level.FAMILIAR for skill in CURRICULUM.topic(topic_id).skills[:skills]}
        self.enrolment = replace(self.enrolment, levels={**self.enrolment.levels, **shown})
        result = note_skills(CURRICULUM, self.enrolment, topic_id, self.now)
        if result is not None:
            self.enrolment = result.enrolment
        return result

    def skips(self, topic_id: str) -> SetAside | NotCurrent:
        result = skip(CURRICULUM, self.enrolment, topic_id, self.now)
        if isinstance(result, SetAside):
            self.enrolment = result.enrolment
        return result

    def takes_back(self, topic_id: str) -> TakenBack | NotOwed:
        result = take_back(CURRICULUM, self.enrolment, topic_id)
        if isinstance(result, TakenBack):
            self.enrolment = result.enrolment
        return result

    def finishes(self, topic_id: str) -> None:
        topic = CURRICULUM.topic(topic_id)
        self.knows(topic_id)
        if topic.project:
            self.trains(topic.project.id)

    def walks_to(self, topic_id: str) -> None:
        for each in TOPICS[: TOPICS.index(topic_id)]:
            self.finishes(each)
            self.next()
