"""REST: a channel's messages, typing and reactions."""

from urllib.parse import unquote

from bot.playground.components import is_emoji
from bot.playground.errors import Code, refuse
from bot.playground.form import Form
from bot.playground.messages import REPLY, Draft, announce, delete, edit, post
from bot.playground.models import THREADS, Channel, Json, Message
from bot.playground.permissions import Permission
from bot.playground.rest import NOTHING, Call, Reply, Table
from bot.playground.wire import a_number, an_object, ids

table = Table()


def reachable_channel(call: Call, name: str = "channel_id") -> Channel:
    """The path's channel.

    Raises:
        ApiError: 10003, or 50001 if the bot does not see it.
    """
    channel = call.world.channel(call.id(name))
    if not call.world.may_see(call.world.bot_id, channel):
        raise refuse(Code.MISSING_ACCESS)
    return channel


def demand(call: Call, channel: Channel, *needed: Permission) -> None:
    """Refuse the bot what it has no permission for in a channel.

    Raises:
        ApiError: 50013.
    """
    held = call.world.permissions(call.world.bot_id, channel)
    if any(not held & one for one in needed):
        raise refuse(Code.MISSING_PERMISSIONS)


def _readable_message(call: Call) -> Message:
    channel = reachable_channel(call)
    demand(call, channel, Permission.READ_MESSAGE_HISTORY)
    return call.world.message(channel.id, call.id("message_id"))


def _demand_may_send(call: Call, channel: Channel) -> None:
    if channel.is_dm:
        recipient = call.world.members.get(channel.recipient_id or 0)
        if recipient is None or not recipient.dms_open:
            raise refuse(Code.CANNOT_DM)
        return
    in_thread = channel.type in THREADS
    demand(call, channel, Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES)
    if call.uploads:
        demand(call, channel, Permission.ATTACH_FILES)
    if channel.thread is not None and channel.thread.locked:
        demand(call, channel, Permission.MANAGE_THREADS)


def _reply_to(call: Call, channel: Channel, reference: Json) -> Json:
    if not reference:
        return {}
    message_id = a_number(reference.get("message_id"))
    known = call.world.messages.get(channel.id, {}).get(message_id)
    if known is None or known.ephemeral_to is not None:
        if reference.get("fail_if_not_exists") is False:
            return {}
        form = Form()
        form.add(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        form.settle()
    return reply_extra(call.world.guild_id, channel, known)


def reply_extra(guild_id: int, channel: Channel, known: Message | None) -> Json:
    """The fields of a message object that make it a reply."""
    if known is None:
        return {}
    reference = {"type": 0, "channel_id": str(channel.id), "message_id": str(known.id)}
    if not channel.is_dm:
        reference["guild_id"] = str(guild_id)
    referenced = {key: value for key, value in known.wire.items() if key != "referenced_message"}
    return {"type": REPLY, "message_reference": reference, "referenced_message": referenced}


@table.route("POST", "/channels/{channel_id}/messages")
async def create(call: Call) -> Reply:
    """Post a message."""
    channel = reachable_channel(call)
    _demand_may_send(call, channel)
    body = call.form()
    extra = _reply_to(call, channel, an_object(body.get("message_reference")))
    draft = Draft(channel, call.world.bot_id, body, uploads=call.uploads, extra=extra)
    return Reply((await post(call.world, draft)).wire)


@table.route("GET", "/channels/{channel_id}/messages")
async def history(call: Call) -> Reply:
    """List messages, newest first; `before`, `after` or `around` a message."""
    channel = reachable_channel(call)
    demand(call, channel, Permission.READ_MESSAGE_HISTORY)
    limit = call.number("limit", 50, 1, 100)
    found = list(call.world.history(channel.id))
    if before := a_number(call.query.get("before")):
        found = [one for one in found if one.id < before]
    elif after := a_number(call.query.get("after")):
        found = [one for one in found if one.id > after][-limit:]
    elif around := a_number(call.query.get("around")):
        newer = [one for one in found if one.id > around]
        found = [*newer[-(limit // 2) :], *(one for one in found if one.id <= around)]
    return Reply([call.world.message_raw(one) for one in found[:limit]])


@table.route("GET", "/channels/{channel_id}/messages/{message_id}")
async def get(call: Call) -> Reply:
    """Get one message."""
    return Reply(call.world.message_raw(_readable_message(call)))


@table.route("PATCH", "/channels/{channel_id}/messages/{message_id}")
async def change(call: Call) -> Reply:
    """Edit a message of the bot's own."""
    message = call.world.message(reachable_channel(call).id, call.id("message_id"))
    if message.author_id != call.world.bot_id:
        raise refuse(Code.NOT_THE_AUTHOR)
    message = await edit(call.world, message, call.form(), call.uploads)
    return Reply(call.world.message_raw(message))


@table.route("DELETE", "/channels/{channel_id}/messages/{message_id}")
async def remove(call: Call) -> Reply:
    """Delete a message; others' need MANAGE_MESSAGES."""
    channel = reachable_channel(call)
    message = call.world.message(channel.id, call.id("message_id"))
    if message.author_id != call.world.bot_id:
        demand(call, channel, Permission.MANAGE_MESSAGES)
    delete(call.world, message)
    return NOTHING


@table.route("POST", "/channels/{channel_id}/messages/bulk-delete")
async def remove_many(call: Call) -> Reply:
    """Delete 2 to 100 messages."""
    channel = reachable_channel(call)
    if channel.is_dm:
        raise refuse(Code.NOT_ON_DM_CHANNEL)
    demand(call, channel, Permission.MANAGE_MESSAGES)
    listed = ids(call.form().get("messages"))
    form = Form()
    if not 2 <= len(listed) <= 100:
        form.add(("messages",), "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.")
    form.settle()
    known = call.world.messages.get(channel.id, {})
    for message in [known[one] for one in listed if one in known]:
        delete(call.world, message)
    return NOTHING


@table.route("POST", "/channels/{channel_id}/typing")
async def typing(call: Call) -> Reply:
    """Show the bot as typing for ten seconds."""
    channel = reachable_channel(call)
    data = {"channel_id": str(channel.id), "user_id": str(call.world.bot_id)}
    call.world.emit("TYPING_START", data, channel=channel)
    return NOTHING


def _emoji(call: Call) -> str:
    emoji = unquote(call.params["emoji_name"])
    if not is_emoji(emoji):
        raise refuse(Code.UNKNOWN_EMOJI)
    return emoji


def react(call: Call, message: Message, emoji: str, user_id: int, *, add: bool) -> None:
    """Put or take one user's reaction, and tell everyone."""
    users = message.reactions.get(emoji, ())
    if (user_id in users) == add:
        return
    users = (*users, user_id) if add else tuple(one for one in users if one != user_id)
    reactions = {key: value for key, value in (message.reactions | {emoji: users}).items() if value}
    announce(call.world, message.model_copy(update={"reactions": reactions}))


@table.route("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me")
async def add_reaction(call: Call) -> Reply:
    """React to a message."""
    message = _readable_message(call)
    emoji = _emoji(call)
    if emoji not in message.reactions:
        demand(call, call.world.channel(message.channel_id), Permission.ADD_REACTIONS)
    react(call, message, emoji, call.world.bot_id, add=True)
    return NOTHING


@table.route("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me")
async def remove_own_reaction(call: Call) -> Reply:
    """Take the bot's reaction back."""
    react(call, _readable_message(call), _emoji(call), call.world.bot_id, add=False)
    return NOTHING


@table.route("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/{user_id}")
async def remove_reaction(call: Call) -> Reply:
    """Take somebody's reaction away."""
    message = _readable_message(call)
    demand(call, call.world.channel(message.channel_id), Permission.MANAGE_MESSAGES)
    react(call, message, _emoji(call), call.id("user_id"), add=False)
    return NOTHING
