"""What members send: pictures of every kind, zips of every kind, and the sentence or the clean skip that they get."""

import contextlib
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lessons.errors import PersonError
from workers.recipes.decoding import PictureError, decode
from workers.recipes.own_pictures import Limits, OwnPictures, from_folder, from_zip, in_markdown

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))
RED, BLUE = Image.new("RGB", (40, 30), (250, 0, 0)), Image.new("RGB", (40, 30), (0, 0, 250))


def encoded(picture: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **how)
    return stream.getvalue()


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def two_classes(extra: dict[str, bytes] | None = None, *, top: str = "", each: int = 5) -> dict[str, bytes]:
    files = {
        f"{top}{name}/{i}.png": encoded(RED if name == "red" else BLUE) for name in ("red", "blue") for i in range(each)
    }
    return {**files, **(extra or {})}


def read(files: dict[str, bytes], **limits: object) -> OwnPictures:
    return from_zip(zipped(files), 16, limits=Limits(**limits))  # type: ignore[arg-type]


def refused(data: bytes | dict[str, bytes], **limits: object) -> str:
    with pytest.raises(PersonError) as caught:
        from_zip(zipped(data) if isinstance(data, dict) else data, 16, limits=Limits(**limits))  # type: ignore[arg-type]
    return caught.value.sentence


# --- one picture ---


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "PNG"), ("LA", "PNG"), ("P", "GIF"), ("1", "PNG"), ("RGBA", "WEBP"), ("CMYK", "JPEG"), ("CMYK", "TIFF")],
)
def test_every_kind_of_picture_becomes_rgb_of_its_size(mode: str, kind: str) -> None:
    picture = decode(encoded(NOISE.convert(mode), kind))
    assert (picture.mode, picture.size) == ("RGB", (40, 30))
    expected = NOISE.convert(mode).convert("RGB")
    difference = np.abs(np.asarray(picture, dtype=int) - np.asarray(expected, dtype=int)).mean()
    assert difference < 60 if kind in {"JPEG", "WEBP"} else difference == 0


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    ramp = Image.fromarray(np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16))
    for kind in ("PNG", "TIFF"):
        values = np.asarray(decode(encoded(ramp, kind)))[..., 0].flatten()
        assert values[0] == 0
        assert values[-1] == 255
        assert abs(int(values[128]) - 128) <= 1
    floats = Image.fromarray(np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16))
    assert np.asarray(decode(encoded(floats, "TIFF")))[..., 0].flatten()[128] == 128


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    assert decode(encoded(clear)).getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_camera_is_turned_back(orientation: int) -> None:
    upright = Image.new("RGB", (40, 20), "black")
    upright.paste((255, 255, 255), (0, 0, 10, 10))  # white in the upper left corner
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that the camera did
    method = undo.get(orientation)
    taken = upright if method is None else upright.transpose(Image.Transpose(method))
    if orientation in (6, 8):  # a turn is undone by the other one
        taken = upright.transpose(Image.Transpose.ROTATE_90 if orientation == 6 else Image.Transpose.ROTATE_270)
    exif = Image.Exif()
    exif[0x0112] = orientation
    seen = decode(encoded(taken, "PNG", exif=exif))
    assert seen.size == (40, 20)
    assert [seen.getpixel(place) for place in ((4, 4), (35, 15))] == [(255, 255, 255), (0, 0, 0)]


def test_the_first_frame_of_an_animation_is_taken() -> None:
    stream = io.BytesIO()
    RED.save(stream, "GIF", save_all=True, append_images=[BLUE])
    assert decode(stream.getvalue()).getpixel((5, 5)) == (250, 0, 0)


def test_a_large_jpeg_is_decoded_smaller_but_never_smaller_than_needed() -> None:
    large = encoded(Image.new("RGB", (1600, 800), (9, 120, 200)), "JPEG")
    assert decode(large).size == (1600, 800)
    assert decode(large, side=100).size == (400, 200)
    assert decode(large, side=700).size == (1600, 800)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"hello", "no picture that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture that can be read"),
        (encoded(NOISE)[:900], "cut off or damaged"),
        (encoded(NOISE, "JPEG")[:500], "cut off or damaged"),
        (encoded(Image.new("1", (30_000, 30_000))), "too large: at most 50 megapixels"),
        (encoded(Image.new("1", (9000, 9000))), r"too large \(9,000 × 9,000 pixels\)"),
        (b"\0\0\0\x18ftypheic" + bytes(30), "HEIC"),
        (b'<?xml version="1.0"?><svg/>', "SVG"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(PictureError, match=words) as caught:
        decode(data)
    assert caught.value.sentence == f"That picture can't be used: it {caught.value.reason}."


def test_bytes_flipped_anywhere_give_a_picture_or_a_sentence() -> None:
    random = np.random.default_rng(1)
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        whole = encoded(NOISE, kind)
        for _ in range(40):
            data = bytearray(whole)
            for place in random.integers(0, len(data), 4):
                data[place] = int(random.integers(256))
            with contextlib.suppress(PictureError):  # any other error fails the test
                assert decode(bytes(data)).mode == "RGB"


# --- a zip ---


@pytest.mark.parametrize("top", ["", "pets/", "a/b/c/"])
def test_class_folders_are_found_below_any_top_folder(top: str) -> None:
    junk = {f"__MACOSX/{top}red/._0.png": b"x", f"{top}.DS_Store": b"x", f"{top}red/Thumbs.db": b"x"}
    own = read(two_classes(junk, top=top))
    assert own.classes == ("blue", "red")
    assert own.pictures.shape == (10, 3, 16, 16)
    assert own.pictures.dtype == torch.uint8
    assert own.labels.tolist() == [0] * 5 + [1] * 5
    assert own.pictures[0, :, 8, 8].tolist() == [0, 0, 250]
    assert own.names[0] == f"{top}blue/0.png"
    assert len(set(own.digests)) == 2, "five times the same red file and the same blue one"
    assert own.skipped == ()
    assert own.skipped_in_words() == ""
    assert not own.held_out.any()


def test_folders_of_a_split_are_no_classes_and_mark_what_is_held_out() -> None:
    own = read({**two_classes(top="bees/train/"), **two_classes(top="bees/val/", each=4)})
    assert own.classes == ("blue", "red")
    assert int(own.held_out.sum()) == 8
    assert all(("val" in name) == held for name, held in zip(own.names, own.held_out.tolist(), strict=True))


def test_folders_inside_a_class_belong_to_it_and_backslashes_are_folders() -> None:
    files = {name.replace("red/", "red\\dark\\"): data for name, data in two_classes().items()}
    assert read(files).classes == ("blue", "red")


def test_pictures_of_every_kind_are_read_and_what_is_none_is_left_out_by_name() -> None:
    extra = {
        "red/grey.png": encoded(NOISE.convert("L")),
        "red/cmyk.jpg": encoded(NOISE.convert("CMYK"), "JPEG"),
        "red/alpha.webp": encoded(NOISE.convert("RGBA"), "WEBP"),
        "red/deep.png": encoded(Image.fromarray(np.zeros((20, 20), np.uint16))),
        "red/dot.png": encoded(Image.new("RGB", (1, 1))),
        "red/line.png": encoded(Image.new("RGB", (3000, 5))),
        "red/bomb.png": encoded(Image.new("1", (30_000, 30_000))),
        "red/broken.jpg": b"no picture",
        "red/cut.png": encoded(NOISE)[:700],
        "red/notes.txt": b"words",
        "readme.md": b"words",
        "other/notes.txt": b"words",
        "../red/evil.png": encoded(RED),
        "/red/absolute.png": encoded(RED),
    }
    own = read(two_classes(extra))
    assert len(own.labels) == 10 + 5
    why = {each.name: each.why for each in own.skipped}
    assert why["red/dot.png"] == "it is only 1 × 1 pixels"
    assert "too large" in why["red/bomb.png"]
    assert "no picture" in why["red/broken.jpg"]
    assert "cut off" in why["red/cut.png"]
    assert "no picture" in why["red/notes.txt"]
    assert why["readme.md"] == "it lies in no class folder"
    assert why["other/notes.txt"] == "its folder holds no pictures"
    assert why["../red/evil.png"] == why["red/absolute.png"] == "its path points out of the zip"
    words = own.skipped_in_words(most=2)
    assert words.startswith("Left out 9 files: ")
    assert "\\.\\./" not in words
    assert "5 more reasons" in words


def test_a_link_is_left_out() -> None:
    stream = io.BytesIO(zipped(two_classes()))
    with zipfile.ZipFile(stream, "a") as archive:
        link = zipfile.ZipInfo("red/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert [each.why for each in from_zip(stream.getvalue(), 16).skipped] == ["it is a link, not a file"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"just text", "not a zip"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (encoded(RED, "JPEG"), "a single picture"),
        (zipped(two_classes())[:900], "cut off or damaged"),
        ({}, "no picture in your zip"),
        ({"a.txt": b"x"}, "lie in no folder"),
        ({f"{i}.png": encoded(RED) for i in range(12)}, "lie in no folder"),
        ({f"cats/{i}.png": encoded(RED) for i in range(12)}, "one class folder only, “cats”"),
        ({f"{i}/1.png": encoded(RED) for i in range(12)}, "the smallest of yours has 1"),
        (two_classes(each=4), "holds 8 pictures; at least 10"),
        ({f"{i}/1.png": b"x" for i in range(4000)}, "4,000 class folders; up to 100"),
        ({f"{i}/1.png": b"x" for i in range(10_000)}, "10,000 pictures; up to 5,000"),
        (two_classes({"Red/9.png": encoded(RED)}), "“Red” and “red”, which differ only in capital letters"),
        ({f"{name}/{i}.png": b"no" for name in "ab" for i in range(9)}, "smallest of yours has 0. Left out 18 files"),
    ],
)
def test_a_zip_that_cannot_be_used_is_refused_in_a_sentence(data: bytes | dict[str, bytes], words: str) -> None:
    assert words in refused(data)


def test_an_encrypted_zip_is_told_from_a_broken_one() -> None:
    data = bytearray(zipped(two_classes(), method=zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            data[place + offset] |= 1
    assert "encrypted" in refused(bytes(data))


def test_bombs_are_stopped_by_what_they_declare_and_by_what_they_are() -> None:
    bomb = two_classes({f"red/bomb{i}.png": bytes(2**20) for i in range(8)})
    assert "unpacks to" in refused(bomb, total_bytes=4 * 2**20)
    assert [each.why for each in read(bomb, file_bytes=2**19).skipped] == ["it is larger than 0 MiB"] * 8
    lying = bytearray(zipped(two_classes({"red/x.png": bytes(2**20)})))
    place = lying.rfind(b"PK\x01\x02")
    lying[place + 24 : place + 28] = struct.pack("<I", 100)  # declares 100 bytes and holds a million
    assert [each.why for each in from_zip(bytes(lying), 16).skipped] == ["it is damaged within the zip"]
    assert "more than 9 files" in refused(two_classes(), files=9)


def test_a_class_with_too_few_pictures_is_left_out_and_mentioned() -> None:
    own = read({**two_classes(each=6), "green/1.png": encoded(NOISE)})
    assert own.classes == ("blue", "red")
    assert own.labels.tolist() == [0] * 6 + [1] * 6
    assert own.skipped_in_words() == "Left out 1 file: green: a class of fewer than 4 readable pictures."


def test_names_are_shown_as_they_are_and_formatted_by_nobody() -> None:
    assert in_markdown("**a_b** <@1>") == r"\*\*a\_b\*\* \<\@1\>"
    files = {name.replace("red", "r\x07e\u0301d"): data for name, data in two_classes().items()}
    assert read(files).classes == ("blue", "r éd")


def test_a_folder_on_disk_is_read_like_a_zip(tmp_path: Path) -> None:
    for name, data in two_classes(top="set/").items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    said: list[str] = []
    assert torch.equal(from_folder(tmp_path, 16, said.append).pictures, read(two_classes(top="set/")).pictures)
    assert said == ["Reading the pictures (0 of 10)"]


def test_reading_ends_when_the_caller_wants_it_to() -> None:
    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        from_zip(zipped(two_classes()), 16, stop)
