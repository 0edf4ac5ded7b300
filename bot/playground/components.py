"""Components: what Discord demands of buttons, selects, Components V2 and modals.

Source: https://discord.com/developers/docs/components/reference
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import IntEnum
from typing import Final, cast

from bot.playground.form import Form, Path
from bot.playground.models import Json
from bot.playground.wire import an_object, objects

MOST_COMPONENTS: Final = 40
MOST_TEXT: Final = 4000


class Kind(IntEnum):
    """The component types."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS: Final = frozenset(
    {Kind.STRING_SELECT, Kind.USER_SELECT, Kind.ROLE_SELECT, Kind.MENTIONABLE_SELECT, Kind.CHANNEL_SELECT}
)
_INPUTS: Final = SELECTS | {
    Kind.TEXT_INPUT,
    Kind.FILE_UPLOAD,
    Kind.RADIO_GROUP,
    Kind.CHECKBOX_GROUP,
    Kind.CHECKBOX,
}
_IN_CONTAINER: Final = frozenset(
    {
        Kind.ACTION_ROW,
        Kind.SECTION,
        Kind.TEXT_DISPLAY,
        Kind.MEDIA_GALLERY,
        Kind.FILE,
        Kind.SEPARATOR,
    }
)
_LINK, _PREMIUM = 5, 6
_URL = re.compile(r"(https?|discord)://\S+\Z")
_MEDIA = re.compile(r"(https?|attachment)://\S+\Z")
_PLAIN_EMOJI = re.compile(r"[0-9#*]\ufe0f?\u20e3|[^\x00-\x7f]+")


def is_emoji(name: str) -> bool:
    """Whether a name can be a unicode emoji: a keycap, or free of ASCII."""
    return _PLAIN_EMOJI.fullmatch(name) is not None


def children(component: Json) -> Iterator[Json]:
    """The components directly inside a component."""
    yield from objects(component.get("components"))
    for key in ("accessory", "component"):
        if inner := an_object(component.get(key)):
            yield inner


def walk(components: Collection[Json]) -> Iterator[Json]:
    """All components of a message or modal, depth first, in the order they show."""
    for component in components:
        yield component
        yield from walk(tuple(children(component)))


def text_of(components: Collection[Json]) -> str:
    """All text displays of a message, joined; what its mentions are read from."""
    return "\n".join(str(one["content"]) for one in walk(components) if one["type"] == Kind.TEXT_DISPLAY)


class ComponentCheck:
    """Checks one message's or modal's components and notes every complaint in a form.

    Args:
        form: where complaints go.
        files: the names of the attachments that `attachment://` may point at.
    """

    def __init__(self, form: Form, files: Collection[str] = ()) -> None:
        self._form = form
        self._files = files
        self._custom_ids: set[str] = set()
        self._count = 0
        self._text = 0
        self._rules: Mapping[Kind, Callable[[Json, Path], None]] = {
            Kind.ACTION_ROW: self._row,
            Kind.BUTTON: self._button,
            Kind.STRING_SELECT: self._options,
            Kind.TEXT_INPUT: self._text_input,
            Kind.USER_SELECT: self._bounds,
            Kind.ROLE_SELECT: self._bounds,
            Kind.MENTIONABLE_SELECT: self._bounds,
            Kind.CHANNEL_SELECT: self._bounds,
            Kind.SECTION: self._section,
            Kind.TEXT_DISPLAY: self._text_display,
            Kind.THUMBNAIL: self._picture,
            Kind.MEDIA_GALLERY: self._gallery,
            Kind.FILE: self._file,
            Kind.SEPARATOR: self._separator,
            Kind.CONTAINER: self._container,
            Kind.LABEL: self._label,
            Kind.FILE_UPLOAD: self._bounds,
            Kind.RADIO_GROUP: self._options,
            Kind.CHECKBOX_GROUP: self._options,
        }

    def message(self, components: object, path: Path, *, v2: bool) -> None:
        """A message's `components`: action rows only, or Components V2 where the flag is set."""
        top = self._form.items(components, path, MOST_COMPONENTS if v2 else 5)
        allowed = _IN_CONTAINER | {Kind.CONTAINER} if v2 else frozenset({Kind.ACTION_ROW})
        for index, component in enumerate(top):
            self._component(component, (*path, index), allowed)
        if self._count > MOST_COMPONENTS:
            words = f"The total number of components cannot exceed {MOST_COMPONENTS}."
            self._form.add(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", words)
        if self._text > MOST_TEXT:
            words = f"The total text content of the components cannot exceed {MOST_TEXT} characters."
            self._form.add(path, "COMPONENT_MAX_TEXT_EXCEEDED", words)

    def modal(self, data: Json, path: Path) -> None:
        """A modal: title, custom_id, and one to five labels, text displays or old rows of one text input."""
        self._form.text(data.get("title"), (*path, "title"), 45, least=1, optional=False)
        self._form.text(data.get("custom_id"), (*path, "custom_id"), 100, least=1, optional=False)
        top = self._form.items(data.get("components"), (*path, "components"), 5, least=1, optional=False)
        allowed = frozenset({Kind.LABEL, Kind.TEXT_DISPLAY, Kind.ACTION_ROW})
        for index, component in enumerate(top):
            here = (*path, "components", index)
            if component.get("type") == Kind.ACTION_ROW:
                rows = self._form.items(component.get("components"), (*here, "components"), 1, least=1)
                for inner in rows:
                    self._component(inner, (*here, "components", 0), frozenset({Kind.TEXT_INPUT}))
            else:
                self._component(component, here, allowed)

    def _component(self, component: Json, path: Path, allowed: Collection[Kind]) -> None:
        self._count += 1
        kind = component.get("type")
        if not self._form.choice(kind, (*path, "type"), sorted(allowed)):
            return
        self._form.number(component.get("id"), (*path, "id"), 0, 2**31 - 1)
        if kind in _INPUTS:
            self._custom_id(component.get("custom_id"), (*path, "custom_id"))
        if rule := self._rules.get(Kind(cast("int", kind))):
            rule(component, path)

    def _text_display(self, component: Json, path: Path) -> None:
        content = component.get("content")
        self._text += len(self._form.text(content, (*path, "content"), MOST_TEXT, least=1, optional=False))

    def _gallery(self, component: Json, path: Path) -> None:
        here = (*path, "items")
        for index, item in enumerate(self._form.items(component.get("items"), here, 10, least=1, optional=False)):
            self._picture(item, (*here, index))

    def _file(self, component: Json, path: Path) -> None:
        self._media(component.get("file"), (*path, "file"))

    def _separator(self, component: Json, path: Path) -> None:
        if component.get("spacing") is not None:
            self._form.choice(component["spacing"], (*path, "spacing"), (1, 2))

    def _container(self, component: Json, path: Path) -> None:
        self._form.number(component.get("accent_color"), (*path, "accent_color"), 0, 0xFFFFFF)
        self._inside(component, path, _IN_CONTAINER, MOST_COMPONENTS)

    def _inside(self, component: Json, path: Path, allowed: Collection[Kind], most: int) -> None:
        here = (*path, "components")
        inner = self._form.items(component.get("components"), here, most, least=1, optional=False)
        for index, one in enumerate(inner):
            self._component(one, (*here, index), allowed)

    def _row(self, component: Json, path: Path) -> None:
        inner = objects(component.get("components"))
        selects = any(one.get("type") in sorted(SELECTS) for one in inner)
        if selects and len(inner) > 1:
            words = "The specified component exceeds the maximum width"
            self._form.add((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)
        self._inside(component, path, SELECTS | {Kind.BUTTON}, 5)

    def _section(self, component: Json, path: Path) -> None:
        self._inside(component, path, frozenset({Kind.TEXT_DISPLAY}), 3)
        accessory = component.get("accessory")
        if isinstance(accessory, dict):
            allowed = frozenset({Kind.BUTTON, Kind.THUMBNAIL})
            self._component(cast("Json", accessory), (*path, "accessory"), allowed)
        else:
            self._form.required((*path, "accessory"))

    def _custom_id(self, value: object, path: Path) -> None:
        custom_id = self._form.text(value, path, 100, least=1, optional=False)
        if custom_id and custom_id in self._custom_ids:
            words = "Component custom id cannot be duplicated"
            self._form.add(path, "COMPONENT_CUSTOM_ID_DUPLICATED", words)
        self._custom_ids.add(custom_id)

    def _button(self, component: Json, path: Path) -> None:
        style = component.get("style")
        if not self._form.choice(style, (*path, "style"), range(1, 7)):
            return
        self._form.text(component.get("label"), (*path, "label"), 80)
        if style == _LINK:
            url = self._form.text(component.get("url"), (*path, "url"), 512, optional=False)
            if url and not _URL.match(url):
                self._form.add((*path, "url"), "URL_TYPE_INVALID_URL", "Not a well formed URL.")
            if component.get("custom_id") is not None:
                words = "A custom id and url cannot both be specified"
                self._form.add((*path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", words)
        elif style == _PREMIUM:
            if component.get("sku_id") is None:
                self._form.required((*path, "sku_id"))
        else:
            self._custom_id(component.get("custom_id"), (*path, "custom_id"))
        emoji = component.get("emoji")
        self._emoji(emoji, (*path, "emoji"))
        if style != _PREMIUM and not component.get("label") and not emoji:
            words = "A button must have a label or an emoji"
            self._form.add(path, "BUTTON_COMPONENT_INVALID_LABEL", words)

    def _emoji(self, emoji: object, path: Path) -> None:
        if not isinstance(emoji, dict):
            return
        value = cast("Json", emoji)
        if value.get("id") is None and not is_emoji(str(value.get("name") or "")):
            self._form.add((*path, "name"), "COMPONENT_INVALID_EMOJI", "Invalid emoji")

    def _options(self, component: Json, path: Path) -> None:
        most = 25 if component["type"] == Kind.STRING_SELECT else 10
        least = 2 if component["type"] == Kind.RADIO_GROUP else 1
        here = (*path, "options")
        options = self._form.items(component.get("options"), here, most, least=least, optional=False)
        values: set[str] = set()
        for index, option in enumerate(options):
            self._form.text(option.get("label"), (*here, index, "label"), 100, least=1, optional=False)
            value = self._form.text(option.get("value"), (*here, index, "value"), 100, least=1, optional=False)
            self._form.text(option.get("description"), (*here, index, "description"), 100)
            self._emoji(option.get("emoji"), (*here, index, "emoji"))
            if value in values:
                words = "The specified option value is already used"
                self._form.add((*here, index, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
            values.add(value)
        if component["type"] != Kind.RADIO_GROUP:
            self._bounds(component, path)

    def _bounds(self, component: Json, path: Path) -> None:
        most = 25 if component["type"] in SELECTS else 10
        self._form.text(component.get("placeholder"), (*path, "placeholder"), 150)
        self._form.number(component.get("min_values"), (*path, "min_values"), 0, most)
        self._form.number(component.get("max_values"), (*path, "max_values"), 1, most)

    def _label(self, component: Json, path: Path) -> None:
        self._form.text(component.get("label"), (*path, "label"), 45, least=1, optional=False)
        self._form.text(component.get("description"), (*path, "description"), 100)
        inner = component.get("component")
        if isinstance(inner, dict):
            self._component(cast("Json", inner), (*path, "component"), _INPUTS)
        else:
            self._form.required((*path, "component"))

    def _text_input(self, component: Json, path: Path) -> None:
        self._form.choice(component.get("style"), (*path, "style"), (1, 2))
        self._form.text(component.get("label"), (*path, "label"), 45)
        self._form.text(component.get("placeholder"), (*path, "placeholder"), 100)
        self._form.text(component.get("value"), (*path, "value"), 4000)
        self._form.number(component.get("min_length"), (*path, "min_length"), 0, 4000)
        self._form.number(component.get("max_length"), (*path, "max_length"), 1, 4000)

    def _picture(self, item: Json, path: Path) -> None:
        self._form.text(item.get("description"), (*path, "description"), 1024)
        self._media(item.get("media"), (*path, "media"))

    def _media(self, media: object, path: Path) -> None:
        if not isinstance(media, dict):
            self._form.required(path)
            return
        here = (*path, "url")
        url = self._form.text(cast("Json", media).get("url"), here, 2048, least=1, optional=False)
        if url and not _MEDIA.match(url):
            words = "Scheme must be one of ('http', 'https', 'attachment')."
            self._form.add(here, "URL_TYPE_INVALID_SCHEME", words)
        elif url.startswith("attachment://") and url.removeprefix("attachment://") not in self._files:
            words = "The referenced attachment was not found"
            self._form.add(here, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", words)
