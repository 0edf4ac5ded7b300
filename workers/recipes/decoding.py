"""Bytes that a person sent → an upright RGB picture, or a sentence on why not. Nothing about them is trusted.

The size is read before a pixel is decoded, so that a small file that claims 900 megapixels costs nothing. Only formats
that Pillow decodes by itself are tried: none that starts another program, as PostScript does.
"""

import io
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from lessons.errors import PersonError

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
MOST_PIXELS: Final = 50_000_000
"""More than any phone's camera gives by default."""
_ORIENTATION = 0x0112  # EXIF tag: how the camera was held (EXIF 2.32, 4.6.4 A)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SPARE = 2
"""A JPEG that comes smaller still has this many pixels, each way, for each one that is wanted."""


class PictureError(PersonError):
    """These bytes make no picture: `reason` goes on after the file's name, e.g. ``is cut off or damaged``."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"That picture can't be used: it {reason}.")
        self.reason = reason


def decode(data: bytes, *, most_pixels: int = MOST_PIXELS, side: int | None = None) -> Image.Image:
    """The picture in mode RGB, upright, first frame, transparent parts on white; 16-bit greys scaled to 8.

    Args:
        data: The file.
        most_pixels: Width times height above which it is refused, undecoded.
        side: The length in pixels that the caller will scale the shortest side to, if known: a JPEG is then decoded
            at a half, quarter or eighth of its size where that loses nothing, which is several times as fast.

    Raises:
        PictureError: It is no picture, damaged, or too large.
    """
    if not data:
        raise PictureError("is empty")
    try:
        picture = _opened(data, most_pixels, side)
        picture.load()
        orientation = _orientation(picture)
        picture = _rgb(picture)
    except (PictureError, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise _too_large(most_pixels) from None
    except Image.UnidentifiedImageError:
        raise PictureError(_no_picture(data)) from None
    except Exception:  # noqa: BLE001 Pillow's decoders raise whatever their parsing of wrong bytes meets
        raise PictureError("is cut off or damaged") from None
    turn = _UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def square(picture: Image.Image, side: int) -> Image.Image:
    """The middle of an RGB picture as a square of `side` pixels: scaled by its shortest side, the rest cut off."""
    return ImageOps.fit(picture, (side, side), Image.Resampling.BICUBIC)


def _opened(data: bytes, most_pixels: int, side: int | None) -> Image.Image:
    """The picture with its header read and nothing else."""
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
    if picture.width * picture.height > most_pixels:
        raise _too_large(most_pixels, picture.size)
    if side is not None and picture.format in {"JPEG", "MPO"}:
        scale = _SPARE * side / min(picture.size)
        if scale < 1:  # draft() takes the strongest reduction that still covers what is asked for
            picture.draft(None, (round(picture.width * scale), round(picture.height * scale)))
    return picture


def _orientation(picture: Image.Image) -> int:
    """How the camera was held; 1, upright, where nothing readable says so."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 a broken note beside the picture does not make the picture unusable
        return 1


def _rgb(picture: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB."""
    match picture.mode:
        case "I;16" | "I;16L" | "I;16B" | "I;16N" | "I":
            values = np.asarray(picture).astype(np.float64)
            return _from_grey(values / 257 if values.max() > 255 else values)
        case "F":
            values = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0.0, neginf=0.0)
            span = float(values.max() - values.min())
            return _from_grey((values - values.min()) * (255 / span) if span else values * 0)
        case _ if picture.has_transparency_data:
            return _on_white(picture)
        case _:
            return picture.convert("RGB")


def _from_grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)).convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    clear = picture.convert("RGBA")
    ground = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(ground, clear).convert("RGB")


def _too_large(most_pixels: int, size: tuple[int, int] | None = None) -> PictureError:
    has = f" ({size[0]:,} × {size[1]:,} pixels)" if size else ""
    return PictureError(f"is too large{has}: at most {most_pixels / 1e6:,.0f} megapixels can be taken")


def _no_picture(data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"}:
        return "is a HEIC file; send it as JPEG or PNG"
    if b"<svg" in data[:1000]:
        return "is an SVG drawing; send it as JPEG or PNG"
    return "is no picture that can be read; JPEG, PNG, WebP and GIF can"
