"""Tabular Q-learning in one file: Watkins 1989; Sutton and Barto 2018, "Reinforcement Learning", section 6.5.

The table holds, for each state and action, the return that is expected to follow. After each step the entry moves a
little towards the reward plus the discounted best entry of the next state.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from workers.recipes.handle import Run
from workers.recipes.rl_games import Game
from workers.recipes.state import pack, unpack

Table = np.ndarray[Any, np.dtype[np.float64]]
"""``float[states, actions]``."""

POINTS = 25
"""Of the curves."""
EVALUATED = 50
"""Episodes of one evaluation."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; bounds are in the catalogue."""

    steps: int
    learning_rate: float
    """Of the first steps; it falls with the steps to a tenth."""
    discount: float
    final_epsilon: float
    exploration: float
    """Share of the steps over which epsilon falls from 1."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What training leaves: the tables half-way and at the end."""

    halfway: Table
    after: Table
    steps: int


def train(run: Run, game: Game, config: Config) -> Trained:
    """Plays and learns until the steps are used up. Each episode has dice of its own, so that a run can go on."""
    env = game.one()
    states, actions = game.sizes
    # Of equal entries argmax takes the first, which walks in one direction for ever: hardly equal is better.
    table = 1e-6 * np.random.default_rng(run.job.seed).random((states, actions))
    halfway = table.copy()
    finished = deque[float](maxlen=100)
    step, episode, told = 0, 0, 0

    # --- go on from where an earlier attempt was ---
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(config):
        table, halfway = saved["table"].numpy(), saved["halfway"].numpy()
        finished.extend(saved["finished"])
        step, episode, told = saved["step"], saved["episode"], saved["told"]
        run.go_on(saved["curves"], saved["seconds"])

    # --- the loop ---
    run.stage("Playing")
    while step < config.steps:
        dice = np.random.default_rng((run.job.seed, episode))
        state, _ = env.reset(seed=int(dice.integers(2**31)))
        total, over = 0.0, False
        while not over:
            share = step / config.steps
            epsilon = max(config.final_epsilon, 1 - (1 - config.final_epsilon) * share / config.exploration)
            action = int(dice.random() * actions) if dice.random() < epsilon else int(table[state].argmax())
            following, reward, terminated, truncated, _ = env.step(action)
            wanted = float(reward) + (0.0 if terminated else config.discount * table[following].max())
            table[state, action] += config.learning_rate * (1 - 0.9 * share) * (wanted - table[state, action])
            state, total, over, step = following, total + float(reward), terminated or truncated, step + 1
            if step % 1000 == 0:
                run.log(min(step, config.steps - 1), config.steps, epsilon=epsilon)
                run.stop_if_asked()
            if step >= config.steps and not truncated and not terminated and total < -10_000:
                break  # an episode without a limit, in a walk that leads nowhere
        finished.append(total)
        episode += 1
        if step * POINTS // config.steps > told:
            told = step * POINTS // config.steps
            score = float(np.mean(play(game, table, EVALUATED, 10_000 + told)))
            mean = float(np.mean(finished))
            run.point(float(step), training_return=mean, evaluation_return=score)
            run.log(min(step, config.steps), config.steps, always=True, evaluation_return=score, training_return=mean)
            if step <= config.steps // 2:
                halfway = table.copy()
            if run.wants_checkpoint():
                state_now = {
                    "config": asdict(config),
                    "table": torch.from_numpy(table.copy()),
                    "halfway": torch.from_numpy(halfway.copy()),
                    "finished": list(finished),
                    "step": step,
                    "episode": episode,
                    "told": told,
                    "curves": run.curves,
                    "seconds": run.seconds,
                }
                run.checkpoint(step, pack(state_now))
    env.close()
    return Trained(halfway, table, step)


def play(game: Game, table: Table | None, episodes: int, seed: int, *, most: int = 200) -> list[float]:
    """The returns of so many episodes with the greedy policy; without a table every action is drawn.

    Args:
        game: What to play.
        table: Of expected returns.
        episodes: How many.
        seed: Of start states and dice.
        most: Steps after which an episode is broken off: a policy that walks in circles would go on for ever.
    """
    env = game.one()
    dice = np.random.default_rng(seed)
    returns: list[float] = []
    state, _ = env.reset(seed=seed)
    actions = game.sizes[1]
    for _ in range(episodes):
        total = 0.0
        for _ in range(most):
            action = int(dice.integers(actions)) if table is None else int(table[state].argmax())
            state, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        returns.append(total)
        state, _ = env.reset()
    env.close()
    return returns


def policy(table: Table) -> Callable[[Any], int]:
    """The greedy policy."""
    return lambda state: int(table[int(state)].argmax())


def best_possible(game: Game, *, most: int = 200) -> float:
    """The mean return of the best policy, from the game's own rules by dynamic programming.

    Sutton and Barto 2018, section 4.4, over a horizon of the game's time limit, without discount.
    """
    env: Any = game.one()
    rules: dict[int, dict[int, list[tuple[float, int, float, bool]]]] = env.unwrapped.P
    starts = np.asarray(env.unwrapped.initial_state_distrib, np.float64)
    horizon = env.spec.max_episode_steps or most
    env.close()
    value = np.zeros(len(rules))
    for _ in range(horizon):
        value = np.array(
            [
                max(
                    sum(chance * (reward + (0.0 if over else value[after])) for chance, after, reward, over in outcomes)
                    for outcomes in rules[state].values()
                )
                for state in range(len(rules))
            ]
        )
    return float(starts @ value)
