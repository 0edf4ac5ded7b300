"""Agents learn their games, the same seed learns the same, and a run goes on where it was interrupted."""

import io
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lessons.errors import PersonError
from workers.catalogue import resolve
from workers.messages import Artifact, Checkpoint, Failed, Finished, TrainedModel, TrainerMessage, TrainingJob
from workers.recipes import rl_dqn, rl_tabular, rl_use
from workers.recipes.rl_dqn import Moment
from workers.recipes.rl_games import GAMES
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.using import Wish

TABLE = resolve("rl", dataset="cliffwalking", seed=2, options={"steps": 8000})
NETWORK = resolve("rl", dataset="cartpole", seed=2, options={"steps": 6000, "width": 32, "updates": 2})


def run(
    job: TrainingJob, stop: Callable[[], bool] = lambda: False, checkpoint_every: float | None = None
) -> tuple[Finished | Failed, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    return execute(job, sources, sent.append, stop, checkpoint_every=checkpoint_every), sent


def files(sent: list[TrainerMessage]) -> dict[str, bytes]:
    return {message.name: message.data for message in sent if isinstance(message, Artifact)}


@pytest.fixture(scope="module")
def table() -> tuple[Finished, dict[str, bytes]]:
    outcome, sent = run(TABLE)
    assert isinstance(outcome, Finished), outcome
    return outcome, files(sent)


@pytest.fixture(scope="module")
def network() -> tuple[Finished, dict[str, bytes]]:
    outcome, sent = run(NETWORK)
    assert isinstance(outcome, Finished), outcome
    return outcome, files(sent)


def test_a_table_learns_to_walk_along_the_cliff(table: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, made = table
    assert outcome.metrics["best_possible"] == -13
    assert outcome.metrics["mean_return"] == -13
    assert outcome.metrics["untrained_return"] < -500
    assert set(made) == {"returns.png", "agent.gif", "policy.png", "model.pt", "metrics.json"}
    assert Image.open(io.BytesIO(made["policy.png"])).width == 1080
    film: Any = Image.open(io.BytesIO(made["agent.gif"]))
    assert film.n_frames > 10


def test_a_network_plays_better_than_before_it_learnt(network: tuple[Finished, dict[str, bytes]]) -> None:
    outcome, made = network
    assert outcome.metrics["mean_return"] > 2 * outcome.metrics["untrained_return"]
    assert len(outcome.curves["evaluation_return"]) >= 2
    assert Image.open(io.BytesIO(made["agent.gif"])).size[0] == 360


@pytest.mark.parametrize("job", [TABLE, NETWORK], ids=["table", "network"])
def test_the_same_seed_learns_the_same(job: TrainingJob, request: pytest.FixtureRequest) -> None:
    first: tuple[Finished, dict[str, bytes]] = request.getfixturevalue("table" if job is TABLE else "network")
    again, _ = run(job)
    assert isinstance(again, Finished)
    assert again.curves == first[0].curves
    assert again.metrics == first[0].metrics


@pytest.mark.parametrize("job", [TABLE, NETWORK], ids=["table", "network"])
def test_a_run_goes_on_where_it_was_interrupted(job: TrainingJob, request: pytest.FixtureRequest) -> None:
    first: tuple[Finished, dict[str, bytes]] = request.getfixturevalue("table" if job is TABLE else "network")
    sent: list[TrainerMessage] = []

    def stop() -> bool:
        return sum(isinstance(message, Checkpoint) for message in sent) >= 2

    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    stopped = execute(job, sources, sent.append, stop, checkpoint_every=0.0)
    assert isinstance(stopped, Failed)
    assert stopped.cause == "stopped"
    saved = [message for message in sent if isinstance(message, Checkpoint)]
    gone_on, _ = run(replace(job, checkpoint=saved[-1].data))
    assert isinstance(gone_on, Finished)
    assert gone_on.curves == first[0].curves
    assert gone_on.metrics == first[0].metrics


def test_the_best_possible_return_is_that_of_the_known_games() -> None:
    assert rl_tabular.best_possible(GAMES["frozenlake"]) == pytest.approx(0.74, abs=0.01)
    assert rl_tabular.best_possible(GAMES["taxi"]) == pytest.approx(7.93, abs=0.01)


def moment(
    reward: float, *, terminated: bool = False, truncated: bool = False, fresh: bool = False, at: float
) -> Moment:
    return Moment(
        np.full((1, 1), at, np.float32),
        np.zeros(1, np.int64),
        np.array([reward], np.float32),
        np.array([terminated]),
        np.array([truncated]),
        np.full((1, 1), at + 1, np.float32),
        np.array([fresh]),
    )


@pytest.mark.parametrize(
    ("ends", "total", "after", "continues"),
    [
        ({}, 1 + 0.5 * 2 + 0.25 * 4, 3.0, 0.125),
        ({"terminated": True}, 1 + 0.5 * 2, 2.0, 0.0),
        ({"truncated": True}, 1 + 0.5 * 2, 2.0, 0.25),
    ],
)
def test_three_rewards_are_summed_up_to_the_end_of_the_episode(
    ends: dict[str, bool], total: float, after: float, continues: float
) -> None:
    moments = deque([moment(1, at=0), moment(2, at=1, **ends), moment(4, at=2, fresh=bool(ends))])
    rows = rl_dqn.n_step_rows(moments, 0.5)
    assert (rows.returns[0], rows.after[0, 0], rows.continues[0]) == pytest.approx((total, after, continues))


def test_the_step_that_only_begins_an_episode_is_not_remembered() -> None:
    rows = rl_dqn.n_step_rows(deque([moment(1, at=0, fresh=True), moment(1, at=1)]), 0.9)
    assert len(rows.returns) == 0


def test_targets_follow_by_tau() -> None:
    weights, targets = [torch.nn.Parameter(torch.tensor([4.0]))], [torch.nn.Parameter(torch.tensor([0.0]))]
    rl_dqn.follow(weights, targets, 0.25)
    assert targets[0].item() == 1.0


def test_a_trained_agent_plays(
    table: tuple[Finished, dict[str, bytes]], network: tuple[Finished, dict[str, bytes]]
) -> None:
    for (_, made), game in ((table, "cliffwalking"), (network, "cartpole")):
        play = rl_use.load(TrainedModel(1, "rl", game, made["model.pt"]), "cpu")
        answer = play(Wish("play", seed=5))
        assert answer.report.headline.startswith(GAMES[game].title)
        film: Any = Image.open(io.BytesIO(answer.artifacts[0].data))
        assert film.n_frames > 3
        assert play(Wish("play", seed=5)) == answer
    with pytest.raises(PersonError, match="/use play"):
        play(Wish("draw"))


@pytest.mark.parametrize(("name", "value"), [("discount", 1.5), ("steps", 10), ("n_step", 0), ("double", "maybe")])
def test_options_beyond_their_bounds_are_refused(name: str, value: Any) -> None:
    with pytest.raises(PersonError, match=name):
        resolve("rl", options={name: value})


def test_a_learning_rate_far_too_high_ends_the_run_or_learns_nothing() -> None:
    outcome, _ = run(replace(NETWORK, options={**NETWORK.options, "learning_rate": 1.0}))
    match outcome:
        case Failed(cause="diverged"):
            assert "learning rate" in outcome.advice
        case Finished():
            assert outcome.metrics["mean_return"] < 100
        case other:
            pytest.fail(str(other))
