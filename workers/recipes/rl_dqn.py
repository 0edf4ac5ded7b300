"""Deep Q-learning in one file: Mnih et al. 2015 ("Human-level control …"), with double targets and n-step returns.

A network estimates for each action the return that follows it. The agent mostly takes the action with the highest
estimate, remembers what happened, and is trained on random memories towards what it received plus its own estimate of
what comes after (Hessel et al. 2018, "Rainbow", lists the parts). Sixteen games are played side by side, so that one
pass of the network serves them all.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.recipes.handle import Run
from workers.recipes.rl_games import Game
from workers.recipes.state import pack, unpack

Floats = np.ndarray[Any, np.dtype[np.float32]]

MEMORY = 50_000
"""Transitions that are remembered."""
FIRST = 1_000
"""Random steps before the first training step."""
EVALUATED = 100
"""Episodes of one evaluation, played side by side: as many as the published figures use."""
MARGIN = 1.03
"""An evaluation must be this much above the goal: what is only just there falls below it on other start states."""
SURE = 2
"""Evaluations in a row, each on fresh start states, that must reach the goal before training ends early."""
GRADIENT = 10.0
"""The largest norm of a gradient that is followed whole."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; bounds are in the catalogue."""

    steps: int
    learning_rate: float
    discount: float
    final_epsilon: float
    exploration: float
    """Share of the steps over which epsilon falls from 1."""
    width: int
    envs: int
    updates: int
    """Training steps for each step of the vector of games."""
    batch_size: int
    n_step: int
    tau: float
    """How far the target network moves towards the trained one with each training step."""
    double: bool


@dataclass(frozen=True, slots=True)
class Trained:
    """What training leaves: the networks at the start, half-way and at the end, and how many steps it took."""

    before: "QNetwork"
    halfway: "QNetwork"
    after: "QNetwork"
    steps: int
    solved: bool


class QNetwork(nn.Module):
    """Two hidden layers: observation ``float[N, observation]`` to the estimated return of each action."""

    def __init__(self, observation: int, actions: int, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(observation, width)
        self.second = nn.Linear(width, width)
        self.values = nn.Linear(width, actions)

    def forward(self, observations: Tensor) -> Tensor:
        """Estimated returns ``float[N, actions]``."""
        return self.values(F.relu(self.second(F.relu(self.first(observations)))))


class Memory:
    """The last transitions, as tensors that are drawn from by index."""

    def __init__(self, size: int, observation: int) -> None:
        self.observations = torch.zeros(size, observation)
        self.actions = torch.zeros(size, 1, dtype=torch.int64)
        self.returns = torch.zeros(size)
        self.after = torch.zeros(size, observation)
        self.continues = torch.zeros(size)
        """The discount of what comes after; 0 where the episode was over."""
        self.at, self.filled = 0, 0

    def add(self, rows: "Rows") -> None:
        """Remembers a few transitions, over the oldest."""
        count = len(rows.returns)
        place = (torch.arange(count) + self.at) % len(self.returns)
        self.observations[place] = torch.from_numpy(rows.observations)
        self.actions[place, 0] = torch.from_numpy(rows.actions)
        self.returns[place] = torch.from_numpy(rows.returns)
        self.after[place] = torch.from_numpy(rows.after)
        self.continues[place] = torch.from_numpy(rows.continues)
        self.at = (self.at + count) % len(self.returns)
        self.filled = min(self.filled + count, len(self.returns))


@dataclass(frozen=True, slots=True)
class Rows:
    """Transitions over up to n steps, ready to be remembered."""

    observations: Floats
    actions: np.ndarray[Any, np.dtype[np.int64]]
    returns: Floats
    after: Floats
    continues: Floats


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of all games: what was seen and done, and what followed."""

    observations: Floats
    actions: np.ndarray[Any, np.dtype[np.int64]]
    rewards: Floats
    terminated: np.ndarray[Any, np.dtype[np.bool_]]
    truncated: np.ndarray[Any, np.dtype[np.bool_]]
    after: Floats
    fresh: np.ndarray[Any, np.dtype[np.bool_]]
    """Where this step only began a new episode (gymnasium ≥ 1.0 resets on the step after an end): no transition."""


def n_step_rows(moments: "deque[Moment]", discount: float) -> Rows:
    """The transitions that begin at the oldest of the moments (Sutton and Barto 2018, section 7.1).

    An episode that ends on the way ends the sum there; it is bootstrapped from where it was truncated, and not from
    where it terminated.
    """
    first = moments[0]
    returns = np.zeros(len(first.rewards), np.float32)
    continues = np.ones(len(first.rewards), np.float32)
    after = first.after.copy()
    alive = ~first.fresh
    for power, moment in enumerate(moments):
        returns += np.where(alive, discount**power * moment.rewards, 0.0).astype(np.float32)
        after[alive] = moment.after[alive]
        continues[alive] = discount ** (power + 1) * (1.0 - moment.terminated[alive])
        alive = alive & ~(moment.terminated | moment.truncated)
    real = ~first.fresh
    return Rows(first.observations[real], first.actions[real], returns[real], after[real], continues[real])


def train(run: Run, game: Game, config: Config) -> Trained:  # noqa: C901, PLR0912, PLR0915 one algorithm in reading order
    """Plays and learns until the goal is reached for sure, or the steps are used up."""
    torch.set_num_threads(1)  # so small a network is done before a second thread has woken up
    torch.manual_seed(run.job.seed)
    envs = game.vector(config.envs)
    size, actions = game.sizes
    net, target = QNetwork(size, actions, config.width), QNetwork(size, actions, config.width)
    target.load_state_dict(net.state_dict())
    target.requires_grad_(requires_grad=False)
    before, halfway = _copy(net), _copy(net)
    optimiser = torch.optim.Adam(net.parameters(), config.learning_rate, fused=True)
    weights, targets = list(net.parameters()), list(target.parameters())
    memory = Memory(min(MEMORY, config.steps), size)
    moments: deque[Moment] = deque(maxlen=config.n_step)
    dice = np.random.default_rng(run.job.seed)
    draws = torch.Generator().manual_seed(run.job.seed)

    seen, _ = envs.reset(seed=run.job.seed)
    fresh = np.zeros(config.envs, np.bool_)
    returns, finished = np.zeros(config.envs), deque[float](maxlen=20)
    step, reached, loss = 0, 0, torch.zeros(())
    best, highest = _copy(net), -np.inf
    every = max(config.envs * 50, min(2_500, config.steps // 40) // config.envs * config.envs)

    # --- go on from where an earlier attempt was ---
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(config):
        net.load_state_dict(saved["net"])
        target.load_state_dict(saved["target"])
        optimiser.load_state_dict(saved["optimiser"])
        before.load_state_dict(saved["before"])
        halfway.load_state_dict(saved["halfway"])
        best.load_state_dict(saved["best"])
        highest = saved["highest"]
        vars(memory).update(saved["memory"])
        moments.extend(Moment(*(part.numpy() for part in moment)) for moment in saved["moments"])
        dice.bit_generator.state = saved["dice"]
        draws.set_state(saved["draws"])
        seen, fresh, returns = (saved[name].numpy() for name in ("seen", "fresh", "returns"))
        finished.extend(saved["finished"])
        step, reached = saved["step"], saved["reached"]
        game.restore(envs, saved["envs"])
        run.go_on(saved["curves"], saved["seconds"])

    # --- the loop ---
    run.stage("Playing")
    while step < config.steps and reached < SURE:
        # Act: at random with probability epsilon, else what seems best.
        epsilon = max(config.final_epsilon, 1 - (1 - config.final_epsilon) * step / (config.exploration * config.steps))
        with torch.no_grad():
            chosen = net(torch.from_numpy(seen)).argmax(1).numpy()
        if step < FIRST:
            epsilon = 1.0
        chance = dice.random(config.envs) < epsilon
        chosen = np.where(chance, dice.integers(0, actions, config.envs), chosen)
        following, rewards, terminated, truncated, _ = envs.step(chosen)
        following = following.astype(np.float32)
        over = terminated | truncated

        # Remember.
        moments.append(Moment(seen, chosen, rewards.astype(np.float32), terminated, truncated, following, fresh))
        if len(moments) == config.n_step:
            memory.add(n_step_rows(moments, config.discount))
        returns += np.where(fresh, 0.0, rewards)
        for ended in np.flatnonzero(over):
            finished.append(float(returns[ended]))
            returns[ended] = 0.0
        seen, fresh = following, over
        step += config.envs

        # Learn: towards the reward plus the discounted value of what came after.
        if step >= FIRST:
            for group in optimiser.param_groups:  # late corrections are smaller, or they undo what was learnt
                group["lr"] = config.learning_rate * (1 - 0.9 * step / config.steps)
            for _ in range(config.updates):
                place = torch.randint(memory.filled, (config.batch_size,), generator=draws)
                after = memory.after[place]
                with torch.no_grad():
                    if config.double:  # one network chooses, the other judges (van Hasselt et al. 2016)
                        value = target(after).gather(1, net(after).argmax(1, keepdim=True))[:, 0]
                    else:
                        value = target(after).amax(1)
                    wanted = memory.returns[place] + memory.continues[place] * value
                estimated = net(memory.observations[place]).gather(1, memory.actions[place])[:, 0]
                loss = F.smooth_l1_loss(estimated, wanted)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(weights, GRADIENT)
                optimiser.step()
                follow(weights, targets, config.tau)

        mean = sum(finished) / len(finished) if finished else 0.0
        run.log(step, config.steps, q_loss=loss.detach(), training_return=mean)
        if step % every < config.envs:
            score = float(np.mean(play(game, net, EVALUATED, 10_000 + run.job.seed * 1_000 + step // every)))
            reached = reached + 1 if game.goal is not None and score >= MARGIN * game.goal else 0
            run.point(float(step), training_return=mean, evaluation_return=score)
            run.log(step, config.steps, always=True, evaluation_return=score, training_return=mean)
            if score >= highest:
                best, highest = _copy(net), score
            if step < config.steps // 2 and score < 0.6 * (game.goal or np.inf):
                halfway = _copy(net)
        if game.can_be_kept and run.wants_checkpoint():
            state = {
                "config": asdict(config),
                "net": net.state_dict(),
                "target": target.state_dict(),
                "optimiser": optimiser.state_dict(),
                "before": before.state_dict(),
                "halfway": halfway.state_dict(),
                "best": best.state_dict(),
                "highest": highest,
                "memory": vars(memory),
                "moments": [_tensors(moment) for moment in moments],
                "dice": dice.bit_generator.state,
                "draws": draws.get_state(),
                **{name: torch.from_numpy(np.array(each)) for name, each in (("seen", seen), ("fresh", fresh))},
                "returns": torch.from_numpy(returns),
                "finished": list(finished),
                "step": step,
                "reached": reached,
                "envs": game.kept(envs),
                "curves": run.curves,
                "seconds": run.seconds,
            }
            run.checkpoint(step, pack(state))
        run.stop_if_asked()
    envs.close()
    # Q-learning forgets: where the goal was not reached for sure, the best network on the way is the one to keep.
    return Trained(before, halfway, _copy(net) if reached >= SURE else best, step, reached >= SURE)


def follow(weights: list[nn.Parameter], targets: list[nn.Parameter], tau: float) -> None:
    """Moves each target a little towards its weight, all of them in one call (Lillicrap et al. 2016, section 3)."""
    with torch.no_grad():
        torch._foreach_lerp_(targets, weights, tau)  # pyright: ignore[reportPrivateUsage,reportPrivateImportUsage,reportCallIssue,reportArgumentType]


def play(game: Game, net: QNetwork | None, episodes: int, seed: int) -> list[float]:
    """The returns of so many episodes on start states of their own; without a network every action is drawn.

    Args:
        game: What to play.
        net: Takes the action with the highest estimate.
        episodes: Played side by side, one for each copy of the game.
        seed: Of the start states.
    """
    envs = game.vector(episodes)
    dice = np.random.default_rng(seed)
    seen, _ = envs.reset(seed=seed)
    returns, going = np.zeros(episodes), np.ones(episodes, np.bool_)
    while going.any():
        chosen = dice.integers(0, game.sizes[1], episodes) if net is None else greedy(net, seen)
        seen, rewards, terminated, truncated, _ = envs.step(chosen)
        returns += np.where(going, rewards, 0.0)
        going &= ~(terminated | truncated)
    envs.close()
    return returns.tolist()


def greedy(net: QNetwork, seen: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The action with the highest estimate for each observation ``float[N, …]``."""
    with torch.no_grad():
        return net(torch.from_numpy(seen.astype(np.float32))).argmax(1).numpy()


def policy(net: QNetwork) -> Callable[[Any], int]:
    """The greedy policy for a single game."""
    return lambda seen: int(greedy(net, np.asarray(seen)[None])[0])


def _copy(net: QNetwork) -> QNetwork:
    copy = QNetwork(net.first.in_features, net.values.out_features, net.first.out_features)
    copy.load_state_dict(net.state_dict())
    return copy.eval()


def _tensors(moment: Moment) -> list[Tensor]:
    return [torch.from_numpy(np.array(part)) for part in asdict(moment).values()]
