"""The games of `/run rl`, as gymnasium makes them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from PIL import Image

from workers.recipes.handle import DatasetMissingError

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # pictures are drawn in memory; a worker has no screen
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")


@dataclass(frozen=True, slots=True)
class Game:
    """One game.

    Attributes:
        id: As gymnasium calls it.
        title: In words.
        discrete: States are numbers, so that a table can hold a value for each.
        goal: The mean return at which it counts as solved; None for one that has no such figure.
        actions: Their names, by number.
        frames: Every so many steps one picture is taken for the animation.
    """

    id: str
    title: str
    discrete: bool
    goal: float | None
    actions: tuple[str, ...]
    frames: int = 1

    def one(self, *, drawn: bool = False) -> "gym.Env[Any, Any]":
        """A single game.

        Raises:
            DatasetMissingError: What it is made with is not installed.
        """
        try:
            return gym.make(self.id, render_mode="rgb_array" if drawn else None)
        except gym.error.DependencyNotInstalled as missing:
            raise DatasetMissingError(
                f"{self.title} needs Box2D, which this worker does not have.",
                "Try another game; the operator of this bot can add it with: pip install 'waypoint-tutor[games]'",
            ) from missing

    def vector(self, count: int) -> VectorEnv[Any, Any, Any]:
        """So many games side by side, in gymnasium's native vector form where there is one."""
        self.one().close()
        native = gym.spec(self.id).vector_entry_point is not None
        return gym.make_vec(self.id, count, "vector_entry_point" if native else "sync")

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of an observation (or states, where they are discrete) and of actions."""
        env = self.one()
        space: Any = env.observation_space
        actions: Any = env.action_space
        env.close()
        return int(space.n if self.discrete else space.shape[0]), int(actions.n)

    @property
    def can_be_kept(self) -> bool:
        """Whether running games can be saved, so that a run goes on in the middle of an episode."""
        return self.id.startswith("CartPole")

    def kept(self, envs: VectorEnv[Any, Any, Any]) -> dict[str, Any]:
        """All that the running games consist of, as plain data."""
        import torch  # noqa: PLC0415 only a trainer gets here

        inner: Any = envs.unwrapped
        return {
            "state": torch.from_numpy(np.array(inner.state)),
            "steps": torch.from_numpy(np.array(inner.steps)),
            "prev_done": torch.from_numpy(np.array(inner.prev_done)),
            "random": inner.np_random.bit_generator.state,
        }

    def restore(self, envs: VectorEnv[Any, Any, Any], kept: dict[str, Any]) -> None:
        """Puts games back to where `kept` saw them."""
        inner: Any = envs.unwrapped
        inner.state, inner.steps, inner.prev_done = (kept[name].numpy() for name in ("state", "steps", "prev_done"))
        inner.np_random.bit_generator.state = kept["random"]


GAMES = {
    "cartpole": Game("CartPole-v1", "CartPole", discrete=False, goal=475.0, actions=("left", "right"), frames=5),
    "lunarlander": Game(
        "LunarLander-v3",
        "LunarLander",
        discrete=False,
        goal=200.0,
        actions=("nothing", "left", "main", "right"),
        frames=5,
    ),
    "frozenlake": Game("FrozenLake-v1", "FrozenLake", discrete=True, goal=0.7, actions=("left", "down", "right", "up")),
    "cliffwalking": Game(
        "CliffWalking-v1", "CliffWalking", discrete=True, goal=-13.0, actions=("up", "right", "down", "left")
    ),
    "taxi": Game(
        "Taxi-v4", "Taxi", discrete=True, goal=7.0, actions=("down", "up", "right", "left", "pick up", "drop off")
    ),
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One game played to its end: its pictures and its return."""

    pictures: list[Image.Image]
    total: float
    steps: int


def watch(game: Game, act: Callable[[Any], int], seed: int, *, most: int = 500) -> Episode:
    """Plays one episode and takes pictures of it.

    Args:
        game: What to play.
        act: From an observation to an action.
        seed: Of the start state, and of the dice in the game.
        most: Steps after which it is broken off.
    """
    env = game.one(drawn=True)
    seen, _ = env.reset(seed=seed)
    pictures, total, step = [_picture(env)], 0.0, 0
    for step in range(1, most + 1):
        seen, reward, terminated, truncated, _ = env.step(act(seen))
        total += float(reward)
        over = terminated or truncated
        if over or step % game.frames == 0:
            pictures.append(_picture(env))
        if over:
            break
    env.close()
    return Episode(pictures, total, step)


def _picture(env: "gym.Env[Any, Any]") -> Image.Image:
    frame: Any = env.render()
    return Image.fromarray(np.asarray(frame, np.uint8))
