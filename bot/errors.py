"""The one place where an exception becomes a sentence: for commands, buttons, selects and modals alike."""

import logging
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from db.engine import DATABASE_AWAY, is_disk_full
from lessons.errors import PersonError

log = logging.getLogger(__name__)

_DISCORD_SAYS_GONE = {10062, 40060}
"""Unknown interaction (too late) and already acknowledged (answered by us, or pressed twice)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the person, and whether it is ours to look into."""

    sentence: str
    bug: bool


def explain(error: BaseException, reference: int) -> Answer:
    """A sentence for any exception; `reference` finds the traceback in the log."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    match error:
        case PersonError():
            sentence = error.sentence
        case app_commands.TransformerError():
            sentence = f"I can't read “{str(error.value)[:50]}” there. Try again with another value."
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            sentence = (
                "That command has changed since Discord last showed it to you. Type it again in a minute; if it "
                "stays, ask your organiser to run `waypoint sync`."
            )
        case app_commands.CheckFailure():
            sentence = "You can't use that here."
        case _:
            return Answer(_our_fault(error, reference), bug=True)
    return Answer(sentence, bug=False)


def _our_fault(error: BaseException, reference: int) -> str:
    if is_disk_full(error):
        return "The disk of my database is full, so I could not write that down. Please tell whoever runs me."
    if isinstance(error, DATABASE_AWAY):
        return "My database can't be reached right now. Nothing is lost; please try again in a minute."
    return f"Something went wrong on my side, and nothing was changed. It is in the log as `{reference}`."


async def answer_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the person in a sentence that only they see; log what is ours with the interaction's id."""
    original = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(original, discord.HTTPException) and original.code in _DISCORD_SAYS_GONE:
        # Nobody is there to read an answer any more.
        log.warning("interaction %s: %s", interaction.id, original)
        return
    answer = explain(error, interaction.id)
    if answer.bug:
        log.error("interaction %s by %s failed", interaction.id, interaction.user.id, exc_info=original)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(answer.sentence, ephemeral=True)
        else:
            await interaction.response.send_message(answer.sentence, ephemeral=True)
    except discord.HTTPException as unsent:
        log.warning("interaction %s: its answer did not arrive: %s", interaction.id, unsent)
