"""The bot: discord.py's client with our services on it, and nothing that a restart would lose."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import Answers
from bot.errors import answer_error
from bot.ui import MODAL_PREFIX, PersistentButton, PersistentSelect
from db.digests import note_in_guild
from db.engine import DATABASE_AWAY, Database
from db.nudges import note_heard
from lessons.curriculum import Curriculum
from lessons.errors import PersonError
from lessons.reload import LatestCurriculum
from workers.queue import queue_app

if TYPE_CHECKING:
    from bot.settings import Settings

log = logging.getLogger(__name__)

COGS = (
    "cogs.start",
    "cogs.topics",
    "cogs.quiz",
    "cogs.progress",
    "cogs.commit",
    "cogs.run",
    "cogs.deployments",
    "cogs.use",
    "cogs.certificate",
    "cogs.duel",
    "cogs.nudges",
    "cogs.papers",
)


class Tree(app_commands.CommandTree["Waypoint"]):
    """The command tree, with the one error handler."""

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Answer in a sentence."""
        await answer_error(interaction, error)


class Waypoint(commands.AutoShardedBot):
    """The bot. What it needs is made here and reached through `interaction.client`."""

    def __init__(self, settings: Settings, url: str) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            # Slash commands, buttons and modals come without any intent; guilds gives channels and owners.
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            # Ready means that presses are answered; a server that arrives later is simply there then.
            guild_ready_timeout=0.2,
            member_cache_flags=discord.MemberCacheFlags.none(),
            # None is discord.py's own default for both; its types leave that out.
            shard_ids=cast("list[int]", settings.shard_ids),
            shard_count=cast("int", settings.shard_count),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
        )
        self.settings = settings
        self.database = Database(url)
        self.queue = queue_app(url, pool_size=1)
        self.answers = Answers(self.database, self.queue)
        self.lessons = LatestCurriculum(settings.lessons_dir)
        self.dead_links: frozenset[str] = frozenset()
        """Of the content; cards show something else. Brought up to date by the sweep of links."""
        self._templates: list[re.Pattern[str]] = []
        self._forms: list[tuple[re.Pattern[str], FormHandler]] = []

    @property
    def curriculum(self) -> Curriculum:
        """The newest good content; read it once an interaction."""
        return self.lessons.current

    async def setup_hook(self) -> None:
        """Load the cogs. Commands are registered by `waypoint sync`, never here."""
        for name in COGS:
            await self.load_extension(name)

    def register(self, *items: type[PersistentButton | PersistentSelect]) -> None:
        """Let these buttons and selects answer presses, on cards of any age."""
        self.add_dynamic_items(*items)
        self._templates.extend(item.__discord_ui_compiled_template__ for item in items)

    def register_form(self, template: str, handler: FormHandler) -> None:
        """Let this take the forms whose custom_id matches: such a form outlives a restart, unlike a `SafeModal`."""
        self._forms.append((re.compile(template), handler))

    async def on_message(self, message: discord.Message, /) -> None:
        """Messages are not ours to read: everything is a slash command."""

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer presses that nothing answers: a card from an older version, a modal from before a restart."""
        await self._note_heard(interaction)
        match interaction.type:
            case discord.InteractionType.component:
                known = any(template.fullmatch(custom_id_of(interaction)) for template in self._templates)
                sentence = "That card is from an older version of me. Say the command again for a new one."
            case discord.InteractionType.modal_submit:
                for template, handler in self._forms:
                    if (match := template.fullmatch(custom_id_of(interaction))) is not None:
                        await self._take_form(interaction, handler, match.groupdict())
                        return
                known = custom_id_of(interaction).startswith(MODAL_PREFIX)
                sentence = "I was restarted while you were typing, so that form is gone. Please open it again."
            case _:
                return
        if not known:
            await answer_error(interaction, PersonError(sentence))

    async def _note_heard(self, interaction: discord.Interaction[Any]) -> None:
        """Whoever does something is not silent, and is a member of the server where they do it."""
        if interaction.type in {discord.InteractionType.ping, discord.InteractionType.autocomplete}:
            return
        try:
            async with self.database.transaction() as session:
                moment = datetime.now(UTC)
                await note_heard(session, interaction.user.id, moment)
                if interaction.guild_id is not None:
                    await note_in_guild(session, interaction.guild_id, interaction.user.id, moment)
        except DATABASE_AWAY as error:
            log.warning("noting who is here: database away (%s)", error)

    async def _take_form(
        self, interaction: discord.Interaction[Any], handler: FormHandler, ids: dict[str, str]
    ) -> None:
        try:
            await handler(cast("Press", interaction), ids)
        except Exception as error:  # noqa: BLE001 - the one error handler takes every exception of a form
            await answer_error(interaction, error)

    async def close(self) -> None:
        """Leave Discord, then the database."""
        await super().close()
        await self.database.close()


Press: TypeAlias = discord.Interaction[Waypoint]
"""An interaction of ours, whatever it is: a command, a press, a choice, a modal."""
FormHandler: TypeAlias = "Callable[[Press, dict[str, str]], Awaitable[None]]"
"""Takes a sent form and the ids of its custom_id."""


def custom_id_of(interaction: discord.Interaction[Any]) -> str:
    """The custom_id of a press or a modal."""
    data: Any = interaction.data or {}
    return str(data.get("custom_id", ""))
