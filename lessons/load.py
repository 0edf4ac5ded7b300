"""Reads the content files and finds everything that is wrong with them in one go."""

import hashlib
import importlib.resources
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lessons.consistency import M, Sheet, bank_inconsistencies, inconsistencies
from lessons.curriculum import Curriculum
from lessons.errors import PersonError
from lessons.marked_yaml import YamlProblemError, read_yaml
from lessons.model import Duration, Phase, Project, RealWorldProject, Resource, Roadmap, Skill, Tip, Topic
from lessons.problem import Problem
from lessons.questions.bank import Bank, BankItem, WrongAnswer

_NESTED: Final[dict[str, type[BaseModel]]] = {
    "resources": Resource,
    "courses": Resource,
    "project": Project,
    "skills": Skill,
    "phases": Phase,
    "duration": Duration,
    "tips": Tip,
    "projects": RealWorldProject,
    "items": BankItem,
    "wrong": WrongAnswer,
}
"""Which model stands under which key, to name the keys that it knows."""


class ContentError(PersonError):
    """The content cannot be used. ``problems`` holds all of them; the sentence has one a line."""

    def __init__(self, folder: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "\n".join(str(problem) for problem in problems)
        super().__init__(f"The lessons in {folder} have {count}:\n{lines}")


@dataclass(frozen=True)
class Check:
    """What ``check`` found: either a curriculum or problems."""

    folder: str
    problems: tuple[Problem, ...]
    curriculum: Curriculum | None

    @property
    def summary(self) -> str:
        """One line: what there is, or how much is wrong."""
        if self.curriculum is None:
            count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
            return f"{count} in {self.folder}"
        topics = self.curriculum.topics
        resources = list(self.curriculum.resources())
        replaced = len({r.original for _, r in resources if r.original is not None})
        return (
            f"{len(topics)} topics in {len(self.curriculum.phases)} phases, "
            f"{sum(1 for t in topics if t.project)} projects, {len(resources)} links "
            f"({replaced} of the roadmap's replaced), {sum(len(t.skills) for t in topics)} skills, "
            f"{sum(len(bank.items) for bank in self.curriculum.banks)} questions. "
            f"Version {self.curriculum.version}: all good."
        )


def load_curriculum(folder: Path | None = None) -> Curriculum:
    """The curriculum in ``folder``, or the one that comes with the package.

    Raises:
        ContentError: with every problem of every file, each as ``file:line: sentence``.
    """
    result = check(folder)
    if result.curriculum is None:
        raise ContentError(result.folder, result.problems)
    return result.curriculum


def check(folder: Path | None = None) -> Check:
    """Reads the same files as ``load_curriculum``; raises nothing for what is wrong in them."""
    root = importlib.resources.files("lessons") / "content" if folder is None else folder
    problems: list[Problem] = []
    roadmap = _read(root / "roadmap.yaml", "roadmap.yaml", Roadmap, problems)
    topics: list[Sheet[Topic]] = []
    if not (root / "topics").is_dir():
        problems.append(Problem("topics", 1, "this folder is missing; it holds one file for each topic"))
    for name, file in _yaml_files(root, "topics", problems):
        sheet = _read(file, name, Topic, problems)
        if sheet is not None:
            topics.append(sheet)
    banks: list[Sheet[Bank]] = []
    for name, file in _yaml_files(root, "questions", problems):
        bank = _read(file, name, Bank, problems)
        if bank is not None:
            banks.append(bank)
    complete = not problems
    problems.extend(inconsistencies(roadmap, topics, complete=complete))
    problems.extend(bank_inconsistencies([sheet.model for sheet in topics], banks, complete=complete))
    if problems or roadmap is None:
        return Check(str(root), tuple(sorted(set(problems))), None)
    numbers = {phase.id: phase.number for phase in roadmap.model.phases}
    ordered = tuple(sorted((s.model for s in topics), key=lambda t: (numbers[t.phase], t.order)))
    places = {topic.id: place for place, topic in enumerate(ordered)}
    asked = tuple(sorted((sheet.model for sheet in banks), key=lambda bank: places[bank.topic]))
    return Check(str(root), (), Curriculum(roadmap.model, ordered, _version(roadmap.model, ordered, asked), asked))


def _yaml_files(root: Traversable, kind: str, problems: list[Problem]) -> Iterator[tuple[str, Traversable]]:
    """The files of one folder, which may be missing."""
    folder = root / kind
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.startswith(".") or file.is_dir():
            continue
        if file.name.endswith(".yaml"):
            yield f"{kind}/{file.name}", file
        elif file.name.endswith(".yml"):
            problems.append(Problem(f"{kind}/{file.name}", 1, "only names that end in .yaml are read"))


def _read(file: Traversable, name: str, model: type[M], problems: list[Problem]) -> Sheet[M] | None:
    try:
        marked = read_yaml(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        problems.append(Problem(name, 1, "this file is missing"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, "this is not UTF-8 text; save the file with that encoding"))
    except OSError as error:
        problems.append(Problem(name, 1, f"this file cannot be read: {error.strerror or error}"))
    except YamlProblemError as problem:
        problems.append(Problem(name, problem.line, problem.sentence))
    else:
        try:
            return Sheet(name, marked, model.model_validate(marked.data))
        except ValidationError as error:
            details = error.errors(include_url=False)
            problems.extend(Problem(name, marked.line(d["loc"]), _sentence(model, d)) for d in details)
    return None


def _sentence(model: type[BaseModel], error: ErrorDetails) -> str:
    """What pydantic found, in words for someone who edits YAML."""
    path = error["loc"]
    steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    where = "".join(steps).removeprefix(".")
    message = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "missing":
            return f"`{where}` is missing"
        case "extra_forbidden":
            named = [step for step in path[:-1] if isinstance(step, str)]
            known = (_NESTED[named[-1]] if named else model).model_fields
            close = get_close_matches(str(path[-1]), known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"the keys here are {', '.join(known)}"
            return f"`{where}` is not a key of ours; {hint}"
        case "value_error":
            return f"`{where}` {message}" if where else f"this {message}"
        case "string_too_long" | "string_too_short":
            return f"`{where}` has {len(str(error['input']).strip())} characters: {_lower(message)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{f'`{where}`' if where else 'this file'} should be a block of `key: value` lines"
        case _:
            return f"`{where}`: {_lower(message)}, and this is {_short(error['input'])}"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _version(roadmap: Roadmap, topics: Sequence[Topic], banks: Sequence[Bank]) -> str:
    digest = hashlib.sha256(roadmap.model_dump_json().encode())
    for topic in topics:
        digest.update(topic.model_dump_json().encode())
    for bank in banks:
        digest.update(bank.model_dump_json().encode())
    return digest.hexdigest()[:12]
