"""What a run's card shows in each state. Pure: everything it needs is in a `RunView`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import discord
from discord import ui
from sqlalchemy.ext.asyncio import AsyncSession

from bot import ids
from bot.fitting import cut
from bot.ui import BAD, BUSY, GOOD, QUIET, Card, Item, button, buttons, card, text
from bot.wording import bar, duration, instant, megabytes
from db import belongings, outbox, runs
from db.belongings import KeptFile
from db.presence import NoneUp
from db.runs import LatestSample, Surroundings
from db.tables import Run, RunState
from workers.catalogue import OWN, Metric, Project, project
from workers.messages import Failed, Finished, OptionValue, Progress, Stage
from workers.records import Cancelled, load_outcome, load_progress, training_job

SAMPLE_MAX, SAMPLE_CAPTION_MAX = 700, 200
"""Characters of what a model shows while it learns."""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run and what surrounds it at one moment."""

    run: Run
    around: Surroundings
    result_url: str | None = None
    """Where the result was posted."""
    file: KeptFile | None = None
    """The member's own data, as long as it is kept."""
    sample: LatestSample | None = None
    """What it showed last, on the card that follows it while it trains."""


async def view_run(session: AsyncSession, run: Run, now: datetime, *, live: bool = False) -> RunView:
    """Look up what the card of `run` shows; `live` with what it showed last, whose picture must go with the card."""
    result_url = None
    if run.state == RunState.SUCCEEDED:
        channel_id, message_id = await outbox.sent_message(session, f"run:{run.id}:result")
        if channel_id and message_id:
            result_url = f"https://discord.com/channels/{run.guild_id or '@me'}/{channel_id}/{message_id}"
    around = await runs.surroundings(session, run, now)
    goes_on = run.state == RunState.RUNNING and run.cancel_requested_at is None
    sample = await runs.latest_sample(session, run.id) if live and goes_on else None
    return RunView(run, around, result_url, await kept_file(session, run), sample)


async def kept_file(session: AsyncSession, run: Run) -> KeptFile | None:
    """The member's own data, if the run has some that is kept; no query for a run that has none."""
    return None if run.upload_id is None else await belongings.find_upload(session, run.upload_id)


def run_title(run: Run) -> str:
    """E.g. ``🔢 cnn on digits · quick · run 17``."""
    return f"{project(run.project).emoji} {run.project} on {data_name(run)} · {run.preset} · run {run.id}"


def data_name(run: Run) -> str:
    """What the run works on: a data set, the member's own data, or the model of another run."""
    if run.model_run_id is not None:
        return f"run {run.model_run_id}'s model"
    return "own data" if run.dataset == OWN else run.dataset


def belongings_line(run: Run, file: KeptFile | None) -> list[str]:
    """The member's own file, if the run came from one."""
    if file is not None:
        return [f"📎 {file_name(file)}"]
    return ["📎 a file that is not kept any more"] if run.dataset == OWN else []


def file_name(file: KeptFile) -> str:
    """E.g. ``*cats.zip*, 3.2 MB``."""
    return f"*{discord.utils.escape_markdown(file.name[:80])}*, {megabytes(file.size)}"


def options_line(run: Run) -> str:
    """The options and the seed, those that differ from the preset in bold."""
    chosen = project(run.project)
    changed = chosen.changed(training_job(run))
    shown = [
        f"**{name} {_value(value)}**" if name in changed else f"{name} {_value(value)}"
        for name, value in in_order(chosen, run.options)
    ]
    return " · ".join([*shown, f"seed {run.seed}"]).replace("_", " ")


def in_order(chosen: Project, options: Mapping[str, OptionValue]) -> list[tuple[str, OptionValue]]:
    """The options in the catalogue's order: the database keeps none."""
    return [(option.name, options[option.name]) for option in chosen.options if option.name in options]


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def run_card(view: RunView) -> Card:
    """The live card."""
    run = view.run
    about = " · ".join([*belongings_line(run, view.file), options_line(run)])
    head = text(f"### {run_title(run)}\n-# {about}")
    cancel = buttons(
        button("Cancel", ids.RUN_CANCEL.format(run_id=run.id), disabled=run.cancel_requested_at is not None)
    )
    match RunState(run.state):
        case RunState.QUEUED:
            return card(head, text(_queued(view)), cancel, colour=QUIET)
        case RunState.RUNNING:
            return card(head, text(_running(view)), *_sample(view.sample), cancel, colour=BUSY)
        case RunState.SUCCEEDED | RunState.FAILED | RunState.CANCELLED:
            return _ended(view, head)


def _queued(view: RunView) -> str:
    absent = view.around.absent
    lines = [_place(view.around)] if absent is None else [_nobody(absent)]
    if isinstance(load_progress(view.run), Stage):
        lines.append("-# Its worker was stopped; it goes on where it was.")
    return "\n".join(lines)


def _place(around: Surroundings) -> str:
    ahead, running = around.place.ahead, around.place.running
    before = ahead + running
    if before == 0:
        return "⏳ **Next in the queue.** It starts in a moment."
    waiting = " and ".join(
        part for part in (f"{ahead} waiting" if ahead else "", f"{running} running" if running else "") if part
    )
    wait = ""
    if around.typical_seconds is not None:
        wait = f" Going by past runs, it starts in about {duration(before * around.typical_seconds)}."
    return f"⏳ **Number {before + 1} in the queue** ({waiting} before it).{wait}"


def _nobody(absent: NoneUp) -> str:
    since = "none has been up yet" if absent.since is None else f"the last one was seen {instant(absent.since)}"
    return f"💤 **No worker is up:** {since}. Your run keeps its place and starts by itself when one comes."


def _running(view: RunView) -> str:
    absent = view.around.absent
    if absent is None:
        return _doing(view.run)
    since = "" if absent.since is None else f" since {instant(absent.since)}"
    return f"{_doing(view.run)}\n💤 **Its worker is gone**{since}. It goes on by itself when a worker comes."


def _sample(sample: LatestSample | None) -> list[Item]:
    """What the model makes by now; a text stands as it is, whatever a model writes."""
    if sample is None:
        return []
    caption = cut(sample.caption, SAMPLE_CAPTION_MAX)
    lines = [f"-# {caption}"]
    if sample.text:
        lines += ["```", cut(sample.text.replace("`", "ˋ"), SAMPLE_MAX), "```"]
    items: list[Item] = [text("\n".join(lines))]
    if sample.picture is not None:
        items.append(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{sample.picture}", description=caption)))
    return items


def _doing(run: Run) -> str:
    if run.cancel_requested_at is not None:
        return "✋ Stopping…"
    match load_progress(run):
        case Progress() as progress:
            return _steps(progress, project(run.project))
        case Stage() as stage:
            return f"⚙️ {stage.text}"
        case None:
            return "⚙️ A worker has it and is getting ready."


def _steps(progress: Progress, chosen: Project) -> str:
    part = progress.step / progress.total if progress.total else 0.0
    left = f" · {duration(progress.eta_seconds)} left" if progress.eta_seconds is not None else ""
    lines = [
        f"{bar(part)} **{part:.0%}**{left}",
        f"-# step {progress.step:,} of {progress.total:,}",
    ]
    if numbers := metrics_line(progress.metrics, chosen.progress_metrics):
        lines.insert(1, numbers)
    return "\n".join(lines)


def metrics_line(values: dict[str, float], metrics: tuple[Metric, ...]) -> str:
    """E.g. ``loss **0.0312** · accuracy **98.90 %**``, as far as there are values."""
    return " · ".join(
        f"{metric.label.lower()} **{metric.show(values[metric.name])}**" for metric in metrics if metric.name in values
    )


def _ended(view: RunView, head: Item) -> Card:
    run = view.run
    again = button("Again", ids.RUN_AGAIN.format(run_id=run.id), emoji="🔁")
    change = button("Change", ids.RUN_CHANGE.format(run_id=run.id), emoji="🎛️")
    match load_outcome(run):
        case Finished() as finished:
            took = duration(finished.seconds.total)
            row: list[Item] = [again, change]
            if view.result_url is not None:
                row.insert(0, ui.Button(label="See the result", url=view.result_url))
            return card(head, text(f"✅ **{finished.report.headline}**\n-# in {took}"), buttons(*row), colour=GOOD)
        case Failed() as failed:
            return card(head, text(failure_text(failed)), buttons(again, change), colour=BAD)
        case Cancelled() as cancelled:
            return card(head, text(_cancelled(cancelled, run)), buttons(again, change), colour=QUIET)
        case None:
            message = f"run {run.id} is {run.state} without an outcome"
            raise ValueError(message)


def failure_text(failed: Failed) -> str:
    """Why, and what to try."""
    return f"⚠️ **{failed.sentence}**\n{failed.advice}"


def _cancelled(cancelled: Cancelled, run: Run) -> str:
    when = "before it started" if run.started_at is None else "while it ran"
    how_far = "" if cancelled.step is None else f" at step {cancelled.step:,}"
    return f"🚫 Cancelled by {discord.utils.escape_markdown(cancelled.by)} {when}{how_far}. Nothing was kept."


def digest(run: Run, shown: Card) -> str:
    """A short hash of what a card shows; begins with ``final`` once nothing will change any more."""
    content = hashlib.sha256(json.dumps(shown.to_components(), sort_keys=True).encode()).hexdigest()[:16]
    return f"final:{content}" if RunState(run.state).final else content


def now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)
