"""What the roadmap picture says, and what it says in words to those who cannot see it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from itertools import groupby
from typing import Final

from bot.pictures.fonts import printable
from lessons.curriculum import Curriculum
from lessons.model import Phase
from lessons.progress import Ahead, Late, OnTime, Standing, TopicStanding, TopicState
from lessons.timeline import PhaseSpan, Timeline
from lessons.timeline import today as local_date

DESCRIPTION_MAX: Final = 1_000
"""Characters of a description; Discord takes 1,024."""


LEGEND: Final = ("Each piece of a ring is a skill; filled, you have shown it", "Filled piece of a ring: skill shown")
"""What the rings mean, the fuller wording first."""


class Mark(Enum):
    """How a topic is drawn: one shape and one colour each."""

    DONE = auto()
    CURRENT = auto()
    CURRENT_LATE = auto()
    OWED = auto()
    LATE = auto()
    """Not begun, not set aside, and past its due date."""
    AHEAD = auto()


def mark(topic: TopicStanding) -> Mark:
    """How that topic is drawn. One set aside stays so, however late: its member has decided about it."""
    match topic.state:
        case TopicState.DONE:
            return Mark.DONE
        case TopicState.SKIPPED:
            return Mark.OWED
        case TopicState.CURRENT:
            return Mark.CURRENT_LATE if topic.days_late else Mark.CURRENT
        case TopicState.AHEAD:
            return Mark.LATE if topic.days_late else Mark.AHEAD


def day(when: date, today: date) -> str:
    """A date such as "12 Mar", with the year where it is not this one."""
    short = f"{when.day} {when:%b}"
    return short if when.year == today.year else f"{short} {when.year}"


def days_of(span: PhaseSpan, today: date) -> tuple[str, ...]:
    """A phase's dates such as "1 Mar – 25 Mar" or "From 5 Jul, ongoing", the fullest wording first."""
    start, end = span.start, span.end
    if end is None:
        return (f"From {day(start, today)}, ongoing", f"From {day(start, today)}")
    first = f"{start.day} {start:%b}" if start.year == end.year else day(start, today)
    return (f"{first} – {day(end, today)}", f"{start:%b %Y} – {end:%b %Y}")


def caption(topic: TopicStanding, standing: Standing, today: date) -> tuple[str, ...]:
    """The line under a topic's title, the fullest wording first, for the drawing to take what fits."""
    due = day(topic.span.due, today)
    match mark(topic):
        case Mark.DONE if topic.record.placed_at is not None:
            return ("Known at the start",)
        case Mark.DONE:
            end = topic.record.done_at
            if end is None:
                return ("Done",)
            return (f"Done {day(local_date(end, standing.enrolment.zone), today)}", "Done")
        case Mark.OWED:
            return (f"Set aside · {'around' if topic.span.ongoing else 'due'} {due}", "Set aside")
        case Mark.CURRENT_LATE | Mark.LATE:
            return (f"Was due {due}", due)
        case Mark.CURRENT | Mark.AHEAD:
            return (f"{'Around' if topic.span.ongoing else 'Due'} {due}", due)


def skills_shown(topic: TopicStanding) -> tuple[str, ...]:
    """How many of a topic's skills are Familiar or better, the fuller wording first."""
    reached, of = topic.skills.reached, topic.skills.of
    return (f"{reached} of {of} skills shown", f"{reached} of {of} skills", f"{reached}/{of}")


@dataclass(frozen=True)
class Headline:
    """How it goes, in two pieces, and the mark whose colour says the same."""

    count: str
    schedule: str
    mark: Mark


def headline(standing: Standing) -> Headline:
    """What the top of the picture says about the whole way."""
    count = f"{len(standing.done)} of {len(standing.topics)} done"
    if standing.finished:
        return Headline(count, "All done", Mark.DONE)
    if standing.current is None:
        return Headline(count, f"{len(standing.owed)} set aside", Mark.OWED)
    match standing.schedule:
        case OnTime():
            return Headline(count, "On time", Mark.DONE)
        case Late(days):
            return Headline(count, f"{_days(days)} late", Mark.LATE)
        case Ahead(days):
            return Headline(count, f"{_days(days)} ahead", Mark.DONE)


def level(phase: Phase) -> str:
    """A phase's name in the picture."""
    return printable(phase.level) or f"Phase {phase.number}"


def short_title(topic: TopicStanding) -> str:
    """A topic's name in the picture; its id, which is plain, where the fonts have none of its letters."""
    return printable(topic.topic.short_title) or topic.topic.id


def describe_roadmap(curriculum: Curriculum, standing: Standing, timeline: Timeline, *, name: str, today: date) -> str:
    """The picture in words, for its description; at most ``DESCRIPTION_MAX`` characters.

    With the roadmap as it comes every topic is named with its state and, once some are shown, its skills. Where an
    organiser's roadmap is too long for that, the skills are left out, then the phases are counted, and at worst only
    the first sentences are left.
    """
    opening = _opening(curriculum, standing, name, today)
    phases = [
        (_phase_words(phase, timeline, today), [t for t in standing.topics if t.topic.phase == phase.id])
        for phase in curriculum.phases
    ]
    full = [f"{words}. {_named(topics, today, skills=True)}" for words, topics in phases]
    named = [f"{words}. {_named(topics, today, skills=False)}" for words, topics in phases]
    counted = [f"{words}. {_counted(topics)}" for words, topics in phases]
    for details in (full, named, counted):
        text = "\n".join((opening, *details))
        if len(text) <= DESCRIPTION_MAX:
            return text
    return opening


def _opening(curriculum: Curriculum, standing: Standing, name: str, today: date) -> str:
    head = headline(standing)
    owner = printable(name) or " ".join(name.split())
    whose = f"{curriculum.roadmap.title} of {owner[:80]}" if owner else curriculum.roadmap.title
    first = f"{whose}, {today.day} {today:%b %Y}: {head.count}"
    current = standing.current
    if current is None:
        return f"{first}." if standing.finished else f"{first}, {head.schedule}."
    due = _lower(caption(current, standing, today)[0])
    skills = skills_shown(current)[0]
    return f"{first}, {_lower(head.schedule)}. Current topic: {current.topic.title}, {due}, {skills}."


def _phase_words(phase: Phase, timeline: Timeline, today: date) -> str:
    return f"Phase {phase.number}, {phase.level}, {_lower(days_of(timeline.phase(phase.id), today)[0])}"


def _state(topic: TopicStanding) -> str:
    match mark(topic):
        case Mark.DONE:
            return "Done" if topic.record.placed_at is None else "Known at the start"
        case Mark.CURRENT:
            return "Current"
        case Mark.CURRENT_LATE:
            return "Current and late"
        case Mark.OWED:
            return "Set aside"
        case Mark.LATE:
            return "Late"
        case Mark.AHEAD:
            return "Ahead"


def _named(topics: Iterable[TopicStanding], today: date, *, skills: bool) -> str:
    """Sentences such as "Done: Python, Backpropagation. Current: CNNs (due 9 Apr, 2 of 4 skills)."."""
    runs = groupby(topics, key=_state)
    return " ".join(f"{state}: {', '.join(_titled(t, today, skills=skills) for t in run)}." for state, run in runs)


def _titled(topic: TopicStanding, today: date, *, skills: bool) -> str:
    more: list[str] = []
    if topic.state is not TopicState.DONE:
        how = "around" if topic.span.ongoing else "was due" if topic.days_late else "due"
        more.append(f"{how} {day(topic.span.due, today)}")
    if skills and _worth_saying(topic):
        more.append(skills_shown(topic)[1])
    title = topic.topic.short_title
    return f"{title} ({', '.join(more)})" if more else title


def _worth_saying(topic: TopicStanding) -> bool:
    """Whether a topic's skills are not what its state lets one expect: all of one done, none of another."""
    reached, of = topic.skills.reached, topic.skills.of
    return reached < of if topic.state is TopicState.DONE else reached > 0


def _counted(topics: Iterable[TopicStanding]) -> str:
    counts = Counter(map(_state, topics))
    return " ".join(f"{state}: {count}." for state, count in counts.items())


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
