"""What the content files hold, as frozen models.

The bounds are those of a chat card: Discord takes 4,000 characters of text in one message, and a card also
carries the bot's own lines. Word counts keep a topic's text between "too thin to teach" and "nobody reads it
in a chat". ``lessons/content/README.md`` tells an organiser the same in plain words.
"""

import re
from enum import StrEnum
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

PROJECT_IDS: Final = (
    "preprocess",
    "cnn",
    "rnn",
    "transfer",
    "gan",
    "transformer",
    "caption",
    "tune",
    "deploy",
    "rl",
)
"""Every project that a topic may name: the ids of ``/run``, in the order of the roadmap."""

WORDS_MIN: Final = 120
WORDS_MAX: Final = 250
CARD_CHARACTERS: Final = 3_500
"""What a topic may take of a card's 4,000 characters; the rest is left for dates, state and headings."""

_WORD = re.compile(r"[^\W_]")
_STARTS_A_LINE = re.compile(r"\s*([-*>] |>>> |-?#{1,3} |\d+\. )")
_BREAKS_A_LINK = re.compile(r"[\s<>()\"\\]")


def count_words(text: str) -> int:
    """Words of ``text``: runs between white space that hold a letter or a digit (a lone dash is no word)."""
    return sum(1 for run in text.split() if _WORD.search(run))


def join_lines(text: object) -> object:
    """Undoes the line breaks that only keep a file readable: a chat would show every one of them.

    Paragraphs stay apart at blank lines; list items, quotes and headings keep their own lines, and a fenced
    block of code stays as it is. Anything that is no text is left for pydantic to refuse.
    """
    if not isinstance(text, str):
        return text
    lines: list[str] = []
    fenced = False
    for line in text.strip().split("\n"):
        fence = line.lstrip().startswith("```")
        glue = not (fenced or fence or not line.strip() or _STARTS_A_LINE.match(line))
        if glue and lines and lines[-1].strip() and not lines[-1].lstrip().startswith("```"):
            lines[-1] = f"{lines[-1].rstrip()} {line.strip()}"
        else:
            lines.append(line)
        fenced ^= fence
    return "\n".join(lines)


def _web_link(link: str) -> str:
    parts = urlsplit(link)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("should be a link that starts with http:// or https://")
    if _BREAKS_A_LINK.search(link):
        raise ValueError("holds a character that breaks a link in a chat; write it as %XX, such as %28 for (")
    return link


def _enough_words(text: str) -> str:
    words = count_words(text)
    if not WORDS_MIN <= words <= WORDS_MAX:
        raise ValueError(f"has {words} words; it should have {WORDS_MIN} to {WORDS_MAX}")
    return text


def _known_project(project_id: str) -> str:
    if project_id not in PROJECT_IDS:
        raise ValueError(f"is not a project; the projects are {', '.join(PROJECT_IDS)}")
    return project_id


KebabId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
SkillId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40)]
ProjectId = Annotated[str, AfterValidator(_known_project)]
Link = Annotated[str, StringConstraints(max_length=300), AfterValidator(_web_link)]
Title = Annotated[str, StringConstraints(min_length=3, max_length=80, pattern=r"^[^\n]*$")]
Line = Annotated[str, StringConstraints(min_length=3, max_length=200, pattern=r"^[^\n]*$")]
Paragraph = Annotated[str, BeforeValidator(join_lines), StringConstraints(min_length=20, max_length=600)]
Why = Annotated[str, BeforeValidator(join_lines), StringConstraints(min_length=40, max_length=300)]
Lesson = Annotated[str, BeforeValidator(join_lines), StringConstraints(max_length=1_900), AfterValidator(_enough_words)]
Emoji = Annotated[str, StringConstraints(min_length=1, max_length=8, pattern=r"^[^\sA-Za-z]+$")]
Outcome = Annotated[str, StringConstraints(min_length=3, max_length=120, pattern=r"^[^\n]*$")]
Count = Annotated[int, Field(strict=True, ge=1, le=100)]


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ResourceKind(StrEnum):
    """What a member is in for when they open a link."""

    READING = "reading"
    VIDEO = "video"
    COURSE = "course"
    PLAYLIST = "playlist"


class ResourceOrigin(StrEnum):
    """How a link came here."""

    ROADMAP = "roadmap"
    """The roadmap's own address, as it stands there."""
    REPLACED = "replaced"
    """The roadmap's address looks dead or is a placeholder; ``Resource.original`` keeps it."""
    ADDED = "added"
    """The roadmap names nothing like it."""


class Resource(_Content):
    """Something to read or to watch. Its id is unique in the whole curriculum and never changes."""

    id: KebabId
    title: Title
    url: Link
    kind: ResourceKind
    minutes: Annotated[int, Field(strict=True, ge=1, le=6_000)] | None = None
    """Length in minutes, rounded up, where the source states it."""
    original: Link | None = None
    """The roadmap's address, where ``url`` stands in for it."""
    replacement: Link | None = None
    """What a card shows when ``url`` is dead; without it, the Wayback Machine's copy."""
    added: Annotated[bool, Field(strict=True)] = False
    note: Line | None = None

    @property
    def origin(self) -> ResourceOrigin:
        """Whether the roadmap names this link, named another in its place, or names none."""
        if self.original is not None:
            return ResourceOrigin.REPLACED
        return ResourceOrigin.ADDED if self.added else ResourceOrigin.ROADMAP

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.original is not None and self.added:
            raise ValueError("has both `original` and `added`; a link replaces another or is new")
        if self.original == self.url:
            raise ValueError("has the same link as `url` and as `original`; leave `original` out")
        if self.original is not None and self.note is None:
            raise ValueError("replaces a link (`original`) without a `note` that says why")
        return self


class Project(_Content):
    """What a topic asks its member to train with ``/run <id>``."""

    id: ProjectId
    title: Title
    text: Paragraph
    original: Line
    """The roadmap's own wording of the project."""


class Skill(_Content):
    """One thing that a question can ask for. Its id is unique in the curriculum and never changes."""

    id: SkillId
    title: Line
    """Completes "You can …"."""


class Topic(_Content):
    """One of the roadmap's topics, as ``content/topics/NN-<id>.yaml`` holds it."""

    id: KebabId
    title: Title
    short_title: Annotated[str, StringConstraints(min_length=2, max_length=18, pattern=r"^[^\n]*$")]
    """For the roadmap picture and for buttons."""
    emoji: Emoji
    phase: KebabId
    order: Count
    """Place within the phase; need not be without gaps."""
    weight: Count
    """Effort, relative to the other topics of the phase; see ``lessons.timeline`` for the ongoing one."""
    why: Why
    """One or two sentences that the topic's card leads with."""
    text: Lesson
    """What it is, why it matters, what to be able to do after it, in the Markdown of a chat."""
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=3, max_length=5)]
    """Each completes "You can …"."""
    resources: Annotated[tuple[Resource, ...], Field(min_length=1, max_length=8)]
    project: Project | None = None
    skills: Annotated[tuple[Skill, ...], Field(min_length=2, max_length=6)]

    @property
    def readings(self) -> tuple[Resource, ...]:
        """What there is to read: texts and courses."""
        return tuple(r for r in self.resources if r.kind in {ResourceKind.READING, ResourceKind.COURSE})

    @property
    def videos(self) -> tuple[Resource, ...]:
        """What there is to watch: single videos and playlists."""
        return tuple(r for r in self.resources if r.kind in {ResourceKind.VIDEO, ResourceKind.PLAYLIST})

    @property
    def characters(self) -> int:
        """Characters of everything that one card may show of this topic, links included."""
        links = sum(len(r.title) + len(r.url) + len(r.note or "") + 8 for r in self.resources)
        project = len(self.project.title) + len(self.project.text) if self.project else 0
        return len(self.title + self.why + self.text) + sum(map(len, self.outcomes)) + links + project

    @model_validator(mode="after")
    def _fits_a_card(self) -> Self:
        if self.characters > CARD_CHARACTERS:
            raise ValueError(
                f"takes {self.characters} characters on its card and {CARD_CHARACTERS} fit; "
                "shorten the text, the links or the notes",
            )
        return self


class DurationUnit(StrEnum):
    """What a phase's duration counts."""

    WEEKS = "weeks"
    MONTHS = "months"


class Duration(_Content):
    """From ``short`` to ``long`` weeks or calendar months."""

    unit: DurationUnit
    short: Annotated[int, Field(strict=True, ge=1, le=52)]
    long: Annotated[int, Field(strict=True, ge=1, le=52)]

    @property
    def text(self) -> str:
        """As people write it: "3–4 weeks", "1 month"."""
        if self.short == self.long:
            unit = self.unit.value if self.short > 1 else self.unit.value.removesuffix("s")
            return f"{self.short} {unit}"
        return f"{self.short}–{self.long} {self.unit}"

    @model_validator(mode="after")
    def _short_first(self) -> Self:
        if self.short > self.long:
            raise ValueError(f"has a `short` end ({self.short}) above its `long` end ({self.long})")
        return self


class Phase(_Content):
    """One of the roadmap's phases. Either it has a duration or it says that it is ongoing."""

    id: KebabId
    number: Count
    title: Title
    level: Title
    emoji: Emoji
    summary: Paragraph
    duration: Duration | None = None
    ongoing: Annotated[bool, Field(strict=True)] = False

    @property
    def duration_text(self) -> str:
        """The suggested duration as people write it, "ongoing" where there is no end."""
        return "ongoing" if self.duration is None else self.duration.text

    @model_validator(mode="after")
    def _duration_or_ongoing(self) -> Self:
        if self.ongoing == (self.duration is not None):
            raise ValueError("should have either a `duration` or `ongoing: true`")
        return self


class Tip(_Content):
    """One of the roadmap's tips."""

    title: Title
    text: Paragraph


class RealWorldProject(_Content):
    """One of the projects that the roadmap ends with, and the topic that trains it."""

    title: Title
    text: Paragraph
    topic: KebabId


class Roadmap(_Content):
    """What stands around the topics, as ``content/roadmap.yaml`` holds it."""

    title: Title
    summary: Paragraph
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=9)]
    courses: tuple[Resource, ...] = ()
    """For the whole way, not for one topic."""
    projects: tuple[RealWorldProject, ...] = ()
    tips: tuple[Tip, ...] = ()
    afterwards: Paragraph
    """What a member hears when the last topic is done, and what "ongoing" means then."""
