"""Runs offered while a member types a number."""

from collections.abc import Sequence

from discord import app_commands

from bot.run_cards import run_title
from bot.wording import duration
from db.tables import Run, RunState
from workers.catalogue import project
from workers.messages import Finished, Progress
from workers.records import load_outcome, load_progress

OFFERED = 25


def label(run: Run) -> str:
    """For lists that show no Markdown."""
    return f"{run_title(run)} · {how(run)}".replace("**", "")[:100]


def how(run: Run) -> str:
    """How it went, or goes."""
    match load_outcome(run):
        case Finished() as finished:
            metric = project(run.project).headline
            value = finished.metrics.get(metric.name)
            number = f"{metric.label.lower()} {metric.show(value)}, " if value is not None else ""
            return f"{number}{duration(finished.seconds.total)}"
        case None:
            progress = load_progress(run)
            if run.state == RunState.RUNNING and isinstance(progress, Progress) and progress.total:
                return f"running, {progress.step / progress.total:.0%}"
            return run.state
        case _:
            return run.state


def offer(rows: Sequence[Run], current: str, user_id: int) -> list[app_commands.Choice[int]]:
    """Those that fit what was typed; whose they are stands with runs of others."""
    labels = [
        (label(row) if row.user_id == user_id else f"{row.user_name[:20]}: {label(row)}"[:100], row.id) for row in rows
    ]
    found = [(words, run_id) for words, run_id in labels if current.casefold() in words.casefold()]
    return [app_commands.Choice(name=words, value=run_id) for words, run_id in found[:OFFERED]]
