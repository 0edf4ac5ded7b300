"""Answering an interaction, and who the person is."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot.ui import Card
from db.members import load_enrolment
from lessons.errors import NotEnrolledError
from lessons.mastery import Level
from lessons.progress import Enrolment


async def reply(
    interaction: discord.Interaction[Any],
    shown: Card,
    *,
    private: bool = True,
    files: Sequence[discord.File] = (),
) -> int | None:
    """Answer with a card, and return the message's id.

    A private answer in a server is ephemeral: plans and lists are a person's own, and a channel is everybody's.
    In a DM nothing needs hiding, and an answer that stays can be found again. Where something was said before, this
    comes behind it.
    """
    ephemeral = private and interaction.guild_id is not None
    if interaction.response.is_done():
        message = await interaction.followup.send(view=shown, ephemeral=ephemeral, files=files, wait=True)
        return message.id
    response = await interaction.response.send_message(view=shown, ephemeral=ephemeral, files=files)
    return response.message_id


async def swap(interaction: discord.Interaction[Any], shown: Card, *, files: Sequence[discord.File] = ()) -> None:
    """Put another card in the place of the one that was pressed on."""
    await interaction.response.edit_message(view=shown, attachments=files)


async def beside_or_instead(
    interaction: discord.Interaction[Any], shown: Card, *, files: Sequence[discord.File] = ()
) -> None:
    """In place of the card that was pressed on if only this person sees it, else as an answer of its own."""
    message = interaction.message
    if message is not None and (message.flags.ephemeral or interaction.guild_id is None):
        await swap(interaction, shown, files=files)
    else:
        await reply(interaction, shown, files=files)


async def enrolled(
    session: AsyncSession, interaction: discord.Interaction[Any], known: Mapping[str, Level] | None = None
) -> Enrolment:
    """The member who asks; `known` as in `load_enrolment`.

    Raises:
        NotEnrolledError: they have not said ``/start`` yet.
    """
    enrolment = await load_enrolment(session, interaction.user.id, known)
    if enrolment is None:
        raise NotEnrolledError
    return enrolment
