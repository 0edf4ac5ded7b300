"""The one renderer of reports: parts that know no Discord become a card and its files."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.fitting import FILES_MAX, Room, choose_files, cut, length, share_out, short_table
from bot.ui import text
from workers.report import File, Part, Picture, Report, Table, Text

__all__ = ["FILES_MAX", "Rendered", "picture_names", "render_report"]

_WHOLE = 10**9


@dataclass(frozen=True, slots=True)
class Rendered:
    """Items for a card, and the files that they show; send both in one message."""

    items: tuple[ui.Item[Any], ...]
    files: tuple[discord.File, ...]


def render_report(
    report: Report, artifacts: Mapping[str, bytes], *, skip_files: bool = True, room: Room | None = None
) -> Rendered:
    """The report's parts in their order, cut to what a message holds whatever the report says.

    Args:
        report: what to show.
        artifacts: bytes by artifact name; a part whose bytes are missing is left out.
        skip_files: leave out what is downloaded rather than looked at.
        room: what the rest of the card leaves for the report.
    """
    room = room or Room()
    parts = [part for part in report.parts if _shown(part, artifacts, skip_files=skip_files)]
    named = [part.artifact for part in parts if isinstance(part, Picture | File)]
    chosen = choose_files(named, artifacts)
    note = chosen.note or ""
    lengths = [length(_markdown(part, _WHOLE)) for part in parts if isinstance(part, Text | Table)]
    most = share_out(lengths, max(room.characters - length(note), 0))
    waiting = list(chosen.sent)
    items: list[ui.Item[Any] | str] = []
    files: list[discord.File] = []
    for part in parts:
        match part:
            case Text() | Table():
                if (markdown := _markdown(part, most)).strip():
                    items.append(markdown)
            case Picture(artifact=name, description=about) | File(artifact=name, description=about):
                if name not in waiting:
                    continue
                waiting.remove(name)
                about = about[:1024] or None
                files.append(discord.File(io.BytesIO(artifacts[name]), name, description=about))
                items.append(_picture(name, about) if isinstance(part, Picture) else ui.File(f"attachment://{name}"))
    if note:
        items.append(note)
    if len(items) > room.components:
        items = _joined(items)
    shown = items[: room.components]
    return Rendered(tuple(text(each) if isinstance(each, str) else each for each in shown), tuple(files))


def picture_names(report: Report) -> list[str]:
    """The artifacts that are looked at."""
    return [part.artifact for part in report.parts if isinstance(part, Picture)]


def _shown(part: Part, artifacts: Mapping[str, bytes], *, skip_files: bool) -> bool:
    match part:
        case Text(markdown=markdown):
            return bool(markdown.strip())
        case Table():
            return True
        case Picture(artifact=name):
            return name in artifacts
        case File(artifact=name):
            return name in artifacts and not skip_files


def _markdown(part: Text | Table, most: int) -> str:
    match part:
        case Text(markdown=markdown):
            return cut(markdown, most)
        case Table(header=header, rows=rows, title=title):
            return short_table(header, rows, title, most)


def _picture(name: str, about: str | None) -> ui.Item[Any]:
    # Each by itself: a gallery of two crops both to a strip, and plots are read, not glanced at.
    return ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}", description=about))


def _joined(items: list[ui.Item[Any] | str]) -> list[ui.Item[Any] | str]:
    """Neighbouring texts as one, to save components; the text grows by nothing but a line break."""
    joined: list[ui.Item[Any] | str] = []
    for item in items:
        if isinstance(item, str) and joined and isinstance(joined[-1], str):
            joined[-1] = f"{joined[-1]}\n{item}"
        else:
            joined.append(item)
    return joined
