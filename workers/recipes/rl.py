"""An agent that learns to play from rewards alone: Q-learning, with a table where states can be counted or a network.

What it teaches: the return of a move is what follows it, so that an estimate can be corrected by the next one; an
agent must try what seems wrong to find out what is right; and a lucky evaluation is no proof, so that the result is
measured again on start states that no decision has seen.

The two algorithms are a file each, to be read on their own: `rl_tabular.py` (FrozenLake, CliffWalking, Taxi) and
`rl_dqn.py` (CartPole, LunarLander). Here is what they share: the comparison with an agent that has learnt nothing, the
pictures, and the report.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import torch

from workers.messages import OptionValue
from workers.recipes import rl_dqn, rl_tabular
from workers.recipes.handle import Result, Run
from workers.recipes.rl_games import GAMES, Game, watch
from workers.recipes.rl_report import Outcome, report
from workers.recipes.state import pack
from workers.recipes.summary import metrics_json

EPISODES = 100
"""Of the final evaluation, twice, each time on start states of their own."""


def train(run: Run) -> Result:
    """Trains, evaluates on fresh start states and reports."""
    game = GAMES[run.job.dataset]
    with run.timed("load"):
        game.one().close()
    if game.discrete:
        return _with_table(run, game)
    return _with_network(run, game)


def _with_table(run: Run, game: Game) -> Result:
    config = rl_tabular.Config(**_chosen(run.job.options, rl_tabular.Config))
    with run.timed("train"):
        trained = rl_tabular.train(run, game, config)
    run.stage("Playing for the record")
    outcome = Outcome(
        returns=_twice(run, lambda seed: rl_tabular.play(game, trained.after, EPISODES, seed)),
        untrained=rl_tabular.play(game, None, EPISODES, 7),
        steps=trained.steps,
        solved=None,
        best_possible=rl_tabular.best_possible(game),
        table=trained.after,
    )
    model = {"table": torch.from_numpy(trained.after)}
    before = _at_random(game, run.job.seed)
    acts = (before, rl_tabular.policy(trained.halfway), rl_tabular.policy(trained.after))
    return _told(run, game, outcome, model, acts)


def _with_network(run: Run, game: Game) -> Result:
    values = _chosen(run.job.options, rl_dqn.Config)
    config = rl_dqn.Config(**{**values, "double": values["double"] == "on"})
    with run.timed("train"):
        trained = rl_dqn.train(run, game, config)
    run.stage("Playing for the record")
    outcome = Outcome(
        returns=_twice(run, lambda seed: rl_dqn.play(game, trained.after, EPISODES, seed)),
        untrained=rl_dqn.play(game, trained.before, EPISODES, 7),
        steps=trained.steps,
        solved=trained.solved,
        best_possible=None,
        table=None,
    )
    model = {"width": config.width, "weights": trained.after.state_dict()}
    acts = tuple(rl_dqn.policy(net) for net in (trained.before, trained.halfway, trained.after))
    return _told(run, game, outcome, model, acts)


def _told(
    run: Run, game: Game, outcome: Outcome, model: dict[str, Any], acts: Sequence[Callable[[Any], int]]
) -> Result:
    """The pictures, the files and the report of either algorithm."""
    run.stage("Filming")
    # Chosen among start states by nobody: the same one for all three agents.
    episodes = [watch(game, act, run.job.seed + 31, most=500 if not game.discrete else 60) for act in acts]
    metrics = {
        "mean_return": float(np.mean(outcome.returns[0])),
        "second_return": float(np.mean(outcome.returns[1])),
        "untrained_return": float(np.mean(outcome.untrained)),
        "steps": float(outcome.steps),
    }
    if outcome.best_possible is not None:
        metrics["best_possible"] = outcome.best_possible
    run.stage("Drawing the result")
    shown = report(run, game, outcome, episodes)
    run.artifact("model.pt", pack({"recipe": "rl", "format": 1, "game": run.job.dataset, **model}))
    run.artifact("metrics.json", metrics_json(run, game.title, metrics))
    kind = "a table of values" if game.discrete else "a network"
    return Result(metrics, f"{game.title} ({game.id}), {outcome.steps:,} steps, {kind}", shown)


def _twice(run: Run, play: Callable[[int], list[float]]) -> tuple[list[float], list[float]]:
    """Two evaluations on start states of their own, which no decision of the training has seen."""
    first = play(1_000_003 + run.job.seed)
    run.stop_if_asked()
    return first, play(2_000_003 + run.job.seed)


def _at_random(game: Game, seed: int) -> Callable[[Any], int]:
    dice = np.random.default_rng(seed)
    actions = game.sizes[1]
    return lambda _: int(dice.integers(actions))


def _chosen(options: Mapping[str, OptionValue], config: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass
    """The options that a configuration has fields for."""
    return {field.name: options[field.name] for field in fields(config)}
