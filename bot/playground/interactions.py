"""Interactions: what a member did, on its way to the bot and until its token dies."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import Final, Protocol

from bot.playground.errors import ApiError, Code, refuse
from bot.playground.limits import MOST_FILE_BYTES
from bot.playground.messages import CHAT_INPUT_COMMAND, REPLY
from bot.playground.models import Channel, Json, Message
from bot.playground.wire import an_object, objects
from bot.playground.world import World

ANSWER_SECONDS: Final = 3.0
"""How long the bot has for its first answer."""
TOKEN_SECONDS: Final = 15 * 60.0
"""How long an interaction's token lives."""


class Type(IntEnum):
    """The interaction types that a bot gets over the gateway."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


SUBCOMMANDS: Final = {1, 2}
"""The option types of a subcommand and of a group of them."""


def full_name(data: Json) -> str:
    """A command's whole name, subcommands included, such as `run cnn`."""
    names = [str(data["name"])]
    deeper = [one for one in objects(data.get("options")) if one.get("type") in SUBCOMMANDS]
    while deeper:
        names.append(str(deeper[0]["name"]))
        deeper = [one for one in objects(deeper[0].get("options")) if one.get("type") in SUBCOMMANDS]
    return " ".join(names)


class State(Enum):
    """Where an interaction stands."""

    WAITING = auto()
    ANSWERING = auto()
    ANSWERED = auto()
    EXPIRED = auto()


class Asker(Protocol):
    """Who is told how an interaction fares: the page's socket it came from."""

    def send(self, kind: str, data: Json) -> None:
        """Send one frame."""
        ...


@dataclass(slots=True)
class Interaction:
    """One interaction.

    Attributes:
        data: the payload's `data`.
        nonce: the page's name for it.
        source: the message whose component was used, also when a modal came between.
        opener: for a submitted modal, the interaction that opened it.
        original_id: the message that `@original` means, once there is one.
        modal: the modal that answered it.
        born: by the monotonic clock.
    """

    id: int
    token: str
    type: Type
    user_id: int
    channel_id: int
    data: Json
    asker: Asker
    nonce: str | None
    born: float
    source: Message | None = None
    opener: "Interaction | None" = None
    state: State = State.WAITING
    original_id: int | None = None
    modal: Json | None = None
    timer: asyncio.TimerHandle | None = None

    def tell(self, kind: str, **more: object) -> None:
        """Send its page a frame about it."""
        self.asker.send(kind, {"nonce": self.nonce, "interaction_id": str(self.id), **more})


@dataclass(slots=True)
class Interactions:
    """All interactions whose tokens live.

    Attributes:
        world: the world.
        deliver: hands an INTERACTION_CREATE to the bot; false if there is no bot to hand it to.
        reachable: whether a bot is connected right now.
    """

    world: World
    deliver: Callable[[Json], bool]
    reachable: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
    _by_id: dict[int, Interaction] = field(default_factory=dict[int, Interaction])
    _by_token: dict[str, Interaction] = field(default_factory=dict[str, Interaction])

    def start(
        self,
        kind: Type,
        *,
        user_id: int,
        channel: Channel,
        data: Json,
        asker: Asker,
        nonce: str | None,
        source: Message | None = None,
        opener: Interaction | None = None,
    ) -> Interaction:
        """Make an interaction, tell its page, and hand it to the bot."""
        self._forget()
        interaction = Interaction(
            id=self.world.ids.next(),
            token=secrets.token_urlsafe(48),
            type=kind,
            user_id=user_id,
            channel_id=channel.id,
            data=data,
            asker=asker,
            nonce=nonce,
            born=self.clock(),
            source=source,
            opener=opener,
        )
        self._by_id[interaction.id] = self._by_token[interaction.token] = interaction
        interaction.tell("INTERACTION_CREATED")
        if self.deliver(self._payload(interaction, channel)):
            loop = asyncio.get_running_loop()
            interaction.timer = loop.call_later(ANSWER_SECONDS, self._expire, interaction)
        else:
            self._expire(interaction)
        return interaction

    def _expire(self, interaction: Interaction) -> None:
        if interaction.state is not State.WAITING:
            return
        interaction.state = State.EXPIRED
        if self.reachable():
            reason, message = "timeout", "The application did not respond"
        else:
            reason, message = "offline", "The bot is offline. Start it, and try again."
        interaction.tell("INTERACTION_FAILED", reason=reason, message=message)

    def _forget(self) -> None:
        horizon = self.clock() - TOKEN_SECONDS
        dead: list[Interaction] = []
        for interaction in self._by_id.values():
            if interaction.born > horizon:
                break
            dead.append(interaction)
        for interaction in dead:
            del self._by_id[interaction.id], self._by_token[interaction.token]

    def find(self, identity: int) -> Interaction | None:
        """An interaction by id, while its token lives."""
        interaction = self._by_id.get(identity)
        return interaction if interaction and self._alive(interaction) else None

    def _alive(self, interaction: Interaction) -> bool:
        return self.clock() - interaction.born < TOKEN_SECONDS

    def claim(self, identity: int, token: str) -> Interaction:
        """Take an interaction to answer it for the first time; call `settle` or `release` after.

        Raises:
            ApiError: 10062 for an unknown one or one that waited too long, 40060 for one that was answered.
        """
        interaction = self.find(identity)
        if interaction is None or interaction.token != token or interaction.state is State.EXPIRED:
            raise refuse(Code.UNKNOWN_INTERACTION)
        if interaction.state is not State.WAITING:
            raise refuse(Code.ALREADY_ACKNOWLEDGED)
        interaction.state = State.ANSWERING
        return interaction

    def settle(self, interaction: Interaction) -> None:
        """The first answer was given."""
        interaction.state = State.ANSWERED
        if interaction.timer is not None:
            interaction.timer.cancel()

    def release(self, interaction: Interaction) -> None:
        """The first answer was refused; the bot may try again while there is time."""
        interaction.state = State.WAITING
        if self.clock() - interaction.born >= ANSWER_SECONDS:
            self._expire(interaction)

    def by_token(self, webhook_id: int, token: str) -> Interaction:
        """The answered interaction that a webhook token belongs to.

        Raises:
            ApiError: 10015 for a webhook that is not the application or no answer yet, 50027 for a dead token.
        """
        if webhook_id != self.world.application_id:
            raise refuse(Code.UNKNOWN_WEBHOOK)
        interaction = self._by_token.get(token)
        if interaction is None or not self._alive(interaction):
            raise refuse(Code.INVALID_WEBHOOK_TOKEN)
        if interaction.state is not State.ANSWERED:
            raise refuse(Code.UNKNOWN_WEBHOOK)
        return interaction

    def _payload(self, interaction: Interaction, channel: Channel) -> Json:
        world = self.world
        permissions = world.permissions(interaction.user_id, channel)
        payload: Json = {
            "id": str(interaction.id),
            "application_id": str(world.application_id),
            "type": int(interaction.type),
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": str(channel.id),
            "channel": world.channel_raw(channel) | {"permissions": str(permissions)},
            "app_permissions": str(int(world.permissions(world.bot_id, channel))),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": MOST_FILE_BYTES,
            "authorizing_integration_owners": self.owners(channel),
            "context": 1 if channel.is_dm else 0,
        }
        if channel.is_dm:
            payload["user"] = world.user(interaction.user_id).raw()
        else:
            payload["guild_id"] = str(world.guild_id)
            payload["guild"] = {"id": str(world.guild_id), "features": [], "locale": "en-US"}
            payload["guild_locale"] = "en-US"
            payload["member"] = world.member_raw(interaction.user_id) | {"permissions": str(int(permissions))}
        if interaction.source is not None:
            payload["message"] = world.message_raw(interaction.source)
        return payload

    def owners(self, channel: Channel) -> Json:
        """Who installed the application there: the guild, or nobody (`0`) in a DM."""
        return {"0": "0" if channel.is_dm else str(self.world.guild_id)}

    def metadata(self, interaction: Interaction) -> Json:
        """Discord's interaction metadata, as a message that answers an interaction carries it."""
        meta: Json = {
            "id": str(interaction.id),
            "type": int(interaction.type),
            "user": self.world.user(interaction.user_id).raw(),
            "authorizing_integration_owners": self.owners(self.world.channel(interaction.channel_id)),
        }
        match interaction.type:
            case Type.COMMAND:
                meta["name"] = full_name(interaction.data)
                meta["command_type"] = interaction.data["type"]
            case Type.COMPONENT if interaction.source is not None:
                meta["interacted_message_id"] = str(interaction.source.id)
            case Type.MODAL_SUBMIT if interaction.opener is not None:
                opener = self.metadata(interaction.opener)
                meta["triggering_interaction_metadata"] = opener
                if "name" in opener:
                    meta["name"] = opener["name"]
            case _:
                pass
        return meta

    def origin(self, interaction: Interaction, *, followup: bool = False) -> Json:
        """The fields of a message object that tell which interaction it answers."""
        meta = self.metadata(interaction)
        extra: Json = {
            "application_id": str(self.world.application_id),
            "webhook_id": str(self.world.application_id),
            "interaction_metadata": meta,
        }
        referenced = interaction.original_id if followup else None
        if referenced is None and interaction.source is not None:
            referenced = interaction.source.id
        if interaction.type is Type.COMMAND and not followup:
            extra["type"] = CHAT_INPUT_COMMAND if interaction.data["type"] == 1 else CHAT_INPUT_COMMAND + 3
            extra["interaction"] = {
                "id": meta["id"],
                "type": int(Type.COMMAND),
                "name": meta["name"],
                "user": meta["user"],
            }
        elif referenced is not None:
            extra["type"] = REPLY
            extra["message_reference"] = self._reference(interaction, referenced)
        if followup and interaction.original_id is not None:
            meta["original_response_message_id"] = str(interaction.original_id)
        return extra

    def _reference(self, interaction: Interaction, message_id: int) -> Json:
        reference = {"type": 0, "channel_id": str(interaction.channel_id), "message_id": str(message_id)}
        if self.world.channel(interaction.channel_id).is_dm:
            return reference
        return reference | {"guild_id": str(self.world.guild_id)}

    def message_of(self, interaction: Interaction, which: str) -> Message:
        """The message that a webhook route names: `@original`, or the id of one that answers it.

        Raises:
            ApiError: 10008, there is none.
        """
        identity = interaction.original_id if which == "@original" else _number(which)
        if identity is None:
            raise refuse(Code.UNKNOWN_MESSAGE)
        message = self.world.message(interaction.channel_id, identity, ephemeral=True)
        meta = an_object(message.wire.get("interaction_metadata"))
        if identity != interaction.original_id and meta.get("id") != str(interaction.id):
            raise refuse(Code.UNKNOWN_MESSAGE)
        return message


def _number(value: str) -> int:
    if not value.isdecimal():
        raise ApiError(400, Code.INVALID_FORM, "Invalid Form Body")
    return int(value)
