"""`waypoint train rl` on CartPole beside cleanrl's `dqn.py`, on this machine, one after the other.

    python -m tests.bench.bench_rl [--seeds 10] [--reference-steps 300000]

The reference is that file's method and settings (https://docs.cleanrl.dev/rl-algorithms/dqn/), in our words and for
gymnasium 1.x: one game, a memory of 10,000, a training step with 128 memories every tenth step, Adam 2.5e-4, target
network copied every 500 steps, epsilon from 1 to 0.05 over half of 500,000 steps, network 120-84. Its time is that
until its first evaluation of 475 or more; both are then evaluated on 100 fresh start states, twice.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from tests.bench.machine import machine
from workers.catalogue import resolve
from workers.messages import Finished
from workers.recipes.rl_dqn import QNetwork, play
from workers.recipes.rl_games import GAMES
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources

TOTAL, MEMORY, BATCH, EVERY, COPIED, START = 500_000, 10_000, 128, 10, 500, 10_000


@dataclass(frozen=True)
class Trial:
    """One training: wall seconds, steps, and two mean returns on fresh start states."""

    seconds: float
    steps: int
    returns: tuple[float, float]


class Reference(nn.Sequential):
    """cleanrl's network."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(4, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 2))


def reference(seed: int, most: int) -> Trial:
    """Plays one game at a time and learns every tenth step, until an evaluation reaches 475."""
    torch.manual_seed(seed)
    dice = np.random.default_rng(seed)
    env = gym.make("CartPole-v1")
    net, target = Reference(), Reference()
    target.load_state_dict(net.state_dict())
    optimiser = torch.optim.Adam(net.parameters(), lr=2.5e-4)
    seen, after = np.zeros((MEMORY, 4), np.float32), np.zeros((MEMORY, 4), np.float32)
    actions, rewards, over = np.zeros(MEMORY, np.int64), np.zeros(MEMORY, np.float32), np.zeros(MEMORY, np.float32)
    state, _ = env.reset(seed=seed)
    started, step = time.perf_counter(), 0
    for step in range(1, most + 1):
        epsilon = max(0.05, 1 - 0.95 * step / (0.5 * TOTAL))
        if dice.random() < epsilon:
            action = int(dice.integers(2))
        else:
            with torch.no_grad():
                action = int(net(torch.from_numpy(state)[None]).argmax())
        following, reward, terminated, truncated, _ = env.step(action)
        place = step % MEMORY
        seen[place], after[place], actions[place] = state, following, action
        rewards[place], over[place] = float(reward), terminated
        state = env.reset()[0] if terminated or truncated else following
        if step > START and step % EVERY == 0:
            chosen = dice.integers(0, MEMORY, BATCH)
            with torch.no_grad():
                value = target(torch.from_numpy(after[chosen])).amax(1)
                wanted = torch.from_numpy(rewards[chosen]) + 0.99 * value * (1 - torch.from_numpy(over[chosen]))
            estimated = net(torch.from_numpy(seen[chosen])).gather(1, torch.from_numpy(actions[chosen])[:, None])[:, 0]
            loss = F.mse_loss(estimated, wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if step % COPIED == 0:
            target.load_state_dict(net.state_dict())
        if step > START and step % 5000 == 0 and evaluated(net, step) >= 475:
            break
    seconds = time.perf_counter() - started
    return Trial(seconds, step, (evaluated(net, 10**6 + seed, 100), evaluated(net, 2 * 10**6 + seed, 100)))


def evaluated(net: nn.Module, seed: int, episodes: int = 16) -> float:
    """The mean return of the greedy policy."""
    shaped = QNetwork(4, 2, 8)
    shaped.forward = net.forward  # type: ignore[method-assign]
    return statistics.mean(play(GAMES["cartpole"], shaped, episodes, seed))


def ours(seed: int) -> Trial:
    """`quick`, from the start of the recipe to its end: evaluations, pictures and all."""
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    outcome = execute(
        resolve("rl", dataset="cartpole", seed=seed), sources, lambda _: None, lambda: False, checkpoint_every=None
    )
    assert isinstance(outcome, Finished), outcome
    metrics = outcome.metrics
    return Trial(outcome.seconds.train, int(metrics["steps"]), (metrics["mean_return"], metrics["second_return"]))


def row(name: str, trials: list[Trial]) -> str:
    """A line of the table."""
    seconds, worst = statistics.median(t.seconds for t in trials), min(min(t.returns) for t in trials)
    solved = sum(min(t.returns) >= 475 for t in trials)
    span = f"{min(t.seconds for t in trials):.1f}–{max(t.seconds for t in trials):.1f}"
    steps = f"{statistics.median(t.steps for t in trials):,.0f}"
    return f"| {name} | {solved} of {len(trials)} | {worst:.0f} | {seconds:.1f} ({span}) | {steps} |"


def main(arguments: list[str] | None = None) -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--reference-seeds", type=int, default=1)
    parser.add_argument("--reference-steps", type=int, default=300_000)
    wish = parser.parse_args(arguments)
    torch.set_num_threads(1)
    mine = [ours(seed) for seed in range(1, wish.seeds + 1)]
    theirs = [reference(seed, wish.reference_steps) for seed in range(1, wish.reference_seeds + 1)]
    ratio = statistics.median(t.seconds for t in theirs) / statistics.median(t.seconds for t in mine)
    print("| CartPole | ≥ 475 on fresh states, twice | worst mean return | seconds of training | steps |")
    print("|---|---|---|---|---|")
    print(row("`waypoint train rl`, quick", mine))
    print(row("cleanrl `dqn.py`, until 475", theirs))
    print(f"\n{machine()}; ratio {ratio:.1f}")


if __name__ == "__main__":
    main()
