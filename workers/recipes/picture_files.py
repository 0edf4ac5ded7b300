"""Which files of a member's zip, or of a folder, are pictures of which class.

Nothing of a zip is written to disk, so that its paths are names and no more. Layouts that are understood, with any
number of folders around them that all pictures share::

    cats/1.jpg  dogs/2.jpg                     a folder a class; folders within it belong to it
    train/cats/1.jpg  val/cats/2.jpg           the same in parts; pictures of val and test are marked as held out
"""

import io
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from lessons.errors import PersonError
from workers.recipes.decoding import PictureError

SUFFIXES: Final = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm")
)
"""Files with these names tell where the class folders are; files with others are tried as well."""
NAME_MAX: Final = 60
"""Characters of a name that a sentence shows."""
_JUNK = frozenset(("thumbs.db", "desktop.ini", "__macosx"))
_TRAINING = frozenset(("train", "training"))
_HELD_OUT = frozenset(("val", "valid", "validation", "test", "testing", "eval"))
_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_~|<>#[]()@:-"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken; outside of it a sentence says so."""

    pictures: tuple[int, int] = (10, 5000)
    """Fewest and most, counted by files."""
    classes: int = 100
    per_class: int = 4
    """A class with fewer pictures is left out, and mentioned."""
    file_bytes: int = 50 * 2**20
    """Of one picture, unpacked."""
    total_bytes: int = 2**30
    """Of all of them, unpacked."""
    files: int = 50_000
    """Entries of the archive, of whatever kind."""


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Skipped:
    """One file that was left out. `why` goes on after its name, e.g. ``is cut off or damaged``."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file that may be a picture: its path in parts, and how to read it."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        """The path as people write it."""
        return "/".join(self.parts)

    @property
    def looks_like_picture(self) -> bool:
        """Whether its suffix is that of a picture."""
        return PurePosixPath(self.parts[-1]).suffix.lower() in SUFFIXES


@dataclass(frozen=True, slots=True)
class ClassedFile:
    """A file whose class is known."""

    file: PictureFile
    label: int
    held_out: bool


def in_markdown(name: str) -> str:
    """A class or file name that a person chose, so that it reads the same in a chat."""
    return name.translate(_MARKDOWN)


def open_zip(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The opened zip. Raises PersonError for anything else."""
    if not data:
        raise PersonError("Your file is empty. Send a zip with one folder of pictures a class.")
    if data.count(b"PK\x01\x02") > limits.files:  # an entry of the directory each; counted before it is parsed
        raise _too_many_files(limits)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, OverflowError):
        raise PersonError(_not_a_zip(data)) from None
    if len(archive.infolist()) > limits.files:
        raise _too_many_files(limits)
    return archive


def _too_many_files(limits: Limits) -> PersonError:
    return PersonError(
        f"Your zip holds more than {limits.files:,} files. Up to {limits.pictures[1]:,} pictures can be taken."
    )


def _not_a_zip(data: bytes) -> str:
    wanted = "Send a .zip with one folder of pictures a class."
    if data.startswith(b"PK"):
        return "Your zip is cut off or damaged: it could not be opened. Pack it again, and try once more."
    kinds = (
        (b"Rar!", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ", "an xz archive"),
        (b"\xff\xd8\xff", "a single picture"),
        (b"\x89PNG", "a single picture"),
        (b"GIF8", "a single picture"),
        (b"%PDF", "a PDF"),
    )
    found = next((kind for start, kind in kinds if data.startswith(start)), None)
    if found is None and data[257:262] == b"ustar":
        found = "a tar archive"
    return f"Your file is {found}, not a zip. {wanted}" if found else f"Your file is not a zip. {wanted}"


def zipped_files(archive: zipfile.ZipFile, limits: Limits) -> tuple[list[PictureFile], list[Skipped]]:
    """What may be a picture. Raises PersonError for an encrypted archive and for one that unpacks too large."""
    files: list[PictureFile] = []
    skipped: list[Skipped] = []
    total = 0
    seen: set[tuple[str, ...]] = set()
    for info in archive.infolist():
        path = info.filename.replace("\\", "/")
        if path.endswith("/"):
            continue
        parts = tuple(_clean(part) for part in path.split("/") if part not in {"", "."})
        if not parts or _junk(parts):
            continue
        shown = "/".join(parts)
        if ".." in parts or path.startswith("/") or parts[0].endswith(":"):
            skipped.append(Skipped(shown, "its path points out of the zip"))
        elif stat.S_ISLNK(info.external_attr >> 16):
            skipped.append(Skipped(shown, "it is a link, not a file"))
        elif parts in seen:
            skipped.append(Skipped(shown, "the zip holds this name twice; the first is taken"))
        elif info.flag_bits & 1:
            raise PersonError("Your zip is encrypted. Pack it again without a password.")
        elif info.file_size > limits.file_bytes:
            skipped.append(Skipped(shown, f"it is larger than {limits.file_bytes / 2**20:,.0f} MiB"))
        else:
            seen.add(parts)
            total += info.file_size
            files.append(PictureFile(parts, _reader(archive, info)))
    if total > limits.total_bytes:
        raise PersonError(
            f"Your zip unpacks to {total / 2**30:,.1f} GiB; up to {limits.total_bytes / 2**30:,.1f} GiB can be taken. "
            "Scale the pictures down: 512 pixels a side are plenty."
        )
    return files, skipped


def files_below(folder: Path) -> list[PictureFile]:
    """The pictures in a folder on disk, by their suffixes."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix.lower() in SUFFIXES]
    return [PictureFile(parts, path.read_bytes) for path in paths if not _junk(parts := path.relative_to(folder).parts)]


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    """Reads one entry; never more than its declared size, which has been checked."""

    def read() -> bytes:
        try:
            with archive.open(info) as stream:
                return stream.read(info.file_size + 1)
        except NotImplementedError:
            raise PictureError("is packed by a method that can't be read; choose Deflate") from None
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 each unpacker has errors of its own for wrong bytes
            raise PictureError("is damaged within the zip") from None

    return read


def _clean(part: str) -> str:
    """A name as people see it: composed letters, no control characters, single spaces, of a bounded length."""
    composed = unicodedata.normalize("NFC", part)
    seen = "".join(letter if letter.isprintable() else " " for letter in composed)
    return " ".join(seen.split())[:200] or "?"


def _junk(parts: tuple[str, ...]) -> bool:
    """What operating systems leave behind; nobody needs to hear of it."""
    return any(part.startswith(".") and part != ".." for part in parts) or any(part.lower() in _JUNK for part in parts)


def in_classes(
    files: list[PictureFile], skipped: list[Skipped], limits: Limits
) -> tuple[tuple[str, ...], list[ClassedFile]]:
    """Class names, and the class of each file. Raises PersonError where there are no classes to tell apart."""
    pictures = [file for file in files if file.looks_like_picture] or files
    if not pictures:
        raise PersonError("There is no picture in your zip. It needs one folder of pictures a class.")
    fewest, most = limits.pictures
    if len(pictures) > most:
        raise PersonError(f"Your zip holds {len(pictures):,} pictures; up to {most:,} can be taken. Leave some out.")
    depth = _depth([file.parts for file in pictures])
    tops = {file.parts[depth].casefold() for file in pictures if len(file.parts) > depth + 1}
    in_parts = bool(tops & _TRAINING) and tops <= _TRAINING | _HELD_OUT
    place = depth + in_parts
    loose = [file for file in files if len(file.parts) <= place + 1]
    skipped.extend(Skipped(file.name, "it lies in no class folder") for file in loose)
    inside = [file for file in files if len(file.parts) > place + 1]
    # of a class are the folders that hold something that looks like a picture
    folders = sorted({file.parts[place] for file in pictures if len(file.parts) > place + 1})
    _check_folders(folders, limits)
    if len(pictures) < fewest:
        raise PersonError(f"Your zip holds {len(pictures)} pictures; at least {fewest} are needed.")
    labels = {folder: label for label, folder in enumerate(folders)}
    skipped.extend(
        Skipped(file.name, "its folder holds no pictures") for file in inside if file.parts[place] not in labels
    )
    return tuple(folders), [
        ClassedFile(file, labels[file.parts[place]], in_parts and file.parts[depth].casefold() in _HELD_OUT)
        for file in sorted(inside, key=lambda each: each.parts)
        if file.parts[place] in labels
    ]


def _depth(paths: list[tuple[str, ...]]) -> int:
    """How many folders all pictures share that are no class: the class folders, or parts, lie below them."""
    depth = 0
    while True:
        below = [parts for parts in paths if len(parts) > depth + 1]
        shared = {parts[depth] for parts in below}
        if len(shared) != 1 or not any(len(parts) > depth + 2 for parts in below):
            return depth
        depth += 1


def _check_folders(folders: Sequence[str], limits: Limits) -> None:
    """Raises PersonError unless there are two to `limits.classes` class folders with names of their own."""
    by_name: dict[str, str] = {}
    for folder in folders:
        if (other := by_name.setdefault(folder.casefold(), folder)) != folder:
            raise PersonError(
                f"Your zip has the class folders {_quoted(other)} and {_quoted(folder)}, which differ only in capital "
                "letters. Join them, or rename one."
            )
    match len(folders):
        case 0:
            raise PersonError("The pictures in your zip lie in no folder. Put them into one folder a class.")
        case 1:
            raise PersonError(
                f"Your zip has one class folder only, {_quoted(folders[0])}. Telling apart needs two or more."
            )
        case count if count > limits.classes:
            raise PersonError(f"Your zip has {count:,} class folders; up to {limits.classes} classes can be taken.")
        case _:
            pass


def _quoted(name: str) -> str:
    return f"“{in_markdown(name[:NAME_MAX])}”"
