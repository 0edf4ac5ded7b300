"""Pictures: everybody's avatar and the server's icon, drawn here; and the files that were sent."""

import io
import mimetypes
from functools import lru_cache
from html import escape

from aiohttp import web
from PIL import Image, ImageDraw, ImageFont

from bot.playground import seed
from bot.playground.models import Attachment
from bot.playground.world import World

_SIDE = 128
_WEEK = "public, max-age=604800"
_INLINE = ("image/", "text/", "video/", "audio/", "application/json", "application/pdf")


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


@lru_cache(maxsize=256)
def svg_picture(name: str, colour: int) -> bytes:
    """A square with a name's initials."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}">'
        f'<rect width="{_SIDE}" height="{_SIDE}" fill="#{colour:06x}"/>'
        '<text x="50%" y="50%" dy=".35em" text-anchor="middle" fill="#fff" font-size="54" font-weight="600" '
        f'font-family="system-ui,sans-serif">{escape(_initials(name))}</text></svg>'
    ).encode()


@lru_cache(maxsize=256)
def png_picture(name: str, colour: int) -> bytes:
    """A square with a name's initials."""
    picture = Image.new("RGB", (_SIDE, _SIDE), f"#{colour:06x}")
    font = ImageFont.load_default(54)
    middle = (_SIDE / 2, _SIDE / 2)
    ImageDraw.Draw(picture).text(middle, _initials(name), fill="#ffffff", font=font, anchor="mm")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


class Cdn:
    """The handlers for pictures and files."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def picture(self, request: web.Request) -> web.Response:
        """`/cdn/{kind}/{id}/{hash}.{png|svg|webp}`: an avatar or the server's icon."""
        name, _, form = request.match_info["name"].rpartition(".")
        identity = request.match_info["id"]
        user = self._world.users.get(int(identity)) if identity.isdecimal() else None
        if request.match_info["kind"] == "icons" and identity == str(seed.GUILD_ID):
            title, colour, known = seed.GUILD_NAME, 0x4F6BED, seed.GUILD_ICON
        elif user is not None:
            title, colour, known = user.display, user.colour, user.avatar
        else:
            raise web.HTTPNotFound
        if name != known or form not in {"png", "svg", "webp"}:
            raise web.HTTPNotFound
        if form == "svg":
            body, kind = svg_picture(title, colour), "image/svg+xml"
        else:  # nobody minds that a .webp address answers with a PNG: the type says so
            body, kind = png_picture(title, colour), "image/png"
        return web.Response(body=body, content_type=kind, headers={"Cache-Control": _WEEK})

    async def default_picture(self, request: web.Request) -> web.Response:
        """`/cdn/embed/avatars/{n}.png`: what a user without an avatar has."""
        number = request.match_info["n"]
        colours = (0x4F6BED, 0x6B7280, 0x0F766E, 0xB45309, 0xB91C5C, 0x7C3AED)
        if not number.isdecimal() or int(number) >= len(colours):
            raise web.HTTPNotFound
        body = png_picture("?", colours[int(number)])
        return web.Response(body=body, content_type="image/png", headers={"Cache-Control": _WEEK})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """`/attachments/{channel}/{id}/{name}`: a file that was sent."""
        identity = request.match_info["id"]
        path = self._world.files.path(int(identity)) if identity.isdecimal() else None
        if path is None or not path.is_file():
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(request.match_info["name"])[0] or "application/octet-stream"
        inline = kind.startswith(_INLINE) and kind not in {"text/html", "image/svg+xml"}
        headers = {
            "Content-Type": kind,
            "Cache-Control": _WEEK,
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": "inline" if inline else "attachment",
        }
        return web.FileResponse(path, headers=headers)


def upload_json(upload: Attachment) -> dict[str, str | int | None]:
    """A stored upload as the page gets it."""
    return {
        "id": str(upload.id),
        "filename": upload.filename,
        "size": upload.size,
        "url": upload.url,
        "content_type": upload.content_type,
    }
