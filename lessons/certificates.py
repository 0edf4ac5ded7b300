"""Certificates: who has earned one, what it says, and the code by which anybody can check it.

The last two phases have one each. A phase earns it when every topic of it and of all phases before is done. What is
issued is a picture of that day, kept as it was: later runs, new names and an edited roadmap change nothing in it.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict

from lessons.curriculum import Curriculum
from lessons.errors import PersonError
from lessons.model import Phase, Topic
from lessons.progress import Enrolment, needs
from lessons.timeline import today

CERTIFIED: Final = 2
"""So many phases at the end of the roadmap have a certificate."""
NAME_MAX: Final = 48
"""Characters of a name: what a line of the certificate holds in letters that are read across a room."""
CODE_LENGTH: Final = 12
_GROUP: Final = 4
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, without I, L, O and U. Twelve of them are 60 bits: nobody finds one by trying."""
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BETWEEN_GROUPS = re.compile(r"[\s\-‐‑‒–—―−_.·`]+")


class _Kept(BaseModel):
    """Kept as JSON. A later version may write more: what is not known is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CertifiedTopic(_Kept):
    """A topic that is done."""

    title: str
    short_title: str
    phase: int
    done_on: date
    placed: bool = False
    """Known from the placement quiz: its member did not go through it here."""


class CertifiedRun(_Kept):
    """A member's best run of one project."""

    run_id: int
    project: str
    """Its title."""
    dataset: str
    """Its title."""
    metric: str
    value: str
    """As people read it, with its unit."""


class CertificateContent(_Kept):
    """All that a certificate says."""

    name: str
    roadmap: str
    phase: int
    title: str
    """The phase's."""
    levels: tuple[str, ...]
    """Of all phases of the roadmap."""
    started_on: date
    finished_on: date
    issued_on: date
    topics: tuple[CertifiedTopic, ...]
    runs: tuple[CertifiedRun, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as it was issued."""

    code: str
    """Without dashes; see ``shown_code``."""
    content: CertificateContent


@dataclass(frozen=True, slots=True)
class Earned:
    """Every topic of the phase and before it is done."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class NotYet:
    """These topics, at least one, are not done, in order."""

    phase: Phase
    missing: tuple[Topic, ...]


Claim: TypeAlias = Earned | NotYet


@dataclass(frozen=True, slots=True)
class RunFigure:
    """What a finished run reached, as far as a certificate can tell runs apart."""

    run_id: int
    project_id: str
    score: float
    """The higher the better, whatever the metric."""
    public: bool
    """On data that others train on too, not on what is built in for a start or brought along."""


def certified_phases(curriculum: Curriculum) -> tuple[Phase, ...]:
    """The phases that have a certificate, in order."""
    return curriculum.phases[-CERTIFIED:]


def covered_topics(curriculum: Curriculum, phase: Phase) -> tuple[Topic, ...]:
    """The topics that a phase's certificate stands for: its own and those of all phases before."""
    return tuple(topic for topic in curriculum.topics if curriculum.phase_of(topic).number <= phase.number)


def claim(curriculum: Curriculum, enrolment: Enrolment, phase: Phase) -> Claim:
    """Whether the member has earned that phase's certificate."""
    missing = tuple(topic for topic in covered_topics(curriculum, phase) if needs(topic, enrolment))
    return NotYet(phase, missing) if missing else Earned(phase)


def highest_claim(curriculum: Curriculum, enrolment: Enrolment) -> Claim:
    """The latest phase that is earned, or else the first one and what it still asks for."""
    claims = [claim(curriculum, enrolment, phase) for phase in certified_phases(curriculum)]
    return next((one for one in reversed(claims) if isinstance(one, Earned)), claims[0])


def best_runs(figures: Iterable[RunFigure]) -> tuple[RunFigure, ...]:
    """One run for each project, in the order in which the projects come: the best figure on public data.

    Where a project was trained on none, the best figure on other data; the earlier of two that are equal.
    """
    best: dict[str, RunFigure] = {}
    for figure in figures:
        before = best.get(figure.project_id)
        if before is None or _rank(figure) > _rank(before):
            best[figure.project_id] = figure
    return tuple(best.values())


def _rank(figure: RunFigure) -> tuple[bool, float, int]:
    return figure.public, figure.score, -figure.run_id


def certificate_content(
    curriculum: Curriculum,
    enrolment: Enrolment,
    earned: Earned,
    *,
    name: str,
    runs: tuple[CertifiedRun, ...],
    now: datetime,
) -> CertificateContent:
    """What the certificate says that is issued at ``now``, which carries a zone."""
    local = today(now, enrolment.zone)
    phase = earned.phase
    topics: list[CertifiedTopic] = []
    for topic in covered_topics(curriculum, phase):
        record = enrolment.record(topic.id)
        topics.append(
            CertifiedTopic(
                title=topic.title,
                short_title=topic.short_title,
                phase=curriculum.phase_of(topic).number,
                done_on=local if record.done_at is None else today(record.done_at, enrolment.zone),
                placed=record.placed_at is not None,
            )
        )
    finished = max(topic.done_on for topic in topics)
    return CertificateContent(
        name=name,
        roadmap=curriculum.roadmap.title,
        phase=phase.number,
        title=phase.title,
        levels=tuple(each.level for each in curriculum.phases),
        # Who has moved across the date line since may have finished on the day before they began.
        started_on=min(enrolment.started_on, finished),
        finished_on=finished,
        issued_on=local,
        topics=tuple(topics),
        runs=runs,
    )


def checked_name(typed: str) -> str:
    """The name to print, on one line.

    Raises:
        PersonError: it is empty, too long, or holds what is no letter of a name.
    """
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    if any(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn", "Cs"} for character in name):
        raise PersonError("That name holds a character that can't be printed. Please type it again, with letters only.")
    if not any(character.isalnum() for character in name):
        raise PersonError("A certificate needs a name with at least one letter: `/certificate name:Ada Lovelace`.")
    if len(name) > NAME_MAX:
        raise PersonError(f"That name has {len(name)} characters, and the certificate has room for {NAME_MAX}.")
    return name


def new_code() -> str:
    """A code that nobody can guess, as it is stored: without dashes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def shown_code(code: str) -> str:
    """As people read it: ``7K3M-9QWX-2BND``."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read_code(typed: str) -> str:
    """The code as it is stored, from what somebody typed: case, spaces, dashes and look-alikes do not matter.

    Raises:
        PersonError: no code looks like that.
    """
    code = _BETWEEN_GROUPS.sub("", typed).upper().translate(_READ_AS)
    wrong = next((character for character in code if character not in _ALPHABET), None)
    if wrong is None and len(code) == CODE_LENGTH:
        return code
    if wrong is None:
        problem = f"that one has {len(code)}"
    else:
        problem = f"“{wrong}” is in none of them" if wrong.isalnum() else "that one holds something else"
    raise PersonError(
        f"A certificate's code has {CODE_LENGTH} letters and digits, such as `7K3M-9QWX-2BND`; {problem}."
    )
