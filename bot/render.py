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

FILES_MAX = 10
"""Files that Discord takes with one message; pictures past that stay in the run."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Items for a card, and the files that they show; send both in one message."""

    items: tuple[ui.Item[Any], ...]
    files: tuple[discord.File, ...]


def render_report(report: Report, artifacts: Mapping[str, bytes], *, skip_files: bool = True) -> Rendered:
    """The report's parts in their order.

    Args:
        report: what to show.
        artifacts: bytes by artifact name; a part whose bytes are missing is left out.
        skip_files: leave out what is downloaded rather than looked at.
    """
    items: list[ui.Item[Any]] = []
    files: list[discord.File] = []
    for part in _present(report, artifacts):
        match part:
            case Picture() if len(files) >= FILES_MAX:
                continue
            case Picture(artifact=name):
                # Each by itself: a gallery of two crops both to a strip, and plots are read, not glanced at.
                about = part.description[:1024]
                items.append(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}", description=about)))
                files.append(discord.File(io.BytesIO(artifacts[name]), name, description=about))
            case Text(markdown=markdown):
                items.append(text(markdown))
            case Table(header=header, rows=rows, title=title):
                shown = table(header, rows)
                items.append(text(f"**{title}**\n{shown}" if title else shown))
            case File(artifact=name, description=description):
                if skip_files:
                    continue
                files.append(discord.File(io.BytesIO(artifacts[name]), name, description=description[:1024]))
                items.append(ui.File(f"attachment://{name}"))
    return Rendered(tuple(items), tuple(files))


def picture_names(report: Report) -> list[str]:
    """The artifacts that are looked at."""
    return [part.artifact for part in report.parts if isinstance(part, Picture)]


def _present(report: Report, artifacts: Mapping[str, bytes]) -> list[Part]:
    return [part for part in report.parts if not isinstance(part, Picture | File) or part.artifact in artifacts]
