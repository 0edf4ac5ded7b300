"""`/use play`: the trained agent plays one game."""

from collections.abc import Callable
from typing import Any

from lessons.errors import PersonError
from workers.messages import Artifact, TrainedModel
from workers.recipes import rl_dqn, rl_tabular
from workers.recipes.look import gif
from workers.recipes.rl_games import GAMES, watch
from workers.recipes.state import unpack
from workers.report import Picture, Report, Text
from workers.using import Answer, Wish

_WIDTH = 480
_FRAMES_MAX = 120


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    """The agent of a ``model.pt``; it plays on the CPU, whatever the `device`: a game waits for each of its moves.

    Raises:
        PersonError: Its game is not installed here.
    """
    del device
    saved = unpack(model.data)
    game = GAMES[str(saved["game"])]
    act: Callable[[Any], int]
    if game.discrete:
        act = rl_tabular.policy(saved["table"].numpy())
    else:
        size, actions = game.sizes
        net = rl_dqn.QNetwork(size, actions, int(saved["width"]))
        net.load_state_dict(saved["weights"])
        act = rl_dqn.policy(net.eval())

    def answer(wish: Wish) -> Answer:
        if wish.kind != "play":
            raise PersonError(f"This agent plays {game.title}. Say `/use play`.")
        episode = watch(game, act, wish.seed, most=1000 if not game.discrete else 100)
        stride = max(1, -(-len(episode.pictures) // _FRAMES_MAX))
        frames = [
            picture.resize((_WIDTH, round(_WIDTH * picture.height / picture.width)))
            for picture in [*episode.pictures[::stride], episode.pictures[-1]]
        ]
        film = gif(frames, 0.06 if len(frames) > 40 else 0.25, hold=2.0)
        about = f"It played {episode.steps} steps and got a return of **{episode.total:g}**."
        goal = "" if game.goal is None else f" Solved means {game.goal:g} on average."
        report = Report(
            f"{game.title}: {episode.total:g}",
            (Text(about + goal), Picture("game.gif", f"The agent plays {game.title}.")),
        )
        return Answer(report, (Artifact("game.gif", "image/gif", film),))

    return answer
