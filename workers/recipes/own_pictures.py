"""Pictures in one folder a class, from a member's zip or from a folder on disk, as tensors.

What cannot be used as a whole gives one sentence, before any picture is decoded where that can be known
(`picture_files`); single files that cannot be used are left out, and the result says which and why.
"""

import hashlib
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from lessons.errors import PersonError
from workers.recipes.decoding import PictureError, decode, square
from workers.recipes.device import usable_cores
from workers.recipes.picture_files import (
    NAME_MAX,
    ClassedFile,
    Limits,
    PictureFile,
    Skipped,
    files_below,
    in_classes,
    in_markdown,
    open_zip,
    zipped_files,
)

__all__ = ["LIMITS", "Limits", "OwnPictures", "Skipped", "from_folder", "from_zip", "in_markdown", "skipped_in_words"]

LIMITS: Final = Limits()
_SMALLEST = 4  # pixels of the shorter side below which there is nothing to see


@dataclass(frozen=True, slots=True)
class OwnPictures:
    """Decoded pictures, in the order of their names.

    Attributes:
        classes: Folder names, sorted; at least two.
        pictures: ``uint8[N, 3, side, side]``, RGB.
        labels: ``int64[N]``, indices into `classes`.
        held_out: ``bool[N]``: true for pictures of the archive's own val or test folder.
        names: Path of each file, below the folders that all share.
        digests: SHA-256 of each file: equal ones are the same file twice, which must not lie in two parts of a split.
        skipped: What was left out.
    """

    classes: tuple[str, ...]
    pictures: Tensor
    labels: Tensor
    held_out: Tensor
    names: tuple[str, ...]
    digests: tuple[bytes, ...]
    skipped: tuple[Skipped, ...]

    def skipped_in_words(self, *, most: int = 3) -> str:
        """One sentence on what was left out, with a few names for each reason; empty when nothing was.

        The names are escaped for Markdown.
        """
        return skipped_in_words(self.skipped, most=most)


def from_zip(
    data: bytes, side: int, say: Callable[[str], None] = lambda _: None, *, limits: Limits = LIMITS
) -> OwnPictures:
    """The pictures of a zip that holds one folder a class.

    Args:
        data: The archive; nothing about it is trusted.
        side: Pixels of the squares: the middle of each picture, scaled by its shortest side.
        say: Takes a few words on what is being done; what it raises ends the reading.
        limits: What is taken.

    Raises:
        PersonError: The archive cannot be used; the sentence says why and what to do.
    """
    with open_zip(data, limits) as archive:
        files, skipped = zipped_files(archive, limits)
        return _read(files, skipped, side, say, limits)


def from_folder(
    folder: Path, side: int, say: Callable[[str], None] = lambda _: None, *, limits: Limits = LIMITS
) -> OwnPictures:
    """The same from a folder on disk. Raises PersonError like `from_zip`."""
    return _read(files_below(folder), [], side, say, limits)


def skipped_in_words(skipped: Sequence[Skipped], *, most: int = 3) -> str:
    """See `OwnPictures.skipped_in_words`."""
    reasons: dict[str, list[str]] = {}
    for each in skipped:
        reasons.setdefault(each.why, []).append(each.name)
    told = []
    for why, names in sorted(reasons.items(), key=lambda item: -len(item[1]))[:most]:
        shown = ", ".join(
            in_markdown(name if len(name) <= NAME_MAX else f"…{name[-NAME_MAX:]}") for name in names[:most]
        )
        more = f" and {len(names) - most:,} more" if len(names) > most else ""
        told.append(f"{shown}{more}: {why}")
    if not told:
        return ""
    count = len(skipped)
    others = f"; and {len(reasons) - most} more reasons" if len(reasons) > most else ""
    return f"Left out {count:,} {'file' if count == 1 else 'files'}: {'; '.join(told)}{others}."


def _read(
    files: list[PictureFile], skipped: list[Skipped], side: int, say: Callable[[str], None], limits: Limits
) -> OwnPictures:
    classes, found = in_classes(files, skipped, limits)
    pictures = torch.empty((len(found), 3, side, side), dtype=torch.uint8)
    read: list[ClassedFile] = []
    digests: list[bytes] = []

    def decoded(each: ClassedFile) -> tuple[np.ndarray, bytes] | PictureError:
        return _square(each.file, side)

    pool = ThreadPoolExecutor(usable_cores())  # Pillow lets go of the interpreter while it decodes
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of broken EXIF and odd palettes
            for count, (each, outcome) in enumerate(zip(found, pool.map(decoded, found), strict=True)):
                if count % 25 == 0:
                    say(f"Reading the pictures ({count:,} of {len(found):,})")
                match outcome:
                    case PictureError():
                        skipped.append(Skipped(each.file.name, f"it {outcome.reason}"))
                    case (pixels, digest):
                        pictures[len(read)] = torch.from_numpy(pixels)
                        read.append(each)
                        digests.append(digest)
    finally:
        pool.shutdown(cancel_futures=True)
    return _together(classes, read, pictures[: len(read)], digests, skipped, limits)


def _square(file: PictureFile, side: int) -> tuple[np.ndarray, bytes] | PictureError:
    """``uint8[3, side, side]`` and the digest of the file; the error of one that is no picture."""
    try:
        data = file.read()
        picture = decode(data, side=side)
    except PictureError as error:
        return error
    if min(picture.size) < _SMALLEST:
        return PictureError(f"is only {picture.width} × {picture.height} pixels")
    pixels = np.asarray(square(picture, side)).transpose(2, 0, 1)
    return np.ascontiguousarray(pixels), hashlib.sha256(data).digest()


def _together(
    classes: tuple[str, ...],
    read: list[ClassedFile],
    pictures: Tensor,
    digests: list[bytes],
    skipped: list[Skipped],
    limits: Limits,
) -> OwnPictures:
    """All that was read, less the classes with too few pictures. Raises PersonError if hardly any stay."""
    counts = Counter(each.label for each in read)
    kept = [label for label in range(len(classes)) if counts[label] >= limits.per_class]
    if len(kept) < 2:
        fewest = min(counts[label] for label in range(len(classes)))
        said = (
            f"Telling apart needs two classes with at least {limits.per_class} readable pictures each; "
            f"the smallest of yours has {fewest}."
        )
        raise PersonError(f"{said} {skipped_in_words(skipped)}".rstrip())
    rows = [row for row, each in enumerate(read) if each.label in kept]
    if len(rows) < limits.pictures[0]:
        said = f"Only {len(rows)} of your pictures can be used; at least {limits.pictures[0]} are needed."
        raise PersonError(f"{said} {skipped_in_words(skipped)}".rstrip())
    skipped += [
        Skipped(name, f"a class of fewer than {limits.per_class} readable pictures")
        for label, name in enumerate(classes)
        if label not in kept
    ]
    place = {label: place for place, label in enumerate(kept)}
    return OwnPictures(
        classes=tuple(classes[label] for label in kept),
        pictures=pictures if len(rows) == len(read) else pictures[rows],
        labels=torch.tensor([place[read[row].label] for row in rows]),
        held_out=torch.tensor([read[row].held_out for row in rows]),
        names=tuple(read[row].file.name for row in rows),
        digests=tuple(digests[row] for row in rows),
        skipped=tuple(skipped),
    )
