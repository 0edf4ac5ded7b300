"""A member's own picture is found, put as the training pictures were, and read by the member's model."""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from lessons.errors import PersonError
from workers.catalogue import resolve
from workers.messages import Artifact, TrainedModel, TrainerMessage
from workers.recipes import cnn, cnn_use, digits
from workers.recipes.framing import find_digit, frame_digit
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import pack
from workers.using import Answer, Wish

Ask = Callable[[Wish], Answer]


def photo(
    digit: NDArray[np.uint8], *, size: int = 160, at: tuple[int, int] = (240, 60), slope: float = 0.3
) -> Image.Image:
    """A dark digit (``uint8[8, 8]``, 0 to 16) on a light sheet of 500 × 400, unevenly lit."""
    ink = np.zeros((400, 500))
    large = Image.fromarray((digit * 15).astype(np.uint8)).resize((size, size), Image.Resampling.BICUBIC)
    ink[at[1] : at[1] + size, at[0] : at[0] + size] = np.asarray(large) / 255
    light = 1 - slope * np.linspace(0, 1, 500)
    grey = (230 - 180 * ink) * light + np.random.default_rng(1).normal(0, 3, ink.shape)
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")


def png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def ask() -> Ask:
    """A model of the digits, trained for two seconds."""
    sent: list[TrainerMessage] = []
    job = resolve("cnn", dataset="digits", seed=1)
    execute(job, DataSources(Path("/nonexistent"), allow_downloads=False), sent.append, lambda: False)
    data = next(message.data for message in sent if isinstance(message, Artifact) and message.name == "model.pt")
    return cnn_use.load(TrainedModel(1, "cnn", "digits", data), "cpu")


def test_digits_on_photos_are_read(ask: Ask) -> None:
    data = digits.load()
    right = 0
    for place in range(12):
        answer = ask(Wish("classify", picture=png(photo(data.test_x[place].numpy()))))
        right += str(int(data.test_y[place])) in answer.report.headline.split(":")[0]
        (artifact,) = answer.artifacts
        with Image.open(io.BytesIO(artifact.data)) as picture:
            assert picture.width == 1080
    assert right >= 11


@pytest.mark.parametrize("picture", [None, b"", b"no picture", png(Image.new("RGB", (300, 200), "white"))])
def test_what_is_no_picture_of_a_digit_gets_a_sentence(ask: Ask, picture: bytes | None) -> None:
    with pytest.raises(PersonError):
        ask(Wish("classify", picture=picture))


def test_tiny_and_odd_pictures_are_answered_or_refused_but_never_break(ask: Ask) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    odd = [
        Image.new("L", (1, 1)),
        Image.new("RGB", (1, 400), "black"),
        Image.fromarray(noise),
        Image.new("CMYK", (9, 9)),
    ]
    for picture in odd:
        stream = io.BytesIO()
        picture.save(stream, "TIFF")
        with suppress(PersonError):
            assert ask(Wish("classify", picture=stream.getvalue())).artifacts


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("size", [60, 160, 300])
def test_a_digit_is_found_where_it_is_light_on_dark_or_dark_on_light(inverted: bool, size: int) -> None:
    digit = np.zeros((8, 8), np.uint8)
    digit[1:7, 3:5] = 16
    picture = photo(digit, size=size, at=(150, 50))
    if inverted:
        picture = picture.point(lambda value: 255 - value)
    left, top, right, bottom = find_digit(picture).box
    expected = (150 + size * 3 / 8, 50 + size / 8, 150 + size * 5 / 8, 50 + size * 7 / 8)
    assert np.abs(np.subtract((left, top, right, bottom), expected)).max() < size / 8
    frame = frame_digit(picture, 28)
    assert frame.max() == 255
    rows = np.flatnonzero(frame.any(1))
    assert rows[-1] - rows[0] + 1 == 20, "scaled to MNIST's box"
    mass = frame.astype(float)
    centre = [(mass.sum(1 - axis) * np.arange(28)).sum() / mass.sum() for axis in (0, 1)]
    assert np.abs(np.subtract(centre, 13.5)).max() <= 0.75


def test_specks_and_the_edge_of_the_table_are_left_out_and_a_second_digit_is_told(ask: Ask) -> None:
    digit = np.zeros((8, 8), np.uint8)
    digit[1:7, 3:5] = 16
    clean = photo(digit, at=(300, 100))
    dirty = np.asarray(clean).copy()
    dirty[:, :30] = 30
    dirty[350:354, 100:104] = 20
    assert np.abs(np.subtract(find_digit(Image.fromarray(dirty)).box, find_digit(clean).box)).max() < 8
    two = np.minimum(np.asarray(clean), np.asarray(photo(digit, size=150, at=(60, 100))))
    assert find_digit(Image.fromarray(two)).others == 1
    assert "more than one mark" in str(ask(Wish("classify", picture=png(Image.fromarray(two)))).report)


def test_a_thin_line_is_drawn_broader() -> None:
    grey = np.full((300, 300, 3), 250, np.uint8)
    grey[50:250, 150:152] = 20
    frame = frame_digit(Image.fromarray(grey), 28)
    assert (frame.max(0) > 128).sum() >= 2


def test_a_photo_is_cut_to_its_middle_and_clothes_are_turned_bright_on_black() -> None:
    shape = cnn.Shape(4, "max", 32, 32, 10, 120.0, 60.0, channels=3)
    classes = tuple(f"thing {number}" for number in range(10))

    def model(of: cnn.Shape, dataset: str) -> TrainedModel:
        torch.manual_seed(1)
        state = {
            "recipe": "cnn",
            "format": 2,
            "shape": {name: getattr(of, name) for name in of.__slots__},
            "classes": classes,
            "weights": cnn.Net(of).state_dict(),
        }
        return TrainedModel(1, "cnn", dataset, pack(state))

    wide = np.zeros((200, 400, 3), np.uint8)
    wide[:, 100:300, 0] = 200
    net = cnn.Net(shape)
    prepared = cnn_use.prepare(Image.fromarray(wide), "cifar10", net)
    assert prepared.box == (100, 0, 300, 200)
    assert prepared.pixels.shape == (3, 32, 32)
    assert (prepared.pixels[0] == 200).all()
    answer = cnn_use.load(model(shape, "cifar10-jpeg"), "cpu")(Wish("classify", picture=png(Image.fromarray(wide))))
    assert len(answer.artifacts) == 1
    shirt = np.full((300, 300, 3), 245, np.uint8)
    shirt[80:240, 100:180] = 60
    prepared = cnn_use.prepare(
        Image.fromarray(shirt), "fashion-mnist", cnn.Net(replace(shape, height=28, breadth=28, channels=1))
    )
    assert prepared.pixels[:, 14].min() > 150
    assert prepared.pixels[:, 0].max() == 0
    assert prepared.box == (100, 80, 180, 240)
    with pytest.raises(PersonError, match="I see nothing"):
        cnn_use.prepare(Image.new("RGB", (50, 50), "white"), "fashion-mnist", net)
