"""REST: channels, their permissions, and threads."""

from bot.playground.errors import Code, refuse
from bot.playground.form import Form
from bot.playground.messages import Draft, place
from bot.playground.models import (
    HAS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    THREADS,
    Channel,
    Json,
    Message,
    Overwrite,
    ThreadState,
)
from bot.playground.permissions import ALL, Permission
from bot.playground.rest import NOTHING, Call, Reply, Table
from bot.playground.rest_messages import demand, reachable_channel
from bot.playground.shapes import thread_member_json

table = Table()

_ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
_THREAD_CREATED, _THREAD_STARTER = 18, 21


@table.route("GET", "/channels/{channel_id}")
async def get(call: Call) -> Reply:
    """One channel, thread or DM."""
    return Reply(call.world.channel_raw(reachable_channel(call)))


def _is_thread(channel: Channel) -> bool:
    return channel.type in THREADS


@table.route("PATCH", "/channels/{channel_id}")
async def change(call: Call) -> Reply:
    """Change a channel's name and topic, or a thread's name and state."""
    channel = reachable_channel(call)
    if channel.is_dm:
        raise refuse(Code.NOT_ON_DM_CHANNEL)
    if not _is_thread(channel) or channel.owner_id != call.world.bot_id:
        demand(call, channel, Permission.MANAGE_THREADS if _is_thread(channel) else Permission.MANAGE_CHANNELS)
    body = call.form()
    form = Form()
    form.text(body.get("name"), ("name",), 100, least=1)
    form.text(body.get("topic"), ("topic",), 1024)
    form.number(body.get("rate_limit_per_user"), ("rate_limit_per_user",), 0, 21600)
    if body.get("auto_archive_duration") is not None:
        form.choice(body["auto_archive_duration"], ("auto_archive_duration",), _ARCHIVE_MINUTES)
    form.settle()
    changes: Json = {}
    if body.get("name"):
        changes["name"] = body["name"]
    if "topic" in body and not _is_thread(channel):
        changes["topic"] = body["topic"]
    if body.get("rate_limit_per_user") is not None:
        changes["slowmode"] = body["rate_limit_per_user"]
    if channel.thread is not None:
        keys = ("archived", "locked", "invitable", "auto_archive_duration")
        given = {key: body[key] for key in keys if body.get(key) is not None}
        changes["thread"] = channel.thread.model_copy(update=given)
    changed = channel.model_copy(update=changes)
    call.world.keep(changed)
    event = "THREAD_UPDATE" if _is_thread(channel) else "CHANNEL_UPDATE"
    call.world.emit(event, call.world.channel_raw(changed), channel=changed)
    return Reply(call.world.channel_raw(changed))


@table.route("DELETE", "/channels/{channel_id}")
async def remove(call: Call) -> Reply:
    """Delete a channel or thread. A DM is only closed on the bot's side, which changes nothing here."""
    channel = reachable_channel(call)
    raw = call.world.channel_raw(channel)
    if channel.is_dm:
        return Reply(raw)
    demand(call, channel, Permission.MANAGE_THREADS if _is_thread(channel) else Permission.MANAGE_CHANNELS)
    call.world.emit("THREAD_DELETE" if _is_thread(channel) else "CHANNEL_DELETE", raw, channel=channel)
    for thread in [one for one in call.world.channels.values() if one.parent_id == channel.id]:
        call.world.drop(thread)
    call.world.drop(channel)
    return Reply(raw)


@table.route("PUT", "/channels/{channel_id}/permissions/{overwrite_id}")
async def set_overwrite(call: Call) -> Reply:
    """Grant or take permissions in a channel."""
    channel = reachable_channel(call)
    demand(call, channel, Permission.MANAGE_ROLES)
    body = call.form()
    form = Form()
    form.choice(body.get("type"), ("type",), (0, 1))
    bits: dict[str, int] = {}
    for key in ("allow", "deny"):
        value = str(body.get(key) or 0)
        form.number(int(value) if value.isdecimal() else value, (key,), 0, ALL)
        bits[key] = int(value) if value.isdecimal() else 0
    form.settle()
    made = Overwrite(id=call.id("overwrite_id"), type=body["type"], **bits)
    _set_overwrites(call, channel, (*(one for one in channel.overwrites if one.id != made.id), made))
    return NOTHING


@table.route("DELETE", "/channels/{channel_id}/permissions/{overwrite_id}")
async def remove_overwrite(call: Call) -> Reply:
    """Take an overwrite back."""
    channel = reachable_channel(call)
    demand(call, channel, Permission.MANAGE_ROLES)
    kept = tuple(one for one in channel.overwrites if one.id != call.id("overwrite_id"))
    if len(kept) == len(channel.overwrites):
        raise refuse(Code.UNKNOWN_OVERWRITE)
    _set_overwrites(call, channel, kept)
    return NOTHING


def _set_overwrites(call: Call, channel: Channel, overwrites: tuple[Overwrite, ...]) -> None:
    changed = channel.model_copy(update={"overwrites": overwrites})
    call.world.keep(changed)
    call.world.emit("CHANNEL_UPDATE", call.world.channel_raw(changed), channel=changed)


def _check_thread(body: Json) -> Form:
    form = Form()
    form.text(body.get("name"), ("name",), 100, least=1, optional=False)
    form.number(body.get("rate_limit_per_user"), ("rate_limit_per_user",), 0, 21600)
    if body.get("auto_archive_duration") is not None:
        form.choice(body["auto_archive_duration"], ("auto_archive_duration",), _ARCHIVE_MINUTES)
    return form


def _make_thread(call: Call, parent: Channel, kind: int, identity: int) -> Channel:
    body = call.form()
    state = ThreadState(
        auto_archive_duration=body.get("auto_archive_duration") or 4320,
        invitable=body.get("invitable") is not False,
        members=(call.world.bot_id,),
    )
    thread = Channel(
        id=identity,
        type=kind,
        name=body["name"],
        parent_id=parent.id,
        owner_id=call.world.bot_id,
        slowmode=body.get("rate_limit_per_user") or 0,
        thread=state,
    )
    call.world.keep(thread)
    raw = call.world.channel_raw(thread) | {"member": thread_member_json(thread.id, call.world.bot_id)}
    call.world.emit("THREAD_CREATE", raw | {"newly_created": True}, channel=thread)
    return thread


def _thread_raw(call: Call, thread: Channel) -> Json:
    return call.world.channel_raw(thread) | {"member": thread_member_json(thread.id, call.world.bot_id)}


def _demand_text(channel: Channel) -> None:
    if channel.type != TEXT:
        raise refuse(Code.WRONG_CHANNEL_TYPE)


@table.route("POST", "/channels/{channel_id}/threads")
async def start_thread(call: Call) -> Reply:
    """Start a thread that hangs on no message."""
    channel = reachable_channel(call)
    _demand_text(channel)
    body = call.form()
    form = _check_thread(body)
    kind = body.get("type") or PRIVATE_THREAD
    form.choice(kind, ("type",), tuple(sorted(THREADS)))
    form.settle()
    public = kind == PUBLIC_THREAD
    demand(call, channel, Permission.CREATE_PUBLIC_THREADS if public else Permission.CREATE_PRIVATE_THREADS)
    thread = _make_thread(call, channel, kind, call.world.ids.next())
    if public:
        reference = {"type": 0, "channel_id": str(thread.id), "guild_id": str(call.world.guild_id)}
        extra = {"type": _THREAD_CREATED, "message_reference": reference}
        _system_message(call, channel, thread.name, HAS_THREAD, extra)
    return Reply(_thread_raw(call, thread), 201)


@table.route("POST", "/channels/{channel_id}/messages/{message_id}/threads")
async def start_thread_from_message(call: Call) -> Reply:
    """Start a thread on a message; the thread has the message's id."""
    channel = reachable_channel(call)
    _demand_text(channel)
    message = call.world.message(channel.id, call.id("message_id"))
    _check_thread(call.form()).settle()
    demand(call, channel, Permission.CREATE_PUBLIC_THREADS)
    if message.id in call.world.channels:
        raise refuse(Code.THREAD_EXISTS)
    thread = _make_thread(call, channel, PUBLIC_THREAD, message.id)
    reference = {
        "type": 0,
        "channel_id": str(channel.id),
        "guild_id": str(call.world.guild_id),
        "message_id": str(message.id),
    }
    extra = {"type": _THREAD_STARTER, "message_reference": reference, "referenced_message": message.wire}
    _system_message(call, thread, "", 0, extra)
    _mark(call, channel, message, thread)
    return Reply(_thread_raw(call, thread), 201)


def _mark(call: Call, channel: Channel, message: Message, thread: Channel) -> None:
    wire = message.wire | {
        "flags": message.flags | HAS_THREAD,
        "thread": call.world.channel_raw(call.world.channel(thread.id)),
    }
    marked = message.model_copy(update={"wire": wire})
    call.world.keep(marked)
    call.world.emit("MESSAGE_UPDATE", wire, channel=channel)


def _system_message(call: Call, channel: Channel, content: str, flags: int, extra: Json) -> None:
    contents: Json = {"content": content, "embeds": [], "components": [], "attachments": []}
    place(call.world, Draft(channel, call.world.bot_id, {}, extra=extra), contents, flags, ())


def _thread(call: Call) -> tuple[Channel, ThreadState]:
    channel = reachable_channel(call)
    if channel.thread is None:
        raise refuse(Code.WRONG_CHANNEL_TYPE)
    return channel, channel.thread


def _set_members(call: Call, user_id: int, *, joined: bool) -> None:
    channel, state = _thread(call)
    if state.archived:
        raise refuse(Code.THREAD_ARCHIVED)
    others = tuple(one for one in state.members if one != user_id)
    members = (*others, user_id) if joined else others
    if members == state.members:
        return
    changed = channel.model_copy(update={"thread": state.model_copy(update={"members": members})})
    call.world.keep(changed)
    added = [thread_member_json(channel.id, user_id)] if joined else []
    data = {
        "id": str(channel.id),
        "guild_id": str(call.world.guild_id),
        "member_count": len(members),
        "added_members": added,
        "removed_member_ids": [] if joined else [str(user_id)],
    }
    call.world.emit("THREAD_MEMBERS_UPDATE", data, channel=changed)


@table.route("PUT", "/channels/{channel_id}/thread-members/@me")
async def join(call: Call) -> Reply:
    """Join a thread."""
    _set_members(call, call.world.bot_id, joined=True)
    return NOTHING


@table.route("DELETE", "/channels/{channel_id}/thread-members/@me")
async def leave(call: Call) -> Reply:
    """Leave a thread."""
    _set_members(call, call.world.bot_id, joined=False)
    return NOTHING


@table.route("PUT", "/channels/{channel_id}/thread-members/{user_id}")
async def add_thread_member(call: Call) -> Reply:
    """Add somebody to a thread."""
    call.world.member(call.id("user_id"))
    _set_members(call, call.id("user_id"), joined=True)
    return NOTHING


@table.route("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
async def remove_thread_member(call: Call) -> Reply:
    """Take somebody out of a thread."""
    _set_members(call, call.id("user_id"), joined=False)
    return NOTHING
