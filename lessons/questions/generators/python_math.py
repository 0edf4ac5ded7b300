"""Arrays and derivatives: shapes of broadcasts and matrix products, partial derivatives, small steps."""

from dataclasses import dataclass
from math import hypot
from random import Random
from typing import Any, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw
from lessons.questions.generators._shapes import ask_broadcast_shape, ask_matmul_shape, draw_broadcast, draw_product
from lessons.questions.model import Typed
from lessons.questions.wording import short

_POWERS = ("", "{}", "{}²", "{}³")


@dataclass(frozen=True, slots=True)
class Partial:
    """``f(x, y)`` as terms of coefficient, power of x and power of y; the variable and the point."""

    terms: tuple[tuple[int, int, int], ...]
    by: Literal["x", "y"]
    x: int
    y: int

    @property
    def formula(self) -> str:
        """``3x²y − 2y``."""
        text = ""
        for c, p, q in self.terms:
            factors = _POWERS[p].format("x") + _POWERS[q].format("y")
            sign = (" + " if c > 0 else " − ") if text else ("" if c > 0 else "−")
            text += sign + (str(abs(c)) if abs(c) > 1 or not factors else "") + factors
        return text


def draw_partial(dice: Random) -> Partial:
    """A mixed term, a term of the other variable alone, and now and then one more."""
    c, d, e = (dice.choice((-4, -3, -2, -1, 1, 2, 3, 4, 5)) for _ in range(3))
    mixed = dice.choice(((2, 1), (1, 2), (2, 2), (3, 1), (2, 1)))
    by = dice.choice(("x", "y"))
    alone = dice.choice((1, 2, 3))
    same = dice.choice((1, 2))
    terms = [(abs(c), *mixed), (d, 0, alone) if by == "x" else (d, alone, 0)]
    if dice.random() < 0.4:
        terms.append((e, same, 0) if by == "x" else (e, 0, same))
    point = [dice.choice((-2, -1, 1, 2, 3)) for _ in range(2)]
    return Partial(tuple(terms), by, *point)


def ask_partial_derivative(given: Partial) -> Draft:
    """The other variable is a constant: terms without the asked one vanish."""
    x, y, by = given.x, given.y, given.by
    other = "y" if by == "x" else "x"

    def slope(variable: str) -> int:
        if variable == "x":
            return sum(c * p * x ** (p - 1) * y**q for c, p, q in given.terms if p)
        return sum(c * q * x**p * y ** (q - 1) for c, p, q in given.terms if q)

    def own(term: tuple[int, int, int]) -> int:
        return term[1] if by == "x" else term[2]

    right = slope(by)
    if abs(right) > 100:
        raise Redraw
    kept = sum(c * x**p * y**q for c, p, q in given.terms if not own((c, p, q)))
    no_factor = sum(c * x ** (p - (by == "x")) * y ** (q - (by == "y")) for c, p, q in given.terms if own((c, p, q)))
    value = sum(c * x**p * y**q for c, p, q in given.terms)
    pieces = [
        f"{short(c * p * x ** (p - 1) * y**q if by == 'x' else c * q * x**p * y ** (q - 1))}"
        for c, p, q in given.terms
        if own((c, p, q))
    ]
    summed = " + ".join(
        f"({piece})" if piece.startswith("−") and place else piece for place, piece in enumerate(pieces)
    )
    derived = Partial(
        tuple((c * p, p - 1, q) if by == "x" else (c * q, p, q - 1) for c, p, q in given.terms if own((c, p, q))),
        by,
        x,
        y,
    )
    worked = f"{derived.formula} = {summed}" + (f" = {short(right)}" if len(pieces) > 1 else "")
    return Draft(
        stem=(
            f"`f(x, y) = {given.formula}`. What is the partial derivative `∂f/∂{by}` at `x = {short(x)}`, `y = "
            f"{short(y)}`?"
        ),
        right=short(right),
        wrong=apart(
            right,
            (
                (
                    slope(other),
                    "took-the-other-variable",
                    f"That is `∂f/∂{other}`. For `∂f/∂{by}` only {by} changes, and {other} is a constant.",
                ),
                (
                    right + kept,
                    "kept-the-constant-term",
                    (
                        f"A term without {by} does not change when {by} does: its derivative is 0, here it was kept "
                        f"as {short(kept)}."
                    ),
                ),
                (
                    no_factor,
                    "forgot-the-power-factor",
                    (
                        f"That lowers the power of {by} but leaves out the factor: `{by}²` becomes `2{by}`, and "
                        f"`{by}³` becomes `3{by}²`."
                    ),
                ),
                (
                    slope("x") + slope("y"),
                    "added-both-partials",
                    f"That adds `∂f/∂x` and `∂f/∂y`. A partial derivative moves one variable only, here {by}.",
                ),
                (
                    value,
                    "gave-the-value",
                    f"That is `f` itself at the point. The derivative is how fast it changes with {by}.",
                ),
            ),
            short,
            1,
        ),
        solution=f"With {other} held constant: `∂f/∂{by} = {worked}`",
        typed=Typed(right),
    )


@dataclass(frozen=True, slots=True)
class SmallStep:
    """A gradient in two variables and a small step: a vector, a length straight downhill, or a learning rate."""

    gradient: tuple[int, int]
    step: tuple[float, float] | None = None
    length: float | None = None
    rate: float | None = None


def draw_small_step(dice: Random) -> SmallStep:
    """Gradients of whole length where the length is asked for."""
    kind = dice.choice(("step", "step", "length", "rate"))
    if kind == "step":
        sides = [side for side in range(-6, 7) if side]
        moves = (-0.03, -0.02, -0.01, 0.01, 0.02, 0.03)
        return SmallStep((dice.choice(sides), dice.choice(sides)), step=(dice.choice(moves), dice.choice(moves)))
    legs = list(dice.choice(((3, 4), (6, 8), (5, 12), (8, 15))))
    dice.shuffle(legs)
    gradient = (legs[0] * dice.choice((-1, 1)), legs[1] * dice.choice((-1, 1)))
    size = dice.choice((0.01, 0.02, 0.001, 0.002))
    return SmallStep(gradient, length=size) if kind == "length" else SmallStep(gradient, rate=size)


def _signed(value: float) -> str:
    return f"({short(value)})" if value < 0 else short(value)


def ask_gradient_direction(given: SmallStep) -> Draft:
    """First order: ``Δf ≈ ∇f · Δ``; straight downhill by h it is −h‖∇f‖, and for −η∇f it is −η‖∇f‖²."""
    gx, gy = given.gradient
    norm, total = hypot(gx, gy), abs(gx) + abs(gy)
    where = f"At a point, `∇f = ({short(gx)}, {short(gy)})`."
    asked = "By about how much does `f` change, to first order (minus: it falls)?"
    if given.step is not None:
        dx, dy = given.step
        right = gx * dx + gy * dy
        move = f"You move by `({short(dx)}, {short(dy)})`."
        worked = f"∇f · Δ = {_signed(gx)}·{_signed(dx)} + {_signed(gy)}·{_signed(dy)}"
        wrong = (
            (
                -right,
                "assumed-a-downhill-step",
                "The sign is turned: multiply each slope by its own step and add, `∇f · Δ`, without a minus.",
            ),
            (
                abs(gx * dx) + abs(gy * dy),
                "dropped-the-signs",
                "That adds the sizes. The two parts have signs, and may cancel: add them with their signs.",
            ),
            (
                gx * dx - gy * dy,
                "subtracted-the-parts",
                "That takes the second part from the first. The changes along x and along y are added.",
            ),
            (
                gx * dx,
                "one-variable-only",
                f"That is the part along x. The step along y adds {_signed(gy)} · {_signed(dy)}.",
            ),
            (
                gx * dy + gy * dx,
                "crossed-the-coordinates",
                "That pairs the slope along x with the step along y. Each slope goes with its own step.",
            ),
        )
    elif given.length is not None:
        h = given.length
        right = -h * norm
        move = f"You take a step of length {short(h)} straight downhill (against the gradient)."
        worked = f"−h·‖∇f‖ = −{short(h)}·√({abs(gx)}² + {abs(gy)}²)"
        wrong = (
            (
                -right,
                "went-uphill",
                "The gradient points to where `f` rises fastest. The step goes against it, so `f` falls.",
            ),
            (
                -h * total,
                "added-the-slopes",
                f"The slope along the gradient is its length, √({abs(gx)}² + {abs(gy)}²) = {short(norm)}, not {total}.",
            ),
            (
                -h * norm**2,
                "squared-the-length",
                (
                    f"That is the change for the step −{short(h)}·∇f. Here the step itself has length {short(h)}: "
                    f"the slope {short(norm)} counts once."
                ),
            ),
            (-h, "ignored-the-slope", f"That is as if the slope were 1. Downhill it is ‖∇f‖ = {short(norm)}."),
        )
    else:
        h = given.rate or 0.0
        right = -h * norm**2
        move = f"You do one step of gradient descent, `−η·∇f`, with `η = {short(h)}`."
        worked = f"−η·‖∇f‖² = −{short(h)}·({abs(gx)}² + {abs(gy)}²)"
        wrong = (
            (
                -right,
                "went-uphill",
                "Gradient descent goes against the gradient, so `f` falls: the change is negative.",
            ),
            (
                -h * norm,
                "took-h-for-the-length",
                (
                    f"The step is η·∇f, so it is η·{short(norm)} long, and the slope is {short(norm)} again: the "
                    f"length counts twice."
                ),
            ),
            (
                -h * total,
                "added-the-slopes",
                "Each slope meets a step of η times itself: the slopes are squared, then added.",
            ),
            (
                -h * (gx + gy) ** 2,
                "squared-the-sum",
                "Square each slope, then add. Squaring the sum brings in a product that is not there.",
            ),
        )
    if abs(right) < 0.005:
        raise Redraw
    return Draft(
        stem=f"{where} {move} {asked}",
        right=short(right),
        wrong=apart(right, wrong, short, 0.0025),
        solution=f"`Δf ≈ {worked} = {short(right)}`",
        typed=Typed(right, tolerance=0.0005),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("broadcast_shape", draw_broadcast, ask_broadcast_shape),
    Generator("matmul_shape", draw_product, ask_matmul_shape),
    Generator("partial_derivative", draw_partial, ask_partial_derivative),
    Generator("gradient_direction", draw_small_step, ask_gradient_direction),
)
"""The questions of this topic."""
