"""Answering an interaction, and who the person is."""

from collections.abc import Sequence
from typing import Any

import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot.ui import Card
from db.members import load_enrolment
from lessons.errors import NotEnrolledError
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


async def enrolled(session: AsyncSession, interaction: discord.Interaction[Any]) -> Enrolment:
    """The member who asks.

    Raises:
        NotEnrolledError: they have not said ``/start`` yet.
    """
    enrolment = await load_enrolment(session, interaction.user.id)
    if enrolment is None:
        raise NotEnrolledError
    return enrolment
