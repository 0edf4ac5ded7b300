"""CIFAR-10 and its lossy copy, Fashion-MNIST: read as they are laid out, and from nothing but what they should be."""

import gzip
import hashlib
import io
import pickle
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workers.recipes import cifar, fashion, idx
from workers.recipes.fetching import RemoteFile
from workers.recipes.handle import DatasetMissingError
from workers.recipes.sources import DataSources

BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def silent(_: str) -> None:
    pass


def described(file: RemoteFile, content: bytes) -> RemoteFile:
    """The same file with the size and checksum of this content."""
    return replace(file, size=len(content), digest=hashlib.new(file.algorithm, content).hexdigest(), urls=())


def archive(batches: dict[str, object]) -> bytes:
    """A .tar.gz like CIFAR-10's: one pickle a batch, in a folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, batch in batches.items():
            content = pickle.dumps(batch, protocol=2)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def batch(first: int) -> dict[str, object]:
    """20 pictures whose red, green and blue are the label, 100 + the label and `first`."""
    labels = [number % 10 for number in range(20)]
    data = np.concatenate(
        [
            np.repeat(np.array([[label, 100 + label, first]], dtype=np.uint8), 1024, axis=1).reshape(1, 3072)
            for label in labels
        ]
    )
    return {"batch_label": "a batch", "labels": labels, "data": data, "filenames": [f"{label}.png" for label in labels]}


def test_the_originals_come_out_as_they_were_packed(tmp_path: Path) -> None:
    content = archive({name: batch(10 * place) for place, name in enumerate(BATCHES)})
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / cifar.CIFAR_FILE.name).write_bytes(content)
    sources = DataSources(tmp_path / "cache", tmp_path, allow_downloads=False)
    data = cifar.load(sources, silent, file=described(cifar.CIFAR_FILE, content))
    assert data.title == "CIFAR-10: 90 training, 10 validation and 20 test pictures"
    assert (data.channels, data.size, data.caveat) == (3, (32, 32), "")
    pictures, labels = torch.cat([data.train_x, data.validation_x]), torch.cat([data.train_y, data.validation_y])
    assert torch.bincount(labels).tolist() == [10] * 10
    assert (pictures[:, 0] == labels[:, None, None]).all()
    assert (pictures[:, 1] == 100 + labels[:, None, None]).all()
    assert sorted(pictures[:, 2, 0, 0].unique().tolist()) == [0, 10, 20, 30, 40]
    assert data.test_x[:, 2].unique().tolist() == [50]
    (tmp_path / "cifar10" / cifar.CIFAR_FILE.name).unlink()
    again = cifar.load(sources, silent, file=described(cifar.CIFAR_FILE, content))
    assert torch.equal(again.train_x, data.train_x), "kept in the cache"


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("run",)

    content = archive({name: Harmful() for name in BATCHES})
    (tmp_path / cifar.CIFAR_FILE.name).write_bytes(content)
    with pytest.raises(pickle.UnpicklingError, match="has no place in CIFAR-10"):
        cifar.load(DataSources(tmp_path / "cache", tmp_path), silent, file=described(cifar.CIFAR_FILE, content))
    assert list((tmp_path / "cache").iterdir()) == [], "nothing half-done stays"


def jpegs(count: int) -> bytes:
    """Packed JPEG pictures of one colour each: label times 20 in all channels."""
    files: list[bytes] = []
    for number in range(count):
        stream = io.BytesIO()
        Image.new("RGB", (32, 32), (20 * (number % 10),) * 3).save(stream, "JPEG", quality=95)
        files.append(stream.getvalue())
    common = 100
    assert len({file[:common] for file in files}) == 1
    tails = [file[common:] for file in files]
    numbers = count.to_bytes(4, "little") + common.to_bytes(4, "little")
    labels = bytes(number % 10 for number in range(count))
    lengths = b"".join(len(tail).to_bytes(2, "little") for tail in tails)
    return b"CJPK" + numbers + files[0][:common] + labels + lengths + b"".join(tails)


def test_the_lossy_copy_says_what_it_is(tmp_path: Path) -> None:
    train, test = jpegs(50), jpegs(20)
    (tmp_path / "cifar10_jpg").mkdir()
    for name, content in (("train.bin", train), ("test.bin", test)):
        (tmp_path / "cifar10_jpg" / name).write_bytes(content)
    files = [described(file, content) for file, content in zip(cifar.JPEG_FILES, (train, test), strict=True)]
    data = cifar.load_jpeg(DataSources(tmp_path / "cache", tmp_path, allow_downloads=False), silent, files=files)
    assert data.title == "CIFAR-10, lossy JPEG copy: 40 training, 10 validation and 20 test pictures"
    assert "must not be compared" in data.caveat
    assert "must not be compared" in data.to("meta").caveat
    assert data.train_x.shape == (40, 3, 32, 32)
    assert ((data.test_x.int() - 20 * data.test_y[:, None, None, None]).abs() <= 2).all()


@pytest.mark.parametrize(("load", "named"), [(cifar.load, "CIFAR-10"), (cifar.load_jpeg, "CIFAR-10 as JPEG")])
def test_without_files_and_network_the_run_may_fall_back(tmp_path: Path, load: object, named: str) -> None:
    assert callable(load)
    with pytest.raises(DatasetMissingError, match=f"{named} is not on this worker's disk") as caught:
        load(DataSources(tmp_path, allow_downloads=False), silent)
    assert "dataset:digits" in caught.value.advice


def test_other_content_is_no_packed_jpeg_and_no_idx_file() -> None:
    with pytest.raises(ValueError, match="no packed JPEG"):
        cifar.unpack_jpeg(b"PNG and more")
    good = bytes([0, 0, 8, 2]) + (2).to_bytes(4, "big") + (3).to_bytes(4, "big") + bytes(range(6))
    assert idx.read(good).tolist() == [[0, 1, 2], [3, 4, 5]]
    for bad in (good[:-1], good + b"\0", b"", b"\0\0\x08", bytes([0, 0, 13, 1]) + bytes(8)):
        with pytest.raises(ValueError, match="no idx file"):
            idx.read(bad)


def test_fashion_mnist_is_known_by_the_checksums_of_its_archives(tmp_path: Path) -> None:
    folder = tmp_path / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    labels = bytes(number % 10 for number in range(200))
    packed: list[bytes] = []
    for part in range(4):
        shape, values = (
            ((200,), labels) if part % 2 else ((200, 2, 2), bytes(label for label in labels for _ in "abcd"))
        )
        sizes = b"".join(size.to_bytes(4, "big") for size in shape)
        packed.append(gzip.compress(bytes([0, 0, 8, len(shape)]) + sizes + values))
    files: list[RemoteFile] = []
    for file, content in zip(fashion.FASHION.files, packed, strict=True):
        (folder / file.name).write_bytes(content)
        files.append(described(file, content))
    small = replace(fashion.FASHION, files=tuple(files))
    data = small.load(DataSources(tmp_path / "cache", tmp_path, allow_downloads=False), silent)
    assert data.title == "Fashion-MNIST: 190 training, 10 validation and 200 test pictures"
    assert (data.test_x == data.test_y[:, None, None]).all()
    assert data.classes[9] == "ankle boot"
