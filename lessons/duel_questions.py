"""What a duel is about, and its five questions. The game itself is in `lessons.duels`."""

import random
from collections.abc import Mapping
from typing import Final

from lessons.choosing import Ask, choose_item, make_question
from lessons.curriculum import Curriculum
from lessons.model import Topic
from lessons.progress import Enrolment, current_topic
from lessons.questions.model import seed_of

QUESTIONS: Final = 5
TRIES: Final = 8
"""Questions that are looked at before one comes twice, in a topic with few of them."""


def shared_topics(curriculum: Curriculum, one: Enrolment, other: Enrolment) -> tuple[Topic, ...]:
    """The topics that both have reached, in order: the last is what a duel is about by default."""
    return tuple(topic for topic in curriculum.topics if all(reached(curriculum, topic, e) for e in (one, other)))


def reached(curriculum: Curriculum, topic: Topic, enrolment: Enrolment) -> bool:
    """Whether a member has come to the topic."""
    record, current = enrolment.record(topic.id), current_topic(curriculum, enrolment)
    return bool(record.opened_at or record.done_at or (current is not None and current.id == topic.id))


def draw_questions(curriculum: Curriculum, topic: Topic, duel_id: int, asked: Mapping[str, int]) -> tuple[Ask, ...]:
    """The questions of a duel: the topic's skills in turn, computed and conceptual ones, none twice.

    Args:
        curriculum: whose bank is asked.
        topic: one of its topics.
        duel_id: every duel has questions of its own.
        asked: how often the two answered each item: the least asked comes first.
    """
    skills = [skill.id for skill in topic.skills]
    random.Random(seed_of(duel_id, topic.id, 0)).shuffle(skills)  # noqa: S311 - a game's order
    drawn: list[Ask] = []
    stems: set[str] = set()
    counted = dict(asked)
    for place in range(QUESTIONS * TRIES):
        if len(drawn) == QUESTIONS or not skills:
            break
        ask = choose_item(curriculum, duel_id, skills[place % len(skills)], place, counted)
        question = make_question(curriculum, ask) if ask is not None else None
        if ask is None or question is None or question.stem in stems:
            continue
        stems.add(question.stem)
        counted[ask.item_id] = counted.get(ask.item_id, 0) + 1
        drawn.append(ask)
    return tuple(drawn)
