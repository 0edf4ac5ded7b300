"""Gradients by hand: a step of descent, the chain rule through a neuron, updates, finite differences."""

from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Any, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw
from lessons.questions.model import Typed
from lessons.questions.wording import count, short


def _signed(value: float) -> str:
    return f"({short(value)})" if value < 0 else short(value)


@dataclass(frozen=True, slots=True)
class Descent:
    """``L(w) = scale · (w − target)²``, where the weight is, and the learning rate."""

    scale: int
    target: int
    weight: int
    rate: float


def draw_descent(dice: Random) -> Descent:
    """Whole numbers; now and then the rate is so large that the step jumps over the minimum."""
    given = Descent(
        dice.choice((1, 1, 2, 3)),
        dice.choice((-3, -2, -1, 1, 2, 3, 4, 5)),
        dice.choice((-4, -2, -1, 0, 1, 2, 4, 6)),
        dice.choice((0.01, 0.05, 0.1, 0.1, 0.2, 0.25, 0.3)),
    )
    if given.weight == given.target:
        raise Redraw
    return given


def ask_gradient_descent_step(given: Descent) -> Draft:
    """``w − η · dL/dw``, with ``dL/dw = 2 · scale · (w − target)``."""
    c, t, w, rate = given.scale, given.target, given.weight, given.rate
    slope = 2 * c * (w - t)
    right = w - rate * slope
    inner = f"w − {t}" if t > 0 else f"w + {-t}"
    return Draft(
        stem=(
            f"The loss is `L(w) = {'' if c == 1 else c}({inner})²`. The weight is `w = {short(w)}`, the learning rate "
            f"{short(rate)}. What is `w` after one step of plain gradient descent?"
        ),
        right=short(right),
        wrong=apart(
            right,
            (
                (
                    w + rate * slope,
                    "went-uphill",
                    (
                        f"That adds the gradient and climbs. Descent subtracts it: {short(w)} − {short(rate)} · "
                        f"{_signed(slope)}."
                    ),
                ),
                (
                    w - slope,
                    "forgot-the-learning-rate",
                    f"That subtracts the whole gradient. Multiply it by the learning rate {short(rate)} first.",
                ),
                (
                    w - rate * slope / 2,
                    "forgot-the-factor-2",
                    f"The derivative of a square brings a factor of 2: dL/dw = {2 * c}({inner}).",
                ),
                (
                    w - rate * c * (w - t) ** 2,
                    "used-the-loss-itself",
                    f"That subtracts η times the loss, {c * (w - t) ** 2}. The step takes its slope, {short(slope)}.",
                ),
                (
                    -rate * slope,
                    "gave-the-step",
                    f"That is the change of w. The new weight is {short(w)} plus that change.",
                ),
                (
                    t,
                    "jumped-to-the-minimum",
                    (
                        f"That is where the loss is smallest. One step goes {short(-rate * slope)} from {short(w)}, "
                        f"however far the minimum is."
                    ),
                ),
            ),
            short,
            0.015,
        ),
        solution=(
            f"`dL/dw = {2 * c}({inner}) = {2 * c}·{_signed(w - t)} = {short(slope)}`, "
            f"`{short(w)} − {short(rate)}·{_signed(slope)} = {short(right)}`"
        ),
        typed=Typed(right, tolerance=0.005),
    )


@dataclass(frozen=True, slots=True)
class NeuronLoss:
    """One neuron with one input, and a squared error."""

    x: float
    w: float
    b: float
    target: float
    activation: Literal["identity", "relu", "sigmoid"]


def draw_neuron_loss(dice: Random) -> NeuronLoss:
    """The sigmoid is drawn where it puts out 0.5, so that its slope is 0.25."""
    activation = dice.choice(("identity", "relu", "relu", "sigmoid"))
    x, w = float(dice.choice((-3, -2, -1, 2, 3, 4))), dice.choice((-2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0))
    b = -w * x if activation == "sigmoid" else float(dice.choice((-3, -2, -1, 1, 2, 3)))
    target = float(dice.choice((0, 1))) if activation == "sigmoid" else float(dice.choice((-2, -1, 1, 2, 3, 5)))
    given = NeuronLoss(x, w, b, target, activation)
    z = w * x + b
    if z == 0 and activation != "sigmoid":
        raise Redraw
    return given


def ask_chain_rule_neuron(given: NeuronLoss) -> Draft:
    """``dL/dw = 2(a − t) · f′(z) · x`` for ``L = (a − t)²``, ``a = f(wx + b)``."""
    x, w, b, t = given.x, given.w, given.b, given.target
    z = w * x + b
    a = {"identity": z, "relu": max(0.0, z), "sigmoid": 0.5}[given.activation]
    local = {"identity": 1.0, "relu": float(z > 0), "sigmoid": 0.25}[given.activation]
    error = a - t
    right = 2 * error * local * x + 0.0
    if error == 0 or abs(right) > 100:
        raise Redraw
    name = {"identity": "a = z", "relu": "a = max(0, z)", "sigmoid": "a = σ(z)"}[given.activation]
    hint = " (`σ(0) = 0.5`, `σ′ = σ(1 − σ)`)" if given.activation == "sigmoid" else ""
    slope = {"identity": "1", "relu": f"{short(local)} (z is {short(z)})", "sigmoid": "0.5 · (1 − 0.5) = 0.25"}[
        given.activation
    ]
    parts = f"2·{_signed(error)}·{short(local)}·{_signed(x)}"
    return Draft(
        stem=(
            f"One neuron: `z = w·x + b`, `{name}`{hint}, loss `L = (a − t)²`. With `x = {short(x)}`, `w = {short(w)}`, "
            f"`b = {short(b)}` and target `t = {short(t)}`, what is `∂L/∂w`?"
        ),
        right=short(right),
        wrong=apart(
            right,
            (
                (
                    2 * error * x,
                    "skipped-the-activation",
                    f"That leaves out the activation's own slope. It is {slope}, and it is a factor too.",
                ),
                (
                    2 * error * local,
                    "stopped-at-the-sum",
                    f"That is `∂L/∂z`, and so `∂L/∂b`. For w, multiply by what w is multiplied with: x = {short(x)}.",
                ),
                (
                    error * local * x,
                    "forgot-the-factor-2",
                    "The derivative of a square brings a factor of 2: `∂L/∂a = 2(a − t)`.",
                ),
                (
                    2 * error * local * w,
                    "multiplied-by-the-weight",
                    f"That multiplies by w: it is `∂L/∂x`. `∂z/∂w` is the input, x = {short(x)}.",
                ),
                (
                    -right,
                    "turned-the-error-round",
                    f"That takes t − a. The derivative of (a − t)² by a is 2(a − t) = {short(2 * error)}.",
                ),
                (error**2, "gave-the-loss", "That is the loss itself. The gradient is how fast it changes with w."),
            ),
            short,
            0.05,
        ),
        solution=(f"`z = {short(z)}`, `a = {short(a)}`. `∂L/∂w = 2(a − t) · ∂a/∂z · x = {parts} = {short(right)}`"),
        typed=Typed(right, tolerance=0.005),
    )


@dataclass(frozen=True, slots=True)
class Training:
    """Sizes of a training, and what is done with a last batch that is not full."""

    examples: int
    batch: int
    epochs: int
    drop_last: bool


def draw_training(dice: Random) -> Training:
    """Two in three leave something over."""
    given = Training(
        dice.choice((500, 1000, 1200, 2000, 2500, 5000, 10000, 12000, 50000, 60000)),
        dice.choice((16, 32, 50, 64, 100, 128, 200, 256)),
        dice.choice((2, 3, 4, 5, 10, 20)),
        drop_last=dice.random() < 0.3,
    )
    if given.examples % given.batch == 0 and (given.drop_last or dice.random() < 0.5):
        raise Redraw
    return given


def ask_updates_per_training(given: Training) -> Draft:
    """One update a batch: the batches of an epoch, times the epochs."""
    n, size, epochs = given.examples, given.batch, given.epochs
    full, over = divmod(n, size)
    batches = full if given.drop_last or not over else full + 1
    right = batches * epochs
    other = (full + 1 if given.drop_last else full) * epochs
    rest = f"The last batch of {over} is {'dropped' if given.drop_last else 'a batch too'}"
    last = "dropped in each epoch" if given.drop_last else "kept"
    joined = ceil(n * epochs / size) if not given.drop_last else n * epochs // size
    return Draft(
        stem=(
            f"A network is trained on {count(n)} examples in batches of {size} for {epochs} epochs, with one update a "
            f"batch; a last batch that is not full is {last}. How many updates does the training make?"
        ),
        right=count(right),
        wrong=apart(
            right,
            (
                (
                    other,
                    "kept-the-last-batch" if given.drop_last else "dropped-the-last-batch",
                    f"{rest}: an epoch makes {count(batches)} updates.",
                ),
                (
                    joined,
                    "batched-across-epochs",
                    (
                        f"That lets batches run on into the next epoch. Each epoch starts afresh and makes "
                        f"{count(batches)} updates."
                    ),
                ),
                (batches, "counted-one-epoch", f"Those are the updates of one epoch. There are {epochs} of them."),
                (
                    n * epochs,
                    "one-update-an-example",
                    f"That is one update for each example. An update is made once for {size} of them.",
                ),
                (
                    epochs,
                    "one-update-an-epoch",
                    (
                        f"That would be full-batch descent. With batches of {size} an epoch makes {count(batches)} "
                        f"updates."
                    ),
                ),
            ),
            lambda value: count(round(value)),
            1,
        ),
        solution=(
            f"`{'⌊' if given.drop_last else '⌈'}{n} / {size}{'⌋' if given.drop_last else '⌉'} · {epochs} = "
            f"{count(batches)} · {epochs} = {count(right)}`"
        ),
        typed=Typed(right, unit="updates"),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """The loss at three places, ``step`` apart."""

    weight: float
    step: float
    below: float
    at: float
    above: float


def draw_difference(dice: Random) -> Difference:
    """Values of a parabola, rounded as a program would print them."""
    weight, step = dice.choice((0.5, 1.0, 2.0, 3.0)), dice.choice((0.1, 0.01, 0.2, 0.5))
    curve, slope, base = (
        dice.choice((1, 2, 3, 5)),
        dice.choice((-8, -6, -4, -3, -2, 2, 3, 4, 5, 7)),
        dice.choice((3, 4, 5, 6, 8)),
    )

    def loss(offset: float) -> float:
        return round(base + slope * offset + curve * offset**2, 4)

    return Difference(weight, step, loss(-step), loss(0), loss(step))


def ask_finite_difference(given: Difference) -> Draft:
    """``(L(w + h) − L(w − h)) / 2h``."""
    w, h = given.weight, given.step
    rise = given.above - given.below
    right = round(rise / (2 * h), 6)
    if given.below <= 0 or given.above <= 0:
        raise Redraw
    top = f"{short(given.above)} − {short(given.below)}"
    return Draft(
        stem=(
            f"A program evaluates the loss at three places: `L({short(w - h)}) = {short(given.below)}`, "
            f"`L({short(w)}) = {short(given.at)}`, `L({short(w + h)}) = {short(given.above)}`. What does the central "
            f"difference with `h = {short(h)}` give for `dL/dw` at `w = {short(w)}`?"
        ),
        right=short(right),
        wrong=apart(
            right,
            (
                (rise / h, "divided-by-h", f"That divides by h. The two places are 2h = {short(2 * h)} apart."),
                (
                    -right,
                    "subtracted-the-wrong-way",
                    (
                        f"That takes left minus right. The loss {'rises' if right > 0 else 'falls'} from left to "
                        f"right, so the slope is {'positive' if right > 0 else 'negative'}."
                    ),
                ),
                (
                    rise,
                    "forgot-to-divide",
                    f"That is the difference of the losses. A slope divides it by the distance, 2h = {short(2 * h)}.",
                ),
                (
                    (given.above - given.at) / h,
                    "took-the-forward-difference",
                    (
                        "That goes from the middle to the right only. The central difference takes the places on "
                        "both sides."
                    ),
                ),
                (
                    (given.at - given.below) / h,
                    "took-the-backward-difference",
                    (
                        "That goes from the left to the middle only. The central difference takes the places on "
                        "both sides."
                    ),
                ),
                (
                    rise * h / 2,
                    "multiplied-by-the-step",
                    f"That multiplies by h and halves. Divide by the distance 2h = {short(2 * h)}.",
                ),
            ),
            short,
            0.04,
        ),
        solution=f"`(L(w + h) − L(w − h)) / 2h = ({top}) / {short(2 * h)} = {short(right)}`",
        typed=Typed(right, tolerance=0.005),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("gradient_descent_step", draw_descent, ask_gradient_descent_step),
    Generator("chain_rule_neuron", draw_neuron_loss, ask_chain_rule_neuron),
    Generator("updates_per_training", draw_training, ask_updates_per_training),
    Generator("finite_difference", draw_difference, ask_finite_difference),
)
"""The questions of this topic."""
