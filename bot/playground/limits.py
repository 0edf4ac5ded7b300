"""What Discord demands of a message.

Source: https://discord.com/developers/docs/resources/message and .../resources/channel
"""

from collections.abc import Collection
from typing import Final

from bot.playground.components import ComponentCheck
from bot.playground.form import Form, Path
from bot.playground.models import COMPONENTS_V2, Json
from bot.playground.wire import a_list, an_object

MOST_CONTENT: Final = 2000
MOST_EMBEDS: Final = 10
MOST_EMBED_TEXT: Final = 6000
MOST_FILES: Final = 10
MOST_FILE_BYTES: Final = 10 * 1024 * 1024
"""Of a file that the bot sends, in a server without boosts."""
MOST_UPLOAD_BYTES: Final = 50 * 1024 * 1024
"""Of a file that a member sends: what Discord takes of a member with Nitro Basic."""

_FORBIDDEN_IN_V2: Final = ("content", "embeds", "sticker_ids", "poll")


def check_message(body: Json, *, files: Collection[str], flags: int, root: Path = ()) -> None:
    """Refuse a message that breaks a limit.

    Args:
        body: the request's message.
        files: the names of the attachments that the message will have.
        flags: the flags that the message will have.
        root: where in the request's body the message lies.

    Raises:
        ApiError: 50035 with every complaint.
    """
    form = Form()
    v2 = bool(flags & COMPONENTS_V2)
    form.text(body.get("content"), (*root, "content"), MOST_CONTENT)
    _check_embeds(form, body.get("embeds"), (*root, "embeds"))
    if v2:
        for key in _FORBIDDEN_IN_V2:
            if body.get(key):
                words = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                form.add((*root, key), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", words)
    ComponentCheck(form, files).message(body.get("components"), (*root, "components"), v2=v2)
    form.items(body.get("attachments"), (*root, "attachments"), MOST_FILES)
    if len(files) > MOST_FILES:
        form.add((*root, "attachments"), "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FILES} or fewer in length.")
    if isinstance(nonce := body.get("nonce"), int):
        form.number(nonce, (*root, "nonce"), -(2**63), 2**63 - 1)
    else:
        form.text(nonce, (*root, "nonce"), 25)
    _check_mentions(form, an_object(body.get("allowed_mentions")), (*root, "allowed_mentions"))
    form.settle()


def _check_mentions(form: Form, allowed: Json, path: Path) -> None:
    parse = a_list(allowed.get("parse"))
    for index, kind in enumerate(parse):
        form.choice(kind, (*path, "parse", index), ("everyone", "roles", "users"))
    for key in ("users", "roles"):
        listed = a_list(allowed.get(key))
        if len(listed) > 100:
            form.add((*path, key), "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
        if listed and key in parse:
            words = f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.'
            form.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)


def _check_embeds(form: Form, embeds: object, path: Path) -> None:
    total = 0
    for index, embed in enumerate(form.items(embeds, path, MOST_EMBEDS)):
        here = (*path, index)
        total += len(form.text(embed.get("title"), (*here, "title"), 256))
        total += len(form.text(embed.get("description"), (*here, "description"), 4096))
        footer, author = (form.an_object(embed.get(key), (*here, key)) for key in ("footer", "author"))
        total += len(form.text(footer.get("text"), (*here, "footer", "text"), 2048))
        total += len(form.text(author.get("name"), (*here, "author", "name"), 256))
        for key in ("image", "thumbnail", "video"):
            picture = form.an_object(embed.get(key), (*here, key))
            form.text(picture.get("url"), (*here, key, "url"), 2048)
        form.number(embed.get("color"), (*here, "color"), 0, 0xFFFFFF)
        for number, field in enumerate(form.items(embed.get("fields"), (*here, "fields"), 25)):
            spot = (*here, "fields", number)
            total += len(form.text(field.get("name"), (*spot, "name"), 256, least=1, optional=False))
            total += len(form.text(field.get("value"), (*spot, "value"), 1024, least=1, optional=False))
    if total > MOST_EMBED_TEXT:
        words = f"Embed size exceeds maximum size of {MOST_EMBED_TEXT}"
        form.add(path, "MAX_EMBED_SIZE_EXCEEDED", words)
