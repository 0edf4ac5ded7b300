"""The questions on reinforcement learning against torch's autograd, a real queue, and enumeration."""

from collections import deque
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from lessons.questions.generators.reinforcement_learning import Episode, Transition, ask_q_update
from lessons.questions.generators.reinforcement_learning_agent import Exploring, ask_epsilon_greedy
from lessons.questions.generators.reinforcement_learning_memory import Memory
from lessons.questions.model import GridPicture, Question
from tests.lessons.questions.checks import every_seed


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").split()[0])


def assert_typed(question: Question, value: float) -> None:
    """The value is right, what the option shows is accepted, and no other option is."""
    assert question.typed is not None
    assert question.typed.value == pytest.approx(value, abs=1e-6)
    shown = [number(option.text) for option in question.options]
    accepted = [abs(one - value) <= question.typed.tolerance + 1e-9 for one in shown]
    assert accepted == [place == question.right for place in range(len(shown))]


def backwards(rewards: tuple[int, ...], gamma: float, after: float = 0.0) -> float:
    """The return by Gₜ = rₜ + γ · Gₜ₊₁, from the last step to the first."""
    for reward in reversed(rewards):
        after = reward + gamma * after
    return after


def test_discounted_return() -> None:
    def check(given: Episode, question: Question) -> None:
        match given.kind:
            case "whole":
                expected = backwards(given.rewards, given.gamma)
            case "later":
                expected = backwards(given.rewards[given.start :], given.gamma)
            case "cut":
                expected = backwards(given.rewards[:2], given.gamma, after=given.value)
            case "forever":
                expected = backwards((given.value,) * 400, given.gamma)
        assert_typed(question, expected)

    every_seed("discounted_return", check)


def test_q_update() -> None:
    """A step of gradient descent on half the squared error to the target is the update of the table."""

    def check(given: Transition, question: Question) -> None:
        table = torch.tensor([given.here, given.there], dtype=torch.float64, requires_grad=True)
        terminated = given.kind == "ended"
        with torch.no_grad():
            target = given.reward + given.gamma * table[1].max() * (not terminated)
        loss = 0.5 * (target - table[0, given.action]) ** 2
        (slope,) = torch.autograd.grad(loss, table)
        assert_typed(question, float((table - given.alpha * slope)[0, given.action].detach()))
        picture = question.picture
        assert isinstance(picture, GridPicture)
        assert [[number(cell) for cell in row] for row in picture.cells] == [list(given.here), list(given.there)]
        assert picture.marked == (0, given.action)
        assert f"goes {picture.columns[given.action]}" in question.stem

    every_seed("q_update", check)


def chances(values: tuple[float, ...], epsilon: float) -> list[Fraction]:
    """Every way in which an agent can act: 1,000 tickets to explore or not, times one draw of an action."""
    tickets, exploring = 1000, round(1000 * epsilon)
    ways = [0] * len(values)
    greedy = int(np.argmax(values))
    for ticket in range(tickets):
        for drawn in range(len(values)):
            ways[drawn if ticket < exploring else greedy] += 1
    return [Fraction(way, sum(ways)) for way in ways]


def test_epsilon_greedy() -> None:
    def check(given: Exploring, question: Question) -> None:
        greedy = int(np.argmax(given.values))
        match given.kind:
            case "best":
                assert_typed(question, 100 * float(chances(given.values, given.epsilon)[greedy]))
            case "other":
                assert given.asked != greedy
                assert_typed(question, 100 * float(chances(given.values, given.epsilon)[given.asked]))
            case "often":
                assert_typed(question, 1200 * float(1 - chances(given.values, given.epsilon)[greedy]))
            case "schedule":
                assert_typed(question, float(np.interp(given.steps, [0, given.length], [1.0, 0.05])))

    every_seed("epsilon_greedy", check)


def test_replay_and_target() -> None:
    def check(given: Memory, question: Question) -> None:
        match given.kind:
            case "soft":
                target, online = (nn.Linear(1, 1, bias=False, dtype=torch.float64) for _ in range(2))
                with torch.no_grad():
                    target.weight.fill_(given.target)
                    online.weight.fill_(given.online)
                    for _ in range(given.updates):
                        target.weight.lerp_(online.weight, given.tau)
                assert_typed(question, float(target.weight.detach()))
            case "copied":
                target_after = 0
                for update in range(1, given.now + 1):
                    if update % given.every == 0:
                        target_after = update
                assert_typed(question, target_after)
            case "oldest":
                kept = deque(range(1, given.steps + 1), maxlen=given.capacity)
                assert_typed(question, kept[0])
            case "used":
                stay = range(0, given.capacity, given.pause)  # the batches while one step is in the buffer
                assert_typed(question, len(stay) * given.batch / given.capacity)

    every_seed("replay_and_target", check)


def test_mistakes_give_what_they_give() -> None:
    step = Transition("step", here=(1.0, 2.0, 4.0), there=(3.0, 5.0, 0.0), action=0, reward=2, alpha=0.5, gamma=0.8)
    asked = ask_q_update(step)
    assert asked.right == "3.50", "1 + 0.5 · (2 + 0.8 · 5 − 1)"
    assert {each.misconception: each.text for each in asked.wrong} == {
        "no-future": "1.50",
        "jumped-to-the-target": "6.00",
        "forgot-the-old-value": "4.00",
        "same-action-again": "2.70",
        "looked-at-the-old-state": "3.10",
    }, "forgot-gamma would give 4.00 as well"
    best = ask_epsilon_greedy(Exploring("best", (1.0, 3.0, 2.0, 0.0), 0.2, asked=0, steps=0, length=1))
    assert best.right == "85.0 %"
    assert {each.misconception: each.text for each in best.wrong} == {
        "all-alike": "25.0 %",
        "random-never-hits-the-best": "80.0 %",
        "only-one-nth-explores": "95.0 %",
        "turned-epsilon-over": "20.0 %",
        "always-greedy": "100.0 %",
    }
