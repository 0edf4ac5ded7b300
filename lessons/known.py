"""All that is known about a member and a skill, and what one more answer does to it."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from lessons.mastery import Answer, Level, Mastery
from lessons.reviews import Memory, review
from lessons.streaks import local_day


@dataclass(frozen=True, slots=True)
class KnownSkill:
    """A member's rung on the ladder and their memory of one skill."""

    mastery: Mastery
    memory: Memory
    reviewed: int = 0
    """Answers in ``/review``; from the second on, numbers are typed."""


def level_of(known: KnownSkill | None) -> Level:
    """The rung, Untried for who was never asked."""
    return Level.UNTRIED if known is None else known.mastery.level


def after_answer(known: KnownSkill | None, *, right: bool, now: datetime, zone: tzinfo, in_review: bool) -> KnownSkill:
    """What is known after one more answer.

    An answer in ``/review`` counts as one in a mixed quiz: what is asked there is chosen by what is about to be
    forgotten, so nobody has just read about it.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    mastery = Mastery() if known is None else known.mastery
    return KnownSkill(
        mastery.after(Answer(right, local_day(now, zone), mixed=in_review)),
        review(None if known is None else known.memory, right, now),
        (0 if known is None else known.reviewed) + in_review,
    )
