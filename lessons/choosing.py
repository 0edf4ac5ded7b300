"""Which questions a round asks: the skills that lag behind, each twice and not in a row.

Interleaving (Rohrer 2012, Educational Psychology Review 24:355) makes a round harder and what is learnt in it last. A
skill's questions alternate between computed ones and those of the bank; which one it is follows from how often its
member was asked, so the same state gives the same round.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lessons.curriculum import Curriculum
from lessons.known import KnownSkill, level_of
from lessons.mastery import Level
from lessons.model import Topic
from lessons.questions.generators import GENERATORS
from lessons.questions.model import Question, seed_of
from lessons.questions.own_run import KINDS, RunFacts, question_about, questions_about

ROUND: Final = 6
"""Questions of a round about a topic: about four minutes."""
TWICE: Final = 2
"""Questions about one skill in a round; Familiar asks for two answers."""
TYPED_FROM: Final = 1
"""Reviews of a skill after which its numbers are typed: from the second on."""
RUN_ITEM: Final = "run:"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to be asked: with these it can be made again, always the same."""

    skill_id: str
    item_id: str
    seed: int
    typed: bool = False


def make_question(curriculum: Curriculum, ask: Ask, facts: RunFacts | None = None) -> Question | None:
    """The question itself; None if the content, or the run that it is about, is no longer there.

    Args:
        curriculum: whose bank is asked.
        ask: which question.
        facts: of the run that a question about a member's own run is about.
    """
    if ask.item_id.startswith(RUN_ITEM):
        kind = ask.item_id.removeprefix(RUN_ITEM)
        return None if facts is None or kind not in KINDS else question_about(facts, kind, ask.seed)
    if curriculum.skill(ask.skill_id) is None:
        return None
    if (generator := GENERATORS.get(ask.item_id)) is not None:
        return generator.make(ask.seed)
    item = curriculum.item(ask.item_id)
    return None if item is None else item.ask(ask.seed)


def choose_item(
    curriculum: Curriculum, user_id: int, skill_id: str, nth: int, asked: Mapping[str, int], *, typed: bool = False
) -> Ask | None:
    """The member's question number ``nth`` (from 0) about a skill; None if nothing asks for it.

    Args:
        curriculum: whose bank is asked.
        user_id: the member.
        skill_id: a skill of the curriculum.
        nth: how often they were asked for it before; 0, 2, 4 … give a computed question where there is one.
        asked: how often they answered each item of the bank: the least asked comes first.
        typed: whether a number is to be typed; then the question is computed, if a computed one has a number.
    """
    seed = seed_of(user_id, skill_id, nth)
    generator = GENERATORS.get(skill_id)
    items = sorted(curriculum.items_about(skill_id), key=lambda item: (asked.get(item.id, 0), item.id))
    if typed and generator is not None and generator.make(seed).typed is not None:
        return Ask(skill_id, skill_id, seed, typed=True)
    if generator is not None and (nth % 2 == 0 or not items):
        return Ask(skill_id, skill_id, seed)
    return Ask(skill_id, items[0].id, seed) if items else None


def plan_round(
    curriculum: Curriculum,
    topic: Topic,
    user_id: int,
    known: Mapping[str, KnownSkill],
    asked: Mapping[str, int],
    facts: RunFacts | None = None,
) -> tuple[Ask, ...]:
    """A round about one topic, at most `ROUND` questions.

    The skills that are not Familiar yet, in the topic's order and each twice; once all are, the ones that were asked
    least. If the member has trained the topic's project, the last question is about that run.

    Args:
        curriculum: the whole content.
        topic: one of its topics.
        user_id: the member.
        known: what is known of them, by skill.
        asked: how often they answered each item.
        facts: of their best run of the topic's project, if there is one.
    """
    ids = [skill.id for skill in topic.skills]
    behind = [skill_id for skill_id in ids if level_of(known.get(skill_id)) < Level.FAMILIAR]
    if not behind:
        behind = sorted(ids, key=lambda skill_id: (level_of(known.get(skill_id)), _answers(known, skill_id)))
    chosen = (behind[: ROUND // TWICE] * ROUND)[: TWICE * min(len(behind), ROUND // TWICE)]
    about_run = _about_run(facts, user_id, ids, asked)
    if about_run is not None and len(chosen) == ROUND:
        chosen = chosen[:-1]
    asks: list[Ask] = []
    counted = dict(asked)
    for place, skill_id in enumerate(chosen):
        nth = _answers(known, skill_id) + chosen[:place].count(skill_id)
        ask = choose_item(curriculum, user_id, skill_id, nth, counted)
        if ask is not None:
            asks.append(ask)
            counted[ask.item_id] = counted.get(ask.item_id, 0) + 1
    return (*asks, about_run) if about_run is not None else tuple(asks)


def plan_run_round(facts: RunFacts, user_id: int, asked: Mapping[str, int]) -> tuple[Ask, ...]:
    """A round about a run: one question of each kind that it gives, the least asked first, at most `ROUND`."""
    seed = seed_of(user_id, RUN_ITEM, sum(asked.get(RUN_ITEM + kind, 0) for kind in KINDS))
    asks = [Ask(question.skill_id, question.item_id, seed) for question in questions_about(facts, seed)]
    return tuple(sorted(asks, key=lambda ask: asked.get(ask.item_id, 0))[:ROUND])


def plan_review(
    curriculum: Curriculum, skills: tuple[str, ...], user_id: int, known: Mapping[str, KnownSkill]
) -> tuple[Ask, ...]:
    """One question about each of these skills, typed where it is a number and not the skill's first review."""
    asks = (
        choose_item(
            curriculum,
            user_id,
            skill_id,
            _answers(known, skill_id),
            {},
            typed=skill_id in known and known[skill_id].reviewed >= TYPED_FROM,
        )
        for skill_id in skills
    )
    return tuple(ask for ask in asks if ask is not None)


def _about_run(facts: RunFacts | None, user_id: int, skills: list[str], asked: Mapping[str, int]) -> Ask | None:
    """The question about a run that its member answered least, if one asks for a skill of the topic."""
    if facts is None:
        return None
    fitting = [ask for ask in plan_run_round(facts, user_id, asked) if ask.skill_id in skills]
    return fitting[0] if fitting else None


def _answers(known: Mapping[str, KnownSkill], skill_id: str) -> int:
    return known[skill_id].memory.reviews if skill_id in known else 0
