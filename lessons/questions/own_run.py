"""Questions made of a member's own finished run: its network, its curves, its mistakes."""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Final

from lessons.questions.drawing import Redraw, Wrong
from lessons.questions.model import OPTIONS, Option, Question
from lessons.questions.own_net import ABOUT_THE_NET, Ask
from lessons.questions.own_training import ABOUT_THE_TRAINING
from lessons.questions.run_facts import Layer, RunFacts

__all__ = ["KINDS", "Layer", "RunFacts", "question_about", "questions_about"]

KINDS: Final[Mapping[str, tuple[str, Ask]]] = MappingProxyType({**ABOUT_THE_NET, **ABOUT_THE_TRAINING})
"""By kind: the skill that it asks for, and how it is asked. A question's item is ``run:<kind>``."""


def questions_about(facts: RunFacts, seed: int) -> tuple[Question, ...]:
    """One question of each kind that this run can be asked about, always the same for a seed."""
    asked = (question_about(facts, kind, seed) for kind in KINDS)
    return tuple(question for question in asked if question is not None)


def question_about(facts: RunFacts, kind: str, seed: int) -> Question | None:
    """The question of that kind; None where this run gives no good one, e.g. on confusions without a mistake."""
    skill_id, ask = KINDS[kind]
    dice = Random(f"run:{kind}:{seed}")  # noqa: S311 the same seed has to give the same question
    try:
        draft = ask(facts, dice)
    except Redraw:
        return None
    wrong = list[Wrong]()
    for each in draft.wrong:
        if each.text not in {draft.right, *(other.text for other in wrong)}:
            wrong.append(each)
    if len(wrong) < OPTIONS - 1:
        return None
    options = [Option(each.text, each.misconception, each.feedback) for each in dice.sample(wrong, OPTIONS - 1)]
    place = dice.randrange(OPTIONS)
    options.insert(place, Option(draft.right))
    return Question(
        item_id=f"run:{kind}",
        skill_id=skill_id,
        stem=draft.stem,
        options=tuple(options),
        right=place,
        solution=draft.solution,
        typed=draft.typed,
        picture=draft.picture,
        given=facts,
    )
