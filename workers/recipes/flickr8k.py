"""Flickr8k (Hodosh et al. 2013): about 8,000 photos, five captions each, and what a pretrained network sees in them.

Two layouts are read. Packed: ``flickr8k_128/images.bin`` and ``captions.jsonl.gz``, checked by their checksums, from
the data folder or the operator's mirror. The common one: a folder ``Flickr8k`` of the data folder with
``Images/*.jpg`` and ``captions.txt`` (``image,caption``); it has no published checksum, and it never comes from a
network. The split is by name in both: SHA-1 mod 8 = 0 is the test part; it is not the split of the papers.

The network looks at each photo once, at 224 pixels; the feature maps are pooled to 7×7 places and kept in the cache.
"""

import csv
import gzip
import hashlib
import io
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from PIL import Image
from torch import Tensor

from workers.recipes import backbones
from workers.recipes.backbones import Trunk
from workers.recipes.caption_data import CaptionSet, Part, plain
from workers.recipes.decoding import PictureError, decode
from workers.recipes.device import half_precision
from workers.recipes.fetching import RemoteFile, contents, written_once
from workers.recipes.handle import TrainingError
from workers.recipes.sources import DataSources

PLACES = 7
"""Along one side of a feature map."""
LOOKED_AT = 224
"""Pixels along one side of what the network sees; the size that it was trained with."""
_BATCH = 64
_FEWEST = 4  # of a part: with less there is nothing to learn or to measure
IMAGES = RemoteFile(
    "images.bin",
    38_703_956,
    "3dba1b7df3a2b7e06d2009005924afadfdbda56d02c1098c250d9709f3681c8a",
    folders=("flickr8k_128", "flickr8k", "."),
)
CAPTIONS = RemoteFile(
    "captions.jsonl.gz",
    786_955,
    "516ef2f7a5f9fb1b86494fcefd5baa86970e21aac5c522953dc66d6d42c00a32",
    folders=("flickr8k_128", "flickr8k", "."),
)
_ADVICE = (
    "Try dataset:scenes, which is built in; the operator of this bot can put a folder Flickr8k with Images and "
    "captions.txt under DATA_DIR."
)


@dataclass(frozen=True, slots=True)
class Photos:
    """Names, captions and files of the photos, and a digest of all of it."""

    names: list[str]
    captions: list[tuple[str, ...]]
    read: Callable[[int], bytes]
    digest: str


def load(
    sources: DataSources,
    say: Callable[[str], None],
    most: int,
    device: str,
    *,
    backbone: str = "squeezenet",
    trunk: Trunk | None = None,
    files: tuple[RemoteFile, RemoteFile] = (IMAGES, CAPTIONS),
) -> CaptionSet:
    """The photos as features, split.

    Args:
        sources: Where to look.
        say: Takes a few words on what is being done.
        most: Training photos at most.
        device: Where the pretrained network runs.
        backbone: Which, by its name in `backbones`.
        trunk: That network; loaded with its ImageNet weights by default.
        files: What the packed files must be.

    Raises:
        DatasetMissingError: The photos or the network are not to be had.
        TrainingError: Too few photos.
    """
    say("Loading Flickr8k")
    photos = _folder(sources) or _packed(sources, say, files)
    trunk = trunk or backbones.pretrained(backbone, sources, say)
    kept = sources.cache / f"flickr8k-{backbone}-{photos.digest}.pt"
    if not kept.exists():
        features, good = _seen(photos, trunk.to(device), say)
        with written_once(kept) as path:
            torch.save({"features": features, "good": good}, path)
    saved: dict[str, Tensor] = torch.load(kept, weights_only=True, mmap=True)  # read as it is used
    parts: dict[str, list[int]] = {"training": [], "validation": [], "test photos": []}
    for row in saved["good"].tolist():
        parts[part_of(photos.names[row])].append(row)
    parts["training"] = parts["training"][:most]
    if min(map(len, parts.values())) < _FEWEST:
        raise TrainingError("There are too few photos to learn from.", _ADVICE)
    place = {row: at for at, row in enumerate(saved["good"].tolist())}
    train, validation, test = (
        Part(name, torch.tensor([place[row] for row in rows]), tuple(photos.captions[row] for row in rows))
        for name, rows in parts.items()
    )
    rows = saved["good"].tolist()
    skipped = len(photos.names) - len(rows)
    return CaptionSet(
        title=(
            f"Flickr8k: {len(train.rows):,} training, {len(validation.rows):,} validation and "
            f"{len(test.rows):,} test photos" + (f"; {skipped:,} could not be read" if skipped else "")
        ),
        inputs=saved["features"],
        sees="features",
        side=PLACES,
        channels=saved["features"].shape[2],
        train=train,
        validation=validation,
        tests=(test,),
        picture=lambda at: decode(photos.read(rows[at])),
        backbone={
            "name": backbone,
            "weights": {
                name: tensor.cpu().half() if tensor.is_floating_point() else tensor.cpu()
                for name, tensor in trunk.layers.state_dict().items()
            },
        },
    )


def part_of(name: str) -> str:
    """The part that a photo belongs to, by its name alone."""
    number = int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), 16)
    if number % 8 == 0:
        return "test photos"
    return "validation" if number // 8 % 16 == 0 else "training"


def features_of(trunk: Trunk, pictures: Sequence[Image.Image]) -> Tensor:
    """What the network sees at `PLACES`² places of each picture: ``float16[N, PLACES², channels]``.

    Pictures are squeezed into a square, so that nothing at their sides is lost.
    """
    device = next(trunk.parameters()).device
    squares = [picture.resize((LOOKED_AT, LOOKED_AT), Image.Resampling.BICUBIC) for picture in pictures]
    stacked = torch.from_numpy(np.stack([np.asarray(each) for each in squares])).permute(0, 3, 1, 2)
    with torch.no_grad(), half_precision(device.type):
        maps = trunk(stacked.to(device))
        return F.adaptive_avg_pool2d(maps.float(), PLACES).flatten(2).transpose(1, 2).half().cpu()


def _seen(photos: Photos, trunk: Trunk, say: Callable[[str], None]) -> tuple[Tensor, Tensor]:
    """Features of all photos that can be read, and which those are."""
    trunk.eval().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] torch's stub lacks the argument
    found = torch.empty(0)
    good: list[int] = []
    for start in range(0, len(photos.names), _BATCH):
        say(f"Looking at the photos, once ({start:,} of {len(photos.names):,})")
        batch: list[Image.Image] = []
        for row in range(start, min(start + _BATCH, len(photos.names))):
            try:
                batch.append(decode(photos.read(row), side=LOOKED_AT))
            except (PictureError, OSError):
                continue
            good.append(row)
        if batch:
            seen = features_of(trunk, batch)
            if not len(found):
                found = seen.new_empty(len(photos.names), *seen.shape[1:])  # once, whole: a list would hold it twice
            found[len(good) - len(batch) : len(good)] = seen
    if not good:
        raise TrainingError("Not one of the photos could be read.", _ADVICE)
    return found[: len(good)], torch.tensor(good)


def _folder(sources: DataSources) -> Photos | None:
    """The common layout, if the data folder has it."""
    for name in ("Flickr8k", "flickr8k", "Flickr8K"):
        folder = (sources.folder or Path()) / name
        if sources.folder is None or not (folder / "captions.txt").is_file() or not (folder / "Images").is_dir():
            continue
        text = (folder / "captions.txt").read_text(encoding="utf-8", errors="replace")
        captions: dict[str, list[str]] = {}
        for row in csv.reader(io.StringIO(text)):
            if len(row) >= 2 and row != ["image", "caption"] and (said := plain(",".join(row[1:]))):
                captions.setdefault(Path(row[0]).name, []).append(said)
        sizes = {path.name: path.stat().st_size for path in (folder / "Images").iterdir() if path.is_file()}
        names = sorted(captions.keys() & sizes.keys())
        about = json.dumps([text, [(name, sizes[name]) for name in names]])
        paths = [folder / "Images" / name for name in names]
        return Photos(
            names,
            [tuple(captions[name]) for name in names],
            lambda row, paths=paths: paths[row].read_bytes(),
            hashlib.sha256(about.encode()).hexdigest()[:12],
        )
    return None


def _packed(sources: DataSources, say: Callable[[str], None], files: tuple[RemoteFile, RemoteFile]) -> Photos:
    """The packed layout: ``FJPK``, the number of photos, their sizes (uint32, little-endian), their JPEG files."""
    images, lines = (contents(file, "Flickr8k", sources, say, _ADVICE) for file in files)
    (count,) = struct.unpack("<I", images[4:8])
    ends = list(accumulate(struct.unpack(f"<{count}I", images[8 : 8 + 4 * count]), initial=8 + 4 * count))
    told = [json.loads(line) for line in gzip.decompress(lines).decode().splitlines()]
    return Photos(
        [each["f"] for each in told],
        [tuple(filter(None, map(plain, each["c"]))) for each in told],
        lambda row: images[ends[row] : ends[row + 1]],
        hashlib.sha256("".join(file.digest for file in files).encode()).hexdigest()[:12],
    )
