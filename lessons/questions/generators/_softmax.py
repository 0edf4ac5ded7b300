"""From logits to probabilities, a loss and its gradient."""

from dataclasses import dataclass
from math import exp, log, log10
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.model import Typed
from lessons.questions.wording import decimal, short


def sigmoid(z: float) -> float:
    """The logistic function."""
    return 1 / (1 + exp(-z))


def signed(value: float) -> str:
    """A number that can stand after an operator: negative ones in brackets."""
    return f"({short(value)})" if value < 0 else short(value)


def row(values: tuple[float, ...]) -> str:
    """Numbers as a vector in code marks."""
    return f"`({', '.join(map(short, values))})`"


@dataclass(frozen=True, slots=True)
class Logits:
    """Three logits, the true class, and what is asked; for the gradient also with respect to which logit."""

    logits: tuple[float, float, float]
    true: int
    asked: Literal["probability", "loss", "gradient"]
    by: int


def draw_logits(dice: Random) -> Logits:
    """Three different logits."""
    a, b, c = dice.sample((-2.0, -1.0, 0.0, 1.0, 2.0, 3.0), 3)
    return Logits((a, b, c), dice.randrange(3), dice.choice(("probability", "loss", "gradient")), dice.randrange(3))


def ask_softmax_cross_entropy(given: Logits) -> Draft:
    """``pᵢ = e^zᵢ / Σ e^zⱼ``, ``L = −ln p`` of the true class, ``∂L/∂zᵢ = pᵢ − yᵢ``."""
    z, names = given.logits, "ABC"
    powers = [exp(value) for value in z]
    p = [power / sum(powers) for power in powers]
    t, true = p[given.true], names[given.true]
    logits = f"A classifier gives the logits {row(z)} for the classes A, B and C"
    sums = " + ".join(f"e^{signed(value)}" for value in z)
    fraction = f"e^{signed(z[given.true])} / ({sums})"
    gap = 0.01
    if given.asked == "probability":
        right = t
        stem = f"{logits}. Which probability does softmax give class {true} (three decimals)?"
        solution = f"`{fraction} = {decimal(t, 3)}`"
        wrong = (
            (
                z[given.true] / (sum(z) or 1),
                "divided-the-logits",
                (
                    "That divides the logit by the sum of the logits. First raise e to each of them: that makes "
                    "them positive."
                ),
            ),
            (
                sigmoid(z[given.true]),
                "took-the-sigmoid",
                "That is the sigmoid, which sees one logit alone. Softmax divides by the sum over all classes.",
            ),
            (
                2 ** z[given.true] / sum(2**value for value in z),
                "raised-2-not-e",
                "That raises 2 to the logits. Softmax raises e, about 2.718.",
            ),
            (
                exp(z[given.true]) / (sum(powers) - powers[given.true]),
                "left-it-out-of-the-sum",
                f"That is the odds, not the probability: the sum below has to hold class {true} as well.",
            ),
            (1 / 3, "shared-evenly", "A third each would need equal logits. A larger logit gets more."),
        )
    elif given.asked == "loss":
        right = -log(t)
        stem = (
            f"{logits}; the true class is {true}. What is the cross-entropy (softmax, natural logarithm, three "
            f"decimals)?"
        )
        solution = f"`p = {fraction} = {decimal(t, 4)}`, `−ln {decimal(t, 4)} = {decimal(right, 3)}`"
        wrong = (
            (
                -log10(t),
                "took-the-logarithm-to-base-10",
                f"That is the logarithm to base 10. The natural one is 2.303 times as large: −ln {decimal(t, 3)}.",
            ),
            (1 - t, "one-minus-the-probability", f"That is 1 − p. The loss is −ln p, with p = {decimal(t, 3)}."),
            (t, "stopped-at-the-probability", f"That is the probability of {true}. The loss is minus its logarithm."),
            (
                -log(max(p)),
                "took-the-predicted-class",
                f"That takes the class with the largest logit. The loss looks at the true one, {true}.",
            ),
            (
                -sum(log(q) for q in p),
                "summed-over-all-classes",
                f"That adds −ln p of all classes. Only the true one, {true}, counts.",
            ),
        )
    else:
        own, q = given.by == given.true, p[given.by]
        right = q - own
        stem = (
            f"{logits}; the true class is {true}. What is the gradient of softmax cross-entropy (natural logarithm) "
            f"with respect to the logit of {names[given.by]} (three decimals)?"
        )
        solution = (
            f"`p − y = {decimal(q, 3)} − {int(own)} = {decimal(right, 3)}`, with `p = e^{signed(z[given.by])} / "
            f"({sums})`"
        )
        wrong = (
            (
                q - (not own),
                "swapped-true-and-other",
                f"Only for the true class is 1 subtracted, and that is {true}: here it is p − {int(own)}.",
            ),
            (
                -right,
                "turned-the-sign",
                "That is y − p. The gradient is p − y: raising the true class's logit lowers the loss.",
            ),
            (
                -log(q),
                "gave-a-loss",
                f"That is −ln p. Its derivative with respect to this logit is p − y = p − {int(own)}.",
            ),
            (
                -1 / t if own else 0.0,
                "stopped-at-the-logarithm" if own else "thought-only-the-true-logit-counts",
                "That is the derivative of −ln p by p. Softmax comes before it; together they give p − y."
                if own
                else f"This logit is in softmax's sum, so raising it takes from {true}: the gradient is p.",
            ),
        )
    if min(p) < 0.01 or (given.asked == "loss" and t < 0.05):
        raise Redraw
    return Draft(
        stem=stem,
        right=decimal(right, 3),
        wrong=apart(right, wrong, lambda value: decimal(value, 3), gap),
        solution=solution,
        typed=Typed(right, tolerance=0.002),
    )
