"""A member's own file for a run: looked at before it is fetched, and again before it is kept."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
import discord

from bot.client import Press
from bot.ui import card, text
from bot.wording import megabytes
from lessons.errors import PersonError
from workers.catalogue import Project
from workers.messages import Upload
from workers.project import OwnData

FETCH_SECONDS: Final = 90
_ARCHIVES: Final[Mapping[bytes, str]] = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF",
    b"%PDF": "a PDF",
}
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
"""How text in UTF-16 begins: every other byte of it may be zero."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a project takes."""

    suffix: str
    wanted: str
    how: str


KINDS: Final[Mapping[OwnData, Kind]] = {
    "pictures": Kind(
        ".zip",
        "a .zip with one folder of pictures a class",
        "Put the pictures into one folder a class, e.g. `cats` and `dogs`, and pack these folders as a .zip.",
    ),
    "text": Kind(".txt", "a .txt file", "Save the text as plain text (UTF-8) with the ending .txt."),
}


def check_offer(chosen: Project, file: discord.Attachment, most_megabytes: int) -> None:
    """Refuse what can be refused by name and size, before a byte of it is fetched.

    Raises:
        PersonError: the project takes no file, or not this one.
    """
    if chosen.own_data is None:
        raise PersonError(f"{chosen.id} trains on built-in data sets and takes no file of yours.")
    kind = KINDS[chosen.own_data]
    name = _named(file.filename)
    if not file.filename.lower().endswith(kind.suffix):
        raise PersonError(f"/run {chosen.id} takes {kind.wanted}, and {name} is none by its name. {kind.how}")
    if file.size == 0:
        raise PersonError(f"{name} is empty: it has no bytes at all. Look at it once more, and send it again.")
    if file.size > most_megabytes * 1_000_000:
        raise PersonError(
            f"{name} has {megabytes(file.size)}, and I take {most_megabytes} MB. A part of it will do to begin with."
        )


async def fetch(chosen: Project, file: discord.Attachment) -> Upload:
    """The file with its bytes, once they look like what the project takes.

    Raises:
        PersonError: it can't be fetched, or it is something else under this name.
    """
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            data = await file.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise PersonError(f"I could not fetch {_named(file.filename)} from Discord. Please send it again.") from error
    if chosen.own_data is not None:
        check_bytes(KINDS[chosen.own_data], file.filename, data)
    return Upload(file.filename, data)


def check_bytes(kind: Kind, name: str, data: bytes) -> None:
    """Refuse what is something else by its first bytes; whether it is any good is for the recipe to say.

    Raises:
        PersonError: what it is, and how to make it right.
    """
    found = next((words for mark, words in _ARCHIVES.items() if data.startswith(mark)), None)
    match kind.suffix:
        case ".zip" if not data.startswith(_ZIP):
            what = found or "no zip archive inside"
            raise PersonError(f"{_named(name)} is called .zip, but it is {what}. {kind.how}")
        case ".txt" if found or data.startswith(_ZIP) or (b"\0" in data[:8192] and not data.startswith(_WIDE)):
            what = found or ("a zip archive" if data.startswith(_ZIP) else "binary data")
            raise PersonError(f"{_named(name)} is called .txt, but it is {what}. {kind.how}")
        case _:
            pass


@asynccontextmanager
async def while_fetching(interaction: Press, file: discord.Attachment) -> AsyncGenerator[None]:
    """Answer at once, in a line that only the member sees and that goes away: Discord waits three seconds."""
    line = card(text(f"📎 Fetching {_named(file.filename)}, {megabytes(file.size)} …"))
    await interaction.response.send_message(view=line, ephemeral=True)
    try:
        yield
    finally:
        with contextlib.suppress(discord.HTTPException):  # whoever dismissed it was faster
            await interaction.delete_original_response()


def _named(name: str) -> str:
    return f"*{discord.utils.escape_markdown(name[:80])}*"
