"""The bytes of sent files: kept on disk under their id, served at `/attachments/{channel}/{id}/{name}`."""

import asyncio
import io
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bot.playground.errors import Code, refuse
from bot.playground.limits import MOST_FILE_BYTES
from bot.playground.models import Attachment

_UNSAFE = re.compile(r"[^\w.\-]+", re.ASCII)


def safe_name(filename: str) -> str:
    """A file name as Discord keeps it: ASCII letters, digits, `_`, `-` and `.`."""
    return _UNSAFE.sub("_", filename).strip("_") or "file"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a request."""

    filename: str
    data: bytes


def _size_of(data: bytes) -> tuple[int, int] | None:
    """A picture's width and height in pixels; None for what is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


@dataclass(frozen=True, slots=True)
class Files:
    """The folder of sent files and the address that they are served under."""

    folder: Path
    origin: str

    def path(self, identity: int) -> Path:
        """Where a file's bytes lie."""
        return self.folder / str(identity)

    async def save(
        self,
        identity: int,
        upload: Upload,
        *,
        channel_id: int,
        description: str | None = None,
        most: int = MOST_FILE_BYTES,
    ) -> Attachment:
        """Keep a file.

        Raises:
            ApiError: 40005, it has more bytes than `most`.
        """
        if len(upload.data) > most:
            raise refuse(Code.TOO_LARGE)
        name = safe_name(upload.filename)
        content_type = mimetypes.guess_type(name)[0]
        is_picture = content_type is not None and content_type.startswith("image/")
        size = _size_of(upload.data) if is_picture else None
        await asyncio.to_thread(self.path(identity).write_bytes, upload.data)
        if content_type is not None and content_type.startswith("text/"):
            content_type += "; charset=utf-8"
        return Attachment(
            id=identity,
            filename=name,
            size=len(upload.data),
            url=f"{self.origin}/attachments/{channel_id}/{identity}/{name}",
            content_type=content_type,
            description=description,
            width=size[0] if size else None,
            height=size[1] if size else None,
        )
