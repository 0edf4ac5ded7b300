"""*Use it* below a result, and the forms that it opens."""

from typing import Any

import discord
from discord import ui

from bot import ids
from bot.client import Press
from bot.run_access import open_run
from bot.ui import PersistentButton, SafeModal
from cogs.use._ask import ask, drawn_seed, usable
from db.tables import Run
from lessons.errors import PersonError
from workers.catalogue import project
from workers.project import UseKind
from workers.using import PROMPT_MAX, USES, Wish

TEMPERATURES = (0.1, 2.0)


class UseButton(PersistentButton, template=ids.template(ids.RUN_USE)):
    """Puts the run's model to work."""

    async def press(self, interaction: Press) -> None:
        """Ask it at once, or ask for what it needs first."""
        run = await open_run(interaction, int(self.ids["run_id"]))
        kind = project(run.project).use
        if kind is None:
            raise PersonError(f"There is nothing to use a {run.project} model for.")
        await usable(interaction, USES[kind], run)
        match kind:
            case "play" | "draw":
                await ask(interaction, run, Wish(kind, seed=drawn_seed()))
            case "write":
                await interaction.response.send_modal(WriteForm(run))
            case "sentiment":
                await interaction.response.send_modal(SentenceForm(run))
            case "classify" | "caption":
                await interaction.response.send_modal(PictureForm(run, kind))


class WriteForm(SafeModal):
    """How a text begins, and how wild it goes on."""

    def __init__(self, run: Run) -> None:
        super().__init__(title=f"Write with run {run.id}")
        self._run = run
        self.prompt: ui.TextInput[Any] = ui.TextInput(style=discord.TextStyle.paragraph, max_length=PROMPT_MAX)
        self.temperature: ui.TextInput[Any] = ui.TextInput(default="0.8", max_length=6)
        least, most = TEMPERATURES
        self.add_item(ui.Label(text="How it begins", component=self.prompt))
        self.add_item(
            ui.Label(
                text="Temperature",
                description=f"{least} to {most:g}: below 1 it plays safe, above 1 it goes wild.",
                component=self.temperature,
            )
        )

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Ask."""
        temperature = read_temperature(self.temperature.value)
        wish = Wish("write", text=self.prompt.value, temperature=temperature, seed=drawn_seed())
        await ask(interaction, self._run, wish)


class SentenceForm(SafeModal):
    """A sentence to judge."""

    def __init__(self, run: Run) -> None:
        super().__init__(title=f"A sentence for run {run.id}")
        self._run = run
        self.sentence: ui.TextInput[Any] = ui.TextInput(style=discord.TextStyle.paragraph, max_length=PROMPT_MAX)
        self.add_item(ui.Label(text="Your sentence", component=self.sentence))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Ask."""
        await ask(interaction, self._run, Wish("sentiment", text=self.sentence.value))


class PictureForm(SafeModal):
    """A picture to look at."""

    def __init__(self, run: Run, kind: UseKind) -> None:
        super().__init__(title=f"A picture for run {run.id}")
        self._run = run
        self._kind: UseKind = kind
        self.picture: ui.FileUpload[Any] = ui.FileUpload(required=True, min_values=1, max_values=1)
        self.add_item(
            ui.Label(text="Your picture", description="PNG, JPEG, WebP or GIF, up to 10 MB.", component=self.picture)
        )

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Ask."""
        if not self.picture.values:
            raise PersonError("There was no picture in the form. Open it again and choose one.")
        await ask(interaction, self._run, Wish(self._kind), self.picture.values[0])


def read_temperature(typed: str) -> float:
    """The temperature that was typed, with a point or a comma.

    Raises:
        PersonError: it is no number, or none between the bounds.
    """
    least, most = TEMPERATURES
    try:
        value = float(typed.strip().replace(",", "."))
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise PersonError(f"The temperature must be a number from {least} to {most:g}; you gave “{typed[:20]}”.")
    return value
