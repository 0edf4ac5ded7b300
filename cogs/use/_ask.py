"""Asking a model: the one way, whether it came from a command, *Use it* or its form."""

import asyncio
import secrets
from dataclasses import replace
from typing import Final

import aiohttp
import discord

from bot import ids
from bot.answers import Answered
from bot.client import Press
from bot.fitting import Room, cut
from bot.render import render_report
from bot.run_access import open_run
from bot.run_cards import run_title
from bot.ui import Item, button, buttons, card, text
from bot.wording import megabytes
from db import runs
from db.tables import Run, RunState
from lessons.errors import PersonError
from workers.catalogue import PROJECTS
from workers.project import UseKind
from workers.using import PICTURE_MAX, USES, Use, Wish, WishKind

FETCH_SECONDS: Final = 20
_NOT_READ: Final = ("image/svg+xml",)
"""Called pictures, but drawings in words."""
DOES: Final[dict[UseKind, str]] = {
    "classify": "says what is in a picture",
    "write": "goes on from your words",
    "sentiment": "judges a sentence",
    "caption": "describes a picture",
    "play": "plays",
    "draw": "draws",
}


AGAIN: Final[dict[WishKind, str]] = {
    "classify": "Another picture",
    "write": "Write more",
    "sentiment": "Another sentence",
    "caption": "Another picture",
    "play": "Play again",
    "draw": "Draw again",
}


async def model_to_use(interaction: Press, kind: UseKind, run_id: int | None) -> Run:
    """The run whose model is asked: the one named, else the member's own best one.

    With several projects that can do it, it is the newest of their best.

    Raises:
        PersonError: there is none yet, or the one named is somebody else's, or can't do it.
    """
    use = USES[kind]
    if run_id is not None:
        return await usable(interaction, use, await open_run(interaction, run_id))
    best: list[Run] = []
    async with interaction.client.database.session() as session:
        for known in (PROJECTS[name] for name in use.projects if name in PROJECTS):
            metric = known.headline
            found = await runs.best_model(
                session, interaction.user.id, known.id, metric.name, highest=metric.higher_is_better
            )
            best += [found] if found is not None else []
    if not best:
        raise PersonError(
            f"You have no model yet that {DOES[kind]}. {_trains(use)}; `run:` takes one that somebody shares."
        )
    return max(best, key=lambda run: run.id)


async def usable(interaction: Press, use: Use, run: Run) -> Run:
    """The run, if its model can do it.

    Raises:
        PersonError: it can't, or there is no model.
    """
    if run.project not in use.projects:
        takes = " and ".join(use.projects)
        raise PersonError(f"Run {run.id} is a {run.project} run, and `/use {use.kind}` takes models of {takes}.")
    if run.state != RunState.SUCCEEDED:
        raise PersonError(f"Run {run.id} has no trained model: it is {run.state}. Choose one that came to a good end.")
    async with interaction.client.database.session() as session:
        if not await runs.kept_model(session, run.id):
            raise PersonError(f"Run {run.id} kept no model. {_trains(use)}.")
    return run


def check_picture(file: discord.Attachment) -> None:
    """Refuse what can be refused before a byte of it is fetched; the worker looks at the rest.

    Raises:
        PersonError: it is too large, or no picture.
    """
    name = f"*{discord.utils.escape_markdown(file.filename[:80])}*"
    kind = (file.content_type or "image/unknown").partition(";")[0]
    if not kind.startswith("image/") or kind in _NOT_READ:
        raise PersonError(f"{name} is no picture that I can read. Send a PNG, a JPEG, a WebP or a GIF.")
    if file.size > PICTURE_MAX:
        raise PersonError(
            f"{name} has {megabytes(file.size)}, and I look at up to {megabytes(PICTURE_MAX)}. "
            "A smaller copy or a screenshot of it will do: models look at small pictures anyway."
        )
    if file.size == 0:
        raise PersonError(f"{name} is empty: it has no bytes at all. Look at it once more, and send it again.")


async def ask(interaction: Press, run: Run, wish: Wish, picture: discord.Attachment | None = None) -> None:
    """Ask the model of a run and answer with what it says. A picture is fetched for it.

    Raises:
        PersonError: why there is no answer.
    """
    if picture is not None:
        check_picture(picture)
    await interaction.response.defer(thinking=True)
    if picture is not None:
        wish = replace(wish, picture=await _fetch(picture))
    answered = await interaction.client.answers.ask(interaction.user.id, wish, run.id)
    await _show(interaction, run, wish, answered)


def drawn_seed() -> int:
    """Another one each time: who draws twice wants two drawings."""
    return secrets.randbelow(2**31)


async def _fetch(file: discord.Attachment) -> bytes:
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            return await file.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise PersonError("I could not fetch your picture from Discord. Please send it again.") from error


async def _show(interaction: Press, run: Run, wish: Wish, answered: Answered) -> None:
    owner = ""
    if run.user_id != interaction.user.id:
        owner = f" · {discord.utils.escape_markdown(run.user_name)}'s"
    head = f"## {cut(answered.report.headline, 300)}\n-# `/use {wish.kind}` · {run_title(run)}{owner}"
    again: Item = buttons(button(AGAIN[wish.kind], ids.RUN_USE.format(run_id=run.id), emoji="🪄"))
    rendered = render_report(
        answered.report, answered.artifacts, skip_files=False, room=Room.beside([head], components=4)
    )
    await interaction.edit_original_response(
        view=card(text(head), *rendered.items, again), attachments=list(rendered.files)
    )


def _trains(use: Use) -> str:
    """How to come by such a model; of several projects the first, which is the shorter way."""
    known = [name for name in use.projects if name in PROJECTS] or list(use.projects)
    return f"`/run {known[0]}` trains one, and the preset *quick* is done soon"
