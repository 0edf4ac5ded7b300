"""Reading a number that a person typed, and judging it.

People type as their keyboard and their country taught them, so the same characters can mean two numbers. What is read:

- **One comma or point** is the decimal sign: "0,33", "0.33", ".5". Only a comma before exactly three digits, as in
  "1,024", separates thousands first, since that is how the bot writes them. Both readings of such a text, "1,024" and
  "1.024" alike, are kept, and the answer is right if either is: they are a factor of 1,000 apart, so no near miss
  gains.
- **Several of one sign** separate thousands: "1,048,576" and "1.048.576". **Both signs**: the last one is the decimal
  sign: "1,048,576.5", "1.048.576,5".
- **A space, an apostrophe or an underscore** separates thousands where the groups have three digits: "1 000". Any other
  space stands between two numbers, which are refused.
- **Fractions and powers**: "1/3", "2^10", "2**10", "2¹⁰", "1e3", "1.5 × 10^3". "-2^2" is −4, as in mathematics.
- **Per cent**: a question whose unit is "%" takes "33 %", "33" and the share "0.33" or "1/3"; up to 1, a number without
  its sign could be either, and is right if one of them is. A question without a unit takes "33 %" as 0.33.
- **The unit** that the question names may follow, in singular or plural or cut after a word; any other word is refused.

Nothing typed is ever shown again: it could hold a mention or anything else that a chat would act on.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from lessons.questions.model import Typed

LONGEST: Final = 60
"""Characters of a number, its unit among them; far more than any answer needs."""
_LARGEST_EXPONENT: Final = 400
"""Beyond every float; keeps "9^999999999" from being computed."""
_ROUNDING: Final = 1e-12
"""Relative: what float arithmetic may lose at the edge of a tolerance, and less than one in 10^11 counted things."""

_PLAIN: Final = str.maketrans(
    dict.fromkeys("−–—‐‑‒﹣－", "-")
    | dict.fromkeys("×·⋅∙✕", "*")
    | dict.fromkeys("’ʼ`´", "'")
    | {"٫": ".", "٬": ",", "٪": "%", "÷": "/", "⁄": "/", "∕": "/"}
)
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_RAISED_RUN: Final = re.compile(r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LEAD: Final = re.compile(r"^[=≈~]\s*")
_NO_NUMBER: Final = re.compile(r"[+-]?\s*(nan|inf|infinity|infinite|∞)", re.IGNORECASE)

_DIGITS: Final = r"[0-9](?:[0-9.,'_]|\s(?=[0-9]{3}(?![0-9])))*|[.,][0-9]+"
_POWER: Final = r"\s*(?:\^|\*\*)\s*\(?\s*([+-]?\s*[0-9]+)\s*\)?"
_FRACTION: Final = re.compile(rf"([+-]?)\s*({_DIGITS})\s*/\s*({_DIGITS})")
_POWER_OF: Final = re.compile(rf"([+-]?)\s*({_DIGITS}){_POWER}")
_SCIENTIFIC: Final = re.compile(rf"([+-]?)\s*({_DIGITS})(?:e([+-]?[0-9]+)|\s*[*x]\s*10{_POWER})", re.IGNORECASE)
_DECIMAL: Final = re.compile(rf"([+-]?)\s*({_DIGITS})")
_SOME_NUMBER: Final = re.compile(r"[0-9]+(?:[.,'_][0-9]+|\s[0-9]{3}(?![0-9]))*")

_GROUPED: Final = re.compile(r"[1-9][0-9]{0,2}(?:([ '_])[0-9]{3})(?:\1[0-9]{3})*(?=[.,]|$)")
_SIGNED_GROUPS: Final = re.compile(r"[1-9][0-9]{0,2}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")

_PER_CENT: Final = ("%", "percent", "per cent", "pct")

PLEASE: Final = "Please type one number, such as 42, 0.25, 1/3 or 1e-3."


@dataclass(frozen=True, slots=True)
class Right:
    """The number is right."""

    value: float
    """As it was read, in the unit of the question."""


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """A number, but not the right one."""

    value: float
    """As it was read, in the unit of the question; the likelier reading where there are two."""


@dataclass(frozen=True, slots=True)
class NotANumber:
    """Nothing that can be judged: the member may try again, and nothing counts against them."""

    sentence: str
    """What is the matter and what to type, to be shown as it is."""


Judgement: TypeAlias = Right | WrongNumber | NotANumber


@dataclass(frozen=True, slots=True)
class Readings:
    """The numbers that a text can mean, the likeliest first; at least one."""

    values: tuple[float, ...]


class _OutOfRange(Exception):  # noqa: N818 a signal between the functions of this module
    """No float holds the number."""


def judge(text: str, typed: Typed) -> Judgement:
    """Whether ``text`` is the number that was asked for. Never raises."""
    match read_number(text, typed.unit):
        case NotANumber() as refused:
            return refused
        case Readings(values):
            for value in values:
                if _near(value, typed):
                    return Right(value)
            return WrongNumber(values[0])


def read_number(text: str, unit: str = "") -> Readings | NotANumber:
    """The numbers that ``text`` can mean as an answer in ``unit``. Never raises."""
    text = text.strip()
    if len(text) > LONGEST:
        return NotANumber(f"That is {len(text):,} characters, more than a number needs. {PLEASE}")
    plain = _plain(text)
    if not plain:
        return NotANumber(f"There is nothing in it yet. {PLEASE}")
    if _NO_NUMBER.fullmatch(plain):
        return NotANumber(f"The answer is an ordinary number, neither infinite nor undefined. {PLEASE}")
    body, in_per_cent = _without_unit(plain, unit)
    try:
        values = [_float(value) for each in _exact_readings(body) for value in _in_unit(each, unit, in_per_cent)]
    except ZeroDivisionError:
        return NotANumber(f"That divides by zero. {PLEASE}")
    except _OutOfRange:
        return NotANumber("That number is too large or too close to zero to work with. Please check its exponent.")
    return Readings(tuple(dict.fromkeys(values))) if values else _refusal(body, unit)


def _near(value: float, typed: Typed) -> bool:
    slack = _ROUNDING * max(abs(typed.value), typed.tolerance)
    return abs(value - typed.value) <= typed.tolerance + slack


def _plain(text: str) -> str:
    """The text in ASCII as far as it goes: digits, dashes, spaces and raised exponents of every kind."""
    raised = _RAISED_RUN.sub(lambda run: "^" + run.group().translate(_RAISED), text)
    characters: list[str] = []
    for character in raised.translate(_PLAIN):
        folded = unicodedata.normalize("NFKC", character).translate(_PLAIN)
        digit = unicodedata.decimal(folded, None) if len(folded) == 1 else None
        if digit is not None:
            characters.append(str(digit))
        elif "/" in folded and len(folded) > 1:
            characters.append(f" {folded}")  # "1½" is two numbers, and never eleven halves
        elif unicodedata.category(character) != "Cf":  # zero-width and direction marks come with copied text
            characters.append(folded)
    return _LEAD.sub("", " ".join("".join(characters).split()))


def _without_unit(plain: str, unit: str) -> tuple[str, bool]:
    """The number without the unit behind it, and whether it was given in per cent."""
    lower = plain.casefold()
    if unit in {"", "%"}:
        for name in _PER_CENT:
            if lower.endswith(name):
                return plain[: -len(name)].rstrip(), True
        return plain, False
    for name in _unit_names(" ".join(unit.split()).casefold()):
        before = plain[: len(plain) - len(name)]
        # A letter right before it would be another word: "kB" is no "B".
        if lower.endswith(name) and before and not before[-1].isalpha():
            return before.rstrip(), False
    return plain, False


def _unit_names(unit: str) -> list[str]:
    """What a unit may be called, the longest first: "pixels a side", "pixels", "pixel a side", "pixel"."""
    words = unit.split(" ")
    names = {" ".join(words[:length]) for length in range(1, len(words) + 1)}
    names |= {" ".join([words[0].removesuffix("s"), *words[1:length]]) for length in range(1, len(words) + 1)}
    names |= {f"{words[0]}s"} if words[0].isalpha() else set()
    return sorted(names - {""}, key=lambda name: (-len(name), name))


def _in_unit(value: Fraction, unit: str, in_per_cent: bool) -> tuple[Fraction, ...]:
    if unit == "%" and not in_per_cent:
        return (value * 100, value) if abs(value) <= 1 else (value,)
    return (value / 100,) if in_per_cent and unit != "%" else (value,)


def _exact_readings(body: str) -> tuple[Fraction, ...]:
    """Every number that ``body`` as a whole can mean, exactly; none where it is not one number."""
    if found := _DECIMAL.fullmatch(body):
        sign, digits = found.groups()
        return tuple(_signed(sign, value) for value in _decimals(digits))
    if found := _FRACTION.fullmatch(body):
        sign, above, below = found.groups()
        return tuple(_signed(sign, a / b) for a in _decimals(above) for b in _decimals(below))
    if found := _SCIENTIFIC.fullmatch(body):
        sign, digits, short_exponent, long_exponent = found.groups()
        scale = _power(Fraction(10), short_exponent or long_exponent)
        return tuple(_signed(sign, value * scale) for value in _decimals(digits))
    if found := _POWER_OF.fullmatch(body):
        sign, base, exponent = found.groups()
        return tuple(_signed(sign, _power(value, exponent)) for value in _decimals(base))
    return ()


def _decimals(digits: str) -> tuple[Fraction, ...]:
    """The readings of digits with their separators, the likeliest first; none where they are not well formed."""
    if grouped := _GROUPED.match(digits):
        whole = re.sub(r"[ '_]", "", grouped.group())
        rest = digits[grouped.end() :]
        return _simple(whole + rest.replace(",", ".")) if re.fullmatch(r"(?:[.,][0-9]+)?", rest) else ()
    points, commas = digits.count("."), digits.count(",")
    ungrouped = re.sub(r"[.,]", "", digits)
    if points and commas:
        group, sign = (",", ".") if digits.rfind(".") > digits.rfind(",") else (".", ",")
        whole, _, part = digits.rpartition(sign)
        groups = _SIGNED_GROUPS.fullmatch(whole)
        return _simple(f"{whole.replace(group, '')}.{part}") if groups and groups.group(1) == group else ()
    thousands = _simple(ungrouped) if _SIGNED_GROUPS.fullmatch(digits) else ()
    if points + commas > 1:
        return thousands
    decimal = _simple(digits.replace(",", "."))
    return thousands + decimal if commas else decimal + thousands


def _simple(digits: str) -> tuple[Fraction, ...]:
    return (Fraction(digits),) if re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", digits) else ()


def _signed(sign: str, value: Fraction) -> Fraction:
    return -value if sign == "-" else value


def _power(base: Fraction, exponent: str) -> Fraction:
    times = int(exponent.replace(" ", ""))
    if abs(times) > _LARGEST_EXPONENT:
        raise _OutOfRange
    return base**times


def _float(value: Fraction) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise _OutOfRange from None
    if math.isinf(number) or (number == 0 and value != 0):
        raise _OutOfRange
    return number


def _refusal(body: str, unit: str) -> NotANumber:
    numbers = _SOME_NUMBER.findall(body)
    if not numbers:
        return NotANumber(f"I see no number in that. {PLEASE}")
    if len(numbers) > 1:
        return NotANumber(f"I see more than one number in that. {PLEASE}")
    if re.search(r"[^\W\d_]|[^\x00-\x7f]|[%$]", body):
        without = f"in {unit}" if unit else "with nothing after it"
        return NotANumber(f"I see a number and something else beside it. Please type the number alone, {without}.")
    return NotANumber(f"I cannot tell which number that is. {PLEASE}")
