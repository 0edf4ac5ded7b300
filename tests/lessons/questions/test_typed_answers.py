"""Numbers as people type them, and whether they are right."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lessons.questions.model import Typed
from lessons.questions.typed import NotANumber, Readings, Right, WrongNumber, judge, read_number
from lessons.questions.wording import count, decimal, percent, short


def likeliest(text: str, unit: str = "") -> float:
    match read_number(text, unit):
        case Readings(values):
            return values[0]
        case NotANumber(sentence):
            pytest.fail(f"{text!r}: {sentence}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("  42 ", 42),
        ("+42", 42),
        ("= 42", 42),
        ("0.33", 0.33),
        ("0,33", 0.33),
        (".5", 0.5),
        (",5", 0.5),
        ("5.", 5),
        ("007", 7),
        ("-0.5", -0.5),
        ("−0.5", -0.5),
        ("–0,5", -0.5),
        ("- 3", -3),
        ("1/3", 1 / 3),
        ("-1 / 3", -1 / 3),
        ("0,5/2", 0.25),
        ("½", 0.5),
        ("1⁄3", 1 / 3),
        ("33 %", 0.33),
        ("12,5%", 0.125),
        ("1,048,576", 1_048_576),
        ("1.048.576", 1_048_576),
        ("1 048 576", 1_048_576),
        ("1\u202f048\u00a0576", 1_048_576),
        ("1'048'576", 1_048_576),
        ("1’048’576", 1_048_576),
        ("1_048_576", 1_048_576),
        ("1 000", 1_000),
        ("1 000,5", 1_000.5),
        ("1,048,576.5", 1_048_576.5),
        ("1.048.576,5", 1_048_576.5),
        ("1.024,5", 1_024.5),
        ("1,024", 1_024),
        ("1.024", 1.024),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        ("1e3", 1_000),
        ("1E-3", 0.001),
        ("1e−3", 0.001),
        ("2.5e+2", 250),
        ("2^10", 1_024),
        ("2 ** 10", 1_024),
        ("2¹⁰", 1_024),
        ("10^-3", 0.001),
        ("10⁻³", 0.001),
        ("10^(-3)", 0.001),
        ("-2^2", -4),
        ("1.5*10^3", 1_500),
        ("1,5 × 10⁻³", 0.0015),
        ("3 x 10^2", 300),
        ("12", 12),
        ("٤٢", 42),
        ("\u200e42\u200b", 42),
    ],
)
def test_a_number_is_read_however_it_is_typed(text: str, value: float) -> None:
    assert likeliest(text) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing"),
        ("  \n ", "nothing"),
        ("\u200b", "nothing"),
        ("NaN", "ordinary number"),
        ("inf", "ordinary number"),
        ("-Infinity", "ordinary number"),
        ("∞", "ordinary number"),
        ("1e999", "exponent"),
        ("1e-999", "exponent"),
        ("9^99999999999999999", "exponent"),
        ("9^400", "exponent"),
        ("0,5^-9999", "exponent"),
        ("1/0", "divides by zero"),
        ("0^-1", "divides by zero"),
        ("🔥", "no number"),
        ("no idea", "no number"),
        ("-", "no number"),
        ("3 4", "more than one"),
        ("3, 4", "more than one"),
        ("3 and 4", "more than one"),
        ("(3, 4)", "more than one"),
        ("1½", "more than one"),
        ("1 1/2", "more than one"),
        ("28x28", "more than one"),
        ("3-4", "more than one"),
        ("1/2/3", "more than one"),
        ("2^3^4", "more than one"),
        ("1 000 00", "more than one"),
        ("12 GB", "alone"),
        ("3 🔥", "alone"),
        ("5k", "alone"),
        ("1 000 MB", "alone"),
        ("--5", "cannot tell"),
        ("1,2,3", "cannot tell"),
        ("1.2.3", "cannot tell"),
        ("1,048.576,3", "cannot tell"),
        ("1..2", "more than one"),
        ("7" * 4_000, "4,000 characters"),
        ("@everyone" * 400, "3,600 characters"),
    ],
)
def test_what_is_no_number_gets_a_sentence_and_costs_nothing(text: str, says: str) -> None:
    match judge(text, Typed(1.0)):
        case NotANumber(sentence):
            assert says in sentence
            assert sentence.endswith(".")
            assert "@" not in sentence, "what was typed is not shown again"
        case other:
            pytest.fail(f"{text[:20]!r}: {other}")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1,568 parameters", "parameters"),
        ("1,568 Parameter", "parameters"),
        ("1568parameters", "parameters"),
        ("1568 MB", "MB"),
        ("1568 mb", "MB"),
        ("1568 pixels a side", "pixels a side"),
        ("1568 pixel", "pixels a side"),
        ("1568 steps", "step"),
    ],
)
def test_the_unit_that_was_asked_for_may_follow(text: str, unit: str) -> None:
    assert likeliest(text, unit) == 1568


@pytest.mark.parametrize("text", ["12 GB", "12 kMB", "12 MB MB", "MB", "33 %"])
def test_another_unit_is_refused_and_not_judged(text: str) -> None:
    assert isinstance(judge(text, Typed(12.0, unit="MB")), NotANumber)


@pytest.mark.parametrize("text", ["33 %", "33%", "33 percent", "33 per cent", "33", "0.33", "0,33", "33/100", "3.3e1"])
def test_a_share_in_per_cent_is_right_in_every_way_of_writing_it(text: str) -> None:
    assert judge(text, Typed(33.0, 0.5, "%")) == Right(33.0)


@pytest.mark.parametrize("text", ["0.33 %", "3.3", "0.033", "3300", "-33"])
def test_a_share_that_is_off_by_a_place_is_wrong(text: str) -> None:
    assert isinstance(judge(text, Typed(33.0, 0.5, "%")), WrongNumber)


def test_half_a_per_cent_is_right_with_and_without_its_sign() -> None:
    for text in ("0.5 %", "0.5", "0.005"):
        assert isinstance(judge(text, Typed(0.5, 0.01, "%")), Right)


def test_nobody_is_wrong_for_their_keyboard() -> None:
    assert judge("1.024", Typed(1024)) == Right(1024)
    assert judge("1,024", Typed(1024)) == Right(1024)
    assert judge("1,024", Typed(1.024)) == Right(1.024)
    assert judge("1.024", Typed(512)) == WrongNumber(1.024)


def test_a_count_has_to_be_exact_however_large() -> None:
    assert judge("175,000,000,000", Typed(175e9)) == Right(175e9)
    assert judge("175,000,000,001", Typed(175e9)) == WrongNumber(175_000_000_001)


def test_the_edge_of_the_tolerance_is_right() -> None:
    assert isinstance(judge("0.335", Typed(0.33, 0.005)), Right)
    assert isinstance(judge("0.3351", Typed(0.33, 0.005)), WrongNumber)


pieces = st.sampled_from(
    [*"0123456789.,-−+/^*eE%x×'_ ()⁰²½∞", "10", "000", " ", "nan", "MB", "🔥", "\u202f", "²³", "\x00"]
)


@given(
    st.one_of(st.text(), st.lists(pieces, max_size=25).map("".join)), st.sampled_from(["", "%", "MB", "pixels a side"])
)
@example("0" * 61, "")
@example("9" * 50 + "^400", "")
@example("ß" * 30, "ss")
def test_no_text_breaks_it(text: str, unit: str) -> None:
    match judge(text, Typed(1.0, 0.1, unit)):
        case Right(value) | WrongNumber(value):
            assert math.isfinite(value)
        case NotANumber(sentence):
            assert 20 < len(sentence) < 140


@given(st.integers(-(10**15), 10**15))
def test_a_count_is_read_back_as_the_bot_shows_it(value: int) -> None:
    assert likeliest(count(value)) == value
    assert likeliest(str(value)) == value


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_a_decimal_is_read_back_as_the_bot_shows_it(value: float, digits: int) -> None:
    assert likeliest(decimal(value, digits)) == round(value, digits)
    assert likeliest(short(value, digits or 1)) == round(value, digits or 1)


@given(st.floats(-10, 10))
def test_a_share_is_read_back_as_the_bot_shows_it(share: float) -> None:
    shown = float(f"{100 * share:.1f}")
    assert likeliest(percent(share), "%") == shown
    assert likeliest(percent(share)) == pytest.approx(shown / 100, rel=1e-15)


@given(
    st.floats(0.01, 1e6),
    st.floats(0.001, 0.2),
    st.booleans(),
    st.sampled_from(["", "%", "MB"]),
    st.sampled_from([-1, 1]),
)
def test_half_the_tolerance_off_is_right_and_twice_is_wrong(
    size: float, share: float, negative: bool, unit: str, side: int
) -> None:
    value = -size if negative else size
    typed = Typed(value, size * share, unit)
    near, far = (f"{value + side * off * typed.tolerance:.9f}" for off in (0.5, 2.0))
    assume(abs(float(near) - float(far)) > 1e-6)
    for text in (near, near.replace(".", ","), near.replace("-", "−")):
        assert isinstance(judge(text, typed), Right)
    for text in (far, far.replace(".", ","), far.replace("-", "−")):
        assert isinstance(judge(text, typed), WrongNumber)
