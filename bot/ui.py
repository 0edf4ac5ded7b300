"""What every card, button and modal stands on.

Cards keep no state: a button's custom_id says what it does and to what, so it works after a restart, in any
process. It never holds an answer to a question, since anyone can read it.
"""

import re
import secrets
from typing import Any, ClassVar, Self, TypeAlias

import discord
from discord import ui

from bot.errors import answer_error
from lessons.errors import PersonError

ACCENT = discord.Colour(0x5B6CFF)
GOOD = discord.Colour(0x2EB67D)
BAD = discord.Colour(0xE0526B)
QUIET = discord.Colour(0x8A8F98)
BUSY = discord.Colour(0xF2A33A)


Item: TypeAlias = ui.Item[Any]


class Card(ui.LayoutView):
    """A Components V2 message: one container, or a few items.

    It is finished from the start, so that discord.py does not keep it in memory waiting for presses: those go to
    the `PersistentButton` whose template matches.
    """

    def __init__(self, *items: ui.Item[Any]) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)
        self.stop()


def card(*items: ui.Item[Any], colour: discord.Colour = ACCENT) -> Card:
    """A card with one coloured container."""
    return Card(ui.Container(*items, accent_colour=colour))


def text(markdown: str) -> ui.TextDisplay[Any]:
    """A paragraph."""
    return ui.TextDisplay(markdown)


def rule(*, visible: bool = True) -> ui.Separator[Any]:
    """A line, or just some room."""
    return ui.Separator(visible=visible)


def button(
    label: str | None,
    custom_id: str,
    *,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    emoji: str | None = None,
    disabled: bool = False,
) -> ui.Button[Any]:
    """A button for a card; what it does is written in its custom_id. Without a label it needs an emoji."""
    return ui.Button(label=label, custom_id=custom_id, style=style, emoji=emoji, disabled=disabled)


def buttons(*items: ui.Item[Any]) -> ui.ActionRow[Any]:
    """A row of buttons."""
    return ui.ActionRow(*items)


class PersistentButton(ui.DynamicItem[ui.Button[Any]], template=r"wp:none"):
    """A button that works after a restart. A subclass gives `template` with named groups, and `press`."""

    owner_sentence: ClassVar[str] = "That button is somebody else's."

    def __init__(self, item: ui.Button[Any], ids: dict[str, str]) -> None:
        super().__init__(item)
        self.ids = ids

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """Made by discord.py from the pressed button."""
        if not isinstance(item, ui.Button):
            message = f"{cls.__name__} matched a {type(item).__name__}"
            raise TypeError(message)
        return cls(item, match.groupdict())

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Press it; errors go where those of commands go."""
        try:
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001 - the one error handler takes every exception of a press
            await answer_error(interaction, error)

    async def press(self, interaction: discord.Interaction[Any]) -> None:
        """What the button does."""
        raise NotImplementedError

    def only_for(self, interaction: discord.Interaction[Any], user_id: int) -> None:
        """Raise PersonError unless `user_id` pressed it."""
        if interaction.user.id != user_id:
            raise PersonError(self.owner_sentence)


class PersistentSelect(ui.DynamicItem[ui.Select[Any]], template=r"wp:none-select"):
    """A select that works after a restart; see `PersistentButton`."""

    def __init__(self, item: ui.Select[Any], ids: dict[str, str]) -> None:
        super().__init__(item)
        self.ids = ids

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """Made by discord.py from the select that was used."""
        if not isinstance(item, ui.Select):
            message = f"{cls.__name__} matched a {type(item).__name__}"
            raise TypeError(message)
        return cls(item, match.groupdict())

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Use it; errors go where those of commands go."""
        try:
            await self.choose(interaction, self.item.values)
        except Exception as error:  # noqa: BLE001 - the one error handler takes every exception of a choice
            await answer_error(interaction, error)

    async def choose(self, interaction: discord.Interaction[Any], values: list[str]) -> None:
        """What choosing does."""
        raise NotImplementedError


MODAL_PREFIX = f"wp:modal:{secrets.token_hex(4)}:"
"""Begins the custom_id of every modal of this process: one with another prefix was opened before a restart."""


class SafeModal(ui.Modal):
    """A modal whose errors go where those of commands go."""

    def __init__(self, *, title: str) -> None:
        # Forms that are closed unsent are forgotten after an hour.
        super().__init__(title=title, custom_id=MODAL_PREFIX + secrets.token_hex(8), timeout=3600)

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, /) -> None:
        """Answer in a sentence."""
        await answer_error(interaction, error)


def persistent_form(title: str, custom_id: str) -> ui.Modal:
    """A form that outlives a restart: what it asks about is written in its custom_id, see `Waypoint.register_form`."""
    form = ui.Modal(title=title, custom_id=custom_id, timeout=None)
    form.stop()  # so that discord.py does not keep it in memory
    return form


def form_values(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """What was typed into a persistent form, by the custom_ids of its fields."""
    data: Any = interaction.data or {}
    fields = (label.get("component", {}) for label in data.get("components", ()))
    return {str(field.get("custom_id", "")): str(field.get("value", "")) for field in fields}
