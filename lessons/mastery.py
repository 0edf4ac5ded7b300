"""How well a member knows a skill: the ladder, what an answer does to it, and when a topic is passed.

The rungs and their percentages are Khan Academy's (help centre, "How do Khan Academy's Mastery levels work?"): below
70 % of an exercise is Attempted, 70 to 99 % Familiar, 100 % Proficient; a right answer in a test over several skills
lifts Proficient to Mastered, and a wrong one there takes a rung away. Khan counts whole exercises; here every question
stands alone, so the percentages are those of a skill's last answers, and these rules are ours:

- Familiar asks for two answers and Proficient for three, all right: one lucky guess among three options proves nothing.
  For the same reason a right answer in a mixed quiz lifts nothing below Proficient by itself; it counts as an answer.
- Practice only ever lifts (Khan's takes away too, since September 2018): nobody should fear to practise.
- A mixed quiz lifts to Mastered only on a later day than the one on which the skill became Proficient: what is
  remembered overnight is learnt.
- A wrong answer in a mixed quiz takes one rung, never the one that says "tried", and the count of answers begins anew:
  three right ones, not a spotless past, lead back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from itertools import pairwise
from typing import Final, Self

RECENT: Final = 4
"""Answers that count. With `PROFICIENT_ANSWERS` one less, a slip is lifted out by four right
answers, and a drop (which forgets the slip) by three."""
FAMILIAR_ANSWERS: Final = 2
PROFICIENT_ANSWERS: Final = 3
FAMILIAR_PER_CENT: Final = 70
PASS_PER_CENT: Final = 80
"""Share of a topic's skills that must be Familiar or better."""


class Level(IntEnum):
    """A rung of the ladder; comparable."""

    UNTRIED = 0
    ATTEMPTED = 1
    FAMILIAR = 2
    PROFICIENT = 3
    MASTERED = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question about a skill."""

    right: bool
    """False for "I don't know" too."""
    on: date
    """The day in the member's own time zone."""
    mixed: bool = False
    """Given in a quiz over several skills."""


@dataclass(frozen=True, slots=True)
class Mastery:
    """Where a member stands with one skill: all that the next answer needs to know."""

    level: Level = Level.UNTRIED
    recent: tuple[bool, ...] = ()
    """The last answers, oldest first, at most `RECENT`; empty after a drop."""
    proficient_on: date | None = None
    """Since when the skill has been Proficient or better; None below."""

    def after(self, answer: Answer) -> Self:
        """Where the member stands after one more answer."""
        if answer.mixed and not answer.right:
            level = max(Level.ATTEMPTED, Level(max(0, self.level - 1)))
            recent: tuple[bool, ...] = ()
        else:
            recent = (*self.recent, answer.right)[-RECENT:]
            level = max(self.level, _level_of_recent(recent))
            if answer.mixed and self.proficient_on is not None and answer.on > self.proficient_on:
                level = Level.MASTERED
        since = (self.proficient_on or answer.on) if level >= Level.PROFICIENT else None
        return type(self)(level, recent, since)


def _level_of_recent(recent: tuple[bool, ...]) -> Level:
    per_cent = 100 * sum(recent) / len(recent)
    if per_cent == 100 and len(recent) >= PROFICIENT_ANSWERS:
        return Level.PROFICIENT
    if per_cent >= FAMILIAR_PER_CENT and len(recent) >= FAMILIAR_ANSWERS:
        return Level.FAMILIAR
    return Level.ATTEMPTED


def mastery_of(answers: Iterable[Answer]) -> Mastery:
    """Where a member stands with a skill after all their answers, oldest first.

    Raises:
        ValueError: The answers are not in the order of their days.
    """
    ordered = tuple(answers)
    if any(later.on < earlier.on for earlier, later in pairwise(ordered)):
        raise ValueError("answers are read oldest first")
    mastery = Mastery()
    for answer in ordered:
        mastery = mastery.after(answer)
    return mastery


@dataclass(frozen=True, slots=True)
class SkillsReached:
    """How much of a topic is shown: for a card that says "3 of 4 skills", and which one is next."""

    reached: int
    """Skills that are Familiar or better."""
    of: int
    needed: int
    """How many of them must be reached for the topic to pass."""
    missing: tuple[str, ...]
    """Skills below Familiar, in the topic's order; not all of them are needed."""

    @property
    def passed(self) -> bool:
        """Whether the skills of the topic are passed; its project is another matter."""
        return self.reached >= self.needed

    @property
    def owed(self) -> int:
        """How many more skills must become Familiar."""
        return max(0, self.needed - self.reached)


def topic_passed(levels: Mapping[str, Level]) -> SkillsReached:
    """Whether a topic is passed by the levels of all its skills, by skill id and in the topic's order.

    80 % of the skills, rounded up: 2 of 2, 4 of 5, 5 of 6.
    """
    missing = tuple(skill for skill, level in levels.items() if level < Level.FAMILIAR)
    needed = -(-len(levels) * PASS_PER_CENT // 100)
    return SkillsReached(len(levels) - len(missing), len(levels), needed, missing)
