"""The result of a run as a message: headline, pictures, tables, the run card, what it means for the topic, buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot import ids
from bot.render import picture_names, render_report
from bot.run_cards import failure_text, options_line, run_title
from bot.ui import BAD, GOOD, Card, Item, button, buttons, card, rule, text
from bot.wording import duration, fits, plural, table
from db import runs
from db.members import load_enrolment
from db.tables import Run
from lessons.curriculum import Curriculum
from lessons.progress import ProjectNeed, ReadingNeed, TopicState, standing
from workers.catalogue import project
from workers.messages import Failed, Finished
from workers.records import load_outcome


@dataclass(frozen=True, slots=True)
class ResultMessage:
    """What to send."""

    shown: Card
    files: tuple[discord.File, ...] = ()


async def result_message(session: AsyncSession, curriculum: Curriculum, run: Run, now: datetime) -> ResultMessage:
    """The message for a finished or failed run."""
    outcome = load_outcome(run)
    match outcome:
        case Finished():
            names = picture_names(outcome.report)
            artifacts = await runs.artifacts(session, run.id, names)
            rendered = render_report(outcome.report, artifacts)
            items: list[Item] = [
                text(f"## {outcome.report.headline}\n-# {run_title(run)} · {_name(run)}"),
                *rendered.items,
            ]
            if (beside := await _best_before(session, run, outcome)) is not None:
                items.append(text(beside))
            items += [rule(), text(run_card_text(run, outcome))]
            if (topic := await _topic_line(session, curriculum, run, now)) is not None:
                items.append(text(topic))
            items.append(_row(run, finished=True))
            return ResultMessage(card(*items, colour=GOOD), rendered.files)
        case Failed():
            head = text(f"### {run_title(run)} did not finish\n-# {options_line(run)} · {_name(run)}")
            return ResultMessage(card(head, text(failure_text(outcome)), _row(run, finished=False), colour=BAD))
        case _:
            message = f"run {run.id} has no result to show"
            raise ValueError(message)


def run_card_text(run: Run, finished: Finished) -> str:
    """The run card: what anyone needs to get the same again."""
    seconds = finished.seconds
    versions = " · ".join(f"{name} {version}" for name, version in finished.versions.items())
    attempt = "" if run.attempt <= 1 else f" · attempt {run.attempt}"
    return (
        f"-# **Run card** · {options_line(run)}\n"
        f"-# {finished.dataset}\n"
        f"-# {finished.device} · loading {duration(seconds.load)}, training {duration(seconds.train)}, "
        f"in all {duration(seconds.total)}{attempt}\n"
        f"-# {versions}"
    )


def _name(run: Run) -> str:
    return discord.utils.escape_markdown(run.user_name)


async def _best_before(session: AsyncSession, run: Run, finished: Finished) -> str | None:
    """A line that holds the result against the member's best other one on the same data."""
    metric = project(run.project).headline
    mine = finished.metrics.get(metric.name)
    best = await runs.best_other(session, run, metric.name, highest=metric.higher_is_better)
    if mine is None or best is None:
        return None
    number, value = best
    if metric.better(mine, value):
        return f"🏅 Your best on {run.dataset} so far: before it was {metric.show(value)} (run {number})."
    return f"Your best on {run.dataset} is still run {number} with {metric.show(value)}."


async def _topic_line(session: AsyncSession, curriculum: Curriculum, run: Run, now: datetime) -> str | None:
    """What the run means for the topic of its project."""
    topic = curriculum.topic_of_project(run.project)
    enrolment = await load_enrolment(session, run.user_id)
    if topic is None or enrolment is None:
        return None
    place = standing(curriculum, enrolment, now).topic(topic.id)
    if place is None:
        return None
    match place.state, place.needs:
        case TopicState.DONE, _:
            return f"🎓 *{topic.title}* is done. `/next` takes you on."
        case TopicState.CURRENT | TopicState.SKIPPED as state, (ReadingNeed(),):
            is_left = "what is left of what you set aside" if state is TopicState.SKIPPED else "what is left"
            return f"📌 The project of *{topic.title}* is done; {is_left} is the reading. `/next` shows where you are."
        case _, needs if any(isinstance(need, ProjectNeed) for need in needs):
            return None
        case _:
            return f"📌 The project of *{topic.title}* is done, ahead of its turn."


def _row(run: Run, *, finished: bool) -> Item:
    row: list[Item] = [
        button("Again", ids.RUN_AGAIN.format(run_id=run.id), emoji="🔁"),
        button("Change", ids.RUN_CHANGE.format(run_id=run.id), emoji="🎛️"),
    ]
    if finished:
        row += [
            button("Compare", ids.RUN_COMPARE.format(run_id=run.id), emoji="⚖️"),
            button("Model file", ids.RUN_MODEL.format(run_id=run.id), emoji="📦"),
        ]
    return buttons(*row)


def comparison(run: Run, others: Sequence[Run]) -> Card:
    """This run beside the member's others of the same project on the same data, best first."""
    chosen = project(run.project)
    metric = chosen.headline
    scored: list[tuple[float, Run, Finished]] = []
    for each in (run, *others):
        outcome = load_outcome(each)
        if isinstance(outcome, Finished) and metric.name in outcome.metrics:
            scored.append((outcome.metrics[metric.name], each, outcome))
    scored.sort(key=lambda row: row[0], reverse=metric.higher_is_better)
    columns = [
        ["run", *(f"{'▸' if each.id == run.id else ' '}{each.id}" for _, each, _ in scored)],
        ["result", *(metric.show(value) for value, _, _ in scored)],
        ["time", *(duration(outcome.seconds.total) for _, _, outcome in scored)],
        ["preset", *(each.preset for _, each, _ in scored)],
    ]
    left_out: list[str] = []
    for option in chosen.options:
        cells = [_cell(each.options.get(option.name)) for _, each, _ in scored]
        if len(set(cells)) == 1:
            continue
        name = option.label.lower()
        if fits([*columns, [name, *cells]]):
            columns.append([name, *cells])
        else:
            left_out.append(name)
    header, *rows = zip(*columns, strict=True)
    count = plural(len(scored), "finished run")
    title = f"### {run.project} on {run.dataset}: {metric.label.lower()} of your {count}, best first"
    note = "-# ▸ is the run you pressed on." if len(scored) > 1 else "-# Train it again with other options to compare."
    if left_out:
        note += f" They also differ in {' and '.join(left_out)}: `/runs` shows each."
    return card(text(f"{title}\n{table(header, rows)}\n{note}"))


def _cell(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
