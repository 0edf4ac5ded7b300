"""``/progress`` as a card: a phase's skills with their rungs, reviews ahead, the streak, the runs. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import discord
from discord import ui

from bot import ids
from bot.quiz_cards import LEVELS
from bot.ui import Card, Item, button, buttons, card, rule, text
from bot.wording import day, plural
from lessons.certificates import CertifiedRun
from lessons.curriculum import Curriculum
from lessons.known import KnownSkill, level_of
from lessons.mastery import Level
from lessons.model import Phase
from lessons.progress import Standing, TopicState
from lessons.reviews import reviews_ahead
from lessons.streaks import Streak

MARKS = {
    TopicState.DONE: "✅",
    TopicState.CURRENT: "📍",
    TopicState.SKIPPED: "↩️",
    TopicState.AHEAD: "▫️",
}
STATES = {
    TopicState.DONE: "passed",
    TopicState.CURRENT: "you are here",
    TopicState.SKIPPED: "owed",
    TopicState.AHEAD: "ahead",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """All that the card shows of a member."""

    user_id: int
    name: str
    own: bool
    """Whether it is shown to the member themselves."""
    shares: bool
    standing: Standing
    known: Mapping[str, KnownSkill]
    streak: Streak
    runs: Sequence[CertifiedRun]
    """The best of each project."""
    run_count: int
    """Finished ones."""


def progress_card(curriculum: Curriculum, progress: Progress, phase: Phase, now: datetime) -> Card:
    """A member's progress with the skills of one phase."""
    standing = progress.standing
    items: list[Item] = [
        text(
            f"### {discord.utils.escape_markdown(progress.name)}'s progress\n"
            f"{len(standing.done)} of {plural(len(standing.topics), 'topic')} passed · {_skills_line(progress)}"
        ),
        text(_streak_line(progress.streak)),
    ]
    if progress.own:
        items.append(text(_reviews_line(progress, now, standing.today)))
    items += [text(_runs_lines(progress)), rule(), text(_phase_text(curriculum, progress, phase))]
    items.append(ui.ActionRow(_phase_select(curriculum, progress, phase)))
    if progress.own:
        label, wish = ("Keep it to me", "off") if progress.shares else ("Let others see this", "on")
        toggle = button(label, ids.PROGRESS_SHARE.format(user_id=progress.user_id, onoff=wish))
        items.append(buttons(button("Quiz me", ids.NEXT_QUIZ, style=ids.PRIMARY, emoji="🧠"), toggle))
    return card(*items)


def _skills_line(progress: Progress) -> str:
    levels = [level_of(known) for known in progress.known.values()]
    familiar = sum(level >= Level.FAMILIAR for level in levels)
    mastered = sum(level is Level.MASTERED for level in levels)
    return f"{plural(familiar, 'skill')} familiar or better, {mastered} mastered"


def _streak_line(streak: Streak) -> str:
    if streak.weeks == 0:
        return "🔥 A week counts from the first thing you do in it: a question, a run, a reading."
    week = "this one among them" if streak.active_this_week else "this one is still open"
    freezes = f"{plural(streak.freezes, 'freeze')} left for a week off" if streak.freezes else "no freeze left"
    back = f", the next in {plural(streak.weeks_to_freeze, 'active week')}" if streak.weeks_to_freeze else ""
    longest = f" · longest {streak.longest}" if streak.longest > streak.weeks else ""
    return f"🔥 **{plural(streak.weeks, 'week')}** in a row, {week} · {freezes}{back}{longest}"


def _reviews_line(progress: Progress, now: datetime, today: date) -> str:
    zone = progress.standing.enrolment.zone
    ahead = reviews_ahead((known.memory.due_at for known in progress.known.values()), now, zone)
    if not ahead:
        return "🔁 No reviews this week."
    days = ", ".join(f"{'today' if on == today else f'{on:%a}'} {count}" for on, count in ahead)
    return f"🔁 Reviews ahead: {days} · `/review`"


def _runs_lines(progress: Progress) -> str:
    if not progress.runs:
        return "🏃 No finished runs yet: `/run cnn` takes seconds."
    best = " · ".join(f"{run.project} **{run.value}**" for run in progress.runs)
    return f"🏃 {plural(progress.run_count, 'finished run')}\n-# Best: {best}"


def _phase_text(curriculum: Curriculum, progress: Progress, phase: Phase) -> str:
    parts = [f"**{phase.emoji} {phase.title}**"]
    for topic in curriculum.topics_in(phase.id):
        place = progress.standing.topic(topic.id)
        if place is None:
            continue
        known = "known at the start" if place.record.placed_at is not None else STATES[place.state]
        if place.state is TopicState.CURRENT:
            known += f", due {day(place.span.due, today=progress.standing.today)}"
        count = f"{place.skills.reached} of {place.skills.of}"
        parts.append(f"{MARKS[place.state]} **{topic.short_title}** · {count} · {known}")
        parts += [f"-# {LEVELS[level_of(progress.known.get(skill.id))]}: {skill.title}" for skill in topic.skills]
    return "\n".join(parts)


def _phase_select(curriculum: Curriculum, progress: Progress, phase: Phase) -> ui.Select[ui.LayoutView]:
    return ui.Select(
        custom_id=ids.PROGRESS_PHASE.format(user_id=progress.user_id),
        options=[
            discord.SelectOption(
                label=each.title, value=each.id, emoji=each.emoji, default=each.id == phase.id, description=each.level
            )
            for each in curriculum.phases
        ],
    )
