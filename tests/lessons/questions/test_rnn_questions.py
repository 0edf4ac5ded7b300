"""The RNN questions against torch: its LSTM, its gradients through time, its softmax."""

import math
import re

import torch
from torch import nn

from lessons.questions.drawing import Draft
from lessons.questions.generators._lstm import Cell, LstmLayers, ask_lstm_gates, ask_lstm_parameter_count
from lessons.questions.generators._sampling import Ratio, Sampling, ask_sampling_temperature
from lessons.questions.generators.rnn import Recurrence, Vanishing, ask_recurrent_gradient_size
from lessons.questions.model import Question
from tests.lessons.questions.checks import every_seed


def number(text: str) -> float:
    """The number that an option shows."""
    found = re.search(r"−?\d[\d,]*\.?\d*", text)
    assert found is not None
    return float(found.group().replace("−", "-").replace(",", ""))


def assert_says(question: Question, value: float, half_digit: float) -> None:
    """The option and the typed answer both say ``value``, to half of the last shown digit."""
    assert question.typed is not None
    assert math.isclose(question.typed.value, value, rel_tol=1e-9, abs_tol=1e-9)
    assert abs(number(question.answer.text) - value) <= half_digit
    assert half_digit <= question.typed.tolerance, "the shown number itself would be refused"
    for option in question.options:
        if option.misconception is not None:
            assert abs(number(option.text) - value) > question.typed.tolerance, "a wrong option would be taken as right"


def test_lstm_parameter_count() -> None:
    def check(given: LstmLayers, question: Question) -> None:
        layer = nn.LSTM(given.inputs, given.hidden, given.layers, device="meta")
        # Keras keeps one bias vector a gate where torch keeps two that are added up.
        kept = [
            weights.numel()
            for name, weights in layer.named_parameters()
            if given.framework == "PyTorch" or not name.startswith("bias_hh")
        ]
        assert_says(question, sum(kept), 0)
        assert given.framework in question.stem

    every_seed("lstm_parameter_count", check)


def gradient(given: Recurrence) -> float:
    """By automatic differentiation, with inputs that hold tanh where its slope is the one in the question."""
    start = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    place = math.atanh(math.sqrt(1 - given.slope))
    state = start
    for _ in range(given.steps):
        pulled = given.weight * state
        state = pulled if given.slope == 1 else torch.tanh(pulled + (place - pulled).detach())
    (slope,) = torch.autograd.grad(state, start)
    return float(slope)


def first_below(given: Vanishing) -> int:
    left, steps = 1.0, 0
    while left >= given.below:
        left *= given.weight
        steps += 1
    return steps


def test_recurrent_gradient_size() -> None:
    def check(given: Recurrence | Vanishing, question: Question) -> None:
        if isinstance(given, Vanishing):
            assert_says(question, first_below(given), 0)
        else:
            value = gradient(given)
            assert_says(question, value, 0.0005 if value < 1 else 0.05)

    every_seed("recurrent_gradient_size", check)


def lstm_cell(given: Cell) -> nn.LSTMCell:
    """torch's cell with exactly these gates: no weights, only biases, in its order i, f, g, o."""
    cell = nn.LSTMCell(1, 1, dtype=torch.float64)
    gates = [math.log(gate / (1 - gate)) for gate in (given.write, given.forget, given.output)]
    biases = torch.tensor([gates[0], gates[1], math.atanh(given.candidate), gates[2]], dtype=torch.float64)
    with torch.no_grad():
        for weights in cell.parameters():
            weights.zero_()
        cell.bias_ih.copy_(biases)
    return cell


def test_lstm_gates() -> None:
    nothing = torch.zeros(1, 1, dtype=torch.float64)

    def check(given: Cell, question: Question) -> None:
        if given.kind == "memory":
            # An input gate of 0: the state is only multiplied by the forget gate.
            state = torch.ones(1, dtype=torch.float64)
            for _ in range(given.steps):
                state *= given.forget
            assert_says(question, 100 * float(state), 0.5)
            return
        before = torch.full((1, 1), given.before, dtype=torch.float64)
        with torch.no_grad():
            hidden, cell = lstm_cell(given)(nothing, (nothing, before))
        if given.kind == "cell":
            assert_says(question, float(cell), 0.00005)
        else:
            assert_says(question, float(hidden), 0.005)

    every_seed("lstm_gates", check)


def test_sampling_temperature() -> None:
    def check(given: Sampling | Ratio, question: Question) -> None:
        if isinstance(given, Sampling):
            logits = torch.tensor(given.logits, dtype=torch.float64)
            assert_says(question, float(torch.softmax(logits / given.temperature, 0)[given.asked]), 0.005)
        else:
            # Logits that make one character `ratio` times as likely as the other.
            logits = torch.tensor([given.ratio, 1.0], dtype=torch.float64).log()
            one, other = torch.softmax(logits / given.temperature, 0)
            assert_says(question, float(one / other), 1e-6)

    every_seed("sampling_temperature", check)


def slips(draft: Draft) -> dict[str, str]:
    return {wrong.misconception: wrong.text for wrong in draft.wrong}


def test_the_count_that_each_slip_gives() -> None:
    # 4 · (10·20 + 20² + 2·20) = 2,560 in PyTorch.
    draft = ask_lstm_parameter_count(LstmLayers("PyTorch", inputs=10, hidden=20, layers=1))
    assert draft.right == "2,560"
    assert slips(draft) == {
        "counted-as-in-keras": "2,480",
        "counted-a-plain-rnn": "640",
        "counted-five-sets": "3,200",
        "cell-state-feeds-the-gates": "4,160",
        "counted-three-sets": "1,920",
        "forgot-the-state-weights": "960",
        "counted-no-bias": "2,400",
    }


def test_the_gradient_that_each_slip_gives() -> None:
    # (0.8 · 0.5)³ = 0.4³ = 0.064.
    draft = ask_recurrent_gradient_size(Recurrence(weight=0.8, slope=0.5, steps=3))
    assert draft.right == "0.064"
    assert slips(draft) == {
        "added-the-factors": "1.200",
        "one-step-too-few": "0.160",
        "counted-one-step": "0.400",
        "forgot-the-activation": "0.512",
        "activation-counted-once": "0.256",
    }


def test_the_state_that_each_slip_gives() -> None:
    # 0.9 · 2 + 0.5 · 0.8 = 2.2.
    given = Cell("cell", forget=0.9, write=0.5, output=0.4, candidate=0.8, before=2.0, steps=2)
    draft = ask_lstm_gates(given)
    assert draft.right == "2.2"
    assert slips(draft) == {
        "forget-gate-turned-round": "0.6",
        "swapped-the-gates": "1.72",
        "tied-the-gates": "1.88",
        "forgot-the-input-gate": "2.6",
        "output-gate-on-the-cell": "0.88",
    }


def test_the_ratio_that_each_slip_gives() -> None:
    draft = ask_sampling_temperature(Ratio(ratio=4, temperature=0.5))
    assert draft.right == "16 times"
    assert slips(draft) == {
        "took-the-temperature-as-power": "2 times",
        "divided-the-ratio": "8 times",
        "ignored-the-temperature": "4 times",
    }
