"""Messages: made, changed and removed, whoever asks for it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.playground.components import text_of
from bot.playground.errors import Code, refuse
from bot.playground.files import Upload, safe_name
from bot.playground.form import Path
from bot.playground.ids import snowflake_at
from bot.playground.limits import MOST_FILE_BYTES, check_message
from bot.playground.models import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SILENT,
    SUPPRESS_EMBEDS,
    Attachment,
    Channel,
    Json,
    Message,
    timestamp,
)
from bot.playground.permissions import Permission
from bot.playground.present import files_in_embeds, present_components, present_embed
from bot.playground.wire import a_list, a_number, an_object, objects
from bot.playground.world import World

DEFAULT, REPLY, CHAT_INPUT_COMMAND = 0, 19, 20
NONCE_SECONDS: Final = 300
"""For how long a nonce is remembered; Discord says "the past few minutes"."""

_SETTABLE: Final = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2 | EPHEMERAL
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")

Uploads = Mapping[int, Upload]
"""A request's files by the number in their field's name, `files[n]`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be posted.

    Attributes:
        channel: where to.
        author_id: who by.
        body: the request's message.
        uploads: the files that came with it.
        stored: files that are already kept (a member's uploads).
        extra: fields of the message object that say where it came from (type, interaction).
        ephemeral_to: the one member who sees it.
        root: where in the request's body the message lies, for error messages.
    """

    channel: Channel
    author_id: int
    body: Json
    uploads: Uploads = field(default_factory=dict[int, Upload])
    stored: tuple[Attachment, ...] = ()
    extra: Json = field(default_factory=dict[str, Any])
    ephemeral_to: int | None = None
    root: Path = ()


def _described(body: Json, index: int) -> Json:
    """What the body says of the file in `files[index]`: its name and description."""
    for entry in objects(body.get("attachments")):
        if str(entry.get("id")) == str(index):
            return entry
    return {}


def _name(body: Json, index: int, upload: Upload) -> str:
    return safe_name(str(_described(body, index).get("filename") or upload.filename))


async def _save(world: World, channel_id: int, body: Json, uploads: Uploads) -> tuple[Attachment, ...]:
    saved: list[Attachment] = []
    for index, upload in sorted(uploads.items()):
        named = Upload(_name(body, index, upload), upload.data)
        description = _described(body, index).get("description")
        saved.append(
            await world.files.save(world.ids.next(), named, channel_id=channel_id, description=description or None)
        )
    return tuple(saved)


def _refuse_large(uploads: Uploads) -> None:
    if any(len(upload.data) > MOST_FILE_BYTES for upload in uploads.values()):
        raise refuse(Code.TOO_LARGE)


def _mentions(world: World, text: str, body: Json, sender_may: bool) -> Json:
    """Who a text mentions, as far as `allowed_mentions` lets it."""
    allowed = None if body.get("allowed_mentions") is None else an_object(body["allowed_mentions"])
    parse = {"users", "roles", "everyone"} if allowed is None else set(a_list(allowed.get("parse")))
    users = set(_USER.findall(text))
    roles = set(_ROLE.findall(text))
    if allowed is not None and "users" not in parse:
        users &= {str(one) for one in a_list(allowed.get("users"))}
    if allowed is not None and "roles" not in parse:
        roles &= {str(one) for one in a_list(allowed.get("roles"))}
    everyone = "everyone" in parse and sender_may and ("@everyone" in text or "@here" in text)
    found = [world.users[int(one)].raw() for one in sorted(users) if int(one) in world.users]
    return {
        "mentions": found,
        "mention_roles": sorted(one for one in roles if int(one) in world.roles),
        "mention_everyone": everyone,
    }


def _contents(draft_body: Json, flags: int, files: Sequence[Attachment]) -> Json:
    """The parts of a message object that its body and files decide."""
    by_name = {file.filename: file for file in files}
    embeds = objects(draft_body.get("embeds"))
    hidden = set[str]() if flags & COMPONENTS_V2 else files_in_embeds(embeds)
    return {
        "content": str(draft_body.get("content") or "").strip(),
        "embeds": [present_embed(embed, by_name) for embed in embeds],
        "components": present_components(objects(draft_body.get("components")), by_name),
        "attachments": [file.raw() for file in files if file.filename not in hidden],
    }


def _is_empty(wire: Json, files: Sequence[Attachment]) -> bool:
    return not (wire["content"] or wire["embeds"] or wire["components"] or files)


async def post(world: World, draft: Draft) -> Message:
    """Post a message; one with a nonce that its author used in the last minutes is answered with that one.

    Raises:
        ApiError: 50035 for a broken limit, 50006 for an empty message, 40005 for a file over 10 MiB.
    """
    body, channel = draft.body, draft.channel
    flags = a_number(body.get("flags")) & _SETTABLE
    if draft.ephemeral_to is None:
        flags &= ~EPHEMERAL
    else:
        flags |= EPHEMERAL
    _refuse_large(draft.uploads)
    names = {file.filename for file in draft.stored}
    names |= {_name(body, index, upload) for index, upload in draft.uploads.items()}
    check_message(body, files=names, flags=flags, root=draft.root)
    files = (*draft.stored, *await _save(world, channel.id, body, draft.uploads))
    contents = _contents(body, flags, files)
    if _is_empty(contents, files):
        raise refuse(Code.EMPTY_MESSAGE)
    if (earlier := _same_nonce(world, draft)) is not None:
        return earlier
    return place(world, draft, contents, flags, files)


def loading(world: World, draft: Draft) -> Message:
    """Put up the "thinking" message that a deferred answer shows until it is filled."""
    flags = LOADING | (EPHEMERAL if draft.ephemeral_to is not None else 0)
    contents: Json = {"content": "", "embeds": [], "components": [], "attachments": []}
    return place(world, draft, contents, flags, ())


def place(world: World, draft: Draft, contents: Json, flags: int, files: tuple[Attachment, ...]) -> Message:
    """Put a finished message in its channel and tell everyone who may see it."""
    channel, identity = draft.channel, world.ids.next()
    text = contents["content"] or text_of(contents["components"])
    everyone = bool(world.permissions(draft.author_id, channel) & Permission.MENTION_EVERYONE)
    nonce = draft.body.get("nonce")
    wire: Json = {
        "id": str(identity),
        "channel_id": str(channel.id),
        "type": DEFAULT,
        "author": world.user(draft.author_id).raw(),
        "timestamp": timestamp(identity),
        "edited_timestamp": None,
        "flags": flags,
        "pinned": False,
        "tts": False,
        **contents,
        **_mentions(world, text, draft.body, everyone),
        **draft.extra,
    }
    if nonce is not None:
        wire["nonce"] = nonce
    message = Message(
        id=identity,
        channel_id=channel.id,
        author_id=draft.author_id,
        wire=wire,
        attachments=files,
        ephemeral_to=draft.ephemeral_to,
        nonce=nonce,
    )
    world.keep(message)
    if draft.ephemeral_to is None:
        _count(world, channel, message)
    world.emit("MESSAGE_CREATE", wire, channel=channel, only=draft.ephemeral_to)
    return message


def _count(world: World, channel: Channel, message: Message) -> None:
    changes: dict[str, object] = {"last_message_id": message.id}
    if channel.thread is not None:
        state = channel.thread
        members = state.members if message.author_id in state.members else (*state.members, message.author_id)
        changes["thread"] = state.model_copy(
            update={"messages": state.messages + 1, "members": members, "archived": False}
        )
    world.keep(world.channel(channel.id).model_copy(update=changes))


def _same_nonce(world: World, draft: Draft) -> Message | None:
    nonce = draft.body.get("nonce")
    if nonce is None or not draft.body.get("enforce_nonce"):
        return None
    horizon = snowflake_at(datetime.now(UTC) - timedelta(seconds=NONCE_SECONDS))
    for message in world.history(draft.channel.id):
        if message.id < horizon:
            return None
        if message.nonce is not None and str(message.nonce) == str(nonce):
            return message if message.author_id == draft.author_id else None
    return None


async def edit(
    world: World, message: Message, body: Json, uploads: Uploads, *, root: Path = (), quietly: bool = False
) -> Message:
    """Change a message: what the body leaves out stays, null empties, `attachments` lists the files to keep.

    Args:
        world: the world.
        message: the message as it is.
        body: the request's changes.
        uploads: new files.
        root: where in the request's body the changes lie.
        quietly: whether it is not marked as edited (a deferred answer that is filled).

    Raises:
        ApiError: as `post`.
    """
    flags = message.flags & ~LOADING
    if body.get("flags") is not None:
        asked = a_number(body["flags"])
        flags = flags & ~SUPPRESS_EMBEDS | asked & SUPPRESS_EMBEDS | asked & COMPONENTS_V2
    _refuse_large(uploads)
    kept = _kept(message, body, uploads)
    names = {file.filename for file in kept}
    names |= {_name(body, index, upload) for index, upload in uploads.items()}
    before: Json = {key: message.wire[key] for key in ("content", "embeds", "components")}
    merged = before | {key: body[key] for key in before if key in body}
    check_message(merged | {"allowed_mentions": body.get("allowed_mentions")}, files=names, flags=flags, root=root)
    files = (*kept, *await _save(world, message.channel_id, body, uploads))
    contents = _contents(merged, flags, files)
    if "embeds" not in body:
        contents["embeds"] = message.wire["embeds"]
        listed = {file["id"] for file in message.wire["attachments"]}
        fresh = {str(file.id) for file in files} - {str(file.id) for file in message.attachments}
        contents["attachments"] = [file.raw() for file in files if str(file.id) in listed | fresh]
    if _is_empty(contents, files):
        raise refuse(Code.EMPTY_MESSAGE)
    channel = world.channel(message.channel_id)
    everyone = bool(world.permissions(message.author_id, channel) & Permission.MENTION_EVERYONE)
    text = contents["content"] or text_of(contents["components"])
    current = world.message(message.channel_id, message.id, ephemeral=True)
    edited = None if quietly else datetime.now(UTC).isoformat(timespec="microseconds")
    wire = current.wire | contents | _mentions(world, text, body, everyone)
    changed = current.model_copy(
        update={"wire": wire | {"flags": flags, "edited_timestamp": edited}, "attachments": files}
    )
    announce(world, changed)
    return changed


def _kept(message: Message, body: Json, uploads: Uploads) -> tuple[Attachment, ...]:
    if body.get("attachments") is None:
        return message.attachments
    listed = {str(entry.get("id")) for entry in objects(body["attachments"])} - {str(index) for index in uploads}
    return tuple(file for file in message.attachments if str(file.id) in listed)


def announce(world: World, message: Message) -> None:
    """Keep a changed message and tell everyone who may see it."""
    world.keep(message)
    channel = world.channel(message.channel_id)
    world.emit("MESSAGE_UPDATE", world.message_raw(message), channel=channel, only=message.ephemeral_to)


def delete(world: World, message: Message) -> None:
    """Remove a message and tell everyone who saw it."""
    channel = world.channel(message.channel_id)
    world.drop(message)
    data = {"id": str(message.id), "channel_id": str(channel.id)}
    world.emit("MESSAGE_DELETE", data, channel=channel, only=message.ephemeral_to)
