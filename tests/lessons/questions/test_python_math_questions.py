"""The questions on arrays and derivatives against torch."""

import math

import torch

from lessons.questions.generators._shapes import ERROR, Broadcast, Product, ask_broadcast_shape, ask_matmul_shape
from lessons.questions.generators.python_math import Partial, SmallStep, ask_gradient_direction, ask_partial_derivative
from lessons.questions.model import Question
from tests.lessons.questions.checks import every_seed


def _written(sizes: torch.Size) -> str:
    return f"`{tuple(sizes)}`"


def test_broadcast_shape() -> None:
    def check(given: Broadcast, question: Question) -> None:
        a, b = torch.empty(given.a, device="meta"), torch.empty(given.b, device="meta")
        try:
            expected = _written((a + b).shape)
        except RuntimeError:
            expected = ERROR
        assert question.answer.text == expected
        assert question.typed is None

    every_seed("broadcast_shape", check)


def test_a_column_and_a_vector_are_not_what_their_shapes_look_like() -> None:
    draft = ask_broadcast_shape(Broadcast((32,), (32, 1)))
    assert draft.right == "`(32, 32)`"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["thought-shapes-must-be-equal"] == ERROR
    assert wrong["kept-the-longer-shape"] == wrong["aligned-from-the-left"] == "`(32, 1)`"
    draft = ask_broadcast_shape(Broadcast((32, 784), (32,)))
    assert draft.right == ERROR
    assert {each.misconception: each.text for each in draft.wrong}["aligned-from-the-left"] == "`(32, 784)`"


def test_matmul_shape() -> None:
    def check(given: Product, question: Question) -> None:
        x, w = torch.empty(given.x, device="meta"), torch.empty(given.w, device="meta")
        try:
            expected = _written((x @ (w.T if given.transposed else w)).shape)
        except RuntimeError:
            expected = ERROR
        assert question.answer.text == expected

    every_seed("matmul_shape", check)


def test_sizes_that_disagree_are_an_error_though_the_transpose_would_fit() -> None:
    draft = ask_matmul_shape(Product((4, 5), (20, 5)))
    assert draft.right == ERROR
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong == {
        "matched-the-last-sizes": "`(4, 20)`",
        "ignored-the-inner-sizes": "`(4, 5)`",
        "turned-the-product-round": "`(20, 4)`",
    }
    x, w = torch.empty(4, 5), torch.empty(20, 5)
    assert _written((x @ w.T).shape) == wrong["matched-the-last-sizes"]
    assert _written((w @ x.T).shape) == wrong["turned-the-product-round"]


def test_partial_derivative() -> None:
    def check(given: Partial, question: Question) -> None:
        x = torch.tensor(float(given.x), requires_grad=True)
        y = torch.tensor(float(given.y), requires_grad=True)
        text = given.formula.replace("²", "**2").replace("³", "**3").replace("−", "-")
        for plain in ("x", "y"):
            text = text.replace(plain, f"*{plain}")
        python = text.replace("+ *", "+ 1*").replace("- *", "- 1*").replace("-*", "-1*").removeprefix("*")
        value: torch.Tensor = eval(python, {"x": x, "y": y})  # noqa: S307 the formula as the member reads it
        by = x if given.by == "x" else y
        (slope,) = torch.autograd.grad(value, by)
        assert question.typed is not None
        assert question.typed.value == slope.item()
        assert question.answer.text == f"{slope.item():.0f}".replace("-", "−")

    every_seed("partial_derivative", check)


def test_a_partial_derivative_worked_by_hand() -> None:
    draft = ask_partial_derivative(Partial(((3, 2, 1), (-2, 0, 2)), "x", 1, 3))  # 3x²y − 2y²: 6xy = 18
    assert draft.right == "18"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong["took-the-other-variable"] == "−9"  # 3x² − 4y = 3 − 12
    assert wrong["forgot-the-power-factor"] == "9"
    assert wrong["kept-the-constant-term"] == "0"  # 18 − 2y²


def test_gradient_direction() -> None:
    def check(given: SmallStep, question: Question) -> None:
        gx, gy = given.gradient

        def curved(at: torch.Tensor) -> torch.Tensor:
            return gx * torch.sin(at[0]) + gy * (torch.exp(at[1]) - 1) + at[0] * at[1]

        origin = torch.zeros(2, dtype=torch.float64)
        if given.step is not None:
            step = torch.tensor(given.step, dtype=torch.float64)
        elif given.rate is not None:
            weights = origin.clone().requires_grad_()
            optimiser = torch.optim.SGD([weights], lr=given.rate)
            curved(weights).backward()  # pyright: ignore[reportUnknownMemberType] torch leaves it untyped
            optimiser.step()  # pyright: ignore[reportUnknownMemberType] as above
            step = weights.detach()
        else:
            assert given.length is not None
            angles = torch.linspace(0, 2 * math.pi, 20_001, dtype=torch.float64)
            falls = gx * torch.cos(angles) + gy * torch.sin(angles)
            best = angles[falls.argmin()]
            step = given.length * torch.stack((best.cos(), best.sin()))
        tiny = 1e-5
        change = ((curved(step * tiny) - curved(origin)) / tiny).item()
        assert question.typed is not None
        assert math.isclose(question.typed.value, change, abs_tol=2e-4)
        assert math.isclose(float(question.answer.text.replace("−", "-")), change, abs_tol=3e-4)

    every_seed("gradient_direction", check)


def test_a_step_of_descent_falls_by_the_square_of_the_gradient() -> None:
    draft = ask_gradient_direction(SmallStep((3, -4), rate=0.01))
    assert draft.right == "−0.25"
    wrong = {each.misconception: each.text for each in draft.wrong}
    assert wrong == {
        "went-uphill": "0.25",
        "took-h-for-the-length": "−0.05",
        "added-the-slopes": "−0.07",
        "squared-the-sum": "−0.01",
    }
