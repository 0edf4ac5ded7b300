"""The result of `/run rl`: returns over time, the policy on its map, and the agent before, half-way and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image, ImageDraw, ImageFont

from workers.catalogue_rl import RL
from workers.recipes.handle import Run
from workers.recipes.look import (
    BACKGROUND,
    FONT,
    GREEN,
    ORANGE,
    PANEL,
    SKY,
    TEXT,
    Panel,
    Series,
    curves,
    gif,
    new_figure,
    place_axes,
    png,
    title,
)
from workers.recipes.rl_games import Episode, Game
from workers.report import File, Part, Picture, Report, Table, Text

FRAMES_MAX = 110
"""Pictures of an animation: more make a file that a chat does not take."""
_ARROWS = {
    "frozenlake": ((-1, 0), (0, 1), (1, 0), (0, -1)),
    "cliffwalking": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "taxi": ((0, 1), (0, -1), (1, 0), (-1, 0), None, None),
}
"""Where each action leads on the map, right and down; None for one that stays."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the agent achieves.

    Attributes:
        returns: Of two final evaluations.
        untrained: Of an agent that has learnt nothing.
        steps: That it took to learn.
        solved: Whether it reached the game's goal in training; None where it trains for a fixed number of steps.
        best_possible: The mean return of the best policy, where it can be computed.
        table: Of values, where there is one.
    """

    returns: tuple[list[float], list[float]]
    untrained: list[float]
    steps: int
    solved: bool | None
    best_possible: float | None
    table: "np.ndarray[Any, Any] | None"

    @property
    def mean(self) -> float:
        """Of the first evaluation."""
        return float(np.mean(self.returns[0]))


def report(run: Run, game: Game, outcome: Outcome, episodes: Sequence[Episode]) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out."""
    untrained = float(np.mean(outcome.untrained))
    levels = [Series("has learnt nothing", [(0, untrained)])] if untrained > _floor(outcome) else []
    if outcome.best_possible is not None:
        levels.append(Series("best possible", [(0, outcome.best_possible)]))
    elif game.goal is not None:
        levels.append(Series(f"solved: {game.goal:g}", [(0, game.goal)]))
    panel = Panel(
        "Return of an episode: higher is better",
        [
            Series("while it learns", _clipped(run.curves.get("training_return", []), outcome)),
            Series("evaluated", _clipped(run.curves.get("evaluation_return", []), outcome)),
        ],
        levels=levels,
    )
    run.artifact("returns.png", curves([panel], "steps"))
    run.artifact("agent.gif", animation(episodes))
    parts: list[Part] = [
        Text(_summary(game, outcome)),
        Picture("agent.gif", "The agent before it has learnt, half-way, and after, from the same start."),
        Picture("returns.png", "The return of an episode over the steps of training."),
    ]
    if outcome.table is not None:
        run.artifact("policy.png", policy_map(run.job.dataset, game, outcome.table))
        parts.append(Picture("policy.png", "Where the agent goes from each place, and what it expects there."))
    parts += [_table(run, outcome), File("model.pt", "The trained agent."), File("metrics.json", "All numbers.")]
    return Report(f"{game.title}: a mean return of {outcome.mean:,.{_digits(outcome.mean)}f}", tuple(parts))


def _clipped(points: Sequence[tuple[float, float]], outcome: Outcome) -> list[tuple[float, float]]:
    """Without the abyss of the first episodes, beside which nothing else could be seen."""
    return [(x, max(y, _floor(outcome))) for x, y in points]


def _floor(outcome: Outcome) -> float:
    """The lowest return that is drawn."""
    good = outcome.best_possible if outcome.best_possible is not None else outcome.mean
    return min(outcome.mean, good) - 4 * max(abs(good), 1.0) - 50


def _digits(value: float) -> int:
    return 2 if abs(value) < 10 else 1


def _summary(game: Game, outcome: Outcome) -> str:
    again = float(np.mean(outcome.returns[1]))
    shape = f",.{_digits(outcome.mean)}f"
    sentence = (
        f"On {len(outcome.returns[0])} games from fresh start states the agent gets {outcome.mean:{shape}} on average, "
        f"and on {len(outcome.returns[1])} more {again:{shape}}; without learning it is "
        f"{float(np.mean(outcome.untrained)):{shape}}."
    )
    if outcome.best_possible is not None:
        away = outcome.best_possible - outcome.mean
        near = away < 0.05 * max(1.0, abs(outcome.best_possible))
        return (
            f"{sentence} The best that any policy can get is {outcome.best_possible:{shape}}: "
            f"{'this is as good as it gets.' if near else 'more steps should bring it closer.'}"
        )
    if outcome.solved:
        return f"{sentence} It was done after {outcome.steps:,} steps: two evaluations in a row above {game.goal:g}."
    return f"{sentence} It did not reach {game.goal:g} twice in a row within {outcome.steps:,} steps: give it more."


def _table(run: Run, outcome: Outcome) -> Table:
    rows = [
        ("this run", f"{outcome.mean:.2f}", f"{outcome.steps:,}"),
        ("not trained", f"{float(np.mean(outcome.untrained)):.2f}", "0"),
    ]
    if outcome.best_possible is not None:
        rows.append(("best possible", f"{outcome.best_possible:.2f}", "–"))
    if (reference := RL.references.get(run.job.dataset)) is not None:
        rows.append((reference.text, f"{reference.value:.1f}", "500,000"))
    return Table(("agent", "mean return", "steps"), tuple(rows))


def animation(episodes: Sequence[Episode]) -> bytes:
    """The agent before, half-way and after, one below another, as a GIF."""
    stride = max(1, -(-max(len(episode.pictures) for episode in episodes) // FRAMES_MAX))
    films = [[*episode.pictures[::stride], episode.pictures[-1]] for episode in episodes]
    length = max(len(film) for film in films)
    width = 360
    first = films[0][0]
    height = round(width * first.height / first.width)
    font = ImageFont.load_default(19)
    frames: list[Image.Image] = []
    small = [[picture.resize((width, height)) for picture in film] for film in films]
    for at in range(length):
        frame = Image.new("RGB", (width, (height + 34) * len(films)), BACKGROUND)
        pen = ImageDraw.Draw(frame)
        for place, (name, film, episode) in enumerate(
            zip(("Before", "Half-way", "After"), small, episodes, strict=True)
        ):
            top = (height + 34) * place
            over = at >= len(film) - 1
            end = f": over after {episode.steps} steps, return {episode.total:g}" if over else ""
            pen.text((8, top + 6), f"{name}{end}", fill=TEXT, font=font)
            frame.paste(film[min(at, len(film) - 1)], (0, top + 34))
        frames.append(frame)
    return gif(frames, 0.07 if length > 40 else 0.22, hold=2.5)


def policy_map(dataset: str, game: Game, table: "np.ndarray[Any, Any]") -> bytes:
    """The map with the value of each place as colour and the best move as an arrow, as PNG."""
    rows, columns, states, marks = _map_of(dataset)
    values = table.max(1)
    cell = 5.9 / columns
    figure = new_figure(0.62 + cell * rows + 1.0)
    axes = place_axes(figure, 0.65, 0.62, 5.9, cell * rows)
    axes.set_facecolor(PANEL)
    shown = [values[state] for state, _, _ in states if (state not in marks or marks[state] in {"S", ""})]
    low, high = min(shown, default=0.0), max(shown, default=1.0)
    for state, row, column in states:
        mark = marks.get(state, "")
        _cell(axes, row, column, (values[state] - low) / ((high - low) or 1.0), mark)
        if mark not in {"H", "G", "C"}:
            _arrow(axes, row, column, _ARROWS[dataset][int(table[state].argmax())], game, int(table[state].argmax()))
        if mark not in {"H", "C", "G"}:
            axes.text(column + 0.43, row + 0.4, f"{values[state]:.2g}", color=TEXT, fontsize=FONT - 6, ha="right")
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    title(axes, _map_title(dataset))
    figure.text(0.65 / 7.2, 0.35 / figure.get_figheight(), _legend(dataset), color=TEXT, fontsize=FONT - 2, va="center")
    return png(figure)


def _map_title(dataset: str) -> str:
    if dataset == "taxi":
        return "With the passenger at R, to be fetched"
    return "The best move everywhere, and the return expected"


def _legend(dataset: str) -> str:
    match dataset:
        case "frozenlake":
            return "S start, G goal, H hole; the ice is slippery, so it keeps away"
        case "cliffwalking":
            return "S start, G goal, C cliff: minus 100 and back to the start"
        case _:
            return "● picks the passenger up; walls are not drawn"


def _map_of(dataset: str) -> tuple[int, int, list[tuple[int, int, int]], dict[int, str]]:
    """Rows, columns, (state, row, column) of what is drawn, and letters on some of them."""
    match dataset:
        case "frozenlake":
            letters = "SFFFFHFHFFFHHFFG"
            marks = {state: letter for state, letter in enumerate(letters) if letter != "F"}
            return 4, 4, [(state, *divmod(state, 4)) for state in range(16)], marks
        case "cliffwalking":
            marks = {36: "S", 47: "G", **dict.fromkeys(range(37, 47), "C")}
            return 4, 12, [(state, *divmod(state, 12)) for state in range(48)], marks
        case _:
            # Taxi's state is ((row * 5 + column) * 5 + passenger) * 4 + destination; passenger at R, destination B.
            return (
                5,
                5,
                [(((row * 5 + column) * 5 + 0) * 4 + 3, row, column) for row in range(5) for column in range(5)],
                {},
            )


def _cell(axes: Axes, row: int, column: int, strength: float, mark: str) -> None:
    colour = {"H": "#11131a", "C": "#11131a", "G": GREEN}.get(mark, SKY)
    alpha = 1.0 if mark in {"H", "C", "G"} else 0.12 + 0.6 * float(np.clip(strength, 0, 1))
    axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=colour, alpha=alpha, linewidth=0))
    if mark:
        ink = "#10202b" if mark == "G" else TEXT
        axes.text(column - 0.4, row - 0.22, mark, color=ink, fontsize=FONT - 3, weight="bold", ha="left")


def _arrow(axes: Axes, row: int, column: int, way: tuple[int, int] | None, game: Game, action: int) -> None:
    if way is None:
        axes.plot([column], [row], "o", color=ORANGE, markersize=13)
        return
    right, down = way
    axes.annotate(
        "",
        xy=(column + 0.27 * right, row + 0.27 * down),
        xytext=(column - 0.27 * right, row - 0.27 * down),
        arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 3, "mutation_scale": 18},
    )
    _ = game.actions[action]  # an action without a name would be a defect of the game's description
