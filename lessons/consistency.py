"""What can only be seen across the files: ids that stand twice, a phase that nobody knows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from lessons.marked_yaml import MarkedYaml, Path
from lessons.model import DurationUnit, Phase, Roadmap, Topic
from lessons.problem import Problem
from lessons.questions.bank import Bank

_SHORTEST_DAYS = {DurationUnit.WEEKS: 7, DurationUnit.MONTHS: 28}


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Sheet(Generic[M]):
    """A file that is right by itself, with the way back to its lines."""

    name: str
    marked: MarkedYaml
    model: M

    def problem(self, path: Path, sentence: str) -> Problem:
        """A problem at that place of this file."""
        return Problem(self.name, self.marked.line(path), sentence)


def inconsistencies(
    roadmap: Sheet[Roadmap] | None,
    topics: Sequence[Sheet[Topic]],
    *,
    complete: bool,
) -> Iterator[Problem]:
    """Every disagreement between the files.

    With ``complete`` false some file could not be read; what may come only from that is not reported.
    """
    yield from _repeats(_ids(roadmap, topics))
    for sheet in topics:
        topic = sheet.model
        if not sheet.name.endswith(f"-{topic.id}.yaml"):
            yield sheet.problem(["id"], f"`{topic.id}` is not the id in the file's name (NN-{topic.id}.yaml)")
    if roadmap is None:
        return
    phases = {phase.id: phase for phase in roadmap.model.phases}
    for sheet in topics:
        if sheet.model.phase not in phases:
            known = ", ".join(phases)
            yield sheet.problem(["phase"], f"there is no phase `{sheet.model.phase}`; the phases are {known}")
    yield from _phase_problems(roadmap)
    if complete:
        yield from _population_problems(roadmap, [sheet.model for sheet in topics])


_Use: TypeAlias = "tuple[str, Sheet[Roadmap] | Sheet[Topic], Path]"


def _ids(roadmap: Sheet[Roadmap] | None, topics: Iterable[Sheet[Topic]]) -> Iterator[_Use]:
    """Everything that has to be unique, in words, with the place where it stands."""
    if roadmap is not None:
        for i, phase in enumerate(roadmap.model.phases):
            yield f"the phase id `{phase.id}`", roadmap, ("phases", i, "id")
        for i, course in enumerate(roadmap.model.courses):
            yield f"the resource id `{course.id}`", roadmap, ("courses", i, "id")
    for sheet in topics:
        topic = sheet.model
        yield f"the topic id `{topic.id}`", sheet, ("id",)
        yield f"place {topic.order} of the phase `{topic.phase}`", sheet, ("order",)
        if topic.project:
            yield f"the project `{topic.project.id}`", sheet, ("project", "id")
        for i, resource in enumerate(topic.resources):
            yield f"the resource id `{resource.id}`", sheet, ("resources", i, "id")
        for i, skill in enumerate(topic.skills):
            yield f"the skill id `{skill.id}`", sheet, ("skills", i, "id")


def _repeats(uses: Iterable[_Use]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for what, sheet, path in uses:
        here = f"{sheet.name}:{sheet.marked.line(path)}"
        if what in first:
            yield sheet.problem(path, f"{what} is taken, by {first[what]}")
        else:
            first[what] = here


def _phase_problems(roadmap: Sheet[Roadmap]) -> Iterator[Problem]:
    phases: tuple[Phase, ...] = roadmap.model.phases
    for i, phase in enumerate(phases):
        if phase.number != i + 1:
            yield roadmap.problem(["phases", i, "number"], f"phases are numbered in order; this is {i + 1}")
        if phase.ongoing and (i == 0 or i + 1 < len(phases)):
            yield roadmap.problem(
                ["phases", i, "ongoing"],
                "only the last phase can be ongoing, and one with a duration has to come before it",
            )


def _population_problems(roadmap: Sheet[Roadmap], topics: Sequence[Topic]) -> Iterator[Problem]:
    for i, phase in enumerate(roadmap.model.phases):
        count = sum(1 for topic in topics if topic.phase == phase.id)
        if count == 0:
            yield roadmap.problem(["phases", i], f"no topic is in the phase `{phase.id}`")
        elif phase.duration is not None:
            days = phase.duration.short * _SHORTEST_DAYS[phase.duration.unit]
            if count > days:
                yield roadmap.problem(
                    ["phases", i, "duration"],
                    f"{count} topics do not fit into {days} days: each takes at least one",
                )
    known = {topic.id for topic in topics}
    for i, project in enumerate(roadmap.model.projects):
        if project.topic not in known:
            yield roadmap.problem(["projects", i, "topic"], f"there is no topic `{project.topic}`")


def bank_inconsistencies(topics: Sequence[Topic], banks: Sequence[Sheet[Bank]], *, complete: bool) -> Iterator[Problem]:
    """Questions for a topic or a skill that is not there, and ids that stand twice.

    With ``complete`` false some file could not be read; what may come only from that is not reported.
    """
    skills = {topic.id: {skill.id for skill in topic.skills} for topic in topics}
    places: dict[str, str] = {}
    asked: dict[str, str] = {}
    for sheet in banks:
        bank = sheet.model
        if not sheet.name.endswith(f"-{bank.topic}.yaml"):
            yield sheet.problem(["topic"], f"`{bank.topic}` is not the topic in the file's name (NN-{bank.topic}.yaml)")
        if bank.topic in asked:
            yield sheet.problem(["topic"], f"`{bank.topic}` has its questions in {asked[bank.topic]} already")
        asked.setdefault(bank.topic, sheet.name)
        if bank.topic not in skills:
            if complete:
                yield sheet.problem(["topic"], f"there is no topic `{bank.topic}`")
            continue
        for place, item in enumerate(bank.items):
            if item.skill not in skills[bank.topic]:
                known = ", ".join(sorted(skills[bank.topic]))
                yield sheet.problem(
                    ["items", place, "skill"], f"`{item.skill}` is no skill of the topic; it has {known}"
                )
            if item.id in places:
                yield sheet.problem(["items", place, "id"], f"`{item.id}` stands in {places[item.id]} already")
            places.setdefault(item.id, sheet.name)
