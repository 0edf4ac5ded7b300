"""REST: the application's commands, global and of the guild."""

from typing import cast

from bot.playground.commands import (
    CHAT_INPUT,
    MOST_CHAT_INPUT,
    check_command,
    check_commands,
    present_command,
)
from bot.playground.errors import Code, refuse
from bot.playground.form import Form
from bot.playground.models import Command, Json
from bot.playground.rest import NOTHING, Call, Reply, Table

table = Table()

_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


def _scope(call: Call) -> int | None:
    if call.id("application_id") != call.world.application_id:
        raise refuse(Code.MISSING_ACCESS)
    if "guild_id" not in call.params:
        return None
    if call.id("guild_id") != call.world.guild_id:
        raise refuse(Code.MISSING_ACCESS)
    return call.world.guild_id


def _of(call: Call, guild_id: int | None) -> list[Command]:
    return [one for one in call.world.commands.values() if one.guild_id == guild_id]


def _one(call: Call) -> Command:
    command = call.world.commands.get(call.id("command_id"))
    if command is None or command.guild_id != _scope(call):
        raise refuse(Code.UNKNOWN_COMMAND)
    return command


def _key(command: Json) -> tuple[object, object]:
    return command.get("type") or CHAT_INPUT, command.get("name")


def _register(call: Call, guild_id: int | None, body: Json) -> Command:
    """Add a command, or replace the one of the same name; an unchanged one keeps its version."""
    known = next((one for one in _of(call, guild_id) if _key(one.wire) == _key(body)), None)
    identity = known.id if known else call.world.ids.next()
    application = call.world.application_id
    if known is not None:
        version = int(known.wire["version"])
        same = present_command(body, identity=identity, application=application, guild=guild_id, version=version)
        if same == known.wire:
            return known
    version = call.world.ids.next()
    wire = present_command(body, identity=identity, application=application, guild=guild_id, version=version)
    command = Command(id=identity, guild_id=guild_id, wire=wire)
    call.world.keep(command)
    return command


def _announce(call: Call) -> None:
    call.world.emit("COMMANDS", {"commands": [one.wire for one in call.world.commands.values()]})


async def _list(call: Call) -> Reply:
    return Reply([one.wire for one in _of(call, _scope(call))])


async def _overwrite(call: Call) -> Reply:
    guild_id = _scope(call)
    body = cast("object", call.body)
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in cast("list[object]", body)):
        form = Form()
        form.add((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        form.settle()
    bodies = cast("list[Json]", body)
    check_commands(bodies)
    wanted = {_key(one) for one in bodies}
    for command in _of(call, guild_id):
        if _key(command.wire) not in wanted:
            call.world.drop(command)
    registered = [_register(call, guild_id, one) for one in bodies]
    _announce(call)
    return Reply([one.wire for one in registered])


async def _create(call: Call) -> Reply:
    guild_id = _scope(call)
    body = call.form()
    form = Form()
    check_command(body, form)
    form.settle()
    known = {_key(one.wire) for one in _of(call, guild_id)}
    if _key(body) not in known and len(known) >= MOST_CHAT_INPUT:
        raise refuse(Code.MAX_COMMANDS)
    command = _register(call, guild_id, body)
    _announce(call)
    return Reply(command.wire, 200 if _key(body) in known else 201)


async def _get(call: Call) -> Reply:
    return Reply(_one(call).wire)


async def _change(call: Call) -> Reply:
    command = _one(call)
    merged = command.wire | call.form()
    form = Form()
    check_command(merged, form)
    form.settle()
    wire = present_command(
        merged,
        identity=command.id,
        application=call.world.application_id,
        guild=command.guild_id,
        version=call.world.ids.next(),
    )
    call.world.keep(command.model_copy(update={"wire": wire}))
    _announce(call)
    return Reply(wire)


async def _delete(call: Call) -> Reply:
    call.world.drop(_one(call))
    _announce(call)
    return NOTHING


for _root in (_GLOBAL, _GUILD):
    table.route("GET", _root)(_list)
    table.route("PUT", _root)(_overwrite)
    table.route("POST", _root)(_create)
    table.route("GET", _root + "/{command_id}")(_get)
    table.route("PATCH", _root + "/{command_id}")(_change)
    table.route("DELETE", _root + "/{command_id}")(_delete)
