"""What a question is, whoever made it: a generator, the bank, or a member's own run."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

OPTIONS: Final = 3
"""Options of every question: the right one and two misconceptions (Rodriguez 2005: three are as good as more)."""
OPTION_MAX: Final = 110
"""Characters of one option, so that three of them and a stem can be read on a phone at once."""
STEM_MAX: Final = 700
SOLUTION_MAX: Final = 700
FEEDBACK_MAX: Final = 260


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose."""

    text: str
    """Markdown of one line."""
    misconception: str | None = None
    """Which mistake leads here, in kebab case; None for the right answer."""
    feedback: str = ""
    """One or two sentences to who chose it: what they did, and what to do instead. Empty for the right answer."""


@dataclass(frozen=True, slots=True)
class Typed:
    """How the answer is judged when it is typed as a number."""

    value: float
    tolerance: float = 0.0
    """How far off, in the unit of ``value``, still counts as right; 0 for counts."""
    unit: str = ""
    """What the number counts, for the form's label: "parameters", "MB", "%". For % the value is in per cent."""


@dataclass(frozen=True, slots=True)
class ConvolutionPicture:
    """A small convolution to be drawn: the input, the kernel, and how it moves."""

    values: tuple[tuple[int, ...], ...]
    kernel: tuple[tuple[int, ...], ...]
    stride: int = 1
    padding: int = 0
    marked: tuple[int, int] | None = None
    """Row and column of the output that is asked for."""


@dataclass(frozen=True, slots=True)
class CurvesPicture:
    """Curves over epochs or steps to be drawn."""

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """One tuple a name, all of the same length."""
    x_label: str = "epoch"
    y_label: str = "loss"


@dataclass(frozen=True, slots=True)
class GridPicture:
    """A small table of numbers or marks to be drawn: a confusion matrix, a mask, a map of Q-values."""

    cells: tuple[tuple[str, ...], ...]
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    row_label: str = ""
    column_label: str = ""
    marked: tuple[int, int] | None = None


QuestionPicture: TypeAlias = ConvolutionPicture | CurvesPicture | GridPicture
"""What a question shows; `bot.pictures.questions` draws it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is asked: the options in the order in which they are shown."""

    item_id: str
    """What was asked, for the item report: a generator's skill id, a bank item's id, or ``run:<kind>``."""
    skill_id: str
    stem: str
    """A full question in a chat's Markdown; formulae in code marks with Unicode."""
    options: tuple[Option, ...]
    right: int
    """Index of the right option."""
    solution: str
    """The worked solution, or why the right option is right."""
    typed: Typed | None = None
    """For questions whose answer is a number."""
    picture: QuestionPicture | None = None
    given: object = None
    """The generator's drawn numbers (its own frozen dataclass); None for the bank."""

    @property
    def answer(self) -> Option:
        """The right option."""
        return self.options[self.right]


def seed_of(user_id: int, skill_id: str, review: int) -> int:
    """The seed of a member's question, below 2^63: member, skill and review number make the same question again."""
    return int.from_bytes(sha256(f"{user_id}:{skill_id}:{review}".encode()).digest()[:8]) >> 1
