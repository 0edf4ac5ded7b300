"""What the gateway's events carry beyond the objects of the REST side."""

from typing import Final

from bot.playground.models import Json, User
from bot.playground.sessions import GUILDS, MEMBERS, Session
from bot.playground.shapes import thread_member_json
from bot.playground.wire import a_list, a_number, ids, inner
from bot.playground.world import World

_VEIL: Final[Json] = {"content": "", "embeds": [], "attachments": [], "components": []}


def hears_guild(world: World, session: Session) -> bool:
    """Whether a session gets the guild at all."""
    return session.covers(world.guild_id) and bool(session.intents & GUILDS)


def ready(world: World, session: Session, url: str) -> Json:
    """READY: who the bot is, and where it resumes."""
    here = [{"id": str(world.guild_id), "unavailable": True}] if hears_guild(world, session) else []
    return {
        "v": 10,
        "user": world.user(world.bot_id).raw() | {"mfa_enabled": True, "verified": True, "email": None},
        "guilds": here,
        "session_id": session.id,
        "resume_gateway_url": url,
        "session_type": "normal",
        "private_channels": [],
        "relationships": [],
        "presences": [],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "shard": list(session.shard),
        "application": {"id": str(world.application_id), "flags": 0},
    }


def guild_create(world: World, session: Session) -> Json:
    """GUILD_CREATE: the guild with its channels, threads and, for those who may list them, its members."""
    bot = world.bot_id
    shown = list(world.members) if session.intents & MEMBERS else [bot]
    threads: list[Json] = []
    for thread in world.threads():
        joined = thread.thread is not None and bot in thread.thread.members
        member = {"member": thread_member_json(thread.id, bot)} if joined else {}
        threads.append(world.channel_raw(thread) | member)
    return world.guild_raw() | {
        "joined_at": world.member(bot).joined_at,
        "large": False,
        "unavailable": False,
        "member_count": len(world.members),
        "members": [world.member_raw(one) for one in shown],
        "channels": [world.channel_raw(one) for one in world.guild_channels()],
        "threads": threads,
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def members_chunk(world: World, data: Json) -> Json:
    """GUILD_MEMBERS_CHUNK: the members that a request names by id, or by how their name starts."""
    if "user_ids" in data:
        wanted = ids(data["user_ids"]) if a_list(data["user_ids"]) else [a_number(data["user_ids"])]
        found = [one for one in wanted if one in world.members]
    else:
        query = str(data.get("query") or "").casefold()
        found = [one for one in world.members if _named(world.user(one), query)]
        found = found[: a_number(data.get("limit")) or None]
    chunk: Json = {
        "guild_id": str(world.guild_id),
        "members": [world.member_raw(one) for one in found],
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": [],
    }
    return chunk | ({"nonce": data["nonce"]} if "nonce" in data else {})


def _named(user: User, query: str) -> bool:
    return user.username.casefold().startswith(query) or user.display.casefold().startswith(query)


def in_guild(world: World, name: str, data: Json) -> Json:
    """A message or typing event with what it has in a guild: the guild's id and the person's member."""
    if not name.startswith(("MESSAGE_", "TYPING_")):
        return data
    user_id = a_number(inner(data, "author", "id") or data.get("user_id"))
    more: Json = {"guild_id": str(world.guild_id)}
    if user_id in world.members:
        more["member"] = world.member(user_id).raw()
    return data | more


def veiled(world: World, data: Json) -> Json:
    """A message as one reads it without the message content intent, unless it is one's own or mentions one."""
    if "content" not in data:
        return data
    me = str(world.bot_id)
    mine = data["author"]["id"] == me or any(one["id"] == me for one in data["mentions"])
    return data if mine else data | _VEIL
