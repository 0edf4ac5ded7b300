"""The cards of a round of questions: one question, its answer with what it teaches, how the round went. Pure."""

from datetime import datetime
from hashlib import sha256
from typing import Any

import discord
from discord import ui

from bot import ids
from bot.pictures.questions import describe_question
from bot.ui import ACCENT, BAD, BUSY, GOOD, Card, Item, button, buttons, card, rule, text
from db.quizzes import Asked, Quiz, QuizKind
from lessons.answering import mistake_behind
from lessons.curriculum import Curriculum
from lessons.known import KnownSkill, level_of
from lessons.mastery import Level
from lessons.model import Resource, Topic
from lessons.progress import Standing, TopicStanding, TopicState
from lessons.questions.model import Option, Question

LETTERS = "ABC"
PICTURE = "question.png"
LEVELS = {
    Level.UNTRIED: "⚪ not tried",
    Level.ATTEMPTED: "🟠 attempted",
    Level.FAMILIAR: "🟡 familiar",
    Level.PROFICIENT: "🟢 proficient",
    Level.MASTERED: "🔵 mastered",
}
"""The ladder, as every card names it."""


def digest_of(question: Question) -> str:
    """Six hex digits that change with what is shown: a press on options that read otherwise by now is noticed.

    It is made of what everybody sees, so it tells nothing about the answer.
    """
    shown = "\0".join([question.stem, *(option.text for option in question.options)])
    return sha256(shown.encode()).hexdigest()[:6]


def question_card(
    curriculum: Curriculum, quiz: Quiz, asked: Asked, question: Question, *, lead: str | None = None
) -> Card:
    """A question with its buttons.

    Args:
        curriculum: for the name of its topic.
        quiz: the round.
        asked: its place in it.
        question: as it was made of ``asked``.
        lead: a line to begin with, e.g. how the last one went.
    """
    items: list[Item] = []
    if lead is not None:
        items += [text(lead), rule()]
    items.append(text(f"{_head(curriculum, quiz, asked)}\n{question.stem}"))
    items += _picture(question)
    digest = digest_of(question)

    def answer(label: str, choice: object, style: discord.ButtonStyle = ids.PRIMARY) -> ui.Button[Any]:
        custom_id = ids.QUIZ_ANSWER.format(quiz_id=quiz.id, place=asked.place, digest=digest, choice=choice)
        return button(label, custom_id, style=style)

    pass_on = answer("I don't know", "x", ids.SECONDARY)
    if asked.ask.typed:
        unit = f": {question.typed.unit}" if question.typed is not None and question.typed.unit else ""
        items.append(text(f"-# A number is asked for{unit}."))
        form = ids.QUIZ_TYPE.format(quiz_id=quiz.id, place=asked.place, digest=digest)
        items.append(buttons(button("Type the number", form, style=ids.PRIMARY, emoji="✏️"), pass_on))
    else:
        items.append(text("\n".join(f"**{LETTERS[i]}** · {option.text}" for i, option in enumerate(question.options))))
        items.append(buttons(*(answer(LETTERS[i], i) for i in range(len(question.options))), pass_on))
    if quiz.kind is QuizKind.PLACEMENT:
        items.append(buttons(button("That's enough, where do I start?", ids.PLACEMENT_END.format(quiz_id=quiz.id))))
    return card(*items)


def answered_card(
    curriculum: Curriculum,
    quiz: Quiz,
    asked: Asked,
    question: Question,
    *,
    change: tuple[Level, Level] | None = None,
    news: str | None = None,
) -> Card:
    """The question with what was answered and what it teaches.

    Args:
        curriculum: for the reading.
        quiz: the round.
        asked: its place in it, answered.
        question: as it was made of ``asked``.
        change: the rung before and after; None on a card that is shown again.
        news: what else the answer did, e.g. that the topic is passed.
    """
    chosen = _chosen(asked, question)
    items: list[Item] = [text(f"{_head(curriculum, quiz, asked)}\n{question.stem}"), *_picture(question)]
    if asked.ask.typed:
        items.append(text(_typed_lines(asked, question)))
    else:
        lines = (_option_line(i, option, question, chosen) for i, option in enumerate(question.options))
        items.append(text("\n".join(lines)))
    items.append(rule())
    items.append(text(_verdict(asked, question, chosen)))
    if (reading := _reading(curriculum, asked.ask.skill_id)) is not None:
        items.append(text(f"📖 [{reading.title}](<{reading.url}>)"))
    if (line := _skill_line(curriculum, asked.ask.skill_id, change)) is not None:
        items.append(text(line))
    if news is not None:
        items.append(text(news))
    go_on = "Next question" if quiz.open is not None else "How it went"
    items.append(buttons(button(go_on, ids.QUIZ_GO.format(quiz_id=quiz.id), style=ids.PRIMARY)))
    return card(*items, colour=GOOD if asked.right else BAD if asked.chosen is not None or asked.said else BUSY)


def summary_card(
    curriculum: Curriculum, quiz: Quiz, known: dict[str, KnownSkill], standing: Standing, now: datetime
) -> Card:
    """How a round went, where its skills stand, and what comes next."""
    judged = [asked for asked in quiz.questions if asked.right is not None]
    right = sum(asked.right is True for asked in judged)
    lines = [f"### {_round_name(curriculum, quiz)}: {right} of {len(judged)} right"]
    seen = list(dict.fromkeys(asked.ask.skill_id for asked in quiz.questions))
    for skill_id in seen:
        found = curriculum.skill(skill_id)
        if found is not None:
            lines.append(f"- {LEVELS[level_of(known.get(skill_id))]}: {found[1].title}")
    items: list[Item] = [text("\n".join(lines))]
    place = standing.topic(quiz.topic_id) if quiz.topic_id is not None else None
    if place is not None:
        items += [rule(), text(_topic_line(place))]
    if (soonest := min((known[s].memory.due_at for s in seen if s in known), default=None)) is not None:
        days = max(1, round((soonest - now).total_seconds() / 86400))
        again = "tomorrow" if days == 1 else f"in {days} days"
        items.append(text(f"-# The first of these comes back in `/review` {again}, just before it would fade."))
    items.append(_summary_buttons(quiz, place))
    return card(*items, colour=GOOD if judged and right * 10 >= len(judged) * 8 else ACCENT)


def _summary_buttons(quiz: Quiz, place: TopicStanding | None) -> Item:
    row: list[Item] = []
    if place is not None and place.state is TopicState.DONE:
        row.append(button("Next topic", ids.NEXT, style=ids.PRIMARY))
        row.append(button("Practise more", ids.QUIZ_TOPIC.format(topic_id=place.topic.id), emoji="🧠"))
    elif place is not None:
        again = ids.QUIZ_TOPIC.format(topic_id=place.topic.id)
        row.append(button("Another round", again, style=ids.PRIMARY, emoji="🧠"))
        row.append(button("Back to the topic", ids.NEXT))
    elif quiz.kind is QuizKind.RUN and quiz.run_id is not None:
        row.append(button("Another round", ids.QUIZ_RUN.format(run_id=quiz.run_id), emoji="🧠"))
        row.append(button("Current topic", ids.NEXT))
    else:
        row.append(button("Current topic", ids.NEXT, style=ids.PRIMARY))
    return buttons(*row)


def _topic_line(place: TopicStanding) -> str:
    skills = place.skills
    if place.state is TopicState.DONE:
        return f"🎉 **{place.topic.title}** is passed: {skills.reached} of {skills.of} skills are familiar or better."
    if skills.passed and place.topic.project is not None:
        return (
            f"☑ The skills of *{place.topic.title}* are there: {skills.reached} of {skills.of}. "
            f"Its project is left: `/run {place.topic.project.id}`."
        )
    return (
        f"*{place.topic.title}*: {skills.reached} of {skills.of} skills are familiar, {skills.needed} pass the topic. "
        "Two right answers make a skill familiar."
    )


def gone_card(quiz: Quiz) -> Card:
    """The question that was asked is no longer in the content."""
    return card(
        text("That question has been taken out of the roadmap since, so it does not count. Everything else stays."),
        buttons(button("Go on", ids.QUIZ_GO.format(quiz_id=quiz.id), style=ids.PRIMARY)),
    )


def nothing_due_card(more_tomorrow: bool) -> Card:
    """``/review`` with nothing to ask."""
    sentence = (
        "### Done for today ✨\nThat is enough for one day. The next ones come tomorrow."
        if more_tomorrow
        else "### Nothing to review ✨\nWhat you know is fresh. `/quiz` goes on with your topic."
    )
    return card(text(sentence), buttons(button("Current topic", ids.NEXT, style=ids.PRIMARY)), colour=GOOD)


def _round_name(curriculum: Curriculum, quiz: Quiz) -> str:
    match quiz.kind:
        case QuizKind.TOPIC:
            topic = curriculum.find(quiz.topic_id or "")
            return f"{topic.emoji} {topic.short_title}" if topic is not None else "Quiz"
        case QuizKind.REVIEW:
            return "Review"
        case QuizKind.PLACEMENT:
            return "Placement"
        case QuizKind.RUN:
            return f"Your run {quiz.run_id}" if quiz.run_id is not None else "Your run"


def _head(curriculum: Curriculum, quiz: Quiz, asked: Asked) -> str:
    found = curriculum.skill(asked.ask.skill_id)
    topic: Topic | None = found[0] if found is not None else None
    of = "" if quiz.kind is QuizKind.PLACEMENT else f" of {len(quiz.questions)}"
    about = f"{topic.emoji} {topic.short_title} · " if topic is not None else ""
    mine = " · from your own run" if asked.ask.item_id.startswith("run:") else ""
    return f"-# {about}question {asked.place}{of}{mine}"


def _picture(question: Question) -> list[Item]:
    if question.picture is None:
        return []
    description = describe_question(question.picture)
    return [ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{PICTURE}", description=description))]


def _chosen(asked: Asked, question: Question) -> Option | None:
    """The option that was pressed, or whose mistake gives the number that was typed."""
    if asked.said is not None:
        return mistake_behind(question, asked.said)
    if asked.chosen is None or asked.chosen >= len(question.options):
        return None
    return question.options[asked.chosen]


def _option_line(place: int, option: Option, question: Question, chosen: Option | None) -> str:
    if option is question.answer:
        mark = "✅"
    elif option is chosen:
        mark = "❌"
    else:
        mark = "▫️"
    yours = " *(your answer)*" if option is chosen else ""
    return f"{mark} **{LETTERS[place]}** · {option.text}{yours}"


def _typed_lines(asked: Asked, question: Question) -> str:
    lines: list[str] = []
    if asked.said is not None:
        lines.append(f"{'✅' if asked.right else '❌'} You typed **{discord.utils.escape_markdown(asked.said)}**.")
    if not asked.right:
        lines.append(f"✅ The answer is {question.answer.text}.")
    return "\n".join(lines) or f"✅ The answer is {question.answer.text}."


def _verdict(asked: Asked, question: Question, chosen: Option | None) -> str:
    if asked.right:
        return f"**Right.** {question.solution}"
    if asked.chosen is None and asked.said is None:
        return f"**Good to know what you don't know yet.** {question.solution}"
    feedback = f" {chosen.feedback}" if chosen is not None and chosen.feedback else ""
    return f"**Not quite.**{feedback}\n{question.solution}"


def _reading(curriculum: Curriculum, skill_id: str) -> Resource | None:
    found = curriculum.skill(skill_id)
    if found is None:
        return None
    topic = found[0]
    return next(iter(topic.readings or topic.resources), None)


def _skill_line(curriculum: Curriculum, skill_id: str, change: tuple[Level, Level] | None) -> str | None:
    found = curriculum.skill(skill_id)
    if found is None or change is None:
        return None
    before, after = change
    rung = LEVELS[after] if before == after else f"{LEVELS[before]} → {LEVELS[after]}"
    return f"-# {rung}: {found[1].title}"
