"""The bank: conceptual questions that numbers cannot ask, one file a topic in ``content/questions/``."""

from random import Random
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from lessons.model import KebabId, SkillId, join_lines
from lessons.questions.model import FEEDBACK_MAX, OPTION_MAX, OPTIONS, SOLUTION_MAX, STEM_MAX, Option, Question

LENGTH_RATIO = 1.8
"""How much longer than the shortest option, plus 12 characters, the longest may be: length must not give it away."""

_LAZY = ("all of the above", "none of the above", "both of the above", "all of these", "none of these")


def _question_mark(stem: str) -> str:
    if not stem.rstrip("*_` ").endswith("?"):
        raise ValueError("should be a full question that ends with a question mark")
    return stem


def _not_lazy(option: str) -> str:
    if option.lower().strip(" .") in _LAZY:
        raise ValueError("asks for the other options; write an answer of its own")
    return option


ItemOption = Annotated[
    str,
    BeforeValidator(join_lines),
    StringConstraints(min_length=1, max_length=OPTION_MAX, pattern=r"^[^\n]*$"),
    AfterValidator(_not_lazy),
]
Feedback = Annotated[str, BeforeValidator(join_lines), StringConstraints(min_length=30, max_length=FEEDBACK_MAX)]


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class WrongAnswer(_Content):
    """A misconception as an option."""

    option: ItemOption
    misconception: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    feedback: Feedback


class BankItem(_Content):
    """One conceptual question. Its id is unique in the curriculum and never changes."""

    id: KebabId
    skill: SkillId
    question: Annotated[
        str,
        BeforeValidator(join_lines),
        StringConstraints(min_length=15, max_length=STEM_MAX),
        AfterValidator(_question_mark),
    ]
    answer: ItemOption
    why: Annotated[str, BeforeValidator(join_lines), StringConstraints(min_length=30, max_length=SOLUTION_MAX)]
    """Why the answer is right, for whoever got it wrong or guessed."""
    wrong: Annotated[tuple[WrongAnswer, ...], Field(min_length=OPTIONS - 1, max_length=OPTIONS - 1)]

    @model_validator(mode="after")
    def _options_differ_in_content_and_not_in_length(self) -> Self:
        texts = [self.answer, *(wrong.option for wrong in self.wrong)]
        if len({text.casefold() for text in texts}) < len(texts):
            raise ValueError("has two options that say the same")
        if len({wrong.misconception for wrong in self.wrong}) < len(self.wrong):
            raise ValueError("names the same misconception twice")
        shortest, longest = min(map(len, texts)), max(map(len, texts))
        if longest > shortest * LENGTH_RATIO + 12:
            raise ValueError(f"has options of {shortest} to {longest} characters; their length should not give it away")
        return self

    def ask(self, seed: int) -> Question:
        """The item with its options in the order of that seed."""
        options = [Option(self.answer), *(Option(w.option, w.misconception, w.feedback) for w in self.wrong)]
        Random(f"{self.id}:{seed}").shuffle(options)  # noqa: S311 the same seed has to give the same order
        right = next(place for place, option in enumerate(options) if option.misconception is None)
        return Question(
            item_id=self.id,
            skill_id=self.skill,
            stem=self.question,
            options=tuple(options),
            right=right,
            solution=self.why,
        )


class Bank(_Content):
    """The conceptual questions of one topic, as ``content/questions/NN-<topic>.yaml`` holds them."""

    topic: KebabId
    items: Annotated[tuple[BankItem, ...], Field(max_length=60)]
