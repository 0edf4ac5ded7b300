"""The kinds of option of a training project: each can check a value, and read one from text."""

from dataclasses import dataclass
from typing import TypeAlias

from lessons.errors import PersonError
from workers.messages import OptionValue


@dataclass(frozen=True, slots=True)
class IntOption:
    """A whole number from `minimum` to `maximum`, both allowed."""

    name: str
    label: str
    help: str
    minimum: int
    maximum: int

    def check(self, value: OptionValue) -> int:
        """The value as an int. Raises PersonError outside the bounds or for anything but a whole number."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise PersonError(f"{self.name} must be a whole number; you gave {_quoted(value)}.")
        if not self.minimum <= value <= self.maximum:
            raise _outside(self.name, self.minimum, self.maximum, value)
        return value

    def parse(self, text: str) -> int:
        """Reads the value from text, e.g. of a command line. Raises PersonError like `check`."""
        try:
            return self.check(int(text))
        except ValueError:
            raise PersonError(f"{self.name} must be a whole number; you gave {_quoted(text)}.") from None


@dataclass(frozen=True, slots=True)
class FloatOption:
    """A finite number from `minimum` to `maximum`, both allowed."""

    name: str
    label: str
    help: str
    minimum: float
    maximum: float

    def check(self, value: OptionValue) -> float:
        """The value as a float. Raises PersonError outside the bounds or for anything but a number."""
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:  # noqa: PLR0124 NaN, without turning a huge int into a float
            raise PersonError(f"{self.name} must be a number; you gave {_quoted(value)}.")
        if not self.minimum <= value <= self.maximum:
            raise _outside(self.name, self.minimum, self.maximum, value)
        return float(value)

    def parse(self, text: str) -> float:
        """Reads the value from text, e.g. of a command line. Raises PersonError like `check`."""
        try:
            return self.check(float(text))
        except ValueError:
            raise PersonError(f"{self.name} must be a number; you gave {_quoted(text)}.") from None


@dataclass(frozen=True, slots=True)
class ChoiceOption:
    """One of a few names."""

    name: str
    label: str
    help: str
    choices: tuple[str, ...]

    def check(self, value: OptionValue) -> str:
        """The value itself. Raises PersonError for anything that is not among the choices."""
        if not isinstance(value, str) or value not in self.choices:
            raise PersonError(f"{self.name} must be one of {', '.join(self.choices)}; you gave {_quoted(value)}.")
        return value

    def parse(self, text: str) -> str:
        """Reads the value from text, e.g. of a command line. Raises PersonError like `check`."""
        return self.check(text)


Option: TypeAlias = IntOption | FloatOption | ChoiceOption


def _outside(name: str, minimum: float, maximum: float, value: float) -> PersonError:
    if isinstance(value, float):
        asked = f"{value:g}"
    else:
        asked = f"{value:,}" if abs(value) < 10**15 else "far more" if value > 0 else "far less"
    return PersonError(f"{name} must be between {_number(minimum)} and {_number(maximum)}; you asked for {asked}.")


def _number(value: float) -> str:
    """A bound in the way people write it: 0.00001 and not 1e-05."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.10f}".rstrip("0").rstrip(".")


def _quoted(value: OptionValue) -> str:
    return f"“{str(value)[:50]}”"
