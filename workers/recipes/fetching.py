"""A file of a data set or of pretrained weights: found on disk or downloaded, and checked either way.

The order is that of `DataSources`: the data folder, the operator's mirror, the public addresses. What comes from
anywhere is used only if it has the size and checksum that were written down here beforehand.
"""

import gzip
import hashlib
import io
import os
import shutil
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Literal

from workers.recipes.handle import DatasetMissingError
from workers.recipes.sources import DataSources

TIMEOUT = 15.0
_CHUNK = 1 << 18
_STALE = 24 * 3600  # seconds after which an unpacking folder belongs to nobody any more


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file, and how to know it.

    Attributes:
        name: As it is called at its addresses, e.g. ``train-images-idx3-ubyte.gz``.
        size: Bytes of the contents; of a ``.gz`` with `unpacked`, of what is inside.
        digest: Hexadecimal, of the same.
        algorithm: Which digest it is.
        unpacked: The checked contents are what is inside the ``.gz``, so that a copy that was packed again is as good.
        folders: Where people put it under the data folder and on a mirror, e.g. ``("mnist", "MNIST/raw", ".")``.
        urls: Its public addresses, whole.
        prefix: Only the beginning of the digest is known, as it stands in the names of torchvision's weights, and
            `size` is the most that is read.
    """

    name: str
    size: int
    digest: str
    algorithm: Literal["sha256", "md5"] = "sha256"
    unpacked: bool = False
    folders: tuple[str, ...] = (".",)
    urls: tuple[str, ...] = ()
    prefix: bool = False


class _NotUsableError(Exception):
    """This copy of a file will not do; the next place is asked."""


def contents(file: RemoteFile, title: str, sources: DataSources, say: Callable[[str], None], advice: str) -> bytes:
    """The checked contents of a file, from the first place that has a good copy.

    Args:
        file: What it must be.
        title: What it is for, in words, e.g. ``MNIST``.
        sources: Where to look.
        say: Takes a few words on what is being done.
        advice: What a person can do where it is not to be had.

    Raises:
        DatasetMissingError: No place has it; the sentence says what was tried.
    """
    tried: list[str] = []
    for path in on_disk(file, sources):
        try:
            return _checked(file, path.read_bytes(), title, packed=file.unpacked and path.suffix == ".gz")
        except (_NotUsableError, OSError) as error:
            tried.append(f"{path} {_reason(error)}")
    if not sources.allow_downloads:
        looked = f" Looked at: {'; '.join(tried)}." if tried else ""
        raise DatasetMissingError(
            f"{title} is not on this worker's disk, and downloads are switched off.{looked}", advice
        )
    for url in _addresses(file, sources):
        try:
            return _checked(file, _download(url, file, title, say), title, packed=file.unpacked)
        except (_NotUsableError, OSError, HTTPException) as error:
            tried.append(f"{url} {_reason(error)}")
    if not tried:
        raise DatasetMissingError(f"{title} is not on this worker's disk, and it has no public address.", advice)
    raise DatasetMissingError(f"{title} could not be downloaded: {'; '.join(tried)}.", advice)


def on_disk(file: RemoteFile, sources: DataSources) -> Iterator[Path]:
    """The copies of a file in the data folder, packed or not."""
    if sources.folder is None:
        return
    names = (file.name.removesuffix(".gz"), file.name) if file.unpacked else (file.name,)
    for folder in file.folders:
        for name in names:
            if (path := sources.folder / folder / name).is_file():
                yield path


@contextmanager
def written_once(target: Path) -> Generator[Path]:
    """A path to write a prepared file to, which becomes `target` all at once when the block ends without an error.

    Two workers may do it at the same time, and either may be killed half-way.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left_over in target.parent.glob("unpacking-*"):
        if time.time() - left_over.stat().st_mtime > _STALE:
            shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="unpacking-", dir=target.parent) as folder:
        path = Path(folder) / target.name
        yield path
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        path.replace(target)


def _addresses(file: RemoteFile, sources: DataSources) -> Iterator[str]:
    if sources.mirror:
        base = sources.mirror.rstrip("/")
        for folder in dict.fromkeys((".", *file.folders)):
            yield f"{base}/{file.name}" if folder == "." else f"{base}/{folder}/{file.name}"
    yield from file.urls


def _checked(file: RemoteFile, data: bytes, title: str, *, packed: bool) -> bytes:
    if packed:
        try:
            # One byte more than expected is enough to see that it is too long, and a bomb stays small.
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                data = stream.read(file.size + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise _NotUsableError("is cut off, or no gzip file") from None
    right_size = len(data) <= file.size if file.prefix else len(data) == file.size
    found = hashlib.new(file.algorithm, data, usedforsecurity=False).hexdigest() if right_size else ""
    if not (found and found.startswith(file.digest) and (file.prefix or found == file.digest)):
        raise _NotUsableError(f"is not what {title}'s checksum says")
    return data


def _download(url: str, file: RemoteFile, title: str, say: Callable[[str], None]) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise _NotUsableError("is no http(s) address")
    parts: list[bytes] = []
    received = 0
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 the scheme is checked above
        while part := answer.read(_CHUNK):
            parts.append(part)
            received += len(part)
            say(f"Downloading {title} ({file.name}, {received / 1e6:.1f} MB)")
            if received > file.size + 1_000:
                raise _NotUsableError(f"is longer than {title}'s file")
    return b"".join(parts)


def _reason(error: Exception) -> str:
    match error:
        case _NotUsableError():
            return str(error)
        case urllib.error.HTTPError():
            return f"answered {error.code}"
        case TimeoutError():
            return f"did not answer within {TIMEOUT:.0f} s"
        case urllib.error.URLError():
            return f"cannot be reached ({error.reason})"
        case _:
            return f"cannot be read ({error})"
