"""Reinforcement learning: returns and updates; `reinforcement_learning_agent` and `…_memory` have the rest."""

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw
from lessons.questions.generators import reinforcement_learning_agent as agent
from lessons.questions.generators import reinforcement_learning_memory as memory
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import decimal, short


@dataclass(frozen=True, slots=True)
class Episode:
    """Rewards of a short episode, and where it is looked at from."""

    kind: Literal["whole", "later", "cut", "forever"]
    rewards: tuple[int, ...]
    gamma: float
    start: int
    """Steps already taken when a later return is asked for."""
    value: int
    """Estimated value of the state in which a cut episode stopped."""


def draw_discounted_return(dice: Random) -> Episode:
    """Few and mostly small rewards, so that it can be done by hand."""
    gamma = dice.choice((0.5, 0.8, 0.9))
    length = dice.choice((3, 3, 4)) if gamma == 0.5 else 3
    rewards = tuple(dice.choice((-2, -1, 0, 0, 1, 2, 4, 5, 10)) for _ in range(length))
    return Episode(
        kind=dice.choice(("whole", "whole", "later", "cut", "forever")),
        rewards=rewards,
        gamma=gamma,
        start=dice.choice((1, 2)),
        value=dice.choice((2, 4, 5, 8, 10, 20)),
    )


def ask_discounted_return(given: Episode) -> Draft:
    """Sutton and Barto 2018, equation 3.8: the reward of the first step counts in full."""
    match given.kind:
        case "whole" | "later":
            return _ask_return(given)
        case "cut":
            return _ask_cut(given)
        case "forever":
            return _ask_forever(given)


def discounted(rewards: tuple[int, ...], gamma: float) -> float:
    """The sum, each step further away discounted once more."""
    return sum(reward * gamma**step for step, reward in enumerate(rewards))


def _listed(rewards: tuple[int, ...]) -> str:
    return ", ".join(short(reward) for reward in rewards)


def _sum_in_words(rewards: tuple[int, ...], gamma: float) -> str:
    terms = [
        short(reward) if step == 0 else f"{agent.bracketed(reward)} · {gamma}{('', '²', '³')[step - 1]}"
        for step, reward in enumerate(rewards)
    ]
    return " + ".join(terms)


def _ask_return(given: Episode) -> Draft:
    start = given.start if given.kind == "later" else 0
    gamma, ahead = given.gamma, given.rewards[start:]
    if len(ahead) < 2 or sum(reward != 0 for reward in ahead) < min(2, len(ahead)):
        raise Redraw
    right, whole = discounted(ahead, gamma), discounted(given.rewards, gamma)
    if right == ahead[0] or abs(100 * right - round(100 * right)) > 1e-6:
        raise Redraw
    wrong = [
        (
            float(sum(ahead)),
            "did-not-discount",
            (
                f"That adds the rewards as they are. Each step further away counts {gamma} times as much as the one "
                "before."
            ),
        ),
        (
            gamma * right,
            "discounted-the-first",
            "That discounts the very next reward too. It counts in full; γ comes in from the one after it.",
        ),
        (
            discounted(ahead[::-1], gamma),
            "discounted-backwards",
            "That leaves the *last* reward whole. It is the near rewards that count most.",
        ),
        (
            ahead[0] + gamma * sum(ahead[1:]),
            "discounted-once-only",
            f"That multiplies all later rewards by {gamma} alike. Each further step multiplies once more.",
        ),
    ]
    if start:
        wrong.append(
            (
                whole,
                "started-at-the-beginning",
                "That counts rewards that are already in the past. A return looks ahead only.",
            )
        )
    when = (
        f"An episode ends after {len(given.rewards)} steps with the rewards {_listed(given.rewards)}"
        if not start
        else f"An episode brings the rewards {_listed(given.rewards)} and then ends"
    )
    asked = (
        "the discounted return at its start"
        if not start
        else (
            f"the discounted return after {'one step' if start == 1 else 'two steps'}, when {short(ahead[0])} is the "
            "next reward"
        )
    )
    return Draft(
        stem=f"{when}. With γ = {gamma}, and the next reward counted in full, what is {asked}, to two decimals?",
        right=decimal(right),
        wrong=apart(right, wrong, decimal, 0.05),
        solution=f"`{_sum_in_words(ahead, gamma)} = {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


def _ask_cut(given: Episode) -> Draft:
    gamma, rewards = given.gamma, given.rewards[:2]
    seen = discounted(rewards, gamma)
    right = seen + gamma**2 * given.value
    return Draft(
        stem=(
            f"A time limit cuts an episode off after two steps with the rewards {_listed(rewards)}: it was truncated, "
            f"not over. The state that it stopped in has the estimated value {given.value}. With γ = {gamma} and the "
            "first reward counted in full, what is the best estimate of the return, to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(
            right,
            (
                (
                    seen,
                    "took-the-limit-for-the-end",
                    (
                        "That treats the time limit as an end of the task. The episode would have gone on, so its "
                        f"future counts: {given.value}, discounted."
                    ),
                ),
                (
                    seen + given.value,
                    "value-not-discounted",
                    f"The value {given.value} lies two steps ahead: it is multiplied by γ² like a reward there.",
                ),
                (
                    seen + gamma * given.value,
                    "value-discounted-once",
                    f"That discounts the value {given.value} once. Two steps have to be taken to get there.",
                ),
                (
                    sum(rewards) + given.value,
                    "did-not-discount",
                    f"That adds everything as it is. Each step further away counts {gamma} times as much.",
                ),
            ),
            decimal,
            0.05,
        ),
        solution=f"`{_sum_in_words(rewards, gamma)} + {gamma}² · {given.value} = {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


def _ask_forever(given: Episode) -> Draft:
    gamma, reward = given.gamma, given.value
    right = reward / (1 - gamma)
    return Draft(
        stem=(
            f"A task never ends and gives a reward of {reward} in every step, the first one counted in full. What is "
            f"the return with γ = {gamma}?"
        ),
        right=short(right),
        wrong=apart(
            right,
            (
                (
                    gamma * right,
                    "discounted-the-first",
                    f"That is {gamma} of it: the sum without its first reward, which counts in full.",
                ),
                (
                    reward / gamma,
                    "divided-by-gamma",
                    f"That divides by γ. The sum of all γᵗ is 1 / (1 − γ), here {short(1 / (1 - gamma))}.",
                ),
                (
                    reward * (1 + gamma),
                    "stopped-after-two",
                    "Those are the first two rewards. The later ones shrink, but they count too.",
                ),
            ),
            short,
            0.3,
        ),
        solution=f"`{reward} · (1 + γ + γ² + …) = {reward} / (1 − {gamma}) = {short(right)}`: endless, yet finite",
        typed=Typed(right, 0.01),
    )


@dataclass(frozen=True, slots=True)
class Transition:
    """A step of an agent with a table of Q-values."""

    kind: Literal["step", "ended", "truncated"]
    here: tuple[float, ...]
    """Q-values of the state in which the agent acted."""
    there: tuple[float, ...]
    """Q-values of the state that it came to."""
    action: int
    reward: int
    alpha: float
    gamma: float


ACTIONS = ("left", "right", "up")


def draw_q_update(dice: Random) -> Transition:
    """Values that differ, so that each mistake gives its own number."""
    return Transition(
        kind=dice.choice(("step", "step", "ended", "truncated")),
        here=tuple(dice.sample((0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0), 3)),
        there=tuple(dice.sample((-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0), 3)),
        action=dice.randrange(3),
        reward=dice.choice((-2, -1, 0, 1, 2, 5, 10)),
        alpha=dice.choice((0.1, 0.2, 0.5)),
        gamma=dice.choice((0.5, 0.8, 0.9)),
    )


def ask_q_update(given: Transition) -> Draft:
    """Watkins 1989; at the end of an episode the target is the reward alone."""
    alpha, gamma, reward = given.alpha, given.gamma, given.reward
    old, best = given.here[given.action], max(given.there)
    future = 0.0 if given.kind == "ended" else gamma * best
    target = reward + future
    right = old + alpha * (target - old)
    if best <= 0 or target == old:
        raise Redraw
    how = {
        "step": "and the episode goes on",
        "ended": "and s′ ends the episode",
        "truncated": "where a time limit cuts the episode off (truncated, not ended)",
    }[given.kind]
    name = ACTIONS[given.action]
    with_future, without = old + alpha * (reward + gamma * best - old), old + alpha * (reward - old)
    wrong = [
        (
            with_future if given.kind == "ended" else without,
            "future-after-the-end" if given.kind == "ended" else "no-future",
            "That adds `γ · max Q(s′, ·)`. After the end nothing more comes, whatever the table says of s′: the "
            "target is r alone."
            if given.kind == "ended"
            else "That leaves out `γ · max Q(s′, ·)`. The episode has not ended in the task's sense, so the "
            "future counts.",
        ),
        (
            target,
            "jumped-to-the-target",
            f"That is the target itself. The estimate moves only the share α = {alpha} of the way towards it.",
        ),
        (
            old + alpha * target,
            "forgot-the-old-value",
            f"That adds the target without taking Q(s, a) = {short(old)} off. It is the *difference* that counts.",
        ),
    ]
    if given.kind != "ended":
        wrong += [
            (
                old + alpha * (reward + best - old),
                "forgot-gamma",
                f"That counts the future in full. It lies a step ahead, so it is multiplied by γ = {gamma}.",
            ),
            (
                old + alpha * (reward + gamma * given.there[given.action] - old),
                "same-action-again",
                f"That takes {name} in s′ too. Q-learning reckons with the *best* action there, worth {short(best)}.",
            ),
            (
                old + alpha * (reward + gamma * max(given.here) - old),
                "looked-at-the-old-state",
                f"That takes the best value of s. The future begins in s′, where the best is {short(best)}.",
            ),
        ]
    return Draft(
        stem=(
            f"The table shows Q. In state s the agent goes {name}, gets the reward {short(reward)} and comes to s′, "
            f"{how}. With α = {alpha} and γ = {gamma}, what does Q-learning make of Q(s, {name}), to two decimals?"
        ),
        right=decimal(right),
        wrong=apart(right, wrong, decimal, 0.03),
        solution=(
            f"`{short(old)} + {alpha} · ({short(reward)}"
            + (f" + {gamma} · {short(best)}" if given.kind != "ended" else "")
            + f" − {short(old)}) = {decimal(right, 3).rstrip('0').rstrip('.')}`"
        ),
        typed=Typed(right, 0.006),
        picture=GridPicture(
            cells=(tuple(map(short, given.here)), tuple(map(short, given.there))),
            rows=("s", "s′"),
            columns=ACTIONS,
            row_label="state",
            column_label="action",
            marked=(0, given.action),
        ),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("discounted_return", draw_discounted_return, ask_discounted_return),
    Generator("q_update", draw_q_update, ask_q_update),
    Generator("epsilon_greedy", agent.draw_epsilon_greedy, agent.ask_epsilon_greedy),
    Generator("replay_and_target", memory.draw_replay_and_target, memory.ask_replay_and_target),
)
"""The questions of this topic."""
