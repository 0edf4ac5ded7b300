"""What the bot may answer to an interaction, and what each answer does."""

from enum import IntEnum
from typing import Final, cast

from bot.playground.components import ComponentCheck
from bot.playground.errors import ApiError
from bot.playground.form import Form
from bot.playground.interactions import Interaction, Interactions, Type
from bot.playground.messages import Draft, Uploads, edit, loading, post
from bot.playground.models import EPHEMERAL, LOADING, Json, Message
from bot.playground.present import present_components
from bot.playground.wire import a_number, an_object
from bot.playground.world import World


class Callback(IntEnum):
    """The types of a first answer."""

    MESSAGE = 4
    DEFER_MESSAGE = 5
    DEFER_UPDATE = 6
    UPDATE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


_TO_COMMAND: Final = (Callback.MESSAGE, Callback.DEFER_MESSAGE, Callback.MODAL)
_TO_COMPONENT: Final = (
    Callback.MESSAGE,
    Callback.DEFER_MESSAGE,
    Callback.DEFER_UPDATE,
    Callback.UPDATE,
    Callback.MODAL,
)
_TO_MODAL: Final = (Callback.MESSAGE, Callback.DEFER_MESSAGE)
_TO_MODAL_OF_MESSAGE: Final = (*_TO_MODAL, Callback.DEFER_UPDATE, Callback.UPDATE)


def _allowed(interaction: Interaction) -> tuple[Callback, ...]:
    match interaction.type:
        case Type.COMMAND:
            return _TO_COMMAND
        case Type.COMPONENT:
            return _TO_COMPONENT
        case Type.AUTOCOMPLETE:
            return (Callback.AUTOCOMPLETE,)
        case Type.MODAL_SUBMIT:
            return _TO_MODAL if interaction.source is None else _TO_MODAL_OF_MESSAGE


async def answer(interactions: Interactions, identity: int, token: str, body: Json, uploads: Uploads) -> Json:
    """Give an interaction its first answer.

    Returns:
        Discord's interaction callback response.

    Raises:
        ApiError: 10062, 40060, or what is wrong with the answer.
    """
    interaction = interactions.claim(identity, token)
    try:
        kind, message = await _apply(interactions, interaction, body, uploads)
    except ApiError:
        interactions.release(interaction)
        raise
    interactions.settle(interaction)
    if kind is not Callback.AUTOCOMPLETE:
        interaction.tell("INTERACTION_DONE")
    return _response(interaction, kind, message)


async def _apply(
    interactions: Interactions, interaction: Interaction, body: Json, uploads: Uploads
) -> tuple[Callback, Message | None]:
    form = Form()
    form.choice(body.get("type"), ("type",), [int(one) for one in _allowed(interaction)])
    form.settle()
    kind = Callback(cast("int", body["type"]))
    data = an_object(body.get("data"))
    world = interactions.world
    match kind:
        case Callback.MESSAGE:
            message = await post(world, _draft(interactions, interaction, data, uploads))
            interaction.original_id = message.id
        case Callback.DEFER_MESSAGE:
            flags = {"flags": a_number(data.get("flags")) & EPHEMERAL}
            message = loading(world, _draft(interactions, interaction, flags, {}))
            interaction.original_id = message.id
        case Callback.DEFER_UPDATE:
            message = _source(world, interaction)
            interaction.original_id = message.id
        case Callback.UPDATE:
            message = await edit(world, _source(world, interaction), data, uploads, root=("data",))
            interaction.original_id = message.id
        case Callback.AUTOCOMPLETE:
            message = None
            interaction.tell("AUTOCOMPLETE", choices=_choices(data))
        case Callback.MODAL:
            message = None
            _open_modal(interaction, data)
    return kind, message


def _source(world: World, interaction: Interaction) -> Message:
    if interaction.source is None:  # `_allowed` lets nobody come here without one
        raise AssertionError(interaction.id)
    return world.message(interaction.channel_id, interaction.source.id, ephemeral=True)


def _draft(
    interactions: Interactions,
    interaction: Interaction,
    data: Json,
    uploads: Uploads,
    *,
    followup: bool = False,
) -> Draft:
    ephemeral = a_number(data.get("flags")) & EPHEMERAL
    return Draft(
        channel=interactions.world.channel(interaction.channel_id),
        author_id=interactions.world.bot_id,
        body=data,
        uploads=uploads,
        extra=interactions.origin(interaction, followup=followup),
        ephemeral_to=interaction.user_id if ephemeral else None,
        root=() if followup else ("data",),
    )


async def follow_up(interactions: Interactions, interaction: Interaction, body: Json, uploads: Uploads) -> Message:
    """Post one more message to an answered interaction; the first one fills a deferred answer.

    Raises:
        ApiError: as `post`.
    """
    world = interactions.world
    if interaction.original_id is not None:
        known = world.messages.get(interaction.channel_id, {}).get(interaction.original_id)
        if known is not None and known.flags & LOADING:
            return await edit(world, known, body, uploads, quietly=True)
    return await post(world, _draft(interactions, interaction, body, uploads, followup=True))


def _choices(data: Json) -> list[Json]:
    form = Form()
    choices = form.items(data.get("choices"), ("data", "choices"), 25)
    for index, choice in enumerate(choices):
        form.text(choice.get("name"), ("data", "choices", index, "name"), 100, least=1, optional=False)
        if isinstance(choice.get("value"), str):
            form.text(choice["value"], ("data", "choices", index, "value"), 100)
    form.settle()
    return [{"name": choice["name"], "value": choice["value"]} for choice in choices]


def _open_modal(interaction: Interaction, data: Json) -> None:
    form = Form()
    ComponentCheck(form).modal(data, ("data",))
    form.settle()
    interaction.modal = {
        "custom_id": data["custom_id"],
        "title": data["title"],
        "components": present_components(data["components"], {}),
    }
    interaction.tell("MODAL", **interaction.modal)


def _response(interaction: Interaction, kind: Callback, message: Message | None) -> Json:
    about: Json = {"id": str(interaction.id), "type": int(interaction.type)}
    if message is None:
        return {"interaction": about}
    about |= {
        "response_message_id": str(message.id),
        "response_message_loading": bool(message.flags & LOADING),
        "response_message_ephemeral": bool(message.flags & EPHEMERAL),
        "channel_id": str(interaction.channel_id),
    }
    if kind not in {Callback.MESSAGE, Callback.UPDATE}:
        return {"interaction": about}
    return {"interaction": about, "resource": {"type": int(kind), "message": message.wire}}
