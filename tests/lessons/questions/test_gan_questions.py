"""The GAN questions against torch and counting."""

from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.nn import functional

from lessons.questions.generators.gan import (
    ClassCounts,
    Densities,
    GeneratorLoss,
    TransposedConvolution,
    ask_generator_loss,
    ask_mode_collapse,
    ask_optimal_discriminator,
    ask_transposed_conv_output_size,
)
from lessons.questions.model import GridPicture, Question
from tests.lessons.questions.checks import every_seed


def _typed(question: Question) -> float:
    assert question.typed is not None
    return question.typed.value


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_optimal_discriminator_maximises_its_own_aim() -> None:
    answers = torch.arange(1, 10_000, dtype=torch.float64) / 10_000
    of_real, of_fake = answers.log(), (1 - answers).log()

    def check(given: Densities, question: Question) -> None:
        aim = given.real * of_real + given.generated * of_fake
        best = float(answers[aim.argmax()])
        assert _typed(question) == pytest.approx(best, abs=1e-4)
        assert _number(question.answer.text) == pytest.approx(best, abs=0.0052)
        assert _typed(question) == pytest.approx(float(Fraction(given.real, given.real + given.generated)))

    every_seed("optimal_discriminator", check)


def test_transposed_conv_output_size() -> None:
    def check(given: TransposedConvolution, question: Question) -> None:
        layer = nn.ConvTranspose2d(1, 1, given.kernel, given.stride, given.padding, given.output_padding, device="meta")
        size = layer(torch.empty(1, 1, given.size, given.size, device="meta")).shape[-1]
        assert question.answer.text == f"{size} × {size}"
        assert _typed(question) == size

    every_seed("transposed_conv_output_size", check)


def test_generator_loss() -> None:
    def check(given: GeneratorLoss, question: Question) -> None:
        logit = torch.tensor(given.verdict / 100, dtype=torch.float64).logit().requires_grad_()
        loss = functional.binary_cross_entropy_with_logits(logit, torch.ones((), dtype=torch.float64))
        (gradient,) = torch.autograd.grad(loss, logit)
        expected = loss.item() if given.kind == "loss" else abs(gradient.item())
        assert _typed(question) == pytest.approx(expected, abs=1e-9)
        assert _number(question.answer.text) == pytest.approx(expected, abs=0.0051)

    every_seed("generator_loss", check)


def test_mode_collapse() -> None:
    def check(given: ClassCounts, question: Question) -> None:
        counts = torch.tensor(given.counts, dtype=torch.float64)
        assert counts.sum() == 100
        assert counts.shape == (10,)
        classes = torch.distributions.Categorical(probs=counts / 100).entropy().exp().item()
        assert _typed(question) == pytest.approx(classes)
        assert _number(question.answer.text) == pytest.approx(classes, abs=0.051)
        assert isinstance(question.picture, GridPicture)
        assert [int(cell) for cell in question.picture.cells[0]] == list(given.counts)

    every_seed("mode_collapse", check)


def test_the_saturating_gradient_is_what_that_mistake_gives() -> None:
    logit = torch.tensor(0.1, dtype=torch.float64).logit().requires_grad_()
    (gradient,) = torch.autograd.grad(torch.log(1 - torch.sigmoid(logit)), logit)
    wrong = {each.misconception: each.text for each in ask_generator_loss(GeneratorLoss("gradient", 10)).wrong}
    assert float(wrong["gradient-of-the-saturating-loss"]) == pytest.approx(abs(gradient.item()))
    assert wrong["derivative-of-the-sigmoid-only"] == "0.09"
    assert wrong["stopped-at-the-logarithm"] == "10.00"


def test_mistakes_worked_by_hand() -> None:
    densities = {each.misconception: each.text for each in ask_optimal_discriminator(Densities(60, 20)).wrong}
    assert densities == {
        "swapped-real-and-generated": "0.25",
        "ratio-of-densities": "3.00",
        "density-as-probability": "0.60",
        "always-in-balance": "0.50",
    }
    growing = ask_transposed_conv_output_size(TransposedConvolution(7, 4, 2, 1, 0))
    assert growing.right == "14 × 14"
    assert {each.misconception: each.text for each in growing.wrong} == {
        "used-the-ordinary-convolution": "3 × 3",
        "forgot-minus-one": "16 × 16",
        "added-the-padding": "18 × 18",
        "cut-one-side": "15 × 15",
        "always-times-stride": "14 × 14",  # coincides here, so it is not shown
    }
    counts = (70, 0, 10, 0, 10, 0, 0, 10, 0, 0)
    collapse = ask_mode_collapse(ClassCounts(counts))
    assert collapse.right == "2.6"
    assert {each.misconception: each.text for each in collapse.wrong} == {
        "counted-rare-classes-in-full": "4.0",
        "stopped-at-the-entropy": "0.9",
        "mixed-the-logarithms": "1.9",
        "looked-at-the-largest-class-only": "1.4",
    }
