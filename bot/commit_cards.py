"""The cards of ``/commit``. Pure."""

from datetime import date

from discord.utils import escape_markdown

from bot import ids
from bot.ui import ACCENT, GOOD, QUIET, Card, Item, button, buttons, card, text
from bot.wording import day, plural
from db.learning_tables import Commitment
from lessons.curriculum import Curriculum
from lessons.model import Topic


def commitment_card(topic: Topic, row: Commitment, name: str, today: date) -> Card:
    """A deadline, and who is asked to stand by.

    Args:
        topic: what it is for.
        row: as it is stored.
        name: the member's, as Discord shows it.
        today: the member's local date.
    """
    who = escape_markdown(name)
    lines = [
        f"### 🎯 {who}: {topic.emoji} {topic.short_title} by {day(row.due_on, today=today)}",
        f"{_left((row.due_on - today).days)}. Passing the topic keeps it; `/commit` again moves the date.",
        "If the day passes without, you hear of it once.",
    ]
    match row.buddy_state:
        case "asked":
            lines.append(
                f"<@{row.buddy_id}>, will you stand by {who}? You hear when it is done, and if the day passes."
            )
        case "accepted":
            lines.append(f"🤝 {escape_markdown(row.buddy_name or '')} stands by.")
        case "declined":
            lines.append("Nobody stands by, which is fine too.")
        case _:
            lines.append("-# `buddy:` asks somebody to stand by.")
    row_of_buttons: list[Item] = []
    if row.buddy_state == "asked":
        row_of_buttons += [
            button("I'm in", ids.COMMIT_BUDDY.format(commitment_id=row.id, onoff="on"), style=ids.PRIMARY),
            button("No thanks", ids.COMMIT_BUDDY.format(commitment_id=row.id, onoff="off")),
        ]
    row_of_buttons.append(button("Withdraw", ids.COMMIT_WITHDRAW.format(commitment_id=row.id)))
    colour = GOOD if row.buddy_state == "accepted" else ACCENT
    return card(text("\n".join(lines)), buttons(*row_of_buttons), colour=colour)


def closed_card(curriculum: Curriculum, row: Commitment) -> Card:
    """A deadline that is met or withdrawn, on a card from before."""
    topic = curriculum.find(row.topic_id)
    title = topic.title if topic is not None else "That topic"
    sentence = f"🎉 **{title}** is done." if row.met_at is not None else f"The date for **{title}** is withdrawn."
    return card(text(sentence), colour=GOOD if row.met_at is not None else QUIET)


def kept_line(due_on: date, today: date, buddy: str | None) -> str:
    """On the card that says that the topic is passed."""
    early = (due_on - today).days
    when = "on" if early == 0 else f"{plural(early, 'day')} before" if early > 0 else f"{plural(-early, 'day')} after"
    told = f" {escape_markdown(buddy)} hears of it." if buddy is not None else ""
    return f"🎯 Done {when} your own date.{told}"


def _left(days: int) -> str:
    return "That is today" if days == 0 else "That is tomorrow" if days == 1 else f"{days} days from now"
