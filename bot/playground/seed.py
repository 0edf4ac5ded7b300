"""The world as it is on the first day: one server, its people and channels, with ids that never change."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from bot.playground.ids import snowflake_at
from bot.playground.models import TEXT, Channel, Member, Role, User
from bot.playground.permissions import ALL, BOT, MEMBERS

_FOUNDED: Final = datetime(2025, 9, 1, 9, 0, tzinfo=UTC)
_JOINED: Final = _FOUNDED.isoformat()


def _fixed(number: int) -> int:
    return snowflake_at(_FOUNDED, number)


GUILD_ID: Final = _fixed(1)
GUILD_NAME: Final = "Deep Learning Study Group"
APPLICATION_ID: Final = _fixed(2)
BOT_ID: Final = APPLICATION_ID
BOT_ROLE_ID: Final = _fixed(3)
ORGANISER_ROLE_ID: Final = _fixed(4)
OWNER_ID: Final = _fixed(10)


def picture_hash(*parts: object) -> str:
    """The 32 hexadecimal digits that name a picture on the CDN."""
    return hashlib.blake2s(repr(parts).encode(), digest_size=16).hexdigest()


GUILD_ICON: Final = picture_hash(GUILD_NAME)


def _person(number: int, username: str, display: str, colour: int, *, bot: bool = False) -> User:
    identity = BOT_ID if bot else _fixed(number)
    return User(
        id=identity,
        username=username,
        display=display,
        avatar=picture_hash(username, colour),
        colour=colour,
        bot=bot,
    )


USERS: Final = (
    _person(2, "Waypoint", "Waypoint", 0x4F6BED, bot=True),
    _person(10, "mara", "Mara Lindqvist", 0xC2410C),
    _person(11, "tomas", "Tomás Rivera", 0x0F766E),
    _person(12, "aiko", "Aiko Tanaka", 0x9333EA),
    _person(13, "nadia", "Nadia Okafor", 0xB91C5C),
    _person(14, "jonas", "Jonas Weber", 0x3F6212),
)
"""The bot, then Mara who organises the group and owns the server, then the members."""

MEMBER_ROLES: Final = {BOT_ID: (BOT_ROLE_ID,), OWNER_ID: (ORGANISER_ROLE_ID,)}

SERVER_MEMBERS: Final = tuple(
    Member(id=user.id, roles=MEMBER_ROLES.get(user.id, ()), joined_at=_JOINED) for user in USERS
)

ROLES: Final = (
    Role(id=GUILD_ID, name="@everyone", permissions=MEMBERS, position=0),
    Role(id=BOT_ROLE_ID, name="Waypoint", permissions=BOT, position=1, color=0x4F6BED, bot_id=BOT_ID),
    Role(id=ORGANISER_ROLE_ID, name="Organiser", permissions=ALL, position=2, color=0xC2410C, hoist=True),
)

CHANNELS: Final = (
    Channel(id=_fixed(20), type=TEXT, name="welcome", position=0, topic="Start here: type /start"),
    Channel(id=_fixed(21), type=TEXT, name="study-hall", position=1, topic="Questions, plans, small wins"),
    Channel(id=_fixed(22), type=TEXT, name="training-runs", position=2, topic="Models we trained"),
    Channel(id=_fixed(23), type=TEXT, name="papers", position=3, topic="What is new in cs.LG"),
)
