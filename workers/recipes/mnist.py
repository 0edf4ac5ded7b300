"""MNIST: found on disk or downloaded, checked, unpacked once, and kept as one file of tensors."""

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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from workers.recipes.handle import TrainingError
from workers.recipes.pictures import PictureSet, split
from workers.recipes.sources import DataSources
from workers.recipes.torchvision_shim import import_torchvision

VALIDATION_SHARE = 1 / 30  # 2,000 pictures: enough for a curve, and 58,000 stay to learn from
TIMEOUT = 15.0
_CHUNK = 1 << 18
_STALE = 24 * 3600  # seconds after which an unpacking folder belongs to nobody any more


@dataclass(frozen=True, slots=True)
class IdxFile:
    """One of the four files: its name, and size and sha256 of what is inside the .gz.

    The check is on the contents and not on the archive, so that a copy that was packed again is as good.
    """

    name: str
    size: int
    sha256: str


MNIST_FILES = (
    IdxFile("train-images-idx3-ubyte", 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    IdxFile("train-labels-idx1-ubyte", 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    IdxFile("t10k-images-idx3-ubyte", 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    IdxFile("t10k-labels-idx1-ubyte", 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)


class _NotUsableError(Exception):
    """This copy of a file will not do; the next place is asked."""


def load(
    sources: DataSources,
    say: Callable[[str], None],
    *,
    files: Sequence[IdxFile] = MNIST_FILES,
    public_mirrors: Sequence[str] | None = None,
) -> PictureSet:
    """Loads MNIST from the cache, else from the data folder, else from the network.

    Args:
        sources: Where to look.
        say: Takes a few words on what is being done.
        files: What the four files must be.
        public_mirrors: Base URLs to download from; torchvision's own by default.

    Raises:
        TrainingError: It is not to be had; the sentence says what was tried.
    """
    say("Loading MNIST")
    digest = hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()[:12]
    kept = sources.cache / f"mnist-{digest}.pt"
    if not kept.exists():
        _unpack(kept, sources, say, files, public_mirrors)
    tensors: dict[str, Tensor] = torch.load(kept, weights_only=True)
    return split(
        "MNIST",
        tuple("0123456789"),
        tensors["train_x"],
        tensors["train_y"],
        (tensors["test_x"], tensors["test_y"]),
        validation=VALIDATION_SHARE,
    )


def _unpack(
    kept: Path,
    sources: DataSources,
    say: Callable[[str], None],
    files: Sequence[IdxFile],
    public_mirrors: Sequence[str] | None,
) -> None:
    """Writes `kept`, all at once: two workers may do it at the same time, and either may be killed half-way."""
    sources.cache.mkdir(parents=True, exist_ok=True)
    for left_over in sources.cache.glob("unpacking-mnist-*"):
        if time.time() - left_over.stat().st_mtime > _STALE:
            shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="unpacking-mnist-", dir=sources.cache) as folder:
        raw = Path(folder) / "MNIST" / "raw"  # where torchvision's reader looks
        raw.mkdir(parents=True)
        dataset: Any = import_torchvision().datasets.MNIST
        mirrors = public_mirrors if public_mirrors is not None else dataset.mirrors
        for file in files:
            (raw / file.name).write_bytes(_contents(file, sources, say, mirrors))
        say("Unpacking MNIST")
        train, test = dataset(folder, train=True), dataset(folder, train=False)
        tensors = {"train_x": train.data, "train_y": train.targets, "test_x": test.data, "test_y": test.targets}
        finished = Path(folder) / kept.name
        with finished.open("wb") as stream:
            torch.save(tensors, stream)
            stream.flush()
            os.fsync(stream.fileno())
        finished.replace(kept)


def _contents(file: IdxFile, sources: DataSources, say: Callable[[str], None], public_mirrors: Sequence[str]) -> bytes:
    """The checked contents of one file, from the first place that has a good copy."""
    tried: list[str] = []
    for path in _on_disk(file, sources):
        try:
            return _checked(file, path.read_bytes(), packed=path.suffix == ".gz")
        except (_NotUsableError, OSError) as error:
            tried.append(f"{path} {_reason(error)}")
    if not sources.allow_downloads:
        looked = f" Looked at: {'; '.join(tried)}." if tried else ""
        raise _not_to_be_had(f"MNIST is not on this worker's disk, and downloads are switched off.{looked}")
    mirrors = [sources.mirror] if sources.mirror else []
    for base in (*mirrors, *public_mirrors):
        url = f"{base.rstrip('/')}/{file.name}.gz"
        try:
            return _checked(file, _download(url, file, say), packed=True)
        except (_NotUsableError, OSError, HTTPException) as error:
            tried.append(f"{url} {_reason(error)}")
    raise _not_to_be_had(f"MNIST could not be downloaded: {'; '.join(tried)}.")


def _on_disk(file: IdxFile, sources: DataSources) -> Iterator[Path]:
    """The copies of a file in the data folder, in the layouts of people and of torchvision."""
    if sources.folder is not None:
        for layout in ("mnist", "MNIST/raw", "mnist/MNIST/raw", "MNIST", "."):
            for name in (file.name, f"{file.name}.gz"):
                if (path := sources.folder / layout / name).is_file():
                    yield path


def _checked(file: IdxFile, data: bytes, *, packed: bool) -> bytes:
    if packed:
        try:
            # One byte more than expected is enough to see that it is too long, and a bomb stays small.
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                data = stream.read(file.size + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise _NotUsableError("is cut off, or no gzip file") from None
    if len(data) != file.size or hashlib.sha256(data).hexdigest() != file.sha256:
        raise _NotUsableError("is not what MNIST's checksum says")
    return data


def _download(url: str, file: IdxFile, say: Callable[[str], None]) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise _NotUsableError("is no http(s) address")
    parts: list[bytes] = []
    received = 0
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 the scheme is checked above
        while part := answer.read(_CHUNK):
            parts.append(part)
            received += len(part)
            say(f"Downloading MNIST ({file.name}, {received / 1e6:.1f} MB)")
            if received > file.size + 1_000:
                raise _NotUsableError("is longer than MNIST's file")
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


def _not_to_be_had(sentence: str) -> TrainingError:
    return TrainingError(
        sentence,
        "Try dataset:digits, which is built in; the operator of this bot can put the files under DATA_DIR/mnist.",
    )
