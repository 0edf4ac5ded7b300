"""The newest good curriculum of a folder that is edited while it is served."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from lessons.curriculum import Curriculum
from lessons.load import check, load_curriculum
from lessons.problem import Problem

_Fingerprint: TypeAlias = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The same content as before."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Other content, and good."""

    before: Curriculum
    after: Curriculum

    @property
    def summary(self) -> str:
        """What is new and what is gone, by ids: one line for the log."""
        parts: list[str] = []
        for what, old, new in (
            ("topics", _topics(self.before), _topics(self.after)),
            ("skills", _skills(self.before), _skills(self.after)),
            ("questions", _items(self.before), _items(self.after)),
        ):
            if added := sorted(new - old):
                parts.append(f"new {what}: {', '.join(added)}")
            if gone := sorted(old - new):
                parts.append(f"{what} gone (what members did there is kept): {', '.join(gone)}")
        return "; ".join(parts) or "texts only"


@dataclass(frozen=True, slots=True)
class Broken:
    """Something is wrong with the files, so the last good content stays."""

    problems: tuple[Problem, ...]


Look: TypeAlias = Unchanged | Reloaded | Broken


class LatestCurriculum:
    """The curriculum of a folder, or the one that comes with the package, which never changes.

    Raises:
        ContentError: the content is wrong at the start, when there is no good one yet.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._seen = _fingerprint(folder)
        self.current = load_curriculum(folder)

    def look(self) -> Look:
        """Look at the files; reads them only if one has changed since, and says `Broken` once for each such change."""
        if self._folder is None or (now := _fingerprint(self._folder)) == self._seen:
            return Unchanged()
        self._seen = now
        result = check(self._folder)
        if result.curriculum is None:
            return Broken(result.problems)
        before, self.current = self.current, result.curriculum
        return Unchanged() if before.version == self.current.version else Reloaded(before, self.current)


def _fingerprint(folder: Path | None) -> _Fingerprint:
    """Names, times and sizes of the content files; of a folder that is gone, none."""
    if folder is None:
        return ()
    found: list[tuple[str, int, int, int]] = []
    # Also names that end in .yml, which are a problem while they are there.
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            about = path.stat()
        except OSError:  # renamed by an editor between listing and looking
            continue
        found.append((str(path), about.st_mtime_ns, about.st_ctime_ns, about.st_size))
    return tuple(found)


def _topics(curriculum: Curriculum) -> set[str]:
    return {topic.id for topic in curriculum.topics}


def _skills(curriculum: Curriculum) -> set[str]:
    return {skill.id for topic in curriculum.topics for skill in topic.skills}


def _items(curriculum: Curriculum) -> set[str]:
    return {item.id for bank in curriculum.banks for item in bank.items}
