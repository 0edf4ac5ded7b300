"""Reinforcement learning: how an agent explores; its memory is in `reinforcement_learning_memory`."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import count, decimal, percent, short

ACTIONS = ("up", "down", "left", "right", "wait", "jump")


def bracketed(value: float) -> str:
    """A number as it stands after an operator."""
    return short(value) if value >= 0 else f"({short(value)})"


def amount(value: float) -> str:
    """A mean count: whole, or with one decimal."""
    return f"{value:,.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Exploring:
    """An ε-greedy agent in one state, or over a training."""

    kind: Literal["best", "other", "often", "schedule"]
    values: tuple[float, ...]
    """Its Q-values in this state; one of them is the largest."""
    epsilon: float
    asked: int
    """The action that is asked for, when it is not the best."""
    steps: int
    length: int
    """Steps over which ε falls, for ``schedule``."""


def draw_epsilon_greedy(dice: Random) -> Exploring:
    """Three to six actions; ε large enough to make the difference plain."""
    actions = dice.choice((3, 4, 5, 6))
    values = tuple(dice.sample((-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0), actions))
    length = dice.choice((1000, 2000, 5000, 10_000, 20_000))
    return Exploring(
        kind=dice.choice(("best", "best", "other", "often", "schedule")),
        values=values,
        epsilon=dice.choice((0.05, 0.1, 0.12, 0.2, 0.3, 0.4, 0.5)),
        asked=dice.randrange(actions),
        steps=length * dice.choice((10, 20, 25, 40, 50, 60, 75, 80)) // 100,
        length=length,
    )


def ask_epsilon_greedy(given: Exploring) -> Draft:
    """Sutton and Barto 2018, section 2.2: the random action is drawn among all, the best one included."""
    match given.kind:
        case "best" | "other":
            return _ask_chance(given)
        case "often":
            return _ask_often(given)
        case "schedule":
            return _ask_schedule(given)


def _table(given: Exploring) -> GridPicture:
    return GridPicture(
        cells=(tuple(map(short, given.values)),), rows=("Q(s, a)",), columns=ACTIONS[: len(given.values)]
    )


def _ask_chance(given: Exploring) -> Draft:
    n, eps = len(given.values), given.epsilon
    best = given.values.index(max(given.values))
    asked = best if given.kind == "best" else given.asked
    if given.kind == "other" and (asked == best):
        raise Redraw
    right = 1 - eps + eps / n if asked == best else eps / n
    wrong = [
        (
            1 / n,
            "all-alike",
            f"That is a purely random agent. This one is random only with probability {eps} and greedy otherwise.",
        ),
    ]
    if asked == best:
        wrong += [
            (
                1 - eps,
                "random-never-hits-the-best",
                f"That leaves out that the random draw hits the best action too: add {eps} / {n}.",
            ),
            (
                1 - eps / n,
                "only-one-nth-explores",
                f"That takes only {eps} / {n} off. Each of the {n - 1} other actions gets that much.",
            ),
            (eps, "turned-epsilon-over", f"ε = {eps} is the chance to draw at random, not to be greedy."),
            (
                1.0,
                "always-greedy",
                f"That is a greedy agent. With probability {eps} this one draws an action at random.",
            ),
        ]
    else:
        wrong += [
            (
                eps,
                "all-of-epsilon",
                f"That gives the whole ε to one action. It is shared by all {n}.",
            ),
            (
                eps / (n - 1),
                "random-never-hits-the-best",
                f"That shares ε among the {n - 1} others. The random draw is among all {n} actions, the best included.",
            ),
            (
                0.0,
                "never-the-worse",
                f"That is a greedy agent. With probability {eps} this one draws any action.",
            ),
        ]
    name = ACTIONS[asked]
    return Draft(
        stem=(
            f"An ε-greedy agent with ε = {eps} draws its random action evenly among all {n}, the best included. With "
            f"these Q-values, what is the probability that it takes *{name}*, in per cent with one decimal?"
        ),
        right=percent(right),
        wrong=apart(right, wrong, percent, 0.004),
        solution=(
            f"`{name}` is {'' if asked == best else 'not '}the best: "
            + (
                f"`1 − {eps} + {eps} / {n} = {percent(right)}`"
                if asked == best
                else f"`{eps} / {n} = {percent(right)}`"
            )
        ),
        typed=Typed(100 * right, 0.06, "%"),
        picture=_table(given),
    )


def _ask_often(given: Exploring) -> Draft:
    n, eps, steps = len(given.values), given.epsilon, 1200
    right = eps * (n - 1) / n * steps
    return Draft(
        stem=(
            f"An ε-greedy agent with ε = {eps} has {n} actions and draws its random action evenly among all, the best "
            f"included. In how many of {count(steps)} steps, on average, does it *not* take the action with the "
            "largest Q-value?"
        ),
        right=amount(right),
        wrong=apart(
            right,
            (
                (
                    eps * steps,
                    "random-never-hits-the-best",
                    f"That is how often it draws at random. One of {n} such draws hits the best action all the same.",
                ),
                (
                    eps / n * steps,
                    "one-action-only",
                    f"That is how often *one* given worse action is taken. There are {n - 1} of them.",
                ),
                (
                    (1 - eps) * steps,
                    "counted-the-greedy",
                    "That is how often it acts greedily on purpose. Asked are the other steps.",
                ),
                (
                    steps * (n - 1) / n,
                    "all-alike",
                    f"That is a purely random agent. This one draws at random only with probability {eps}.",
                ),
            ),
            amount,
            2,
        ),
        solution=f"`{eps} · {n - 1}/{n} · {count(steps)} = {amount(right)}`",
        typed=Typed(right, 0.5, "steps"),
    )


FIRST, LAST = 1.0, 0.05
"""Between which ε falls in ``schedule``."""


def _ask_schedule(given: Exploring) -> Draft:
    share = given.steps / given.length
    right = FIRST + (LAST - FIRST) * share
    return Draft(
        stem=(
            f"ε falls in a straight line from {short(FIRST)} to {LAST} over the first {count(given.length)} steps and "
            f"then stays there. What is it at step {count(given.steps)}, to three decimals?"
        ),
        right=decimal(right, 3),
        wrong=apart(
            right,
            (
                (
                    1 - share,
                    "fell-to-zero",
                    f"That falls to 0. ε ends at {LAST}, so on the way it loses {short(FIRST - LAST)} in all.",
                ),
                (
                    LAST + (FIRST - LAST) * share,
                    "turned-the-line-over",
                    "That rises. An agent explores much at first and less as it learns.",
                ),
                (
                    FIRST * LAST**share,
                    "fell-by-a-factor",
                    "That falls by the same *factor* in each step. A straight line falls by the same amount.",
                ),
                (
                    (FIRST + LAST) / 2,
                    "took-the-middle",
                    f"That is ε half-way. Step {count(given.steps)} is {percent(share, 0)} of the way.",
                ),
            ),
            lambda value: decimal(value, 3),
            0.006,
        ),
        solution=f"`{short(FIRST)} − ({short(FIRST)} − {LAST}) · {count(given.steps)} / {count(given.length)} = "
        f"{decimal(right, 3)}`",
        typed=Typed(right, 0.0006),
    )
