"""Permission bits, and what a member may do in a channel.

Source: https://discord.com/developers/docs/topics/permissions
"""

from collections.abc import Iterable, Mapping
from enum import IntFlag

from bot.playground.models import Channel, Member, Role


class Permission(IntFlag):
    """The permissions that the playground looks at."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


ALL = (1 << 53) - 1
"""Every permission there is or may come; what an administrator and the owner have."""

MEMBERS = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What @everyone has in a new server."""

BOT = (
    MEMBERS
    | Permission.MANAGE_ROLES
    | Permission.MANAGE_THREADS
    | Permission.MANAGE_MESSAGES
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.USE_EXTERNAL_EMOJIS
)
"""What the bot was invited with."""

IN_DM = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
)
"""What anybody has in a DM."""


def union(values: Iterable[int]) -> int:
    """All bits of all values."""
    bits = 0
    for value in values:
        bits |= value
    return bits


def in_guild(member: Member, roles: Mapping[int, Role], guild_id: int, owner_id: int) -> int:
    """A member's permissions before any channel has its say."""
    if member.id == owner_id:
        return ALL
    held = union(roles[role].permissions for role in (guild_id, *member.roles) if role in roles)
    return ALL if held & Permission.ADMINISTRATOR else held


def in_channel(base: int, member: Member, channel: Channel, guild_id: int) -> int:
    """A member's permissions in a channel: @everyone's overwrite, then the roles', then the member's own.

    A thread has its parent's overwrites: pass the parent.
    """
    if base & Permission.ADMINISTRATOR:
        return ALL
    everyone = [one for one in channel.overwrites if one.id == guild_id]
    roles = [one for one in channel.overwrites if one.type == 0 and one.id in member.roles]
    own = [one for one in channel.overwrites if one.type == 1 and one.id == member.id]
    for layer in (everyone, roles, own):
        base = base & ~union(one.deny for one in layer) | union(one.allow for one in layer)
    return base if base & Permission.VIEW_CHANNEL else 0
