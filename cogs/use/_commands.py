"""``/use``: a group with one subcommand a kind of model."""

import discord
from discord import app_commands

from bot.client import Press
from bot.run_choices import offer
from cogs.use._ask import ask, drawn_seed, model_to_use
from db import asks
from workers.using import PROMPT_MAX, USES, Wish

WHICH = "Whose model: a finished run of yours, or one that somebody shares; your best one if you name none"


async def offer_models(interaction: Press, current: str) -> list[app_commands.Choice[int]]:
    """Runs whose models can do what the subcommand asks for."""
    command = interaction.command
    use = next((each for kind, each in USES.items() if command is not None and command.name == kind), None)
    if use is None:
        return []
    async with interaction.client.database.session() as session:
        rows = await asks.usable_runs(session, interaction.user.id, use.projects)
    return offer(rows, current, interaction.user.id)


class UseGroup(app_commands.Group):
    """The group; what a subcommand is about stands with its kind in `workers.using`."""

    def __init__(self) -> None:
        super().__init__(name="use", description="Put a model to work that you trained")

    @app_commands.command(description=USES["classify"].about)
    @app_commands.describe(image="A picture: PNG, JPEG, WebP or GIF", run=WHICH)
    @app_commands.autocomplete(run=offer_models)
    async def classify(self, interaction: Press, image: discord.Attachment, run: int | None = None) -> None:
        """What is in the picture?"""
        model = await model_to_use(interaction, "classify", run)
        await ask(interaction, model, Wish("classify"), image)

    @app_commands.command(description=USES["write"].about)
    @app_commands.describe(
        prompt="How it begins", temperature="Below 1 it plays safe, above 1 it goes wild; 0.8 by default", run=WHICH
    )
    @app_commands.autocomplete(run=offer_models)
    async def write(
        self,
        interaction: Press,
        prompt: app_commands.Range[str, 1, PROMPT_MAX],
        temperature: app_commands.Range[float, 0.1, 2.0] = 0.8,
        run: int | None = None,
    ) -> None:
        """How does it go on?"""
        model = await model_to_use(interaction, "write", run)
        await ask(interaction, model, Wish("write", text=prompt, temperature=temperature, seed=drawn_seed()))

    @app_commands.command(description=USES["sentiment"].about)
    @app_commands.describe(text="A sentence", run=WHICH)
    @app_commands.autocomplete(run=offer_models)
    async def sentiment(
        self, interaction: Press, text: app_commands.Range[str, 1, PROMPT_MAX], run: int | None = None
    ) -> None:
        """What does the model think of it?"""
        model = await model_to_use(interaction, "sentiment", run)
        await ask(interaction, model, Wish("sentiment", text=text))

    @app_commands.command(description=USES["caption"].about)
    @app_commands.describe(image="A picture: PNG, JPEG, WebP or GIF", run=WHICH)
    @app_commands.autocomplete(run=offer_models)
    async def caption(self, interaction: Press, image: discord.Attachment, run: int | None = None) -> None:
        """What is to be seen in it?"""
        model = await model_to_use(interaction, "caption", run)
        await ask(interaction, model, Wish("caption"), image)

    @app_commands.command(description=USES["play"].about)
    @app_commands.describe(run=WHICH)
    @app_commands.autocomplete(run=offer_models)
    async def play(self, interaction: Press, run: int | None = None) -> None:
        """A game, on a board that it has not seen."""
        model = await model_to_use(interaction, "play", run)
        await ask(interaction, model, Wish("play", seed=drawn_seed()))

    @app_commands.command(description=USES["draw"].about)
    @app_commands.describe(digit="What to draw, if the model was taught to choose", run=WHICH)
    @app_commands.autocomplete(run=offer_models)
    async def draw(
        self, interaction: Press, digit: app_commands.Range[int, 0, 9] | None = None, run: int | None = None
    ) -> None:
        """Pictures that nobody has drawn before."""
        model = await model_to_use(interaction, "draw", run)
        await ask(interaction, model, Wish("draw", digit=digit, seed=drawn_seed()))
