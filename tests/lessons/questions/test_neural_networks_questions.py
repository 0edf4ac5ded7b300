"""The questions on small networks against torch."""

import math
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from lessons.questions.generators._softmax import Logits, ask_softmax_cross_entropy
from lessons.questions.generators.neural_networks import (
    Neuron,
    Perceptron,
    Slope,
    ask_activation_derivative,
    ask_mlp_parameter_count,
    ask_neuron_output,
)
from lessons.questions.model import Question
from tests.lessons.questions.checks import every_seed


def _number(question: Question) -> float:
    return float(question.answer.text.replace("−", "-"))


def test_mlp_parameter_count() -> None:
    def check(given: Perceptron, question: Question) -> None:
        layers = (nn.Linear(n, m, bias=given.bias, device="meta") for n, m in pairwise(given.sizes))
        total = sum(each.numel() for each in nn.Sequential(*layers).parameters())
        assert question.typed is not None
        assert question.typed.value == total
        assert question.answer.text == f"{total:,}"

    every_seed("mlp_parameter_count", check)


def test_parameters_counted_by_hand() -> None:
    draft = ask_mlp_parameter_count(Perceptron((3, 4, 2), bias=True))  # 12 + 8 weights, 4 + 2 biases
    assert draft.right == "26"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong == {
        "forgot-the-biases": "20",
        "gave-the-input-biases": "29",
        "one-bias-a-layer": "22",
        "counted-neurons": "6",
        "joined-input-to-output": "8",
    }


def test_neuron_output() -> None:
    def check(given: Neuron, question: Question) -> None:
        layer = nn.Linear(len(given.inputs), 1, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([given.weights]))
            layer.bias.fill_(given.bias)
            z = layer(torch.tensor(given.inputs, dtype=torch.float64))
            out = (functional.relu(z) if given.activation == "relu" else torch.sigmoid(z)).item()
        assert question.typed is not None
        assert math.isclose(question.typed.value, out, abs_tol=1e-9)
        assert math.isclose(_number(question), out, abs_tol=0.0005001)

    every_seed("neuron_output", check)


def test_a_neuron_worked_by_hand() -> None:
    draft = ask_neuron_output(Neuron((2.0, -1.0), (0.5, 1.0), -2.0, "relu"))  # 1 − 1 − 2 = −2
    assert draft.right == "0"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["forgot-the-activation"] == "−2"
    assert wrong["turned-the-sign"] == "2"


def test_activation_derivative() -> None:
    def check(given: Slope, question: Question) -> None:
        if given.z is not None:
            z = torch.tensor(given.z, dtype=torch.float64, requires_grad=True)
        else:
            assert given.output is not None
            z = torch.logit(torch.tensor(given.output, dtype=torch.float64)).requires_grad_()
        out = torch.sigmoid(z) if given.activation == "sigmoid" else torch.relu(z)
        (slope,) = torch.autograd.grad(out, z)
        assert question.typed is not None
        assert math.isclose(question.typed.value, slope.item(), abs_tol=1e-9)
        assert math.isclose(_number(question), slope.item(), abs_tol=0.00005001)

    every_seed("activation_derivative", check)


def test_a_slope_worked_by_hand() -> None:
    draft = ask_activation_derivative(Slope("sigmoid", output=0.8))
    assert draft.right == "0.16"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["gave-the-value"] == "0.8"
    assert wrong["forgot-a-factor"] == "0.2"
    assert wrong["took-the-largest-slope"] == "0.25"
    twice = torch.sigmoid(torch.tensor(0.8))
    assert wrong["applied-the-sigmoid-twice"] == f"{(twice * (1 - twice)).item():.4f}"


def test_softmax_cross_entropy() -> None:
    def check(given: Logits, question: Question) -> None:
        logits = torch.tensor(given.logits, dtype=torch.float64, requires_grad=True)
        loss = functional.cross_entropy(logits[None], torch.tensor([given.true]))
        match given.asked:
            case "probability":
                expected = functional.softmax(logits, dim=0)[given.true].item()
            case "loss":
                expected = loss.item()
            case "gradient":
                expected = torch.autograd.grad(loss, logits)[0][given.by].item()
        assert question.typed is not None
        assert math.isclose(question.typed.value, expected, abs_tol=1e-9)
        assert math.isclose(_number(question), expected, abs_tol=0.0005001)

    every_seed("softmax_cross_entropy", check)


def test_a_loss_and_the_mistakes_around_it() -> None:
    draft = ask_softmax_cross_entropy(Logits((2.0, 1.0, 0.0), true=1, asked="loss", by=0))
    assert draft.right == "1.408"  # ln(e² + e + 1) − 1
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["stopped-at-the-probability"] == "0.245"
    assert wrong["took-the-logarithm-to-base-10"] == "0.611"
    assert wrong["took-the-predicted-class"] == "0.408"
