"""One thing that is wrong with a content file, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """``str()`` gives ``file:line: sentence``, which editors and terminals turn into a jump."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"
