"""What a member fills in: a used component, a submitted modal, and the objects that ids in them stand for."""

from typing import cast

from bot.playground.commands import Option, leaf_of
from bot.playground.components import SELECTS, Kind, walk
from bot.playground.errors import Code, refuse
from bot.playground.form import Form, Path
from bot.playground.models import Json, Message
from bot.playground.wire import a_list, a_number, ids
from bot.playground.world import World


def resolve(world: World, kinds: dict[int, str]) -> Json:
    """The `resolved` part of a payload.

    Args:
        world: the world.
        kinds: for each id, what it is: `user`, `role`, `channel`, `mentionable` or `attachment`.

    Raises:
        ApiError: something is not there.
    """
    resolved: Json = {}
    for identity, kind in kinds.items():
        home = kind
        if kind == "mentionable":
            home = "user" if identity in world.users else "role"
        match home:
            case "user":
                resolved.setdefault("users", {})[str(identity)] = world.user(identity).raw()
                if identity in world.members:
                    member = world.member(identity).raw()
                    permissions = str(int(world.guild_permissions(identity)))
                    resolved.setdefault("members", {})[str(identity)] = member | {"permissions": permissions}
            case "role":
                resolved.setdefault("roles", {})[str(identity)] = world.role(identity).raw()
            case "channel":
                channel = world.channel_raw(world.channel(identity))
                permissions = str(int(world.permissions(world.bot_id, world.channel(identity))))
                resolved.setdefault("channels", {})[str(identity)] = channel | {"permissions": permissions}
            case _:
                upload = world.uploads.get(identity)
                if upload is None:
                    raise refuse(Code.UNKNOWN_MESSAGE)
                resolved.setdefault("attachments", {})[str(identity)] = upload.raw() | {"ephemeral": True}
    return resolved


_OPTION_KINDS = {
    Option.USER: "user",
    Option.CHANNEL: "channel",
    Option.ROLE: "role",
    Option.MENTIONABLE: "mentionable",
    Option.ATTACHMENT: "attachment",
}
_COMPONENT_KINDS = {
    Kind.USER_SELECT: "user",
    Kind.ROLE_SELECT: "role",
    Kind.MENTIONABLE_SELECT: "mentionable",
    Kind.CHANNEL_SELECT: "channel",
    Kind.FILE_UPLOAD: "attachment",
}


def resolve_options(world: World, command: Json, options: list[Json]) -> Json:
    """What the ids among a call's options stand for.

    Raises:
        ApiError: something is not there.
    """
    _, given, _ = leaf_of(command, options)
    return resolve(
        world,
        {
            a_number(option.get("value")): _OPTION_KINDS[option["type"]]
            for option in given
            if option.get("type") in _OPTION_KINDS
        },
    )


def use_component(world: World, message: Message, frame: Json) -> Json:
    """The `data` of a component interaction.

    Raises:
        ApiError: the message has no such component, or it does not take these values.
    """
    form = Form()
    custom_id = frame.get("custom_id")
    used = next((one for one in walk(message.wire["components"]) if one.get("custom_id") == custom_id), None)
    if used is None:
        form.add(("custom_id",), "COMPONENT_VALIDATION_FAILED", "The message has no such component.")
        form.settle()
        raise AssertionError(custom_id)  # settle has raised
    if used.get("disabled"):
        form.add(("custom_id",), "COMPONENT_VALIDATION_FAILED", "This component is disabled.")
    data: Json = {"custom_id": custom_id, "component_type": used["type"], "id": used["id"]}
    if used["type"] in SELECTS:
        values = [str(one) for one in a_list(frame.get("values"))]
        _check_values(form, used, values, ("values",))
        data["values"] = values
    form.settle()
    if kind := _COMPONENT_KINDS.get(used["type"]):
        data["resolved"] = resolve(world, dict.fromkeys(ids(data["values"]), kind))
    return data


def _check_values(form: Form, component: Json, values: list[str], path: Path) -> None:
    least, most = component.get("min_values", 1), component.get("max_values", 1)
    if component.get("required") is False and not values:
        return
    if not least <= len(values) <= most:
        form.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
    allowed = [option["value"] for option in component.get("options") or ()]
    for index, value in enumerate(values):
        if allowed:
            form.choice(value, (*path, index), allowed)
        elif not str(value).isdecimal():
            form.add((*path, index), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


def submit_modal(world: World, modal: Json, submitted: list[Json]) -> Json:
    """The `data` of a modal submit interaction: every field of the modal, with what was filled in.

    Args:
        world: the world.
        modal: the modal as the page got it.
        submitted: the page's raw submit structure.

    Raises:
        ApiError: 50035 with what is wrong or missing, by the field's custom_id.
    """
    form = Form()
    given = {one["custom_id"]: one for one in walk(submitted) if one.get("custom_id")}
    kinds: dict[int, str] = {}
    components: list[Json] = []
    for top in cast("list[Json]", modal["components"]):
        shown: Json = {"type": top["type"], "id": top["id"]}
        if top["type"] == Kind.LABEL:
            shown["component"] = _filled(form, top["component"], given, kinds)
        elif top["type"] == Kind.ACTION_ROW:
            shown["components"] = [_filled(form, one, given, kinds) for one in top["components"]]
        components.append(shown)
    form.settle()
    data: Json = {"custom_id": modal["custom_id"], "components": components}
    return data | ({"resolved": resolve(world, kinds)} if kinds else {})


def _filled(form: Form, field: Json, given: dict[str, Json], kinds: dict[int, str]) -> Json:
    custom_id = str(field["custom_id"])
    answer = given.get(custom_id, {})
    path: Path = (custom_id,)
    filled: Json = {"type": field["type"], "id": field["id"], "custom_id": custom_id}
    required = field.get("required") is not False
    match field["type"]:
        case Kind.TEXT_INPUT:
            value = str(answer.get("value") or "")
            if required and not value:
                form.required(path)
            elif value:
                form.text(value, path, field.get("max_length") or 4000, least=field.get("min_length") or 0)
            filled["value"] = value
        case Kind.CHECKBOX:
            filled["value"] = bool(answer.get("value"))
        case Kind.RADIO_GROUP:
            value = answer.get("value")
            if value is not None:
                form.choice(value, path, [option["value"] for option in field["options"]])
            elif required:
                form.required(path)
            filled["value"] = value
        case kind:
            values = [str(one) for one in a_list(answer.get("values"))]
            default_most = len(field.get("options") or ()) if kind == Kind.CHECKBOX_GROUP else 1
            limits = {"min_values": 1, "max_values": default_most} | field
            _check_values(form, limits, values, path)
            filled["values"] = values
            if kind in _COMPONENT_KINDS:
                kinds |= {int(one): _COMPONENT_KINDS[kind] for one in values if one.isdecimal()}
    return filled
