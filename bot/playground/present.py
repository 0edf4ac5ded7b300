"""How the components and embeds of a request look once they are part of a message."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.playground.components import SELECTS, Kind, walk
from bot.playground.models import Attachment, Json
from bot.playground.wire import an_object, inner

Files = Mapping[str, Attachment]
"""The message's attachments by file name."""


def present_components(components: Sequence[Json], files: Files) -> list[Json]:
    """The components as Discord answers them, every one with an id that is unique in its message."""
    shown = [_present(component, files) for component in components]
    taken = {one["id"] for one in walk(shown) if one.get("id")}
    fresh = (number for number in range(1, len(taken) + 1000) if number not in taken)
    for one in walk(shown):
        if not one.get("id"):
            one["id"] = next(fresh)
    return shown


_DEFAULTS: Final[Mapping[Kind, Json]] = {
    Kind.SEPARATOR: {"spacing": 1, "divider": True},
    Kind.CONTAINER: {"accent_color": None, "spoiler": False},
    Kind.FILE: {"spoiler": False},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}


def _present(component: Json, files: Files) -> Json:
    kind = Kind(component["type"])
    shown = _DEFAULTS.get(kind, {}) | {key: value for key, value in component.items() if value is not None}
    if "emoji" in shown:
        # discord.py asks with `"id": null` for an emoji of Unicode; Discord answers without it.
        shown["emoji"] = {key: value for key, value in an_object(shown["emoji"]).items() if value is not None}
    if "options" in shown:
        shown["options"] = [_option(option) for option in shown["options"]]
    if "components" in shown:
        shown["components"] = [_present(one, files) for one in shown["components"]]
    for key in ("accessory", "component"):
        if key in shown:
            shown[key] = _present(shown[key], files)
    if kind is Kind.THUMBNAIL:
        shown = _picture(shown, files)
    elif kind is Kind.MEDIA_GALLERY:
        shown["items"] = [_picture(item, files) for item in shown["items"]]
    elif kind is Kind.FILE:
        shown["file"] = _media(shown["file"], files)
        file = next((one for one in files.values() if one.url == shown["file"]["url"]), None)
        shown |= {"name": file.filename if file else None, "size": file.size if file else None}
    return shown


def _option(option: Json) -> Json:
    emoji = an_object(option.get("emoji"))
    return option if not emoji else option | {"emoji": {key: one for key, one in emoji.items() if one is not None}}


def _picture(item: Json, files: Files) -> Json:
    return {
        "description": None,
        "spoiler": False,
        **{key: value for key, value in item.items() if value is not None},
        "media": _media(item["media"], files),
    }


def _media(media: Json, files: Files) -> Json:
    url = str(media["url"])
    if url.startswith("attachment://"):
        return files[url.removeprefix("attachment://")].media()
    for file in files.values():  # an edit sends back the address that an earlier answer gave
        if file.url == url.partition("?")[0]:
            return file.media()
    return {"id": "0", "url": url, "proxy_url": url, "width": None, "height": None, "content_type": None}


def present_embed(embed: Json, files: Files) -> Json:
    """An embed as Discord answers it, with `attachment://` turned into the file's address."""
    shown: Json = {key: value for key, value in embed.items() if value is not None}
    shown["type"] = "rich"
    if "fields" in shown:
        shown["fields"] = [{"inline": False} | field for field in shown["fields"]]
    for key in ("image", "thumbnail", "video"):
        if key in shown:
            shown[key] = _embed_picture(shown[key], files)
    for key in ("author", "footer"):
        if url := str(inner(shown, key, "icon_url") or ""):
            address = _resolve(url, files)
            shown[key] = shown[key] | {"icon_url": address, "proxy_icon_url": address}
    return shown


def _embed_picture(picture: Json, files: Files) -> Json:
    url = str(picture.get("url") or "")
    file = files.get(url.removeprefix("attachment://")) if url.startswith("attachment://") else None
    if file is None:
        return {"url": url, "proxy_url": url, "width": 0, "height": 0}
    shown: Json = {
        "url": file.url,
        "proxy_url": file.url,
        "width": file.width or 0,
        "height": file.height or 0,
    }
    return shown | ({"content_type": file.content_type} if file.content_type else {})


def _resolve(url: str, files: Files) -> str:
    file = files.get(url.removeprefix("attachment://")) if url.startswith("attachment://") else None
    return file.url if file else url


def files_in_embeds(embeds: Sequence[Json]) -> set[str]:
    """The names of the files that embeds show; Discord leaves those out of a message's attachments."""
    urls = [
        str(inner(embed, key, field) or "")
        for embed in embeds
        for key, field in (
            ("image", "url"),
            ("thumbnail", "url"),
            ("author", "icon_url"),
            ("footer", "icon_url"),
        )
    ]
    return {url.removeprefix("attachment://") for url in urls if url.startswith("attachment://")}
