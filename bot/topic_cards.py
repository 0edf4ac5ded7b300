"""What a member sees of the curriculum: a topic, the plan, the end. Pure."""

from datetime import date

from bot import ids
from bot.ui import ACCENT, GOOD, Card, Item, button, buttons, card, rule, text
from bot.wording import day, plural
from lessons.curriculum import Curriculum
from lessons.links import shown_link
from lessons.model import Resource, Topic
from lessons.progress import (
    Ahead,
    Late,
    Need,
    OnTime,
    ProjectNeed,
    SkillsNeed,
    Standing,
    TopicStanding,
    TopicState,
)
from lessons.timeline import Pace, Timeline, plan
from workers.catalogue import PROJECTS

PACE_NAMES = {Pace.SHORT: "brisk", Pace.MIDDLE: "steady", Pace.LONG: "relaxed"}
"""How paces are called in the chat; the rules call them by which end of the durations they take."""


def pace_about(curriculum: Curriculum, pace: Pace, today: date) -> str:
    """What a pace means for somebody who starts today."""
    timeline = plan(curriculum, pace, today)
    dated = [curriculum.phase(span.phase_id) for span in timeline.phases if span.end is not None]
    if not dated or timeline.end is None:
        return "At your own speed; this roadmap has no dates."
    return f"Phase {dated[-1].number} is done by {day(timeline.end, today=today)}."


def topic_card(
    curriculum: Curriculum,
    place: TopicStanding,
    standing: Standing,
    user_id: int,
    *,
    lead: str | None = None,
    dead: frozenset[str] = frozenset(),
) -> Card:
    """A topic as ``/next`` shows it.

    Args:
        curriculum: where the topic is from.
        place: the topic as it stands for its member.
        standing: the member's whole way.
        user_id: whose card it is.
        lead: a line to begin with, e.g. what was just left.
        dead: links that do not work any more.
    """
    topic = place.topic
    items: list[Item] = []
    if lead:
        items += [text(lead), rule()]
    items.append(text(_head(curriculum, place, standing)))
    items.append(text(f"**Why it matters.** {topic.why}"))
    items.append(text(topic.text))
    items.append(text("**After it you can**\n" + "\n".join(f"- {line}" for line in topic.outcomes)))
    items.append(text(_resources(topic, dead)))
    if topic.project is not None:
        items.append(text(f"**🛠️ Project: {topic.project.title}**\n{topic.project.text}"))
    items.append(rule())
    items.append(text(_state(place, standing)))
    items.append(_topic_buttons(place, user_id))
    return card(*items, colour=GOOD if place.state is TopicState.DONE else ACCENT)


def _head(curriculum: Curriculum, place: TopicStanding, standing: Standing) -> str:
    topic = place.topic
    phase = curriculum.phase_of(topic)
    number = curriculum.place(topic.id)
    return (
        f"## {topic.emoji} {topic.title}\n"
        f"-# {phase.title} · topic {number} of {len(curriculum.topics)} · {_due(place, standing)}"
    )


def _due(place: TopicStanding, standing: Standing) -> str:
    due = day(place.span.due, today=standing.today)
    if place.span.ongoing:
        return f"suggested until {due}, at your own pace"
    if place.state is TopicState.DONE:
        return f"was due {due}"
    days = (place.span.due - standing.today).days
    if days < 0:
        return f"due {due}"
    return f"due {due} ({'today' if days == 0 else 'tomorrow' if days == 1 else f'in {days} days'})"


def _resources(topic: Topic, dead: frozenset[str]) -> str:
    parts: list[str] = []
    for title, resources in (("📖 Read", topic.readings), ("🎥 Watch", topic.videos)):
        if resources:
            parts.append("\n".join([f"**{title}**", *(_resource(each, dead) for each in resources)]))
    return "\n".join(parts)


def _resource(resource: Resource, dead: frozenset[str]) -> str:
    minutes = f" · {resource.minutes} min" if resource.minutes else ""
    # Angle brackets keep Discord from unfolding each link into a preview.
    shown = shown_link(resource, dead)
    instead = f" · {shown.word}, since the original is gone" if shown.word else ""
    return f"- [{resource.title}](<{shown.url}>){minutes}{instead}"


def _state(place: TopicStanding, standing: Standing) -> str:
    owed = [each for each in standing.owed if each.topic.id != place.topic.id]
    lines: list[str] = []
    if place.state is TopicState.DONE:
        known = "Known at the start, by the placement quiz." if place.record.placed_at else "Done."
        lines.append(f"✅ **{known}** `/next` takes you on.")
    else:
        lines.append("**What is left**")
        done_parts = _ticks(place)
        lines += done_parts
        if place.state is TopicState.CURRENT:
            match standing.schedule:
                case OnTime():
                    pass
                case Late(days):
                    lines.append(
                        f"-# {plural(days, 'day')} past the suggested date, which is a suggestion: `/start` changes "
                        "the pace, and the topic waits for you."
                    )
                case Ahead(days):
                    lines.append(f"-# You are {plural(days, 'day')} ahead of the plan.")
    if owed:
        debts = ", ".join(f"{each.topic.short_title} ({needs_text(each.needs, commands=False)})" for each in owed)
        lines.append(f"-# Owed: {debts}.")
    return "\n".join(lines)


def _ticks(place: TopicStanding) -> list[str]:
    missing = place.needs
    skills = place.skills
    lines = ["☑ Read and watched" if place.record.read_at else "☐ Read and watch"]
    lines.append(
        f"{'☑' if skills.passed else '☐'} Quiz: {skills.reached} of {skills.of} skills are familiar"
        + ("" if skills.passed else f", {skills.needed} pass the topic")
    )
    if (project := place.topic.project) is not None:
        run = "☐" if any(isinstance(need, ProjectNeed) for need in missing) else "☑"
        lines.append(f"{run} Train the project: `/run {project.id}`")
    return lines


def _topic_buttons(place: TopicStanding, user_id: int) -> Item:
    topic_id = place.topic.id
    row: list[Item] = []
    if place.state is TopicState.DONE:
        row.append(button("Next topic", ids.NEXT, style=ids.PRIMARY))
        row.append(button("Practise", ids.QUIZ_TOPIC.format(topic_id=topic_id), emoji="🧠"))
        return buttons(*row)
    if place.record.read_at is None:
        row.append(button("I've done the reading", ids.TOPIC_READ.format(topic_id=topic_id, user_id=user_id)))
    asks = any(isinstance(need, SkillsNeed) for need in place.needs)
    row.insert(
        0,
        button(
            "Quiz me" if asks else "Practise",
            ids.QUIZ_TOPIC.format(topic_id=topic_id),
            style=ids.PRIMARY if asks else ids.SECONDARY,
            emoji="🧠",
        ),
    )
    if place.state is TopicState.SKIPPED:
        row.append(button("Take it up again", ids.TOPIC_TAKE_BACK.format(topic_id=topic_id, user_id=user_id)))
    elif place.state is TopicState.CURRENT:
        row.append(button("Open the next anyway", ids.TOPIC_SKIP.format(topic_id=topic_id, user_id=user_id)))
    row.append(button("Roadmap", ids.ROADMAP))
    return buttons(*row)


def need_text(need: Need, *, commands: bool = True) -> str:
    """What is missing, as part of a sentence."""
    match need:
        case SkillsNeed(skills):
            count = f"{skills.reached} of {skills.needed} skills"
            return f"the quiz (`/quiz`, {count} so far)" if commands else f"quiz {count}"
        case ProjectNeed(project):
            return f"the project (`/run {project.id}`)" if commands and project.id in PROJECTS else "the project"


def needs_text(missing: tuple[Need, ...], *, commands: bool = True) -> str:
    """E.g. ``the quiz (`/quiz`, 2 of 4 skills so far) and the project (`/run cnn`)``."""
    return " and ".join(need_text(need, commands=commands) for need in missing)


def skip_question(place: TopicStanding, following: Topic | None, user_id: int) -> Card:
    """Asks before a topic is left undone: it never happens in silence."""
    topic = place.topic
    then = f"*{following.title}* opens" if following is not None else "No other topic is left to open"
    return card(
        text(
            f"### Go on without *{topic.title}*?\n{then}, and *{topic.short_title}* stays on your roadmap as owed: "
            f"{needs_text(place.needs)}. You can take it up again whenever you like."
        ),
        buttons(
            button(
                "Open it anyway" if following is not None else "Set it aside",
                ids.TOPIC_SKIP_SURE.format(topic_id=topic.id, user_id=user_id),
                style=ids.PRIMARY,
            ),
            button("Stay here", ids.NEXT),
        ),
    )


def owed_card(standing: Standing, user_id: int) -> Card:
    """Everything else is done: what was set aside is what is left."""
    rows = [
        button(
            f"Take up {place.topic.short_title}",
            ids.TOPIC_TAKE_BACK.format(topic_id=place.topic.id, user_id=user_id),
            emoji=place.topic.emoji,
        )
        for place in standing.owed
    ]
    lines = [f"- {place.topic.emoji} **{place.topic.title}**: {needs_text(place.needs)}" for place in standing.owed]
    return card(
        text("## Almost there\nEverything else is done. These you set aside:\n" + "\n".join(lines)),
        *(buttons(*rows[start : start + 5]) for start in range(0, min(len(rows), 20), 5)),
    )


def finished_card(curriculum: Curriculum) -> Card:
    """All topics are done."""
    return card(
        text(f"## 🏆 You finished the Deep Learning Roadmap\n{curriculum.roadmap.afterwards}"),
        text("-# `/certificate` gives you a proof of it, as a picture and a PDF."),
        buttons(button("Roadmap", ids.ROADMAP)),
        colour=GOOD,
    )


def welcome_card(curriculum: Curriculum, standing: Standing, name: str, *, new: bool) -> Card:
    """The plan: dates for each phase, and the topic to begin with."""
    pace = PACE_NAMES[standing.enrolment.pace]
    zone = standing.enrolment.zone.key
    title = f"## Welcome, {name}" if new else f"## Your plan, {name}"
    sentence = (
        f"Here is your way through the Deep Learning Roadmap at a **{pace}** pace, in {zone} time."
        if new
        else f"From now on at a **{pace}** pace, in {zone} time. What you have done stays done."
    )
    items: list[Item] = [
        text(f"{title}\n{sentence}"),
        text(timeline_text(curriculum, standing.timeline, standing.today)),
        rule(),
    ]
    current = standing.current
    if current is not None:
        topic = current.topic
        lead = "You begin with" if new else "You are at"
        items.append(
            text(
                f"**{lead} {topic.emoji} {topic.title}**, {_due(current, standing)}.\n{topic.why}\n"
                "-# `/next` shows what to do, `/roadmap` where you stand. `/start` changes pace and time zone."
            )
        )
    row = [button("Open the topic", ids.NEXT, style=ids.PRIMARY), button("Roadmap", ids.ROADMAP)]
    if new:
        items.append(text("Know some of this already? About ten questions find the topic to start at."))
        row.insert(1, button("Find my starting point", ids.PLACEMENT, emoji="🧭"))
        row.append(button("Nudge me", ids.NUDGES_ON_BESIDE, emoji="🔔"))
    items.append(buttons(*row))
    return card(*items)


def timeline_text(curriculum: Curriculum, timeline: Timeline, today: date) -> str:
    """One paragraph a phase: its dates and its topics."""
    parts: list[str] = []
    for span in timeline.phases:
        phase = curriculum.phase(span.phase_id)
        end = "ongoing" if span.end is None else day(span.end, today=today)
        topics = ", ".join(topic.short_title for topic in curriculum.topics_in(phase.id))
        parts.append(f"**{phase.emoji} {phase.title}**\n{day(span.start, today=today)} – {end}\n-# {topics}")
    return "\n".join(parts)
