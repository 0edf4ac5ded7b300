"""A chat for the tests: the real bot on a simulated Discord, and what people read there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import discord
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle, UserHandle
from simcord.results import InteractionResult, ResponseMessage

from bot.client import Waypoint
from db.engine import Database


@dataclass
class Chat:
    """One server with a channel, and the bot in it."""

    env: simcord.Env
    bot: Waypoint
    guild: GuildHandle
    channel: ChannelHandle
    database: Database
    before: list[Waypoint] = field(default_factory=list)
    """Bots that ended."""

    def person(self, name: str, *, organiser: bool = False) -> "Person":
        """Somebody new in the server."""
        roles = []
        if organiser:
            roles.append(self.guild.create_role("Organisers", permissions=discord.Permissions(manage_guild=True)))
        user = self.env.create_user(name.lower(), global_name=name)
        return Person(self.guild.add_member(user, roles=roles), user, self.channel)

    def relabel(self, result: InteractionResult, label: str, new_label: str, custom_id: str) -> None:
        """Turn a button into another one: one of an older version of the bot, or of somebody else's card."""
        message = _message(result)
        stored = self.env.backend.get_message(message.channel_id, message.id)
        (button,) = [part for part in walk(stored.components) if part.get("label") == label]
        button.update(label=new_label, custom_id=custom_id)

    async def restart(self) -> None:
        """The bot ends and another process takes its place."""
        self.before.append(self.bot)
        self.bot = Waypoint(self.bot.settings, self.bot.database.url)
        await self.env.restart_bot(self.bot)


@dataclass(frozen=True)
class Person:
    """A member at their keyboard."""

    member: MemberActor
    user: UserHandle
    channel: ChannelHandle

    @property
    def id(self) -> int:
        return self.user.id

    async def says(self, command: str, **options: Any) -> InteractionResult:
        """Type a slash command in the channel."""
        return await self.member.slash(self.channel, command, **options)

    async def whispers(self, command: str, **options: Any) -> InteractionResult:
        """Type a slash command in the DM with the bot."""
        return await self.user.slash(command, **options)

    async def starts(self, pace: str = "middle", time_zone: str = "Berlin") -> InteractionResult:
        """Say ``/start``."""
        return await self.says("start", pace=pace, time_zone=time_zone)

    async def presses(self, message: InteractionResult | ResponseMessage, label: str) -> InteractionResult:
        """Press a button of a message, by its label, or by its emoji where it has no label."""
        shown = _message(message)
        for part in walk(shown.components):
            if part["type"] == 2 and not part.get("label") and part["emoji"]["name"] == label:
                return await self.member.click(shown, custom_id=part["custom_id"])
        return await self.member.click(shown, label=label)

    async def chooses(self, message: InteractionResult | ResponseMessage, value: object) -> InteractionResult:
        """Choose from the one select of a message."""
        return await self.member.select(_message(message), [str(value)])

    async def fills(self, form: InteractionResult, **fields: Any) -> InteractionResult:
        """Fill a form by the labels of its fields; what is not named stays as it is shown."""
        return await self.member.submit_modal(form, filled(form, fields))


def _message(source: InteractionResult | ResponseMessage) -> ResponseMessage:
    if isinstance(source, ResponseMessage):
        return source
    assert source.response is not None, "nothing was answered"
    return source.response


def fields_of(form: InteractionResult) -> dict[str, dict[str, Any]]:
    """The fields of a form by their labels."""
    assert form.modal is not None, f"no form was opened: {said(form)}"
    return {label["label"]: label["component"] for label in form.modal["components"]}


def filled(form: InteractionResult, fields: dict[str, Any]) -> dict[str, Any]:
    """Values by custom_id: those given, and for the others what the form shows already."""
    values: dict[str, Any] = {}
    known = fields_of(form)
    wrong = {name.replace("_", " ").lower() for name in fields} - {label.lower() for label in known}
    assert not wrong, f"no such fields: {wrong}"
    given = {name.replace("_", " ").lower(): value for name, value in fields.items()}
    for label, field_ in known.items():
        if label.lower() in given:
            values[field_["custom_id"]] = given[label.lower()]
        elif "options" in field_:
            chosen = [option["value"] for option in field_["options"] if option.get("default")]
            values[field_["custom_id"]] = chosen if field_["type"] == discord.ComponentType.select.value else chosen[0]
        elif field_.get("value") is not None:
            values[field_["custom_id"]] = field_["value"]
    return values


def said(source: InteractionResult | ResponseMessage) -> str:
    """All that a person reads in an answer: its texts and labels, or its sentence."""
    if isinstance(source, InteractionResult):
        parts = [said(message) for message in (source.response, *source.followups) if message is not None]
        return "\n".join(parts)
    texts = [source.content] if source.content else []
    for part in walk(source.components):
        texts += [part[key] for key in ("content", "label", "placeholder") if part.get(key)]
        texts += [option["label"] for option in part.get("options", ())]
    return "\n".join(texts)


def sentence(result: InteractionResult) -> str:
    """The one sentence of an answer that only the person sees, and that is not a card."""
    answers = [message for message in (result.response, *result.followups) if message is not None]
    (answer,) = [message for message in answers if message.content]
    assert answer.ephemeral
    assert not answer.components
    return answer.content


def buttons(source: InteractionResult | ResponseMessage) -> list[str]:
    """The labels of the buttons that can be pressed; the emoji of those that have none."""
    parts = walk(_message(source).components)
    return [
        part.get("label") or part["emoji"]["name"] for part in parts if part["type"] == 2 and not part.get("disabled")
    ]


def pictures(source: InteractionResult | ResponseMessage) -> list[str]:
    """The descriptions of the pictures in galleries."""
    galleries = [part["items"] for part in walk(_message(source).components) if part["type"] == 12]
    return [item["description"] for items in galleries for item in items]


def files(source: InteractionResult | ResponseMessage) -> list[str]:
    """The names of the files that came with a message."""
    return [file.filename for file in _message(source).attachments]


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in components:
        yield part
        yield from walk(part.get("components", []))
        if "accessory" in part:
            yield part["accessory"]
