"""The result of a run as a message: headline, pictures, tables, the run card, what it means for the topic, buttons."""

from dataclasses import dataclass
from datetime import datetime

import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot import ids
from bot.fitting import Room, cut
from bot.render import picture_names, render_report
from bot.run_cards import belongings_line, failure_text, kept_file, options_line, run_title
from bot.topic_cards import need_text
from bot.ui import BAD, GOOD, Card, Item, button, buttons, card, rule, text
from bot.wording import duration
from db import runs
from db.belongings import KeptFile
from db.members import load_enrolment
from db.tables import Run
from lessons.curriculum import Curriculum
from lessons.progress import ProjectNeed, SkillsNeed, TopicState, standing
from workers.catalogue import project
from workers.messages import Failed, Finished
from workers.records import load_outcome
from workers.report import File

HEADLINE_MAX, DATASET_MAX, RUN_CARD_MAX, FAILURE_MAX = 300, 300, 1400, 3000
"""Characters of what stands around a report."""
OWN_COMPONENTS = 16
"""Of a result's card beside its report: container, texts, line, two rows and their buttons."""


@dataclass(frozen=True, slots=True)
class ResultMessage:
    """What to send."""

    shown: Card
    files: tuple[discord.File, ...] = ()
    mentions: tuple[int, ...] = ()
    """Who is called by it."""


async def result_message(session: AsyncSession, curriculum: Curriculum, run: Run, now: datetime) -> ResultMessage:
    """The message for a finished or failed run."""
    outcome = load_outcome(run)
    match outcome:
        case Finished():
            names = picture_names(outcome.report)
            artifacts = await runs.artifacts(session, run.id, names)
            file = await kept_file(session, run)
            head = f"## {cut(outcome.report.headline, HEADLINE_MAX)}\n-# {run_title(run)} · {_name(run)}"
            beside = await _best_before(session, run, outcome)
            about = cut(run_card_text(run, outcome, file), RUN_CARD_MAX)
            topic = await _topic_line(session, curriculum, run, now)
            room = Room.beside((head, beside, about, topic), components=OWN_COMPONENTS)
            rendered = render_report(outcome.report, artifacts, room=room)
            items: list[Item] = [text(head), *rendered.items]
            if beside is not None:
                items.append(text(beside))
            items += [rule(), text(about)]
            if topic is not None:
                items.append(text(topic))
            items += _rows(run, outcome)
            return ResultMessage(card(*items, colour=GOOD), rendered.files)
        case Failed():
            head = text(f"### {run_title(run)} did not finish\n-# {options_line(run)} · {_name(run)}")
            why = text(cut(failure_text(outcome), FAILURE_MAX))
            return ResultMessage(card(head, why, *_rows(run, None), colour=BAD))
        case _:
            message = f"run {run.id} has no result to show"
            raise ValueError(message)


def run_card_text(run: Run, finished: Finished, file: KeptFile | None = None) -> str:
    """The run card: what anyone needs to get the same again."""
    seconds = finished.seconds
    versions = " · ".join(f"{name} {version}" for name, version in finished.versions.items())
    attempt = "" if run.attempt <= 1 else f" · attempt {run.attempt}"
    return (
        f"-# **Run card** · {options_line(run)}\n"
        f"-# {' · '.join([*belongings_line(run, file), cut(finished.dataset, DATASET_MAX)])}\n"
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
        case TopicState.CURRENT | TopicState.SKIPPED as state, (SkillsNeed() as quiz,):
            is_left = "what is left of what you set aside" if state is TopicState.SKIPPED else "what is left"
            return f"📌 The project of *{topic.title}* is done; {is_left} is {need_text(quiz)}."
        case _, needs if any(isinstance(need, ProjectNeed) for need in needs):
            return None
        case _:
            return f"📌 The project of *{topic.title}* is done, ahead of its turn."


def _rows(run: Run, finished: Finished | None) -> list[Item]:
    """What can be done with the run itself, and below it with its model."""
    first: list[Item] = [
        button("Again", ids.RUN_AGAIN.format(run_id=run.id), emoji="🔁"),
        button("Change", ids.RUN_CHANGE.format(run_id=run.id), emoji="🎛️"),
    ]
    if finished is None:
        return [buttons(*first)]
    first += [
        button("Compare", ids.RUN_COMPARE.format(run_id=run.id), emoji="⚖️"),
        button("Share", ids.RUN_SHARE.format(run_id=run.id), emoji="📣"),
    ]
    if finished.facts is not None:
        first.append(button("Quiz me on it", ids.QUIZ_RUN.format(run_id=run.id), emoji="🧠"))
    second: list[Item] = []
    if project(run.project).use is not None:
        second.append(button("Use it", ids.RUN_USE.format(run_id=run.id), emoji="🪄"))
    if run.project == "deploy":
        second.append(button("Address and key", ids.DEPLOYMENTS, emoji="🔑"))
    if any(isinstance(part, File) and part.artifact == runs.MODEL_FILE for part in finished.report.parts):
        second.append(button("Model file", ids.RUN_MODEL.format(run_id=run.id), emoji="📦"))
    return [buttons(*first), buttons(*second)] if second else [buttons(*first)]
