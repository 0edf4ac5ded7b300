"""CIFAR-10: 60,000 colour pictures of 32×32 pixels in ten classes (Krizhevsky 2009), or a lossy copy of it.

The copy holds the same pictures as JPEG files of quality 75. It is a data set of its own here and not a stand-in
under the same name: JPEG takes away detail that a network uses, so its figures cannot be held against published ones.
"""

import hashlib
import io
import pickle
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from workers.recipes.fetching import RemoteFile, contents, written_once
from workers.recipes.pictures import PictureSet, split
from workers.recipes.sources import DataSources

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIDE = 32
VALIDATION_SHARE = 1 / 25  # 2,000 pictures: enough for a curve, and 48,000 stay to learn from
CIFAR_FILE = RemoteFile(
    "cifar-10-python.tar.gz",
    170_498_071,
    "c58f30108f718f92721af3b95e74349a",  # torchvision's CIFAR10.tgz_md5
    "md5",
    folders=("cifar10", "cifar-10", "CIFAR10", "."),
    urls=("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
)
JPEG_FILES = (
    RemoteFile(
        "train.bin",
        15_041_886,
        "ccd19b1171ff1714378b6eb466bd4c048161336c049e4dfb53a145caf20f71ce",
        folders=("cifar10_jpg", "cifar10-jpeg"),
    ),
    RemoteFile(
        "test.bin",
        3_010_297,
        "a438ac596b588bef692b866e72b8974032e77f297bcd8c86a89b3c26f6b541ac",
        folders=("cifar10_jpg", "cifar10-jpeg"),
    ),
)
LOSSY = "a lossy JPEG copy: figures on it must not be compared with published CIFAR-10 figures"
_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST = ("test_batch",)
_HEAD = 12  # bytes before the common JPEG header: magic, two counts


def load(sources: DataSources, say: Callable[[str], None], *, file: RemoteFile = CIFAR_FILE) -> PictureSet:
    """Loads the original CIFAR-10 from the cache, else from the data folder, else from the network (170 MB).

    Args:
        sources: Where to look.
        say: Takes a few words on what is being done.
        file: What the archive must be.

    Returns:
        Pictures ``uint8[N, 3, 32, 32]``.

    Raises:
        DatasetMissingError: It is not to be had; the sentence says what was tried.
    """
    advice = (
        f"Try dataset:digits, which is built in; the operator of this bot can put {file.name} under DATA_DIR/cifar10."
    )

    def prepare() -> dict[str, Tensor]:
        archive = contents(file, "CIFAR-10", sources, say, advice)
        say("Unpacking CIFAR-10")
        return _from_archive(archive)

    return _load("CIFAR-10", sources.cache / f"cifar10-{_digest((file,))}.pt", prepare, say)


def load_jpeg(
    sources: DataSources, say: Callable[[str], None], *, files: Sequence[RemoteFile] = JPEG_FILES
) -> PictureSet:
    """Loads the lossy JPEG copy, from the cache, the data folder or the operator's mirror; it has no public address.

    Its title and `PictureSet.caveat` say that it is a lossy copy.

    Args:
        sources: Where to look.
        say: Takes a few words on what is being done.
        files: What its training and its test file must be.

    Returns:
        Pictures ``uint8[N, 3, 32, 32]``.

    Raises:
        DatasetMissingError: It is not to be had; the sentence says what was tried.
    """
    title = "CIFAR-10 as JPEG"
    advice = (
        "Try dataset:cifar10, the originals, or dataset:digits, which is built in; the operator of this bot can put "
        "train.bin and test.bin under DATA_DIR/cifar10_jpg."
    )

    def prepare() -> dict[str, Tensor]:
        train, test = (contents(file, title, sources, say, advice) for file in files)
        say(f"Unpacking {title}")
        (train_x, train_y), (test_x, test_y) = unpack_jpeg(train), unpack_jpeg(test)
        return {"train_x": train_x, "train_y": train_y, "test_x": test_x, "test_y": test_y}

    data = _load("CIFAR-10, lossy JPEG copy", sources.cache / f"cifar10-jpeg-{_digest(files)}.pt", prepare, say)
    return replace(data, caveat=LOSSY)


def unpack_jpeg(raw: bytes) -> tuple[Tensor, Tensor]:
    """Pictures ``uint8[N, 3, height, width]`` and labels ``int64[N]`` of a packed file of JPEG pictures.

    The format: ``CJPK``, u32 N, u32 P, P bytes that all the JPEG files begin with, N labels of a byte, N lengths as u16
    of what comes after the common beginning, and these ends; all numbers little-endian.

    Raises:
        ValueError: It is something else.
    """
    if raw[:4] != b"CJPK":
        raise ValueError("no packed JPEG pictures")
    count, common = (int.from_bytes(raw[at : at + 4], "little") for at in (4, 8))
    beginning, labels_at = raw[_HEAD : _HEAD + common], _HEAD + common
    labels = torch.frombuffer(bytearray(raw[labels_at : labels_at + count]), dtype=torch.uint8).to(torch.int64)
    sizes = np.frombuffer(raw, dtype="<u2", count=count, offset=labels_at + count).tolist()
    ends = list(accumulate(sizes, initial=labels_at + 3 * count))
    pictures = [
        np.asarray(Image.open(io.BytesIO(beginning + raw[start:end])).convert("RGB")) for start, end in pairwise(ends)
    ]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(), labels


def _load(title: str, kept: Path, prepare: Callable[[], dict[str, Tensor]], say: Callable[[str], None]) -> PictureSet:
    say(f"Loading {title}")
    if not kept.exists():
        with written_once(kept) as unfinished:
            torch.save(prepare(), unfinished)
    tensors: dict[str, Tensor] = torch.load(kept, weights_only=True)
    return split(
        title,
        CLASSES,
        tensors["train_x"],
        tensors["train_y"],
        (tensors["test_x"], tensors["test_y"]),
        validation=VALIDATION_SHARE,
    )


def _digest(files: Sequence[RemoteFile]) -> str:
    return hashlib.sha256("".join(file.digest for file in files).encode()).hexdigest()[:12]


def _from_archive(archive: bytes) -> dict[str, Tensor]:
    batches: dict[str, dict[str, Any]] = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            name = Path(member.name).name
            if name in (*_TRAIN, *_TEST) and (stream := tar.extractfile(member)) is not None:
                batches[name] = _ArraysOnly(stream, encoding="latin1").load()
    tensors: dict[str, Tensor] = {}
    for part, names in (("train", _TRAIN), ("test", _TEST)):
        pixels = np.concatenate([batches[name]["data"] for name in names])
        tensors[f"{part}_x"] = torch.from_numpy(pixels).view(-1, 3, SIDE, SIDE)
        tensors[f"{part}_y"] = torch.tensor([label for name in names for label in batches[name]["labels"]])
    return tensors


class _ArraysOnly(pickle.Unpickler):
    """Reads the archive's pickles, and nothing else that a pickle can do: md5 keeps accidents out, not attackers."""

    _ALLOWED = frozenset({("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")})
    _MOVED = frozenset(
        {("numpy._core.multiarray", "_reconstruct"), ("_codecs", "encode")}
    )  # where today's numpy has them

    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401 - pickle's own signature
        if (module_name, global_name) not in self._ALLOWED | self._MOVED:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} has no place in CIFAR-10")
        return super().find_class(module_name.replace("numpy.core", "numpy._core"), global_name)
