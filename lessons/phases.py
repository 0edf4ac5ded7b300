"""Phases as steps of the way: which of them a member has behind them."""

from lessons.curriculum import Curriculum
from lessons.model import Phase
from lessons.progress import Enrolment, needs


def finished_phases(curriculum: Curriculum, enrolment: Enrolment) -> tuple[Phase, ...]:
    """The phases of which every topic is done, in order; one may be finished before the one before it is."""
    return tuple(
        phase
        for phase in curriculum.phases
        if not any(needs(topic, enrolment) for topic in curriculum.topics_in(phase.id))
    )
