"""REST: answers to interactions, and the messages that their tokens give access to."""

from bot.playground.callbacks import answer, follow_up
from bot.playground.messages import delete, edit
from bot.playground.models import LOADING
from bot.playground.rest import NOTHING, Call, Reply, Table

table = Table()

_TRUE = frozenset({"1", "true", "True"})


@table.route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", needs_token=False)
async def respond(call: Call) -> Reply:
    """Give the first answer."""
    token = call.params["interaction_token"]
    response = await answer(call.interactions, call.id("interaction_id"), token, call.form(), call.uploads)
    return Reply(response) if call.query.get("with_response") in _TRUE else NOTHING


@table.route("POST", "/webhooks/{webhook_id}/{webhook_token}", needs_token=False)
async def execute(call: Call) -> Reply:
    """Post a followup."""
    interaction = call.interactions.by_token(call.id("webhook_id"), call.params["webhook_token"])
    message = await follow_up(call.interactions, interaction, call.form(), call.uploads)
    return Reply(message.wire)


@table.route("GET", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", needs_token=False)
async def fetch(call: Call) -> Reply:
    """Get `@original` or a followup."""
    interaction = call.interactions.by_token(call.id("webhook_id"), call.params["webhook_token"])
    message = call.interactions.message_of(interaction, call.params["message_id"])
    return Reply(call.world.message_raw(message))


@table.route("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", needs_token=False)
async def change(call: Call) -> Reply:
    """Edit `@original` or a followup."""
    interaction = call.interactions.by_token(call.id("webhook_id"), call.params["webhook_token"])
    message = call.interactions.message_of(interaction, call.params["message_id"])
    quietly = bool(message.flags & LOADING)
    message = await edit(call.world, message, call.form(), call.uploads, quietly=quietly)
    return Reply(call.world.message_raw(message))


@table.route("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", needs_token=False)
async def remove(call: Call) -> Reply:
    """Delete `@original` or a followup."""
    interaction = call.interactions.by_token(call.id("webhook_id"), call.params["webhook_token"])
    delete(call.world, call.interactions.message_of(interaction, call.params["message_id"]))
    return NOTHING
