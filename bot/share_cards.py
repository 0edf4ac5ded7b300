"""A shared run: how to make it again to the digit."""

import discord

from bot import ids
from bot.fitting import cut
from bot.run_cards import belongings_line, in_order, run_title
from bot.ui import GOOD, QUIET, Card, Item, button, buttons, card, text
from bot.wording import duration, exact
from db.belongings import KeptFile
from db.tables import Run
from workers.catalogue import OWN, project
from workers.messages import Finished

HEADLINE_MAX, DATASET_MAX = 300, 300


def share_card(run: Run, finished: Finished, file: KeptFile | None) -> Card:
    """What anyone needs to get the same, and buttons for what they may do with it."""
    name = discord.utils.escape_markdown(run.user_name)
    head = f"## 📣 {name}: {cut(finished.report.headline, HEADLINE_MAX)}\n-# {run_title(run)}"
    return card(text(head), text(recipe_text(run, finished, file)), *_rows(run), colour=GOOD)


def recipe_text(run: Run, finished: Finished, file: KeptFile | None) -> str:
    """The lines to type, what they need, and what they depend on."""
    versions = " · ".join(f"{name} {version}" for name, version in finished.versions.items())
    data = cut(finished.dataset, DATASET_MAX)
    came_from = " · ".join([*belongings_line(run, file), data])
    lines = [
        "**To make it again to the digit**",
        f"```\n{chat_line(run)}\n```",
        "or without any chat",
        f"```\n{terminal_line(run, file)}\n```",
        f"-# {came_from}",
        f"-# {finished.device} · {duration(finished.seconds.total)} in all",
        f"-# {versions}",
        "-# The same device and the same versions give the same digits; others come close.",
    ]
    if run.dataset == OWN:
        lines.append("-# It was trained on a file that stays its owner's: the same digits need the same file.")
    return "\n".join(lines)


def chat_line(run: Run) -> str:
    """The ``/run`` with everything said, so that no default can change it."""
    parts = [f"/run {run.project}"]
    if run.model_run_id is not None:
        parts.append(f"model:{run.model_run_id}")
    parts.append(f"preset:{run.preset}")
    # The data set of an own file goes without saying: the file says it.
    parts.append("file:" if run.dataset == OWN else f"dataset:{run.dataset}")
    options = in_order(project(run.project), run.options)
    return " ".join([*parts, *(f"{name}:{exact(value)}" for name, value in options), f"seed:{run.seed}"])


def terminal_line(run: Run, file: KeptFile | None) -> str:
    """The same for a terminal."""
    parts = [f"waypoint train {run.project}"]
    if run.model_run_id is not None:
        parts.append("--model model.pt")
    parts.append(f"--preset {run.preset}")
    if run.dataset == OWN:
        parts.append(f"--file {_quoted(file.name if file is not None else 'your-file')}")
    else:
        parts.append(f"--dataset {run.dataset}")
    options = in_order(project(run.project), run.options)
    return " ".join(
        [*parts, *(f"--{name.replace('_', '-')} {exact(value)}" for name, value in options), f"--seed {run.seed}"]
    )


def unshared_card(run: Run) -> Card:
    """What stands where a run was shared."""
    name = discord.utils.escape_markdown(run.user_name)
    return card(text(f"### {run_title(run)}\n{name} shares this run no more."), colour=QUIET)


def _rows(run: Run) -> list[Item]:
    first: list[Item] = [
        button("Make it again", ids.RUN_AGAIN.format(run_id=run.id), emoji="🔁"),
        button("Show", ids.RUN_SHOW.format(run_id=run.id), emoji="🔎"),
        button("Compare", ids.RUN_COMPARE.format(run_id=run.id), emoji="⚖️"),
        button("Stop sharing", ids.RUN_UNSHARE.format(run_id=run.id)),
    ]
    return [buttons(*first)]


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "").replace("`", "")[:80] + "'"
