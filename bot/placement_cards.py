"""The cards of the placement quiz. Pure."""

from collections.abc import Sequence

from bot import ids
from bot.ui import GOOD, Card, button, buttons, card, text
from bot.wording import day
from lessons.model import Topic
from lessons.progress import Standing


def placement_question_lead(right: bool) -> str:
    """A word on the last answer: the explanations come with the topics themselves."""
    return "✅ Right. The next one:" if right else "Noted. The next one:"


def proposal_card(start: Topic, skipped: Sequence[Topic], *, right: int, of: int, user_id: int) -> Card:
    """Where they could start; they decide.

    Args:
        start: the proposed topic.
        skipped: the topics before it, which would count as known.
        right: right answers.
        of: answers.
        user_id: whose card it is.
    """
    count = f"{right} of {of} right. " if of else ""
    if not skipped:
        return card(
            text(f"### Start at the beginning\n{count}*{start.title}* is the right place: the rest builds on it."),
            buttons(button("Open the topic", ids.NEXT, style=ids.PRIMARY)),
        )
    known = ", ".join(topic.short_title for topic in skipped)
    return card(
        text(
            f"### You could start at {start.emoji} {start.title}\n{count}These would count as known: {known}. "
            "You can practise them at any time with `/quiz topic:`."
        ),
        buttons(
            button(
                f"Start at {start.short_title}",
                ids.PLACEMENT_START.format(topic_id=start.id, user_id=user_id),
                style=ids.PRIMARY,
            ),
            button("Start at the beginning", ids.NEXT),
        ),
    )


def started_card(standing: Standing, topic: Topic) -> Card:
    """The choice is made."""
    place = standing.topic(topic.id)
    due = f", suggested until {day(place.span.due, today=standing.today)}" if place is not None else ""
    return card(
        text(f"### {topic.emoji} {topic.title}\nThat is your topic now{due}. What comes before it counts as known."),
        buttons(button("Open the topic", ids.NEXT, style=ids.PRIMARY), button("Roadmap", ids.ROADMAP)),
        colour=GOOD,
    )
