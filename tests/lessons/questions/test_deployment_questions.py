"""The deployment questions against torch, numpy and counting."""

import numpy as np
import pytest
import torch
from torch import nn

from lessons.questions.generators.deployment import WeightMemory
from lessons.questions.generators.deployment_int8 import Quantised, ask_int8_quantisation
from lessons.questions.generators.deployment_service import Latencies, Mode, ask_latency_percentile
from lessons.questions.model import Question
from tests.lessons.questions.checks import every_seed

FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, "int8": torch.int8}


def typed_value(question: Question) -> float:
    assert question.typed is not None
    return question.typed.value


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").split()[0])


def assert_typed(question: Question, value: float) -> None:
    """The value is right, what the option shows is accepted, and no other option is."""
    assert question.typed is not None
    assert question.typed.value == pytest.approx(value, abs=1e-6)
    shown = [number(option.text) for option in question.options]
    accepted = [abs(one - value) <= question.typed.tolerance + 1e-9 for one in shown]
    assert accepted == [place == question.right for place in range(len(shown))]


def test_weight_memory() -> None:
    def check(given: WeightMemory, question: Question) -> None:
        def size_in(name: str) -> float:
            sample = torch.empty(1000, dtype=FORMATS[name], device="meta")
            return given.weights * sample.nbytes / sample.numel()

        match given.kind:
            case "size":
                assert_typed(question, size_in(given.form))
            case "shrink":
                assert_typed(question, size_in(given.target))
                assert number(question.answer.text) < given.size
            case "weights":
                assert_typed(question, given.weights)
        assert ("GB" if given.large else "MB") in question.stem

    every_seed("weight_memory", check)


def test_int8_quantisation() -> None:
    def check(given: Quantised, question: Question) -> None:
        if given.kind == "scale":
            assert round(given.weight / typed_value(question)) == 127
            assert_typed(question, given.weight / 127)
            return
        # float64 throughout: torch's own quantised tensors are float32, in which a near tie can turn over
        weight = torch.tensor(given.weight, dtype=torch.float64)
        stored = torch.fake_quantize_per_tensor_affine(weight.float(), given.scale, 0, -127, 127).double()
        code = round(float(stored) / given.scale)
        if given.kind == "error":
            assert_typed(question, abs(given.weight - code * given.scale))
        else:
            assert_typed(question, code)
            assert (abs(code) == 127) == (given.kind == "clipped")

    every_seed("int8_quantisation", check)


def batch_with(given: Mode) -> torch.Tensor:
    """Seventeen values, the first of them given's, with exactly the batch's mean and variance."""
    first = given.value - given.batch_mean
    variance = given.batch_deviation**2
    spread = ((17 * variance - first**2 - first**2 / 16) / 16) ** 0.5
    others = [-first / 16 + sign * spread for sign in (1, -1) for _ in range(8)]
    return torch.tensor([first, *others], dtype=torch.float64)[:, None] + given.batch_mean


def test_evaluation_mode() -> None:
    def check(given: Mode, question: Question) -> None:
        if given.kind == "dropout":
            layer = nn.Dropout(given.rate).train(given.training)
            out = layer(torch.full((200,), given.value, dtype=torch.float64))
            assert_typed(question, float(out.max()))
            return
        norm = nn.BatchNorm1d(1, eps=1e-12, affine=False, dtype=torch.float64).train(given.training)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.fill_(given.running_mean)
        norm.running_var.fill_(given.running_deviation**2)
        if given.kind == "batch_norm":
            batch = batch_with(given)
            assert float(batch.mean()) == pytest.approx(given.batch_mean)
            assert float(batch.var(correction=0)) == pytest.approx(given.batch_deviation**2)
            assert_typed(question, float(norm(batch)[0]))
        else:
            norm(torch.tensor([[given.batch_mean - 1], [given.batch_mean + 1]], dtype=torch.float64))
            assert_typed(question, float(norm.running_mean))

    every_seed("evaluation_mode", check)


def test_latency_percentile() -> None:
    def check(given: Latencies, question: Question) -> None:
        match given.kind:
            case "median":
                assert_typed(question, float(np.median(given.times)))
            case "percentile":
                assert_typed(question, float(np.percentile(given.times, given.share, method="inverted_cdf")))
            case "together":
                quick = np.prod(np.full(given.calls, given.share / 100))
                assert_typed(question, 100 * (1 - float(quick)))

    every_seed("latency_percentile", check)


def test_mistakes_give_what_they_give() -> None:
    error = ask_int8_quantisation(Quantised("error", scale=0.02, weight=0.537))
    assert error.right == "0.003", "26.85 steps are stored as 27, which is 0.54"
    assert {each.misconception: each.text for each in error.wrong} == {
        "took-the-wrong-neighbour": "0.017",
        "took-the-largest-error": "0.010",
        "left-it-in-steps": "0.150",
        "took-a-whole-step": "0.020",
    }
    outlier = ask_int8_quantisation(Quantised("clipped", scale=0.02, weight=2.801))
    assert outlier.right == "127"
    assert {each.misconception: each.text for each in outlier.wrong} == {
        "left-the-range": "140",
        "wrapped-around": "−116",
        "dropped-the-outlier": "0",
    }
    times = (40, 30, 20, 60, 10, 50, 900, 70, 80, 90)
    slow = ask_latency_percentile(Latencies("percentile", times, share=90, calls=5))
    assert slow.right == "90 ms"
    assert {each.misconception: each.text for each in slow.wrong} == {
        "one-rank-off": "900 ms",
        "forgot-to-sort": "80 ms",
        "share-of-the-slowest": "810 ms",
        "took-the-mean": "135 ms",
    }
