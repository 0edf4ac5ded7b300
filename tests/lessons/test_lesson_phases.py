"""A phase is behind a member when every topic of it is done."""

from lessons.phases import finished_phases
from lessons.progress import Enrolment, Stamp
from lessons.timeline import Pace
from tests.lessons.member import BERLIN, CURRICULUM, START


def done(*topic_ids: str) -> Enrolment:
    enrolment = Enrolment.begin(Pace.SHORT, BERLIN, START)
    return enrolment.stamped(Stamp(topic_id, "done_at", START) for topic_id in topic_ids)


def phases(enrolment: Enrolment) -> list[str]:
    return [phase.id for phase in finished_phases(CURRICULUM, enrolment)]


def ids(phase_id: str) -> list[str]:
    return [topic.id for topic in CURRICULUM.topics_in(phase_id)]


def test_a_beginner_has_finished_none() -> None:
    assert phases(done()) == []


def test_a_phase_is_finished_by_its_last_topic() -> None:
    assert phases(done(*ids("foundations")[:-1])) == []
    assert phases(done(*ids("foundations"))) == ["foundations"]


def test_a_later_phase_can_be_finished_before_an_earlier_one() -> None:
    assert phases(done(*ids("core"))) == ["core"]


def test_who_is_through_has_finished_all() -> None:
    assert phases(done(*(topic.id for topic in CURRICULUM.topics))) == ["foundations", "core", "advanced", "expert"]
