"""The one renderer of reports: parts that know no Discord become a card and its files."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.ui import text
from bot.wording import table
from workers.report import File, Part, Picture, Report, Table, Text

GALLERY_MAX = 10


@dataclass(frozen=True, slots=True)
class Rendered:
    """Items for a card, and the files that they show; send both in one message."""

    items: tuple[ui.Item[Any], ...]
    files: tuple[discord.File, ...]


def render_report(report: Report, artifacts: Mapping[str, bytes], *, skip_files: bool = True) -> Rendered:
    """The report's parts in their order; pictures that stand together share a gallery.

    Args:
        report: what to show.
        artifacts: bytes by artifact name; a part whose bytes are missing is left out.
        skip_files: leave out what is downloaded rather than looked at.
    """
    items: list[ui.Item[Any]] = []
    files: list[discord.File] = []
    gallery: list[Picture] = []

    def flush() -> None:
        for start in range(0, len(gallery), GALLERY_MAX):
            shown = gallery[start : start + GALLERY_MAX]
            items.append(
                ui.MediaGallery(
                    *(
                        discord.MediaGalleryItem(f"attachment://{part.artifact}", description=part.description[:1024])
                        for part in shown
                    )
                )
            )
        gallery.clear()

    for part in _present(report, artifacts):
        match part:
            case Picture(artifact=name):
                gallery.append(part)
                files.append(discord.File(io.BytesIO(artifacts[name]), name, description=part.description[:1024]))
            case Text(markdown=markdown):
                flush()
                items.append(text(markdown))
            case Table(header=header, rows=rows, title=title):
                flush()
                shown = table(header, rows)
                items.append(text(f"**{title}**\n{shown}" if title else shown))
            case File(artifact=name, description=description):
                if skip_files:
                    continue
                flush()
                files.append(discord.File(io.BytesIO(artifacts[name]), name, description=description[:1024]))
                items.append(ui.File(f"attachment://{name}"))
    flush()
    return Rendered(tuple(items), tuple(files))


def picture_names(report: Report) -> list[str]:
    """The artifacts that are looked at."""
    return [part.artifact for part in report.parts if isinstance(part, Picture)]


def _present(report: Report, artifacts: Mapping[str, bytes]) -> list[Part]:
    return [part for part in report.parts if not isinstance(part, Picture | File) or part.artifact in artifacts]
