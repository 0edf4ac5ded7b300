"""The questions on gradients against autograd, torch's optimiser and its batches."""

import math

import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler

from lessons.questions.generators.backpropagation import (
    Descent,
    Difference,
    NeuronLoss,
    Training,
    ask_chain_rule_neuron,
    ask_finite_difference,
    ask_gradient_descent_step,
    ask_updates_per_training,
)
from lessons.questions.model import Question
from tests.lessons.questions.checks import every_seed


def _number(question: Question) -> float:
    return float(question.answer.text.replace("−", "-").replace(",", ""))


def test_gradient_descent_step() -> None:
    def check(given: Descent, question: Question) -> None:
        weight = nn.Parameter(torch.tensor(float(given.weight), dtype=torch.float64))
        optimiser = torch.optim.SGD([weight], lr=given.rate)
        (given.scale * (weight - given.target) ** 2).backward()  # pyright: ignore[reportUnknownMemberType] untyped
        optimiser.step()  # pyright: ignore[reportUnknownMemberType] untyped
        assert question.typed is not None
        assert math.isclose(question.typed.value, weight.item(), abs_tol=1e-9)
        assert math.isclose(_number(question), weight.item(), abs_tol=1e-9)

    every_seed("gradient_descent_step", check)


def test_a_step_worked_by_hand() -> None:
    draft = ask_gradient_descent_step(Descent(scale=2, target=3, weight=1, rate=0.1))  # slope 4 · (−2) = −8
    assert draft.right == "1.8"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong == {
        "went-uphill": "0.2",
        "forgot-the-learning-rate": "9",
        "forgot-the-factor-2": "1.4",
        "gave-the-step": "0.8",
        "jumped-to-the-minimum": "3",
    }


def test_chain_rule_neuron() -> None:
    def check(given: NeuronLoss, question: Question) -> None:
        w = torch.tensor(given.w, dtype=torch.float64, requires_grad=True)
        activate = {"identity": nn.Identity(), "relu": nn.ReLU(), "sigmoid": nn.Sigmoid()}[given.activation]
        loss = (activate(w * given.x + given.b) - given.target) ** 2
        (slope,) = torch.autograd.grad(loss, w)
        assert question.typed is not None
        assert math.isclose(question.typed.value, slope.item(), abs_tol=1e-9)
        assert math.isclose(_number(question), slope.item(), abs_tol=1e-9)

    every_seed("chain_rule_neuron", check)


def test_a_chain_worked_by_hand() -> None:
    # z = 2 · 3 − 1 = 5, a = 5, 2(5 − 1) · 1 · 3
    draft = ask_chain_rule_neuron(NeuronLoss(x=3.0, w=2.0, b=-1.0, target=1.0, activation="relu"))
    assert draft.right == "24"
    x, w, b = (torch.tensor(value, requires_grad=True) for value in (3.0, 2.0, -1.0))
    by_x, by_b = torch.autograd.grad((torch.relu(w * x + b) - 1) ** 2, (x, b))
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["stopped-at-the-sum"] == f"{by_b.item():.0f}"
    assert wrong["multiplied-by-the-weight"] == f"{by_x.item():.0f}"
    assert wrong["forgot-the-factor-2"] == "12"
    assert wrong["turned-the-error-round"] == "−24"


def test_updates_per_training() -> None:
    def check(given: Training, question: Question) -> None:
        loader = BatchSampler(range(given.examples), given.batch, given.drop_last)
        updates = sum(len(loader) for _ in range(given.epochs))
        assert question.typed is not None
        assert question.typed.value == updates == _number(question)

    every_seed("updates_per_training", check)


def test_updates_counted_by_hand() -> None:
    draft = ask_updates_per_training(
        Training(examples=1000, batch=64, epochs=5, drop_last=False)
    )  # 15 full and one of 40
    assert draft.right == "80"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong == {
        "dropped-the-last-batch": "75",
        "batched-across-epochs": "79",
        "counted-one-epoch": "16",
        "one-update-an-example": "5,000",
        "one-update-an-epoch": "5",
    }


def test_finite_difference() -> None:
    def check(given: Difference, question: Question) -> None:
        middle = float(np.gradient(np.array([given.below, given.at, given.above]), given.step)[1])
        assert question.typed is not None
        assert math.isclose(question.typed.value, middle, abs_tol=1e-6)
        assert math.isclose(_number(question), middle, abs_tol=1e-4)

    every_seed("finite_difference", check)


def test_a_difference_worked_by_hand() -> None:
    draft = ask_finite_difference(Difference(weight=1.0, step=0.5, below=2.0, at=3.0, above=5.0))
    assert draft.right == "3"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["divided-by-h"] == "6"
    assert wrong["took-the-forward-difference"] == "4"
    assert wrong["took-the-backward-difference"] == "2"
    assert wrong["multiplied-by-the-step"] == "0.75"
