"""The things that live in the playground's world, and how each looks on the wire.

They are frozen: a change makes a new one. `raw` gives Discord's own JSON (ids as strings, times in ISO 8601).
"""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.playground.ids import snowflake_time

Json = dict[str, Any]
"""One JSON object of the wire protocol."""

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12
THREADS: Final = frozenset({PUBLIC_THREAD, PRIVATE_THREAD})

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
HAS_THREAD, SUPPRESS_EMBEDS, SILENT = 1 << 5, 1 << 2, 1 << 12


class Entity(BaseModel):
    """Something with an id that outlives a restart."""

    model_config = ConfigDict(frozen=True)

    id: int


class User(Entity):
    """A person, or the bot."""

    username: str
    display: str
    avatar: str
    colour: int
    bot: bool = False

    def raw(self) -> Json:
        """Discord's user object."""
        return {
            "id": str(self.id),
            "username": self.username,
            "discriminator": "0000" if self.bot else "0",
            "global_name": None if self.bot else self.display,
            "avatar": self.avatar,
            "bot": self.bot,
            "system": False,
            "banner": None,
            "accent_color": self.colour,
            "public_flags": 0,
            "flags": 0,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
        }


class Member(Entity):
    """What the guild knows of a user (the id is the user's)."""

    roles: tuple[int, ...] = ()
    joined_at: str
    nick: str | None = None
    dms_open: bool = True

    def raw(self) -> Json:
        """Discord's member object without its user."""
        return {
            "roles": [str(role) for role in self.roles],
            "nick": self.nick,
            "avatar": None,
            "banner": None,
            "avatar_decoration_data": None,
            "communication_disabled_until": None,
            "premium_since": None,
            "joined_at": self.joined_at,
            "flags": 0,
            "pending": False,
            "mute": False,
            "deaf": False,
        }


class Role(Entity):
    """A role of the guild; @everyone has the guild's own id."""

    name: str
    permissions: int
    position: int
    color: int = 0
    hoist: bool = False
    mentionable: bool = False
    bot_id: int | None = None

    def raw(self) -> Json:
        """Discord's role object."""
        raw: Json = {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(self.permissions),
            "position": self.position,
            "color": self.color,
            "colors": {"primary_color": self.color, "secondary_color": None, "tertiary_color": None},
            "hoist": self.hoist,
            "managed": self.bot_id is not None,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }
        return raw if self.bot_id is None else raw | {"tags": {"bot_id": str(self.bot_id)}}


class Overwrite(BaseModel):
    """What a channel grants or takes from a role (`type` 0) or a member (`type` 1)."""

    model_config = ConfigDict(frozen=True)

    id: int
    type: int
    allow: int = 0
    deny: int = 0

    def raw(self) -> Json:
        """Discord's permission overwrite object."""
        return {"id": str(self.id), "type": self.type, "allow": str(self.allow), "deny": str(self.deny)}


class ThreadState(BaseModel):
    """What makes a channel a thread."""

    model_config = ConfigDict(frozen=True)

    archived: bool = False
    locked: bool = False
    invitable: bool = True
    auto_archive_duration: int = 4320
    members: tuple[int, ...] = ()
    messages: int = 0


class Channel(Entity):
    """A text channel of the guild, a thread in one, or a member's DM with the bot."""

    type: int
    name: str = ""
    topic: str | None = None
    position: int = 0
    parent_id: int | None = None
    owner_id: int | None = None
    recipient_id: int | None = None
    slowmode: int = 0
    overwrites: tuple[Overwrite, ...] = ()
    last_message_id: int | None = None
    thread: ThreadState | None = None

    @property
    def is_dm(self) -> bool:
        """Whether it is a DM."""
        return self.type == DM


class Attachment(Entity):
    """A file that was sent. Its bytes lie in the store under its id."""

    filename: str
    size: int
    url: str
    content_type: str | None = None
    description: str | None = None
    width: int | None = None
    height: int | None = None

    def raw(self) -> Json:
        """Discord's attachment object."""
        raw: Json = {
            "id": str(self.id),
            "filename": self.filename,
            "size": self.size,
            "url": self.url,
            "proxy_url": self.url,
            "content_type": self.content_type,
            "description": self.description,
            "width": self.width,
            "height": self.height,
        }
        return {key: value for key, value in raw.items() if value is not None}

    def media(self) -> Json:
        """Discord's unfurled media item, as Components V2 show a file."""
        return {
            "id": str(self.id),
            "attachment_id": str(self.id),
            "url": self.url,
            "proxy_url": self.url,
            "width": self.width,
            "height": self.height,
            "content_type": self.content_type,
        }


class Message(Entity):
    """A message; `wire` is Discord's message object without its reactions."""

    channel_id: int
    author_id: int
    wire: Json
    attachments: tuple[Attachment, ...] = ()
    ephemeral_to: int | None = None
    nonce: str | int | None = None
    reactions: dict[str, tuple[int, ...]] = {}

    @property
    def flags(self) -> int:
        """The message's flags."""
        return int(self.wire["flags"])

    @property
    def is_v2(self) -> bool:
        """Whether it is made of Components V2, and so has no content and no embeds."""
        return bool(self.flags & COMPONENTS_V2)


class Command(Entity):
    """A registered application command, in Discord's own shape."""

    guild_id: int | None
    wire: Json


def timestamp(snowflake: int) -> str:
    """When a snowflake was made, in ISO 8601 as Discord writes it."""
    return snowflake_time(snowflake).isoformat(timespec="microseconds")
