"""What a member asks of the bot through the page: commands, autocompletion, components, modals."""

from typing import Protocol, cast

from bot.playground.commands import CHAT_INPUT, Option, check_call, leaf_of
from bot.playground.errors import ApiError, Code, refuse
from bot.playground.interactions import Asker, Interactions, State, Type
from bot.playground.models import Attachment, Channel, Command, Json
from bot.playground.permissions import Permission
from bot.playground.submissions import resolve_options, submit_modal, use_component
from bot.playground.wire import a_number, an_object, objects
from bot.playground.world import World


class MemberSocket(Asker, Protocol):
    """A page's socket: who sits at it, and how to answer."""

    user_id: int


class Asking:
    """Turns the page's frames into interactions, after the checks that a Discord client makes."""

    def __init__(self, world: World, interactions: Interactions) -> None:
        self._world = world
        self._interactions = interactions

    def upload(self, identity: object) -> Attachment:
        """A file that the page uploaded.

        Raises:
            ApiError: there is none with this id.
        """
        found = self._world.uploads.get(a_number(identity))
        if found is None:
            raise ApiError(404, Code.GENERAL, "That file is not there any more. Add it again.")
        return found

    def command(self, socket: MemberSocket, data: Json) -> None:
        """COMMAND: run a slash command."""
        command, channel = self._callable(socket, data)
        options = self._with_uploads(data)
        check_call(command.wire, options, complete=True)
        self._interactions.start(
            Type.COMMAND,
            user_id=socket.user_id,
            channel=channel,
            data=self._command_data(command, options),
            asker=socket,
            nonce=data.get("nonce"),
        )

    def autocomplete(self, socket: MemberSocket, data: Json) -> None:
        """AUTOCOMPLETE: ask the bot for choices of the focused option."""
        command, channel = self._callable(socket, data)
        options = objects(data.get("options"))
        check_call(command.wire, options, complete=False)
        _, given, _ = leaf_of(command.wire, options)
        if sum(1 for option in given if option.get("focused")) != 1:
            raise ApiError(400, Code.INVALID_FORM, "One option has to be focused.")
        self._interactions.start(
            Type.AUTOCOMPLETE,
            user_id=socket.user_id,
            channel=channel,
            data=self._command_data(command, options),
            asker=socket,
            nonce=data.get("nonce"),
        )

    def component(self, socket: MemberSocket, data: Json) -> None:
        """COMPONENT: press a button, choose in a select."""
        channel = self._seen(socket, data)
        message = self._world.message(channel.id, a_number(data["message_id"]), ephemeral=True)
        if message.ephemeral_to not in {None, socket.user_id}:
            raise refuse(Code.UNKNOWN_MESSAGE)
        self._interactions.start(
            Type.COMPONENT,
            user_id=socket.user_id,
            channel=channel,
            data=use_component(self._world, message, data),
            asker=socket,
            nonce=data.get("nonce"),
            source=message,
        )

    def modal(self, socket: MemberSocket, data: Json) -> None:
        """MODAL_SUBMIT: send a filled modal."""
        opener = self._interactions.find(a_number(data["interaction_id"]))
        if opener is None or opener.modal is None or opener.user_id != socket.user_id:
            raise ApiError(404, Code.UNKNOWN_INTERACTION, "This form is no longer open. Open it again.")
        if opener.state is not State.ANSWERED:
            raise refuse(Code.UNKNOWN_INTERACTION)
        source = opener.source
        if source is not None:  # it may have changed since the modal was opened
            source = self._world.messages.get(opener.channel_id, {}).get(source.id)
        self._interactions.start(
            Type.MODAL_SUBMIT,
            user_id=socket.user_id,
            channel=self._world.channel(opener.channel_id),
            data=submit_modal(self._world, opener.modal, objects(data.get("components"))),
            asker=socket,
            nonce=data.get("nonce"),
            source=source,
            opener=opener,
        )

    def _seen(self, socket: MemberSocket, data: Json) -> Channel:
        channel = self._world.channel(a_number(data["channel_id"]))
        if not self._world.may_see(socket.user_id, channel):
            raise refuse(Code.MISSING_ACCESS)
        return channel

    def _callable(self, socket: MemberSocket, data: Json) -> tuple[Command, Channel]:
        channel = self._seen(socket, data)
        command = self._world.commands.get(a_number(data["command_id"]))
        if command is None or command.wire["type"] != CHAT_INPUT:
            raise refuse(Code.UNKNOWN_COMMAND)
        wire = command.wire
        contexts = cast("list[int] | None", wire["contexts"])
        here = 1 if channel.is_dm else 0
        closed_to_dms = channel.is_dm and (wire["dm_permission"] is False or command.guild_id is not None)
        if closed_to_dms or (contexts is not None and here not in contexts):
            where = "in a direct message" if channel.is_dm else "in a server"
            raise ApiError(403, Code.MISSING_ACCESS, f"/{wire['name']} cannot be used {where}.")
        if not channel.is_dm:
            held = self._world.permissions(socket.user_id, channel)
            needed = wire["default_member_permissions"]
            administrator = held & Permission.ADMINISTRATOR
            lacks = needed is not None and (needed == "0" or held & int(needed) != int(needed))
            if not administrator and (lacks or not held & Permission.USE_APPLICATION_COMMANDS):
                words = f"You do not have permission to use /{wire['name']}."
                raise ApiError(403, Code.MISSING_PERMISSIONS, words)
        return command, channel

    def _with_uploads(self, data: Json) -> list[Json]:
        """The options, with those that the page gave as uploads beside them put in."""
        options = objects(data.get("options"))
        uploads = an_object(data.get("attachments"))
        if not uploads:
            return options
        leaf = options
        while len(leaf) == 1 and leaf[0].get("type") in {Option.SUBCOMMAND, Option.GROUP}:
            leaf = cast("list[Json]", leaf[0].setdefault("options", []))
        named = {option.get("name") for option in leaf}
        for name, identity in uploads.items():
            if name not in named:
                leaf.append({"name": name, "type": int(Option.ATTACHMENT), "value": str(identity)})
        return options

    def _command_data(self, command: Command, options: list[Json]) -> Json:
        data: Json = {"id": str(command.id), "name": command.wire["name"], "type": command.wire["type"]}
        if command.guild_id is not None:
            data["guild_id"] = str(command.guild_id)
        if options:
            data["options"] = options
        if resolved := resolve_options(self._world, command.wire, options):
            data["resolved"] = resolved
        return data
