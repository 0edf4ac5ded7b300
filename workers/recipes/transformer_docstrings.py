"""Real text that every worker has: the docstrings of its installed packages, labelled by package.

The question is harder than it looks: whose words are these? A package's own names are masked, code is cut out, and
no module and no near copy of a docstring stands on both sides of a split. The sources are parsed, never imported.
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from workers.recipes.fetching import written_once
from workers.recipes.handle import TrainingError
from workers.recipes.transformer_data import Labelled, TextSet, tokens_of

A_CLASS = 480
"""Docstrings of each package; fewer where the smallest of them has fewer."""
FEWEST = 100
"""A package with fewer is left out."""
A_MODULE = 12
"""Docstrings taken from one file, so that one style does not stand for a package."""
WORDS_LEAST, WORDS_MOST = 8, 48
LARGEST_FILE = 400_000
RUN = 6
"""A run of this many words that two docstrings share makes them near copies."""
MASK = "_"
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
_FORMAT = 1  # of the kept file: raised with every change in what is gathered
_PARTS: tuple[str, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Package:
    """One class: a package, its distribution on PyPI, and the names by which it speaks of itself."""

    name: str
    distribution: str
    own_names: tuple[str, ...]


PACKAGES = (
    Package("torch", "torch", ("torch", "pytorch", "aten", "caffe2", "torchscript")),
    Package("numpy", "numpy", ("numpy", "np", "ndarray", "ndarrays", "num")),
    Package("scipy", "scipy", ("scipy", "sp")),
    Package("sklearn", "scikit-learn", ("sklearn", "scikit", "scikits", "learn")),
    Package("matplotlib", "matplotlib", ("matplotlib", "mpl", "plt", "pyplot", "matlab", "pylab")),
    Package("sqlalchemy", "SQLAlchemy", ("sqlalchemy", "alchemy")),
    Package("stdlib", "", ("python", "stdlib", "cpython")),
)
_PACKAGE = {package.name: package for package in PACKAGES}
_MASKED = frozenset(name for package in PACKAGES for name in package.own_names) | {package.name for package in PACKAGES}
_CODE_LINE = re.compile(r"^\s*(?:>>>|\.\.\.|\.\. |:\w+.*:|[-=~^*+]{3,}|\||@)")
_TESTS = {"test", "tests", "testing", "_testing", "idlelib", "site-packages", "lib2to3", "__pycache__", "turtledemo"}


@dataclass(frozen=True, slots=True)
class Docstring:
    """A cleaned docstring and the file that it stands in."""

    text: str
    module: str


def load(cache: Path | None = None, *, a_class: int = A_CLASS) -> TextSet:
    """The docstrings of the packages that are here, balanced and split without leaks.

    The same for the same versions and the same kind of install.

    Args:
        cache: A folder to keep what was gathered in; gathering takes seconds.
        a_class: Docstrings of each package, at most.

    Raises:
        TrainingError: Fewer than two packages can be read.
    """
    here = [package for package in PACKAGES if _root(package) is not None]
    kept = kept_file(cache, a_class) if cache is not None else None
    if kept is not None and kept.is_file():
        found = {
            package: [Docstring(*each) for each in texts]
            for package, texts in ((_PACKAGE[name], texts) for name, texts in json.loads(kept.read_text()).items())
        }
    else:
        gathered = ((package, _gathered(root, a_class)) for package in here if (root := _root(package)) is not None)
        found = {package: texts for package, texts in gathered if len(texts) >= min(FEWEST, a_class)}
        if kept is not None:
            with written_once(kept) as path:
                path.write_text(
                    json.dumps({p.name: [(each.text, each.module) for each in texts] for p, texts in found.items()})
                )
    if len(found) < 2:
        raise TrainingError(
            "This worker's packages come without their sources, so there are no docstrings to learn from.",
            "Try dataset:sst2.",
        )
    parts = _split(found, a_class)
    classes = tuple(package.name for package in found)
    return TextSet(
        "Docstrings of installed packages",
        classes,
        *(_labelled(parts[name], classes) for name in _PARTS),
        about=", ".join(_version(package) for package in found),
        unit="docstrings",
    )


def kept_file(cache: Path, a_class: int = A_CLASS) -> Path:
    """Where what was gathered is kept, for the versions that are here."""
    here = [_version(package) for package in PACKAGES if _root(package) is not None]
    key = hashlib.sha256(f"{_FORMAT} {a_class} {here}".encode()).hexdigest()[:12]
    return cache / f"docstrings-{key}.json"


def cleaned(docstring: str) -> str:
    """The first words of its prose in lower case: no code, no directives, the packages' own names masked."""
    prose = "\n".join(line for line in docstring.splitlines() if not _CODE_LINE.match(line))
    prose = re.sub(r"(?::[\w:]+:)?``?[^`\n]*``?|https?://\S+", f" {MASK} ", prose)
    words: list[str] = []
    for token in tokens_of(prose, WORDS_MOST):
        own = token in _MASKED or any(name in token for name in _MASKED if len(name) > 4)
        word = MASK if own or set(token) == {"_"} else "0" if token.isdigit() else token
        if word != MASK or words[-1:] != [MASK]:
            words.append(word)
    return " ".join(words)


def runs_of(text: str) -> set[str]:
    """All runs of `RUN` words of a text, by which near copies are found."""
    words = [word for word in text.split() if word[:1].isalnum()]
    return {" ".join(words[start : start + RUN]) for start in range(max(1, len(words) - RUN + 1))}


def _root(package: Package) -> Path | None:
    """The folder of its sources, found without importing it."""
    if package.name == "stdlib":
        return Path(sysconfig.get_paths()["stdlib"])
    spec = importlib.util.find_spec(package.name)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(places))) if places else None


def _gathered(root: Path, a_class: int) -> list[Docstring]:
    """Cleaned docstrings of a package, from its files in an order of their own, until there are enough."""
    files: list[Path] = []
    for folder, inside, names in os.walk(root):
        inside[:] = [name for name in inside if name not in _TESTS]
        files += [Path(folder, name) for name in names if name.endswith(".py") and not name.startswith("test_")]
    taken: list[Docstring] = []
    seen: set[str] = set()
    for path in sorted(files, key=lambda path: _order(path.relative_to(root).as_posix())):
        module = path.relative_to(root).as_posix()
        here = 0
        for raw in _docstrings(path):
            text = cleaned(raw)
            runs = runs_of(text)
            if sum(word[0].isalnum() for word in text.split()) < WORDS_LEAST or runs & seen:
                continue  # too short, or a near copy of one that is here already
            seen |= runs
            taken.append(Docstring(text, module))
            here += 1
            if here == A_MODULE:
                break
        if len(taken) >= a_class * 1.3:  # some will go: near copies in other packages
            break
    return taken


def _docstrings(path: Path) -> Iterator[str]:
    """The docstrings of a file: of the module, its classes and its functions."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return  # a file of another Python or encoding: there are others
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            text := ast.get_docstring(node)
        ):
            yield text


def _split(found: dict[Package, list[Docstring]], most: int) -> dict[str, list[tuple[str, str]]]:
    """(text, class) by part: whole modules go to one part, near copies across packages go out, classes are equal."""
    seen: dict[str, str] = {}
    usable: dict[str, list[Docstring]] = {}
    for package, docstrings in found.items():
        kept: list[Docstring] = []
        for docstring in docstrings:
            runs = runs_of(docstring.text)
            if not any(run in seen for run in runs):
                kept.append(docstring)
                seen.update(dict.fromkeys(runs, package.name))
        usable[package.name] = kept
    a_class = min(most, *(len(kept) for kept in usable.values()))
    wanted = {"test": round(TEST_SHARE * a_class), "validation": round(VALIDATION_SHARE * a_class)}
    wanted["train"] = a_class - sum(wanted.values())
    shares = [(name, _by_module(kept, wanted)) for name, kept in usable.items()]
    # What a module has above what its part still takes is left out, of one package more than of another.
    sizes = {part: min(len(share[part]) for _, share in shares) for part in _PARTS}
    return {part: [(text, name) for name, share in shares for text in share[part][: sizes[part]]] for part in _PARTS}


def _by_module(kept: list[Docstring], wanted: dict[str, int]) -> dict[str, list[str]]:
    """A package's texts by part, each module whole in one of them; a module's docstrings follow one another."""
    share: dict[str, list[str]] = {part: [] for part in _PARTS}
    part, module = "test", ""
    for docstring in kept:
        if docstring.module != module:
            module = docstring.module
            part = next((each for each in ("test", "validation") if len(share[each]) < wanted[each]), "train")
        if len(share[part]) < wanted[part]:
            share[part].append(docstring.text)
    return share


def _labelled(texts: list[tuple[str, str]], classes: tuple[str, ...]) -> Labelled:
    ordered = sorted(texts, key=lambda each: _order(each[0]))
    return Labelled(
        tuple(text for text, _ in ordered),
        torch.tensor([classes.index(name) for _, name in ordered], dtype=torch.int64),
    )


def _order(text: str) -> str:
    """A fixed order that has nothing to do with the alphabet."""
    return hashlib.sha256(text.encode()).hexdigest()


def _version(package: Package) -> str:
    if not package.distribution:
        return f"Python {platform.python_version()}"
    try:
        return f"{package.name} {importlib.metadata.version(package.distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return package.name
