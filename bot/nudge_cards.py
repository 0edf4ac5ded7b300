"""Nudges and the card of ``/nudges``. Pure."""

from calendar import day_abbr
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from discord.utils import escape_markdown
from pydantic import TypeAdapter

from bot import ids
from bot.ui import ACCENT, GOOD, QUIET, Card, Item, button, buttons, card, text
from bot.wording import day, instant, plural
from db.nudges import Wanted
from lessons.nudges import EVERY_DAY, Hours, Matter, OpenQuiz, OwnDate, Reviews, RunDone, TopicDay

_GREETINGS: Final = (
    "Here is what is next for you.",
    "A short look at your roadmap.",
    "Ready when you are.",
    "One thing to pick up today.",
    "Your next step, in a minute or two.",
)
_GREETINGS_OF_MORE: Final = (
    "Here is what is next for you.",
    "A short look at your roadmap.",
    "Ready when you are. Pick one:",
    "A few things to choose from.",
)
_LAST: Final = (
    "I'll stop writing now, so that these don't pile up. Your place is kept as it is: any command brings you back to "
    "it, and the nudges with it."
)


@dataclass(frozen=True, slots=True)
class NudgeMessage:
    """A nudge as the outbox keeps it until it is sent.

    Attributes:
        user_id: whose it is.
        lines: its words.
        label: of its first button.
        opens: custom_id of that button.
        last: whether nothing comes after it.
        mention: whether it stands in a channel.
        fallback: the channel to go to if the DM turns out to be closed.
        expires_at: ISO 8601; later than that it is not sent.
    """

    user_id: int
    lines: tuple[str, ...]
    label: str
    opens: str
    last: bool = False
    mention: bool = False
    fallback: int | None = None
    expires_at: str = ""

    @classmethod
    def load(cls, payload: dict[str, Any]) -> "NudgeMessage":
        """From an outbox row."""
        return _NUDGE.validate_python(payload)


_NUDGE: Final = TypeAdapter(NudgeMessage)


def compose(user_id: int, today: date, matters: Sequence[Matter], *, before: str | None = None) -> NudgeMessage:
    """What is said about these, and what the button opens; it begins otherwise than the one `before` did."""
    greetings = [f"🔔 {each}" for each in (_GREETINGS if len(matters) == 1 else _GREETINGS_OF_MORE)]
    # By the day's number, so that a second try says the same.
    place = (today.toordinal() + user_id) % len(greetings)
    if greetings[place] == before:
        place = (place + 1) % len(greetings)
    label, opens = _opens(matters[0])
    return NudgeMessage(user_id, (greetings[place], *(f"- {_line(matter, today)}" for matter in matters)), label, opens)


def compose_last(user_id: int) -> NudgeMessage:
    """The last note after a long silence."""
    return NudgeMessage(user_id, (f"🔕 {_LAST}",), "Open my topic", ids.NEXT, last=True)


def nudge_card(nudge: NudgeMessage) -> Card:
    """The message itself."""
    user_id = nudge.user_id
    said = "\n".join(nudge.lines)
    if nudge.mention:
        said = f"<@{user_id}>\n{said}"
    first = button(nudge.label, nudge.opens, style=ids.PRIMARY)
    if nudge.last:
        return card(text(said), buttons(first, _act("Never again", user_id, "stop")), colour=QUIET)
    return card(
        text(said),
        buttons(first),
        buttons(
            _act("1 day", user_id, "1d", emoji="💤"),
            _act("3 days", user_id, "3d", emoji="💤"),
            _act("1 week", user_id, "1w", emoji="💤"),
            _act("Fewer", user_id, "fewer"),
            _act("Stop", user_id, "stop"),
        ),
    )


def _act(label: str, user_id: int, act: str, emoji: str | None = None) -> Item:
    return button(label, ids.NUDGE_ACT.format(user_id=user_id, nudge_act=act), emoji=emoji)


def _opens(matter: Matter) -> tuple[str, str]:
    match matter:
        case RunDone(run_id):
            return "See the result", ids.RUN_SHOW.format(run_id=run_id)
        case OpenQuiz(_, topic_id):
            return "Go on with the quiz", ids.QUIZ_TOPIC.format(topic_id=topic_id)
        case Reviews():
            return "Review now", ids.QUIZ_REVIEW
        case OwnDate() | TopicDay():
            return "Open my topic", ids.NEXT


def _line(matter: Matter, today: date) -> str:
    match matter:
        case RunDone(run_id, project):
            return f"Run {run_id} ({project}) has ended well; its curves wait for a look."
        case OpenQuiz(about, _, left):
            return f"Your quiz on **{about}** has {plural(left, 'question')} left."
        case Reviews(count):
            return f"{plural(count, 'question')} to review, about {plural(max(1, round(count * 0.5)), 'minute')}."
        case OwnDate(topic, due_on, left):
            when = _when(due_on, left, today)
            be = f"is {when}." if left >= 0 else f"was {when}; `/commit` sets another."
            return f"Your own date for **{topic}** {be}"
        case TopicDay(topic, due_on, left) if left >= 0:
            return f"**{topic}**: the suggested day is {_when(due_on, left, today)}."
        case TopicDay(topic):
            return f"**{topic}**: open where you left it."


def _when(due_on: date, left: int, today: date) -> str:
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return near.get(left) or day(due_on, today=today)


def days_text(days: frozenset[int]) -> str:
    """E.g. ``every day``, ``Mon–Fri``, ``Mon, Wed``."""
    known = {EVERY_DAY: "every day", frozenset(range(5)): "Mon–Fri", frozenset({5, 6}): "at weekends"}
    return known.get(days) or ", ".join(day_abbr[each] for each in sorted(days))


def quiet_text(hours: Hours) -> str:
    """E.g. ``21–09``."""
    return "none" if hours.quiet_from == hours.quiet_to else f"{hours.quiet_from:02d}–{hours.quiet_to:02d}"


def off_card(holdout: float) -> Card:
    """What nudges are, and the button that asks for them."""
    chance = (
        f"-# {_one_in(holdout)} is drawn by chance and gets none: that tells us whether they help." if holdout else ""
    )
    return card(
        text(
            "### 🔔 Nudges are off\nI write to you only if you press the button: when something is due, at your hour, "
            "at most once a day and three times a week, with everything in one message. Go quiet, and so do I."
        ),
        *([text(chance)] if chance else []),
        buttons(button("Nudge me", ids.NUDGES_ON, style=ids.PRIMARY, emoji="🔔")),
        colour=ACCENT,
    )


def settings_card(wanted: Wanted | None, now: datetime, *, organiser: bool, allowed_here: bool, holdout: float) -> Card:
    """What the member asked for.

    Args:
        wanted: it; None where they never did.
        now: the time.
        organiser: whether this person may allow the channel, since they manage the server that it is in.
        allowed_here: whether it is allowed.
        holdout: the share of members who get none.
    """
    if wanted is None or not wanted.on:
        shown = off_card(holdout)
    else:
        paused = wanted.paused_until is not None and wanted.paused_until > now
        row = [
            button("Change", ids.NUDGES_CHANGE, style=ids.PRIMARY),
            button("Go on", ids.NUDGES_PAUSE.format(onoff="off"))
            if paused
            else button("Pause a week", ids.NUDGES_PAUSE.format(onoff="on")),
            *([button("3 a week again", ids.NUDGES_MORE)] if wanted.fewer else []),
            button("Stop", ids.NUDGES_OFF),
        ]
        shown = card(text("\n".join(_settings(wanted, paused=paused))), buttons(*row), colour=GOOD)
    if organiser:
        label = "No nudges in this channel" if allowed_here else "Allow nudges in this channel"
        shown.add_item(buttons(button(label, ids.NUDGES_HERE.format(onoff="off" if allowed_here else "on"))))
    return shown


def _settings(wanted: Wanted, *, paused: bool) -> list[str]:
    hours = wanted.hours
    often = "once a week" if wanted.fewer else "3 times a week"
    lines = [
        "### 🔔 Nudges are on",
        f"**When** {hours.hour:02d}:00, {days_text(hours.days)} · {escape_markdown(wanted.zone.key)}",
        f"**Quiet** {quiet_text(hours)}",
        f"**Where** {_where(wanted)}",
        f"**At most** once a day, {often}, and only when something is due.",
    ]
    if wanted.dm_closed:
        lines.append(
            "⚠️ Discord did not let me send you a DM. Allow DMs from this server's members, or choose a channel."
        )
    elif paused and wanted.paused_until is not None:
        lines.append(f"💤 Paused until {instant(wanted.paused_until, 'D')}.")
    return lines


def _where(wanted: Wanted) -> str:
    if wanted.channel_id is None:
        return "by DM"
    return f"by DM, or <#{wanted.channel_id}> if that is closed" if wanted.by_dm else f"<#{wanted.channel_id}>"


def _one_in(share: float) -> str:
    return f"One member in {round(1 / share)}" if share > 0 else ""


def done_card(sentence: str) -> Card:
    """After a press on a nudge."""
    return card(text(sentence), buttons(button("Nudge settings", ids.NUDGES)), colour=QUIET)
