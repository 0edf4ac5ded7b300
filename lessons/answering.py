"""What an answer is worth: a press, a typed number, or "I don't know"."""

from dataclasses import dataclass
from typing import TypeAlias

from lessons.questions.model import Option, Question
from lessons.questions.typed import LONGEST, NotANumber, Right, WrongNumber, judge, read_number


@dataclass(frozen=True, slots=True)
class Pressed:
    """An option was pressed."""

    option: int
    """Its index as it was shown."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A number was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class PassedOn:
    """The member does not know."""


Given: TypeAlias = Pressed | Wrote | PassedOn


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer counts."""

    right: bool
    chosen: int | None = None
    said: str | None = None
    """What was typed, without what a chat would act on."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Nothing that can be judged, and nothing counts against the member."""

    sentence: str


def judge_answer(question: Question, given: Given) -> Judged | TryAgain:
    """Whether an answer is right."""
    match given:
        case PassedOn():
            return Judged(right=False)
        case Pressed(option):
            if not 0 <= option < len(question.options):
                return TryAgain("That question has no such option. Press one of its buttons.")
            return Judged(right=option == question.right, chosen=option)
        case Wrote(text):
            if question.typed is None:
                return TryAgain("That question is answered by its buttons.")
            match judge(text, question.typed):
                case NotANumber(sentence):
                    return TryAgain(sentence)
                case Right() | WrongNumber() as judged:
                    return Judged(right=isinstance(judged, Right), said=" ".join(text.split())[:LONGEST])


def mistake_behind(question: Question, said: str) -> Option | None:
    """The option whose misconception gives the number that was typed, if one does."""
    if question.typed is None or isinstance(typed := read_number(said, question.typed.unit), NotANumber):
        return None
    for option in question.options:
        if option is question.answer:
            continue
        plain = option.text.replace("*", "").replace("`", "").replace("≈", "")
        number = read_number(plain, question.typed.unit)
        if not isinstance(number, NotANumber) and set(number.values) & set(typed.values):
            return option
    return None
