"""The world: who and what there is, in memory; every change is told to those who listen and to the store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.playground import permissions, seed
from bot.playground.errors import Code, refuse
from bot.playground.exchanges import Exchanges
from bot.playground.faults import Faults
from bot.playground.files import Files
from bot.playground.ids import Snowflakes
from bot.playground.models import (
    DM,
    THREADS,
    Attachment,
    Channel,
    Command,
    Entity,
    Json,
    Member,
    Message,
    Role,
    User,
)
from bot.playground.shapes import channel_json, guild_json
from bot.playground.store import Store


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as the gateway names it.

    Attributes:
        name: the gateway's name for it, such as `MESSAGE_CREATE`.
        data: the API object it carries.
        channel: where it happened; None for the whole guild.
        only: the one member who gets to know, for what is ephemeral.
    """

    name: str
    data: Json
    channel: Channel | None = None
    only: int | None = None


@dataclass(slots=True)
class World:
    """Everything there is. Lookups raise Discord's own 404s; changes go through `keep` and `emit`."""

    store: Store
    files: Files
    exchanges: Exchanges
    faults: Faults = field(default_factory=Faults)
    ids: Snowflakes = field(default_factory=Snowflakes)
    users: dict[int, User] = field(default_factory=dict[int, User])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    commands: dict[int, Command] = field(default_factory=dict[int, Command])
    messages: dict[int, dict[int, Message]] = field(default_factory=dict[int, dict[int, Message]])
    uploads: dict[int, Attachment] = field(default_factory=dict[int, Attachment])
    _listeners: list[Callable[[Event], None]] = field(default_factory=list[Callable[[Event], None]])

    guild_id: int = seed.GUILD_ID
    owner_id: int = seed.OWNER_ID
    bot_id: int = seed.BOT_ID
    application_id: int = seed.APPLICATION_ID

    def wake(self) -> None:
        """Bring back what the store holds, or make the first day's world where it holds nothing."""
        for kind, home in (
            (User, self.users),
            (Member, self.members),
            (Role, self.roles),
            (Channel, self.channels),
            (Command, self.commands),
            (Attachment, self.uploads),
        ):
            for entity in self.store.load(kind):
                home[entity.id] = entity  # pyright: ignore[reportArgumentType]  # each home holds its own kind
                self.ids.seen(entity.id)
        for message in self.store.load(Message):
            self.messages.setdefault(message.channel_id, {})[message.id] = message
            self.ids.seen(message.id)
        if not self.users:
            for entity in (*seed.USERS, *seed.SERVER_MEMBERS, *seed.ROLES, *seed.CHANNELS):
                self.keep(entity)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have a callable told of every event. It must not wait."""
        self._listeners.append(listener)

    def emit(self, name: str, data: Json, *, channel: Channel | None = None, only: int | None = None) -> None:
        """Tell every listener what happened."""
        event = Event(name, data, channel, only)
        for listener in self._listeners:
            listener(event)

    def keep(self, entity: Entity) -> None:
        """Put a new or changed entity in its place, and in the store unless it is ephemeral."""
        match entity:
            case User():
                self.users[entity.id] = entity
            case Member():
                self.members[entity.id] = entity
            case Role():
                self.roles[entity.id] = entity
            case Channel():
                self.channels[entity.id] = entity
            case Command():
                self.commands[entity.id] = entity
            case Attachment():
                self.uploads[entity.id] = entity
            case Message():
                self.messages.setdefault(entity.channel_id, {})[entity.id] = entity
                if entity.ephemeral_to is not None:
                    return
            case _:
                raise TypeError(type(entity).__name__)
        self.store.put(entity)

    def drop(self, entity: Role | Channel | Command | Message) -> None:
        """Take an entity out of the world and the store."""
        match entity:
            case Role():
                del self.roles[entity.id]
            case Channel():
                del self.channels[entity.id]
                for message in self.messages.pop(entity.id, {}).values():
                    self.store.drop(message)
            case Command():
                del self.commands[entity.id]
            case Message():
                del self.messages[entity.channel_id][entity.id]
        self.store.drop(entity)

    # Lookups: each raises the 404 that Discord gives for what is not there.

    def user(self, user_id: int) -> User:
        """A user, or 10013."""
        if user := self.users.get(user_id):
            return user
        raise refuse(Code.UNKNOWN_USER)

    def member(self, user_id: int) -> Member:
        """A member of the guild, or 10007."""
        if member := self.members.get(user_id):
            return member
        raise refuse(Code.UNKNOWN_MEMBER)

    def role(self, role_id: int) -> Role:
        """A role of the guild, or 10011."""
        if role := self.roles.get(role_id):
            return role
        raise refuse(Code.UNKNOWN_ROLE)

    def channel(self, channel_id: int) -> Channel:
        """A channel, thread or DM, or 10003."""
        if channel := self.channels.get(channel_id):
            return channel
        raise refuse(Code.UNKNOWN_CHANNEL)

    def message(self, channel_id: int, message_id: int, *, ephemeral: bool = False) -> Message:
        """A message of a channel, or 10008. Ephemeral ones are only found by those who ask for them."""
        message = self.messages.get(channel_id, {}).get(message_id)
        if message is None or (message.ephemeral_to is not None and not ephemeral):
            raise refuse(Code.UNKNOWN_MESSAGE)
        return message

    def history(self, channel_id: int, *, viewer: int | None = None) -> Iterator[Message]:
        """A channel's messages, newest first; with the ephemeral ones of a viewer, if one is named."""
        for message in reversed(self.messages.get(channel_id, {}).values()):
            if message.ephemeral_to is None or message.ephemeral_to == viewer:
                yield message

    def dm_with(self, user_id: int) -> Channel | None:
        """The member's DM with the bot, if it was ever opened."""
        return next((one for one in self.channels.values() if one.recipient_id == user_id), None)

    def open_dm(self, user_id: int) -> Channel:
        """The member's DM with the bot, opened if it was not; the member is told of a new one."""
        if channel := self.dm_with(user_id):
            return channel
        channel = Channel(id=self.ids.next(), type=DM, recipient_id=user_id)
        self.keep(channel)
        self.emit("CHANNEL_CREATE", self.channel_raw(channel), channel=channel)
        return channel

    def set_dms(self, user_id: int, *, is_open: bool) -> None:
        """Have a member take direct messages from the bot, or refuse them (50007).

        Raises:
            ApiError: 10007, there is no such member.
        """
        self.keep(self.member(user_id).model_copy(update={"dms_open": is_open}))

    def guild_channels(self) -> list[Channel]:
        """The guild's text channels in their order, without threads."""
        found = [one for one in self.channels.values() if not one.is_dm and one.type not in THREADS]
        return sorted(found, key=lambda one: (one.position, one.id))

    def threads(self) -> list[Channel]:
        """The guild's threads that are not archived."""
        return [one for one in self.channels.values() if one.thread and not one.thread.archived]

    def guild_permissions(self, user_id: int) -> int:
        """What a member may do in the guild."""
        return permissions.in_guild(self.member(user_id), self.roles, self.guild_id, self.owner_id)

    def permissions(self, user_id: int, channel: Channel) -> int:
        """What a user may do in a channel."""
        if channel.is_dm:
            return permissions.IN_DM if user_id in {channel.recipient_id, self.bot_id} else 0
        where = self.channel(channel.parent_id) if channel.type in THREADS and channel.parent_id else channel
        member = self.member(user_id)
        return permissions.in_channel(self.guild_permissions(user_id), member, where, self.guild_id)

    def may_see(self, user_id: int, channel: Channel) -> bool:
        """Whether a user sees a channel at all."""
        return bool(self.permissions(user_id, channel) & permissions.Permission.VIEW_CHANNEL)

    # Shapes that need more than the entity itself.

    def member_raw(self, user_id: int) -> Json:
        """Discord's member object, with its user."""
        return {"user": self.user(user_id).raw(), **self.member(user_id).raw()}

    def role_names(self, user_id: int) -> list[str]:
        """The names of a member's roles, the highest first."""
        held = [self.roles[role] for role in self.member(user_id).roles if role in self.roles]
        return [role.name for role in sorted(held, key=lambda role: role.position, reverse=True)]

    def channel_raw(self, channel: Channel) -> Json:
        """Discord's channel object."""
        recipient = self.users.get(channel.recipient_id) if channel.recipient_id else None
        return channel_json(channel, self.guild_id, recipient)

    def guild_raw(self) -> Json:
        """Discord's guild object."""
        return guild_json(self.guild_id, self.owner_id, [role.raw() for role in self.roles.values()], len(self.members))

    def message_raw(self, message: Message, viewer: int | None = None) -> Json:
        """Discord's message object, as `viewer` sees its reactions (the bot, if none is named)."""
        if not message.reactions:
            return message.wire
        me = viewer or self.bot_id
        reactions: list[Json] = [
            {
                "emoji": {"id": None, "name": emoji},
                "count": len(users),
                "count_details": {"normal": len(users), "burst": 0},
                "burst_colors": [],
                "me": me in users,
                "me_burst": False,
            }
            for emoji, users in message.reactions.items()
        ]
        return message.wire | {"reactions": reactions}
