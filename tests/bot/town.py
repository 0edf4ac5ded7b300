"""The playground's server as the tests of delivery and of live cards see it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.client import Waypoint
from bot.playground import Playground, seed
from bot.playground.components import text_of, walk
from bot.playground.models import Message, User
from db.engine import Database
from db.tables import Run
from tests.runs import artifacts, ask_for, at, end, finished, sql, take
from workers.queue import Asker

MARA, TOMAS, AIKO, NADIA, JONAS = seed.USERS[1:]
CHANNEL = seed.CHANNELS[2].id


@dataclass(frozen=True)
class Town:
    """A server with Mara, who owns it, and Tomás, who trains."""

    ground: Playground
    database: Database
    log_in: Callable[[], Awaitable[Waypoint]]
    """A bot process that can speak to Discord."""
    connect: Callable[[], Awaitable[Waypoint]]
    """One that also hears it, and so knows the servers it is in."""

    async def ask(self, person: User = TOMAS) -> Run:
        """A queued run, asked for in the channel."""
        asker = Asker(person.id, person.display, guild_id=seed.GUILD_ID, channel_id=CHANNEL)
        return await ask_for(self.database, asker)

    async def train(self, accuracy: float = 0.975, person: User = TOMAS) -> Run:
        """A run that has just come to a good end: its result waits to be posted."""
        run = await take(self.database, (await self.ask(person)).id)
        assert run is not None
        assert await end(self.database, run, finished(accuracy), artifacts())
        return run

    def messages(self, channel_id: int = CHANNEL) -> list[Message]:
        """What the bot has posted in a channel, oldest first."""
        kept = self.ground.world.messages.get(channel_id, {})
        return [message for message in kept.values() if message.author_id == seed.BOT_ID]

    def posted(self, channel_id: int = CHANNEL) -> list[str]:
        """Their texts."""
        return [self.text(message) for message in self.messages(channel_id)]

    def text(self, message: Message) -> str:
        """What stands in a message."""
        return text_of(message.wire["components"])

    def labels(self, message_id: int) -> dict[str, str | None]:
        """The buttons of a message that can be pressed, with the address of those that are links."""
        (message,) = [message for message in self.messages() if message.id == message_id]
        parts = [part for part in walk(message.wire["components"]) if part["type"] == 2 and not part.get("disabled")]
        return {part.get("label") or part["emoji"]["name"]: part.get("url") for part in parts}

    def whispered(self, user_id: int) -> list[str]:
        """The texts of what the bot has sent a member by DM."""
        channel = self.ground.world.dm_with(user_id)
        return [] if channel is None else self.posted(channel.id)

    def edits(self, message_id: int) -> list[float]:
        """When a message was edited, in seconds of Unix time; only edits that got through."""
        return [
            each.at
            for each in self.ground.world.exchanges
            if each.method == "PATCH" and each.path.endswith(f"/messages/{message_id}") and each.status == 200
        ]

    async def make_due(self) -> None:
        """Let the time pass that the outbox waits for."""
        await sql(self.database, "update outbox set due_at = now(), claimed_until = now() - interval '1 second'")

    async def outbox(self) -> list[tuple[object, ...]]:
        """Key, attempts, and whether it was sent or given up."""
        rows = await sql(
            self.database,
            "select key, attempts, sent_at is not null, failed_at is not null, message_id from outbox order by id",
        )
        return [tuple(row) for row in rows]

    async def seconds_to_next_try(self) -> float:
        """How long the one row in the outbox still waits."""
        ((due,),) = await sql(self.database, "select due_at from outbox")
        return (due - at()).total_seconds()


async def eventually(holds: Callable[[], bool], within: float = 10.0) -> None:
    """Wait until something holds that another task brings about."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - the world is looked at from outside, it has no event for this
            await asyncio.sleep(0.02)
