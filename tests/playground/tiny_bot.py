"""A tiny bot with one of everything that ours uses; discord.py as it comes."""

import asyncio
import io

import discord
from discord import app_commands, ui

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000000c4944415478da63f8cf80000003010100c9fe92ef0000000049454e44ae426082"
)
"""A picture of 2 by 3 pixels (its header says so; nobody looks further)."""


class Question(ui.Modal, title="One question"):
    """A modal of the new kind: labels around a text, a choice and a file."""

    answer = ui.Label(text="Your answer", component=ui.TextInput(custom_id="answer", max_length=20))
    level = ui.Label(
        text="Level",
        component=ui.RadioGroup(
            custom_id="level",
            options=[
                discord.RadioGroupOption(label="Easy", value="easy"),
                discord.RadioGroupOption(label="Hard", value="hard"),
            ],
        ),
    )
    notes = ui.Label(text="Notes", component=ui.FileUpload(custom_id="notes", required=False, min_values=0))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        answer, level, notes = self.answer.component, self.level.component, self.notes.component
        assert isinstance(answer, ui.TextInput)
        assert isinstance(level, ui.RadioGroup)
        assert isinstance(notes, ui.FileUpload)
        sizes = [len(await one.read()) for one in notes.values]
        await interaction.response.send_message(f"{answer.value} / {level.value} / {sizes}")


class Panel(ui.View):
    """Buttons and a select of the old kind; persistent."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Update", custom_id="panel:update")
    async def update(self, interaction: discord.Interaction, _: ui.Button["Panel"]) -> None:
        await interaction.response.edit_message(content="updated", view=self)

    @ui.button(label="Ask", custom_id="panel:ask")
    async def ask(self, interaction: discord.Interaction, _: ui.Button["Panel"]) -> None:
        await interaction.response.send_modal(Question())

    @ui.button(label="Later", custom_id="panel:later")
    async def later(self, interaction: discord.Interaction, _: ui.Button["Panel"]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="later")

    @ui.select(
        custom_id="panel:pick",
        max_values=2,
        options=[discord.SelectOption(label=name.upper(), value=name) for name in ("a", "b", "c")],
    )
    async def pick(self, interaction: discord.Interaction, select: ui.Select["Panel"]) -> None:
        await interaction.response.send_message(f"picked {select.values}", ephemeral=True)


class Card(ui.LayoutView):
    """A card of Components V2, with a picture from an attachment."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        row = ui.ActionRow[Card]()
        row.add_item(ui.Button(label="Again", custom_id="card:again"))
        self.add_item(
            ui.Container(
                ui.Section("## A card", accessory=ui.Thumbnail("attachment://dot.png")),
                ui.Separator(),
                ui.MediaGallery(discord.MediaGalleryItem("attachment://dot.png", description="A dot")),
                ui.File("attachment://notes.txt"),
                row,
                accent_colour=0x4F6BED,
            )
        )


def card_files() -> list[discord.File]:
    """The files that a `Card` shows."""
    return [discord.File(io.BytesIO(PNG), "dot.png"), discord.File(io.BytesIO(b"some notes"), "notes.txt")]


class TinyBot(discord.Client):
    """Registers its commands as it starts; `heard` holds the messages it read, `events` the gateway's events."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or discord.Intents(guilds=True), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[str] = []
        self.events: list[str] = []
        self.changed = asyncio.Condition()
        self.release = asyncio.Event()
        _register(self.tree, self)

    async def setup_hook(self) -> None:
        self.add_view(Panel())
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message.content)
        async with self.changed:
            self.changed.notify_all()

    async def on_socket_event_type(self, name: str) -> None:
        self.events.append(name)
        async with self.changed:
            self.changed.notify_all()


def _register(tree: app_commands.CommandTree, bot: TinyBot) -> None:  # noqa: C901  # one of everything, in a row
    @tree.command(description="Say hello")
    async def hello(interaction: discord.Interaction, name: str, times: app_commands.Range[int, 1, 3] = 1) -> None:
        await interaction.response.send_message(f"hello {name} " * times)

    @tree.command(description="Only you see it")
    async def secret(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("psst", ephemeral=True)

    @tree.command(description="Buttons")
    async def panel(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("a panel", view=Panel())

    @tree.command(description="A card")
    async def card(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(view=Card(), files=card_files())

    @tree.command(description="Takes its time")
    async def slow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await bot.release.wait()
        await interaction.followup.send("first", wait=True)
        second = await interaction.followup.send("second", wait=True)
        await second.edit(content="second, edited")
        await interaction.edit_original_response(content="first, edited")

    @tree.command(description="Never answers")
    async def silent(interaction: discord.Interaction) -> None:
        del interaction

    @tree.command(description="Answers twice")
    async def twice(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("once")
        params = discord.webhook.async_.interaction_response_params(type=4, data={"content": "again"})
        adapter = discord.webhook.async_.async_context.get()
        try:
            await adapter.create_interaction_response(
                interaction.id, interaction.token, session=interaction._session, params=params
            )
        except discord.HTTPException as error:
            await interaction.followup.send(f"{error.status} {error.code}")

    @tree.command(description="Reads a file")
    async def read(interaction: discord.Interaction, file: discord.Attachment) -> None:
        await interaction.response.send_message(f"{file.filename}: {(await file.read()).decode()[:99]}")

    @tree.command(description="Organisers only")
    @app_commands.default_permissions(administrator=True)
    async def admin(interaction: discord.Interaction) -> None:
        permissions, own = interaction.permissions, interaction.app_permissions
        words = f"admin={permissions.administrator} bot may send={own.send_messages} admin bot={own.administrator}"
        await interaction.response.send_message(words)

    group = app_commands.Group(name="run", description="Run something", guild_only=True)

    @group.command(description="A convolutional network")
    async def cnn(interaction: discord.Interaction, dataset: str, epochs: int = 1) -> None:
        await interaction.response.send_message(f"running on {dataset} for {epochs}")

    @cnn.autocomplete("dataset")
    async def datasets(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        known = [name for name in ("digits", "mnist") if name.startswith(current)]
        return [app_commands.Choice(name=name.upper(), value=name) for name in known]

    tree.add_command(group)
