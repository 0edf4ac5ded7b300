"""Photos with captions through files: both layouts, the split, the features that are kept, and broken photos."""

import gzip
import hashlib
import io
import json
import shutil
import struct
from pathlib import Path

import pytest
import torch
from PIL import Image

from workers.recipes import backbones, flickr8k
from workers.recipes.backbones import Trunk
from workers.recipes.caption_data import CaptionSet
from workers.recipes.fetching import RemoteFile
from workers.recipes.handle import DatasetMissingError, TrainingError
from workers.recipes.sources import DataSources

Files = tuple[RemoteFile, RemoteFile]
COUNT = 200
NAMES = [f"photo_{number}.jpg" for number in range(COUNT)]


def photo(number: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), (number % 256, 90, 30)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def trunk() -> Trunk:
    """A SqueezeNet of random weights: what it sees is not asked, and no test may download."""
    torch.manual_seed(1)
    return backbones.fresh("squeezenet")


def packed(folder: Path) -> tuple[RemoteFile, RemoteFile]:
    """The packed layout, and what its files must be."""
    photos = [photo(number) for number in range(COUNT)]
    images = b"FJPK" + struct.pack("<I", COUNT) + struct.pack(f"<{COUNT}I", *map(len, photos)) + b"".join(photos)
    lines = "\n".join(json.dumps({"f": name, "c": [f"A photo , {name} .", "Nothing !"]}) for name in NAMES)
    folder.mkdir(parents=True)
    found: list[RemoteFile] = []
    for name, data in (("images.bin", images), ("captions.jsonl.gz", gzip.compress(lines.encode()))):
        (folder / name).write_bytes(data)
        found.append(RemoteFile(name, len(data), hashlib.sha256(data).hexdigest(), folders=("flickr8k_128",)))
    return found[0], found[1]


def common(folder: Path, *, broken: int = 0) -> None:
    """The layout in which Flickr8k is passed on."""
    (folder / "Images").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        (folder / "Images" / name).write_bytes(b"no photo" if number < broken else photo(number))
    rows = [f'{name},"A photo , {name} ."\n{name},Nothing !' for name in NAMES]
    (folder / "captions.txt").write_text("\n".join(["image,caption", *rows, "lost.jpg,Nobody has this one"]))


def load(sources: DataSources, trunk: Trunk, files: Files = (flickr8k.IMAGES, flickr8k.CAPTIONS)) -> CaptionSet:
    return flickr8k.load(sources, lambda _: None, 1000, "cpu", trunk=trunk, files=files)


def test_both_layouts_give_the_same_photos_captions_and_split(trunk: Trunk, tmp_path: Path) -> None:
    files = packed(tmp_path / "one" / "flickr8k_128")
    common(tmp_path / "two" / "Flickr8k")
    one = load(DataSources(tmp_path / "cache", tmp_path / "one", allow_downloads=False), trunk, files)
    two = load(DataSources(tmp_path / "cache", tmp_path / "two", allow_downloads=False), trunk)
    for data in (one, two):
        parts = (data.train, data.validation, *data.tests)
        rows = torch.cat([part.rows for part in parts]).tolist()
        assert sorted(rows) == list(range(COUNT)), "every photo is in one part"
        assert data.inputs.shape == (COUNT, 49, 512)
        assert data.tests[0].references[0][1] == "nothing"
        assert data.picture(int(data.train.rows[0])).size == (40, 30)
    told = [{own[0] for own in data.tests[0].references} for data in (one, two)]
    digests = {name: hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest() for name in NAMES}
    expected = {name for name in NAMES if int(digests[name], 16) % 8 == 0}
    assert told[0] == told[1] == {f"a photo {name.replace('_', ' ').replace('.', ' ')}" for name in expected}


def test_what_was_seen_once_is_kept_and_broken_photos_are_left_out_and_counted(trunk: Trunk, tmp_path: Path) -> None:
    common(tmp_path / "data" / "Flickr8k", broken=3)
    sources = DataSources(tmp_path / "cache", tmp_path / "data", allow_downloads=False)
    said: list[str] = []
    first = flickr8k.load(sources, said.append, 100, "cpu", trunk=trunk)
    assert first.title.endswith("; 3 could not be read")
    assert first.title.startswith("Flickr8k: 100 training")
    assert any(text.startswith("Looking at the photos") for text in said)
    said.clear()
    again = flickr8k.load(sources, said.append, 100, "cpu", trunk=trunk)
    assert said == ["Loading Flickr8k"]
    assert again.inputs.equal(first.inputs)


def test_too_few_photos_and_wrong_files_are_told(trunk: Trunk, tmp_path: Path) -> None:
    common(tmp_path / "data" / "Flickr8k", broken=COUNT)
    with pytest.raises(TrainingError, match="Not one of the photos"):
        load(DataSources(tmp_path / "cache", tmp_path / "data", allow_downloads=False), trunk)
    shutil.rmtree(tmp_path / "data")
    files = packed(tmp_path / "data" / "flickr8k_128")
    with (tmp_path / "data" / "flickr8k_128" / "images.bin").open("r+b") as stream:
        stream.truncate(1000)
    with pytest.raises(DatasetMissingError, match="is not what Flickr8k's checksum says") as caught:
        load(DataSources(tmp_path / "cache", tmp_path / "data", allow_downloads=False), trunk, files)
    assert "dataset:scenes" in caught.value.advice
