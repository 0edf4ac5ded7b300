"""An LSTM: its parameters, and what its gates do to its cell state."""

from dataclasses import dataclass
from math import prod, tanh
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.generators._slips import Slip, raised, rounds_clearly
from lessons.questions.model import Typed
from lessons.questions.wording import count, decimal, short


def _whole(value: float) -> str:
    return count(round(value))


@dataclass(frozen=True, slots=True)
class LstmLayers:
    """An LSTM in one of two frameworks; Keras' has one layer."""

    framework: Literal["PyTorch", "Keras"]
    inputs: int
    hidden: int
    layers: int


def draw_lstm_layers(dice: Random) -> LstmLayers:
    """Sizes as in small character models."""
    framework = dice.choice(("PyTorch", "Keras"))
    return LstmLayers(
        framework="PyTorch" if framework == "PyTorch" else "Keras",
        inputs=dice.choice((8, 10, 12, 16, 20, 24, 32, 40, 50, 64, 80, 100)),
        hidden=dice.choice((10, 16, 20, 32, 50, 64, 100, 128, 200, 256)),
        layers=dice.choice((1, 1, 2)) if framework == "PyTorch" else 1,
    )


def ask_lstm_parameter_count(given: LstmLayers) -> Draft:
    """Four gates, each with weights from the input and from the state; PyTorch keeps two bias vectors, Keras one."""
    n, h, layers = given.inputs, given.hidden, given.layers
    two = 2 if given.framework == "PyTorch" else 1
    widths = [n, *[h] * (layers - 1)]

    def total(gates: int, biases: int) -> int:
        return sum(gates * (width * h + h * h + biases * h) for width in widths)

    right = total(4, two)
    other = "Keras" if two == 2 else "PyTorch"
    if two == 2:
        call = f"nn.LSTM({n}, {h})" if layers == 1 else f"nn.LSTM({n}, {h}, num_layers={layers})"
        stem = (
            f"In PyTorch, how many parameters does `{call}` have: input size {n}, hidden size {h}, biases left on, "
            "one direction?"
        )
    else:
        stem = (
            f"In Keras, how many parameters does the layer `LSTM({h})` have on inputs of {n} features, with everything "
            "else at its default?"
        )
    slips = [
        Slip(
            total(4, 3 - two),
            f"counted-as-in-{other.lower()}",
            f"That is {other}'s count, with {'one bias vector' if two == 2 else 'two bias vectors'} a gate. "
            f"{given.framework} has {'two, b_ih and b_hh' if two == 2 else 'one'}.",
        ),
        Slip(
            total(1, two),
            "counted-a-plain-rnn",
            "That is a plain RNN. An LSTM has four such sets of weights: input, forget and output gate, and the "
            "candidate.",
        ),
        Slip(
            total(5, two),
            "counted-five-sets",
            "That gives the cell state weights of its own. It has none: gates and candidate make it, with four sets.",
        ),
        Slip(
            total(4, two) + layers * 4 * h * h,
            "cell-state-feeds-the-gates",
            f"That lets the cell state feed the gates through {h} · {h} weights each. In this layer only the input and "
            "the hidden state do.",
        ),
        Slip(
            total(3, two),
            "counted-three-sets",
            "That counts the three gates only. The candidate `g`, what is to be written into the cell, has weights of "
            "its own: four sets.",
        ),
        Slip(
            sum(4 * (width * h + two * h) for width in widths),
            "forgot-the-state-weights",
            f"That leaves out the weights from the last hidden state, {h} · {h} for each of the four sets.",
        ),
        Slip(
            total(4, 0),
            "counted-no-bias",
            f"That counts no biases. Each of the four sets has {two * h} here, {two} for each hidden unit."
            if two == 2
            else f"That counts no biases. Each of the four sets has {h}, one for each hidden unit.",
        ),
    ]
    if layers > 1:
        slips.append(
            Slip(
                layers * 4 * (n * h + h * h + two * h),
                "second-layer-reads-the-input",
                f"That doubles the first layer. The second reads the first one's hidden state, {h} numbers and not "
                f"{n}.",
            )
        )
    terms = " + ".join(f"4·({width}·{h} + {h}² + {two}·{h})" for width in widths)
    return Draft(
        stem=stem,
        right=count(right),
        wrong=apart(right, slips, _whole, 1),
        solution=f"Four sets of weights from the input, from the state, and biases: `{terms} = {count(right)}`",
        typed=Typed(right, unit="parameters"),
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One LSTM unit: its gates, the candidate, the cell state before, and what is asked."""

    kind: Literal["cell", "hidden", "memory"]
    forget: float
    write: float
    output: float
    candidate: float
    before: float
    steps: int


def draw_cell(dice: Random) -> Cell:
    """Gates in tenths, states in halves."""
    gates = [round(0.1 * tenths, 1) for tenths in range(1, 10)]
    return Cell(
        kind=dice.choice(("cell", "cell", "hidden", "memory")),
        forget=dice.choice(gates),
        write=dice.choice(gates),
        output=dice.choice(gates),
        candidate=dice.choice((-0.8, -0.6, -0.5, 0.4, 0.5, 0.6, 0.8)),
        before=dice.choice((-2.0, -1.5, -1.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)),
        steps=dice.choice((2, 3, 4, 5, 10, 20)),
    )


def ask_lstm_gates(given: Cell) -> Draft:
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000, as torch's LSTMCell computes it."""
    if given.kind == "memory":
        return _ask_memory(given)
    return _ask_cell(given) if given.kind == "cell" else _ask_hidden(given)


def _signed(value: float) -> str:
    return f"({short(value)})" if value < 0 else short(value)


def _ask_cell(given: Cell) -> Draft:
    f, i, o, g, c = given.forget, given.write, given.output, given.candidate, given.before
    right = f * c + i * g
    both = f"{short(f)}·{_signed(c)} + {short(i)}·{_signed(g)}"
    return Draft(
        stem=(
            f"One LSTM unit has the cell state `c = {short(c)}`. Its gates are `f = {short(f)}` (forget), "
            f"`i = {short(i)}` (input), `o = {short(o)}` (output), and its candidate is `g = {short(g)}`. What is the "
            "new cell state?"
        ),
        right=short(right),
        wrong=apart(
            right,
            (
                Slip(
                    (1 - f) * c + i * g,
                    "forget-gate-turned-round",
                    f"That forgets {round(100 * f)} % of the cell state. The forget gate says how much is *kept*: "
                    f"{short(f)}·c.",
                ),
                Slip(
                    i * c + f * g,
                    "swapped-the-gates",
                    "That lets the input gate act on the old state and the forget gate on the candidate. It is "
                    "`f·c + i·g`.",
                ),
                Slip(
                    f * c + (1 - f) * g,
                    "tied-the-gates",
                    f"That writes with 1 − f. An LSTM's input gate is a gate of its own, {short(i)} here; only some "
                    "relatives, such as the GRU, tie the two.",
                ),
                Slip(
                    f * c + g,
                    "forgot-the-input-gate",
                    f"That writes the whole candidate. The input gate lets {short(i)} of it through.",
                ),
                Slip(
                    o * (f * c + i * g),
                    "output-gate-on-the-cell",
                    "That multiplies by the output gate. It acts on what the unit *shows*, `h = o·tanh(c)`, not on "
                    "the cell state.",
                ),
            ),
            short,
            0.03,
        ),
        solution=f"`c′ = f·c + i·g = {both} = {short(right)}`; the output gate does not touch the cell.",
        typed=Typed(right, 0.006),
    )


def _ask_hidden(given: Cell) -> Draft:
    f, i, o, g, c = given.forget, given.write, given.output, given.candidate, given.before
    new = f * c + i * g
    right = o * tanh(new)
    rounds_clearly(right, 2)
    return Draft(
        stem=(
            f"One LSTM unit has just computed its new cell state, `c = {short(new)}`. Its gates are `f = {short(f)}` "
            f"(forget), `i = {short(i)}` (input) and `o = {short(o)}` (output). What is its hidden state `h`, rounded "
            f"to two decimals, given `tanh({short(new)}) = {decimal(tanh(new), 3)}`?"
        ),
        right=decimal(right),
        wrong=apart(
            right,
            (
                Slip(
                    tanh(new),
                    "forgot-the-output-gate",
                    f"That shows the whole cell. The output gate lets {short(o)} of it through: `h = o·tanh(c)`.",
                ),
                Slip(
                    o * new,
                    "forgot-the-tanh",
                    "That gates the cell state itself. It is squeezed between −1 and 1 first: `h = o·tanh(c)`.",
                ),
                Slip(
                    tanh(o * new),
                    "gated-before-the-tanh",
                    "That gates first and squeezes afterwards. The order is tanh, then the gate: `h = o·tanh(c)`.",
                ),
                Slip(
                    f * tanh(new),
                    "took-the-forget-gate",
                    f"That uses the forget gate, which has done its work on the old state. What is shown is up to "
                    f"`o = {short(o)}`.",
                ),
                Slip(
                    i * tanh(new),
                    "took-the-input-gate",
                    f"That uses the input gate, which rules what is written. What is shown is up to `o = {short(o)}`.",
                ),
            ),
            decimal,
            0.03,
        ),
        solution=f"`h = o·tanh(c) = {short(o)}·{_signed(round(tanh(new), 3))} ≈ {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


def _ask_memory(given: Cell) -> Draft:
    f, steps = given.forget, given.steps
    right = 100 * prod([f] * steps)
    if right < 5:
        raise Redraw
    rounds_clearly(right, 0)

    def per_cent(value: float) -> str:
        return f"{decimal(value, 0)} %"

    return Draft(
        stem=(
            f"An LSTM unit's forget gate stays at {short(f)} and its input gate at 0 for {steps} steps. How much of "
            "its cell state is left then, in whole per cent?"
        ),
        right=per_cent(right),
        wrong=apart(
            right,
            (
                Slip(
                    100 * (1 - f) ** steps,
                    "forget-gate-turned-round",
                    f"That keeps {short(1 - f)} a step. The forget gate says how much is *kept*: {short(f)}.",
                ),
                Slip(
                    100 * max(0.0, 1 - steps * (1 - f)),
                    "forgot-in-a-straight-line",
                    f"That takes {round(100 * (1 - f))} points off at each step. Each step keeps {short(f)} of what is "
                    "left by then.",
                ),
                Slip(
                    100 * f,
                    "counted-one-step",
                    f"That is what one step keeps. {steps} steps keep {short(f)}{raised(steps)}.",
                ),
                Slip(
                    100 * (1 - f**steps),
                    "gave-what-is-lost",
                    f"That is the share that is gone. What is left is {short(f)}{raised(steps)}.",
                ),
            ),
            per_cent,
            2.5,
        ),
        solution=f"With `i = 0` each step is `c ← f·c`: `{short(f)}{raised(steps)} ≈ {decimal(right / 100, 3)}`",
        typed=Typed(right, 0.6, "%"),
    )
