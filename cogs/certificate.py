"""``/certificate`` and ``/verify``: a proof of what was done, and its check."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands
from discord.utils import escape_markdown
from sqlalchemy.ext.asyncio import AsyncSession

from bot import ids
from bot.certificate_cards import (
    certificate_card,
    certified_runs,
    name_to_print,
    name_to_propose,
    not_yet_sentence,
    question_card,
    verified_card,
)
from bot.certificate_pdf import certificate_pdf
from bot.client import Press, Waypoint
from bot.pictures.certificate import draw_certificate, on_day
from bot.reply import enrolled, reply
from bot.ui import PersistentButton, SafeModal
from db import certificates
from db.phase_roles import post_phase_roles
from lessons.certificates import (
    NAME_MAX,
    Earned,
    Issued,
    NotYet,
    certificate_content,
    certified_phases,
    claim,
    new_code,
    read_code,
    shown_code,
)
from lessons.curriculum import Curriculum
from lessons.errors import PersonError
from lessons.model import Phase


class Certificates(commands.Cog):
    """Proofs."""

    @app_commands.command(description="Your certificate of the last phase that you have finished: picture and PDF")
    @app_commands.describe(
        name="The name to print, instead of the one you go by here; only before it is issued",
        phase="Which phase's, if you have more than one",
        share="Show it to everyone here, not only to you",
    )
    async def certificate(
        self, interaction: Press, name: str | None = None, phase: int | None = None, share: bool = False
    ) -> None:
        """Show the certificate; before it is issued, ask for the name."""
        async with interaction.client.database.session() as session:
            chosen, issued = await _choose(session, interaction, phase)
        if issued is not None:
            if name is not None and name_to_print(name) != issued.content.name:
                raise PersonError(
                    f"Your certificate of *{issued.content.title}* was issued to "
                    f"**{escape_markdown(issued.content.name)}** on {on_day(issued.content.issued_on)} and stays as "
                    "it is. `/certificate` shows it."
                )
        elif name is not None:
            issued = await _issue(interaction, chosen, name_to_print(name))
        else:
            proposed = name_to_propose(interaction.user.display_name)
            await reply(interaction, question_card(chosen, proposed))
            return
        await interaction.response.defer(ephemeral=not share and interaction.guild_id is not None, thinking=True)
        await _show(interaction, issued, shared=share)

    @certificate.autocomplete("phase")
    async def _phases(self, interaction: Press, _: str) -> list[app_commands.Choice[int]]:
        return [
            app_commands.Choice(name=f"{phase.number}: {phase.title}", value=phase.number)
            for phase in certified_phases(interaction.client.curriculum)
        ]

    @app_commands.command(description="Check a certificate by its code")
    @app_commands.describe(code="The code on the certificate, such as 7K3M-9QWX-2BND")
    async def verify(self, interaction: Press, code: str) -> None:
        """Say whose it is and what it stands for."""
        read = read_code(code)
        async with interaction.client.database.session() as session:
            found = await certificates.find_certificate(session, read)
        if found is None:
            raise PersonError(
                f"I have issued no certificate with the code `{shown_code(read)}`. Compare it with the certificate, "
                "letter by letter."
            )
        await reply(interaction, verified_card(found))


class IssueButton(PersistentButton, template=ids.template(ids.CERTIFICATE_ISSUE)):
    """*Issue it*, with the name that the card shows."""

    async def press(self, interaction: Press) -> None:
        """Issue it to the name that its member goes by here."""
        phase = _phase(interaction.client.curriculum, self.ids["phase_id"])
        issued = await _issue(interaction, phase, name_to_print(name_to_propose(interaction.user.display_name) or ""))
        await interaction.response.defer()
        await _show(interaction, issued, shared=False)


class NameButton(PersistentButton, template=ids.template(ids.CERTIFICATE_NAME)):
    """*Another name*."""

    async def press(self, interaction: Press) -> None:
        """Ask for it."""
        phase = _phase(interaction.client.curriculum, self.ids["phase_id"])
        await interaction.response.send_modal(NameModal(phase, name_to_propose(interaction.user.display_name)))


class NameModal(SafeModal):
    """Asks for the name to print, and issues the certificate."""

    def __init__(self, phase: Phase, proposed: str | None) -> None:
        super().__init__(title="Your certificate")
        self._phase = phase
        self.name: ui.TextInput[Any] = ui.TextInput(default=proposed, placeholder="Ada Lovelace", max_length=NAME_MAX)
        about = "As it shall stand there for good; Latin, Greek or Cyrillic letters."
        self.add_item(ui.Label(text="Name to print", description=about, component=self.name))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Issue it."""
        issued = await _issue(interaction, self._phase, name_to_print(self.name.value))
        await interaction.response.defer()
        await _show(interaction, issued, shared=False)


def _phase(curriculum: Curriculum, phase_id: str) -> Phase:
    """The phase of a button.

    Raises:
        PersonError: it has no certificate any more.
    """
    for phase in certified_phases(curriculum):
        if phase.id == phase_id:
            return phase
    raise PersonError("That phase has no certificate any more. `/certificate` shows which one is yours.")


async def _choose(session: AsyncSession, interaction: Press, number: int | None) -> tuple[Phase, Issued | None]:
    """The phase that is asked for, which is earned, and its certificate if it is issued.

    Raises:
        PersonError: which phases have one, or what is missing.
    """
    curriculum, user_id = interaction.client.curriculum, interaction.user.id
    enrolment = await enrolled(session, interaction)
    phases = certified_phases(curriculum)
    asked = [phase for phase in phases if number in (None, phase.number)]
    if not asked:
        numbers = " and ".join(str(phase.number) for phase in phases)
        raise PersonError(f"Phase {number} has no certificate; those that have one are {numbers}.")
    for phase in reversed(asked):
        issued = await certificates.issued(session, user_id, phase.id)
        if issued is not None or isinstance(claim(curriculum, enrolment, phase), Earned):
            return phase, issued
    first = claim(curriculum, enrolment, asked[0])
    if isinstance(first, NotYet):
        raise PersonError(not_yet_sentence(first))
    return asked[0], None


async def _issue(interaction: Press, phase: Phase, name: str) -> Issued:
    """Issue the certificate of a phase, or take the one that stands.

    Raises:
        PersonError: it is not earned (any more).
    """
    bot, user_id, now = interaction.client, interaction.user.id, datetime.now(UTC)
    async with bot.database.transaction() as session:
        enrolment = await enrolled(session, interaction)
        earned = claim(bot.curriculum, enrolment, phase)
        if isinstance(earned, NotYet):
            raise PersonError(not_yet_sentence(earned))
        finished = await certificates.finished_runs(session, user_id)
        runs = certified_runs(bot.curriculum, phase, finished)
        content = certificate_content(bot.curriculum, enrolment, earned, name=name, runs=runs, now=now)
        # Who finished in a DM, or before the bot might give roles, gets them here.
        await post_phase_roles(session, bot.curriculum, enrolment, user_id=user_id, guild_id=interaction.guild_id)
        return await certificates.issue(session, user_id=user_id, phase_id=phase.id, content=content, code=new_code())


async def _show(interaction: Press, issued: Issued, *, shared: bool) -> None:
    """Draw it and put it where the answer is awaited."""
    picture, pdf = await asyncio.gather(
        asyncio.to_thread(draw_certificate, issued), asyncio.to_thread(certificate_pdf, issued)
    )
    shown, files = certificate_card(issued, picture, pdf, shared=shared)
    await interaction.edit_original_response(view=shown, attachments=files)


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(IssueButton, NameButton)
    await bot.add_cog(Certificates())
