"""``/deployments``: a member's models that are served right now, with their keys; ends one."""

from discord import app_commands
from discord.ext import commands

from bot import ids
from bot.client import Press, Waypoint
from bot.reply import reply, swap
from bot.run_cards import now
from bot.ui import Card, Item, PersistentButton, button, buttons, card, text
from bot.wording import instant
from db import deployments
from db.deployments import Served
from lessons.errors import PersonError

TEXT_MODELS = {"transformer"}
SHOWN_MAX = 8


class Deployments(commands.Cog):
    """What is up."""

    @app_commands.command(description="Your deployed models: their address and key; end one")
    async def deployments(self, interaction: Press) -> None:
        """List them, for the member's eyes only: a key is a secret."""
        await reply(interaction, await list_card(interaction))


class OpenButton(PersistentButton, template=ids.template(ids.DEPLOYMENTS)):
    """*Address and key* on a result."""

    async def press(self, interaction: Press) -> None:
        """Show the list of whoever pressed."""
        await reply(interaction, await list_card(interaction))


class StopButton(PersistentButton, template=ids.template(ids.DEPLOYMENT_STOP)):
    """Ends one."""

    async def press(self, interaction: Press) -> None:
        """Ask its worker to."""
        run_id = int(self.ids["run_id"])
        async with interaction.client.database.transaction() as session:
            stopped = await deployments.ask_to_stop(session, run_id, interaction.user.id, now())
        if not stopped:
            raise PersonError(f"Run {run_id} serves nothing of yours any more. `/deployments` shows what is up.")
        await swap(interaction, await list_card(interaction, f"🛑 Run {run_id} serves no more."))


async def list_card(interaction: Press, note: str = "") -> Card:
    """Everything that the member has up."""
    async with interaction.client.database.session() as session:
        rows = await deployments.member_deployments(session, interaction.user.id, now())
    before = f"{note}\n" if note else ""
    if not rows:
        return card(
            text(f"{before}### Nothing of yours is deployed\n`/run deploy` puts a model that you trained online.")
        )
    items: list[Item] = [
        text(f"{before}### Your deployed models\n-# Only you see this card: whoever has a key can ask the model.")
    ]
    for row in rows[:SHOWN_MAX]:
        stop = button(f"End run {row.run_id}", ids.DEPLOYMENT_STOP.format(run_id=row.run_id), style=ids.DANGER)
        items += [text(about(row)), buttons(stop)]
    return card(*items)


def about(row: Served) -> str:
    """The link to try it, and the line for a program."""
    body = (
        "-H 'Content-Type: application/json' -d '{\"text\": \"What a film!\"}'"
        if row.model_project in TEXT_MODELS
        else "--data-binary @picture.png"
    )
    model = f"{row.model_project} on {row.model_dataset}, run {row.model_run_id}" if row.model_project else "a model"
    return (
        f"**Run {row.run_id}** serves {model}, until {instant(row.expires_at, 't')} ({instant(row.expires_at)})\n"
        f"🖌️ Try it: {row.address}/#{row.key}\n"
        f"```\ncurl -H 'X-Key: {row.key}' {body} {row.address}/predict\n```"
    )


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(OpenButton, StopButton)
    await bot.add_cog(Deployments())
