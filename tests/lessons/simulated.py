"""Learners made by code, who go through the real rounds and reviews.

A learner knows a share of the skills to begin with (a coin for each, weighted by ability) and learns another one, at a
rate of their own, each time they are told an answer. Who knows a skill slips sometimes, who does not guesses among
three. An item can be made bad: then knowing does not help.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from lessons.choosing import Ask, plan_review, plan_round
from lessons.item_report import ItemAnswer
from lessons.known import KnownSkill, after_answer, level_of
from lessons.mastery import Level
from lessons.progress import Enrolment
from lessons.reviews import choose_due
from lessons.timeline import Pace
from tests.lessons.member import BERLIN, CURRICULUM

START = datetime(2026, 3, 2, 18, tzinfo=UTC)
GUESS = 1 / 3
SLIP = 0.08


@dataclass(frozen=True)
class Ability:
    """How good somebody is."""

    name: str
    knows: float
    """Chance to know a skill before the course."""
    learns: float
    """Chance to know it after having been told once."""


GUESSER = Ability("guesser", 0.0, 0.0)
WEAK = Ability("weak", 0.1, 0.06)
MIDDLE = Ability("middle", 0.35, 0.2)
STRONG = Ability("strong", 0.7, 0.5)


@dataclass
class Learner:
    """One of them, with what the rules know about them."""

    ability: Ability
    user_id: int
    bad_items: frozenset[str] = frozenset()
    known: dict[str, KnownSkill] = field(default_factory=dict[str, KnownSkill])
    asked: dict[str, int] = field(default_factory=dict[str, int])
    answers: list[ItemAnswer] = field(default_factory=list[ItemAnswer])

    def __post_init__(self) -> None:
        self.dice = Random(f"{self.ability.name}:{self.user_id}")  # noqa: S311 not for secrets
        skills = [skill.id for topic in CURRICULUM.topics for skill in topic.skills]
        self.truth = {skill: self.dice.random() < self.ability.knows for skill in skills}

    def lives(self, days: int) -> "Learner":
        """A round about the current topic and what is due, every day; the next topic when one is passed, or after
        eight days."""
        topics, spent = list(CURRICULUM.topics), 0
        for day in range(days):
            now = START + timedelta(days=day)
            due = choose_due({skill: known.memory for skill, known in self.known.items()}, now, UTC)
            self._answer(plan_review(CURRICULUM, due, self.user_id, self.known), now, in_review=True)
            if topics:
                spent += 1
                asks = plan_round(CURRICULUM, topics[0], self.user_id, self.known, self.asked)
                self._answer(asks, now, in_review=False)
                if self.enrolment.skills(topics[0]).passed or spent == 8:
                    topics.pop(0)
                    spent = 0
        return self

    def _answer(self, asks: tuple[Ask, ...], now: datetime, *, in_review: bool) -> None:
        for ask in asks:
            helps = self.truth[ask.skill_id] and ask.item_id not in self.bad_items
            right = self.dice.random() < (1 - SLIP if helps else GUESS)
            self.known[ask.skill_id] = after_answer(
                self.known.get(ask.skill_id), right=right, now=now, zone=UTC, in_review=in_review
            )
            self.asked[ask.item_id] = self.asked.get(ask.item_id, 0) + 1
            self.answers.append(ItemAnswer(self.user_id, ask.item_id, right))
            self.truth[ask.skill_id] = self.truth[ask.skill_id] or self.dice.random() < self.ability.learns

    @property
    def levels(self) -> dict[str, Level]:
        """The rung of every skill that they were asked for."""
        return {skill: level_of(known) for skill, known in self.known.items()}

    @property
    def enrolment(self) -> Enrolment:
        """As the rules of topics see them."""
        return Enrolment(Pace.MIDDLE, BERLIN, START.date(), (), self.levels)

    @property
    def passed(self) -> int:
        """Topics whose skills are passed."""
        return sum(self.enrolment.skills(topic).passed for topic in CURRICULUM.topics)

    def share(self, least: Level) -> float:
        """Share of all skills of the roadmap on that rung or higher."""
        count = sum(len(topic.skills) for topic in CURRICULUM.topics)
        return sum(level >= least for level in self.levels.values()) / count
