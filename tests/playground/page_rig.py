"""A tiny bot with one of everything that the page has to show, and a browser to look at it with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

import discord
from discord import app_commands
from PIL import Image, ImageDraw

from bot.discord_url import use_discord_at
from bot.playground import Playground

CITIES = ("Berlin", "Bergen", "Bern", "Lisbon", "Lima")


def chart(steps: int) -> discord.File:
    """A picture with a line of so many steps."""
    picture = Image.new("RGB", (480, 270), "white")
    draw = ImageDraw.Draw(picture)
    points = [(20 + 42 * i, 240 - 200 * (1 - 1 / (1 + i))) for i in range(steps + 1)]
    draw.line(points, fill="#2563eb", width=4)
    file = BytesIO()
    picture.save(file, "PNG")
    file.seek(0)
    return discord.File(file, "chart.png", description="A rising line")


class Form(discord.ui.Modal, title="How did it go?"):
    headline = discord.ui.Label(
        text="Headline",
        description="Shown to the organiser",
        component=discord.ui.TextInput(custom_id="headline", min_length=3, max_length=40),
    )
    hard = discord.ui.Label(
        text="How hard was it?",
        component=discord.ui.RadioGroup(
            custom_id="hard",
            options=[
                discord.RadioGroupOption(label="Easy", value="easy"),
                discord.RadioGroupOption(label="Hard", value="hard"),
            ],
        ),
    )
    helped = discord.ui.Label(
        text="What helped?",
        component=discord.ui.CheckboxGroup(
            custom_id="helped",
            required=False,
            options=[
                discord.CheckboxGroupOption(label="Reading", value="reading"),
                discord.CheckboxGroupOption(label="Videos", value="videos"),
            ],
        ),
    )
    share = discord.ui.Label(text="Share it", component=discord.ui.Checkbox(custom_id="share"))
    proof = discord.ui.Label(text="Proof", component=discord.ui.FileUpload(custom_id="proof", required=False))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        values = [self.headline.component.value, self.hard.component.value, self.helped.component.values]
        files = [file.filename for file in self.proof.component.values]
        got = ", ".join(str(value) for value in (*values, self.share.component.value))
        await interaction.response.send_message(f"Got {got} and {files}.")


class Ask(discord.ui.Modal, title="Ask"):
    topic = discord.ui.Label(
        text="Topic",
        component=discord.ui.Select(
            custom_id="topic",
            options=[
                discord.SelectOption(label="Convolutions", value="cnn"),
                discord.SelectOption(label="Attention", value="attention"),
            ],
        ),
    )
    whom = discord.ui.Label(text="Whom?", component=discord.ui.UserSelect(custom_id="whom"))
    question = discord.ui.Label(
        text="Your question",
        component=discord.ui.TextInput(custom_id="question", style=discord.TextStyle.paragraph),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        whom = self.whom.component.values[0]
        await interaction.response.send_message(
            f"{self.topic.component.values[0]}, {whom.display_name}, {self.question.component.value}"
        )


class Card(discord.ui.LayoutView):
    """A card with a picture, a text that changes, buttons and a select."""

    def __init__(self, step: int = 0) -> None:
        super().__init__(timeout=None)
        box = discord.ui.Container(accent_colour=discord.Colour(0x2F9E77))
        box.add_item(discord.ui.TextDisplay(f"## Run 7\nStep **{step} of 5** · loss `{1 / (1 + step):.3f}`"))
        box.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://chart.png", description="Curves")))
        row = discord.ui.ActionRow()
        for label, custom_id, style in (
            ("Step", f"step:{step}", discord.ButtonStyle.primary),
            ("Whisper", "whisper", discord.ButtonStyle.secondary),
            ("Form", "form", discord.ButtonStyle.success),
            ("Silent", "silent", discord.ButtonStyle.danger),
        ):
            row.add_item(discord.ui.Button(label=label, custom_id=custom_id, style=style))
        box.add_item(row)
        presets = discord.ui.ActionRow()
        presets.add_item(
            discord.ui.Select(
                custom_id="preset",
                placeholder="Choose a preset",
                options=[
                    discord.SelectOption(label="Quick", value="quick", description="Two minutes"),
                    discord.SelectOption(label="Good", value="good", description="Ten minutes"),
                ],
            )
        )
        box.add_item(presets)
        self.add_item(box)


class PageBot(discord.Client):
    """The bot at the other end of the page's tests."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True), allowed_mentions=discord.AllowedMentions.none(), max_messages=None
        )
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(run)
        self.tree.add_command(card)
        self.tree.add_command(slow)
        self.tree.add_command(look)
        self.tree.add_command(ask)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is not discord.InteractionType.component or interaction.data is None:
            return
        custom_id = interaction.data["custom_id"]  # type: ignore[typeddict-item]
        match custom_id.partition(":"):
            case ("step", _, step):
                await interaction.response.edit_message(view=Card(int(step) + 1))
            case ("whisper", _, _):
                await interaction.response.send_message("Just **between us**", ephemeral=True)
            case ("form", _, _):
                await interaction.response.send_modal(Form())
            case ("preset", _, _):
                await interaction.response.send_message(f"Preset: {interaction.data['values'][0]}")  # type: ignore[typeddict-item]
            case _:
                pass  # the silent button: Discord shows that nothing came


run = app_commands.Group(name="run", description="Train a project")


@run.command(name="cnn", description="Train a small convolutional network")
@app_commands.describe(
    dataset="What to train on", epochs="Passes over the data", city="Where you are", notes="A file with notes"
)
@app_commands.choices(dataset=[app_commands.Choice(name=name, value=name) for name in ("digits", "mnist")])
async def cnn(
    interaction: discord.Interaction,
    dataset: str,
    epochs: app_commands.Range[int, 1, 50] = 3,
    city: str = "nowhere",
    notes: discord.Attachment | None = None,
) -> None:
    file = f" with {notes.filename} of {notes.size} bytes" if notes else ""
    await interaction.response.send_message(f"Training on {dataset} for {epochs} epochs in {city}{file}.")


@cnn.autocomplete("city")
async def cities(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=c, value=c) for c in CITIES if c.lower().startswith(current.lower())]


@app_commands.command(name="card", description="A card with everything on it")
async def card(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(view=Card(), file=chart(5))


@app_commands.command(name="slow", description="Thinks before it speaks")
async def slow(interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    await interaction.client.wait_for("answer")
    await interaction.followup.send("It was worth the wait.")


@app_commands.command(name="look", description="Shows whatever text it is given")
async def look(interaction: discord.Interaction, text: str) -> None:
    await interaction.response.send_message(text)


@app_commands.command(name="ask", description="Ask somebody something")
async def ask(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Ask())


@asynccontextmanager
async def logged_in(playground: Playground) -> AsyncIterator[PageBot]:
    """The bot, ready on this playground; discord.py's addresses are put back after."""
    kept = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY, discord.asset.Asset.BASE
    use_discord_at(playground.url)
    bot = PageBot()
    try:
        await bot.login("playground")
        task = asyncio.create_task(bot.connect())
        await bot.wait_until_ready()
        yield bot
        await bot.close()
        await task
    finally:
        discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY, discord.asset.Asset.BASE = kept
