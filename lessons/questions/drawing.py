"""How a generator makes a question: draws its numbers from a seed, computes the answer and what mistakes give.

A draw is thrown away and made again when two options would coincide or the generator says that its numbers are ugly
(`Redraw`). All of it is a pure function of skill and seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Generic, TypeVar

from lessons.questions.model import OPTIONS, Option, Question, QuestionPicture, Typed

G = TypeVar("G")

DRAWS: Final = 200
"""Draws before a generator is given up as broken."""


class Redraw(Exception):  # noqa: N818 it is a signal to draw again, not an error
    """These numbers make no good question."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a named misconception gives for the drawn numbers."""

    text: str
    misconception: str
    feedback: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A question before its options are shuffled."""

    stem: str
    right: str
    """The right answer as an option's text."""
    wrong: Sequence[Wrong]
    """At least two; more give variety. Those whose text equals the right one or another's are left out."""
    solution: str
    typed: Typed | None = None
    picture: QuestionPicture | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Generator(Generic[G]):
    """A parametrised question.

    Attributes:
        skill_id: What it asks for; an id of the curriculum.
        draw: Numbers for one question, as a frozen dataclass; may raise `Redraw`.
        ask: The question for these numbers; pure, and may raise `Redraw`.
    """

    skill_id: str
    draw: Callable[[Random], G]
    ask: Callable[[G], Draft]

    def make(self, seed: int) -> Question:
        """The question of that seed, always the same.

        Raises:
            RuntimeError: 200 draws gave no question; a bug of the generator.
        """
        dice = Random(f"{self.skill_id}:{seed}")  # noqa: S311 not for secrets: the same seed has to give the same numbers
        for _ in range(DRAWS):
            try:
                given = self.draw(dice)
                draft = self.ask(given)
            except Redraw:
                continue
            seen, wrong = {draft.right}, list[Wrong]()
            for each in draft.wrong:
                if each.text not in seen:
                    seen.add(each.text)
                    wrong.append(each)
            if len(wrong) < OPTIONS - 1:
                continue
            options = [Option(each.text, each.misconception, each.feedback) for each in dice.sample(wrong, OPTIONS - 1)]
            place = dice.randrange(OPTIONS)
            options.insert(place, Option(draft.right))
            return Question(
                item_id=self.skill_id,
                skill_id=self.skill_id,
                stem=draft.stem,
                options=tuple(options),
                right=place,
                solution=draft.solution,
                typed=draft.typed,
                picture=draft.picture,
                given=given,
            )
        message = f"the generator {self.skill_id} found no question in {DRAWS} draws for seed {seed}"
        raise RuntimeError(message)
