"""What a temperature does to the probabilities that a text model samples from."""

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.generators._slips import Slip, rounds_clearly
from lessons.questions.model import Typed
from lessons.questions.wording import count, decimal, short


@dataclass(frozen=True, slots=True)
class Sampling:
    """Logits of three characters, the temperature, and which character is asked for."""

    characters: tuple[str, str, str]
    logits: tuple[float, float, float]
    temperature: float
    asked: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as likely one character is as another at temperature 1, and another temperature."""

    ratio: int
    temperature: float


_RATIOS: Final = (
    *((ratio, 0.5) for ratio in (3, 4, 5, 6, 7, 8, 10)),
    *((ratio, 2.0) for ratio in (4, 9, 16, 25, 36, 49)),
    *((ratio, 0.25) for ratio in (2, 3)),
    *((ratio, 4.0) for ratio in (16, 81)),
    *((ratio, 3.0) for ratio in (8, 27)),
)
"""Ratios and temperatures whose answer is a whole number."""


def draw_sampling(dice: Random) -> Sampling | Ratio:
    """Half ask for a probability, half for a ratio of two, which needs no calculator."""
    if dice.random() < 0.5:
        return Ratio(*dice.choice(_RATIOS))
    a, b, c = dice.sample("etaoinsh", 3)
    logits = dice.sample((-1.0, 0.0, 1.0, 2.0, 3.0, 4.0), 3)
    first, second, third = logits
    return Sampling((a, b, c), (first, second, third), dice.choice((0.5, 0.5, 2.0, 2.0, 4.0)), dice.randrange(3))


def _softmax(logits: list[float]) -> list[float]:
    powers = [exp(logit) for logit in logits]
    return [power / sum(powers) for power in powers]


def ask_sampling_temperature(given: Sampling | Ratio) -> Draft:
    """Logits are divided by the temperature before the softmax."""
    return _ask_probability(given) if isinstance(given, Sampling) else _ask_ratio(given)


def _ask_probability(given: Sampling) -> Draft:
    t, place = given.temperature, given.asked
    character = given.characters[place]
    plain = _softmax(list(given.logits))
    right = _softmax([logit / t for logit in given.logits])[place]
    if not 0.02 <= right <= 0.98:
        raise Redraw
    rounds_clearly(right, 2)
    scaled = [logit / t for logit in given.logits]
    powers = [exp(each) for each in scaled]
    listed = ", ".join(f"`{name}`: {short(logit)}" for name, logit in zip(given.characters, given.logits, strict=True))
    slips = [
        Slip(
            plain[place],
            "ignored-the-temperature",
            f"That is the probability at temperature 1. At {short(t)} each logit is divided by {short(t)} first.",
        ),
        Slip(
            _softmax([logit * t for logit in given.logits])[place],
            "multiplied-by-the-temperature",
            f"That multiplies the logits by {short(t)}. They are *divided* by it, so a low temperature makes the "
            "likeliest character likelier still.",
        ),
        Slip(
            plain[place] / t,
            "divided-the-probability",
            "That divides the probability. Divide the *logits*, then take the softmax, and the three add up to 1 "
            "again.",
        ),
        Slip(
            1 / 3,
            "thought-it-evens-out",
            f"That would be an infinite temperature, at which all are alike. At {short(t)} the logits still count.",
        ),
    ]
    if all(logit > 0 for logit in given.logits):
        slips.append(
            Slip(
                given.logits[place] / sum(given.logits),
                "forgot-the-exponential",
                "That is the logit's share of the sum of logits. The softmax takes the exponential of each first.",
            )
        )
    return Draft(
        stem=(
            f"A character model can choose between three characters only, with these logits: {listed}. What is "
            f"the probability of `{character}` at temperature {short(t)}, rounded to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(right, [each for each in slips if each.value <= 1], decimal, 0.025),
        solution=(
            f"Logits over {short(t)}: `{', '.join(map(short, scaled))}`; `e^{short(scaled[place])} / Σ = "
            f"{decimal(powers[place], 3)} / {decimal(sum(powers), 3)} ≈ {decimal(right)}`"
        ),
        typed=Typed(right, 0.006),
    )


def _inverse(temperature: float) -> str:
    return short(1 / temperature) if temperature < 1 else f"(1/{short(temperature)})"


def _ask_ratio(given: Ratio) -> Draft:
    ratio, t = given.ratio, given.temperature
    right = round(ratio ** (1 / t))

    def times(value: float) -> str:
        return f"{short(value, 2) if value < 1000 else count(round(value))} times"

    return Draft(
        stem=(
            f"At temperature 1 a text model finds `e` {ratio} times as likely as `a`. How many times as likely is it "
            f"at temperature {short(t)}?"
        ),
        right=times(right),
        wrong=apart(
            right,
            (
                Slip(
                    ratio**t,
                    "took-the-temperature-as-power",
                    f"That is {ratio} to the power of {short(t)}: the logits *multiplied* by the temperature. They "
                    f"are divided, so the power is 1 / {short(t)}.",
                ),
                Slip(
                    ratio / t,
                    "divided-the-ratio",
                    f"That divides the ratio. The temperature divides the *logits*, in the exponent, so the ratio "
                    f"becomes {ratio} to the power of 1 / {short(t)}.",
                ),
                Slip(
                    ratio * t,
                    "multiplied-the-ratio",
                    f"That multiplies the ratio by the temperature. The temperature divides the *logits*, in the "
                    f"exponent: {ratio} to the power of 1 / {short(t)}.",
                ),
                Slip(
                    ratio,
                    "ignored-the-temperature",
                    "A temperature does change the ratio; what it keeps is the *order* of the characters.",
                ),
            ),
            times,
            0.4,
        ),
        solution=(
            f"The difference of the logits is `ln {ratio}`. Divided by {short(t)}, it makes "
            f"`e^(ln {ratio} / {short(t)}) = {ratio}^{_inverse(t)} = {right}`."
        ),
        typed=Typed(right, 0.05, "times"),
    )
